"""A NaN is followed to the operation that it comes from, and the framework is told from the formula."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case

Run = Callable[..., Mapping[str, Any]]


def judged(network: Network, framework: str, run: Run, dtype: str = "float32", mode: str = "") -> Result:
    chosen = FRAMEWORKS[framework]
    case = Case("nonfinite", network, chosen, mode or chosen.default_mode, dtype)
    return judge(case, run(case), lambda network, dtype: run(case, network, dtype))


FORMULAS: dict[str, tuple[Mapping[str, Any], str, str]] = {
    "L = sum(log(exp(x)))": ({"x": [1.0, 89.0]}, "exp", "forward"),
    "p = exp(x) / sum(exp(x))\nL = -log(p[0])": ({"x": [1.0, 100.0]}, "exp", "forward"),
    "p = sigmoid(x)\nL = -sum(p * log(p))": ({"x": [-200.0, 1.0]}, "log", "forward"),
    "L = sum(sqrt(sum(x ** 2, axis=1)))": ({"x": [[0.0, 0.0], [1.0, 2.0]]}, "sqrt", "backward"),
}
"""Formulas that are not finite in float32; the operation that it starts with, and the direction."""


@pytest.mark.parametrize("statements", FORMULAS)
def test_a_formula_that_fails_is_told_from_a_framework(statements: str, run: Run) -> None:
    inputs, operation, direction = FORMULAS[statements]
    result = judged(build(statements, inputs, parameters=["x"]), "torch", run)
    assert result.verdict == "nonfinite"
    (cause,) = result.causes
    assert (cause.operation, cause.direction, cause.verdict) == (operation, direction, "nonfinite")
    assert result.message.endswith("the equations themselves are not finite in float32: the formula is to blame")
    assert cause.where in statements


@pytest.mark.parametrize("made", ["{f} + 0 / (x - x)", "{f} / (0 * x)"])
def test_a_framework_that_fails_is_told_from_a_formula(
    made: str, framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FRAMEWORKS[framework]
    tanh = "tf.tanh(x)" if framework == "tensorflow" else f"{known.namespace}.tanh(x)"
    planted = replace(known, templates={**known.templates, "tanh": f"({made.format(f=tanh)})"})
    monkeypatch.setitem(FRAMEWORKS, framework, planted)
    network = build("h = exp(x)\nL = sum(tanh(h) * h)", {"x": [0.5, -1.0]})
    result = judged(network, framework, run)
    assert result.verdict == "nonfinite"
    (cause,) = result.causes
    assert (cause.operation, cause.direction) == ("tanh", "forward")
    assert "the equations are finite in float32: the framework is to blame" in result.message
