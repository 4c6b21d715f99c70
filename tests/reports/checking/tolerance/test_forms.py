"""The differences that tie: along any direction the candidate that wins there is the one that they lead to."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.kinks.contests import alone_at_tie
from gradproof.reports.checking.tolerance.directions import Point, flat, tied_forms
from gradproof.reports.checking.tolerance.kinked import is_kinked, kink_of, winners
from tests.reference.operations.scenarios import SCENARIOS, Tried

KINKED = [scenario for scenario in SCENARIOS if OPERATIONS[scenario.operation].kink is not None]


def misled(scenario: Tried, draws: int = 4) -> int:
    """In how many random directions from ties of all candidates a difference leads to one that does not win there."""
    network = scenario.network()
    (node,) = (i for i, each in enumerate(network.nodes) if each.operation == scenario.operation)
    if not is_kinked(network, node) or kink_of(network, node).is_computed:  # where these differ, is not known
        return 0
    network = alone_at_tie(network, node)
    point = Point(network, "float64", network.parameters)
    node, draw, found = network.index("y"), np.random.default_rng(0), 0
    tied = winners(network, point.read, [node], point.dtype)
    for _ in range(draws):
        direction = point.random(draw)
        won = winners(network, point.scouted(direction), [node], point.dtype)
        forms = tied_forms(network, tied, won)
        assert forms
        found += any(form.slope(point, point.read) @ flat(direction) <= 0 for form in forms)
    return found


@pytest.mark.parametrize("scenario", KINKED, ids=str)
def test_differences_lead_to_what_wins(scenario: Tried) -> None:
    assert misled(scenario) == 0


@pytest.mark.parametrize("name", ["min", "minimum", "clip", "relu6", "hardswish", "softshrink"])
def test_a_sign_that_is_forgotten_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = OPERATIONS[name]
    assert operation.kink is not None
    compared = operation.kink.candidates
    blind = replace(operation.kink, signs=1)
    object.__setattr__(blind, "candidates", compared)
    monkeypatch.setitem(OPERATIONS, name, replace(operation, kink=blind))
    scenario = next(scenario for scenario in KINKED if scenario.operation == name)
    assert misled(scenario) > 0
