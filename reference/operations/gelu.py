"""GELU: exact, x Phi(x), and approximate by tanh (Hendrycks and Gimpel 2016, section 2)."""

from collections.abc import Callable
from typing import Annotated

import numpy as np

from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.operations.error_function import by_erf, density_of_scaled, normal_density, normal_distribution
from gradproof.reference.operations.kernels import Array, constant
from gradproof.reference.operations.table import Algorithm, elementwise, tried

APPROXIMATIONS = ("none", "tanh")
"""The texts of torch's `approximate`."""

Approximate = Annotated[str, APPROXIMATIONS]
Slopes = tuple[Callable[[Array], Array], Callable[[Array], Array]]
"""What multiplies x, and the slope of the product."""


def inner(x: Array) -> Array:
    """sqrt(2 / pi) (x + 0.044715 x^3)."""
    cubic = constant(x, name="gelu_cubic")
    return 2 * constant(x, name="one_over_sqrt_2pi") * (x + cubic * (x * np.square(x)))


def inner_slope(x: Array) -> Array:
    """Its derivative, sqrt(2 / pi) (1 + 3 0.044715 x^2)."""
    cubic = constant(x, name="gelu_cubic")
    return 2 * constant(x, name="one_over_sqrt_2pi") * (1 + 3 * cubic * np.square(x))


def gate(x: Array) -> Array:
    """(1 + tanh(u)) / 2 of the inner u: sigmoid(2 u), which keeps its digits where it is near 0."""
    return sigmoid(2 * inner(x))


def gate_slope(x: Array) -> Array:
    """The slope of x times it: sigmoid(2 u) + x sigmoid(2 u) sigmoid(-2 u) 2 u'."""
    return gate(x) + x * (gate(x) * sigmoid(-2 * inner(x))) * (2 * inner_slope(x))


def by_tanh(x: Array) -> Array:
    """The same as 1 + tanh, of which nothing is left where tanh is near -1."""
    return (1 + np.tanh(inner(x))) / 2


def by_square(x: Array) -> Array:
    """The slope by 1 - tanh^2."""
    return by_tanh(x) + x / 2 * (1 - np.square(np.tanh(inner(x)))) * inner_slope(x)


def by_factors(x: Array) -> Array:
    """The slope by (1 + tanh) (1 - tanh)."""
    y = np.tanh(inner(x))
    return by_tanh(x) + x / 2 * ((1 + y) * (1 - y)) * inner_slope(x)


EXACT: Slopes = (normal_distribution, lambda x: normal_distribution(x) + x * normal_density(x))
TANH: Slopes = (gate, gate_slope)


def computed(exact: Slopes, tanh: Slopes) -> Algorithm:
    """gelu by these functions, as `approximate` says. Raises ValueError for another text."""

    def of(approximate: str) -> Slopes:
        if approximate not in APPROXIMATIONS:
            raise ValueError(f"approximate must be {' or '.join(map(repr, APPROXIMATIONS))}")
        return tanh if approximate == "tanh" else exact

    def forward(x: Array, *, approximate: Approximate = "none") -> Array:
        return x * of(approximate)[0](x)

    def rule(g: Array, y: Array, x: Array, *, approximate: str) -> Array:
        return g * of(approximate)[1](x)

    return Algorithm(forward, {0: rule})


STABLE = computed(EXACT, TANH)
assert STABLE.forward is not None

elementwise("gelu", STABLE.forward,
            STABLE.rules[0], domain=(-5, 5),
            algorithms={
                "gelu: 1 + erf": computed((by_erf, lambda x: by_erf(x) + x * normal_density(x)), TANH),
                # The rounding of x / sqrt 2 is squared and raised: x^2 u are lost.
                "gelu': exp(-(x / sqrt 2)^2)": computed(
                    (normal_distribution, lambda x: normal_distribution(x) + x * density_of_scaled(x)), TANH),
                "gelu: 1 + tanh, 1 - tanh^2": computed(EXACT, (by_tanh, by_square)),
                "gelu: 1 + tanh, (1 + tanh) (1 - tanh)": computed(EXACT, (by_tanh, by_factors)),
            },
            scenarios=tried("gelu(x, approximate='tanh')", domain=(-3, 3), x=(2, 3)))  # fmt: skip
