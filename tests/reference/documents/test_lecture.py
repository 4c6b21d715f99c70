"""The lecture: chain rule, unrolled and memoized products, both exit conditions, constant initialisation."""

from itertools import pairwise

import numpy as np
import pytest

from gradproof.reference.documents import lecture
from gradproof.reference.documents.systems import (
    CROSS_ENTROPY,
    HALF_SQUARED_ERROR,
    IDENTITY,
    SIGMOID,
    SQUARED_ERROR,
    TANH,
    Numbers,
    lecture_network,
    numbered,
)
from gradproof.reference.operations.kernels import Array
from gradproof.reference.sweep import gradients
from tests.reference.documents.test_closed_forms import READING, ball_precision, differing, inputs, lesson

__all__ = ["ball_precision"]  # a fixture that every test here runs under

SQUARE = lecture.Function(lambda x: x**2, lambda x: 2 * x)


def deep(layers: int, activation: lecture.Function = TANH) -> tuple[lecture.Network, Array, Array]:
    """A network of so many layers with random weights, and two samples with their targets, in balls."""
    draw = np.random.default_rng(layers)
    widths = [2, *draw.integers(1, 4, layers)]
    weights = [READING.lift(draw.uniform(-1, 1, shape)) for shape in pairwise(widths)]
    biases = [READING.lift(draw.uniform(-1, 1, width)) for width in widths[1:]]
    network = lecture.Network(weights, biases, activation, HALF_SQUARED_ERROR)
    return (
        network,
        READING.lift(draw.uniform(-1, 1, (2, 2))),
        READING.lift(draw.uniform(-1, 1, (2, widths[-1]))),
    )


def test_three_functions_are_two_and_one() -> None:
    x = READING.lift(0.65)
    inner = lecture.Function(lambda x: TANH.value(x**2), lambda x: lecture.chain_rule(x, SQUARE, TANH))
    exp = lecture.Function(np.exp, np.exp)
    three = lecture.chain_rule_of_three(x, g=SQUARE, f=TANH, h=exp)
    assert differing({"k": three}, {"k": lecture.chain_rule(x, inner, exp)}) == []


@pytest.mark.parametrize("activation", [TANH, SIGMOID, IDENTITY])
@pytest.mark.parametrize("layers", range(1, 7))
def test_memoized_errors_are_the_unrolled_ones(layers: int, activation: lecture.Function) -> None:
    network, X, Y = deep(layers, activation)
    table = lecture.forward(network, X[0])
    unrolled = lecture.unrolled_errors(network, table, Y[0], lecture.Products())
    memoized = lecture.errors(network, table, Y[0], lecture.Products())
    assert differing(numbered("delta", unrolled), numbered("delta", memoized)) == []


@pytest.mark.parametrize("layers", range(1, 7))
def test_recursion_needs_a_linear_number_of_products(layers: int) -> None:
    network, X, Y = deep(layers)
    table = lecture.forward(network, X[0])
    unrolled, memoized = lecture.Products(), lecture.Products()
    lecture.unrolled_errors(network, table, Y[0], unrolled)
    lecture.errors(network, table, Y[0], memoized)
    assert unrolled.count == layers**2
    assert memoized.count == 2 * layers - 1


def test_unrolled_derivatives_are_those_of_the_sweep() -> None:
    network = lesson("lecture_cross_entropy")
    x = inputs(network)
    closed = lecture.cost_derivatives(
        lecture_network(x, SIGMOID, CROSS_ENTROPY), x["X"], x["Y"], backward=lecture.unrolled_errors
    )
    by_name = {**numbered("W", closed.weights), **numbered("b", closed.biases)}
    assert differing(by_name, gradients(network, READING)) == []


def test_as_many_bias_vectors_as_weight_matrices() -> None:
    """The exercise's answer: L of each, of the shapes of W(l) and b(l)."""
    network, X, Y = deep(5)
    slopes = lecture.cost_derivatives(network, X, Y)
    assert [slope.shape for slope in slopes.weights] == [W.shape for W in network.weights]
    assert [slope.shape for slope in slopes.biases] == [b.shape for b in network.biases]


# Gradient descent, in float64: how many epochs it takes is not a question of rounding here.


def descent(epochs: int, threshold: float, x: Numbers | None = None) -> lecture.Descent:
    lesson_ = lesson("lecture_gradient_descent")
    x = x or lesson_.inputs
    assert lesson_.learning_rate is not None
    network = lecture_network(x, IDENTITY, SQUARED_ERROR)
    return lecture.gradient_descent(network, x["X"], x["Y"], lesson_.learning_rate, epochs, threshold)


def largest_derivative(network: lecture.Network) -> float:
    x = lesson("lecture_gradient_descent").inputs
    slopes = lecture.cost_derivatives(network, x["X"], x["Y"])
    return max(float(np.max(np.abs(slope))) for slope in slopes.weights + slopes.biases)


def test_descent_ends_with_the_number_of_epochs() -> None:
    end = descent(epochs=10, threshold=1e-3)
    assert (end.exit, end.epochs) == ("epochs", 10)
    assert largest_derivative(end.network) > 1e-3


def test_descent_ends_with_small_derivatives() -> None:
    end = descent(epochs=10_000, threshold=1e-3)
    assert end.exit == "derivatives"
    assert end.epochs < 10_000
    assert largest_derivative(end.network) <= 1e-3
    before = descent(epochs=end.epochs - 2, threshold=1e-3)
    assert before.exit == "epochs", "it would have ended sooner"
    assert largest_derivative(before.network) > 1e-3


def test_descent_ends_where_all_derivatives_are_zero() -> None:
    x = lesson("lecture_gradient_descent").inputs
    network = lecture_network(x, IDENTITY, SQUARED_ERROR)
    outputs = np.stack([lecture.forward(network, sample).a[-1] for sample in x["X"]])
    end = descent(epochs=10, threshold=0, x={**x, "Y": outputs})
    assert (end.exit, end.epochs) == ("derivatives", 1)
    assert (end.network.weights[0] == x["W"]).all()


def test_one_epoch_is_one_step_of_the_sweep() -> None:
    network = lesson("lecture_gradient_descent")
    x = inputs(network)
    alpha, threshold = READING.lift(network.learning_rate), READING.lift(2.0**-30)
    closed = lecture_network(x, IDENTITY, SQUARED_ERROR)
    end = lecture.gradient_descent(closed, x["X"], x["Y"], alpha, 1, threshold).network
    swept = {name: x[name] - alpha * gradient for name, gradient in gradients(network, READING).items()}
    assert differing({"W": end.weights[0], "b": end.biases[0]}, swept) == []


# Constant initialisation, after ten epochs of training.


@pytest.fixture
def constant() -> tuple[lecture.Network, Numbers]:
    network = lesson("lecture_constant_initialisation")
    x = inputs(network)
    start = lecture_network(x, TANH, HALF_SQUARED_ERROR)
    alpha = READING.lift(network.learning_rate)
    return lecture.gradient_descent(start, x["X"], x["Y"], alpha, 10, READING.lift(2.0**-30)).network, x


def test_the_lesson_is_initialised_to_constants() -> None:
    x = inputs(lesson("lecture_constant_initialisation"))
    weights, biases = lecture.constant_initialisation([2, 3, 4, 1], x["W1"][0, 0], x["b1"][0])
    assert differing({**numbered("W", weights), **numbered("b", biases)}, x) == []


def test_units_of_a_layer_stay_identical(constant: tuple[lecture.Network, Numbers]) -> None:
    network, x = constant
    for i in range(x["X"].shape[0]):
        for a in lecture.forward(network, x["X"][i]).a[1:]:
            assert differing({"a": a}, {"a": np.broadcast_to(a[0], a.shape)}) == []
    for W, b in zip(network.weights, network.biases, strict=True):
        assert differing({"W": W}, {"W": np.broadcast_to(W[:, :1], W.shape)}) == []
        assert differing({"b": b}, {"b": np.broadcast_to(b[0], b.shape)}) == []
    moved = {**numbered("W", network.weights), **numbered("b", network.biases)}
    assert differing(moved, x) == list(moved), "all of it was trained"


def test_it_acts_as_one_unit_per_layer(constant: tuple[lecture.Network, Numbers]) -> None:
    network, x = constant
    small = lecture.one_unit_per_layer(network)
    assert [W.shape for W in small.weights] == [(2, 1), (1, 1), (1, 1)]
    for i in range(x["X"].shape[0]):
        outputs = lecture.forward(network, x["X"][i]).a[-1]
        assert differing({"a": lecture.forward(small, x["X"][i]).a[-1]}, {"a": outputs}) == []


def test_random_initialisation_breaks_the_symmetry() -> None:
    network, X, _ = deep(4)
    wide = [a for a in lecture.forward(network, X[0]).a[1:] if a.shape[0] > 1]
    assert wide
    for a in wide:
        assert differing({"a": a}, {"a": np.broadcast_to(a[0], a.shape)}) == ["a"]
