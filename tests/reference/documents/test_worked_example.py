"""The worked example: printed numbers, all its ways, the update, 200 epochs, the difference quotient."""

import itertools
from typing import Any

import numpy as np
import pytest

from gradproof.reference.documents import worked_example
from gradproof.reference.documents.systems import SYSTEMS, Numbers
from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array
from gradproof.reference.sweep import cotangents, gradients, values
from tests.reference.documents.test_closed_forms import READING, ball_precision, differing, inputs, lesson

__all__ = ["ball_precision"]  # a fixture that every test here runs under


def printed(array: Array, digits: int) -> list[str]:
    """The numbers in the middle of the balls, to so many significant digits."""
    return [f"{float(ball.mid()):.{digits}g}" for ball in array.value.ravel()]


def truths(name: str) -> tuple[Numbers, Numbers]:
    """Values and gradients of a lesson, by its document's formulas."""
    return SYSTEMS[name](inputs(lesson(name)))


def test_forward_pass_and_loss_as_printed() -> None:
    forward, _ = truths("worked_example_scalars")
    assert printed(forward["h1_in"], 2) == ["16"]
    assert printed(forward["h1_out"], 16) == ["0.9999998874648379"]
    assert printed(forward["y1_out"], 4) == ["0.7319"]
    assert printed(forward["sse"], 15) == ["0.0869920825999478"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("y1_out", "-0.5361165732610"),
        ("y2_out", "0.2460637118200"),
        ("y1_in", "-0.1051877023256"),
        ("y2_in", "0.02654904869996"),
        ("v21", "-0.001891928099458"),
        ("v22", "0.0004775167642113"),
        ("v11", "-0.1051876904883"),
        ("v12", "0.02654904571226"),
        ("h1_out", "-0.1582857997255"),
        ("h2_out", "0.02680117181853"),
        ("w11", "-5.34381484e-08"),
        ("w12", "0.001420143672008"),
        ("w21", "-1.78127161e-08"),
        ("w22", "0.0004733812240027"),
    ],
)
def test_gradients_as_printed(name: str, number: str) -> None:
    """Short of the digits that float64 rounds away, which are seven for w11 and w21: 1 - h1_out cancels."""
    _, gradient = truths("worked_example_scalars")
    digits = len(number.split("e")[0].replace("-", "").replace(".", "").lstrip("0"))
    assert f"{float(gradient[name].value[()].mid()):.{digits}g}" == f"{float(number):.{digits}g}"


def test_all_ways_lead_to_rome() -> None:
    _, by_hand = truths("worked_example_scalars")
    _, by_tape = truths("worked_example_tape")
    _, by_matrices = truths("worked_example_matrices")
    weights = {name: by_hand[name] for name in worked_example.Weights._fields}
    entries = {f"{n}{i + 1}{j + 1}": by_matrices[n.upper()][i, j] for n in "wv" for i in (0, 1) for j in (0, 1)}
    assert differing(weights, by_tape) == []
    assert differing(weights, entries) == []


def test_the_class_is_the_matrices() -> None:
    x = inputs(lesson("worked_example_two_instances"))
    net = worked_example.NeuralNetwork(x["W"], x["V"])
    net.forward(x["X"])
    grad_W, grad_V = net.backward(x["T"])
    forward, slopes = truths("worked_example_two_instances")
    assert differing({"W": grad_W, "V": grad_V}, slopes) == []
    assert printed(forward["L"], 7) == ["0.08699208", "0.330252"]


def trained(epochs: int, alpha: float = 0.5) -> tuple[worked_example.NeuralNetwork, list[Array]]:
    """The document's network after training on both instances, and its loss curve."""
    x = inputs(lesson("worked_example_two_instances"))
    net = worked_example.NeuralNetwork(x["W"], x["V"])
    return net, worked_example.train(net, x["X"], x["T"], READING.lift(alpha), epochs)


def swept_epoch(network: Network, x: dict[str, Array]) -> dict[str, Array]:
    """The inputs after one update by the reverse sweep."""
    read = values(network, READING, x)
    slopes = cotangents(network, read, READING, [network.index(name) for name in network.updated])
    rate = READING.lift(network.learning_rate)
    return {**x, **{name: x[name] - rate * slopes[network.index(name)] for name in network.updated}}


def test_update_as_printed() -> None:
    net, losses = trained(1)
    assert printed(net.Y, 8) == ["0.74165987", "0.12162137", "0.52811432", "0.88207988"]
    assert printed(losses[1], 7) == [f"{0.08153138 + 0.29280989:.7g}"]


def test_printed_weights_are_those_of_another_learning_rate() -> None:
    """The document prints net.V after a step of alpha = 0.65, not of the 0.5 that the listing sets."""
    assert printed(trained(1, 0.65)[0].V, 7) == ["1.068372", "-2.017257", "0.07134767", "2.01596"]
    assert printed(trained(1)[0].V, 5) == ["1.0526", "-2.0133", "0.11258", "2.0123"]


def test_200_epochs_are_those_of_the_sweep() -> None:
    network = lesson("worked_example_two_instances")
    net, losses = trained(200)
    x = dict(inputs(network))
    curve = []
    for _ in range(200):
        curve.append(values(network, READING, x)[network.index("total")])
        x = swept_epoch(network, x)
    curve.append(values(network, READING, x)[network.index("total")])
    assert differing({"W": net.W, "V": net.V}, x) == []
    assert differing({"losses": np.stack(losses)}, {"losses": np.stack(curve)}) == []


def test_200_epochs_as_printed() -> None:
    net, losses = trained(200)
    assert printed(net.Y, 7) == ["0.9460731", "0.04903031", "0.05606368", "0.9508238"]
    assert len(losses) == 201
    curve = [float(loss.value[()].mid()) for loss in losses]
    assert all(later < earlier for earlier, later in itertools.pairwise(curve))


def test_difference_quotient_tends_to_the_derivative() -> None:
    """For this loss the quotient is the derivative plus x^2 step, exactly."""
    x = inputs(lesson("worked_example_difference_quotient"))
    for exponent in (0, 7, 40, 100):
        step = READING.lift(2.0**-exponent)
        quotient = worked_example.difference_quotient(**x, step=step)
        expected = gradients(lesson("worked_example_difference_quotient"), READING)["w"] + x["x"] ** 2 * step
        assert differing({"w": quotient}, {"w": expected}) == []


def test_losses_and_quotients_as_printed() -> None:
    def loss(w: float) -> Any:
        return worked_example.loss_1d(w, 4, 8)

    assert [f"{loss(w):.2f}" for w in (3, 3.01, 1.5, 1.51)] == ["16.00", "16.32", "4.00", "3.84"]
    assert f"{worked_example.difference_quotient(3, 4, 8, 0.01):.2f}" == "32.16"
    assert [worked_example.dLoss(w, 4, 8) for w in (3, 1.5)] == [32, -16]


def test_partial_derivatives_as_printed() -> None:
    assert [g(2, 3) for g in (worked_example.f, worked_example.df_dx, worked_example.df_dy)] == [29, 18, 4]
