"""Sums as XLA's compiler for CPUs makes them: long ones are cut into windows, whose sums are added up likewise.

An axis that is longer than a window is cut. A sum over several axes of which one is longer has windows along each, and
goes through the entries of one after another (xla/service/tree_reduction_rewriter.cc, which pads evenly on both sides).
Sums over large arrays are a library's, which adds fewer at a time (xla/backends/cpu/ynn_support.cc; the order in which
it adds was found by masking two terms at a time, as in Fu et al., "FPRev", 2024). Before that, an algebraic simplifier
makes one sum of a sum of a sum, and sums what was joined, broadcast or padded as it was before.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from gradproof.reference.operations.axes import joins, reduced
from gradproof.reference.readings.carrier import Carrier
from gradproof.reference.readings.cuts import Cuts

Part = Any

Shape = tuple[int, ...]


JOINING = frozenset({"broadcast_to", "stack", "concatenate"})


class Sum(NamedTuple):
    """What is summed: `terms`, over `axes`, which ascend. `left` says which axis of the terms each one of the sum is.

    It is -1 for an axis that was kept at length 1.
    """

    terms: Any
    axes: Shape
    left: Shape

    @property
    def lengths(self) -> Shape:
        """The lengths of the axes that are summed over."""
        return tuple(self.terms.shape[i] for i in self.axes)


class CompiledSums(Carrier):
    """A carrier whose sums err as those that a compiler cuts into windows, if there is one."""

    cuts: ClassVar[Cuts | None]
    """How long sums are cut; None where they may go through their terms one after another."""
    summed: Sum | None = None
    """What it is the sum of, where a compiler may make one long sum of it and of one over it."""
    of_parts: bool = False
    """Whether it is put together of parts, by which it may be summed."""
    reshaped: Shape | None = None
    """The shape that it had before a reshape, if it comes of one."""

    @classmethod
    def call(cls, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        found = super().call(name, *arguments, **keywords)
        if cls.cuts is None or not isinstance(found, cls):
            return found
        if name == "reshape":
            found.reshaped = arguments[0].shape
        if name in ("transpose", "swapaxes"):
            found.of_parts, found.reshaped = arguments[0].of_parts, arguments[0].reshaped
        found.of_parts |= name in JOINING
        summed = (x for x in arguments if isinstance(x, cls) and x.summed is not None)
        found.summed = found.summed or next((s for x in summed if (s := still(found, x, name, *arguments[1:]))), None)
        return found

    @classmethod
    def np_place(cls, g: Self, *, key: Any, shape: Shape) -> Self:
        found = super().np_place(g, key=key, shape=shape)
        found.of_parts = True
        return found

    @classmethod
    def added(cls, x: Self, axis: Any, keepdims: bool, this: Sum | None = None, window: int = 0) -> Self:
        """The sum of x over `axis`; if a compiler cuts `this` into windows instead, with the error that it has then."""
        raise NotImplementedError

    @classmethod
    def np_sum(cls, x: Any, axis: Any = None, keepdims: bool = False) -> Self:
        x = cls.of(x)
        if cls.cuts is None or (cls.cuts.spare(x.shape) and x.summed is None):
            return cls.added(x, axis, keepdims)
        this = folded(x, axis, keepdims)
        window = window_of(this, cls.cuts)
        result = cls.added(x, axis, keepdims, this, window) if window else cls.added(x, axis, keepdims)
        result.summed = this
        return result

    @classmethod
    def np_sum_in_turn(cls, x: Any, axis: Any = 0, keepdims: bool = False) -> Self:
        return cls.added(cls.of(x), axis, keepdims)


def still(found: CompiledSums, x: CompiledSums, name: str, *how: Any) -> Sum | None:
    """What `found` is the sum of, if it is the sum x but for its sign, the order of its axes, or axes of length 1."""
    left: Sequence[int] = x.summed.left if x.summed else ()
    if name in ("transpose", "swapaxes"):
        numbered = getattr(np, name)(np.broadcast_to(0, range(1, x.ndim + 1)), *how)
        left = [left[n - 1] for n in numbered.shape]
    elif name == "reshape":
        kept = [k for k, n in zip(left, x.shape, strict=True) if n != 1]
        if [n for n in found.shape if n != 1] != [n for n in x.shape if n != 1]:
            return None
        rest = iter(kept)
        left = [-1 if n == 1 else next(rest) for n in found.shape]
    elif found.shape != x.shape or not (np.abs(found.value) == np.abs(x.value)).all():
        return None  # else a factor of 1 or -1, or an added 0
    return x.summed._replace(left=tuple(left)) if x.summed else None


def folded(x: CompiledSums, axis: Any, keepdims: bool) -> Sum:
    """The sum of x over `axis`; if x is a sum itself, that of its terms over the axes of both.

    Raises ValueError as `reduced` does.
    """
    axes = reduced(x.shape, axis)
    this = x.summed or Sum(x, (), tuple(range(x.ndim)))
    both = tuple(sorted({*this.axes, *(this.left[i] for i in axes if this.left[i] >= 0)}))
    left = [-1 if i in axes else k for i, k in enumerate(this.left) if keepdims or i not in axes]
    return Sum(this.terms, both, tuple(left))


def window_of(this: Sum, cuts: Cuts) -> int | None:
    """How long the windows of a sum are; None if it is not cut.

    One over joined axes is taken for one that is not: its windows may be larger. What is put together of parts may be
    summed part by part, so that it is not large.
    """
    terms = this.terms
    if 0 in terms.shape or (terms.reshaped is not None and joins(terms.reshaped, terms.shape)):
        return None
    large = math.prod(terms.shape) >= cuts.large and not terms.of_parts
    window = cuts.library if large else cuts.window
    return window if window and max(this.lengths, default=0) > window else None


def in_windows(x: Part, axes: Shape, window: int, add: Callable[[Part], Part]) -> Part:
    """The sum of x over `axes`, by windows of so many entries along each, their sums by windows again, and so on.

    Axes may count from the end. `add` sums arrays over the last axis, and is called for each level with the terms of
    each of its windows; those of entries beside the array are 0. The other axes stay, in their order.
    """
    along = {i % np.ndim(x) for i in axes}
    rest = tuple(i for i in range(np.ndim(x)) if i not in along)
    x = np.transpose(x, (*rest, *axes))
    while True:
        shape, lengths = np.shape(x)[: len(rest)], np.shape(x)[len(rest) :]
        size = [min(n, window) for n in lengths]
        count = [-(-n // w) for n, w in zip(lengths, size, strict=True)]
        beside = [c * w - n for n, w, c in zip(lengths, size, count, strict=True)]
        if any(beside):
            x = np.pad(x, ([(0, 0)] * len(rest)) + [(b // 2, b - b // 2) for b in beside])
        split = np.reshape(x, (*shape, *(n for pair in zip(count, size, strict=True) for n in pair)))
        order = (*range(len(rest)), *(len(rest) + 2 * i + j for j in (0, 1) for i in range(len(axes))))
        x = add(np.reshape(np.transpose(split, order), (*shape, *count, math.prod(size))))
        if math.prod(count) == 1:
            return np.reshape(x, shape)
