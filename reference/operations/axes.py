"""Which axes a reduction removes, and the shapes that follow."""

import math
from typing import Any

import numpy as np

Shape = tuple[int, ...]

Axes = int | tuple[int, ...]
"""One axis, or several; negative ones count from the end, as in NumPy."""

Axis = Axes | None
"""All axes, one, or several."""


def kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape that a reduction over `axis` has with its axes kept at length 1. ValueError as from `reduced`."""
    axes = reduced(shape, axis)
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def reduced(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The axes that a reduction over `axis` removes, counted from 0. Raises ValueError for one that is not there."""
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        if not shape:
            raise ValueError("a scalar has no axes")  # NumPy takes 0 and -1 for one
        if not -len(shape) <= i < len(shape):
            raise ValueError(f"axis {i} is out of bounds for array of dimension {len(shape)}")
    return tuple(i % len(shape) for i in axes)


def rows(x: Any, axis: Axis) -> Any:
    """`x`, an array or a carrier, with the axes that a reduction over `axis` removes joined as the last one.

    Raises ValueError as `reduced` does.
    """
    shape = np.shape(x)
    axes = reduced(shape, axis)
    rest = tuple(i for i in range(len(shape)) if i not in axes)
    return np.reshape(np.transpose(x, (*rest, *axes)), (*(shape[i] for i in rest), math.prod(shape[i] for i in axes)))


def joins(before: Shape, after: Shape) -> bool:
    """Whether a reshape from one shape to another does more than to split axes."""
    return not {math.prod(before[:i]) for i in range(len(before))} <= {math.prod(after[:i]) for i in range(len(after))}


def in_turn(x: Any, axis: int = -1) -> Any:
    """The sum of x along one axis, of terms that programs add one after another instead of calling a sum."""
    return np.add.reduce(x, axis=axis)


def from_rows(joined: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """The array of `shape` whose `rows` along `axis` are `joined`. Raises ValueError as `reduced` does."""
    axes = reduced(shape, axis)
    order = (*(i for i in range(len(shape)) if i not in axes), *axes)
    return np.transpose(np.reshape(joined, tuple(shape[i] for i in order)), tuple(np.argsort(order)))
