"""Losses with a margin by numbers that are exact: within it, at it and beyond it."""

from typing import Any

import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values

T = [1, 1, -1, -1]


def lost(expression: str, **inputs: Any) -> tuple[float, list[float]]:
    """The loss, and its gradient by the first input."""
    network = build(f"L = {expression}", inputs)
    reading = value("float64")
    first = next(iter(gradients(network, reading).values()))
    return float(values(network, reading)[-1]), first.tolist()


@pytest.mark.parametrize(
    ("expression", "inputs", "expected"),
    [
        # Each is within the margin, beyond it, within and beyond.
        (
            "margin_ranking_loss(a, b, t, margin=1)",
            {"a": [2.5, 4.0, 1.5, 0.0], "b": [2.0, 2.0, 2.0, 2.0], "t": T},
            (0.25, [-0.25, 0, 0.25, 0]),
        ),
        ("hinge_embedding_loss(x, t, reduction='sum')", {"x": [3.0, -2.0, 0.25, 1.5], "t": T}, (1.75, [1, 1, -1, 0])),
        ("hinge(p, t, reduction='sum')", {"p": [0.5, 2.0, 0.5, -2.0], "t": T}, (2, [-1, 0, 1, 0])),
        ("squared_hinge(p, t, reduction='sum')", {"p": [0.5, 2.0, 0.5, -2.0], "t": T}, (2.5, [-1, 0, 3, 0])),
        ("multi_margin_loss(z, t)", {"z": [4.0, 2.0, 3.5, 4.25], "t": 0}, (0.4375, [-0.5, 0, 0.25, 0.25])),
        ("multi_margin_loss(z, t, reduction='sum')", {"z": [[1.0, 0.5], [0.0, 4.0]], "t": [0, 1]}, (0.25, None)),
        # At the margin: nothing is lost, and the slope is a convention.
        ("hinge(p, t)", {"p": [1.0], "t": [1]}, (0, [-1])),
        ("squared_hinge(p, t)", {"p": [1.0], "t": [1]}, (0, [0])),
        ("multi_margin_loss(z, t)", {"z": [2.0, 1.0], "t": 0}, (0, [0, 0])),
    ],
)
def test_what_is_lost_is_what_is_missing(expression: str, inputs: Any, expected: Any) -> None:
    total, slope = expected
    found = lost(expression, **inputs)
    assert found[0] == total
    assert slope is None or found[1] == slope


def test_labels_the_other_way_round_are_noticed() -> None:
    p = [0.5, 2.0, 0.5, -2.0]
    for name in ("hinge", "squared_hinge", "hinge_embedding_loss"):
        assert lost(f"{name}(p, t)", p=p, t=T) != lost(f"{name}(p, t)", p=p, t=T[::-1])


@pytest.mark.parametrize(
    ("expression", "t", "message"),
    [
        ("hinge(z[0], t)", [1, 2], "labels of hinge are 1 or -1"),
        ("hinge(z, t)", [1, -1], r"hinge of shapes \[\(2, 2\), \(2,\)\], which must be equal"),
        ("multi_margin_loss(z, t)", [0, 2], "there is no index 2 from 0 to 1"),
        ("multi_margin_loss(stack(z), t)", [[0, 1]], r"multi_margin_loss takes \(N, C\) or \(C,\), not \(1, 2, 2\)"),
    ],
)
def test_what_is_no_label_is_refused(expression: str, t: Any, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        build(f"L = {expression}", {"z": [[1.0, 2.0], [3.0, 4.0]], "t": t})


def test_embeddings_at_right_angles_lose_nothing_or_all() -> None:
    axes = {"a": [[2.0, 0.0], [0.0, 4.0]], "b": [[0.0, 3.0], [0.5, 0.0]]}
    assert lost("cosine_embedding_loss(a, b, t)", **axes, t=[1, 1])[0] == 1
    assert lost("cosine_embedding_loss(a, b, t)", **axes, t=[-1, -1])[0] == 0
    assert lost("cosine_embedding_loss(a, b, t, reduction='sum')", **axes, t=[1, -1])[0] == 1


def test_a_negative_beyond_the_margin_loses_nothing() -> None:
    """Distances are 5 and 10: what is missing are the margin less 5."""
    points = {"a": [[0.0, 0.0]], "p": [[3.0, 4.0]], "n": [[6.0, 8.0]]}
    assert lost("triplet_margin_loss(a, p, n, margin=4, eps=0)", **points)[0] == 0
    assert lost("triplet_margin_loss(a, p, n, margin=7, eps=0)", **points)[0] == 2
    swapped = {**points, "p": points["n"], "n": points["p"]}
    assert lost("triplet_margin_loss(a, p, n, margin=4, eps=0)", **swapped)[0] == 9
