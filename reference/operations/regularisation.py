"""Dropout with a mask that is given: a network's own numbers decide, so that every framework drops the same entries."""

from typing import Annotated

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import elementwise, tried


def dropout(x: Array, mask: Array, *, p: Annotated[float, AtLeast(0)] = 0.5) -> Array:
    """x mask / (1 - p): entries of x are kept where `mask` is 1 and dropped where it is 0, with probability p.

    x and mask broadcast. With p = 1 it divides by 0. (Srivastava et al. 2014, section 10: what is left is scaled up
    while the network is trained.)
    """
    return x * mask / left(mask, p)


def left(like: Array, p: float) -> Array:
    """1 - p, rounded, in the number system of `like` and of its shape."""
    return 1 - np.where(np.ones(np.shape(like), bool), p, like)


elementwise("dropout", dropout,
            lambda g, y, x, mask, *, p: g * mask / left(mask, p),
            lambda g, y, x, mask, *, p: g * x / left(mask, p),
            unrounded=frozenset({"p"}),
            scenarios=tried(
                *(f"dropout(x, mask, p={p})" for p in (0, 0.1, 0.95)), x=(2, 3), mask=(2, 3)))  # fmt: skip
