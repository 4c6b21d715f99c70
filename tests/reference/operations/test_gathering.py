"""What is chosen, and where it goes back to, by numbers that are exact."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.operations.gathering import added, embedding, embedding_rule, gathered, places
from gradproof.reference.readings.balls import balls, precision
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.readings.rounded import rounded
from gradproof.reference.sweep import gradients

X = [[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]]


@pytest.mark.parametrize(
    ("expression", "i", "expected"),
    [
        ("take(x, i)", [2, 0, 2], [[1, 1], [0, 0], [2, 2]]),
        ("take(x, i, axis=-1)", [1, 1], [[0, 2], [0, 2], [0, 2]]),
        ("take(x, i)", 1, [[0, 0], [1, 1], [0, 0]]),
        ("take_along_axis(x, i)", [[1], [0], [1]], [[0, 1], [1, 0], [0, 1]]),
        ("take_along_axis(x, i, axis=0)", [[2, 0], [2, 2]], [[0, 1], [0, 0], [2, 1]]),
        ("embedding(i, x)", [[0, 0], [0, 2]], [[3, 3], [0, 0], [1, 1]]),
        ("embedding(i, x, padding_idx=0)", [[0, 0], [0, 2]], [[0, 0], [0, 0], [1, 1]]),
        ("embedding(i, x, padding_idx=1)", [0, 2], [[1, 1], [0, 0], [1, 1]]),
    ],
)
def test_each_entry_gets_as_much_as_was_taken_of_it(expression: str, i: Any, expected: Any) -> None:
    network = build(f"L = sum({expression})", {"x": X, "i": i})
    for reading in (value("float32"), truth("float64")):
        np.testing.assert_array_equal(gradients(network, reading)["x"], expected)
    assert gradients(network, value("float32"))["x"].dtype == np.float32
    for carried in (rounded("float32"), *draws("float32", None, 2)):
        np.testing.assert_array_equal(gradients(network, carried)["x"].value, expected)
    with precision(64):
        np.testing.assert_array_equal(gradients(network, balls("float32"))["x"].value.astype(float), expected)


def test_each_side_of_a_choice_gets_its_own() -> None:
    network = build(
        "L = sum(where(m, a, b) * x)", {"m": [True, False, True], "a": [1.0, 2.0, 4.0], "b": 3.0, "x": [8, 16, 32]}
    )
    found = gradients(network, truth("float32"))
    np.testing.assert_array_equal(found["a"], [8, 0, 32])
    np.testing.assert_array_equal(found["b"], 16)
    np.testing.assert_array_equal(found["x"], [1, 3, 4])


def test_what_is_added_is_the_transpose_of_what_is_gathered() -> None:
    draw = np.random.default_rng(0)
    for shape, count in (((4, 3), 20), ((5,), 3), ((1,), 6)):
        x, at = draw.integers(-9, 9, shape).astype(float), draw.choice(places(shape).ravel(), count)
        g = draw.integers(-9, 9, count).astype(float)
        assert np.sum(gathered(x, at) * g) == np.sum(x * added(g, at, shape))


def test_what_is_infinite_stays_in_its_row() -> None:
    g = np.array([[np.inf, 1.0], [1.0, 2.0], [4.0, 8.0]])
    np.testing.assert_array_equal(added(g[:, 0], np.array([1, 0, 0]), (3,)), [5, np.inf, 0])


def test_padding_keeps_the_row_and_what_it_gives() -> None:
    i, W = np.array([0, 1, 1]), np.array(X)
    np.testing.assert_array_equal(embedding(i, W, padding_idx=1), W[i])
    g = np.ones((3, 2))
    padded, plain = (embedding_rule(g, None, i, W, padding_idx=index) for index in (1, None))
    np.testing.assert_array_equal(padded, plain * np.array([[1], [0], [1]]))
    assert plain[1].all()


@pytest.mark.parametrize(
    ("expression", "i", "message"),
    [
        ("take(x, i)", [0, 3], "there is no index 3 from 0 to 2"),
        ("take(x, i)", [-1], "there is no index -1 from 0 to 2"),
        ("take(x, i, axis=2)", [0], "take does not fit operands"),
        ("take_along_axis(x, i)", [0], "the indices have 1 axes, and what is taken from 2"),
        ("take_along_axis(x, i)", [[0], [0]], "does not fit operands of shape"),
        ("embedding(i, x)", [3], "there is no index 3 from 0 to 2"),
        ("embedding(i, x, padding_idx=3)", [0], "there is no index 3 from 0 to 2"),
        ("embedding(i, x[0])", [0], "W has 1 axes, not 2"),
    ],
)
def test_an_index_that_is_none_is_refused_before_anything_runs(expression: str, i: Any, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        build(f"L = sum({expression})", {"x": X, "i": i})
