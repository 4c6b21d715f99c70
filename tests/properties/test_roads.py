"""Other roads to the same gradient: the documents' closed forms, and forward mode. In 400-bit balls, no tolerance."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.reference.documents import lecture
from gradproof.reference.documents.systems import TANH, numbered
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import BITS, Balls, precision
from gradproof.reference.readings.dual import directional
from tests.properties.balls import READING, away_from_kinks, decided, differing, swept
from tests.properties.finding import finds, patched
from tests.properties.layered import ACTIVATIONS, Layered, layered
from tests.properties.strategies import SMALL, Drawn, networks

# The lecture's recursion for the errors delta, and its products written out.

Errors = Callable[..., list[Any]]


def unlike_the_lecture(network: Layered, backward: Errors = lecture.errors) -> list[str]:
    """The parameters for which the lecture and the sweep give different gradients."""
    with precision(BITS):
        closed = lecture.cost_derivatives(
            network.lecture(READING.lift), READING.lift(network.X), READING.lift(network.Y), backward
        )
    return differing({**numbered("W", closed.weights), **numbered("b", closed.biases)}, swept(network.network()))


@pytest.mark.parametrize("backward", [lecture.errors, lecture.unrolled_errors])
@given(network=layered())
def test_the_sweep_is_the_lecture_s_recursion(backward: Errors, network: Layered) -> None:
    assert unlike_the_lecture(network, backward) == []


def test_a_slope_at_the_wrong_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """delta(l) with f'(a(l)) in place of f'(z(l)), in the document."""
    wrong = TANH._replace(derivative=lambda z: TANH.derivative(TANH.value(z)))
    assert not finds(layered(), unlike_the_lecture)
    monkeypatch.setitem(ACTIVATIONS, "tanh", wrong)
    assert finds(layered(), unlike_the_lecture)


def test_a_rule_off_in_the_ninetieth_digit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "half_squared_error", lambda right, *_: right * (1 + READING.lift(2.0**-180)))
    assert finds(layered(), unlike_the_lecture)


# Forward mode.


@st.composite
def directed(draw: Callable[[Any], Any]) -> tuple[Network, dict[str, Any]]:
    """A network and a direction for its parameters."""
    network = draw(networks(SMALL))
    drawn = Drawn(draw)
    return network, {name: drawn.numbers(network.inputs[name].shape) for name in network.parameters}


def unlike_forward_mode(example: tuple[Network, dict[str, Any]]) -> list[str]:
    """Whether the gradient along the direction is another number in forward mode."""
    network, direction = example
    away_from_kinks(network)
    reverse = swept(network)
    forward = decided(lambda: directional(network, READING, direction))
    with precision(BITS):
        along = sum((np.sum(g * READING.lift(direction[name])) for name, g in reverse.items()), Balls.exact(0))
    return differing({"along": along}, {"along": forward})


@given(directed())
def test_forward_mode_equals_reverse(example: tuple[Network, dict[str, Any]]) -> None:
    assert unlike_forward_mode(example) == []


@pytest.mark.parametrize("operation", ["sigmoid", "gelu", "matmul", "softmax_cross_entropy", "add"])
def test_a_rule_off_by_one_part_in_a_million_is_found(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, operation, lambda right, *_, **__: right * (1 + 2.0**-20))
    assert finds(directed(), unlike_forward_mode)
