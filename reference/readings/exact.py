"""Sums that are exact in any order: of whole multiples of one power of two, as long as they are not too many."""

from typing import Any

import numpy as np

Part = Any

FIRST = 8
"""How many numbers of an array are looked at before all are: most arrays do not consist of multiples of anything."""


def unit(x: Part) -> Part:
    """The largest power of two that all numbers of `x`, of 53 bits at most, are whole multiples of.

    Infinite if all are 0, and 0 if one is not finite.
    """
    if not np.isfinite(x).all():
        return x.dtype.type(0)
    mantissa, exponent = np.frexp(x[x != 0])
    integer = np.ldexp(mantissa, 53).astype(np.int64)
    lowest = (integer & -integer).astype(x.dtype)
    return np.min(np.ldexp(lowest, exponent - 53), initial=np.inf)


def few_bits(bits: float, *arrays: Part) -> bool:
    """Whether products of numbers of `arrays`, one of each, may all be multiples of a power of two below 2^bits.

    Looks at a few numbers only, so that the answer is cheap for those arrays, the most, for which it is no.
    """
    needed = 0.0
    for array in arrays:
        few = np.ravel(array)[:FIRST]
        if few.any():
            needed += float(np.log2(np.max(np.abs(few)) / step)) if (step := unit(few)) else np.inf
    return needed < bits
