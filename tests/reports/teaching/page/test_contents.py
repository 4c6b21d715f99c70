"""The numbers at the nodes."""

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.lessons import lessons
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients, values
from gradproof.reports.teaching.page.contents import LISTED, boxes, in_full, lines


@pytest.mark.parametrize("name", lessons())
def test_values_and_gradients_are_those_of_the_sweep(name: str) -> None:
    network = load(lessons()[name])
    reading = truth("float64")
    read = values(network, reading)
    swept = gradients(network, reading, network.names)
    found = boxes(network)
    assert [box.name for box in found] == list(network.names)
    for box in found:
        np.testing.assert_array_equal(box.value, read[network.index(box.name)].astype(float))
        if box.gradient is None:
            assert not np.any(swept[box.name])
        else:
            assert np.shape(box.gradient) == np.shape(box.value)
            np.testing.assert_array_equal(box.gradient, swept[box.name].astype(float))


def test_few_digits_a_row_a_line() -> None:
    assert lines(0.123456) == ["0.1235"]
    assert lines(-0.0) == ["0"]
    assert lines(np.array([1.0, -0.25])) == ["[1 -0.25]"]
    assert lines(np.array([[1.0, -0.25], [10, 3]])) == ["[ 1 -0.25]", "[10     3]"]


def test_large_arrays_by_shape_and_range() -> None:
    assert lines(np.arange(50.0).reshape(5, 10)) == ["5×10", "0 … 49"]
    assert lines(np.zeros((2, 2, 2))) == ["2×2×2", "all 0"]
    assert lines(np.zeros((0, 3))) == ["0×3", "empty"]
    assert lines(np.full(9, np.nan)) == ["9", "9 not finite"]


def test_all_digits_in_the_table() -> None:
    assert in_full(np.float64(0.1)) == "0.1"
    assert in_full(np.array([0.1, 2])) == "[0.1, 2.0]"
    assert in_full(np.eye(2)) == "[[1.0, 0.0],\n [0.0, 1.0]]"
    assert in_full(np.ones((1, 1, 2))) == "[[[1.0, 1.0]]]"
    assert in_full(np.zeros(LISTED + 1)) == f"{LISTED + 1} all 0"
