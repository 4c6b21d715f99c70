"""Products of matrices of long double numbers, by three in float64, for which a BLAS takes a tenth of the time.

a = a1 + a2, where a1 are so few of the leading bits of a row's numbers, and b1 of a column's of b, that a1 @ b1 is
exact in any order of its terms; a1 @ b2 + a2 @ b is small, so that float64 will do (Ozaki et al. 2012, sec. 3).
"""

import math
from typing import Any

import numpy as np

Part = Any

LONG, SHORT = np.dtype(np.longdouble), np.dtype(np.float64)
SHORT_BITS = np.finfo(SHORT).nmant + 1

RANGE = (-np.finfo(SHORT).minexp - 2 * SHORT_BITS) // 4
"""In float64, numbers from 2^-RANGE to 2^RANGE may be squared, multiplied, and by u^2: nothing underflows."""

BLOCK = 256
"""The longest sum whose terms are split at once: the longer, the fewer leading bits are left to it."""

PASSES = 16
"""About how often operands and result are gone through; with no more multiplications a number, NumPy is faster."""


def short(*arrays: Part, reach: int = RANGE) -> tuple[Part, ...] | None:
    """The arrays in float64, if all their numbers but 0 are between 2^-reach and 2^reach; None if not."""
    for array in arrays:
        size = np.abs(array)
        if not (size.max(initial=0) <= 2.0**reach and size.min(where=size > 0, initial=1) >= 2.0**-reach):
            return None
    return tuple(array.astype(SHORT) for array in arrays)


def wide_product(a: Part, b: Part) -> Part:
    """a @ b; in long double to 2^-62 of |a| @ |b|, entry by entry, as NumPy's own is to n 2^-64 of it.

    It is NumPy's own in other dtypes, and where there is little to multiply or three products would not do.
    """
    if a.dtype != LONG or b.dtype != LONG or min(a.ndim, b.ndim) < 2:
        return a @ b
    shape = product_shape(a, b)
    split = short(a, b) if often(a, b) > PASSES else None
    if split is None:
        return a @ b
    total, slack, size = np.zeros(shape, LONG), np.zeros(shape), np.zeros(shape)
    for start in range(0, a.shape[-1], BLOCK):
        columns, rows = (..., slice(start, start + BLOCK)), (..., slice(start, start + BLOCK), slice(None))
        p, q = (whole[key] for whole, key in zip(split, (columns, rows), strict=True))
        n = p.shape[-1]
        bits = (SHORT_BITS - math.ceil(math.log2(n))) // 2
        p1, q1 = leading(p, -1, bits), leading(q, -2, bits)
        p2, q2 = ((whole[key] - part).astype(SHORT) for whole, key, part in ((a, columns, p1), (b, rows, q1)))
        total += p1 @ q1
        total += p1 @ q2 + p2 @ q
        p, q, p2, q2 = map(np.abs, (p, q, p2, q2))
        slack += n * (p @ q2 + p2 @ q)
        size += p @ q
    # A sum of n products in float64 is off by n u of their absolute values at most (Higham 2002, eq. 3.5).
    off, rounding = slack * np.finfo(SHORT).epsneg, size * np.finfo(LONG).eps
    return total if (off <= 2 * rounding).all() else a @ b


def wide_products(a: Part, b: Part) -> Part:
    """`wide_product` of each entry of a first axis, bit for bit; matrices, or stacks of as many axes.

    One by one where it may go by the numbers: it looks at all that it is given.
    """
    if a.dtype != LONG or b.dtype != LONG or often(a[0], b[0]) <= PASSES:
        return a @ b
    count = max(len(a), len(b))
    each = (np.broadcast_to(x, (count, *x.shape[1:])) for x in (a, b))
    return np.stack([wide_product(*pair) for pair in zip(*each, strict=True)])


def product_shape(a: Part, b: Part) -> tuple[int, ...]:
    """The shape of a @ b."""
    return (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])


def often(a: Part, b: Part) -> int:
    """How many multiplications a @ b takes for each number of operands and result."""
    count = math.prod(product_shape(a, b))
    return int(a.shape[-1] * count // max(1, a.size + b.size + count))


def leading(x: Part, axis: int, bits: int) -> Part:
    """The numbers rounded to so many bits below the largest along an axis: multiples of one power of two."""
    _, exponent = np.frexp(np.max(np.abs(x), axis=axis, keepdims=True))
    return np.ldexp(np.rint(np.ldexp(x, bits - exponent)), exponent - bits)
