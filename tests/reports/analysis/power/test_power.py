"""The power measurement: what it counts is right, a judge that sleeps is found out, and it says so."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.random_networks import FAMILIES
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients
from gradproof.reports.analysis.calibration.advised import Pair
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.mutants import all_entries, mistaken, mutated, scaled
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.analysis.power import measure
from gradproof.reports.analysis.power.measure import COLUMNS, JUDGES, SCALES, Unit, mistake_counts, scaled_loss, walls
from gradproof.reports.checking.explaining.explaining import with_sides
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.tolerance import agree, assess

SIGMA, LIMIT = 1.0, 9.0


def wall(*sigmas: float) -> list[Comparison]:
    """An assessment of two entries of 64, in stages with these tolerances."""
    right = np.full(2, 64.0)
    return [Comparison(right, right.astype(np.longdouble), np.full(2, sigma), LIMIT) for sigma in sigmas]


def row(change: float, *found: list[Comparison]) -> dict[str, int]:
    """What is counted of one mutant that changes the second entry by so much."""
    judges = {"fixed": measure.with_fixed(found[0][0], Pair(0.5, 0.125))}
    counts, _ = mistake_counts([("slip", "in L", np.array([0, change], np.longdouble))], found, judges)
    return dict(zip((*COLUMNS[:6], "fixed"), counts["slip"], strict=True))


def test_a_mutant_is_caught_where_every_stage_flags_it() -> None:
    assert row(20, wall(1, 1.5, 1)) == dict.fromkeys(
        ("mutants", "above the table", "derived", "fixed"), 1
    ) | dict.fromkeys(("equal", "above", "escaped"), 0)
    assert row(13, wall(1, 1.5, 1))["derived"] == 0  # the draws of the second stage explain it
    assert row(10, wall(1))["derived"] == 1
    assert row(10, wall(1), wall(2))["derived"] == 0  # another choice of sides explains it


def test_a_fixed_tolerance_adds_its_parts() -> None:
    assert [row(change, wall(100))["fixed"] for change in (8.5, 8.625)] == [0, 1]


def test_a_tolerance_that_flags_the_right_gradient_catches_nothing() -> None:
    right = wall(1)
    judges = {"tight": replace(right[0], got=right[0].got + np.array([0.5, 0]), sigma=np.full(2, 1e-3))}
    counts, _ = mistake_counts([("slip", "in L", np.array([0, 20], np.longdouble))], [right], judges)
    assert counts["slip"][-2:] == [1, 0]


def test_a_mutant_without_effect_is_counted_as_that_only() -> None:
    found = row(0, wall(1))
    assert found.pop("equal") == 1
    assert not any(found.values())


def test_an_escape_is_counted_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "caught", lambda judge, wrong: np.zeros(len(wrong.got), bool))
    change = np.array([0, 15], np.longdouble)
    counts, told = mistake_counts([("slip", "in L", change)], [wall(1)], {})
    assert dict(zip(COLUMNS, counts["slip"], strict=False)) == {
        "mutants": 1,
        "equal": 0,
        "above the table": 1,
        "above": 1,
        "escaped": 1,
        "derived": 0,
    }
    assert told == [["slip", "in L"]]


def test_kinds_that_come_back_are_added_up_and_batches_lose_none() -> None:
    mutants = [(kind, "", np.array([0, 20], np.longdouble)) for kind in ["a"] * 100 + ["b"] + ["a"]]
    counts, _ = mistake_counts(mutants, [wall(1)], {})
    assert counts["a"][0] == counts["a"][-1] == 101
    assert counts["b"][0] == 1


def network() -> Any:
    inputs = {"x": [[0.5, -0.25]], "W": [[0.5], [0.75]], "b": [0.125], "t": [[1.0]]}
    return build("a = tanh(x @ W + b)\nL = sum((a - t)**2)", inputs, parameters=["W", "b"], title="one")


@pytest.mark.parametrize("factor", SCALES)
def test_a_multiplied_loss_has_multiplied_gradients(factor: float) -> None:
    right, found = (
        all_entries(gradients(net, truth("float32"))) for net in (network(), scaled_loss(network(), factor))
    )
    expected = right * np.longdouble(np.float32(factor))
    assert (found.astype(float) == expected.astype(float)).all()


def test_the_walls_are_what_an_assessment_climbs() -> None:
    """A mutant is flagged by all stages exactly where `assess` flags it."""
    here = Here("torch")
    for dtype in ("float32", "float64"):
        case = here.case(network(), dtype)
        got = here.gradients(network(), dtype)
        found = walls(case, case, got, here.gradients)
        assert len(found) == 1
        assert len(found[0]) == 4
        seen = set()
        changes = [change for _, _, change in [*mistaken(network(), dtype), *scaled(got)]]
        changes += [all_entries(got) * np.longdouble(2.0) ** -k for k in range(15, 60)]
        for change in changes:
            wrong = mutated(found[0][0], change[None])
            parts = {"W": wrong.got[0, :2].reshape(2, 1), "b": wrong.got[0, 2:]}
            agrees = agree(assess(case, parts))
            assert measure.derived(found, wrong).tolist() == [not agrees]
            seen.add(agrees)
        assert seen == {True, False}


def test_mutants_that_other_sides_explain_have_escaped() -> None:
    """A pre-activation next to 0: with its unit on the other side, another gradient is right as well."""
    inputs = {"x": [[1.0, 1e-8]], "W": [[-0.5, 0.5], [1.0, 1.0]], "b": [0.5, 0.25], "t": [[1.0, 1.0]]}
    net = build("a = relu(x @ W + b)\nL = sum((a - t)**2)", inputs, parameters=["W", "b"])
    here = Here("torch")
    case, got = here.case(net, "float32"), here.gradients(net, "float32")
    sided, comparisons, _ = with_sides(case, got, here.gradients)
    assert agree(comparisons)
    found = walls(case, sided, got, here.gradients)
    assert len(found) > 1
    other = max((one[0] for one in found), key=lambda stage: float(np.abs(stage.expected - stage.got).max()))
    wrong = mutated(found[0][0], (other.expected - other.got)[None])
    assert measure.derived(found[:1], wrong).all()
    assert not measure.derived(found, wrong).any()


def test_a_unit_counts_mutants_of_every_kind_at_every_scale() -> None:
    unit = Unit("torch", "one unit", 1, "float64", 1e-12, 1e-9)
    done = measure.perform(unit)
    assert list(done) == ["1", "0.001", "1000"]
    assert done == measure.perform(unit)
    data = measure.measured({unit: done, unit._replace(graph=3): done})
    assert [r["scale"] for r in data["results"]] == sorted(done)
    for result in data["results"]:
        assert result["verdicts"] == {"agrees": 2}
        assert set(result["alarms"]) == set(JUDGES)
        assert result["advised"] == [1e-12, 1e-9]
        for name, row in [*result["mistakes"].items(), *result["errors"].items()]:
            counts = dict(zip(COLUMNS, row, strict=True))
            assert counts["escaped"] == 0, name
            assert counts["above"] <= counts["derived"] <= counts["mutants"]
        assert result["errors"]["0.1"][COLUMNS.index("derived")] == result["errors"]["0.1"][0] > 0


def test_a_sleeping_judge_catches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "walls", lambda *given: [[replace(w, limit=np.inf) for w in real(*given)[0]]])
    figures = measure.perform(Unit("torch", "one unit", 1, "float64", 1e-12, 1e-9))["1"]
    assert sum(row[COLUMNS.index("derived")] for row in figures["mistakes"].values()) == 0
    assert sum(row[COLUMNS.index("advised")] for row in figures["mistakes"].values()) > 0


real = walls


def calibration(share: int = 1) -> dict[str, Any]:
    """Figures of every group, all of them alike."""
    rows = [
        {"family": f.name, "framework": "torch", "dtype": dtype, "absolute": [1e-7, 2e-9], "sizes": SIZES}
        for f in FAMILIES
        for dtype in ("float32", "float64")
    ]
    return {"relative": [0.0, 1e-6], "results": rows[: len(rows) * share]}


SIZES = {"first": -10, "counts": [1, 5, 1]}


def test_units_are_small_networks_of_every_family_with_their_advice() -> None:
    units = measure.units(["torch"], calibration(), networks=2)
    assert len(units) == len(set(units)) == len(FAMILIES) * 2 * 2
    assert {unit.family for unit in units} == {family.name for family in FAMILIES}
    assert {unit[-2:] for unit in units} == {(2e-9, 1e-6)}
    sizes = [sum(int(np.prod(s.shape)) for s in corpus.graph("ordinary", i).slots.values()) for i in range(40)]
    assert all(sizes[unit.graph] <= np.median(sizes) for unit in units if unit.family == "ordinary")


def test_a_family_without_calibration_is_said() -> None:
    with pytest.raises(GradproofError, match="the calibration has no ordinary, torch, float32; measure it first"):
        measure.units(["torch"], calibration(0))
