"""Equal initial weights: a layer's units stay identical throughout training (003_5e1432ecd98f1466.txt)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.reference.operations.kernels import Array
from gradproof.reference.sweep import gradients
from tests.properties.balls import READING, decided, differing
from tests.properties.finding import finds, patched
from tests.properties.layered import Layered, layered
from tests.properties.test_symmetries import first_unit_forgotten

RATE = 0.125


@st.composite
def constant(draw: Callable[[Any], Any]) -> tuple[Layered, int]:
    """A network whose matrices and bias vectors each hold one number, and a number of steps."""
    network = draw(layered(hidden=1))
    weights, biases = (
        tuple(np.full(array.shape, array.flat[0]) for array in arrays) for arrays in (network.weights, network.biases)
    )
    return replace(network, weights=weights, biases=biases), draw(st.integers(1, 5))


def trained(network: Layered, steps: int) -> dict[str, Array]:
    """The parameters after so many steps of gradient descent, all at once, in balls."""
    graph = network.network()
    lifted = {name: READING.lift(graph.inputs[name]) for name in graph.parameters}
    for _ in range(steps):
        slopes = gradients(graph, READING, lifted=lifted)
        lifted = {name: x - READING.lift(RATE) * slopes[name] for name, x in lifted.items()}
    return lifted


def unlike_units(example: tuple[Layered, int]) -> list[str]:
    """The parameters of hidden layers that differ between units after training."""
    network, steps = example
    after = decided(lambda: trained(network, steps))
    hidden = range(1, len(network.weights))
    units = {f"W{k}": after[f"W{k}"] for k in hidden} | {f"b{k}": after[f"b{k}"] for k in hidden}
    first = {name: np.broadcast_to(x[..., :1], x.shape) for name, x in units.items()}
    return differing(first, units)


@given(constant())
def test_units_of_equal_weights_stay_identical(example: tuple[Layered, int]) -> None:
    assert unlike_units(example) == []


def test_a_unit_that_learns_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "tanh", first_unit_forgotten)
    assert finds(constant(), unlike_units)
