"""Operations that move entries without computing with them: transpose, indexing, stack."""

import numpy as np

from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.table import define

Key = tuple[int | slice, ...]


def transpose(x: Array) -> Array:
    """All axes in reverse order, as NumPy's `.T`."""
    return np.transpose(x)


def stack_rule(g: Array, y: Array, *arrays: Array, axis: int, operand: int) -> Array:
    """The slice of the cotangent that belongs to operand number `operand`."""
    return g[(slice(None),) * (axis % np.ndim(y)) + (operand,)]


define("transpose", transpose,
       lambda g, y, x: np.transpose(g))  # fmt: skip
define("index", lambda x, *, key: x[key],
       lambda g, y, x, *, key: place(g, key=key, shape=np.shape(x)))  # fmt: skip
define("stack", lambda *arrays, axis=0: np.stack(arrays, axis=axis),
       stack_rule)  # fmt: skip
