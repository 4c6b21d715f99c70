"""Networks of the corpus whose right gradients once raised an alarm, and why they do no more."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import member
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import agree, assess

Run = Callable[..., dict[str, Any]]

ALARMS = [
    ("torch", "float32", "equal weights", 3, 2, "agrees"),  # 2695 equal pre-activations next to a kink
    ("torch", "float64", "convolutions of equal numbers", 7, 8, "agrees"),  # products added to a large bias
    ("torch", "float32", "all numbers equal", 9, 1, "agrees"),  # elu at -58: no wider dtype holds exp(-58) beside 1
    ("tensorflow", "float64", "convolutions of equal numbers", 2, 3, "precision"),  # elu, sixteen times the same error
    ("tensorflow", "float32", "near-equal rows", 9, 6, "precision"),  # elu, whose neighbours err otherwise
]
"""The verdict is that without a declaration of what elu is; with it all agree."""

UNDECLARED = replace(FRAMEWORKS["tensorflow"], algorithms={})


@pytest.mark.parametrize(("framework", "dtype", "family", "graph", "numbers", "verdict"), ALARMS)
def test_they_raise_no_unreal_alarm(
    framework: str, dtype: str, family: str, graph: int, numbers: int, verdict: str, run: Run
) -> None:
    network = corpus.network(family, graph, numbers)
    f = FRAMEWORKS[framework]
    case = Case(network.title, network, f, f.default_mode, dtype)
    result = judge(case, run(case), lambda network, dtype: run(case, network, dtype))
    assert result.verdict == "agrees", result
    if verdict != "agrees":
        case = replace(case, framework=UNDECLARED)
        result = judge(case, run(case), lambda network, dtype: run(case, network, dtype))
        assert result.verdict == verdict, result
        assert "elu alone" in result.message


def test_draws_speak_for_what_a_lossy_operation_does_not_explain(run: Run) -> None:
    """Equal weights make one gradient err beyond the table, elu another."""
    network = member("equal weights", 0, 309)
    case = Case(network.title, network, UNDECLARED, "eager", "float64")
    result = judge(case, run(case), lambda network, dtype: run(case, network, dtype))
    assert result.verdict == "precision"
    assert "elu alone" in result.message


def sum_from(bias: float, product: float, terms: int) -> float:
    """Equal products added one after the other to a bias, in float64."""
    for _ in range(terms):
        bias += product
    return bias


def convolution(statement: str, a: float, k: float, bias: float) -> Network:
    """63 equal products and a bias, as the gradient dL/ds."""
    inputs: dict[str, Any] = {"x": np.full((1, 7, 3, 3), a), "w": np.full((1, 7, 3, 3), k), "s": np.ones((1, 1, 1, 1))}
    inputs["b"] = np.full((1,) if "b)" in statement else (1, 1, 1), bias)
    return build(f"y = {statement}\nL = sum(y * s)", inputs, parameters=["s"])


def test_a_bias_is_where_a_sum_may_begin() -> None:
    """As torch's convolutions do. Where the bias is added in the end, the same error would be a bug."""
    outcomes = set()
    for a in np.linspace(0.5, 1, 40):
        got = {"s": np.full((1, 1, 1, 1), sum_from(-256.0, a * 0.75, 63))}
        for first, statement in ((True, "conv2d(x, w, b)"), (False, "conv2d(x, w) + b")):
            network = convolution(statement, a, 0.75, -256.0)
            case = Case("bias", network, FRAMEWORKS["torch"], "eager", "float64")
            outcomes.add((first, agree(assess(case, got))))
    assert (True, False) not in outcomes
    assert (False, False) in outcomes
