"""Sums of products without any error, at the price of a few matrix products in float64.

Each operand is cut into slices of so few bits that every sum of products of two slices is a whole number of their
grids below 2^53: float64 adds it up exactly, in whatever order and with or without fused operations (Ozaki, Ogita,
Oishi and Rump 2012, "Error-free transformations of matrix multiplication"). What is left are a handful of numbers for
each entry, which `math.fsum` adds up exactly.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EXACT = 53
"""Whole numbers up to 2^EXACT are float64 numbers."""


def slices(x: Array, bits: int) -> list[Array]:
    """Float64 arrays that add up to finite `x`; entries of each are multiples, under 2^bits, of one power of two."""
    found, rest = [], x.astype(np.float64)
    while rest.any():
        grid = 2.0 ** (np.frexp(np.max(np.abs(rest)))[1] - bits)
        found.append(np.trunc(rest / grid) * grid)
        rest = rest - found[-1]
    return found


def product(left: Array, right: Array) -> list[Array]:
    """Float64 matrices that add up to `left @ right` exactly; finite operands, products above the underflow."""
    bits = (EXACT - math.ceil(math.log2(left.shape[-1]))) // 2
    return [p @ q for p in slices(left, bits) for q in slices(right, bits)]


def total(parts: Sequence[Array]) -> Array:
    """The sum of the `parts`, of one shape, entry by entry, rounded once to float64."""
    columns = np.stack([part.ravel() for part in parts], axis=-1).tolist()
    return np.array([math.fsum(column) for column in columns]).reshape(parts[0].shape)


def wide(parts: Sequence[Array], dtype: Any) -> Array:
    """The sum of the `parts`, in `dtype`: float64, or long double by way of two float64 numbers."""
    high = total(parts)
    rest = total([*parts, -high])
    return np.asarray(high.astype(dtype) + rest.astype(dtype))
