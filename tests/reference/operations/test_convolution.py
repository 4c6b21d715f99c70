"""The convolution against its definition as a sum, written out entry by entry."""

from itertools import product

import numpy as np
import pytest

from gradproof.reference.operations.convolution import conv2d, convolution

WHOLE = np.random.default_rng(0)

conv1d = convolution(1)[0]


def integers(*shape: int) -> np.ndarray:
    """Whole numbers, whose sums of products are exact."""
    return WHOLE.integers(-9, 10, shape).astype(float)


def by_definition(
    x: np.ndarray, w: np.ndarray, stride: int, padding: int, dilation: int = 1, groups: int = 1
) -> np.ndarray:
    """y[n, o, a, b] = sum over c, i, j of w[o, c, i, j] x[n, c', s a + d i - p, s b + d j - p], x being 0 outside.

    c' is channel c of the group that output o is in.
    """
    (samples, _, height, width), (outputs, channels, rows, columns) = x.shape, w.shape
    down = (height + 2 * padding - dilation * (rows - 1) - 1) // stride + 1
    across = (width + 2 * padding - dilation * (columns - 1) - 1) // stride + 1
    y = np.zeros((samples, outputs, down, across))
    for n, o, a, b, c, i, j in product(*map(range, (*y.shape, channels, rows, columns))):
        row, column = stride * a + dilation * i - padding, stride * b + dilation * j - padding
        if 0 <= row < height and 0 <= column < width:
            y[n, o, a, b] += w[o, c, i, j] * x[n, o // (outputs // groups) * channels + c, row, column]
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


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 2, 2), (2, 1, 2), (2, 3, 3)])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_dilation_groups_and_channels_last(stride: int, padding: int, dilation: int, groups: int) -> None:
    image, kernel, bias = integers(2, 4, 7, 6), integers(4, 4 // groups, 2, 3), integers(4)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = by_definition(image, kernel, **how) + bias[:, None, None]
    np.testing.assert_array_equal(conv2d(image, kernel, bias, **how), expected)
    last = conv2d(np.moveaxis(image, 1, -1), np.transpose(kernel, (2, 3, 1, 0)), bias, **how, data_format="NHWC")
    np.testing.assert_array_equal(last, np.moveaxis(expected, 1, -1))
    row = conv2d(
        image[:, :, :1], kernel[:, :, :1], bias, stride=stride, padding=(0, padding), dilation=dilation, groups=groups
    )
    np.testing.assert_array_equal(conv1d(image[:, :, 0], kernel[:, :, 0], bias, **how), row[:, :, 0])


@pytest.mark.parametrize(
    ("length", "size", "stride", "dilation", "before", "behind"),
    [
        (4, 3, 1, 1, 1, 1),
        (4, 2, 1, 1, 0, 1),
        (5, 3, 2, 1, 1, 1),
        (6, 3, 2, 1, 0, 1),
        (5, 2, 2, 3, 1, 2),
        (4, 1, 3, 1, 0, 0),
    ],
)
def test_same_puts_an_odd_zero_behind(
    length: int, size: int, stride: int, dilation: int, before: int, behind: int
) -> None:
    x, w, how = integers(1, 1, length), integers(1, 1, size), {"stride": stride, "dilation": dilation}
    got = conv1d(x, w, padding="same", **how)
    assert got.shape[-1] == -(-length // stride)
    np.testing.assert_array_equal(got, conv1d(np.pad(x, ((0, 0), (0, 0), (before, behind))), w, padding="valid", **how))


@pytest.mark.parametrize(
    ("x", "w", "how", "message"),
    [
        ((1, 3, 4, 4), (2, 2, 2, 2), {"groups": 2}, "2 groups cannot share 3 channels and 2 outputs alike"),
        ((1, 4, 4, 4), (3, 2, 2, 2), {"groups": 2}, "2 groups cannot share 4 channels and 3 outputs alike"),
        ((1, 4, 4, 4), (2, 4, 2, 2), {"groups": 2}, "x has 4 channels, and w is for 8"),
        ((1, 1, 4, 4), (1, 1, 3, 2), {"dilation": (2, 1)}, r"a kernel \(3, 2\) does not fit"),
        ((1, 1, 4, 4), (1, 1, 2, 2), {"stride": (1, 1, 1)}, "stride must be one number, or 2"),
        ((1, 1, 4, 4), (1, 1, 2, 2), {"padding": "full"}, "padding must be numbers, 'same' or 'valid'"),
        ((1, 1, 4, 4), (1, 1, 2, 2), {"data_format": "NWC"}, "data_format must be 'NCHW' or 'NHWC'"),
        ((1, 4, 4), (1, 2, 2), {}, "it takes x"),
    ],
)
def test_what_does_not_fit_is_refused(
    x: tuple[int, ...], w: tuple[int, ...], how: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        conv2d(integers(*x), integers(*w), **how)


def test_the_kernel_is_not_flipped() -> None:
    np.testing.assert_array_equal(conv2d(np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 8.0]])), [[17, 34]])
