"""Dropout with a mask that is given: a network's own numbers decide, so that every framework drops the same entries."""

from typing import Annotated

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import elementwise, tried


def dropout(x: Array, mask: Array, *, p: Annotated[float, AtLeast(0)] = 0.5) -> Array:
    """x mask / (1 - p): entries of x are kept where `mask` is 1 and dropped where it is 0, with probability p.

    x and mask broadcast. With p = 1 it divides by 0. (Srivastava et al. 2014, section 10: what is left is scaled up
    while the network is trained.)
    """
    return x * mask / (1 - p)


elementwise("dropout", dropout,
            lambda g, y, x, mask, *, p: g * mask / (1 - p),
            lambda g, y, x, mask, *, p: g * x / (1 - p),
            scenarios=tried("dropout(x, mask, p=0.1)", "dropout(x, mask, p=0)", x=(2, 3), mask=(2, 3)))  # fmt: skip
