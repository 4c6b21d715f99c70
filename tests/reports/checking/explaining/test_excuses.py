"""No algorithm of an operation's entry is an excuse for a gradient that is wrong everywhere."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from tests.reference.operations.scenarios import SCENARIOS, Tried

OFF = 1.1
"""What every entry is multiplied by."""

OF_ONE_DTYPE = [
    (operation, name) for operation, entry in OPERATIONS.items() for name, each in entry.algorithms.items() if each.only
]


def excused(scenario: Tried, algorithm: str, dtype: str) -> list[str]:
    """The parameters whose gradients, a tenth too large, are within the tolerance of an algorithm."""
    network = scenario.network()
    nodes = (replace(n, algorithm=algorithm) if n.operation == scenario.operation else n for n in network.nodes)
    table = Case("", replace(network, nodes=tuple(nodes)), FRAMEWORKS["torch"], "eager", dtype).table()
    with np.errstate(all="ignore"):
        right = gradients(network, truth(dtype))
        found = compare({name: (np.asarray(g) * OFF).astype(dtype) for name, g in right.items()}, table)
    return [name for name, each in found.items() if each.agrees and np.any(right[name])]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_an_algorithm_excuses_no_gradient_that_is_a_tenth_too_large(scenario: Tried, dtype: str) -> None:
    for algorithm in OPERATIONS[scenario.operation].algorithms_in(dtype):
        assert excused(scenario, algorithm, dtype) == [], algorithm


@pytest.mark.parametrize(("operation", "algorithm"), OF_ONE_DTYPE)
def test_an_algorithm_of_one_dtype_would_excuse_all_in_the_other(operation: str, algorithm: str) -> None:
    entry = OPERATIONS[operation]
    scenario = next(each for each in SCENARIOS if each.operation == operation)
    (other,) = set(DTYPES) - {entry.algorithms[algorithm].only}
    assert excused(scenario, algorithm, other)
    assert algorithm not in entry.algorithms_in(other)


def test_there_are_algorithms_of_one_dtype() -> None:
    """What the test above would not miss if there were none."""
    assert OF_ONE_DTYPE
