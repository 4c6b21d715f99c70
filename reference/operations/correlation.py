"""Kernels laid on images, as matrix products with the *patches* of an image, so that every reading runs them.

    y[n, o, a, b] = sum over c, i, j of w[o, c, i, j] * x[n, c, s a + d i - p, s b + d j - p]

with stride s, dilation d and p zeros before the image; with groups, each group of outputs meets its own group of
channels (Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", chapters 2 and 5.1;
Goodfellow, Bengio and Courville 2016, eq. 9.6 and 9.8). The same backwards is a convolution transposed (ibid.,
chapter 4). Images are (N, C, H, W) and kernels (O, C / groups, Kh, Kw) here.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.windows import each

IMAGES = 4
"""The rank of images with samples and channels, and of their kernels."""


class Laid(NamedTuple):
    """How kernels are laid on images, for rows and columns: each takes zeros before and behind as its `borders`."""

    strides: Shape = (1, 1)
    dilations: Shape = (1, 1)
    borders: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))
    groups: int = 1

    def reach(self, kernel: Shape) -> Shape:
        """How far the last entry of a kernel is from its first."""
        return tuple(d * (k - 1) for d, k in zip(self.dilations, kernel, strict=True))

    def bordered(self, lengths: Shape) -> Shape:
        """The lengths of images with their borders."""
        return tuple(n + sum(border) for n, border in zip(lengths, self.borders, strict=True))

    def places(self, lengths: Shape, kernel: Shape) -> Shape:
        """How many places a kernel has on images; less than 1 where it does not fit in."""
        far = zip(self.bordered(lengths), self.reach(kernel), self.strides, strict=True)
        return tuple((n - reach - 1) // stride + 1 for n, reach, stride in far)


DENSELY = Laid()
"""At every place, without borders."""


def laid(lengths: Shape, kernel: Shape, stride: Any, padding: Any, dilation: Any, groups: int) -> Laid:
    """What attributes say of images and kernels with one axis of places or two; one axis is that of a single row.

    Padding "same" gives ceil(length / stride) places, as many zeros before as behind, or one more behind
    (tensorflow/python/ops/nn_ops.py, "SAME"). Raises ValueError for attributes that do not fit.
    """
    axes = len(lengths)
    strides, dilations = each(stride, axes, "stride", 1), each(dilation, axes, "dilation", 1)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError("padding must be numbers, 'same' or 'valid'")
        needed = [
            max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0) if padding == "same" else 0
            for n, k, s, d in zip(lengths, kernel, strides, dilations, strict=True)
        ]
        borders = tuple((n // 2, n - n // 2) for n in needed)
    else:
        borders = tuple((p, p) for p in each(padding, axes, "padding", 0))
    row = (1,) * (2 - axes)
    return Laid((*row, *strides), (*row, *dilations), (*((0, 0) for _ in row), *borders), groups)


def padded(x: Array, how: Laid) -> Array:
    """Images with their borders of zeros."""
    *rest, rows, columns = np.shape(x)
    if not any(map(any, how.borders)):
        return x
    (above, _), (before, _) = how.borders
    inside = (..., slice(above, above + rows), slice(before, before + columns))
    return place(x, key=inside, shape=(*rest, *how.bordered((rows, columns))))


def grouped(matrix: Array, groups: int) -> Array:
    """A matrix (m, n) as one for each group of its rows, (groups, m / groups, n); a single group stays a matrix."""
    rows, columns = np.shape(matrix)
    return matrix if groups == 1 else np.reshape(matrix, (groups, rows // groups, columns))


def patches(x: Array, kernel: Shape, how: Laid = DENSELY) -> Array:
    """What each entry of a kernel meets: images as a matrix (C Kh Kw, N Ho Wo), or as one for each group of rows."""
    rows, columns = how.places(np.shape(x)[2:], kernel)
    by_channel = np.swapaxes(padded(x, how), 0, 1)
    (down, across), (gap, between) = how.strides, how.dilations
    met = [
        by_channel[:, :, i : i + down * rows : down, j : j + across * columns : across]
        for i in range(0, gap * kernel[0], gap)
        for j in range(0, between * kernel[1], between)
    ]
    return grouped(np.reshape(np.stack(met, axis=1), (np.shape(x)[1] * len(met), -1)), how.groups)


def by_output(y: Array) -> Array:
    """Images (N, O, H, W) as a matrix (O, N H W): a row for each channel."""
    return np.reshape(np.swapaxes(y, 0, 1), (np.shape(y)[1], -1))


def correlate(x: Array, w: Array, how: Laid, b: Array = None) -> Array:
    """Images with kernels, from b (O,) on: (N, O, Ho, Wo)."""
    (n, _, *lengths), (o, _, *kernel) = np.shape(x), np.shape(w)
    kernels, met = np.reshape(w, (o, -1)), patches(x, tuple(kernel), how)
    if b is not None:
        kernels = beside(np.reshape(b, (-1, 1)), kernels)
        *rest, _, columns = np.shape(met)
        met = np.swapaxes(beside(np.ones((*rest, columns, 1), np.int8), np.swapaxes(met, -1, -2)), -1, -2)
    places = how.places(tuple(lengths), tuple(kernel))
    return np.swapaxes(np.reshape(grouped(kernels, how.groups) @ met, (o, n, *places)), 0, 1)


def beside(first: Array, rest: Array) -> Array:
    """The matrix (m, n + 1) whose first column is `first` (m, 1), and whose others are those of `rest` (m, n)."""
    *rows, columns = np.shape(rest)
    shape = (*rows, columns + 1)
    return place(first, key=(..., slice(0, 1)), shape=shape) + place(rest, key=(..., slice(1, None)), shape=shape)


def back_to_images(g: Array, w: Array, how: Laid, lengths: Shape) -> Array:
    """What results g (N, O, Ho, Wo) give back to images of these `lengths`: (N, C, H, W).

    They are spread out by the stride, and each kernel is turned around (Dumoulin and Visin 2016, chapter 4).
    """
    n, o, *places = np.shape(g)
    reach, (height, width) = how.reach(np.shape(w)[2:]), how.bordered(lengths)
    spread = (
        slice(far, far + stride * count, stride) for far, stride, count in zip(reach, how.strides, places, strict=True)
    )
    around = place(g, key=(..., *spread), shape=(n, o, height + reach[0], width + reach[1]))
    densely = Laid(dilations=how.dilations, groups=how.groups)
    found = correlate(around, turned(w, how.groups), densely)
    (above, _), (before, _) = how.borders
    return found[:, :, above : above + lengths[0], before : before + lengths[1]]


def turned(w: Array, groups: int) -> Array:
    """Kernels (O, C / groups, Kh, Kw) that lead back, from outputs to channels: (C, O / groups, Kh, Kw), flipped."""
    o, c, *kernel = np.shape(w)
    by_group = np.swapaxes(np.reshape(w, (groups, o // groups, c, *kernel)), 1, 2)
    return np.reshape(by_group, (groups * c, o // groups, *kernel))[:, :, ::-1, ::-1]


def back_to_kernels(g: Array, x: Array, how: Laid, shape: Shape) -> Array:
    """What results give back to kernels of this shape: g times what each entry of the kernel met (ibid., eq. 9.11)."""
    met = patches(x, shape[2:], how)
    return np.reshape(grouped(by_output(g), how.groups) @ np.swapaxes(met, -1, -2), shape)


def sizes(x: Shape, w: Shape, how: Laid) -> tuple[int, int, int]:
    """The entries of the result, the largest array copied out there or back, and the products of numbers in it."""
    (n, c, *lengths), (o, inner, *kernel) = x, w
    entries = math.prod(max(0, count) for count in how.places(tuple(lengths), tuple(kernel)))
    # Back to x, patches of the cotangent are taken at every place of x with its border.
    bordered, patch = math.prod(how.bordered(tuple(lengths))), math.prod(kernel)
    copied = n * max(c * bordered, c * patch * entries, o * patch * bordered)
    # Each number that is copied out meets the kernels of all channels on the other side, within its group.
    return n * o * entries, copied, copied * max(o // how.groups, inner, 1)


def as_images(x: Array, last: bool) -> Array:
    """Images, or signals as images of one row, with the channels second and not last; one alone gets (1, 1, ...)."""
    if np.ndim(x) == 2:
        return np.reshape(x, (1, 1, *np.shape(x)))
    rank = np.ndim(x)
    x = np.transpose(x, (0, rank - 1, *range(1, rank - 1))) if last else x
    return np.reshape(x, (*np.shape(x)[:2], *(1,) * (IMAGES - rank), *np.shape(x)[2:]))


def from_images(y: Array, rank: int, last: bool) -> Array:
    """Images as they are given: of this rank, with their channels `last` or second."""
    if rank == 2:
        return np.reshape(y, np.shape(y)[2:])
    y = np.reshape(y, (*np.shape(y)[:2], *np.shape(y)[2 + IMAGES - rank :]))
    return np.transpose(y, (0, *range(2, rank), 1)) if last else y


def as_kernels(w: Array, last: bool) -> Array:
    """Kernels (O, C, ...), given as such or, where channels are last, as (..., C, O); one alone gets (1, 1, ...)."""
    if np.ndim(w) == 2:
        return np.reshape(w, (1, 1, *np.shape(w)))
    rank = np.ndim(w)
    w = np.transpose(w, (rank - 1, rank - 2, *range(rank - 2))) if last else w
    return np.reshape(w, (*np.shape(w)[:2], *(1,) * (IMAGES - rank), *np.shape(w)[2:]))


def from_kernels(w: Array, rank: int, last: bool) -> Array:
    """The inverse of `as_kernels`: a cotangent of kernels in the shape, and the order of axes, in which w was given.

    That is of `rank` axes, with the channels `last` or first.
    """
    if rank == 2:
        return np.reshape(w, np.shape(w)[2:])
    w = np.reshape(w, (*np.shape(w)[:2], *np.shape(w)[2 + IMAGES - rank :]))
    return np.transpose(w, (*range(2, rank), 1, 0)) if last else w
