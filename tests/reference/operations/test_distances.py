"""Norms below epsilon, and losses of distances and distributions by numbers that are exact."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.losses_of_distributions import log_of_cosh
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values


def slopes(expression: str, **inputs: Any) -> dict[str, Any]:
    """The gradients of the sum of an expression, in float64."""
    network = build(f"y = {expression}\nL = sum(y)", inputs)
    return {name: found.tolist() for name, found in gradients(network, value("float64")).items()}


@pytest.mark.parametrize(
    ("expression", "inputs", "expected"),
    [
        ("normalize(x, eps=0.25)", {"x": [0.0, 0.0]}, {"x": [4, 4]}),
        ("normalize(x, eps=8)", {"x": [3.0, 4.0]}, {"x": [0.125, 0.125]}),
        ("normalize(x, ord=1)", {"x": [0.5, -0.5]}, {"x": [1, 1]}),
        ("cosine_similarity(a, b, eps=8)", {"a": [3.0, 4.0], "b": [0.0, 16.0]}, {"a": [0, 0.125], "b": [0.0234375, 0]}),
        ("cosine_similarity(a, b, eps=0.5)", {"a": [0.0, 0.0], "b": [0.0, 2.0]}, {"a": [0, 2], "b": [0, 0]}),
        ("pairwise_distance(a, b, eps=0)", {"a": [4.0, 4.0], "b": [1.0, 0.0]}, {"a": [0.6, 0.8], "b": [-0.6, -0.8]}),
        ("pairwise_distance(a, b, eps=1)", {"a": [2.0], "b": [2.0]}, {"a": [1], "b": [-1]}),
        (
            "gaussian_nll_loss(m, t, v, eps=1)",
            {"m": [3.0, 3.0], "t": [1.0, 1.0], "v": [0.5, 2.0]},
            {"m": [1, 0.5], "t": [-1, -0.5], "v": [0, -0.125]},
        ),
    ],
)
def test_a_norm_or_a_variance_below_epsilon_has_no_slope(expression: str, inputs: Any, expected: Any) -> None:
    assert slopes(expression, **inputs) == expected


def test_a_rule_that_differentiates_what_is_replaced_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS["gaussian_nll_loss"]

    def through(*arguments: Any, eps: float, **told: Any) -> Any:
        return operation.rules[2](*arguments, eps=0.0, **told)

    monkeypatch.setitem(OPERATIONS, operation.name, replace(operation, rules=(*operation.rules[:2], through)))
    assert slopes("gaussian_nll_loss(m, t, v, eps=1)", m=[3.0], t=[1.0], v=[0.5])["v"] == [-7]


def test_a_norm_leaves_no_range() -> None:
    for scale in (1e-200, 1e200):
        network = build("L = sum(normalize(x, eps=0))", {"x": [3 * scale, 4 * scale]})
        assert np.float32(values(network, value("float64"))[-1]) == np.float32(1.4)


@pytest.mark.parametrize("d", [0.0, 1e-9, 0.5, 0.75, 1.0, 1.5, 400.0])
def test_log_cosh_keeps_its_digits(d: float) -> None:
    """Against long double, which has as many more as the logarithm of something near 1 loses at 1/2 and beyond."""
    wide = np.longdouble(d)
    expected = wide * wide / 2 if d < 1 / 4 else np.logaddexp(wide, -wide) - np.log(np.longdouble(2))
    assert np.float32(log_of_cosh(np.float64(d))) == np.float32(expected)
    assert np.float32(log_of_cosh(np.float64(-d))) == np.float32(expected)
    assert d == 0 or np.float32(log_of_cosh(np.float64(d * 1.001))) != np.float32(expected), "another number is seen"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("cosine_similarity(x, x[0])", r"cosine_similarity of shapes \(2, 2\) and \(2,\), which must be equal"),
        ("pairwise_distance(x, x[:1])", r"pairwise_distance of shapes \(2, 2\) and \(1, 2\), which must be equal"),
        ("normalize(x, axis=2)", "axis 2 is out of bounds"),
        ("normalize(x, ord=3)", "ord must be 1 or 2"),
        ("gaussian_nll_loss(x, x, x[0])", "gaussian_nll_loss of shapes"),
    ],
)
def test_what_does_not_fit_is_refused(expression: str, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        build(f"L = sum({expression})", {"x": [[1.0, 2.0], [3.0, 4.0]]})
