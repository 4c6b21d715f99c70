"""Certified truth: a ball is looked at, not only its middle."""

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.readings.balls import certified, flint
from gradproof.reports.checking.case import Case
from gradproof.reports.checking.tolerance import assess


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_slope_that_cancels_to_nothing_is_nothing(dtype: str) -> None:
    """expm1' at -4988429 is y + 1 with y = -1 to more bits than any ball begins with."""
    inputs = {"x": [-4988429.0, 4988429.0], "c": [0.453, -0.019]}
    network = build("y = expm1(x)\nL = sum(y * c)", inputs, parameters=["x"])
    case = Case("network", network, FRAMEWORKS["torch"], "eager", dtype)
    with np.errstate(all="ignore"):
        assert assess(case, {"x": np.array([0, -np.inf], dtype)})["x"].agrees
        smallest = np.finfo(dtype).smallest_normal
        assert not assess(case, {"x": np.array([smallest * 8, -np.inf], dtype)})["x"].agrees


def test_a_ball_that_stays_wide_is_said_to_be_so() -> None:
    with pytest.raises(GradproofError, match=r"the balls stay too wide, even with 6400 bits; the equations cancel"):
        certified(lambda: flint().arb(0, 1), sharp=lambda ball: float(ball.rad()) < 1)
    assert certified(lambda: flint().arb(2).sqrt(), sharp=lambda ball: float(ball.rad()) < 2.0**-1000) > 1
