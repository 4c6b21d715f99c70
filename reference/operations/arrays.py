"""Operations that move entries without computing with them: transpose, indexing, joining."""

import math

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.table import define, tried


def total_size(*shapes: Shape, **attributes: int) -> int:
    """How many entries all operands together have, given their shapes."""
    return sum(map(math.prod, shapes))


def along(axis: int, rank: int, part: int | slice) -> tuple[int | slice, ...]:
    """The key that takes `part` along `axis` of an array of `rank` axes, and everything along those before it."""
    return (slice(None),) * (axis % rank) + (part,)


def stack(*arrays: Array, axis: int = 0) -> Array:
    """Arrays of one shape, side by side along a new axis at place `axis` of the result."""
    return np.stack(arrays, axis=axis)


def concatenate(*arrays: Array, axis: int = 0) -> Array:
    """Arrays joined end to end along `axis`; along every other axis they have one length."""
    return np.concatenate(arrays, axis=axis)


def concatenate_rule(g: Array, y: Array, *arrays: Array, axis: int, operand: int) -> Array:
    """The part of the cotangent, along `axis`, where operand number `operand` (from 0) went."""
    before, own = (sum(np.shape(x)[axis] for x in part) for part in (arrays[:operand], arrays[operand : operand + 1]))
    return g[along(axis, np.ndim(y), slice(before, before + own))]


define("transpose", lambda x: np.transpose(x),  # all axes in reverse order
       lambda g, y, x: np.transpose(g),
       notation="x.T",
       scenarios=(*tried("x.T", x=(2, 3)), *tried("x.T", x=(2, 3, 4))))  # fmt: skip
define("index", lambda x, *, key: x[key],
       lambda g, y, x, *, key: place(g, key=key, shape=np.shape(x)),
       notation="x[key]", example="x[0]",
       scenarios=tried("x[1]", "x[1, 2]", "x[1:3]", "x[:, 0]", "x[::2, 1:]", x=(4, 3)))  # fmt: skip
define("stack", stack,
       lambda g, y, *arrays, axis, operand: g[along(axis, np.ndim(y), operand)],
       size=total_size, scenarios=(
           *tried("stack(a, b)", a=(3,), b=(3,)),
           *tried("stack(a, b, a, axis=1)", a=(2, 3), b=(2, 3)),
           *tried("stack(a, a + b, axis=-1)", a=(), b=())))  # fmt: skip
define("concatenate", concatenate,
       concatenate_rule,
       size=total_size, scenarios=(
           *tried("concatenate(a, b)", a=(3,), b=(2,)),
           *tried("concatenate(a)", a=(2,)),
           *tried("concatenate(a, b, a, axis=1)", "concatenate(a, b, axis=-1)", a=(2, 3), b=(2, 1))))  # fmt: skip
