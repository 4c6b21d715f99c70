"""Before a finding is stated: is the expectation confirmed without any derivative rule?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import balls, certified
from gradproof.reference.sweep import values
from gradproof.reports.checking.tolerance.certifying import CERTIFIED_SECONDS, seconds
from gradproof.reports.checking.tolerance.comparison import Comparison

STEP = 2.0**-100
"""The step h of a difference quotient in balls, in units of what is moved if that is not 0.

Its error falls with its square, to 2^-200 of what the third derivative is.
"""

SLOPE, JUMP = {1: 1, -1: -1}, {1: 1, 0: -2, -1: 1}
"""How often L(x + k h) is in 2h times the slope, and in 2h times half of what the slope jumps by, which kinks have."""


def quotient(
    network: Network, name: str, at: tuple[int, ...], dtype: str, terms: Mapping[int, int], radius: float
) -> float:
    """The sum of `terms` over 2h for the entry `at` of the input `name`, to within `radius`, without a derivative rule.

    Raises GradproofError where balls cannot decide which branch is taken, or stay wider.
    """
    moved = network.inputs[name]
    step, size = np.zeros(moved.shape), abs(moved[at])
    step[at] = STEP

    def compute() -> Any:
        reading = balls(dtype)
        here, aside = reading.lift(moved), reading.lift(step) * reading.lift(size if 0 < size < np.inf else 1.0)
        loss = network.index(network.loss)
        parts = [n * values(network, reading, {name: here + k * aside})[loss] for k, n in terms.items()]
        return np.asarray((sum(parts) / (2 * aside[at])).value).item()

    return float(certified(compute, sharp=lambda ball: float(ball.rad()) <= radius).mid())


def contradicted(network: Network, name: str, comparison: Comparison, dtype: str) -> str:
    """Why the expectation of the worst entry of the input `name` is not to be trusted; "" where it is confirmed.

    An infinite one is no slope, and not looked at; at a kink any between both sides' will do. What the difference
    quotient refuses is a reason as well, and raises nothing.
    """
    at = comparison.worst(comparison.flagged)
    expected, tolerance = float(comparison.expected[at]), comparison.limit * float(comparison.sigma[at])
    if not np.isfinite(expected):
        return ""
    # Expectation and quotient are floats, each off by half a rounding at most.
    slack = max(tolerance, float(np.finfo(float).eps) * abs(expected), float(np.finfo(dtype).smallest_subnormal))
    try:
        if seconds(network) > CERTIFIED_SECONDS:
            raise GradproofError("it would take too long")
        slope = quotient(network, name, at, dtype, SLOPE, slack)
        error = abs(slope - expected)
        if error <= slack or error <= slack + abs(quotient(network, name, at, dtype, JUMP, slack)):
            return ""
    except GradproofError as problem:
        return f"its expectation is not confirmed: {problem}"
    return f"suspect gradproof: a difference quotient gives {slope!r}"
