"""Arithmetic with broadcasting, and `maximum` of two arrays."""

import numpy as np

from gradproof.reference.kernels import Array
from gradproof.reference.operations.table import elementwise

elementwise("add", lambda a, b: a + b,
            lambda g, y, a, b: g,
            lambda g, y, a, b: g)  # fmt: skip
elementwise("subtract", lambda a, b: a - b,
            lambda g, y, a, b: g,
            lambda g, y, a, b: -g)  # fmt: skip
elementwise("multiply", lambda a, b: a * b,
            lambda g, y, a, b: g * b,
            lambda g, y, a, b: g * a)  # fmt: skip
elementwise("divide", lambda a, b: a / b,
            lambda g, y, a, b: g / b,
            lambda g, y, a, b: -g * y / b)  # fmt: skip
elementwise("identity", lambda x: x,
            lambda g, y, x: g)  # fmt: skip
elementwise("negative", lambda x: -x,
            lambda g, y, x: -g)  # fmt: skip


def power_slope(x: Array, exponent: float) -> Array:
    """d(x ** exponent)/dx, finite at x = 0 wherever the derivative is."""
    if exponent in (0, 1):
        return exponent
    return exponent * x ** (exponent - 1)


elementwise("power", lambda x, *, exponent: x**exponent,
            lambda g, y, x, *, exponent: g * power_slope(x, exponent))  # fmt: skip


# At a tie the slope of either operand is a convention: `at_kink` is the share that the first one gets.
elementwise("maximum", lambda a, b, *, at_kink=0.5: np.maximum(a, b),
            lambda g, y, a, b, *, at_kink: np.where(a > b, g, np.where(a < b, 0, at_kink * g)),
            lambda g, y, a, b, *, at_kink: np.where(b > a, g, np.where(b < a, 0, (1 - at_kink) * g)),
            kink=lambda: (0, 1))  # fmt: skip
