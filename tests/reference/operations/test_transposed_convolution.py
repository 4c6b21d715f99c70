"""The transposed convolution against its definition, and against what a convolution gives back."""

from itertools import product

import numpy as np
import pytest

from gradproof.reference.operations.convolution import convolution
from gradproof.reference.operations.transposed_convolution import transposed

WHOLE = np.random.default_rng(0)

conv_transpose1d, conv_transpose2d = (transposed(axes)[0] for axes in (1, 2))


def integers(*shape: int) -> np.ndarray:
    """Whole numbers, whose sums of products are exact."""
    return WHOLE.integers(-9, 10, shape).astype(float)


def by_definition(
    x: np.ndarray, w: np.ndarray, stride: int, padding: int, output_padding: int, dilation: int, groups: int
) -> np.ndarray:
    """Each entry of x adds w times itself around its place; the padding is cut off in the end."""
    (samples, channels, height, width), (_, outputs, rows, columns) = x.shape, w.shape
    down, across = (
        (n - 1) * stride + dilation * (k - 1) + 1 + output_padding for n, k in ((height, rows), (width, columns))
    )
    y = np.zeros((samples, outputs * groups, down, across))
    for n, c, a, b, o, i, j in product(*map(range, (samples, channels, height, width, outputs, rows, columns))):
        group = c // (channels // groups)
        place = (n, group * outputs + o, stride * a + dilation * i, stride * b + dilation * j)
        y[place] += w[c, o, i, j] * x[n, c, a, b]
    return y[:, :, padding : down - padding, padding : across - padding]


@pytest.mark.parametrize(("stride", "padding", "output_padding"), [(1, 0, 0), (2, 1, 1), (3, 2, 2), (3, 0, 1)])
@pytest.mark.parametrize(("dilation", "groups"), [(1, 1), (2, 1), (1, 2), (3, 4)])
def test_the_definition(stride: int, padding: int, output_padding: int, dilation: int, groups: int) -> None:
    x, w, bias = integers(2, 4, 3, 4), integers(4, 3, 2, 3), integers(3 * groups)
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = by_definition(x, w, **how, output_padding=output_padding)
    how["output_padding"] = output_padding
    np.testing.assert_array_equal(conv_transpose2d(x, w, **how), expected)
    with_bias = expected + bias[:, None, None]
    last = conv_transpose2d(np.moveaxis(x, 1, -1), np.transpose(w, (2, 3, 1, 0)), bias, **how, data_format="NHWC")
    np.testing.assert_array_equal(last, np.moveaxis(with_bias, 1, -1))
    signal = x[:, :, 0], w[:, :, 0]
    row = {**how, "padding": (0, padding), "output_padding": (0, output_padding), "stride": (1, stride)}
    alike = conv_transpose2d(x[:, :, :1], w[:, :, :1], bias, **row)
    np.testing.assert_array_equal(conv_transpose1d(*signal, bias, **how), alike[:, :, 0])


def test_it_is_what_a_convolution_gives_back() -> None:
    """<conv(y), x> = <y, transposed(x)> for all x and y: in whole numbers, exactly."""
    how = {"stride": (2, 3), "padding": (1, 0), "dilation": (1, 2), "groups": 2}
    x, w = integers(2, 4, 3, 2), integers(4, 3, 3, 2)
    spread = conv_transpose2d(x, w, output_padding=(1, 2), **how)
    y = integers(*spread.shape)
    assert np.vdot(convolution(2)[0](y, w, **how), x) == np.vdot(y, spread)


@pytest.mark.parametrize(
    ("x", "w", "how", "message"),
    [
        ((1, 2, 3, 3), (3, 2, 2, 2), {}, "x has 2 channels, and w is for 3 in 1 groups"),
        ((1, 3, 3, 3), (3, 2, 2, 2), {"groups": 2}, "x has 3 channels, and w is for 3 in 2 groups"),
        (
            (1, 1, 3, 3),
            (1, 1, 2, 2),
            {"stride": (3, 2), "output_padding": 2},
            "output_padding must be less than stride",
        ),
        ((1, 1, 2, 2), (1, 1, 2, 2), {"padding": 2}, "nothing is left"),
        ((2, 2), (2, 2), {}, "x must have 4 axes"),
    ],
)
def test_what_does_not_fit_is_refused(
    x: tuple[int, ...], w: tuple[int, ...], how: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        conv_transpose2d(integers(*x), integers(*w), **how)


def test_a_bias_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the bias must have shape \(4,\)"):
        conv_transpose2d(integers(1, 2, 3, 3), integers(2, 2, 2, 2), integers(2), groups=2)
