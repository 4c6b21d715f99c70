"""Functions of one array, entry by entry: elementary functions and activations.

The kinks stand on the rules' own lines: `at_kink` is the slope taken exactly there.
"""

import numpy as np

from gradproof.reference.operations.kernels import Array, constant, erf, erf_in_gelu, sigmoid, softplus
from gradproof.reference.operations.table import elementwise, placed


def by_side(x: Array, right: Array, left: Array, at_kink: Array, sides: Array = None) -> Array:
    """`right` where x > 0, `left` where x < 0, `at_kink` where x = 0; `sides` may put entries elsewhere."""
    return placed(sides, right, left, at_kink, np.where(x < 0, left, np.where(x > 0, right, at_kink)))


# Elementary functions.
elementwise("exp", lambda x: np.exp(x),
            lambda g, y, x: g * y)  # fmt: skip
elementwise("expm1", lambda x: np.expm1(x),
            lambda g, y, x: g * (y + 1))  # fmt: skip
elementwise("log", lambda x: np.log(x),
            lambda g, y, x: g / x)  # singular at x = 0  # fmt: skip
elementwise("log1p", lambda x: np.log1p(x),
            lambda g, y, x: g / (1 + x))  # singular at x = -1  # fmt: skip
elementwise("sqrt", lambda x: np.sqrt(x),
            lambda g, y, x: g / (2 * y))  # gradient +inf at x = 0  # fmt: skip
elementwise("square", lambda x: np.square(x),
            lambda g, y, x: g * (2 * x))  # fmt: skip
elementwise("abs", lambda x, *, at_kink=0.0, sides=None: by_side(x, x, -x, 0, sides),
            lambda g, y, x, *, at_kink, sides: by_side(x, g, -g, at_kink * g, sides),
            kink=lambda: (-1, 1))  # fmt: skip
elementwise("erf", lambda x: erf(x),
            lambda g, y, x: g * (normal_density(x, scale=1) * 2))  # fmt: skip

# Sigmoids. sigmoid' = y(1 - y): 001_856bfbabee75bf37.txt, "Derivates - chain rule".
elementwise("sigmoid", lambda x: sigmoid(x),
            lambda g, y, x: g * y * (1 - y))  # fmt: skip
elementwise("tanh", lambda x: np.tanh(x),
            lambda g, y, x: g * (1 - np.square(y)))  # fmt: skip
# softplus' = sigmoid, as exp(x - y): the form that logaddexp has, which loses |x| u where sigmoid loses u.
elementwise("softplus", lambda x: softplus(x),
            lambda g, y, x: g * np.exp(x - y))  # fmt: skip
elementwise("silu", lambda x: x * sigmoid(x),
            lambda g, y, x: g * silu_slope(x, sigmoid(x)))  # fmt: skip

# Rectifiers.
elementwise("relu", lambda x, *, at_kink=0.0, sides=None: by_side(x, x, 0, 0, sides),
            lambda g, y, x, *, at_kink, sides: by_side(x, g, 0, at_kink * g, sides),
            kink=lambda: (0, 1))  # fmt: skip
elementwise("leaky_relu", lambda x, *, negative_slope=0.01, at_kink=None, sides=None: by_side(
                x, x, negative_slope * x, 0, sides),
            lambda g, y, x, *, negative_slope, at_kink, sides: by_side(
                x, g, negative_slope * g, (negative_slope if at_kink is None else at_kink) * g, sides),
            kink=lambda *, negative_slope: (negative_slope, 1))  # fmt: skip

# ELU and its derivative f(x) + alpha as Clevert, Unterthiner and Hochreiter (2016) write it, eq. 15: the sum
# cancels where x is far below 0, and that is the algorithm two of the frameworks run.
elementwise("elu", lambda x, *, alpha=1.0, at_kink=None, sides=None: by_side(
                x, x, alpha * np.expm1(np.where(x > 1, 1, x)), 0, sides),  # the branch not taken stays finite
            lambda g, y, x, *, alpha, at_kink, sides: by_side(
                x, g, g * (y + alpha), (alpha if at_kink is None else at_kink) * g, sides),
            kink=lambda *, alpha: (alpha, 1))  # fmt: skip

# GELU, exact: x Phi(x) (Hendrycks and Gimpel 2016, section 2); Phi + x phi is its derivative.
elementwise("gelu", lambda x: x * normal_distribution(x),
            lambda g, y, x: g * (normal_distribution(x) + x * normal_density(x)))  # fmt: skip


def silu_slope(x: Array, s: Array) -> Array:
    """silu'(x) = s (1 + x (1 - s)) with s = sigmoid(x) (Elfwing, Uchibe and Doya 2018, eq. 7)."""
    return s * (1 + x * (1 - s))


def normal_distribution(x: Array) -> Array:
    """The standard normal distribution function Phi(x) = (1 + erf(x / sqrt 2)) / 2; it cancels for x << 0."""
    return (1 + erf_in_gelu(x * constant(x, name="sqrt_half"))) / 2


def normal_density(x: Array, scale: float = 2) -> Array:
    """exp(-x^2 / scale) / sqrt(pi scale): the standard normal density for `scale` 2, half of erf' for 1."""
    c = constant(x, name="one_over_sqrt_2pi")
    return np.exp(-np.square(x) / scale) * (c if scale == 2 else c / constant(x, name="sqrt_half"))
