"""Pooling against its definition, window by window, and its ties."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.operations.adaptive_pooling import adaptive_avg, adaptive_max
from gradproof.reference.operations.pooling import avg_pool, max_pool
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients

MAX, AVG = max_pool(2)[0], avg_pool(2)[0]

IMAGE = np.random.default_rng(0).permutation(2 * 2 * 7 * 5).reshape(2, 2, 7, 5).astype(float)


def starts(length: int, size: int, stride: int, padding: int, ceil_mode: bool) -> list[int]:
    """Where windows begin: within the padding before and x; whole ones, or with ceil_mode also cut off ones."""
    every = range(-padding, length if padding == 0 else length + padding, stride)
    fitting = [start for start in every if start + size <= length + padding]
    if ceil_mode and fitting[-1] + size < length + padding and fitting[-1] + stride < length:
        fitting.append(fitting[-1] + stride)
    return fitting


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("size", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (2, 3, 0), (3, 1, 1), (4, 3, 2)])
def test_the_definition(size: int, stride: int, padding: int, ceil_mode: bool) -> None:
    rows, columns = (starts(n, size, stride, padding, ceil_mode) for n in (7, 5))
    most, mean, whole = (np.zeros((2, 2, len(rows), len(columns))) for _ in range(3))
    for (a, row), (b, column) in product(enumerate(rows), enumerate(columns)):
        seen = IMAGE[:, :, max(row, 0) : row + size, max(column, 0) : column + size]
        most[:, :, a, b], mean[:, :, a, b] = seen.max(axis=(2, 3)), seen.mean(axis=(2, 3))
        down, across = (min(start + size, n + padding) - start for start, n in ((row, 7), (column, 5)))
        whole[:, :, a, b] = seen.sum(axis=(2, 3)) / (down * across)
    how = {"kernel_size": size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    np.testing.assert_array_equal(MAX(IMAGE, **how), most)
    np.testing.assert_array_equal(AVG(IMAGE, **how, count_include_pad=False), mean)
    np.testing.assert_array_equal(AVG(IMAGE, **how), whole)


@pytest.mark.parametrize(("pool", "reduced"), [(adaptive_avg, np.mean), (adaptive_max, np.max)])
def test_windows_that_adapt_cover_everything(pool: Callable[[int], Any], reduced: Callable[..., Any]) -> None:
    """Three rows of seven, 0 to 2, 2 to 4 and 4 to 6, which overlap, and columns in two, which share the third."""
    got = pool(2)[0](IMAGE, output_size=(3, 2))
    expected = [
        [reduced(IMAGE[:, :, row : row + 3, column : column + 3], axis=(2, 3)) for column in (0, 2)]
        for row in (0, 2, 4)
    ]
    np.testing.assert_array_equal(got, np.moveaxis(np.array(expected), (0, 1), (2, 3)))
    signal = pool(1)[0](IMAGE[:, :, 0], output_size=2)
    row = np.stack([reduced(IMAGE[:, :, 0, :3], axis=2), reduced(IMAGE[:, :, 0, 2:], axis=2)], axis=-1)
    np.testing.assert_array_equal(signal, row)


def test_a_signal_is_an_image_of_one_row() -> None:
    got = max_pool(1)[0](IMAGE[:, :, 0], kernel_size=3, stride=1, padding=1)
    np.testing.assert_array_equal(got, MAX(IMAGE[:, :, :1], kernel_size=(1, 3), stride=(1, 1), padding=(0, 1))[:, :, 0])


def test_overlapping_windows_add_up_and_padding_gets_nothing() -> None:
    network = build("L = sum(max_pool1d(stack(stack(x)), kernel_size=3, stride=1, padding=1))", {"x": [1.0, 5, 2, 0]})
    np.testing.assert_array_equal(gradients(network, truth("float64"))["x"], [0, 3, 1, 0])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"padding": 2}, "at most half"),
        ({"kernel_size": (2, 2, 2)}, "kernel_size must be one number, or 2"),
        ({"kernel_size": 9}, "does not fit"),
        ({"stride": (0, 1)}, "stride must be at least 1"),
    ],
)
def test_windows_that_do_not_fit_are_refused(how: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MAX(IMAGE, **how)
