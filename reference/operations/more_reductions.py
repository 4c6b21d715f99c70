"""More reductions over axes: the smallest entry, the product, the standard deviation and the norms of vectors.

`axis`, `keepdims` and errors are as in `gradproof.reference.operations.reductions`.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Axis, from_rows, kept, rows
from gradproof.reference.operations.elementary import by_side
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.kinks import CHOICES, EVEN, Kink, against_0, largest, shares
from gradproof.reference.operations.reductions import (
    along_axes,
    by_running_means,
    count,
    largest_rule,
    max_of,
    mean,
    reduction,
    stretch,
    stretching,
    var,
    without_axes,
)
from gradproof.reference.operations.table import Algorithm, derivative, tried


@along_axes
def min_of(x: Array, *, axis: Axis = None, keepdims: bool = False, at_kink: Any = EVEN, sides: Any = None) -> Array:
    """The smallest entry along `axis`: the largest of -x."""
    return -max_of(-x, axis=axis, keepdims=keepdims, at_kink=at_kink, sides=sides)


reduction("min", min_of,
          lambda g, y, x, **attributes: largest_rule(g, y, -x, **attributes),
          kink=Kink(lambda x, *, axis, keepdims: rows(x, axis), signs=-1),
          alias="minimum", scenarios=tried("minimum(x, axis=1)", x=(2, 3)))  # fmt: skip


# A product is multiplied pair by pair, as a tree, and its rule is the reverse sweep through that tree: nothing is
# divided by an entry, which may be 0.


def pairs(factors: Array) -> tuple[Array, Array, Array]:
    """The factors at even and at odd places of the last axis, as many of either, and the last one if there is one more.

    There is at least one factor.
    """
    even = np.shape(factors)[-1] // 2 * 2
    return factors[..., :even:2], factors[..., 1:even:2], factors[..., even:]


def product(factors: Array) -> Array:
    """The product along the last axis, which has at least one entry."""
    while np.shape(factors)[-1] > 1:
        a, b, last = pairs(factors)
        factors = np.concatenate([a * b, last], axis=-1)
    return factors[..., 0]


def through_product(g: Array, factors: Array) -> Array:
    """g times the product of all other factors, for each of them along the last axis."""
    if np.shape(factors)[-1] == 1:
        return np.broadcast_to(g[..., None], np.shape(factors))
    a, b, last = pairs(factors)
    half = np.shape(a)[-1]
    h = through_product(g, np.concatenate([a * b, last], axis=-1))
    both = np.stack([h[..., :half] * b, h[..., :half] * a], axis=-1)
    paired = np.reshape(both, (*np.shape(both)[:-2], 2 * half))
    return np.concatenate([paired, h[..., half:]], axis=-1)


@along_axes
def prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product of the entries along `axis`."""
    found = product(rows(x, axis))
    return np.reshape(found, kept(np.shape(x), axis)) if keepdims else found


def prod_rule(g: Array, y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    """The cotangent of an entry is g times the product of all others, which `axis` joins it with."""
    joined = rows(x, axis)
    return from_rows(through_product(np.reshape(g, np.shape(joined)[:-1]), joined), np.shape(x), axis)


def by_quotient(g: Array, y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Array:
    """The same as g (y / x), of which nothing is left where y is out of range; as before if there is any 0."""
    if np.any(middle(x) == 0):
        return prod_rule(g, y, x, axis=axis, keepdims=keepdims)
    return stretch(g, x, axis, keepdims) * (stretch(y, x, axis, keepdims) / x)


reduction("prod", prod,
          prod_rule,
          algorithms={"prod': g (y / x)": derivative(by_quotient)},
          scenarios=(
              *tried("prod(x, axis=(0, 2))", x=(2, 3, 2)),
              *tried("prod(x)", x=(1,))))  # fmt: skip


def through_root(g: Array, y: Array, x: Array, axis: Axis) -> Array:
    """g (x - mean) / (n y), y being the root of the variance: no slope where all entries are equal."""
    return g * ((x - mean(x, axis=axis, keepdims=True)) / (count(x, axis) * y))


def through_root_and_mean(g: Array, y: Array, x: Array, axis: Axis) -> Array:
    """The same by way of the variance, less its mean: what passes through the mean is 0 but for rounding."""
    d = g / (2 * y) * (2 * (x - mean(x, axis=axis, keepdims=True)) / count(x, axis))
    return d - mean(d, axis=axis, keepdims=True)


@along_axes
def std(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The standard deviation over `axis`: the square root of `var`."""
    return np.sqrt(var(x, axis=axis, keepdims=keepdims))


reduction("std", std,
          stretching(through_root),
          algorithms={
              "standard deviation': through the mean too": derivative(stretching(through_root_and_mean)),
              "standard deviation: by running means": Algorithm(
                  lambda x, *, axis=None, keepdims=False: np.sqrt(by_running_means(x, axis=axis, keepdims=keepdims))),
          })  # fmt: skip


def known_order(order: int) -> int:
    """`ord`, the attribute of `normalize`. Raises ValueError unless it is 1 or 2."""
    if order not in (1, 2):
        raise ValueError("ord must be 1 or 2")
    return order


def scale(x: Array, axis: Axis) -> Array:
    """A power of two of the size of the largest entry along `axis`, by which division is exact; 1 if it is 0."""
    size = np.max(np.abs(middle(x)), axis=axis, keepdims=True)
    _, exponent = np.frexp(size)
    return np.where(np.isfinite(size) & (size > 0), np.ldexp(np.ones_like(size), exponent - 1), 1)


def length(x: Array, axis: Axis) -> Array:
    """The root of the sum of the squares along `axis`, which it keeps; no square leaves the range."""
    s = scale(x, axis)
    return s * np.sqrt(np.sum(np.square(x / s), axis=axis, keepdims=True))


def in_turn(x: Array, axis: Axis, other: Callable[[Array], Array]) -> Array:
    """`rows` of x with each entry twice, the second time as `other` makes it: 2 n numbers along the last axis."""
    joined = rows(x, axis)
    twice = np.stack([joined, other(joined)], axis=-1)
    return np.reshape(twice, (*np.shape(joined)[:-1], 2 * np.shape(joined)[-1]))


BESIDE_0 = "the positive sides and 0, half each,"
"""How the largest absolute value may be shared where it is 0: as max(0, |x_1|, |x_2|, ...) with |0|' = 1."""


class NormKink(Kink):
    """The kink of `norm`, which of order inf may be the largest of 0 as well."""

    def shared(self, tied: Any, choice: str, **attributes: Any) -> Any:
        """What each of the `tied` candidates gets; under `BESIDE_0` as evenly, but where all are 0."""
        if choice != BESIDE_0 or attributes["ord"] != math.inf:
            return shares(tied, EVEN if choice == BESIDE_0 else choice)
        pairs = np.reshape(tied, (*tied.shape[:-1], -1, 2))
        at_0 = np.any(np.all(pairs, axis=-1), axis=-1, keepdims=True)
        positive = np.reshape(pairs & [True, False], tied.shape)
        return np.where(at_0, shares(positive, EVEN) / 2, shares(tied, EVEN))


def sides_of(both: Array, at_kink: str, sides: Any) -> Any:
    """`sides`; without any those of `BESIDE_0`, where that is how a tie is shared."""
    if sides is not None or at_kink != BESIDE_0:
        return sides
    numbers = middle(both)
    return NORM_KINK.shared(largest(numbers), BESIDE_0, ord=math.inf).astype(numbers.dtype)


def of_both_signs(x: Array, axis: Axis) -> Array:
    """Along the last axis each entry and its negative, the largest of which is the largest absolute value."""
    return in_turn(x, axis, lambda joined: -joined)


@along_axes
def norm(
    x: Array,
    *,
    ord: Annotated[int, AtLeast(1, infinite=True)] = 2,
    axis: Axis = None,
    keepdims: bool = False,
    at_kink: Any = EVEN,
    sides: Any = None,
) -> Array:
    """Along `axis` the sum of the absolute values, the root of the sum of the squares, or the largest absolute value.

    These are of `ord` 1, 2 and inf. Raises ValueError for another.
    """
    if ord == math.inf:
        both = of_both_signs(x, axis)
        found = max_of(both, axis=-1, at_kink=at_kink, sides=sides_of(both, at_kink, sides))
        return np.reshape(found, kept(np.shape(x), axis)) if keepdims else found
    if ord not in (1, 2):
        raise ValueError("ord must be 1, 2 or inf")
    if ord == 1:
        return np.sum(by_side(x, -x, x, x, (-1, 1), at_kink, sides), axis=axis, keepdims=keepdims)
    return without_axes(length(x, axis), x, axis, keepdims)


def plain_norm(x: Array, *, ord: int = 2, axis: Axis = None, keepdims: bool = False, **kinks: Any) -> Array:
    """`norm` by the squares as they are, which leave the range long before their root does."""
    if ord != 2:
        return norm(x, ord=ord, axis=axis, keepdims=keepdims, **kinks)
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


def norm_rule(
    g: Array, y: Array, x: Array, *,
    ord: int, axis: Axis, keepdims: bool, at_kink: str, sides: Any,
) -> Array:  # fmt: skip
    """g times the sign of x, where it is largest if `ord` is inf, or g x / y, which has no value where y is 0."""
    if ord == math.inf:
        both, g = of_both_signs(x, axis), np.reshape(g, np.shape(rows(x, axis))[:-1])
        sides = sides_of(both, at_kink, sides)
        found = largest_rule(g, y, both, axis=-1, keepdims=False, at_kink=at_kink, sides=sides)
        return from_rows(found[..., ::2] - found[..., 1::2], np.shape(x), axis)
    g = stretch(g, x, axis, keepdims)
    if ord == 1:
        return by_side(x, -g, g, g, (-1, 1), at_kink, sides)
    return g * (x / stretch(y, x, axis, keepdims))


def norm_candidates(x: Array, *, ord: int, axis: Axis, keepdims: bool) -> Array:
    """What `norm` compares: with 0, each entry for itself, or all of them with one another, each with both signs."""
    return in_turn(x, axis, lambda joined: joined) if ord == math.inf else against_0(x)


NORM_KINK = NormKink(
    norm_candidates,
    lambda *, ord, **others: {1: (-1, 1), 2: (1, 1)}.get(ord),
    choices=(*CHOICES, BESIDE_0),
    signs=lambda *, ord, **others: (1, -1) if ord == math.inf else (1,),
)


reduction("norm", norm,
          norm_rule,
          kink=NORM_KINK,
          algorithms={"norm: sqrt(sum(x^2))": Algorithm(plain_norm)},
          scenarios=(
              *tried("norm(x, ord=1)", "norm(x, ord=1, axis=0, keepdims=True)", x=(2, 3)),
              *tried("norm(x, ord=inf)", "norm(x, ord=inf, axis=-1, keepdims=True)", x=(2, 3)),
              *tried("norm(x, ord=inf, axis=(0, 2))", x=(2, 3, 2))))  # fmt: skip
