"""The benchmark runs, and reports every row; what it measures is not asserted."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradproof.adapters.framework import Checker, Framework
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Workers
from gradproof.reports.analysis.benchmark import timing
from gradproof.reports.analysis.benchmark.benchmark import checkers_row, main, markdown
from gradproof.reports.analysis.benchmark.other_checkers import CHECKERS, Timing, checked, repetition


def test_every_row_is_measured_printed_and_written(tmp_path: Path) -> None:
    tiny = {"framework": "torch", "random": 1, "size": 100, "checker-size": 100, "repeats": 1, "output": tmp_path}
    options = [text for key, value in tiny.items() for text in (f"--{key}", str(value))]
    outcome = CliRunner().invoke(main, options, catch_exceptions=False)
    data = json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))
    assert [row["load"] for row in data["costs"]] == ["1 random networks", "chain of 99 parameters"]
    assert all(row["checked"] and row["bare"] and row["ratio"] > 0 for row in data["costs"])
    assert [row["checker"] for row in data["checkers"]] == [c.title for f, c in CHECKERS if f.key == "torch"]
    assert all(len(row["seconds"]["100"]) == 1 for row in data["checkers"])
    page = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert page == markdown(data)
    for row in [*data["costs"], *data["checkers"]]:
        name = row.get("load") or row["checker"]
        assert name in outcome.output
        assert name in page


@pytest.mark.parametrize("parameters", [100, 1000, 10_000, 100_000, 1_000_000])
def test_a_chain_has_about_as_many_parameters_as_asked_for(parameters: int) -> None:
    assert abs(timing.size(timing.chain(parameters)) / parameters - 1) < 0.03


def test_chains_differ_in_numbers_only() -> None:
    first, second = timing.chain(100, 0), timing.chain(100, 1)
    assert first.nodes == second.nodes
    assert (first.inputs["W1"] != second.inputs["W1"]).any()


@pytest.mark.parametrize(("framework", "checker"), CHECKERS, ids=lambda each: each.title)
def test_every_checker_passes_the_chain(framework: Framework, checker: Checker, workers: Workers) -> None:
    assert isinstance(checked(framework, checker, timing.chain(1), workers), float)


def test_a_checker_is_cut_off_and_a_complaint_is_told() -> None:
    sleeper = Checker("sleeper", "import time; time.sleep(100 * (W1.shape[1] > 10))")
    found = Timing(FRAMEWORKS["torch"], sleeper, {100: [], 1000: [], 10_000: []})
    for _ in range(2):
        repetition(found, 3.0)
    assert len(found.seconds[100]) == 2
    assert checkers_row(found.as_json(), 3.0)[2:] == ["cut off at 3 s", "cut off at 3 s"]
    found = Timing(FRAMEWORKS["torch"], Checker("wrong", "raise ValueError('no')"), {100: []})
    repetition(found, 60.0)
    assert checkers_row(found.as_json(), 60.0) == ["wrong", "failed: ValueError: no"]


def test_the_loads_are_all_frameworks_each_of_them_and_each_size() -> None:
    loads = [(load.name, load.frameworks) for load in timing.loads(2, 0, [100], list(FRAMEWORKS))]
    everything = tuple(FRAMEWORKS)
    assert loads == [
        ("2 random networks", everything),
        *(("2 random networks", (key,)) for key in FRAMEWORKS),
        ("chain of 99 parameters", everything),
    ]
