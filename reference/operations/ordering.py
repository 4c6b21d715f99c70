"""Entries in order of size: `sort` and the largest few, `topk`. Equal entries keep their order, as in a stable sort.

A framework's `topk` need not take the first of equal ones.

Names and attributes are those of NumPy and of torch.topk. What an entry of the result is, one of x, gets its cotangent:
two entries that rounding does not tell apart may take each other's.
"""

import math
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape, from_rows, rows
from gradproof.reference.operations.gathering import added, gathered, places
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.kinks import EVEN, Kink
from gradproof.reference.operations.moving import at
from gradproof.reference.operations.table import define, tried


def ordered(x: Array, sign: int, count: int) -> Any:
    """The places along the last axis of the first `count` of the entries times `sign` in rising order."""
    return np.argsort(sign * middle(x), axis=-1, kind="stable")[..., :count]


class Ranked(Kink):
    """The kink of entries in order: each has all entries along the axis for candidates, and is at its rank's.

    What is compared is how far a candidate lies from the one of that rank, so that the nearest is the largest.
    """

    def candidates(self, *operands: Array, **attributes: Any) -> Array:
        """For each result, the distances of all entries from it, less than 0."""
        found = self.selects(*operands, **attributes)
        (x,) = operands
        joined = moved_last(x, attributes["axis"])
        sign = -1 if "k" in attributes else 1
        own = taken(joined, ordered(joined, sign, attributes.get("k") or length(x, attributes["axis"])))
        there = moved_back(own, x, attributes["axis"])
        return -np.abs(found - there[..., None])

    def shared(self, tied: Any, choice: str, **attributes: Any) -> Any:
        """Of equal entries the first result takes the first, the next one the second, and so on."""
        axis = attributes["axis"]
        axis = axis if axis >= 0 else axis - 1  # of results, behind whose axes there is one of candidates
        masks = np.moveaxis(tied, axis, -2)
        alike = np.all(masks[..., :, None, :] == masks[..., None, :, :], axis=-1)
        before = np.sum(np.tril(alike, -1), axis=-1)
        one = masks & (np.cumsum(masks, axis=-1) == before[..., None] + 1)
        return np.moveaxis(one, -2, axis).astype(np.longdouble)


def moved_last(x: Array, axis: int) -> Array:
    """x with the axis as the last one."""
    return rows(x, axis)


def moved_back(joined: Array, x: Array, axis: int) -> Array:
    """What has been computed of the rows of x along the axis, as many numbers for each as there are, in x's order."""
    i = at(x, axis)
    shape = (*np.shape(x)[:i], np.shape(joined)[-1], *np.shape(x)[i + 1 :])
    return from_rows(joined, shape, i)


def taken(joined: Array, order: Any) -> Array:
    """The entries along the last axis at these places."""
    return gathered(joined, np.take_along_axis(places(np.shape(joined)), order, axis=-1))


def every(x: Array, k: int, axis: int) -> Array:
    """All entries along the axis, along a last axis, for each of k results."""
    joined = moved_last(x, axis)
    n = np.shape(joined)[-1]
    copies = np.broadcast_to(np.reshape(joined, (*np.shape(joined)[:-1], 1, n)), (*np.shape(joined)[:-1], k, n))
    i, rank = at(x, axis), np.ndim(x)
    order = (*range(i), rank - 1, *range(i, rank - 1), rank)
    return np.transpose(copies, order)


def in_order(x: Array, sign: int, k: int, axis: int, sides: Any) -> Array:
    """The first k entries times `sign` along the axis in rising order; with `sides`, what is taken in these shares."""
    if sides is not None:
        return np.sum(np.where(sides == 0, 0, every(x, k, axis) * sides), axis=-1)
    joined = moved_last(x, axis)
    return moved_back(taken(joined, ordered(joined, sign, k)), x, axis)


def through_order(g: Array, x: Array, sign: int, k: int, axis: int, sides: Any) -> Array:
    """Each cotangent goes to the entry that is there."""
    if sides is not None:
        parts = np.where(sides == 0, 0, np.reshape(g, (*np.shape(g), 1)) * sides)
        i, rank = at(x, axis), np.ndim(x)
        total = np.sum(parts, axis=i)  # one row for each entry along the axis, which comes last
        return np.transpose(total, (*range(i), rank - 1, *range(i, rank - 1)))
    joined = moved_last(x, axis)
    where = np.take_along_axis(places(np.shape(joined)), ordered(joined, sign, k), axis=-1)
    return from_rows(added(moved_last(g, axis), where, np.shape(joined)), np.shape(x), axis)


def length(x: Array, axis: int) -> int:
    """How many entries x has along the axis. Raises ValueError for an axis that it lacks."""
    return int(np.shape(x)[at(x, axis)])


def sort(x: Array, *, axis: int = -1, at_kink: Any = EVEN, sides: Any = None) -> Array:
    """The entries along `axis` in rising order."""
    return in_order(x, 1, length(x, axis), axis, sides)


def sort_rule(g: Array, y: Array, x: Array, *, axis: int, at_kink: str, sides: Any) -> Array:
    """What the sorting permutation moved goes back."""
    return through_order(g, x, 1, length(x, axis), axis, sides)


def topk(
    x: Array, *, k: Annotated[int, AtLeast(1)] = 2, axis: int = -1, at_kink: Any = EVEN, sides: Any = None
) -> Array:
    """The k largest entries along `axis`, the largest first. Raises ValueError where there are fewer."""
    if k > length(x, axis):
        raise ValueError(f"there are no {k} entries along an axis of {length(x, axis)}")
    return in_order(x, -1, k, axis, sides)


def topk_rule(g: Array, y: Array, x: Array, *, k: int, axis: int, at_kink: str, sides: Any) -> Array:
    """What was taken gets its cotangent, all else nothing."""
    return through_order(g, x, -1, k, axis, sides)


def copied(x: Shape, *, axis: int, k: int | None = None, **kinks: Any) -> int:
    """How many numbers there are if every entry is a candidate for every result."""
    return math.prod(x) * (x[axis] if k is None else k)


define("sort", sort,
       sort_rule,
       kink=Ranked(lambda x, *, axis: every(x, length(x, axis), axis), choices=(EVEN,), is_computed=True,
                   has_answer=True),
       patches=copied, scenarios=(
           *tried("sort(x)", "sort(x, axis=0)", x=(4, 3)),
           *tried("sort(x, axis=1)", x=(2, 4, 2))))  # fmt: skip
define("topk", topk,
       topk_rule,
       kink=Ranked(lambda x, *, k, axis: every(x, k, axis), choices=(EVEN,), is_computed=True, has_answer=True),
       patches=copied, scenarios=(
           *tried("topk(x)", "topk(x, k=3, axis=0)", x=(4, 3)),
           *tried("topk(x, k=1, axis=1)", x=(2, 4, 2))))  # fmt: skip
