"""Losses of class labels by numbers that are exact, and against their definition entry by entry."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.operations.class_losses import nll_loss
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients, values

LOGP = np.array([[-1.0, -2.0, -4.0], [-8.0, -16.0, -32.0], [-64.0, -128.0, -256.0]])
WEIGHT = np.array([1.0, 2.0, 5.0])


@pytest.mark.parametrize(
    ("t", "weight", "told", "expected"),
    [
        ([0, 1, 1], None, {}, (1 + 16 + 128) / 3),
        ([0, 1, 1], None, {"reduction": "sum"}, 145),
        ([0, -100, 1], None, {}, 129 / 2),
        ([0, 2, 1], None, {"ignore_index": 2}, 129 / 2),
        ([0, 1, 1], WEIGHT, {}, (1 + 32 + 256) / 5),
        ([2, 0, -100], WEIGHT, {}, (20 + 8) / 6),
        ([2, 0, -100], WEIGHT, {"reduction": "sum"}, 28),
        ([2, 2, 2], WEIGHT, {}, (4 + 32 + 256) / 3),
    ],
)
def test_a_mean_is_over_the_weights_of_the_labels(t: list[int], weight: Any, told: Any, expected: float) -> None:
    assert nll_loss(LOGP, np.array(t), weight, **told) == expected


def test_classes_are_along_the_second_axis_or_the_only_one() -> None:
    images = np.moveaxis(LOGP.reshape(1, 3, 3), -1, 1)  # (1, classes, places)
    assert nll_loss(images, np.array([[0, 1, 1]])) == nll_loss(LOGP, np.array([0, 1, 1]))
    assert nll_loss(LOGP[1], np.array(2)) == 32


def smoothed(z: Any, t: list[int], weight: Any, smoothing: float, reduction: str) -> float:
    """The loss, written out sample by sample (Szegedy et al. 2016, section 7)."""
    total = weights = 0.0
    for row, label in zip(z, t, strict=True):
        if label == -100:
            continue
        logp = row - np.log(np.sum(np.exp(row)))
        total += (1 - smoothing) * weight[label] * -logp[label]
        total += sum(smoothing / len(row) * w * -p for w, p in zip(weight, logp, strict=True))
        weights += weight[label]
    return total / weights if reduction == "mean" else total


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.25, 0.75])
def test_the_definition(reduction: str, weighed: bool, smoothing: float) -> None:
    """To float32's half of the digits of float64, in which both are computed: any other function is further away."""
    z, t = np.random.default_rng(0).uniform(-2, 2, (5, 3)), [2, 0, -100, 2, 1]
    weight = WEIGHT if weighed else np.ones(3)
    expression = f"cross_entropy(z, t{', w' * weighed}, label_smoothing={smoothing}, reduction={reduction!r})"
    network = build(f"L = {expression}", {"z": z, "t": t, **({"w": weight} if weighed else {})})
    got = values(network, value("float64"))[-1]
    assert np.float32(got) == np.float32(smoothed(z, t, weight, smoothing, reduction))
    assert np.float32(got) != np.float32(smoothed(z, t[::-1], weight, smoothing, reduction)), "another order is seen"


def test_equal_logits_get_exact_gradients() -> None:
    """softmax is 1/4 everywhere: less 1 at the label, over the three samples that count."""
    network = build("L = cross_entropy(z, t)", {"z": np.zeros((4, 4)), "t": [0, 3, -100, 3]})
    expected = np.full((4, 4), 0.25)
    expected[[0, 1, 3], [0, 3, 3]] -= 1
    expected[2] = 0
    for reading in (value("float32"), truth("float64")):
        found = gradients(network, reading)["z"]
        np.testing.assert_array_equal(found, expected.astype(found.dtype) / 3)


def test_an_infinite_logit_of_another_class_changes_nothing() -> None:
    network = build("L = cross_entropy(z - stack(0, 0, big), t)", {"z": [1.0, 1.0, 0.0], "t": 0, "big": 1e300})
    assert gradients(network, value("float64"))["z"].tolist() == [-0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("expression", "t", "message"),
    [
        ("cross_entropy(z, t)", [0, 3, 1], "there is no index 3 from 0 to 2"),
        ("cross_entropy(z, t)", [0, -1, 1], "there is no index -1 from 0 to 2"),
        ("nll_loss(z, t)", [0, 1], r"labels of shape \(2,\) are none for classes along axis 1 of \(3, 3\)"),
        ("cross_entropy(z, t, z[0, :2])", [0, 1, 1], r"weight must have shape \(3,\), not \(2,\)"),
        ("cross_entropy(z, t, label_smoothing=1.5)", [0, 1, 1], "label_smoothing must be at most 1"),
        ("nll_loss(z, t, reduction='none')", [0, 1, 1], "there is no reduction 'none'"),
    ],
)
def test_what_is_no_label_is_refused_before_anything_runs(expression: str, t: list[int], message: str) -> None:
    with pytest.raises(StatementError, match=message):
        build(f"L = {expression}", {"z": LOGP, "t": t})
