"""What a window sees of an image as it moves over it, along one axis or two, and the same backwards.

A window at place a of an axis meets the entries that start at s a - p, with stride s and padding p (Dumoulin and Visin
2016, "A guide to convolution arithmetic for deep learning", chapter 3).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.operations.axes import in_turn
from gradproof.reference.operations.kernels import Array

Places = NDArray[np.intp]


class Windows(NamedTuple):
    """The windows along one axis of `length` entries: the entries from `starts` on and before `ends`, for each."""

    length: int
    starts: Places
    ends: Places

    @property
    def seen(self) -> tuple[Places, NDArray[np.bool_]]:
        """What each window meets, (windows, entries), as places on the axis, and which of them are on it."""
        met = self.starts[:, None] + np.arange(max(self.ends - self.starts, default=0))
        inside = (met >= 0) & (met < np.minimum(self.ends, self.length)[:, None])
        return np.clip(met, 0, max(self.length - 1, 0)), inside

    @property
    def seeing(self) -> tuple[Places, Places, NDArray[np.bool_]]:
        """For each entry, in rows, the windows that meet it, as which of their entries, and which of these are any."""
        entries = np.arange(self.length)[:, None]
        meets = (entries >= self.starts) & (entries < self.ends)
        most = max(np.sum(meets, axis=1), default=0)
        windows = np.argsort(~meets, axis=1, kind="stable")[:, :most]
        inside = np.take_along_axis(meets, windows, axis=1)
        return windows, np.where(inside, entries - self.starts[windows], 0), inside


def each(given: Any, axes: int, name: str, least: int) -> tuple[int, ...]:
    """An attribute for each of so many axes: itself for all, or one each. Raises ValueError for others."""
    parts = given if isinstance(given, tuple) else (given,) * axes
    if len(parts) != axes:
        raise ValueError(f"{name} must be one number, or {axes}")
    if min(parts) < least:
        raise ValueError(f"{name} must be at least {least}")
    return parts


def sliding(length: int, size: int, stride: int, padding: int, ceil_mode: bool) -> Windows:
    """The windows of one size, the padding cut off; with `ceil_mode` also one that begins before the padding's end.

    One that would begin in the padding behind is left out (torch.nn.MaxPool2d, "Shape" and its note on ceil_mode).
    """
    count = (length + 2 * padding - size) // stride + 1
    if ceil_mode:
        count = -(-(length + 2 * padding - size) // stride) + 1
        count -= (count - 1) * stride >= length + padding
    starts = np.arange(max(count, 0)) * stride - padding
    return Windows(length, starts, starts + size)


def adaptive(length: int, count: int) -> Windows:
    """`count` windows that cover the axis: from floor(a length / count) to ceil((a + 1) length / count)."""
    a = np.arange(count)
    return Windows(length, a * length // count, -(-(a + 1) * length // count))


def seen(x: Array, rows: Windows, columns: Windows, outside: float) -> Array:
    """What each window meets of images x (N, C, H, W): (N, C, Ho, Wo, Kh Kw), with `outside` where that is none."""
    (i, inside_i), (j, inside_j) = rows.seen, columns.seen
    met = x[:, :, i[:, None, :, None], j[None, :, None, :]]
    inside = inside_i[:, None, :, None] & inside_j[None, :, None, :]
    met = met if np.all(inside) else np.where(inside, met, outside)
    return np.reshape(met, (*np.shape(met)[:4], -1))


def given_back(parts: Array, rows: Windows, columns: Windows) -> Array:
    """The transposed: images (N, C, H, W) of what windows give back to the entries that they met, `parts`, summed."""
    (a, i, inside_i), (b, j, inside_j) = rows.seeing, columns.seeing
    n, c, *windows, _ = np.shape(parts)
    each = np.reshape(parts, (n, c, *windows, rows.seen[0].shape[1], columns.seen[0].shape[1]))
    met = each[:, :, a[:, None, :, None], b[None, :, None, :], i[:, None, :, None], j[None, :, None, :]]
    inside = inside_i[:, None, :, None] & inside_j[None, :, None, :]
    met = met if np.all(inside) else np.where(inside, met, 0)
    met = np.reshape(met, (*np.shape(met)[:4], -1))
    return met[..., 0] if np.shape(met)[-1] == 1 else in_turn(met)
