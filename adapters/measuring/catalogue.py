"""The kernels as they are measured: what a program says, the truth, and where a sample looks."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.measuring.formats import FORMATS
from gradproof.reference.operations import KERNELS as ENTERED
from gradproof.reference.operations.kernels import Kernel as Entered

Array = NDArray[Any]
Limits = Mapping[str, float]
Draw = Callable[[np.random.Generator, Limits, int], Array]

EXPONENTS = (2, 3, -1, -2, 0.5, -0.5, 1.5, 2.5, 0.09375, 7, 0.1)
"""The exponents that `pow` is tried with. 0.1 is no float32 number: a framework that rounds it loses by that, too."""


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


def powers_of_two(random: np.random.Generator, low: float, high: float, count: int) -> Array:
    """Positive numbers of all sizes from 2^low to 2^high alike, the same on every processor: no power is computed."""
    exponent = random.uniform(low, high, count)
    whole = np.floor(exponent)
    draws: Array = np.ldexp(1 + (exponent - whole), whole.astype(int))
    return draws


def around_zero(kernel: Entered) -> Draw:
    """Both signs; half of the inputs log-uniform down to tiny ones, half uniform."""

    def draw(random: np.random.Generator, limits: Limits, count: int) -> Array:
        half, reach = count // 2, limits["exp"] if kernel.reach == "exp" else float(kernel.reach)
        small = powers_of_two(random, limits["smallest"] / 2, float(np.log2(reach)), half)
        wide = random.uniform(0, reach, count - half)
        draws: Array = np.concatenate([small, wide]) * random.choice([-1, 1], count)
        return draws

    return draw


def beyond(kernel: Entered) -> Draw:
    """Draws of both signs, uniform from `nearest` on: nearer to 0, the function is lost inside the other one."""

    def draw(random: np.random.Generator, limits: Limits, count: int) -> Array:
        draws: Array = random.uniform(kernel.nearest, float(kernel.reach), count) * random.choice([-1, 1], count)
        return draws

    return draw


def positive(random: np.random.Generator, limits: Limits, count: int) -> Array:
    """Log-uniform over all normal numbers, and dense around 1."""
    half = count // 2
    everywhere = powers_of_two(random, limits["smallest"], -limits["smallest"], half)
    near = 1 + random.choice([-1, 1], count - half) * powers_of_two(random, -30, -1, count - half)
    return np.concatenate([everywhere, near])


def above_minus_one(random: np.random.Generator, limits: Limits, count: int) -> Array:
    """Log-uniform: small with both signs, large, and just above -1."""
    end, half, quarter = limits["smallest"] / 2, count // 2, count // 4
    small = random.choice([-0.999, 1], count - half) * powers_of_two(random, end, 0, count - half)
    large = powers_of_two(random, 0, -end, quarter)
    edge = powers_of_two(random, -20, -1, half - quarter) - 1
    return np.concatenate([small, large, edge])


def ends(dtype: str) -> Limits:
    """The x where exp overflows in `dtype`, and two above the exponent of the smallest normal number ("smallest")."""
    return {"smallest": float(FORMATS[dtype].lowest + 2), "exp": float(np.log(FORMATS[dtype].largest))}


def power(exponent: float) -> Kernel:
    """x ** exponent for positive x; neither it nor its inverse, which some compute first, is subnormal."""

    def inputs(random: np.random.Generator, limits: Limits, count: int) -> Array:
        return positive(random, {"smallest": limits["smallest"] / max(1, abs(exponent))}, count)

    return Kernel(f"x**{exponent}", lambda x: x**exponent, inputs)


def measured(kernel: Entered) -> Kernel:
    """What is measured for a kernel of the operation table: statement, truth, and where its sample looks."""

    def clipped(x: Array) -> Array:
        result: Array = kernel.function(np.clip(x, *kernel.ends))
        return result

    if kernel.nearest:
        draw, quick = beyond(kernel), None
    else:
        draw = {-np.inf: around_zero(kernel), -1: above_minus_one, 0: positive}[kernel.least]
        quick = kernel.quick or clipped
    return Kernel(kernel.statement, lambda x: kernel.function(kernel.argument(x)), draw, quick, kernel.inside)


KERNELS: dict[str, Kernel] = {
    **{name: measured(kernel) for name, kernel in ENTERED.items()},
    **{f"pow {exponent}": power(exponent) for exponent in EXPONENTS},
    "reciprocal": Kernel("1 / x", lambda x: 1 / x, power(-2).inputs),
}
"""The kernels that are measured, by name; `pow` is one for each exponent, as in "pow 0.5".

`reciprocal` is what a framework has besides its division (see `Framework.shipped`), and division where it has none. It
is tried where what a step of Newton's corrects is no subnormal number: what is lost to those the model adds itself.
"""
