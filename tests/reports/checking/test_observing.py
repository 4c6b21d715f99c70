"""One observed run gives what the framework computes at every node, and what every operation passes back."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.sweep import cotangents, values
from gradproof.reports.checking.observing import Observation, observe
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare

Run = Callable[..., Mapping[str, Any]]


def branching() -> Network:
    """Every kind of edge: a value read three times, one read twice by one node, literals, a constant, a branch."""
    draw = np.random.default_rng(3)
    return build(
        """
        seen = tanh(x @ W + b)
        u = seen * seen + 2 * seen - softmax(seen)
        k = 1 / 3
        L = sum(u * t) * k + mean(exp(t))
        """,
        {"x": draw.normal(size=(4, 3)), "W": draw.normal(size=(3, 2)), "b": [0.1, 0.2], "t": draw.normal(size=(4, 2))},
        parameters=["W", "b"],
    )


def case_of(network: Network, framework: str) -> Case:
    return Case("branching", network, FRAMEWORKS[framework], FRAMEWORKS[framework].default_mode, "float64")


def observed(network: Network, framework: str, run: Run) -> Observation:
    case = case_of(network, framework)
    got = run(case)
    return observe(network, got, "float64", lambda probed: run(case, probed, "float64"))


def test_every_value_and_cotangent_is_seen(framework: str, run: Run) -> None:
    seen = observed(branching(), framework, run)
    case = case_of(seen.network, framework)
    network = case.declared

    def is_right(got: Any, expected: Any) -> bool:
        return compare({"it": got}, {"it": expected})["it"].agrees

    read = values(network, case.reading)
    varying = {i for i, node in enumerate(network.nodes) if node.operation != "literal"}
    assert {network.nodes[i].name for i in varying - set(seen.values)} == {"k"}
    for i, value in seen.values.items():
        assert is_right(value, read[i])
    found = cotangents(network, read, case.reading, seen.received)
    assert {"seen", "u"} <= {network.nodes[i].name for i in seen.received}
    for i, value in seen.received.items():
        assert is_right(value, found[i])
        parts = [g for (reader, position), g in seen.passed.items() if network.nodes[reader].operands[position] == i]
        assert is_right(sum(parts), found[i])
        assert not is_right(sum(parts) + 1, found[i])


def test_a_run_that_changes_when_it_is_observed_is_told(run: Run) -> None:
    network = branching()
    case = case_of(network, "torch")
    assert observed(network, "torch", run).same
    got = run(case)
    other = {name: np.nextafter(array, 9) for name, array in got.items()}
    assert not observe(network, other, "float64", lambda probed: run(case, probed, "float64")).same


@pytest.mark.parametrize("name", ["x", "seen"])
def test_no_name_is_taken_twice(name: str, run: Run) -> None:
    network = build(f"L = sum({name} * {name})", {name: [1.0, 2.0]}, parameters=[name])
    seen = observed(network, "torch", run)
    assert float(seen.values[len(network.nodes) - 1]) == 5
    np.testing.assert_array_equal(seen.gradients[name], [2, 4])
