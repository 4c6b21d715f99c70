"""The catalogue of mistakes: each gives the wrong formula that it stands for, somewhere, and changes a gradient."""

from collections.abc import Iterator

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.mistakes import MISTAKES, Variant
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from gradproof.reference.readings.balls import Balls, balls, precision
from gradproof.reference.readings.plain import truth
from gradproof.reference.readings.rounded import rounded
from gradproof.reference.sweep import gradients, values
from tests.reference.mistakes.subjects import subjects

Shapes = dict[str, tuple[int, ...]]
Written = tuple[str, Shapes, list[tuple[str, str, str, str, str]]]

BY_NAME = {mistake.name: mistake for mistake in MISTAKES}

# Small networks, each with the formulas that mistakes in it give: mistake, place, detail, parameter, formula.
# Statements after the loss are names for parts of the formulas.
NEURON: Written = (
    "z = w*x + b\na = sigmoid(z)\nL = (a - t)**2 / 2\ng = a - t\ns = a*(1 - a)",
    {"x": (), "w": (), "b": (), "t": ()},
    [
        ("half left out", "L", "1 for 2", "w", "2*g*s*x"),
        ("half taken twice", "L", "4 for 2", "w", "g*s*x/2"),
        ("two of the square left out", "L", "", "w", "g*s*x/2"),
        ("two of the square taken twice", "L", "", "w", "2*g*s*x"),
        ("exponent not lowered", "L", "", "w", "g*g*s*x"),
        ("not squared", "L", "x for power", "w", "s*x/2"),
        ("sign", "L", "", "b", "-g*s"),
        ("another activation", "a", "tanh(x) for sigmoid", "w", "(tanh(z) - t)*(1 - tanh(z)**2)*x"),
        ("activation's derivative left out", "da/dz", "", "w", "g*x"),
        ("activation's derivative twice", "da/dz", "", "w", "g*s*s*x"),
        ("derivative at a for z", "da/dz", "", "w", "g*sigmoid(a)*(1 - sigmoid(a))*x"),
        ("derivative with z for a", "da/dz", "", "w", "g*z*(1 - z)*x"),
        ("derivative of another activation", "da/dz", "tanh'", "w", "g*(1 - tanh(z)**2)*x"),
        ("derivative of another activation", "da/dz", "1 - a^2", "w", "g*(1 - a**2)*x"),
        ("another value in the derivative", "z", "t for x", "w", "g*s*t"),
        ("another input or target", "L", "x for t", "w", "(a - x)*s*x"),
        ("another parameter", "z", "b for w", "b", "(sigmoid(b*x + b) - t)*sigmoid(b*x + b)*sigmoid(-b*x - b)*(x + 1)"),
        ("another unit or layer", "L", "z for a", "w", "(z - t)*x"),
        ("gradients exchanged", "dL/dw", "b for w", "b", "g*s*x"),
        ("term left out", "z", "a for add", "w", "(sigmoid(w*x) - t)*sigmoid(w*x)*(1 - sigmoid(w*x))*x"),
        ("bias gradient left out", "dz/db", "", "b", "x - x"),
        ("gradient cut off", "dL/da", "", "w", "x - x"),
    ],
)
CHAIN: Written = (
    "h = 3*v*x\nk = exp(h)\ny = w*k\nL = square(y + k)\ng = 2*(y + k)",
    {"x": (), "v": (), "w": ()},
    [
        ("constant left out", "h", "1 for 3", "w", "2*(w + 1)*exp(v*x)*exp(v*x)"),
        ("constant taken twice", "h", "9 for 3", "w", "2*(w + 1)*exp(9*v*x)*exp(9*v*x)"),
        ("constant left out of the derivative", "h", "", "v", "g*(w + 1)*k*x"),
        ("exponential taken for a power", "dk/dh", "", "v", "g*(w + 1)*h*exp(h - 1)*3*x"),
        ("path forgotten", "dy/dk", "", "v", "g*k*3*x"),
        ("weight already updated", "dy/dk", "w after its update", "v", "g*(w - g*k/4 + 1)*k*3*x"),
    ],
)
LAYERS: Written = (
    "Z = X @ W + b\nA = tanh(Z)\nY = linear(A, V, c, layout='W @ x')\nL = mean_over_samples(Y, T)\n"
    "G = 2*(Y - T)/3\nD = V.T @ G * (1 - A**2)",
    {"X": (3, 3), "W": (3, 3), "b": (3,), "V": (3, 3), "c": (3,), "T": (3, 3)},
    [
        ("sum for mean", "L", "sum_of_squares(p, t) for mean_over_samples", "V", "3*G @ A.T"),
        ("mean taken twice", "L", "mean_over_samples(p, t) / 3 for mean_over_samples", "V", "G @ A.T / 3"),
        ("mean over something else", "L", "mean_over_outputs(p, t) for mean_over_samples", "V", "G @ A.T / 3"),
        ("weight gradient transposed", "dL/dV", "", "V", "A @ G.T"),
        ("weight not transposed going back", "dY/dA", "", "W", "X.T @ (V @ G * (1 - A**2))"),
        ("weight transposed", "Y", "linear(x, W.T, b, layout='W @ x') for linear", "c",
         "2*sum((V.T @ A).T + c - T.T, axis=0)/3"),
        ("one sample only", "dY/dc", "", "c", "G[:, 0]"),
        ("one sample only", "dZ/db", "", "b", "D[0]"),
        ("averaged over the samples once more", "dY/dc", "", "c", "sum(G, axis=1)/3"),
    ],
)  # fmt: skip
SOFTMAX: Written = (
    "p = softmax(w)\nq = log_softmax(w)\nL = sum(p*t) + sum(q*t) + logsumexp(w) + softmax_cross_entropy(w, t)\n"
    "s = sum(t)",
    {"w": (3,), "t": (3,)},
    [
        ("softmax entry by entry", "dp/dw", "", "w", "t*p*(1 - p) + t - p*s + p + p*s - t"),
        ("softmax without exp", "dq/dw", "", "w", "p*(t - sum(t*p)) + t - q*s + p + p*s - t"),
        ("softmax without exp", "L", "", "w", "p*(t - sum(t*p)) + t - p*s + p + w/sum(w) - t"),
        ("softmax without the sum", "p", "exp(x) for softmax", "w", "t*exp(w) + t - p*s + p + p*s - t"),
        ("mean for sum", "L", "mean(x, axis=None, keepdims=False) for sum", "w",
         "p*(t - sum(t*p))/3 + t - p*s + p + p*s - t"),
    ],
)  # fmt: skip
BINARY: Written = (
    "p = sigmoid(w)\nL = binary_cross_entropy(p, t) + max(w) + var(w)\n"
    "h = w - mean(w)\ntop = stack(0*w[0], 0*w[1] + 1)",
    {"w": (2,), "t": (2,)},
    [
        ("p - t before the sigmoid", "L", "", "w", "(p - t)*p*(1 - p)/2 + h + top"),
        ("second term of the cross-entropy", "L", "-sum(t * log(p)) / 2 for binary_cross_entropy", "w",
         "-t*(1 - p)/2 + h + top"),
        ("largest entry forgotten", "L", "", "w", "(p - t)/2 + h + 1"),
        ("n - 1 for n", "L", "var(x, axis=None, keepdims=False) * 2 / (2 - 1) for var", "w", "(p - t)/2 + 2*h + top"),
    ],
)  # fmt: skip
NORMALISED: Written = (
    "y = layer_norm(w, b, c, eps=0.125)\nL = sum(y*t)\nd = w - mean(w)",
    {"w": (3,), "b": (3,), "c": (3,), "t": (3,)},
    [
        ("normalisation entry by entry", "dy/dw", "", "w", "t*b / sqrt(var(w) + 0.125)"),
        ("epsilon left out", "y", "layer_norm(x, gamma, beta, eps=0) for layer_norm", "b", "t*d / sqrt(var(w))"),
        ("n - 1 for n", "y", "(x - mean(x, axis=-1, keepdims=True)) / sqrt(var(x, axis=-1, keepdims=True) * 3 / (3 - 1)"
         " + 0.125) * gamma + beta for layer_norm", "b", "t*d / sqrt(var(w)*3/2 + 0.125)"),
        ("bias gradient left out", "dy/dc", "", "c", "t - t"),
    ],
)  # fmt: skip
CONVOLVED: Written = (
    "y = conv2d(v, w)\nL = sum(y*t)",
    {"v": (2, 2), "w": (1, 2), "t": (2, 1)},
    [
        ("kernel not flipped going back", "dy/dv", "", "v", "t * stack(stack(w[0, 1], w[0, 0]))"),
        ("weight already updated", "dy/dv", "w after its update", "v", "t * (w - t.T @ v / 4)"),
    ],
)

WRITTEN = (NEURON, CHAIN, LAYERS, SOFTMAX, BINARY, NORMALISED, CONVOLVED)
CASES = [(statements, shapes, *row) for statements, shapes, rows in WRITTEN for row in rows]


def network_of(statements: str, shapes: Shapes) -> Network:
    """Parameters are w, v, b, c, V and W, whichever there are; w is ascending, so that its last entry is largest."""
    draw = Seeded(7)
    inputs = {name: np.sort(np.abs(draw.numbers(shape)), axis=None).reshape(shape) for name, shape in shapes.items()}
    parameters = [name for name in shapes if name in "wvbcVW"]
    return build(statements, inputs, loss="L", parameters=parameters, learning_rate=0.25)


def made(name: str, network: Network, place: str, detail: str) -> Iterator[Variant]:
    return (v for v in BY_NAME[name].variants(network) if (v.place, v.detail) == (place, detail))


def as_printed(network: Network) -> dict[str, str]:
    """The gradients, digit by digit."""
    return {name: repr(np.asarray(g).tolist()) for name, g in gradients(network, truth("float64")).items()}


@pytest.mark.parametrize(("statements", "shapes", "name", "place", "detail", "parameter", "formula"), CASES)
def test_a_mistake_gives_its_wrong_formula(
    statements: str,
    shapes: Shapes,
    name: str,
    place: str,
    detail: str,
    parameter: str,
    formula: str,
) -> None:
    network = network_of(f"{statements}\nwrong = {formula}", shapes)
    with precision(400):
        reading = balls("float64")
        expected = Balls.of(values(network, reading)[-1]).value
        differences = [
            gradients(variant.network, reading)[parameter].value - expected
            for variant in made(name, network, place, detail)
        ]
        assert any(all(entry.contains(0) for entry in np.ravel(difference)) for difference in differences)
        right = gradients(network, reading)[parameter].value - expected
        assert not all(entry.contains(0) for entry in np.ravel(right))


def test_every_mistake_has_its_formula() -> None:
    assert {case[2] for case in CASES} == {mistake.name for mistake in MISTAKES if not mistake.planted}


def test_names_are_unique_and_sentences_are_sentences() -> None:
    assert len(BY_NAME) == len(MISTAKES)
    assert all(mistake.sentence[0].isupper() and mistake.sentence.endswith(".") for mistake in MISTAKES)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_mistake_applies_somewhere_and_changes_a_gradient(name: str) -> None:
    for network in subjects().values():
        right = as_printed(network)
        with np.errstate(all="ignore"):
            if any(as_printed(variant.network) != right for variant in BY_NAME[name].variants(network)):
                return
    raise AssertionError(f"no network changes by {name!r}")


def test_a_mistake_leaves_the_network_it_was_made_in_alone() -> None:
    for network in subjects().values():
        right = as_printed(network)
        for mistake in MISTAKES:
            list(mistake.variants(network))
        assert as_printed(network) == right


@pytest.mark.parametrize("name", BY_NAME)
def test_a_mistaken_network_is_read_in_every_number_system(name: str) -> None:
    network = network_of(*LAYERS[:2])
    for variant in list(BY_NAME[name].variants(network))[:3]:
        shapes = {key: np.shape(array) for key, array in gradients(variant.network, truth("float64")).items()}
        for reading in (balls("float64"), rounded("float32")):
            found = gradients(variant.network, reading)
            assert {key: array.shape for key, array in found.items()} == shapes


def test_mistakes_are_made_one_after_the_other() -> None:
    """The derivative left out and the half left out: 2 (a - t) x."""
    network = network_of(NEURON[0] + "\nwrong = 2*g*x", NEURON[1])
    (first,) = made("activation's derivative left out", network, "da/dz", "")
    (both,) = made("half left out", first.network, "L", "1 for 2")
    (other,) = made("half left out", network, "L", "1 for 2")
    (turned,) = made("activation's derivative left out", other.network, "da/dz", "")
    expected = repr(values(network, truth("float64"))[-1].item())
    assert as_printed(both.network)["w"] == as_printed(turned.network)["w"] == expected
