"""Carriers whose second part holds several arrays, along a leading axis: one truth, and several draws beside it.

The functions that only move entries are written here once more, for parts with that axis before those of the value. It
has length 1 where all are the same so far.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from gradproof.reference.operations.axes import kept, reduced, rows
from gradproof.reference.readings.carrier import Carrier

Part = Any


class Several(Carrier):
    """A carrier of a value and of several arrays of its shape: its parts have the shapes S and (n, *S), or (1, *S)."""

    def aligned(self, rank: int) -> Part:
        """The several arrays as ones of so many axes, besides the leading one, so that they broadcast with others."""
        several = self.parts[1]
        return np.reshape(several, (len(several), *(1,) * (rank - self.ndim), *self.shape))

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self.keep(self.parts[0][key]), taken(self.parts[1], key))

    @classmethod
    def moved(cls, function: Callable[..., Part], what: Any, *how: Any, **keywords: Any) -> Self:
        if not isinstance(what, cls):
            return cls.joined(function, [cls.of(x) for x in what], *how, **keywords)
        value = function(what.parts[0], *how, **keywords)
        several, rank = what.parts[1], what.ndim
        match function.__name__:
            case "reshape":
                several = np.reshape(several, (len(several), *np.shape(value)))
            case "broadcast_to":
                several = np.broadcast_to(what.aligned(np.ndim(value)), (len(several), *np.shape(value)))
            case "transpose":
                axes = how[0] if how else range(rank)[::-1]
                several = np.transpose(several, (0, *(axis % rank + 1 for axis in axes)))
            case "swapaxes":
                several = np.swapaxes(several, *(axis % rank + 1 for axis in how))
            case name:
                raise TypeError(f"{cls.__name__} has no rule for {name}")
        return cls(value, several)

    @classmethod
    def joined(cls, function: Callable[..., Part], what: list[Self], *, axis: int = 0) -> Self:
        """`function`, which joins arrays along an axis of the result, of several carriers."""
        value = function([x.parts[0] for x in what], axis=axis)
        count = max(len(x.parts[1]) for x in what)
        several = [np.broadcast_to(x.parts[1], (count, *x.shape)) for x in what]
        return cls(value, function(several, axis=axis % np.ndim(value) + 1))

    @classmethod
    def np_where(cls, condition: Any, a: Any, b: Any) -> Self:
        a, b = cls.of(a), cls.of(b)
        rank = max(np.ndim(condition), a.ndim, b.ndim)
        return cls(
            cls.keep(np.where(condition, a.value, b.value)), np.where(condition, a.aligned(rank), b.aligned(rank))
        )

    @classmethod
    def np_place(cls, g: Self, *, key: Any, shape: tuple[int, ...]) -> Self:
        value, several = (np.zeros(s, g.value.dtype) for s in (shape, (len(g.parts[1]), *shape)))
        value[key] = g.value
        for place, part in zip(several, g.parts[1], strict=True):
            place[key] = part
        return cls(value, several)

    def pick(self, choose: Callable[[Part], Part], axis: Any, keepdims: bool) -> Self:
        (value, several), shape = self.rows(axis, keepdims)
        place = choose(value)
        picked = (np.take_along_axis(x, p, axis=-1) for x, p in ((value, place), (several, place[None])))
        return type(self)(*(np.reshape(x, s) for x, s in zip(picked, (shape, (len(several), *shape)), strict=True)))

    def rows(self, axis: Any, keepdims: bool) -> tuple[list[Part], tuple[int, ...]]:
        axes = reduced(self.shape, axis)
        rest = tuple(n for i, n in enumerate(self.shape) if i not in axes)
        value, several = rows(self.parts[0], axis), rows(self.parts[1], tuple(i + 1 for i in axes))
        return [value, several], kept(self.shape, axis) if keepdims else rest


def taken(several: Part, key: Any) -> Part:
    """`key` out of each of several arrays. Arrays in it may put their axes first, so that it is done one by one."""
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, np.ndarray | list) for k in keys):
        return np.stack([part[key] for part in several])
    return several[(slice(None), *keys)]
