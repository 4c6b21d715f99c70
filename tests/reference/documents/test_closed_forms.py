"""Each document's closed forms against the reverse sweep over its lesson's graph.

Both are read in 400-bit ball arithmetic, where a ball encloses the exact number: two ways to compute one
number give balls that overlap. The balls are so small that overlapping is agreeing to 90 digits: there is no
tolerance.
"""

from collections.abc import Iterator
from importlib.resources import files

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.documents import two_neurons, worked_example
from gradproof.reference.documents.systems import SYSTEMS, Numbers
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import BITS, Balls, balls, precision
from gradproof.reference.sweep import gradients, values

READING = balls(np.float64)

CERTAIN_BITS = 300
"""How many bits of a number its ball must pin down at least."""


@pytest.fixture(autouse=True)
def ball_precision() -> Iterator[None]:
    with precision(BITS):
        yield


def lesson(name: str) -> Network:
    return load(str(files("gradproof.reference.lessons") / f"{name}.toml"))


def inputs(network: Network) -> Numbers:
    return {name: READING.lift(array) for name, array in network.inputs.items()}


def differing(closed: Numbers, swept: Numbers) -> list[str]:
    """The names under which the two hold different numbers. Balls too large to tell are an error."""
    return [name for name in closed if not overlap(Balls.of(closed[name]), Balls.of(swept[name]))]


def overlap(left: Balls, right: Balls) -> bool:
    pairs = list(zip(left.value.ravel(), right.value.ravel(), strict=True))
    assert all(ball.rel_accuracy_bits() >= CERTAIN_BITS for pair in pairs for ball in pair), "a ball is too large"
    return left.shape == right.shape and all(a.overlaps(b) for a, b in pairs)


@pytest.mark.parametrize("name", SYSTEMS)
def test_sweep_and_document_give_the_same(name: str) -> None:
    network = lesson(name)
    closed_values, closed_gradients = SYSTEMS[name](inputs(network))
    swept = {node.name: value for node, value in zip(network.nodes, values(network, READING), strict=True) if node.name}
    assert set(network.parameters) <= set(closed_gradients)
    assert differing(closed_values, swept) == []
    assert differing(closed_gradients, gradients(network, READING, closed_gradients)) == []


# Tests of the test: a planted mistake in a closed form is found, and only there.


def test_the_exercise_s_own_misprint_is_found() -> None:
    """000_3bef3881ba988d2d.txt, "Program it!": `dz2dw2 = a2`."""
    network = lesson("two_neurons")
    forward, closed = SYSTEMS["two_neurons"](inputs(network))
    misprinted = {**closed, "w2": closed["w2"] / forward["a1"] * forward["a2"]}
    assert differing(misprinted, gradients(network, READING, misprinted)) == ["w2"]


def test_a_forgotten_path_is_found() -> None:
    network = lesson("two_neurons_per_layer_matrices")
    x = inputs(network)
    layers = two_neurons.Layers(x["wH"], x["bH"], x["wO"], x["bO"])
    forward = two_neurons.layers_forward(x["i"], x["y"], layers)
    one_path = layers._replace(wO=x["wO"] * READING.lift([[1, 0], [1, 0]]))
    closed = two_neurons.layers_backward(x["i"], x["y"], one_path, forward)._asdict()
    assert differing(closed, gradients(network, READING, closed)) == ["wH", "bH"]


def test_a_forgotten_transpose_is_found() -> None:
    network = lesson("worked_example_matrices")
    x = inputs(network)
    H, Y = worked_example.matrix_forward(x["X"], x["W"], x["V"])
    closed = worked_example.matrix_backward(x["X"], x["T"], x["W"], x["V"].T, H, Y)
    assert differing(closed, gradients(network, READING, closed)) == ["W", "X"]


def test_a_forgotten_mean_over_samples_is_found() -> None:
    network = lesson("lecture_constant_initialisation")
    _, closed = SYSTEMS["lecture_constant_initialisation"](inputs(network))
    m = len(network.inputs["X"])
    sums = {name: gradient * m for name, gradient in closed.items()}
    assert differing(sums, gradients(network, READING, sums)) == list(sums)


def test_an_error_in_the_ninetieth_digit_is_found() -> None:
    network = lesson("exponential_neuron")
    _, closed = SYSTEMS["exponential_neuron"](inputs(network))
    off = {**closed, "b": closed["b"] * (1 + READING.lift(2.0**-300))}
    assert differing(off, gradients(network, READING, off)) == ["b"]
