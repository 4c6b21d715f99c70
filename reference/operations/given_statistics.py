"""Batch normalisation with statistics that are given, as a trained network has them."""

import numpy as np

from gradproof.reference.operations.channel_norms import (
    Eps,
    affine,
    by_channel,
    check_shapes,
    over_channels,
    tried_with,
)
from gradproof.reference.operations.kernels import Array, constant
from gradproof.reference.operations.table import Algorithm, Rule, define


def batch_norm_inference(
    x: Array, mu: Array, variance: Array, gamma: Array = None, beta: Array = None, *, eps: Eps = 1e-5
) -> Array:
    """(x - mu) / sqrt(variance + eps) * gamma + beta, channel by channel, with statistics that are given.

    Ioffe and Szegedy 2015, algorithm 2. x is (N, C, ...), all others are (C,). Raises ValueError for others.
    """
    check_shapes(x, mu=mu, variance=variance, gamma=gamma, beta=beta)
    return inference(centred)(x, mu, variance, gamma, beta, eps=eps)


def deviation(variance: Array, eps: float) -> Array:
    """1 / sqrt(variance + eps), the reciprocal of the standard deviation; of the variance's shape."""
    return 1 / np.sqrt(variance + eps)


def scaled(g: Array, x: Array, gamma: Array) -> Array:
    """The cotangent of x normalised: g gamma, channel by channel."""
    return g if gamma is None else g * by_channel(gamma, x)


def centred(x: Array, mu: Array) -> Array:
    """x - mu, channel by channel."""
    return x - by_channel(mu, x)


def centred_multiplied_out(x: Array, mu: Array) -> Array:
    """x - mu as x c - mu c, by an irrational c that stands for the factor (see `normalisation.difference`)."""
    c = constant(x, name="sqrt_half")
    return (x * c - by_channel(mu * c, x)) / c


def inference(centre: Rule) -> Rule:
    """`batch_norm_inference`, x less mu by `centre`."""

    def normalise(
        x: Array, mu: Array, variance: Array, gamma: Array = None, beta: Array = None, *, eps: Eps = 1e-5
    ) -> Array:
        return affine(standard(centre, x, mu, variance, eps), gamma, beta)

    return normalise


def standard(centre: Rule, x: Array, mu: Array, variance: Array, eps: float) -> Array:
    """x less mu, by the standard deviation, channel by channel."""
    return centre(x, mu) * by_channel(deviation(variance, eps), x)


def variance_rule(centre: Rule) -> Rule:
    """The vjp for the variance: -1/2 sum(h n) / (variance + eps), where h = g gamma and n is x normalised."""

    def of_variance(
        g: Array, y: Array, x: Array, mu: Array, variance: Array, gamma: Array = None, beta: Array = None, *, eps: float
    ) -> Array:
        total = over_channels(scaled(g, x, gamma) * standard(centre, x, mu, variance, eps))
        return total / (-2 * (variance + eps))

    return of_variance


def inference_gamma_rule(centre: Rule) -> Rule:
    """The vjp for gamma: the cotangent times x normalised, channel by channel."""
    return lambda g, y, x, mu, variance, gamma, beta=None, *, eps: (
        over_channels(g * standard(centre, x, mu, variance, eps)))  # fmt: skip


define("batch_norm_inference", batch_norm_inference,
       lambda g, y, x, mu, variance, gamma=None, beta=None, *, eps: (
           scaled(g, x, gamma) * by_channel(deviation(variance, eps), x)),
       lambda g, y, x, mu, variance, gamma=None, beta=None, *, eps: (
           -over_channels(scaled(g, x, gamma)) * deviation(variance, eps)),
       variance_rule(centred),
       inference_gamma_rule(centred),
       lambda g, y, x, mu, variance, gamma, beta, *, eps: over_channels(g),
       algorithms={"batch_norm_inference: multiplied out": Algorithm(
           inference(centred_multiplied_out),
           {2: variance_rule(centred_multiplied_out), 3: inference_gamma_rule(centred_multiplied_out)})},
       scenarios=tried_with("batch_norm_inference", "", ", eps=0.25", given=("mu", "variance")))  # fmt: skip
