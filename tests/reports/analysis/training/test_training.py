from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.spread import State, complete, processes
from gradproof.adapters.running.workers import Workers
from gradproof.reference.admitted import FIRST_DRAWS
from gradproof.reference.language.build import build
from gradproof.reports.analysis.corpus import trajectories
from gradproof.reports.analysis.corpus.trajectories import ALL, PREDICTIONS, Followed, Tabled, confirmed, predictions
from gradproof.reports.analysis.paper.sections import Figure
from gradproof.reports.analysis.paper.sections import Table as Shown
from gradproof.reports.analysis.training import measure
from gradproof.reports.analysis.training.measure import RUNS, Unit, loop
from gradproof.reports.analysis.training.render import section
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import threshold

EPOCHS = 16


def case(network: Any, dtype: str = "float32") -> Case:
    return Case("network", network, FRAMEWORKS["torch"], "eager", dtype)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    work = [Unit("torch", "worked example", dtype, EPOCHS) for dtype in ("float32", "float64")]
    state = State(tmp_path_factory.mktemp("state") / "training.jsonl", Unit)
    list(complete(work, measure.perform, state, processes(2)))
    return measure.measured({unit: state.done[unit] for unit in work})


def test_a_framework_drifts_no_further_than_the_draws_allow(measured: dict[str, Any]) -> None:
    limit = threshold(8)
    for row in measured["results"]:
        assert row["draws"]["z"] <= limit, row
        assert row["draws"]["least"] <= row["draws"]["sigma"] <= row["draws"]["most"]


def test_the_truth_is_confirmed_to_far_less_than_a_rounding(measured: dict[str, Any]) -> None:
    assert [row["epochs"] for row in measured["truth"]] == [EPOCHS, EPOCHS]
    assert all(0 < row["off"] < 0.1 for row in measured["truth"])


@pytest.mark.parametrize("factor", [1, 1 + 1e-5])
def test_a_wrong_rate_drifts_away(factor: float, workers: Workers) -> None:
    network = RUNS["worked example"].network
    (truth, squares) = predictions(case(network), [EPOCHS], EPOCHS)[EPOCHS]
    text = loop(network, FRAMEWORKS["torch"], "eager", "float64", [EPOCHS])
    assert "0.5 * found" in text
    inputs = [network.inputs[name].astype("float32") for name in network.inputs]
    (found,) = workers.submit(
        "torch", text.replace("0.5 * found", f"{0.5 * factor!r} * found"), [inputs], "float32"
    ).result()  # type: ignore[misc]
    z = max(
        float(np.max(np.abs(got - truth[name]) / np.sqrt(sum(squares["draws"][name]) / FIRST_DRAWS)))
        for name, got in zip(network.updated, found, strict=False)
    )
    assert (z > threshold(8)) == (factor != 1)


def test_the_loop_updates_all_parameters_at_once_in_the_framework_s_arithmetic(workers: Workers) -> None:
    network = build("L = w**2 * v", {"w": 1.1, "v": 0.3}, parameters=["w", "v"], learning_rate=0.1)
    for key, framework in FRAMEWORKS.items():
        text = loop(network, framework, framework.default_mode, "float32", [1, 2])
        inputs = [network.inputs[name].astype("float32") for name in ("w", "v")]
        (found,) = workers.submit(key, text, [inputs], "float32").result()  # type: ignore[misc]
        w, v = inputs
        rate, two = np.float32(0.1), np.float32(2)
        for i in range(2):
            w, v = w - rate * (v * (two * w)), v - rate * (w * w)
            np.testing.assert_array_equal(np.array(found[3 * i : 3 * i + 2]), np.array([w, v]))


def descended(statement: str) -> tuple[float, float, float]:
    """After 40 steps, in each of which w becomes -w / 2: w, and its error by the table and as it is followed."""
    inputs = {"w": np.array([1.1]), "one": np.eye(1)}
    network = build(statement, inputs, parameters=["w"], learning_rate=0.5)
    table, followed = Tabled(case(network)), Followed(case(network), FIRST_DRAWS)
    for _ in range(40):
        table.advance()
        followed.advance()
    (size,) = np.ravel(np.abs(table.states[0]["w"].value))
    by_table, drawn = (np.sqrt(np.mean(found.squares()["w"])) for found in (table, followed))
    return float(size), float(by_table), float(drawn)


def test_descent_contracts_what_is_followed_and_not_the_table() -> None:
    size, by_table, followed = descended("L = 1.5 * sum(square(w @ one))")
    assert by_table > 1e6 * followed
    assert by_table > size  # although the sign alone of w is certain to the last


def test_the_table_contracts_where_it_sees_that_a_gradient_errs_as_its_parameter_does() -> None:
    size, by_table, followed = descended("L = 1.5 * sum(square(w))")
    assert followed / 2 < by_table < 2 * followed
    assert by_table < size / 2**20


def test_a_truth_that_is_off_is_told() -> None:
    network = RUNS["worked example"].network
    predicted = predictions(case(network), [1, 2], 0)
    assert set(predicted[2][1]) == set(PREDICTIONS) - {"draws"}
    assert confirmed(case(network), [1, 2], predicted)["off"] < 1e-6
    predicted[2][0]["W"][...] *= 1 + 2.0**-24
    assert 0.9 < confirmed(case(network), [1, 2], predicted)["off"] < 1.1


def test_balls_take_the_bits_that_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories, "BITS", 53)
    network = RUNS["worked example"].network
    assert confirmed(case(network), [64], predictions(case(network), [64], 0))["bits"] > 53


def test_what_is_measured_is_shown(measured: dict[str, Any]) -> None:
    parts = section(measured, {}).parts
    figures = [part for part in parts if isinstance(part, Figure)]
    assert [figure.name for figure in figures] == ["training-worked-example", "training-ratios"]
    assert all(kind in figures[0].svg for kind in PREDICTIONS)
    tables = {part.name: part for part in parts if isinstance(part, Shown)}
    assert len(tables["training-all"].rows) == len(measured["results"])
    assert len(tables["training"].rows) == 2
    assert section(measured, {}).markdown == section(measured, {}).markdown
    assert any(row[4] == ALL for row in tables["training-all"].rows)


def test_units_end_where_they_are_told(tmp_path: Path) -> None:
    assert {unit.epochs for unit in measure.units(["torch"], 32)} == {32}
    assert len(measure.units(["torch", "jax"])) == 2 * 2 * len(RUNS)
