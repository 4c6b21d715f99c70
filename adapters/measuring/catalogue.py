"""The kernels: what a program says, the truth, and where a sample looks."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.measuring.formats import FORMATS
from gradproof.reference.operations import kernels

Array = NDArray[Any]
Limits = Mapping[str, float]
Draw = Callable[[np.random.Generator, Limits, int], Array]

EXPONENTS = (2, 3, -1, -2, 0.5, -0.5, 1.5, 2.5, 0.09375, 7, 0.1)
"""The exponents that `pow` is tried with. 0.1 is no float32 number: a framework that rounds it loses by that, too."""

TWO_OVER_SQRT_PI = 1.1283791670955126


class Kernel(NamedTuple):
    """A kernel in the statement language, its truth in any reading, and where a sample looks.

    `quick` is the truth in float64, for all float32 inputs; a kernel without one is only sampled. A kernel that is
    only shipped inside another function is got back out of its results by `inside(result, x)`.
    """

    statement: str
    truth: Callable[[Any], Any]
    inputs: Draw
    quick: Callable[[Array], Array] | None = None
    inside: Callable[[Any, Any], Any] = lambda result, x: result


def around_zero(largest: str) -> Draw:
    """Both signs; half of the inputs log-uniform down to tiny ones, half uniform; up to `largest`."""

    def draw(random: np.random.Generator, limits: Limits, count: int) -> Array:
        half = count // 2
        small = 2.0 ** random.uniform(limits["smallest"] / 2, np.log2(limits[largest]), half)
        wide = random.uniform(0, limits[largest], count - half)
        draws: Array = np.concatenate([small, wide]) * random.choice([-1, 1], count)
        return draws

    return draw


def beyond_half(random: np.random.Generator, limits: Limits, count: int) -> Array:
    """Both signs, from where the error function is about its size at infinity to where it is 1."""
    draws: Array = random.uniform(0.5, limits["erf"], count) * random.choice([-1, 1], count)
    return draws


def positive(random: np.random.Generator, limits: Limits, count: int) -> Array:
    """Log-uniform over all normal numbers, and dense around 1."""
    half = count // 2
    everywhere = 2.0 ** random.uniform(limits["smallest"], -limits["smallest"], half)
    near = 1 + random.choice([-1, 1], count - half) * 2.0 ** random.uniform(-30, -1, count - half)
    return np.concatenate([everywhere, near])


def above_minus_one(random: np.random.Generator, limits: Limits, count: int) -> Array:
    """Log-uniform: small with both signs, large, and just above -1."""
    end, half, quarter = limits["smallest"] / 2, count // 2, count // 4
    small = random.choice([-0.999, 1], count - half) * 2.0 ** random.uniform(end, 0, count - half)
    large = 2.0 ** random.uniform(0, -end, quarter)
    edge = 2.0 ** random.uniform(-20, -1, half - quarter) - 1
    return np.concatenate([small, large, edge])


def ends(dtype: str) -> Limits:
    """The exponent of the smallest normal number, and up to where a function is interesting, in `dtype`."""
    end = float(np.log(FORMATS[dtype].largest))
    return {"smallest": float(FORMATS[dtype].lowest + 2), "exp": end, "erf": 6.0, "tanh": 25.0}


def power(exponent: float) -> Kernel:
    """x ** exponent for positive x; neither it nor its inverse, which some compute first, is subnormal."""

    def inputs(random: np.random.Generator, limits: Limits, count: int) -> Array:
        return positive(random, {"smallest": limits["smallest"] / max(1, abs(exponent))}, count)

    return Kernel(f"x**{exponent}", lambda x: x**exponent, inputs)


# The truth in float64 for all float32 inputs. Arguments are clipped to where the result in float32 is still told
# apart from its limit: it is faster, and NumPy is slow where a result underflows.


def exp(x: Array) -> Array:
    """To where float32 underflows and overflows."""
    result: Array = np.exp(np.clip(x, -110, 95))
    return result


def expm1(x: Array) -> Array:
    """Likewise; -1 to more than 64 bits at the lower end."""
    result: Array = np.expm1(np.clip(x, -50, 95))
    return result


def sigmoid(x: Array) -> Array:
    """1 to more than 64 bits at the upper end."""
    return kernels.sigmoid(np.clip(x, -110, 50))  # type: ignore[no-any-return]


def softplus(x: Array) -> Array:
    """x to more than 64 bits for large x."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.minimum(np.abs(x), 110)))


def tanh(x: Array) -> Array:
    """1 to more than 64 bits at the ends."""
    result: Array = np.tanh(np.clip(x, -25, 25))
    return result


def log(x: Array) -> Array:
    """NaN below 0."""
    return np.where(x < 0, np.nan, np.log(np.abs(x)))


def log1p(x: Array) -> Array:
    """NaN below -1."""
    return np.where(x < -1, np.nan, np.log1p(np.where(x < -1, 1, x)))


def erf(x: Array) -> Array:
    """The C library's, which is slow, where neither the series nor the limit gives 52 bits."""
    result = np.where(np.isnan(x), x, np.copysign(1, x))
    small = np.abs(x) < 2.0**-13
    result[small] = TWO_OVER_SQRT_PI * x[small] * (1 - x[small] ** 2 / 3)  # the next term is x^4/10 of it
    between = ~small & (np.abs(x) < 6)
    if between.any():
        result[between] = kernels.erf(x[between])
    return result


def erf_of_gelu(result: Any, x: Any) -> Any:
    """erf(x / sqrt 2), got back from gelu(x) = x (1 + erf(x / sqrt 2)) / 2."""
    return result / x * 2 - 1


def erf_in_gelu(x: Any) -> Any:
    """What gelu has inside."""
    return kernels.erf(x * kernels.constant(x, name="sqrt_half"))


KERNELS: dict[str, Kernel] = {
    "sigmoid": Kernel("sigmoid(x)", kernels.sigmoid, around_zero("exp"), sigmoid),
    "exp": Kernel("exp(x)", np.exp, around_zero("exp"), exp),
    "tanh": Kernel("tanh(x)", np.tanh, around_zero("tanh"), tanh),
    "log": Kernel("log(x)", np.log, positive, log),
    "softplus": Kernel("softplus(x)", kernels.softplus, around_zero("exp"), softplus),
    "erf": Kernel("erf(x)", kernels.erf, around_zero("erf"), erf),
    "expm1": Kernel("expm1(x)", np.expm1, around_zero("exp"), expm1),
    "log1p": Kernel("log1p(x)", np.log1p, above_minus_one, log1p),
    "sqrt": Kernel("sqrt(x)", np.sqrt, positive, np.sqrt),
    "erf_in_gelu": Kernel("gelu(x)", erf_in_gelu, beyond_half, inside=erf_of_gelu),
    **{f"pow {exponent}": power(exponent) for exponent in EXPONENTS},
}
"""By name, the most used first; `pow` is one for each exponent."""
