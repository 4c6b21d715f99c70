"""Activations, entry by entry; `tanh` and `gelu` stand with what they are made of.

The kinks stand on the rules' own lines: `at_kink` is the side that the slope is taken from exactly there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.reference.operations.elementary import by_side, sech_squared
from gradproof.reference.operations.kernels import Array, Limit, constant, kernel, middle
from gradproof.reference.operations.kinks import FIRST, Kink, against_0, larger
from gradproof.reference.operations.table import Algorithm, Rule, Scenario, derivative, elementwise, tried


def sigmoid_slope(x: Array) -> Array:
    """exp(-x) / (1 + exp(-x))^2, not sigmoid(x) sigmoid(-x): the second road is to be independent."""
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


# sigmoid'(x) = sigmoid(x) sigmoid(-x), since 1 - sigmoid(x) = sigmoid(-x). As y(1 - y): 001_856bfbabee75bf37.txt,
# "Derivates - chain rule"; that has no digits left where y is near 1.
elementwise("sigmoid", lambda x: sigmoid(x),
            lambda g, y, x: g * (y * sigmoid(-x)), domain=(-9, 9),
            written="sigmoid': y (1 - y)",
            algorithms={"sigmoid': y (1 - y)": derivative(lambda g, y, x: g * y * (1 - y))})  # fmt: skip
# softplus' = sigmoid. As exp(x - y), the form that logaddexp has, it loses |x| u where sigmoid loses u.
elementwise("softplus", lambda x: softplus(x),
            lambda g, y, x: g * sigmoid(x), domain=(-9, 9),
            algorithms={"softplus': exp(x - y)": derivative(lambda g, y, x: g * np.exp(x - y))})  # fmt: skip
# silu'(x) = s (1 + x (1 - s)) with s = sigmoid(x) (Elfwing, Uchibe and Doya 2018, eq. 7); 1 - s = sigmoid(-x).
elementwise("silu", lambda x: x * sigmoid(x),
            lambda g, y, x: g * (sigmoid(x) * (1 + x * sigmoid(-x))), domain=(-9, 9),
            algorithms={
                "silu': s (1 + x (1 - s))": derivative(
                    lambda g, y, x: g * ((s := sigmoid(x)) * (1 + x * (1 - s)))),
                # g s is subnormal before what it is multiplied by makes it larger.
                "silu': (g s) (1 + x (1 - s))": derivative(
                    lambda g, y, x: g * (s := sigmoid(x)) * (1 + x * (1 - s))),
            })  # fmt: skip

# logaddexp, log(exp(a) + exp(b)): the larger one and log1p(exp(-|a - b|)), so that no exponential overflows.
elementwise("logaddexp", lambda a, b: np.maximum(a, b) + np.log1p(np.exp(-np.abs(a - b))),
            lambda g, y, a, b: g * sigmoid(a - b),
            lambda g, y, a, b: g * sigmoid(b - a), domain=(-9, 9),
            algorithms={"logaddexp': exp(a - y)": Algorithm(rules={
                0: lambda g, y, a, b: g * np.exp(a - y),
                1: lambda g, y, a, b: g * np.exp(b - y)})})  # fmt: skip
# log(sigmoid(x)) = -softplus(-x), and its derivative sigmoid(-x).
elementwise("logsigmoid", lambda x: -softplus(-x),
            lambda g, y, x: g * sigmoid(-x), domain=(-9, 9),
            algorithms={"logsigmoid': exp(y - x)": derivative(lambda g, y, x: g * np.exp(-x + y))})  # fmt: skip
# x / (1 + |x|) (Bergstra et al. 2009), whose derivative is 1 / (1 + |x|)^2; as a difference of two quotients it has no
# digits left where x is large.
elementwise("softsign", lambda x: x / (1 + np.abs(x)),
            lambda g, y, x: g / ((1 + np.abs(x)) * (1 + np.abs(x))), domain=(-9, 9),
            algorithms={"softsign': 1 / (1 + |x|) - |y| / (1 + |x|)": derivative(
                lambda g, y, x: g / (1 + np.abs(x)) - g * np.abs(x) / (1 + np.abs(x)) / (1 + np.abs(x)))})  # fmt: skip


# x - tanh(x), of which little is left near 0. Its derivative is tanh^2; 1 less the derivative of tanh has no digits
# left there.
elementwise("tanhshrink", lambda x: x - np.tanh(x),
            lambda g, y, x: g * np.square(np.tanh(x)), domain=(-4, 4),
            algorithms={
                "tanhshrink': 1 - (1 - tanh^2)": derivative(
                    lambda g, y, x: g - g * (1 - np.square(np.tanh(x)))),
                "tanhshrink': 1 - (1 + tanh) (1 - tanh)": derivative(
                    lambda g, y, x: g - (g + g * (z := np.tanh(x))) * (1 - z)),
            })  # fmt: skip


def mish_rule(sech_squared: Callable[[Array], Array], slope: Callable[[Array], Array] = sigmoid) -> Rule:
    """The rule of mish with 1 - tanh^2 and the derivative of softplus as they are given."""
    return lambda g, y, x: g * (np.tanh(s := softplus(x)) + x * (sech_squared(s) * slope(x)))


# Mish, x tanh(softplus(x)) (Misra 2019, eq. 1); 1 - tanh^2 has no digits left where x is large.
elementwise("mish", lambda x: x * np.tanh(softplus(x)),
            mish_rule(sech_squared), domain=(-9, 9),
            algorithms={
                "mish': 1 - tanh^2": derivative(mish_rule(lambda s: 1 - np.square(np.tanh(s)))),
                "mish': (1 + tanh) (1 - tanh), exp(x - softplus(x))": derivative(mish_rule(
                    lambda s: (1 + np.tanh(s)) * (1 - np.tanh(s)), lambda x: np.exp(x - softplus(x)))),
            })  # fmt: skip

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


def prelu_rule(g: Array, y: Array, x: Array, a: Array, *, at_kink: str, sides: Any) -> Array:
    """g times the slope: a where x < 0, and 1 where x > 0."""
    return larger(0, x, a * g, g, lambda s, t: s * a * g + t * g, at_kink, sides)


# PReLU (He et al. 2015, eq. 1), its slope a an operand that broadcasts with x.
elementwise("prelu", lambda x, a, *, at_kink=FIRST, sides=None: larger(
                0, x, a * x, x, lambda s, t: s * a * x + t * x, at_kink, sides),
            prelu_rule,
            lambda g, y, x, a, *, at_kink, sides: larger(
                0, x, g * x, 0 * x, lambda s, t: s * g * x, at_kink, sides),
            kink=Kink(lambda x, a: against_0(x), meets=lambda x, a: (x, a + 0.25)), domain=None,
            scenarios=[
                Scenario("prelu(x, a)", {"x": x, "a": a})
                for x, a in (((2, 3), (3,)), ((2, 3), (1,)), ((2, 3, 2), (3, 1)), ((5,), ()))
            ])  # fmt: skip


def below(x: Array) -> Array:
    """x where it is at most 1: what is computed of it stays finite on the side of 0 that is not taken."""
    return np.where(x > 1, 1, x)


def elu(negative: Callable[[Array], Array]) -> Callable[..., Array]:
    """ELU, where x < 0 as alpha negative(x)."""
    return lambda x, *, alpha=1.0, at_kink=FIRST, sides=None: by_side(
        x, alpha * negative(below(x)), x, x, (alpha, 1), at_kink, sides
    )


def elu_rule(slope: Callable[[Array, Array, float], Array]) -> Rule:
    """The rule of ELU, whose slope is slope(x, y, alpha) where x < 0."""
    return lambda g, y, x, *, alpha, at_kink, sides: by_side(
        x, g * slope(below(x), y, alpha), g, g, (alpha, 1), at_kink, sides
    )


# ELU (Clevert, Unterthiner and Hochreiter 2016, eq. 15), which writes the derivative as f(x) + alpha: the sum has no
# digits left where x is far below 0, as exp(x) - 1 has none where it is near 0.
elementwise("elu", elu(np.expm1),
            elu_rule(lambda x, y, alpha: alpha * np.exp(x)),
            kink=Kink(against_0, lambda *, alpha: (alpha, 1)), domain=(-4, 4), written="elu': y + alpha",
            algorithms={
                "elu: exp(x) - 1": Algorithm(elu(lambda x: np.exp(x) - 1)),
                "elu': y + alpha": derivative(elu_rule(lambda x, y, alpha: y + alpha)),
                "elu: exp(x) - 1, y + alpha": Algorithm(
                    elu(lambda x: np.exp(x) - 1), {0: elu_rule(lambda x, y, alpha: y + alpha)}),
            },
            scenarios=tried("elu(x, alpha=0.7)", x=(5,)))  # fmt: skip


def selu_slopes(x: Array) -> tuple[Array, Array]:
    """The slopes at 0, on the left and on the right: scale alpha, and scale."""
    scale = constant(x, name="selu_scale")
    return scale * constant(x, name="selu_alpha"), scale


def mixed(left: Array, right: Array) -> Callable[[Any, Any], Array]:
    """What is taken at 0 where the left and the right side have the shares s and t."""
    return lambda s, t: s * left + t * right


def selu(negative: Callable[[Array], Array]) -> Callable[..., Array]:
    """scale x where x > 0, and scale alpha negative(x) where x < 0."""

    def forward(x: Array, *, at_kink: Any = FIRST, sides: Any = None) -> Array:
        left, right = selu_slopes(x)
        return larger(0, x, left * negative(below(x)), right * x, mixed(left * x, right * x), at_kink, sides)

    return forward


def selu_rule(slope: Callable[[Array, Array, Array], Array]) -> Rule:
    """The rule of SELU, whose slope is slope(x, y, scale alpha) where x < 0."""

    def rule(g: Array, y: Array, x: Array, *, at_kink: str, sides: Any) -> Array:
        left, right = selu_slopes(x)
        negative = g * slope(below(x), y, left)
        return larger(0, x, negative, g * right, mixed(g * left, g * right), at_kink, sides)

    return rule


# SELU (Klambauer et al. 2017, eq. 2), whose negative side is one of ELU's.
elementwise("selu", selu(np.expm1),
            selu_rule(lambda x, y, left: left * np.exp(x)), domain=(-4, 4),
            kink=Kink(against_0, lambda: (1.7580993408473766, 1.0507009873554805)),
            algorithms={
                "selu': y + scale alpha": derivative(selu_rule(lambda x, y, left: y + left)),
                "selu: exp(x) - 1, y + scale alpha": Algorithm(
                    selu(lambda x: np.exp(x) - 1), {0: selu_rule(lambda x, y, left: y + left)}),
            })  # fmt: skip


def positive(alpha: float) -> float:
    """`alpha`, the attribute of celu. Raises ValueError unless it is above 0."""
    if not alpha > 0:
        raise ValueError("alpha must be above 0")
    return alpha


# CELU (Barron 2017, eq. 2), whose derivative is continuous: 1 on both sides of 0.
elementwise("celu", lambda x, *, alpha=1.0: np.where(
                middle(x) < 0, alpha * np.expm1(below(x) / positive(alpha)), x),
            lambda g, y, x, *, alpha: np.where(middle(x) < 0, g * np.exp(below(x) / alpha), g),
            domain=(-4, 4),
            algorithms={
                "celu': expm1(x / alpha) + 1": derivative(lambda g, y, x, *, alpha: np.where(
                    middle(x) < 0, g * (np.expm1(below(x) / alpha) + 1), g)),
            },
            scenarios=tried("celu(x, alpha=0.7)", x=(5,)))  # fmt: skip
