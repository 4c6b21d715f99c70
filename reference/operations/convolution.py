"""The convolution of deep learning, which is a cross-correlation: the kernel is not flipped (see `correlation`).

Names and attributes are those of torch.nn.functional, `data_format` is TensorFlow's. The bias is the first term of the
sum: frameworks add the products to it, so that a large bias costs digits at every step.
"""

from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.correlation import (
    Laid,
    as_images,
    as_kernels,
    back_to_images,
    back_to_kernels,
    correlate,
    from_images,
    from_kernels,
    laid,
    sizes,
)
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import Rule, Scenario, define

Steps = Annotated[int | tuple[int, ...], AtLeast(1)]
Padding = Annotated[int | tuple[int, ...] | str, AtLeast(0)]
Groups = Annotated[int, AtLeast(1)]

FORMATS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC")}
"""Where channels are, by the axes of places: second, kernels being (O, C, ...), or last, kernels being (..., C, O)."""

TAKES = {
    1: "x (N, C, L) and w (O, C, K)",
    2: "x (N, C, H, W) and w (O, C, Kh, Kw), or one image (H, W) and one kernel (Kh, Kw)",
}


def is_last(data_format: str, axes: int) -> bool:
    """Whether channels are the last axis. Raises ValueError for another text."""
    if data_format not in FORMATS[axes]:
        raise ValueError(f"data_format must be {' or '.join(map(repr, FORMATS[axes]))}")
    return data_format == FORMATS[axes][1]


def channels_second(x: Shape, w: Shape, axes: int, data_format: str) -> tuple[Shape, Shape]:
    """The shapes of x and w as (N, C, ...) and (O, C / groups, ...). Raises ValueError for other ranks."""
    if len(x) != len(w) or (len(x) != axes + 2 and not len(x) == axes == 2):
        raise ValueError(f"it takes {TAKES[axes]}")
    if len(x) == axes:
        return (1, 1, *x), (1, 1, *w)
    if is_last(data_format, axes):
        return (x[0], x[-1], *x[1:-1]), (w[-1], w[-2], *w[:-2])
    return x, w


def laid_over(
    x: Shape, w: Shape, b: Shape | None, *, stride: Any, padding: Any, dilation: Any, groups: int, data_format: str,
    axes: int,
) -> Laid:  # fmt: skip
    """How w is laid on x. Raises ValueError where their shapes do not fit each other, that of b, or the attributes."""
    (_, c, *image), (o, inner, *kernel) = channels_second(x, w, axes, data_format)
    how = laid(tuple(image), tuple(kernel), stride, padding, dilation, groups)
    if c % groups or o % groups:
        raise ValueError(f"{groups} groups cannot share {c} channels and {o} outputs alike")
    if c != inner * groups:
        raise ValueError(f"x has {c} channels, and w is for {inner * groups}")
    if min(how.places((1, *image)[-2:], (1, *kernel)[-2:])) < 1:
        raise ValueError(f"a kernel {tuple(kernel)} does not fit into an image {tuple(image)} with padding {padding}")
    if b is not None and len(x) == axes:
        raise ValueError("a bias is for images with channels; add it to the result")
    if b is not None and b != (o,):
        raise ValueError(f"the bias must have shape {(o,)}, one entry for each output channel")
    return how


def shape_of(b: Array) -> Shape | None:
    """The shape of a bias, if there is one."""
    return None if b is None else np.shape(b)


def convolution(axes: int) -> tuple[Any, Rule, Rule, Rule]:
    """x with w, plus b (O,) if there is one, over so many axes of places; and the rules of these."""

    def forward(
        x: Array,
        w: Array,
        b: Array = None,
        *,
        stride: Steps = 1,
        padding: Padding = 0,
        dilation: Steps = 1,
        groups: Groups = 1,
        data_format: Annotated[str, FORMATS[axes]] = FORMATS[axes][0],
    ) -> Array:
        how = laid_over(
            np.shape(x), np.shape(w), shape_of(b), stride=stride, padding=padding, dilation=dilation, groups=groups,
            data_format=data_format, axes=axes,
        )  # fmt: skip
        last = is_last(data_format, axes)
        return from_images(correlate(as_images(x, last), as_kernels(w, last), how, b), np.ndim(x), last)

    def input_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, **attributes: Any) -> Array:
        last = is_last(attributes["data_format"], axes)
        how = laid_over(np.shape(x), np.shape(w), None, **attributes, axes=axes)
        *_, rows, columns = np.shape(as_images(x, last))
        back = back_to_images(as_images(g, last), as_kernels(w, last), how, (rows, columns))
        return from_images(back, np.ndim(x), last)

    def kernel_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, **attributes: Any) -> Array:
        last = is_last(attributes["data_format"], axes)
        how = laid_over(np.shape(x), np.shape(w), None, **attributes, axes=axes)
        shape = np.shape(as_kernels(w, last))
        return from_kernels(back_to_kernels(as_images(g, last), as_images(x, last), how, shape), np.ndim(w), last)

    return forward, input_rule, kernel_rule, bias_rule(axes)


def bias_rule(axes: int) -> Rule:
    """The rule of a bias: the cotangent, summed over samples and places."""

    def rule(g: Array, y: Array, x: Array, w: Array, b: Array, *, data_format: str, **attributes: Any) -> Array:
        return np.sum(as_images(g, is_last(data_format, axes)), axis=(0, 2, 3))

    return rule


def counted(axes: int, number: int) -> Any:
    """One of the `sizes` of a convolution over so many axes, by its operands' shapes."""

    def count(x: Shape, w: Shape, b: Shape | None = None, *, data_format: str, **attributes: Any) -> int:
        (n, c, *image), (o, inner, *kernel) = channels_second(x, w, axes, data_format)
        how = laid(tuple(image), tuple(kernel), **attributes)
        one = (1,) * (2 - axes)
        return sizes((n, c, *one, *image), (o, inner, *one, *kernel), how)[number]

    return count


SCENARIOS = {
    1: (
        ("", "", (2, 2, 5), (3, 2, 2)),
        (", b", ", stride=2, padding=2", (1, 2, 5), (2, 2, 3)),
        (", b", ", dilation=2, groups=2", (2, 4, 6), (2, 2, 3)),
        ("", ", padding='same', stride=3, dilation=2", (1, 2, 6), (2, 2, 2)),
        (", b", ", padding=1, data_format='NWC'", (2, 4, 3), (2, 3, 2)),
    ),
    2: (
        ("", "", (4, 5), (2, 3)),
        ("", "", (3, 2), (3, 2)),
        ("", ", stride=2", (6, 4), (3, 3)),
        ("", ", padding=2", (2, 3), (2, 2)),
        ("", ", stride=3, padding=1", (6, 5), (2, 3)),
        ("", ", padding=1", (1, 1), (3, 3)),
        ("", "", (2, 2, 3, 4), (3, 2, 2, 2)),
        (", b", "", (2, 3, 3, 3), (2, 3, 2, 1)),
        (", b", ", padding=1", (1, 2, 3, 3), (2, 2, 3, 3)),
        (", b", ", stride=2, padding=1", (2, 1, 4, 5), (3, 1, 3, 2)),
        ("", ", stride=2", (1, 2, 3, 3), (2, 2, 1, 1)),
        ("", ", stride=(2, 1), padding=(0, 2), dilation=(1, 2)", (1, 2, 4, 3), (2, 2, 2, 3)),
        (", b", ", padding=2, dilation=2, groups=2", (2, 4, 3, 3), (4, 2, 3, 2)),
        (", b", ", padding=1, groups=2", (2, 2, 3, 3), (4, 1, 2, 3)),  # depthwise, two outputs for each channel
        ("", ", stride=2, dilation=2, groups=3", (1, 3, 5, 4), (3, 1, 2, 2)),
        (", b", ", padding='same'", (1, 2, 3, 4), (2, 2, 2, 3)),
        ("", ", padding='same', stride=2", (1, 1, 4, 5), (2, 1, 3, 2)),
        ("", ", padding='valid'", (3, 3), (2, 2)),
        (", b", ", stride=2, padding=1, data_format='NHWC'", (2, 4, 3, 2), (3, 2, 2, 3)),
        ("", ", padding='same', groups=2, data_format='NHWC'", (1, 3, 2, 4), (2, 2, 2, 2)),
    ),
}
"""A bias, attributes, and the shapes of x and w."""

for _axes, _of_them in SCENARIOS.items():
    _rows = [
        Scenario(
            f"conv{_axes}d(x, w{b}{attributes})",
            {"x": x, "w": w} | ({"b": (w[-1 if "C'" in attributes else 0],)} if b else {}),
        )
        for b, attributes, x, w in _of_them
    ]
    define(
        f"conv{_axes}d",
        *convolution(_axes),
        size=counted(_axes, 0),
        patches=counted(_axes, 1),
        products=counted(_axes, 2),
        scenarios=_rows,
    )

conv2d = convolution(2)[0]
"""The convolution of images."""
