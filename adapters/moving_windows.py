"""Pooling in frameworks' words: the windows along each axis of images or signals, as plain numbers."""

from collections.abc import Callable
from typing import NamedTuple

from gradproof.adapters.framework import Applied


class Along(NamedTuple):
    """The windows along one axis: how many there are, and the border that all of them together need."""

    size: int
    stride: int
    windows: int
    before: int
    after: int
    uncounted: int
    """How much of the border behind is beyond the padding, and counts for nothing."""
    is_same: bool
    """Whether this is the border that frameworks call "same"."""

    def counts(self, length: int, padding: bool) -> list[int]:
        """How many entries of an axis of `length` each window counts, with those of the padding or without."""
        least, most = (-self.before, length + self.before) if padding else (0, length)
        starts = [k * self.stride - self.before for k in range(self.windows)]
        return [min(start + self.size, most) - max(start, least) for start in starts]


def windows(applied: Applied) -> list[Along]:
    """The windows along each axis of x (N, C, ...) but the first two.

    The operation has the attributes `kernel_size`, `stride`, `padding` and `ceil_mode`.
    """
    lengths = applied.shapes[0][2:]
    sizes, borders = (each(applied[name], len(lengths)) for name in ("kernel_size", "padding"))
    strides = sizes if applied["stride"] is None else each(applied["stride"], len(lengths))
    return [along(*one, applied["ceil_mode"]) for one in zip(lengths, sizes, strides, borders, strict=True)]


def each(given: int | tuple[int, ...], axes: int) -> tuple[int, ...]:
    """An attribute as a number for each of so many axes: itself if it is a tuple, else the same for all."""
    return given if isinstance(given, tuple) else (given,) * axes


def along(length: int, size: int, stride: int, padding: int, ceil_mode: bool) -> Along:
    """The windows along an axis of `length`."""
    room = length + 2 * padding - size
    count = room // stride + 1
    if ceil_mode and room % stride and count * stride < length + padding:
        count += 1
    after = max((count - 1) * stride + size - length - padding, 0)
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    is_same = (count, padding, after) == (-(-length // stride), total // 2, total - total // 2)
    return Along(size, stride, count, padding, after, max(after - padding, 0), is_same)


def adaptive(reduced: str, stack: str) -> Callable[[Applied], str]:
    """The template of adaptive pooling for frameworks without it: each part `reduced`, and a `stack` of them."""

    def template(applied: Applied) -> str:
        lengths = applied.shapes[0][2:]
        parts = [parted(*one) for one in zip(lengths, each(applied["output_size"], len(lengths)), strict=True)]
        if len(parts) == 1:
            return f"{stack}([{', '.join(f'{reduced}(x[:, :, {part}], axis=2)' for part in parts[0])}], axis=-1)"
        rows = (
            ", ".join(f"{reduced}(x[:, :, {row}, {column}], axis=(2, 3))" for column in parts[1]) for row in parts[0]
        )
        return f"{stack}([{', '.join(f'{stack}([{row}], axis=-1)' for row in rows)}], axis=-2)"

    return template


def parted(length: int, count: int) -> list[str]:
    """The slices of an axis of `length` that `count` windows cover."""
    return [f"{a * length // count}:{-(-(a + 1) * length // count)}" for a in range(count)]
