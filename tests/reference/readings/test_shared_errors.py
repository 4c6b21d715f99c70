"""Errors from one source are told from independent ones, and add up with their factors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.readings.plain import truth
from gradproof.reference.readings.rounded import OF_TWO, Rounded, rounded
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import assess

A, QA = 0.3, 1e-6
"""A number whose own error is far above a rounding."""

ONE_SOURCE = [
    (lambda x: x * (1 - x), 1 - 2 * A),
    (lambda x: x + (1 - x), 0),
    (lambda x: x - x, 0),
    (lambda x: (x + 1) * (x - 1), 2 * A),
    (lambda x: x * x * x, 3 * A**2),
    (lambda x: x / (1 + x), 1 / (1 + A) ** 2),
    (lambda x: x * np.tanh(x), np.tanh(A) + A / np.cosh(A) ** 2),
    (lambda x: np.square(x) - x * 2, 2 * A - 2),
    (lambda x: sigmoid(x) * (1 - sigmoid(x)), float(sigmoid(A) * sigmoid(-A)) * (1 - 2 * float(sigmoid(A)))),
]


def carried(value: Any, variance: Any, recomputes: bool = False) -> Rounded:
    kind: type[Rounded] = type(rounded("float32", recomputes=recomputes).lift(np.zeros(())))
    return kind(np.asarray(value, float), np.asarray(variance, float))


def sizes(function: Callable[[Any], Any], **options: bool) -> tuple[float, float]:
    """The variance of a function of A, and what of it is rounding alone."""
    with_error, without = (float(function(carried(A, q, **options)).variance) for q in (QA, 0))
    return with_error, without


@pytest.mark.parametrize(("function", "slope"), ONE_SOURCE)
def test_an_error_is_passed_on_with_the_slope_of_the_whole(function: Callable[[Any], Any], slope: float) -> None:
    variance, rounding = sizes(function)
    expected = slope**2 * QA
    assert abs(variance - expected) <= rounding + 5 * OF_TWO * QA**2, "to first order"
    apart, _ = sizes(function, recomputes=True)
    assert abs(apart - expected) > 100 * (rounding + 8 * QA**2), "as independent errors it would be another"


def test_independent_errors_are_not_taken_for_one() -> None:
    x, y = carried(A, QA), carried(A, QA)
    variance = float((x * (1 - y)).variance)
    assert abs(variance - ((1 - A) ** 2 + A**2) * QA - OF_TWO * QA**2) <= 1e-9 * QA
    assert float((x - y).variance) >= 2 * QA


def test_an_error_is_shared_entry_by_entry() -> None:
    x = carried(np.linspace(0.1, 0.9, 5), np.full(5, QA))
    rows = carried(np.ones((3, 1)), np.zeros((3, 1)))
    found = (x * rows * (1 - x)).variance
    assert found.shape == (3, 5)
    assert np.all(np.abs(found - (1 - 2 * x.value) ** 2 * QA) <= 1e-4 * QA)


def logistic_map(steps: int) -> Network:
    """x <- 3.9 x (1 - x), so many times."""
    lines = ["x0 = x", *(f"x{k} = r*x{k - 1}*(1 - x{k - 1})" for k in range(1, steps + 1)), f"L = sum(x{steps})"]
    inputs = {"x": np.linspace(0.11, 0.89, 8), "r": np.float64(3.9)}
    return build("\n".join(lines), inputs, parameters=["x", "r"], title="logistic map")


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ten_steps_of_the_logistic_map_are_not_blind(framework: str, dtype: str) -> None:
    (result,) = check(logistic_map(10), frameworks=framework, modes="eager", dtypes=dtype).results
    assert result.verdict == "agrees"
    assert result.blind == 0


def test_a_mistake_above_the_floor_is_found_there() -> None:
    network = logistic_map(10)
    case = Case("logistic map", network, FRAMEWORKS["torch"], "eager", "float32")
    got = {name: x.astype(np.float32) for name, x in gradients(network, truth("float32")).items()}
    for name, right in assess(case, got).items():
        assert right.agrees
        assert right.detection_floor is not None
        assert right.detection_floor < 2.0**-8, "it was above 1"
        wrong = assess(case, {**got, name: got[name] * np.float32(1 + 2 * right.detection_floor)})
        assert wrong[name].flagged.any()
