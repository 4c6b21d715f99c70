"""Sums that are exact in any order: of whole multiples of one power of two, as long as they are not too many."""

from typing import Any

import numpy as np

Part = Any

FIRST = 8
"""How many numbers of an array are looked at before all are: most arrays do not consist of multiples of anything."""


def unit(x: Part) -> Part:
    """The largest power of two that all numbers of `x` (any shape, 53 bits at most) are whole multiples of.

    Infinite if all are 0, and 0 if one is not finite.
    """
    if not np.isfinite(x).all():
        return x.dtype.type(0)
    mantissa, exponent = np.frexp(x[x != 0])
    integer = np.ldexp(mantissa, 53).astype(np.int64)
    lowest = (integer & -integer).astype(x.dtype)
    return np.min(np.ldexp(lowest, exponent - 53), initial=np.inf)


def few_bits(bits: int, *arrays: Part) -> bool:
    """Whether the numbers of each array may be multiples of a power of two that is 2^-bits of the largest, or more.

    Looks at a few numbers only, so that the answer is cheap for those arrays, the most, for which it is no.
    """
    for array in arrays:
        few = array.flat[:FIRST]
        scaled = np.ldexp(few, bits - np.frexp(np.abs(few).max(initial=0))[1])
        if not (scaled == np.rint(scaled)).all():
            return False
    return True
