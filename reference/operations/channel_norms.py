"""Normalisation of images or signals x (N, C, ...), whose channels C have a scale and a shift each.

Which entries share a mean and a variance is all that tells batch, group and instance normalisation apart: each lays x
out as rows of those, and the rows are normalised as in `layer_norm`. The variance is that of n, not n - 1.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import from_rows, rows
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.normalisation import (
    input_rule,
    multiplied_out,
    multiplied_out_input_rule,
    normalised,
    scale,
)
from gradproof.reference.operations.reductions import mean as mean_of
from gradproof.reference.operations.table import POSITIVE, Algorithm, Rule, Scenario, define

Eps = Annotated[float, AtLeast(0)]


def by_channel(channels: Array, x: Array) -> Array:
    """Numbers of the channels, (C,), as they broadcast with x (N, C, ...): (C, 1, ...)."""
    return np.reshape(channels, (*np.shape(channels), *(1 for _ in np.shape(x)[2:])))


def over_channels(g: Array) -> Array:
    """The sum of g (N, C, ...) over all axes but that of the channels: (C,)."""
    return np.sum(g, axis=(0, *range(2, np.ndim(g))))


def affine(n: Array, gamma: Array, beta: Array) -> Array:
    """n gamma + beta, channel by channel, as far as they are given."""
    y = n if gamma is None else n * by_channel(gamma, n)
    return y if beta is None else y + by_channel(beta, n)


def check_shapes(x: Array, least: int = 2, **channels: Array) -> None:
    """Raise ValueError where x has fewer than `least` axes, or numbers of the channels are not (C,)."""
    if np.ndim(x) < least:
        raise ValueError(f"x needs at least {least} axes: samples, channels{', places' * (least > 2)}")
    for name, array in channels.items():
        if array is not None and np.shape(array) != np.shape(x)[1:2]:
            raise ValueError(f"{name} must have shape {np.shape(x)[1:2]}, one entry for each channel")


def over_batch(x: Array) -> Array:
    """The rows of batch normalisation (C, n): a channel's entries in all samples."""
    return rows(x, (0, *range(2, np.ndim(x))))


def from_batch(joined: Array, x: Array) -> Array:
    """What has the shape of x, from its rows."""
    return from_rows(joined, np.shape(x), (0, *range(2, np.ndim(x))))


def over_places(x: Array) -> Array:
    """The rows of instance normalisation (N, C, n): a channel's entries in one sample."""
    return np.reshape(x, (*np.shape(x)[:2], -1))


def from_places(joined: Array, x: Array) -> Array:
    """What has the shape of x, from its rows."""
    return np.reshape(joined, np.shape(x))


def over_groups(x: Array, num_groups: int) -> Array:
    """The rows of group normalisation (N, G, n): the entries of one of G groups of channels in one sample."""
    return np.reshape(x, (np.shape(x)[0], num_groups, -1))


def rule_of_x(lay: Callable[..., Array], back: Callable[..., Array], rule: Rule) -> Rule:
    """The vjp for x of a normalisation that lays x out by `lay`, and gets it `back`, with `rule` for the rows."""

    def of_x(g: Array, y: Array, x: Array, gamma: Array = None, beta: Array = None, *, eps: float, **how: Any) -> Array:
        h = g if gamma is None else g * by_channel(gamma, x)
        return back(rule(lay(h, **how), None, lay(x, **how), eps=eps), x)

    return of_x


def path_by_path(g: Array, y: Array, x: Array, *, eps: float) -> Array:
    """`input_rule` with each path to x times r = 1 / sqrt(var + eps) by itself: where r is large they still cancel."""
    r, n = scale(x, eps), normalised(x, eps)
    h = r * g
    return h - mean_of(h, axis=-1, keepdims=True) - n * (r * mean_of(g * n, axis=-1, keepdims=True))


def rule_of_gamma(lay: Callable[..., Array], back: Callable[..., Array], normal: Rule = normalised) -> Rule:
    """The vjp for gamma: the cotangent times x normalised, channel by channel."""

    def of_gamma(g: Array, y: Array, x: Array, gamma: Array, beta: Array = None, *, eps: float, **how: Any) -> Array:
        return over_channels(g * back(normal(lay(x, **how), eps), x))

    return of_gamma


def rule_of_beta(g: Array, y: Array, x: Array, gamma: Array, beta: Array, **how: Any) -> Array:
    """The vjp for beta: the sum of the cotangent, channel by channel."""
    return over_channels(g)


def batch_norm(x: Array, gamma: Array = None, beta: Array = None, *, eps: Eps = 1e-5) -> Array:
    """(x - mean) / sqrt(var + eps) * gamma + beta, of each channel over all samples and places.

    Ioffe and Szegedy 2015, algorithm 1: with the statistics of the batch itself. x is (N, C, ...), gamma and beta are
    (C,). Raises ValueError for others.
    """
    check_shapes(x, gamma=gamma, beta=beta)
    return affine(from_batch(normalised(over_batch(x), eps), x), gamma, beta)


def instance_norm(x: Array, gamma: Array = None, beta: Array = None, *, eps: Eps = 1e-5) -> Array:
    """The same of each channel of each sample over its places (Ulyanov, Vedaldi and Lempitsky 2016, eq. 2).

    x is (N, C, L, ...), gamma and beta are (C,). Raises ValueError for others.
    """
    check_shapes(x, 3, gamma=gamma, beta=beta)
    return affine(from_places(normalised(over_places(x), eps), x), gamma, beta)


def group_norm(
    x: Array, gamma: Array = None, beta: Array = None, *, num_groups: Annotated[int, AtLeast(1)] = 1, eps: Eps = 1e-5
) -> Array:
    """The same of each group of channels that follow each other, in each sample (Wu and He 2018, eq. 7).

    x is (N, C, ...) with C a multiple of `num_groups`, gamma and beta are (C,). Raises ValueError for others.
    """
    check_shapes(x, gamma=gamma, beta=beta)
    if np.shape(x)[1] % num_groups:
        raise ValueError(f"{np.shape(x)[1]} channels are no {num_groups} groups of one size")
    return affine(from_places(normalised(over_groups(x, num_groups), eps), x), gamma, beta)


SHAPES = ((3, 2), (2, 4, 3), (2, 2, 2, 2))


def tried_with(
    name: str,
    *attributes: str,
    given: tuple[str, ...] = (),
    optional: tuple[str, ...] = ("gamma", "beta"),
    shapes: tuple[tuple[int, ...], ...] = SHAPES,
) -> list[Scenario]:
    """Scenarios of x of several shapes, with none or all of the operands that may be left out."""
    return [
        Scenario(f"{name}({', '.join(used)}{how})", {n: x if n == "x" else x[1:2] for n in used},
                 POSITIVE if given else (-2, 2))
        for used in (("x", *given), ("x", *given, *optional))
        for x in shapes
        for how in attributes
    ]  # fmt: skip


def channel_norm(
    name: str, forward: Callable[..., Array], lay: Callable[..., Array], back: Callable[..., Array], **known: Any
) -> None:
    """Enter a normalisation of x (N, C, ...) by its own statistics, and what frameworks run for it."""

    def fused(x: Array, gamma: Array = None, beta: Array = None, *, eps: float = 1e-5, **how: Any) -> Array:
        return affine(back(multiplied_out(lay(x, **how), eps), x), gamma, beta)

    by_paths = {0: rule_of_x(lay, back, path_by_path)}
    by_sums = {
        0: rule_of_x(lay, back, multiplied_out_input_rule),
        1: rule_of_gamma(lay, back, multiplied_out),
    }
    define(
        name,
        forward,
        rule_of_x(lay, back, input_rule),
        rule_of_gamma(lay, back),
        rule_of_beta,
        algorithms={
            f"{name}': path by path": Algorithm(rules=by_paths),
            f"{name}: multiplied out": Algorithm(fused),
            f"{name}: multiplied out, there and back": Algorithm(fused, by_sums),
        },
        **known,
    )


channel_norm("batch_norm", batch_norm, over_batch, from_batch,
             scenarios=tried_with("batch_norm", "", ", eps=0.25"))  # fmt: skip
channel_norm("instance_norm", instance_norm, over_places, from_places,
             scenarios=tried_with("instance_norm", "", ", eps=0.25", shapes=SHAPES[1:]))  # fmt: skip
channel_norm("group_norm", group_norm, over_groups, from_places,
             scenarios=tried_with("group_norm", "", ", num_groups=2, eps=0.25", shapes=SHAPES[1:]))  # fmt: skip
