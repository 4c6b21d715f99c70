"""Products with zeros among the factors, deviations of 0, and norms of 0."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.operations import OPERATIONS, cumulative, reductions
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients


def by_hand(expression: str, x: Any) -> Any:
    """The gradient of sum(expression * c), c counting from 1, by the products of all other factors."""
    found = np.zeros(len(x))
    for k in range(len(x)):
        if expression == "prod":
            found[k] = np.prod(np.delete(x, k))
        else:
            found[k] = sum((j + 1) * np.prod(np.delete(x[: j + 1], k)) for j in range(k, len(x)))
    return found


def small_integers(count: int) -> Iterator[Any]:
    """All arrays of -2, 0 and 3, whose products are exact."""
    return (np.array(x, float) for x in product((-2, 0, 3), repeat=count))


def wrong(expression: str, count: int) -> list[Any]:
    """The factors for which the rule gives another gradient than the products of all others, exactly."""
    weights = "" if expression == "prod" else f" * stack({', '.join(str(k + 1) for k in range(count))})"
    found = []
    for x in small_integers(count):
        network = build(f"L = sum({expression}(x){weights})", {"x": x})
        if not np.array_equal(gradients(network, value("float64"))["x"], by_hand(expression, x)):
            found.append(x)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("expression", ["prod", "cumprod"])
def test_zeros_among_the_factors_are_factors_like_others(expression: str, count: int) -> None:
    assert wrong(expression, count) == []


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        ("cumprod", lambda g, y, x, *, axis: cumulative.cumsum_rule(g * y, y, x, axis=axis) / x),
        ("prod", lambda g, y, x, *, axis, keepdims: reductions.stretch(g * y, x, axis, keepdims) / x),
    ],
)
def test_a_rule_that_divides_by_a_factor_is_noticed(
    expression: str, rule: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(OPERATIONS, expression, replace(OPERATIONS[expression], rules=(rule,)))
    with np.errstate(all="ignore"):
        found = wrong(expression, 3)
    assert len(found) == 3**3 - 2**3
    assert all((x == 0).any() for x in found)


@pytest.mark.parametrize("expression", ["std(x)", "norm(x)"])
def test_a_root_of_0_has_no_slope(expression: str) -> None:
    network = build(f"L = {expression}", {"x": [0.0, 0.0]})
    with np.errstate(all="ignore"):
        assert np.isnan(gradients(network, truth("float32"))["x"]).all()


def test_a_sum_in_one_number_holds_its_kinks() -> None:
    network = build("L = norm(x, ord=1)", {"x": [[2.0, -3.0]]})
    assert gradients(network, value("float32"))["x"].tolist() == [[1.0, -1.0]]


def test_another_order_is_refused() -> None:
    with pytest.raises(ValueError, match="ord must be 1, 2 or inf"):
        OPERATIONS["norm"].forward(np.ones(2), ord=3)
