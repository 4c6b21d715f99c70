from typing import Any

import numpy as np
import pytest

from gradproof.adapters.running.spread import State, complete, processes
from gradproof.reports.analysis.growth import measure
from gradproof.reports.analysis.growth.measure import DEPTHS, WIDTHS, Unit, chain, shapes
from gradproof.reports.analysis.growth.render import power_law, section
from gradproof.reports.analysis.paper.sections import Figure, Table


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    work = [Unit("torch", "tanh", depth, width, 1) for depth, width in ((1, 64), (8, 64), (3, 8), (3, 64))]
    state = State(tmp_path_factory.mktemp("state") / "growth.jsonl", Unit)
    list(complete(work, measure.perform, state, processes(1)))
    return measure.measured({unit: state.done[unit] for unit in work})


def test_errors_grow_as_predicted(measured: dict[str, Any]) -> None:
    for row in measured["results"]:
        assert row["verdict"] == "agrees"
        assert row["draws"] == 0
        assert 0 < row["error"] < 2 * row["predicted"]
        assert row["largest z"] < 7
    shallow, deep = (
        [r["predicted"] for r in measured["results"] if (r["depth"], r["width"]) == size] for size in ((1, 64), (8, 64))
    )
    assert all(b > a for a, b in zip(shallow, deep, strict=True))


def test_chains_are_of_numbers_of_float32_and_repeat() -> None:
    network = chain("relu", 2, 8, 0)
    assert [network.inputs[name].shape for name in ("x", "W1", "W3", "b3")] == [(16, 8), (8, 8), (8, 8), (8,)]
    for name, array in network.inputs.items():
        np.testing.assert_array_equal(array, array.astype(np.float32))
        np.testing.assert_array_equal(array, chain("relu", 2, 8, 0).inputs[name])
    assert not np.array_equal(chain("relu", 2, 8, 1).inputs["W1"], network.inputs["W1"])


def test_every_depth_and_width_is_measured_once() -> None:
    assert len(shapes()) == len(set(shapes())) == len(DEPTHS) + len(WIDTHS)
    assert max(width for _, width in shapes(128)) == 128


def test_the_slope_of_a_power_is_its_exponent() -> None:
    found = power_law([(2**i, 3.0 * 2 ** (i / 2)) for i in range(5)])
    assert found is not None
    assert round(found, 12) == 0.5
    assert power_law([(1, 1.0)]) is None


def test_what_is_measured_is_shown(measured: dict[str, Any]) -> None:
    parts = section(measured, {}).parts
    assert [part.name for part in parts if isinstance(part, Figure)] == ["growth-depth", "growth-width"]
    tables = {part.name: part for part in parts if isinstance(part, Table)}
    assert len(tables["growth"].rows) == 8
    assert {row[3] for row in tables["growth-powers"].rows} == {"depth", "width"}
