"""The two-neuron exercise: its updates, and the numbers printed in its tables."""

import numpy as np
import pytest

from gradproof.reference.documents import two_neurons
from gradproof.reference.documents.two_neurons import Backward, Forward, Parameters
from gradproof.reference.sweep import gradients
from tests.reference.documents.test_closed_forms import READING, ball_precision, differing, inputs, lesson

__all__ = ["ball_precision"]  # a fixture that every test here runs under

ETA = 0.05


@pytest.fixture
def tables() -> tuple[Parameters, Forward, Backward]:
    """Parameters, forward and backward pass table at the exercise's numbers, in float64."""
    x = {name: np.float64(number) for name, number in lesson("two_neurons").inputs.items()}
    parameters = Parameters(x["w1"], x["b1"], x["w2"], x["b2"])
    forward = two_neurons.forward(x["x"], x["y"], parameters)
    return parameters, forward, two_neurons.backward(x["y"], parameters, forward)


def test_updates_of_weights_and_biases_are_those_of_the_sweep() -> None:
    network = lesson("two_neurons")
    assert network.updated == Parameters._fields
    assert network.learning_rate == ETA
    x, eta = inputs(network), READING.lift(ETA)
    parameters = Parameters(x["w1"], x["b1"], x["w2"], x["b2"])
    forward = two_neurons.forward(x["x"], x["y"], parameters)
    updated = two_neurons.updated(parameters, two_neurons.backward(x["y"], parameters, forward), eta)
    swept = {name: x[name] - eta * gradient for name, gradient in gradients(network, READING).items()}
    assert differing(updated._asdict(), swept) == []


def test_printed_forward_pass(tables: tuple[Parameters, Forward, Backward]) -> None:
    _, forward, _ = tables
    row = [f"{value:.3f}" for value in (forward.z1, forward.a1, forward.z2, forward.a2)]
    assert row == ["-0.095", "0.476", "0.443", "0.609"]


def test_printed_backward_pass(tables: tuple[Parameters, Forward, Backward]) -> None:
    _, _, backward = tables
    assert [f"{value:.3f}" for value in (backward.dLda2, backward.da2dz2)] == ["0.599", "0.238"]


def test_wrong_prints_come_from_the_misprinted_formulas(tables: tuple[Parameters, Forward, Backward]) -> None:
    """`L = (y-haty)/2` and `dz2dw2 = a2` of "Program it!" give the numbers that the right formulas do not."""
    parameters, forward, backward = tables
    y = 0.01
    dLdw2 = backward.dLda2 * backward.da2dz2 * forward.a2
    misprinted = (y - forward.haty) / 2, forward.a2, parameters.w2 - dLdw2 * ETA
    right = forward.L, backward.dz2dw2, two_neurons.updated(parameters, backward, ETA).w2
    assert [f"{value:.3f}" for value in misprinted] == ["-0.299", "0.609", "0.296"]
    assert [f"{value:.3f}" for value in right] == ["0.179", "0.476", "0.297"]
