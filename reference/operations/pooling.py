"""Pooling: the largest or the mean of what a window sees of images (N, C, H, W) or signals (N, C, L), by channel.

`max_pool1d`, `max_pool2d`, `avg_pool1d`, `avg_pool2d`.
Goodfellow, Bengio and Courville 2016, section 9.3; names and attributes are those of torch.nn.functional. Over all
places it is `max` or `mean` with `axis=(2, 3)`.
"""

import math
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape, in_turn
from gradproof.reference.operations.kernels import Array, is_largest, middle
from gradproof.reference.operations.kinks import EVEN, Kink, taken
from gradproof.reference.operations.table import Algorithm, Rule, define, tried
from gradproof.reference.operations.windows import Windows, each, given_back, seen, sliding

Size = Annotated[int | tuple[int, ...], AtLeast(1)]
Step = Annotated[int | tuple[int, ...] | None, AtLeast(1)]
Padding = Annotated[int | tuple[int, ...], AtLeast(0)]


def windows(shape: Shape, axes: int, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> list[Windows]:
    """The windows along each of the last axes of x, of which there are so many besides samples and channels.

    Raises ValueError where they do not fit.
    """
    if len(shape) != axes + 2:
        raise ValueError(f"x must have {axes + 2} axes: samples, channels, places")
    sizes = each(kernel_size, axes, "kernel_size", 1)
    strides = sizes if stride is None else each(stride, axes, "stride", 1)
    borders = each(padding, axes, "padding", 0)
    if any(2 * border > size for border, size in zip(borders, sizes, strict=True)):
        raise ValueError("padding must be at most half of kernel_size")
    if any(n + 2 * border < size for n, border, size in zip(shape[2:], borders, sizes, strict=True)):
        raise ValueError(f"a window {sizes} does not fit into {shape[2:]} with padding {borders}")
    return [sliding(*along, ceil_mode) for along in zip(shape[2:], sizes, strides, borders, strict=True)]


def as_images(x: Array, along: list[Windows]) -> tuple[Array, Windows, Windows]:
    """x as images, signals being of one row, and the windows along rows and columns."""
    rows, columns = along if len(along) == 2 else (sliding(1, 1, 1, 0, False), *along)
    return np.reshape(x, (*np.shape(x)[:2], rows.length, columns.length)), rows, columns


def met_by(x: Array, along: list[Windows], outside: float) -> Array:
    """What each window meets, along a last axis that x does not have."""
    met = seen(*as_images(x, along), outside)
    return np.reshape(met, (*np.shape(x)[:2], *(len(axis.starts) for axis in along), -1))


def back(parts: Array, x: Array, along: list[Windows]) -> Array:
    """What the windows give back to x."""
    _, rows, columns = as_images(x, along)
    by_row = np.reshape(parts, (*np.shape(x)[:2], len(rows.starts), len(columns.starts), -1))
    return np.reshape(given_back(by_row, rows, columns), np.shape(x))


def largest(met: Array, sides: Any) -> Array:
    """The largest along the last axis; with `sides`, those that are taken there, if any are, in their shares."""
    if sides is None:
        return np.max(met, axis=-1)
    mixed = np.sum(np.where(sides == 0, 0, np.where(np.isinf(middle(met)), 0, met) * sides), axis=-1)
    return np.where(np.sum(sides, axis=-1) == 0, np.max(met, axis=-1), mixed)


def shared(g: Array, met: Array, at_kink: str, sides: Any) -> Array:
    """The cotangent's shares of the entries that a window met: all to the largest; equal ones share it (a kink)."""
    g = np.reshape(g, (*np.shape(g), 1))
    if sides is not None:
        return np.where(sides == 0, 0, sides * g)
    mask = is_largest(met, axis=-1)
    if at_kink != EVEN:
        return np.where(taken(mask, at_kink), g, 0)
    ones = 0 * np.where(np.isinf(middle(met)), 0, met) + 1  # so that ties are counted in the numbers of x
    return np.where(mask, g / np.sum(np.where(mask, ones, 0), axis=-1, keepdims=True), 0)


def divisors(shape: Shape, along: list[Windows], padding: Any, count_include_pad: bool) -> list[Any]:
    """How many entries each window counts along each axis: those it has on x, or also those in the padding."""
    borders = each(padding, len(along), "padding", 0)
    counts = [
        np.minimum(axis.ends, axis.length + border) - axis.starts
        if count_include_pad
        else np.minimum(axis.ends, axis.length) - np.maximum(axis.starts, 0)
        for axis, border in zip(along, borders, strict=True)
    ]
    counts = [n.astype(np.float32) for n in counts]  # exact, and no wider than what is divided by them
    return [np.reshape(n, (-1, *(1 for _ in counts[k + 1 :]))) for k, n in enumerate(counts)]


def laid_out(axes: int) -> Any:
    """How many numbers are copied out: what all windows meet."""

    def count(x: Shape, *, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, **other: Any) -> int:
        along = windows(x, axes, kernel_size, stride, padding, ceil_mode)
        sizes = each(kernel_size, axes, "kernel_size", 1)
        return math.prod(x[:2]) * math.prod(sizes) * math.prod(len(axis.starts) for axis in along)

    return count


def max_pool(axes: int) -> tuple[Rule, Rule, Kink]:
    """The largest of what each window meets, its rule and its kink, over so many axes."""

    def forward(
        x: Array,
        *,
        kernel_size: Size = 2,
        stride: Step = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        at_kink: Any = EVEN,
        sides: Any = None,
    ) -> Array:
        along = windows(np.shape(x), axes, kernel_size, stride, padding, ceil_mode)
        return largest(met_by(x, along, -np.inf), sides)

    def rule(
        g: Array, y: Array, x: Array, *,
        kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, at_kink: str, sides: Any,
    ) -> Array:  # fmt: skip
        along = windows(np.shape(x), axes, kernel_size, stride, padding, ceil_mode)
        return back(shared(g, met_by(x, along, -np.inf), at_kink, sides), x, along)

    def candidates(x: Array, **attributes: Any) -> Array:
        return met_by(x, windows(np.shape(x), axes, **attributes), -np.inf)

    return forward, rule, Kink(candidates)


def avg_pool(axes: int, by_factors: bool = False) -> tuple[Rule, Rule]:
    """The mean of what each window meets, and its rule, over so many axes.

    With `by_factors` the sum is divided by the windows' size, and multiplied by size / count of each axis.
    """

    def divided(total: Array, shape: Shape, along: list[Windows], padding: Any, count_include_pad: bool) -> Array:
        counts = divisors(shape, along, padding, count_include_pad)
        if not by_factors:
            return total / math.prod(counts)
        sizes = [axis.seen[0].shape[1] for axis in along]
        mean = total / math.prod(sizes)
        for size, count in zip(sizes, counts, strict=True):
            if np.any(count != size):
                mean = mean * ((0 * mean + size) / count)
        return mean

    def forward(
        x: Array,
        *,
        kernel_size: Size = 2,
        stride: Step = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> Array:
        along = windows(np.shape(x), axes, kernel_size, stride, padding, ceil_mode)
        return divided(in_turn(met_by(x, along, 0)), np.shape(x), along, padding, count_include_pad)

    def rule(
        g: Array, y: Array, x: Array, *,
        kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool,
    ) -> Array:  # fmt: skip
        along = windows(np.shape(x), axes, kernel_size, stride, padding, ceil_mode)
        part = divided(g, np.shape(x), along, padding, count_include_pad)
        size = math.prod(axis.seen[0].shape[1] for axis in along)
        return back(np.broadcast_to(np.reshape(part, (*np.shape(part), 1)), (*np.shape(part), size)), x, along)

    return forward, rule


for _axes, _x in ((1, (2, 2, 7)), (2, (1, 2, 5, 4))):
    _sizes = ", kernel_size=3, stride=2, padding=1"
    _attributes = ("", ", stride=1", _sizes, f"{_sizes}, ceil_mode=True", ", kernel_size=2, stride=3, ceil_mode=True")
    _pairs = (", kernel_size=(3, 2), stride=(1, 2), padding=(1, 0)",) if _axes == 2 else ()
    _max, _max_rule, _kink = max_pool(_axes)
    define(f"max_pool{_axes}d", _max, _max_rule, kink=_kink, patches=laid_out(_axes),
           scenarios=tried(*(f"max_pool{_axes}d(x{a})" for a in (*_attributes, *_pairs)), x=_x))  # fmt: skip
    _avg, _avg_rule = avg_pool(_axes)
    _uncounted = (*_attributes, *_pairs, *(f"{a}, count_include_pad=False" for a in _attributes[2:]))
    _scaled, _scaled_rule = avg_pool(_axes, by_factors=True)
    define(f"avg_pool{_axes}d", _avg, _avg_rule, patches=laid_out(_axes),
           algorithms={f"avg_pool{_axes}d: times size by count": Algorithm(_scaled, {0: _scaled_rule})},
           scenarios=tried(*(f"avg_pool{_axes}d(x{a})" for a in _uncounted), x=_x))  # fmt: skip
