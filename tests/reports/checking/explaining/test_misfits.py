"""An operation whose share of a tie is none of its sides' is named; shares that only together are wrong name none."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN, FIRST, LAST, NEITHER
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.grouping import findings_of
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case, Gradients


def sharing(operation: str, choice: str, scaled: str = "") -> Callable[[Network, str], Gradients]:
    """NumPy in the dtype, in which an operation takes a choice at its kink, and the values of `scaled` are doubled."""

    def run(network: Network, dtype: str) -> Gradients:
        nodes = [
            replace(n, attributes={**n.attributes, AT_KINK: choice}) if n.operation == operation else n
            for n in network.nodes
        ]
        found = gradients(replace(network, nodes=tuple(nodes)), value(dtype))
        doubled = any(n.operation == scaled for n in nodes)
        return {name: np.asarray(g * 2 if doubled else g, dtype) for name, g in found.items()}

    return run


def judged(text: str, x: object, run: Callable[[Network, str], Gradients]) -> Result:
    case = Case("", build(text, x if isinstance(x, dict) else {"x": x}), FRAMEWORKS["torch"], "eager", "float64")
    return judge(case, run(case.network, "float64"), run)


@pytest.mark.parametrize(
    ("text", "x", "operation"),
    [
        ("L = sum(2 * leaky_relu(3 * x))", [0.0, 1.5], "leaky_relu"),
        ("L = sum(leaky_relu(x))", [0.0, -2.0], "leaky_relu"),
        ("L = sum(x * x + max(x))", [1.0, 1.0], "max"),
        ("L = 2 * max(x, axis=0)", [1.0, 1.0, 0.5], "max"),
        ("L = sum(maximum(x, 1))", [1.0, 2.0], None),  # 0 is the slope of the constant: no misfit
    ],
)
def test_an_operation_that_is_wrong_alone_is_named(text: str, x: object, operation: str | None) -> None:
    result = judged(text, x, sharing(operation or "maximum", NEITHER))
    assert result.verdict == ("artifact" if operation else "convention"), result.message
    assert [cause.operation for cause in result.causes] == ([operation] if operation else [])
    if operation:
        (finding,) = findings_of([result])
        assert (finding.key.operation, finding.key.direction, finding.key.verdict) == (
            operation,
            "backward",
            "artifact",
        )
        assert f"{operation} alone passes back to x 0.0 at its kink, where its sides give" in result.message
        assert finding.max_error == 1, "0 instead of a slope"


@pytest.mark.parametrize("choice", [EVEN, FIRST, LAST])
def test_a_share_between_sides_is_no_misfit(choice: str) -> None:
    result = judged("L = sum(leaky_relu(x))", [0.0, -2.0], sharing("leaky_relu", choice))
    assert (result.verdict in ("agrees", "convention"), result.causes) == (True, ())


def test_shares_that_only_together_are_wrong_name_no_operation() -> None:
    result = judged("L = relu(x) - relu(-x)", 0.0, sharing("relu", FIRST))
    assert (result.verdict, result.causes) == ("artifact", ())


def test_a_misfit_hides_no_artifact_of_others() -> None:
    """Both make one here, so that nothing is put down to the one that could be known."""
    text = "L = leaky_relu(x) + abs(x) - 2 * relu(x) + x"  # |x| - 2 relu(x) + x is 0
    assert judged(text, 0.0, sharing("leaky_relu", NEITHER)).causes == ()
    assert judged("L = leaky_relu(x) + relu(y)", {"x": 0.0, "y": 0.0}, sharing("leaky_relu", NEITHER)).causes


def test_a_misfit_is_not_hidden_by_another_mistake() -> None:
    """Both are told where another operation is wrong, so that a known finding of that one excuses no more."""
    result = judged("L = sum(leaky_relu(x)) + sum(square(x - 3))", [0.0, 1.5], sharing("leaky_relu", NEITHER, "square"))
    assert result.verdict == "disagrees"
    assert "leaky_relu" in [cause.operation for cause in result.causes]
