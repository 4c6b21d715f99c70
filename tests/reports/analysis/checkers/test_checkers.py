"""The frameworks' checkers are given programs with a mistake in the gradient alone, and say so."""

import numpy as np
import pytest

from gradproof.adapters.framework import Checker, Differentiation, Framework
from gradproof.adapters.programs.script import rounded
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reports.analysis.benchmark.other_checkers import CHECKERS, DTYPE, program
from gradproof.reports.analysis.benchmark.timing import chain
from gradproof.reports.analysis.checkers import measure
from gradproof.reports.analysis.checkers.measure import CATALOGUE, Unit

OWN = [(framework, checker) for framework, checker in CHECKERS if checker.call]


@pytest.mark.parametrize(("framework", "checker"), OWN, ids=lambda each: each.title)
def test_a_planted_change_is_complained_of_and_none_is_not(
    framework: Framework, checker: Checker, workers: Workers
) -> None:
    network = chain(1)
    inputs = rounded(network, DTYPE)
    for size, passes in ((0.0, True), (1.0, False)):
        changes = [np.full_like(inputs[name], size) for name in network.parameters]
        text = program(framework, checker, network, planted=True)
        outcome = workers.submit(framework.key, text, [(*inputs.values(), *changes)], DTYPE).result()
        assert not isinstance(outcome, Failed), outcome
        seconds, passed = outcome[0]
        assert seconds > 0
        assert bool(passed) is passes


SPY = """LINES = {lines!r}


def spy(function, *parameters):
    namespace = {{**globals(), "loss": function}}
    exec(LINES, namespace)
    value, results = namespace["value_and_gradients"](*parameters)
    return [value, *results]"""


@pytest.mark.parametrize("key", FRAMEWORKS)
def test_what_is_planted_is_the_gradient_of_a_value_of_zero(key: str, workers: Workers) -> None:
    """A checker that hands over what it checks, and its gradient: with a change, only the gradient is another."""
    network, framework = chain(1), FRAMEWORKS[key]
    inputs = rounded(network, DTYPE)
    d = Differentiation(network.parameters, network.parameters[:1], frozenset())
    lines = framework.modes[framework.default_mode].gradients(d)
    spy = Checker("spy", "return spy(function, {parameters})", SPY.format(lines=lines))
    text = program(framework, spy, network, planted=True)
    found = []
    for size in (0.0, 0.125):
        changes = [np.full_like(inputs[name], size) for name in network.parameters]
        outcome = workers.submit(key, text, [(*inputs.values(), *changes)], DTYPE).result()
        assert not isinstance(outcome, Failed), outcome
        found.append(outcome[0])
    (value, right), (same, wrong) = found
    assert value == same
    assert (wrong == right + 0.125).all()


def test_a_unit_has_each_checker_at_each_scale() -> None:
    unit = Unit("torch", "one unit", next(measure.smallest("one unit")))
    data = measure.measured({unit: measure.perform(unit)})
    assert {row["checker"] for row in data["results"]} == {c.title for f, c in CHECKERS if f.key == "torch"}
    for row in data["results"]:
        assert row["right"][0] == 1
        assert row["right_seconds"] > 0
        assert row["timed"] == sum(n for n, _, _ in row["mutants"].values()) or "gradproof" in row["checker"]
        if row["checker"].startswith("gradproof"):
            assert row["right"] == [1, 0]
            assert all(above <= caught <= n for n, above, caught in row["mutants"].values())
    assert CATALOGUE in data["results"][0]["mutants"]


def test_a_network_whose_gradients_are_all_zero_has_no_mutants() -> None:
    found = measure.perform(Unit("torch", "integers", next(measure.smallest("integers"))))
    assert all(figures["mutants"] == {} for row in found.values() for figures in row.values())


def test_units_are_networks_with_few_parameters() -> None:
    units = measure.units(["torch"])
    assert len({unit.family for unit in units}) > 20


def test_a_checker_that_flags_the_right_gradient_catches_nothing() -> None:
    figures = measure.outcome([(1.0, False), (2.0, False)], ["0.1"], [True])
    assert figures["right"] == [1, 1]
    assert figures["mutants"] == {"0.1": [1, 1, 0]}
    assert figures["wrong_seconds"] == 2.0
