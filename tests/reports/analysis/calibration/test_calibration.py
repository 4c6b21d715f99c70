"""The figures of z: what a framework that errs by known amounts would show."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.calibration import measure
from gradproof.reports.analysis.calibration.measure import RELATIVE, Unit, measured, perform, total
from gradproof.reports.analysis.calibration.render import rms, section
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import quantile
from gradproof.reports.analysis.paper.sections import files
from gradproof.reports.checking.tolerance.case import Case

UNIT = Unit("torch", "ordinary", 0, 2)


class Erring:
    """A framework whose gradients are off by `sigmas` of their own tolerance, or that raises."""

    sigmas = 0.0
    raises = ""

    def __init__(self, key: str) -> None:
        self.framework = FRAMEWORKS[key]

    def case(self, network: Network, dtype: str, name: str) -> Case:
        return Case(name, network, self.framework, self.framework.default_mode, dtype)

    def gradients(self, network: Network, dtype: str) -> dict[str, Any]:
        if self.raises:
            raise GradproofError(self.raises)
        table = self.case(network, dtype, "").table()
        return {n: (x.value + self.sigmas * np.sqrt(x.variance)).astype(dtype) for n, x in table.items()}


def figures(monkeypatch: pytest.MonkeyPatch, dtype: str = "float32", **how: Any) -> dict[str, Any]:
    monkeypatch.setattr(measure, "Here", type("Erring", (Erring,), how))
    found: dict[str, Any] = perform(UNIT)[dtype]
    return found


@pytest.mark.parametrize("sigmas", [1.0, 5.0])
def test_errors_of_so_many_sigma_are_seen(monkeypatch: pytest.MonkeyPatch, sigmas: float) -> None:
    found = figures(monkeypatch, sigmas=sigmas)
    assert found["verdicts"] == {"agrees": 2}
    middle, near = quantile(found["z"], 0.5, found["zeros"]), rms(found)
    assert middle is not None
    assert near is not None
    for value in (middle, near, found["largest"][0]):  # sigma is not much more than the rounding to the dtype
        assert sigmas - 1 < value < sigmas + 1.5
    assert found["draws"] == {"0": 2}
    assert found["agreeing"] == found["entries"]


def test_what_does_not_agree_is_told_and_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    found = figures(monkeypatch, sigmas=1e4)
    assert not {"agrees", "convention"} & set(found["verdicts"])
    assert found["agreeing"] == 0
    assert [row[0] for row in found["told"]] == ["ordinary 0.0", "ordinary 0.1"]


def test_a_framework_that_raises_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = figures(monkeypatch, raises="no such operation")
    assert found["verdicts"] == {"failed": 2}
    assert found["told"][0] == ["ordinary 0.0", "failed", "no such operation"]


def test_fixed_tolerances_hold_exactly_as_far_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = figures(monkeypatch, sigmas=3.0)
    erring = Erring("torch")
    erring.sigmas = 3.0
    for relative, absolute in zip(RELATIVE, found["absolute"], strict=True):
        within, reached = True, False
        for number in range(UNIT.sets):
            network = corpus.network(UNIT.family, UNIT.graph, number)
            truth = erring.case(network, "float32", "").table()
            for name, got in erring.gradients(network, "float32").items():
                expected = truth[name].value
                needed = np.abs(got.astype(expected.dtype) - expected) - relative * np.abs(expected)
                within &= bool(np.all(needed <= absolute))
                reached |= bool(np.any(needed == absolute))
        assert within
        assert reached or absolute == 0


def test_figures_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = figures(monkeypatch, sigmas=1.0), figures(monkeypatch, "float64", sigmas=2.0)
    both = total([one, other])
    assert both["entries"] == one["entries"] + other["entries"]
    assert both["verdicts"] == {"agrees": 4}
    assert both["largest"] == max(one["largest"], other["largest"])
    assert both["absolute"] == [max(pair) for pair in zip(one["absolute"], other["absolute"], strict=True)]
    assert set(both) == set(measure.NOTHING)


def test_it_is_rendered_and_what_is_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "Here", type("Erring", (Erring,), {"sigmas": 0.1}))
    data = json.loads(json.dumps(measured({UNIT: perform(UNIT)})))
    shown = files([section(data, {})])
    assert shown == files([section(data, {})])
    assert "below" in shown["families.csv"]
    assert shown["z.svg"].startswith("<?xml")


def test_the_corpus_is_a_function_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [family.name for family in FAMILIES]:
        first, again, other = (corpus.network(name, 1, k) for k in (0, 0, 1))
        assert all((first.inputs[n] == again.inputs[n]).all() for n in first.inputs)
        assert {n: x.shape for n, x in first.inputs.items()} == {n: x.shape for n, x in other.inputs.items()}
        assert any((first.inputs[n] != other.inputs[n]).any() for n in first.inputs)
    monkeypatch.setattr(corpus, "FAMILIES", tuple(replace(f) for f in reversed(FAMILIES)))
    again = corpus.network("ordinary", 1, 0)
    monkeypatch.undo()
    assert (again.inputs["x"] == corpus.network("ordinary", 1, 0).inputs["x"]).all()
