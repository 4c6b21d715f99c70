"""Expectations are confirmed by a difference quotient, contradicted where wrong, and not confirmed in silence."""

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reports.checking.explaining import confirming
from gradproof.reports.checking.explaining.confirming import contradicted
from gradproof.reports.checking.tolerance.comparison import Comparison

SLOPES = {
    ("L = log(x)", 2.0): 0.5,
    ("L = log(x)", 1e-35): 1e35,
    ("L = 1 / x", 1e-100): -1e200,
    ("L = exp(x)", 1e-300): 1.0,
    ("L = exp(x)", 0.0): 1.0,
    ("L = x ** 2", 0.0): 0.0,
    ("L = relu(x)", 0.0): 0.0,
}
"""Slopes, of large and of tiny numbers, and one that may be anything from 0 to 1."""


def said(statement: str, x: float, expected: float) -> str:
    network = build(statement, {"x": x})
    flagged = Comparison(np.array(7.0), np.array(expected), np.array(0.0), 6.0)
    return contradicted(network, "x", flagged, "float64")


@pytest.mark.parametrize(("statement", "x"), SLOPES)
def test_a_slope_is_confirmed_and_a_wrong_one_contradicted(statement: str, x: float) -> None:
    expected = SLOPES[statement, x]
    assert said(statement, x, expected) == ""
    for wrong in (expected - 1e-9 * abs(expected or 1), expected * (1 + 1e-9) + (x == 0) * 1.001):
        assert said(statement, x, wrong).startswith("suspect gradproof: a difference quotient gives ")


def test_what_is_not_confirmed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = said("L = relu(sqrt(x) * sqrt(x) - x)", 2.0, 0.0)
    assert undecided.startswith("its expectation is not confirmed: cannot decide whether ")
    monkeypatch.setattr(confirming, "CERTIFIED_SECONDS", 0)
    assert said("L = x ** 2", 1.0, 2.0) == "its expectation is not confirmed: it would take too long"
