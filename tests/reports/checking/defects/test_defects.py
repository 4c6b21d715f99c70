"""Planted defects of frameworks are caught: a few of every kind here, all of them by `nox -s defects`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.operations import OPERATIONS
from tests.reports.checking.defects import measuring
from tests.reports.checking.defects.catalogue import CATALOGUE, DEFECTS, OWN, own_network
from tests.reports.checking.defects.measuring import Bench, Outcome, candidates

FEW = (
    "torch-gelu-negated-in-float32-only",
    "torch-sigmoid-a-former-call's-value",
    "torch-tanh-0.999-of-it",
    "torch-tanh-scaled-in-func-only",
    "torch-linear-a-row-of-float32-weights-detached",
    "torch-scaled_dot_product_attention-1.1-times-the-keys'",
    "tensorflow-softplus-1e-3-too-large-in-float64",
    "tensorflow-relu-negated",
    "tensorflow-gelu-1-%-too-large-in-float64",
    "jax-sigmoid-wrong-when-compiled",
    "jax-erf-wrong-beyond-1/2",
)
"""A value and a gradient in one dtype only, a stale one, another function, one row, large inputs, compiled."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as bench:
        yield bench


@pytest.mark.parametrize("name", FEW)
def test_a_defect_is_caught(bench: Bench, name: str) -> None:
    found = bench.outcome(name, each=1)
    assert found.caught, found.escaped or [result["verdict"] for result in found.report["results"]]


def test_a_defect_that_changes_nothing_is_not_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a mode in which it is not."""
    name = "torch-tanh-scaled-in-func-only"
    monkeypatch.setitem(CATALOGUE, name, replace(CATALOGUE[name], mode="eager"))
    found = bench.outcome(name, each=1)
    assert {result["verdict"] for result in found.report["results"]} == {"agrees"}
    assert (found.caught, found.named, found.escaped) == (False, False, [])


def test_a_verdict_that_calls_a_defect_right_is_an_escape(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "HARMLESS", {"agrees", "disagrees"})
    escaped = bench.outcome("torch-tanh-0.999-of-it", each=1).escaped
    assert escaped
    assert "disagrees: " in escaped[0]


def test_one_finding_that_is_right_names_a_defect_and_nothing_else_does() -> None:
    defect = CATALOGUE["torch-gelu-negated-in-float32-only"]
    right = {"operation": "gelu", "direction": "backward", "known": None}
    wrong, known = {**right, "direction": "forward"}, {**right, "known": "it"}

    def named(*findings: dict[str, str | None]) -> bool:
        return Outcome(defect, {"results": [], "findings": findings}, {}).named

    assert named(right)
    assert named(right, known)
    assert not any([named(), named(known), named(wrong), named(right, right), named(right, wrong)])


def test_the_catalogue_is_of_every_framework_and_of_what_there_is() -> None:
    assert len(CATALOGUE) == len(DEFECTS), "two have one name"
    assert min(Counter(defect.framework for defect in DEFECTS)[key] for key in FRAMEWORKS) >= 12
    assert {defect.operation for defect in DEFECTS} | set(OWN) <= set(OPERATIONS)
    for name, defect in CATALOGUE.items():
        assert [defect.value, defect.gradient, defect.another].count(None) == 2, name
        assert any(candidates(defect)), f"no network shows {name}"


@pytest.mark.parametrize("operation", OWN)
def test_a_small_network_is_of_its_operation(operation: str) -> None:
    assert operation in {node.operation for node in own_network(operation).nodes}
