"""The convolution against its definition as a sum, written out entry by entry."""

from itertools import product

import numpy as np
import pytest

from gradproof.reference.operations.convolution import conv2d

WHOLE = np.random.default_rng(0)


def integers(*shape: int) -> np.ndarray:
    """Whole numbers, whose sums of products are exact."""
    return WHOLE.integers(-9, 10, shape).astype(float)


def by_definition(x: np.ndarray, w: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """y[n, o, a, b] = sum over c, i, j of w[o, c, i, j] x[n, c, s a + i - p, s b + j - p], x being 0 outside."""
    (samples, channels, height, width), (outputs, _, rows, columns) = x.shape, w.shape
    down = (height + 2 * padding - rows) // stride + 1
    across = (width + 2 * padding - columns) // stride + 1
    y = np.zeros((samples, outputs, down, across))
    for n, o, a, b, c, i, j in product(*map(range, (*y.shape, channels, rows, columns))):
        row, column = stride * a + i - padding, stride * b + j - padding
        if 0 <= row < height and 0 <= column < width:
            y[n, o, a, b] += w[o, c, i, j] * x[n, c, row, column]
    return y


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize(("x", "w"), [((2, 3, 5, 4), (2, 3, 2, 3)), ((1, 1, 3, 7), (3, 1, 1, 1))])
def test_the_definition(x: tuple[int, ...], w: tuple[int, ...], stride: int, padding: int) -> None:
    image, kernel, bias = integers(*x), integers(*w), integers(w[0])
    expected = by_definition(image, kernel, stride, padding)
    np.testing.assert_array_equal(conv2d(image, kernel, stride=stride, padding=padding), expected)
    with_bias = conv2d(image, kernel, bias, stride=stride, padding=padding)
    np.testing.assert_array_equal(with_bias, expected + bias[:, None, None])
    alone = conv2d(image[0, 0], kernel[0, 0], stride=stride, padding=padding)
    one = by_definition(image[:1, :1], kernel[:1, :1], stride, padding)
    np.testing.assert_array_equal(alone, one[0, 0])


def test_the_kernel_is_not_flipped() -> None:
    np.testing.assert_array_equal(conv2d(np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 8.0]])), [[17, 34]])
