"""The operation that makes a framework raise or die is named, with where it does; none where each one runs alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.dispatch import result_of
from gradproof.reports.checking.explaining import failing as module
from gradproof.reports.checking.results.grouping import findings_of
from gradproof.reports.checking.results.keeping import result_data
from gradproof.reports.checking.results.keeping import result_of as kept
from gradproof.reports.checking.results.known import load_known, recogniser
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case, Gradients

NETWORK = build("h = tanh(x @ w)\nL = sum(erf(h) * h)", {"x": [[0.5, -0.25]], "w": [[1.0], [2.0]]}, parameters=["w"])

Outcome = Gradients | Failed


def refusing(operation: str, passing: bool = False, died: bool = False) -> Callable[[Network, str], Outcome]:
    """NumPy in the dtype, that fails on networks with an operation, if `passing` only where that passes back."""

    def run(network: Network, dtype: str) -> Outcome:
        used = any(node.operation == operation for node in network.nodes)
        if used and (not passing or network.parameters != ("c",)):
            return Failed("it died" if died else "it raised", raised=not died, died=died)
        return {name: np.asarray(g, dtype) for name, g in gradients(network, value(dtype), value=True).items()}

    return run


def judged(run: Callable[[Network, str], Outcome]) -> Result:
    case = Case("a network", NETWORK, FRAMEWORKS["torch"], "eager", "float32")
    return result_of(case, run(NETWORK, "float32"), run)


@pytest.mark.parametrize("died", [False, True])
@pytest.mark.parametrize(("passing", "direction"), [(False, "forward"), (True, "backward")])
def test_the_operation_that_fails_alone_is_named(passing: bool, direction: str, died: bool) -> None:
    result = judged(refusing("erf", passing, died))
    said = "it died" if died else "it raised"
    assert (result.verdict, result.message) == ("failed", f"{said}; erf alone fails as well: {said}")
    (cause,) = result.causes
    assert (cause.operation, cause.direction, cause.where) == ("erf", direction, "L = sum(erf(h) * h)")
    assert cause.network is not None
    assert [node.operation for node in cause.network.nodes if node.operands] == ["erf", "multiply", "sum"]


def test_none_is_named_where_each_runs_alone() -> None:
    def run(network: Network, dtype: str) -> Outcome:
        return Failed("it died", died=True) if network is NETWORK else refusing("none")(network, dtype)

    result = judged(run)
    assert (result.verdict, result.message, result.causes) == ("failed", "it died", ())


def test_none_is_named_where_nothing_runs() -> None:
    """What the first operation is alone in fails as well without it: of that nothing is known."""
    result = judged(lambda network, dtype: Failed("it died", died=True))
    assert (result.message, result.causes) == ("it died", ())


def test_what_gives_no_answer_is_not_asked_again() -> None:
    asked = []

    def run(network: Network, dtype: str) -> Outcome:
        asked.append(network)
        return Failed("no answer within 120 s")

    assert (judged(run).message, len(asked)) == ("no answer within 120 s", 1)


def test_no_more_operations_are_tried_than_a_search_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVALUATIONS", 2)  # of matmul, tanh, erf, multiply, sum
    assert judged(refusing("erf")).causes == ()


def test_a_failure_is_kept_and_can_be_known(tmp_path: Path) -> None:
    result = judged(refusing("erf"))
    again = kept(result_data(result))
    assert findings_of([again])[0].key == findings_of([result])[0].key
    file = tmp_path / "known.toml"
    file.write_text(
        'known = [{id = "erf-raises", framework = "torch", modes = ["eager"], dtypes = ["float32"], operation = "erf", '
        'direction = "forward", verdict = "failed", condition = "any operand", max_error = inf, source = "here"}]',
        encoding="utf-8",
    )
    (finding,) = findings_of([result], recogniser(load_known(file), {"torch": "2.13.0"}))
    assert finding.known == "erf-raises"
