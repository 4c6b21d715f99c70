"""The convolution transposed: it spreads each entry of x over a kernel's width, and adds up what meets.

    y[n, o, s a + d i - p, s b + d j - p] += w[c, o, i, j] * x[n, c, a, b]

That is what a convolution with the same w gives back to its images (Dumoulin and Visin 2016, "A guide to convolution
arithmetic for deep learning", chapter 4). Names and attributes are those of torch.nn.functional; `output_padding` says
which of the lengths it is from which such a convolution comes to that of x.
"""

import math
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.convolution import (
    FORMATS,
    Groups,
    Steps,
    bias_rule,
    channels_second,
    is_last,
    shape_of,
)
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
from gradproof.reference.operations.windows import each

Numbers = Annotated[int | tuple[int, ...], AtLeast(0)]


def laid_under(
    x: Shape, w: Shape, b: Shape | None, *, output_padding: Any, data_format: str, axes: int, **attributes: Any
) -> tuple[Laid, Shape]:
    """How w is laid on the result, and the lengths of that; with one axis of places, it is an image of one row.

    Raises ValueError where the shapes of x, w and b do not fit each other, or the attributes.
    """
    if len(x) != axes + 2:
        raise ValueError(f"x must have {axes + 2} axes: samples, channels, places")
    (_, c, *places), (o, inner, *kernel) = channels_second(x, w, axes, data_format)
    how = laid(tuple(places), tuple(kernel), **attributes)
    more = (*(0,) * (2 - axes), *each(output_padding, axes, "output_padding", 0))
    if c != o or c % how.groups:
        raise ValueError(f"x has {c} channels, and w is for {o} in {how.groups} groups")
    if any(extra >= stride for extra, stride in zip(more, how.strides, strict=True)):
        raise ValueError("output_padding must be less than stride")
    far = zip((1, *places)[-2:], how.strides, how.borders, how.reach((1, *kernel)[-2:]), more, strict=True)
    lengths = tuple((n - 1) * stride - sum(border) + reach + 1 + extra for n, stride, border, reach, extra in far)
    if min(lengths) < 1:
        raise ValueError("nothing is left of the result within its padding")
    if b is not None and b != (inner * how.groups,):
        raise ValueError(f"the bias must have shape {(inner * how.groups,)}, one entry for each output channel")
    return how, lengths


def transposed(axes: int) -> tuple[Any, Rule, Rule, Rule]:
    """x (N, C, ...) spread out with w (C, O / groups, ...), plus b (O,) if there is one; and the rules of these."""

    def forward(
        x: Array,
        w: Array,
        b: Array = None,
        *,
        stride: Steps = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        dilation: Steps = 1,
        groups: Groups = 1,
        data_format: Annotated[str, FORMATS[axes]] = FORMATS[axes][0],
    ) -> Array:
        how, lengths = laid_under(
            np.shape(x), np.shape(w), shape_of(b), stride=stride, padding=padding, output_padding=output_padding,
            dilation=dilation, groups=groups, data_format=data_format, axes=axes,
        )  # fmt: skip
        last = is_last(data_format, axes)
        y = back_to_images(as_images(x, last), as_kernels(w, last), how, lengths)
        return from_images(y if b is None else y + np.reshape(b, (-1, 1, 1)), np.ndim(x), last)

    def input_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, **attributes: Any) -> Array:
        last = is_last(attributes["data_format"], axes)
        how, _ = laid_under(np.shape(x), np.shape(w), None, **attributes, axes=axes)
        return from_images(correlate(as_images(g, last), as_kernels(w, last), how), np.ndim(x), last)

    def kernel_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, **attributes: Any) -> Array:
        last = is_last(attributes["data_format"], axes)
        how, _ = laid_under(np.shape(x), np.shape(w), None, **attributes, axes=axes)
        shape = np.shape(as_kernels(w, last))
        return from_kernels(back_to_kernels(as_images(x, last), as_images(g, last), how, shape), np.ndim(w), last)

    return forward, input_rule, kernel_rule, bias_rule(axes)


def counted(axes: int, number: int) -> Any:
    """The entries of the result, or one of the other `sizes` of the convolution that leads back from it."""

    def count(x: Shape, w: Shape, b: Shape | None = None, **attributes: Any) -> int:
        how, lengths = laid_under(x, w, b, **attributes, axes=axes)
        (n, *_), (c, inner, *kernel) = channels_second(x, w, axes, attributes["data_format"])
        outputs, one = inner * how.groups, (1,) * (2 - axes)
        if number == 0:
            return n * outputs * math.prod(lengths)
        return sizes((n, outputs, *lengths), (c, inner, *one, *kernel), how)[number]

    return count


SCENARIOS = {
    1: (
        ("", 0, "", (2, 2, 3), (2, 3, 2)),
        (", b", 2, ", stride=2, padding=1, output_padding=1", (1, 2, 3), (2, 2, 3)),
        (", b", 4, ", stride=2, groups=2, dilation=2", (1, 2, 3), (2, 2, 2)),
        (", b", 3, ", stride=3, data_format='NWC'", (2, 2, 2), (2, 3, 2)),
    ),
    2: (
        ("", 0, "", (2, 2, 2, 3), (2, 3, 2, 2)),
        (", b", 2, ", stride=2", (1, 2, 2, 3), (2, 2, 2, 2)),
        (", b", 1, ", stride=2, padding=1, output_padding=1", (1, 2, 3, 2), (2, 1, 3, 3)),
        ("", 0, ", stride=(3, 1), padding=(0, 2), output_padding=(2, 0)", (2, 1, 2, 3), (1, 2, 2, 3)),
        (", b", 2, ", dilation=(1, 2), padding=1", (1, 2, 3, 2), (2, 2, 2, 3)),
        (", b", 4, ", stride=2, groups=2", (1, 2, 2, 2), (2, 2, 3, 2)),
        ("", 0, ", stride=3", (1, 2, 2, 2), (2, 2, 2, 1)),  # a kernel that leaves gaps
        ("", 0, ", padding=2", (1, 1, 4, 5), (1, 2, 2, 2)),  # more padding than the kernel reaches
        (", b", 3, ", stride=2, padding=1, data_format='NHWC'", (1, 2, 3, 2), (3, 3, 3, 2)),
    ),
}
"""A bias and its length, attributes, and the shapes of x and w."""

for _axes, _of_them in SCENARIOS.items():
    _rows = [
        Scenario(f"conv_transpose{_axes}d(x, w{b}{attributes})", {"x": x, "w": w} | ({"b": (outputs,)} if b else {}))
        for b, outputs, attributes, x, w in _of_them
    ]
    define(
        f"conv_transpose{_axes}d",
        *transposed(_axes),
        size=counted(_axes, 0),
        patches=counted(_axes, 1),
        products=counted(_axes, 2),
        scenarios=_rows,
    )
