"""Losses: scalars of a prediction p (or logits z) and a target t of the same shape.

The last axis holds outputs; the rows of a matrix are samples.
"""

import math
from collections.abc import Callable
from functools import wraps
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.operations.activations import sigmoid, softplus
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.reductions import log_softmax, log_softmax_of_sum, through_log_softmax
from gradproof.reference.operations.table import (
    AROUND_0,
    PROBABILITY,
    Algorithm,
    Algorithms,
    Domain,
    Rule,
    Scenario,
    define,
)

SHAPES: tuple[Shape, ...] = ((3,), (2, 3), ())


def loss(
    name: str,
    forward: Rule,
    *rules: Rule,
    domain: Domain = AROUND_0,
    shapes: tuple[Shape, ...] = SHAPES,
    algorithms: Algorithms = MappingProxyType({}),
    settings: tuple[str, ...] = ("",),
    **known: Any,
) -> None:
    """Enter a loss, tried with each of the `settings` of its attributes.

    A target that would broadcast is refused: frameworks differ there, and it is a slip. `rules` are vjps for p and t.
    The loss raises ValueError where p and t differ in shape.
    """

    @wraps(forward)
    def checked(p: Array, t: Array, **attributes: Any) -> Array:
        if np.shape(p) != np.shape(t):
            raise ValueError(f"{name} of shapes {np.shape(p)} and {np.shape(t)}, which must be equal")
        return forward(p, t, **attributes)

    scenarios = [
        Scenario(f"{name}(p, t{setting})", {"p": shape, "t": shape}, domain) for shape in shapes for setting in settings
    ]
    define(name, checked, *rules, scenarios=scenarios, algorithms=algorithms, **known)


def entries(p: Array) -> int:
    """The number of entries of p (any shape), outputs times samples; 1 for a scalar."""
    return math.prod(np.shape(p))


def samples(p: Array) -> int:
    """The number m of samples of p (m, ...): the length of the first axis; a scalar is one sample."""
    return np.shape(p)[0] if np.ndim(p) else 1


def distributions(z: Array) -> int:
    """How many distributions the last axis of z (..., n) holds: one for each row; a vector is one."""
    return math.prod(np.shape(z)[:-1])


def through_sum(t: Array, z: Array) -> Array:
    """softmax(z) sum(t) - t, softmax by the logarithm of a whole sum."""
    return np.exp(log_softmax_of_sum(z)) * np.sum(t, axis=-1, keepdims=True) - t


def logit(p: Array) -> Array:
    """log(p / (1 - p)), by the distance of the quotient from 1: near p = 1/2 that is exact."""
    small = middle(p) < 1 - middle(p)
    small_p, large_p = np.where(small, p, 0.25), np.where(small, 0.75, p)
    return np.where(small, -np.log1p((1 - 2 * small_p) / small_p), np.log1p((2 * large_p - 1) / (1 - large_p)))


# Squared errors. The factor 1/2: 000_3bef3881ba988d2d.txt, Task 1. The plain sum:
# 002_bbaf01ac7e86d9bc.txt, "Loss functions". The mean over outputs: 001_856bfbabee75bf37.txt, "A neural
# network". The mean over samples of the sum over outputs: 003_5e1432ecd98f1466.txt, eq. costfunceq.
loss("half_squared_error", lambda p, t: np.sum(np.square(p - t)) / 2,
     lambda g, y, p, t: g * (p - t),
     lambda g, y, p, t: g * (t - p))  # fmt: skip
loss("sum_of_squares", lambda p, t: np.sum(np.square(p - t)),
     lambda g, y, p, t: g * (2 * (p - t)),
     lambda g, y, p, t: g * (2 * (t - p)))  # fmt: skip
loss("mean_over_outputs", lambda p, t: np.sum(np.square(p - t)) / entries(p),
     lambda g, y, p, t: g / entries(p) * (2 * (p - t)),
     lambda g, y, p, t: g / entries(p) * (2 * (t - p)))  # fmt: skip
loss("mean_over_samples", lambda p, t: np.sum(np.square(p - t)) / samples(p),
     lambda g, y, p, t: g / samples(p) * (2 * (p - t)),
     lambda g, y, p, t: g / samples(p) * (2 * (t - p)))  # fmt: skip

# Cross-entropies, as means over entries (binary) or over samples (softmax): Goodfellow, Bengio and Courville 2016,
# sections 6.2.2.2 and 6.2.2.3. (p - t) / (p (1 - p)) is (1 - t) / (1 - p) - t / p, which cancels where p is near t.
# Singular at p = 0 and p = 1.
loss("binary_cross_entropy", lambda p, t: -np.sum(t * np.log(p) + (1 - t) * np.log1p(-p)) / entries(p),
     lambda g, y, p, t: g / entries(p) * ((p - t) / p / (1 - p)),
     lambda g, y, p, t: g / entries(p) * -logit(p),
     domain=PROBABILITY,
     algorithms={
         "binary_cross_entropy: log(1 - p)": Algorithm(  # nothing is left of p in 1 - p where p is small
             lambda p, t: -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)) / entries(p),
             {0: lambda g, y, p, t: g / entries(p) * ((1 - t) / (1 - p) - t / p),
              1: lambda g, y, p, t: g / entries(p) * (np.log(1 - p) - np.log(p))}),
         "binary_cross_entropy': log1p(-p) - log(p)": Algorithm(  # of which nothing is left near p = 1/2
             rules={1: lambda g, y, p, t: g / entries(p) * (np.log1p(-p) - np.log(p))}),
     })  # fmt: skip


def by_log1p(z: Array, t: Array) -> Array:
    """The mean of max(z, 0) - z t + log1p(exp(-|z|)), which is softplus(z) - z t."""
    return np.sum(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))) / entries(z)


def by_log(z: Array, t: Array) -> Array:
    """The mean of (1 - t) z + m + log(exp(-m) + exp(-z - m)) with m = max(-z, 0): one exponential is 1."""
    m = np.maximum(-z, 0)
    return np.sum((1 - t) * z + m + np.log(np.exp(-m) + np.exp(-z - m))) / entries(z)


def rule(slope: Callable[[Array, Array, Array], Array]) -> Rule:
    """The rule for z of a mean over entries whose derivative, by one entry, is slope(g, z, t): that, times g.

    Of a loss that a framework writes out in several terms each term's is a part of its own.
    """
    return lambda g, y, z, t: slope(g / entries(z), z, t)


# softplus(z) - z t = (1 - t) softplus(z) + t softplus(-z): no term cancels another where 0 <= t <= 1. Its derivative
# sigmoid(z) - t = (1 - t) sigmoid(z) - t sigmoid(-z) is -sigmoid(-z) where t = 1, which sigmoid(z) - 1 loses. Where it
# is a sum of terms that are multiplied by g before, the product g t is rounded as well.
WITH_LOGITS = "binary_cross_entropy_with_logits"
loss(WITH_LOGITS, lambda z, t: np.sum((1 - t) * softplus(z) + t * softplus(-z)) / entries(z),
     rule(lambda g, z, t: g * ((1 - t) * sigmoid(z) - t * sigmoid(-z))),
     lambda g, y, z, t: g / entries(z) * -z,
     algorithms={
         f"{WITH_LOGITS}: (1 - t) z + softplus(-z), sigmoid(z) - t": Algorithm(
             lambda z, t: np.sum((1 - t) * z + softplus(-z)) / entries(z),
             {0: rule(lambda g, z, t: g * (sigmoid(z) - t))}),
         f"{WITH_LOGITS}: (1 - t) z + m + log(exp(-m) + exp(-z - m)), m = max(-z, 0)": Algorithm(
             by_log, {0: rule(lambda g, z, t: (g * (1 - t), -(g * sigmoid(-z))))}),
         f"{WITH_LOGITS}: max(z, 0) - z t + log1p(exp(-|z|))": Algorithm(
             by_log1p, {0: rule(lambda g, z, t: (
                 np.where(middle(z) > 0, g, 0), -(g * t),
                 np.where(middle(z) > 0, -(g * sigmoid(-z)), g * sigmoid(z))))}),
         f"{WITH_LOGITS}: max(z, 0) - z t + log1p(exp(-|z|)), sigmoid(z) - t": Algorithm(
             by_log1p, {0: rule(lambda g, z, t: g * sigmoid(z) - g * t)}),
         f"{WITH_LOGITS}: softplus(z) - z t, exp(z - softplus(z)) - t": Algorithm(
             lambda z, t: np.sum(softplus(z) - z * t) / entries(z),
             {0: rule(lambda g, z, t: (g * np.exp(z - softplus(z)), -(g * t)))}),
     })  # fmt: skip

loss("softmax_cross_entropy", lambda z, t: -np.sum(t * log_softmax(z)) / distributions(z),
     lambda g, y, z, t: g / distributions(z) * -through_log_softmax(t, z, axis=-1),
     lambda g, y, z, t: g / distributions(z) * -log_softmax(z),
     shapes=((3,), (2, 3)),
     algorithms={f"softmax_cross_entropy: {said}": Algorithm(
         lambda z, t: -np.sum(t * log_softmax_of_sum(z)) / distributions(z),
         {0: to_logits,
          1: lambda g, y, z, t: g / distributions(z) * -log_softmax_of_sum(z)})
         for said, to_logits in {
             "softmax(z) sum(t) - t": lambda g, y, z, t: (
                 g / distributions(z) * through_sum(t, z)),
             "softmax(z) sum(g t) - g t": lambda g, y, z, t: (
                 through_sum(g / distributions(z) * t, z)),
         }.items()})  # fmt: skip
