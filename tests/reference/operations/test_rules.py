"""Every derivative rule, confirmed without derivatives, and a second time by forward mode."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import middle
from gradproof.reference.readings.balls import Balls, balls, precision
from gradproof.reference.readings.dual import directional
from gradproof.reference.sweep import between, gradients, values
from tests.reference.operations.derivative_free import unconfirmed
from tests.reference.operations.scenarios import SCENARIOS, Tried


def test_every_operation_has_a_scenario() -> None:
    assert {scenario.operation for scenario in SCENARIOS} == set(OPERATIONS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_rule_is_the_limit_of_difference_quotients(scenario: Tried) -> None:
    assert unconfirmed(scenario.network()) == []


OTHERS = [
    (scenario, name) for scenario in SCENARIOS for name in OPERATIONS[scenario.operation].algorithms
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "name"), OTHERS, ids=str)
def test_another_algorithm_is_the_same_function_with_rules_of_its_own(scenario: Tried, name: str) -> None:
    network = scenario.network()
    nodes = (replace(n, algorithm=name) if n.operation == scenario.operation else n for n in network.nodes)
    other = replace(network, nodes=tuple(nodes))
    assert unconfirmed(other) == []
    with precision(400):
        both = zip(values(network, balls("float64")), values(other, balls("float64")), strict=True)
        for one, two in ((a, b) for a, b in both if not is_discrete(a)):
            assert all((a - b).contains(0) for a, b in zip(one.value.flat, two.value.flat, strict=True))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_forward_mode_gives_the_same_derivative(scenario: Tried) -> None:
    network = scenario.network()
    draw = np.random.default_rng(1)
    direction = {name: draw.uniform(-1, 1, network.inputs[name].shape) for name in network.parameters}
    with precision(400):
        reading = balls("float64")
        found = gradients(network, reading)
        along = sum((np.sum(g * Balls.exact(direction[name])) for name, g in found.items()), Balls.exact(0))
        difference = (along - directional(network, reading, direction)).value[()]
        assert difference.contains(0), f"reverse and forward mode differ by {difference.str(12)}"
        assert float(difference.rad()) < 2.0**-300, "the balls are too wide to tell"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_a_rule_off_by_one_part_in_a_million_is_caught(scenario: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test: any one rule, wrong by a factor 1 + 2^-20, fails the difference quotient.

    One that gives 0 is wrong by 2^-20.
    """
    operation = OPERATIONS[scenario.operation]
    network = scenario.network()
    live = between(network, network.index(network.loss), {network.index(name) for name in network.parameters})
    for operand in (k for k in range(len(operation.rules)) if k not in operation.discrete):

        def wrong(*arguments: Any, rule: Any = operation.rules[operand], **attributes: Any) -> Any:
            right = rule(*arguments, **attributes)
            return right * (1 + 2.0**-20) if np.any(middle(right) != 0) else right + 2.0**-20

        rules = list(operation.rules)
        rules[operand] = wrong
        monkeypatch.setitem(OPERATIONS, operation.name, replace(operation, rules=tuple(rules)))
        used = [n for n in network.nodes if n.operation == operation.name and operand < len(n.operands)]
        if any(n.operands[operand] in live for n in used):
            assert unconfirmed(network), f"rule {operand} of {operation.name} may be wrong unnoticed"
