"""Elementary functions of one array, entry by entry: each is NumPy's, a kernel and an operation.

`slope` is the derivative once more, for forward mode. Derivatives: NIST DLMF, sections 4.7 (exp, log), 4.20 (sin, cos)
and 4.34 (tanh).
"""

from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.operations.kernels import KERNELS, Array, Function, Limit, numpy_kernel
from gradproof.reference.operations.kinks import EVEN, Kink, against_0, larger
from gradproof.reference.operations.table import (
    AROUND_0,
    POSITIVE,
    PROBABILITY,
    Algorithms,
    Domain,
    Rule,
    derivative,
    elementwise,
)


def elementary(
    name: str,
    rule: Rule,
    slope: Function,
    domain: Domain = AROUND_0,
    algorithms: Algorithms = MappingProxyType({}),
    written: str = "",
    **known: Any,
) -> None:
    """Enter NumPy's function `name` as a kernel, of which more is `known` (see `Kernel`), and as an operation.

    `rule` is tried on inputs from `domain`. `ball` is needed where python-flint has another name for the function.
    """
    numpy_kernel(name, slope=slope, **known)
    function = KERNELS[name].function
    elementwise(name, lambda x: function(x), rule, domain=domain, algorithms=algorithms, written=written)


def by_side(x: Array, left: Array, right: Array, at_0: Array, slopes: Any, at_kink: Any, sides: Any) -> Array:
    """`left` where x < 0, `right` where x > 0, `at_0` times the shared slope at the kink.

    `slopes` are the one-sided ones there, left and right; for `at_kink` and `sides` see `larger`.
    """
    left_slope, right_slope = slopes
    return larger(0, x, left, right, lambda s, t: (s * left_slope + t * right_slope) * at_0, at_kink, sides)


def sech_squared(x: Array) -> Array:
    """1 / cosh(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|), which does not overflow."""
    e = np.exp(-2 * np.abs(x))
    return 4 * e / ((1 + e) * (1 + e))


elementary("exp", lambda g, y, x: g * y,
           slope=lambda x: np.exp(x), ends=(-110, 95))  # fmt: skip
elementary("expm1", lambda g, y, x: g * np.exp(x),
           slope=lambda x: np.exp(x), ends=(-50, 95),
           written="expm1': y + 1",  # of which nothing is left where y is near -1
           algorithms={"expm1': y + 1": derivative(lambda g, y, x: g * (y + 1))},
           limit=Limit(lambda x: -np.ones_like(x), np.exp))  # fmt: skip
elementary("log", lambda g, y, x: g / x,  # singular at x = 0
           algorithms={"log': g (1 / x)": derivative(lambda g, y, x: g * np.reciprocal(x))},
           slope=lambda x: 1 / x, domain=POSITIVE, least=0)  # fmt: skip
elementary("log1p", lambda g, y, x: g / (1 + x),  # singular at x = -1
           algorithms={"log1p': g (1 / (1 + x))": derivative(lambda g, y, x: g * np.reciprocal(1 + x))},
           slope=lambda x: 1 / (1 + x), domain=PROBABILITY, least=-1)  # fmt: skip
elementary("sqrt", lambda g, y, x: g / (2 * y),  # gradient +inf at x = 0
           slope=lambda x: 1 / (2 * np.sqrt(x)), domain=POSITIVE, least=0)  # fmt: skip
elementary("sin", lambda g, y, x: g * np.cos(x),
           slope=lambda x: np.cos(x), domain=(-9, 9), reach=1000.0)  # fmt: skip
elementary("cos", lambda g, y, x: -g * np.sin(x),
           slope=lambda x: -np.sin(x), domain=(-9, 9), reach=1000.0)  # fmt: skip
# tanh' = sech^2: 1 - y^2, and its factors, have no digits left where y is near 1 or -1.
elementary("tanh", lambda g, y, x: g * sech_squared(x), written="tanh': 1 - y^2",
           algorithms={
               "tanh': 1 - y^2": derivative(lambda g, y, x: g * (1 - np.square(y))),
               "tanh': (1 + y) (1 - y)": derivative(lambda g, y, x: (g + g * y) * (1 - y)),
           },
           slope=lambda x: 4 / ((np.exp(x) + np.exp(-x)) * (np.exp(x) + np.exp(-x))),
           domain=(-4, 4), reach=25.0, ends=(-25, 25),
           limit=Limit(np.sign, lambda x: 2 * ((e := np.exp(-2 * np.abs(x))) / (1 + e))))  # fmt: skip

# A framework may ship either as a routine of its own.
elementwise("reciprocal", lambda x: np.reciprocal(x),
            lambda g, y, x: -g * y * y, domain=POSITIVE)  # fmt: skip
elementwise("rsqrt", lambda x: np.reciprocal(np.sqrt(x)),
            lambda g, y, x: -g * y / (2 * x), domain=POSITIVE)  # fmt: skip
elementwise("square", lambda x: np.square(x),
            lambda g, y, x: g * (2 * x))  # fmt: skip
elementwise("abs", lambda x, *, at_kink=EVEN, sides=None: by_side(x, -x, x, x, (-1, 1), at_kink, sides),
            lambda g, y, x, *, at_kink, sides: by_side(x, -g, g, g, (-1, 1), at_kink, sides),
            kink=Kink(against_0, lambda: (-1, 1)))  # fmt: skip
