"""Before a finding is stated: is the expectation confirmed without any derivative rule, and does the finding repeat?"""

from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import balls, certified
from gradproof.reference.sweep import values
from gradproof.reports.checking.tolerance.comparison import Comparison

STEP = 2.0**-100
"""The step of a central difference quotient in balls of 400 bits. Its error falls with its square, to 2^-200 of what
the third derivative is, and 300 bits are left after the division."""


def quotient(network: Network, name: str, at: tuple[int, ...], dtype: str) -> float:
    """(L(x + h) - L(x - h)) / 2h for the entry `at` of the input `name`, in balls, without any derivative rule.

    Raises GradproofError where balls cannot decide which branch is taken.
    """

    def compute() -> Any:
        reading = balls(dtype)
        step = np.zeros(np.shape(network.inputs[name]))
        step[at] = STEP
        here, aside = reading.lift(network.inputs[name]), reading.lift(step)
        loss = network.index(network.loss)
        ahead, behind = (values(network, reading, {name: moved})[loss] for moved in (here + aside, here - aside))
        return ((ahead - behind) / reading.lift(2 * STEP)).value

    return float(np.asarray(certified(compute)).item().mid())


def contradicted(network: Network, name: str, comparison: Comparison, dtype: str) -> str:
    """Why the expectation of the worst entry of the input `name` is not to be trusted; "" where it is confirmed.

    At a kink there is no derivative, and nothing to confirm.
    """
    at = comparison.worst(comparison.flagged)
    expected, tolerance = float(comparison.expected[at]), comparison.limit * float(comparison.sigma[at])
    if not np.isfinite(expected):
        return ""
    try:
        slope = quotient(network, name, at, dtype)
    except GradproofError:
        return ""
    error, own = abs(slope - expected), float(np.finfo(dtype).eps) * abs(expected)
    return "" if error <= max(tolerance, own) else f"a difference quotient gives {slope!r}"
