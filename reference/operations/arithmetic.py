"""Arithmetic with broadcasting, powers, and `maximum` of two arrays."""

from typing import Any

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


def is_zero(x: Array) -> Any:
    """Where x is 0: booleans; a ball that is not just 0 is not decided."""
    return (x >= 0) & (-x >= 0)


def base_slope(a: Array, b: Array, power: Array) -> Array:
    """d(a ** b)/da = b a^(b - 1), of which `power` is the second factor; 0 where a^b is 1 for any a."""
    return np.where(is_zero(a) & is_zero(b), 0, b * power)


def exponent_rule(g: Array, y: Array, a: Array, b: Array) -> Array:
    """g y log(a), and 0 where all powers near are of 0: it has no value where a < 0, and a pole at 0^0."""
    return np.where(is_zero(a) & (b > 0), 0, g * y * np.log(a))


def by_logarithm(a: Array, b: Array) -> Array:
    """a ** b as exp(b log(a)), which loses as many digits as b log(a) has before its point."""
    positive = a > 0
    return np.where(positive, np.exp(b * np.log(np.where(positive, a, 1))), a**b)


# Its derivatives: NIST DLMF, 4.7.7 and 4.7.10.
elementwise("pow", lambda a, b: a**b,
            lambda g, y, a, b: g * base_slope(a, b, a ** (b - 1)),
            exponent_rule,
            algorithms={"pow: exp(b log(a))": Algorithm(
                by_logarithm, {0: lambda g, y, a, b: g * base_slope(a, b, by_logarithm(a, b - 1))})},
            notation="a ** b", example="a**b", domain=POSITIVE, scenarios=(
                *tried("2 ** a", a=(3,)),
                *tried("a ** stack(2, 3, -1)", a=(3,))))  # fmt: skip


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
