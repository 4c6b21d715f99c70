"""Operations that move, repeat or surround entries along axes: nothing is computed forward, and copies' slopes add up.

An axis counts as in NumPy; all raise ValueError for one that x lacks, and for shapes that do not fit.
"""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np

from gradproof.reference.operations.arrays import along
from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Axis, Shape, reduced
from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.table import define, tried, unbroadcast

MOST_SECTIONS = 1000
"""The most results of one statement: who has more takes a slice or a loop's worth of statements."""

Wide = int | tuple[int, ...]
"""One length, or one for each axis."""


def several(given: Wide) -> tuple[int, ...]:
    """Lengths as a tuple, one of them too."""
    return given if isinstance(given, tuple) else (given,)


def at(x: Array, axis: int) -> int:
    """The axis counted from 0. Raises ValueError for one that is not there."""
    (found,) = reduced(np.shape(x), axis)
    return found


def flip(x: Array, *, axis: Axis = None) -> Array:
    """The entries along `axis`, or along all axes, in reverse order."""
    turned = reduced(np.shape(x), axis)
    return x[tuple(slice(None, None, -1 if i in turned else 1) for i in range(np.ndim(x)))]


def roll(x: Array, *, shift: int = 1, axis: int = 0) -> Array:
    """The entries `shift` places further along `axis`, the last ones coming first."""
    i, rank = at(x, axis), np.ndim(x)
    count = np.shape(x)[i]
    cut = count - shift % count
    return np.concatenate([x[along(i, rank, slice(cut, count))], x[along(i, rank, slice(cut))]], axis=i)


def inner(x: Array, before: int, axis: int) -> tuple[int | slice, ...]:
    """Where the entries of x lie once `before` others stand in front of them along `axis`."""
    i = at(x, axis)
    return along(i, np.ndim(x), slice(before, before + np.shape(x)[i]))


Count = Annotated[int, AtLeast(0)]


def pad(x: Array, *, before: Count = 0, after: Count = 0, axis: int = 0, value: float = 0.0) -> Array:
    """x with so many entries `value` before and after it along `axis`."""
    key, i = inner(x, before, axis), at(x, axis)
    shape = tuple(n + (before + after if k == i else 0) for k, n in enumerate(np.shape(x)))
    own = np.zeros(shape, bool)
    own[key] = True
    return np.where(own, place(x, key=key, shape=shape), value)


def padded_size(x: Shape, *, before: int, after: int, axis: int, **others: float) -> int:
    """The entries of x and around it."""
    (i,) = reduced(x, axis)
    return math.prod(n + (before + after if k == i else 0) for k, n in enumerate(x))


def copies(shape: Shape, reps: Wide) -> tuple[Shape, Shape]:
    """The shape of x with an axis of length 1 before each of its own, and how often each of all these is there."""
    each, rank = several(reps), max(len(several(reps)), len(shape))
    often, own = (1,) * (rank - len(each)) + each, (1,) * (rank - len(shape)) + shape
    return tuple(n for size in own for n in (1, size)), tuple(n for pair in zip(often, own, strict=True) for n in pair)


def tile(x: Array, *, reps: Annotated[Wide, AtLeast(1)] = 1) -> Array:
    """Copies of x side by side, so many along each of the last axes, or of new ones before."""
    single, every = copies(np.shape(x), reps)
    result = tuple(a * b for a, b in pairs(every))
    return np.reshape(np.broadcast_to(np.reshape(x, single), every), result)


def pairs(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """The entries 0 and 1, 2 and 3, ... of a sequence of even length, in pairs."""
    return list(zip(lengths[::2], lengths[1::2], strict=True))


def tile_rule(g: Array, y: Array, x: Array, *, reps: Wide) -> Array:
    """The sum of the copies' cotangents."""
    single, every = copies(np.shape(x), reps)
    return np.reshape(unbroadcast(np.reshape(g, every), single), np.shape(x))


def repeated(shape: Shape, axis: int, repeats: int) -> tuple[Shape, Shape, Shape]:
    """The shape with an axis of length 1 behind one of its own, with one of `repeats`, and with both in one."""
    (i,) = reduced(shape, axis)
    before, after = shape[: i + 1], shape[i + 1 :]
    return (*before, 1, *after), (*before, repeats, *after), (*shape[:i], shape[i] * repeats, *after)


def repeat(x: Array, *, repeats: Annotated[int, AtLeast(1)] = 1, axis: int = 0) -> Array:
    """Each entry along `axis` so many times."""
    single, every, result = repeated(np.shape(x), axis, repeats)
    return np.reshape(np.broadcast_to(np.reshape(x, single), every), result)


def repeat_rule(g: Array, y: Array, x: Array, *, repeats: int, axis: int) -> Array:
    """The sum of the copies' cotangents."""
    single, every, _ = repeated(np.shape(x), axis, repeats)
    return np.reshape(unbroadcast(np.reshape(g, every), single), np.shape(x))


def swapped(x: Array, axis1: int, axis2: int) -> Array:
    """x with two axes in each other's place."""
    return np.swapaxes(x, at(x, axis1), at(x, axis2))


def moved(x: Array, source: int, destination: int) -> Array:
    """x with one axis in another place, all others in their order."""
    order = [i for i in range(np.ndim(x)) if i != at(x, source)]
    order.insert(at(x, destination), at(x, source))
    return np.transpose(x, tuple(order))


def divided(shape: Shape, sections: int, axis: int) -> tuple[Shape, tuple[int, ...]]:
    """The shape with an axis in equal sections, one more axis in front of it, and the order that puts this one first.

    Raises ValueError for an axis that is no multiple of `sections` long.
    """
    (i,) = reduced(shape, axis)
    if shape[i] % sections:
        raise ValueError(f"an axis {shape[i]} long has no {sections} equal sections")
    apart = (*shape[:i], sections, shape[i] // sections, *shape[i + 1 :])
    return apart, (i, *(k for k in range(len(apart)) if k != i))


def split(x: Array, *, sections: Annotated[int, AtLeast(1)] = 2, axis: int = 0) -> Array:
    """The equal sections of x along `axis`, one after the other along a first axis of their own."""
    apart, order = divided(np.shape(x), sections, axis)
    return np.transpose(np.reshape(x, apart), order)


def numbered(*, sections: int, axis: int) -> dict[str, tuple[int]]:
    """The sections by name, y0 the first. Raises ValueError for more than a statement can name."""
    if sections > MOST_SECTIONS:
        raise ValueError(f"at most {MOST_SECTIONS:,} sections can be named, not {sections:,}")
    return {f"y{k}": (k,) for k in range(sections)}


def split_rule(g: Array, y: Array, x: Array, *, sections: int, axis: int) -> Array:
    """The sections' cotangents, one behind the other along `axis`."""
    _, order = divided(np.shape(x), sections, axis)
    return np.reshape(np.transpose(g, tuple(np.argsort(order))), np.shape(x))


def reshape(x: Array, *, shape: Wide = -1) -> Array:
    """The entries in their order in another shape, one length of which may be -1 for what is left."""
    return np.reshape(x, shape)


def broadcast_to(x: Array, *, shape: Wide = ()) -> Array:
    """Copies of x along new axes before its own, and along its own of length 1."""
    return np.broadcast_to(x, several(shape))


define("flip", flip,
       lambda g, y, x, *, axis: flip(g, axis=axis),
       scenarios=tried("flip(x)", "flip(x, axis=-1)", "flip(x, axis=(0, 2))", x=(2, 3, 2)))  # fmt: skip
define("roll", roll,
       lambda g, y, x, *, shift, axis: roll(g, shift=-shift, axis=axis),
       scenarios=tried("roll(x)", "roll(x, shift=-2, axis=1)", "roll(x, shift=6, axis=-1)", x=(2, 3)))  # fmt: skip
define("pad", pad,
       lambda g, y, x, *, before, after, axis, value: g[inner(x, before, axis)],
       size=padded_size, scenarios=(
           *tried("pad(x, before=1, after=2)", "pad(x, after=1, axis=-1, value=-0.5)", x=(2, 3)),
           *tried("pad(x, before=1, value=0.1)", x=(2,))))  # fmt: skip
define("reshape", reshape,
       lambda g, y, x, *, shape: np.reshape(g, np.shape(x)),
       scenarios=tried("reshape(x)", "reshape(x, shape=(3, 2))", "reshape(x, shape=(2, 1, -1))", x=(2, 3)))  # fmt: skip
define("broadcast_to", broadcast_to,
       lambda g, y, x, *, shape: unbroadcast(g, np.shape(x)),
       size=lambda x, *, shape: math.prod(several(shape)), scenarios=(
           *tried("broadcast_to(x, shape=(2, 3))", x=(3,)),
           *tried("broadcast_to(x, shape=(4, 2, 3))", x=(2, 1)),
           *tried("broadcast_to(x, shape=(3))", x=())))  # fmt: skip
define("tile", tile,
       tile_rule,
       size=lambda x, *, reps: math.prod(copies(x, reps)[1]), scenarios=(
           *tried("tile(x, reps=2)", "tile(x, reps=(2, 1))", "tile(x, reps=(2, 1, 3))", x=(2, 3)),
           *tried("tile(x, reps=3)", x=(1,))))  # fmt: skip
define("repeat", repeat,
       repeat_rule,
       size=lambda x, *, repeats, axis: math.prod(repeated(x, axis, repeats)[2]), scenarios=(
           *tried("repeat(x, repeats=2)", "repeat(x, repeats=3, axis=-1)", x=(2, 3)),
           *tried("repeat(x, repeats=3)", x=(1,))))  # fmt: skip
define("swapaxes", lambda x, *, axis1=0, axis2=1: swapped(x, axis1, axis2),
       lambda g, y, x, *, axis1, axis2: swapped(g, axis1, axis2),
       scenarios=tried("swapaxes(x)", "swapaxes(x, axis1=-1, axis2=0)", x=(2, 3, 4)))  # fmt: skip
define("moveaxis", lambda x, *, source=0, destination=-1: moved(x, source, destination),
       lambda g, y, x, *, source, destination: moved(g, destination, source),
       scenarios=tried("moveaxis(x)", "moveaxis(x, source=-1, destination=1)", x=(2, 3, 4)))  # fmt: skip
define("split", split,
       split_rule,
       parts=numbered, size=lambda x, **attributes: math.prod(x), scenarios=(
           *tried("split(x)", "split(x, axis=-1)", x=(2, 4)),
           *tried("split(x, axis=1)", x=(3, 2, 2))))  # fmt: skip
