"""Arithmetic with broadcasting, and `maximum` of two arrays."""

import numpy as np

from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import EVEN, Kink, either, larger
from gradproof.reference.operations.table import POSITIVE, Algorithm, elementwise, tried

elementwise("add", lambda a, b: a + b,
            lambda g, y, a, b: g,
            lambda g, y, a, b: g,
            notation="a + b")  # fmt: skip
elementwise("subtract", lambda a, b: a - b,
            lambda g, y, a, b: g,
            lambda g, y, a, b: -g,
            notation="a - b")  # fmt: skip
elementwise("multiply", lambda a, b: a * b,
            lambda g, y, a, b: g * b,
            lambda g, y, a, b: g * a,
            notation="a * b")  # fmt: skip
elementwise("divide", lambda a, b: a / b,
            lambda g, y, a, b: g / b,
            lambda g, y, a, b: -g * y / b,
            notation="a / b", domain=POSITIVE,
            # As the quotient rule has it; the square leaves the range before anything else does.
            algorithms={"divide': -g a / b^2": Algorithm(rules={1: lambda g, y, a, b: -g * a / (b * b)})})  # fmt: skip
elementwise("identity", lambda x: x,
            lambda g, y, x: g,
            notation="x", example="y = x")  # fmt: skip
elementwise("negative", lambda x: -x,
            lambda g, y, x: -g,
            notation="-x")  # fmt: skip


def power_slope(x: Array, exponent: float) -> Array:
    """d(x ** exponent)/dx, finite at x = 0 wherever the derivative is."""
    if exponent in (0, 1):
        return exponent
    return exponent * x ** (exponent - 1)


elementwise("power", lambda x, *, exponent: x**exponent,
            lambda g, y, x, *, exponent: g * power_slope(x, exponent),
            notation="x ** exponent", example="x**2", domain=None, scenarios=(
                *tried(*(f"a**{p}" for p in (0, 1, 2, 3, -1, -2, 0.5, 1.5)), domain=POSITIVE, a=(3,)),
                *tried("a**3", a=(3,))))  # fmt: skip


def shared(s: Array, a: Array, t: Array, b: Array) -> Array:
    """s a + t b, b where neither has a share; an operand without one may be infinite."""
    return np.where(s + t == 0, b, s * np.where(s == 0, 0, a) + t * np.where(t == 0, 0, b))


# At a tie the share of either operand in the slope is a convention.
elementwise("maximum", lambda a, b, *, at_kink=EVEN, sides=None: larger(
                a, b, a, b, lambda s, t: shared(s, a, t, b), at_kink, sides),
            lambda g, y, a, b, *, at_kink, sides: larger(a, b, g, 0, lambda s, t: s * g, at_kink, sides),
            lambda g, y, a, b, *, at_kink, sides: larger(a, b, 0, g, lambda s, t: t * g, at_kink, sides),
            kink=Kink(either), domain=None, scenarios=tried("maximum(a, b)", a=(4, 3), b=(3,)))  # fmt: skip
elementwise("minimum", lambda a, b, *, at_kink=EVEN, sides=None: larger(
                -a, -b, a, b, lambda s, t: shared(s, a, t, b), at_kink, sides),
            lambda g, y, a, b, *, at_kink, sides: larger(-a, -b, g, 0, lambda s, t: s * g, at_kink, sides),
            lambda g, y, a, b, *, at_kink, sides: larger(-a, -b, 0, g, lambda s, t: t * g, at_kink, sides),
            kink=Kink(either, signs=-1), domain=None, scenarios=tried("minimum(a, b)", a=(4, 3), b=(3,)))  # fmt: skip
