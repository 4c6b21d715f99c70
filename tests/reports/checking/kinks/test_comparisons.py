"""Comparisons of computed numbers: either side is right where rounding decides, and mistakes stay mistakes."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.kinks.searching import least_squares
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import compare

SIGNS = (">", ">=", "<", "<=", "==", "!=")


def tied(sign: str) -> Network:
    """0.1 x + 0.2 x compared with 0.3 x: rounding decides."""
    text = f"s = 0.1 * x + 0.2 * x\nL = sum(where(s {sign} 0.3 * x, x * w, 3 * w)) + sum(w * sign(s - 0.3 * x))"
    x = np.arange(1, 9) / 7
    return build(text, {"x": x, "w": 1 + x * x}, parameters=["x", "w"])


def in_numpy(network: Network, dtype: str) -> Gradients:
    return {name: np.asarray(g) for name, g in gradients(network, value(dtype)).items()}


@pytest.mark.parametrize("sign", SIGNS)
def test_rounding_may_decide_a_comparison(sign: str) -> None:
    case = Case("", tied(sign), FRAMEWORKS["torch"], "eager", "float32")
    got = in_numpy(case.network, "float32")
    assert not all(each.agrees for each in compare(got, case.table()).values()), "no side is another"
    assert judge(case, got, in_numpy).verdict == "agrees"
    wrong = {**got, "w": got["w"] * np.float32(1 + 2.0**-10)}
    assert judge(case, wrong, in_numpy).verdict != "agrees"


def test_what_has_an_answer_at_a_tie_is_no_convention() -> None:
    """Beside a relu at 0, which takes half of the slope, a comparison and an order of equal numbers choose nothing."""
    text = "L = relu(x) + where(x >= 0, 3 * x, x) + sum(sort(stack(x, x)))"
    case = Case("", build(text, {"x": 0.0}), FRAMEWORKS["torch"], "eager", "float64")

    def halved(network: Network, dtype: str) -> Gradients:
        nodes = (replace(n, attributes={**n.attributes, AT_KINK: EVEN}) if n.operation == "relu" else n
                 for n in network.nodes)  # fmt: skip
        return in_numpy(replace(network, nodes=tuple(nodes)), dtype)

    result = judge(case, halved(case.network, "float64"), halved)
    assert result.verdict == "convention"
    assert result.message == "exactly at a kink: PyTorch's relu takes slope 0.5 there"


def test_effects_on_what_may_not_err_have_room() -> None:
    assert np.isfinite(least_squares(np.array([[1e308], [1.0]]), np.array([1e308, 0.5]))).all()
