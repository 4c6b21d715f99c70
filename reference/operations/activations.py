"""Activations, entry by entry; `tanh` and `gelu` stand with what they are made of.

The kinks stand on the rules' own lines: `at_kink` is the side that the slope is taken from exactly there.
"""

import numpy as np

from gradproof.reference.operations.elementary import by_side
from gradproof.reference.operations.kernels import Array, Limit, kernel
from gradproof.reference.operations.kinks import FIRST, Kink, against_0
from gradproof.reference.operations.table import elementwise, tried


def sigmoid_slope(x: Array) -> Array:
    """exp(-x) / (1 + exp(-x))^2, not y(1 - y): the second road is to be independent."""
    e = np.exp(-np.abs(x))
    return e / ((1 + e) * (1 + e))


@kernel(slope=sigmoid_slope, ball=lambda ball: 1 / (1 + (-ball).exp()), ends=(-110, 50),
        limit=Limit(np.ones_like, lambda x: sigmoid(-x)))  # fmt: skip
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), arranged so that no exponential overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


@kernel(slope=lambda x: 1 / (1 + np.exp(-x)), ends=(-110, np.inf))
def softplus(x: Array) -> Array:
    """log(1 + exp(x)), arranged so that no exponential overflows."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# sigmoid' = y(1 - y): 001_856bfbabee75bf37.txt, "Derivates - chain rule".
elementwise("sigmoid", lambda x: sigmoid(x),
            lambda g, y, x: g * y * (1 - y), domain=(-9, 9))  # fmt: skip
# softplus' = sigmoid, as exp(x - y): the form that logaddexp has, which loses |x| u where sigmoid loses u.
elementwise("softplus", lambda x: softplus(x),
            lambda g, y, x: g * np.exp(x - y), domain=(-9, 9))  # fmt: skip
elementwise("silu", lambda x: x * sigmoid(x),
            lambda g, y, x: g * silu_slope(x, sigmoid(x)), domain=(-9, 9))  # fmt: skip

# Rectifiers.
elementwise("relu", lambda x, *, at_kink=FIRST, sides=None: by_side(x, 0, x, x, (0, 1), at_kink, sides),
            lambda g, y, x, *, at_kink, sides: by_side(x, 0, g, g, (0, 1), at_kink, sides),
            kink=Kink(against_0, lambda: (0, 1)))  # fmt: skip
elementwise("leaky_relu", lambda x, *, negative_slope=0.01, at_kink=FIRST, sides=None: by_side(
                x, negative_slope * x, x, x, (negative_slope, 1), at_kink, sides),
            lambda g, y, x, *, negative_slope, at_kink, sides: by_side(
                x, negative_slope * g, g, g, (negative_slope, 1), at_kink, sides),
            kink=Kink(against_0, lambda *, negative_slope: (negative_slope, 1)),
            scenarios=tried("leaky_relu(x, negative_slope=0.2)", x=(5,)))  # fmt: skip

# ELU and its derivative f(x) + alpha as Clevert, Unterthiner and Hochreiter (2016) write it, eq. 15: the sum
# cancels where x is far below 0, and that is the algorithm two of the frameworks run.
elementwise("elu", lambda x, *, alpha=1.0, at_kink=FIRST, sides=None: by_side(
                x, alpha * np.expm1(np.where(x > 1, 1, x)), x, x, (alpha, 1), at_kink, sides),
            lambda g, y, x, *, alpha, at_kink, sides: by_side(
                x, g * (y + alpha), g, g, (alpha, 1), at_kink, sides),
            kink=Kink(against_0, lambda *, alpha: (alpha, 1)), domain=(-4, 4),
            algorithms={"exp(x) - 1": (
                lambda x, *, alpha=1.0, at_kink=FIRST, sides=None: by_side(
                    x, alpha * (np.exp(np.where(x > 1, 1, x)) - 1), x, x, (alpha, 1), at_kink, sides),
                lambda g, y, x, *, alpha, at_kink, sides: by_side(
                    x, g * (y + alpha), g, g, (alpha, 1), at_kink, sides))},
            scenarios=tried("elu(x, alpha=0.7)", x=(5,)))  # fmt: skip


def silu_slope(x: Array, s: Array) -> Array:
    """silu'(x) = s (1 + x (1 - s)) with s = sigmoid(x) (Elfwing, Uchibe and Doya 2018, eq. 7)."""
    return s * (1 + x * (1 - s))
