"""Comparisons of computed numbers: either side is right where rounding decides, and mistakes stay mistakes."""

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
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


def test_effects_on_what_may_not_err_have_room() -> None:
    assert np.isfinite(least_squares(np.array([[1e308], [1.0]]), np.array([1e308, 0.5]))).all()
