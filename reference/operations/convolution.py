"""The convolution of deep learning, which is a cross-correlation: the kernel is not flipped.

    y[n, o, a, b] = bias[o] + sum over c, i, j of w[o, c, i, j] * x[n, c, s a + i - p, s b + j - p]

with stride s and padding p, x being 0 outside (Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep
learning", chapter 2; Goodfellow, Bengio and Courville 2016, eq. 9.6 and 9.8). The bias is the first term of the sum:
frameworks add the products to it, so that a large bias costs digits at every step. Everything here is a matrix product
with the *patches* of an image, so that every reading runs it with the matrix product that it has.
"""

import math
from typing import Annotated

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.table import Scenario, define

CHANNELS = 4
"""The rank of images with samples and channels, (N, C, H, W), and of their kernels, (O, C, Kh, Kw)."""


def outputs(length: int, kernel: int, stride: int, padding: int) -> int:
    """How many places a kernel has along one axis of an image; less than 1 if it does not fit in."""
    return (length + 2 * padding - kernel) // stride + 1


def padded(x: Array, padding: int) -> Array:
    """Images (..., H, W) with a border of `padding` zeros on each side: (..., H + 2 padding, W + 2 padding)."""
    if padding == 0:
        return x
    *rest, height, width = np.shape(x)
    inside = (..., slice(padding, padding + height), slice(padding, padding + width))
    return place(x, key=inside, shape=(*rest, height + 2 * padding, width + 2 * padding))


def patches(x: Array, kernel: tuple[int, int], stride: int) -> Array:
    """What each entry of a kernel meets: images (N, C, H, W) as a matrix (C Kh Kw, N Ho Wo), without padding."""
    by_channel = np.swapaxes(x, 0, 1)
    rows, columns = (outputs(n, k, stride, 0) for n, k in zip(np.shape(x)[2:], kernel, strict=True))
    met = [
        by_channel[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]
    return np.reshape(np.stack(met, axis=1), (np.shape(x)[1] * len(met), -1))


def by_output(y: Array) -> Array:
    """Images (N, O, H, W) as a matrix (O, N H W): a row for each channel."""
    return np.reshape(np.swapaxes(y, 0, 1), (np.shape(y)[1], -1))


def correlate(x: Array, w: Array, stride: int = 1, b: Array = None) -> Array:
    """Images (N, C, H, W) with kernels (O, C, Kh, Kw), without padding, from b (O,) on: (N, O, Ho, Wo)."""
    (n, _, *lengths), (o, _, *kernel) = np.shape(x), np.shape(w)
    rows, columns = (outputs(length, k, stride, 0) for length, k in zip(lengths, kernel, strict=True))
    kernels, met = np.reshape(w, (o, -1)), patches(x, (kernel[0], kernel[1]), stride)
    if b is not None:
        kernels = beside(np.reshape(b, (-1, 1)), kernels)
        met = np.swapaxes(beside(np.ones((np.shape(met)[1], 1), np.int8), np.swapaxes(met, 0, 1)), 0, 1)
    return np.swapaxes(np.reshape(kernels @ met, (o, n, rows, columns)), 0, 1)


def beside(first: Array, rest: Array) -> Array:
    """The matrix (m, n + 1) whose first column is `first` (m, 1), and whose others are those of `rest` (m, n)."""
    rows, columns = np.shape(rest)
    shape = (rows, columns + 1)
    return place(first, key=(..., slice(0, 1)), shape=shape) + place(rest, key=(..., slice(1, None)), shape=shape)


def as_channels(x: Array) -> Array:
    """An image (H, W) or a kernel (Kh, Kw) as one with one sample and channel, (1, 1, H, W); others as they are."""
    return np.reshape(x, (1, 1, *np.shape(x))) if np.ndim(x) == 2 else x


Stride = Annotated[int, AtLeast(1)]
Padding = Annotated[int, AtLeast(0)]


def conv2d(x: Array, w: Array, b: Array = None, *, stride: Stride = 1, padding: Padding = 0) -> Array:
    """x (N, C, H, W) with w (O, C, Kh, Kw), plus b (O,) if there is one; or an image (H, W) with a kernel (Kh, Kw).

    The result is (N, O, Ho, Wo) or (Ho, Wo), with Ho = (H + 2 padding - Kh) // stride + 1. Raises ValueError for shapes
    that do not fit (see `check_shapes`).
    """
    check_shapes(x, w, b, stride, padding)
    y = correlate(padded(as_channels(x), padding), as_channels(w), stride, b)
    return np.reshape(y, np.shape(y)[2:]) if np.ndim(x) == 2 else y


def check_shapes(x: Array, w: Array, b: Array, stride: int, padding: int) -> None:
    """Raise ValueError where the shapes of x, w and b do not fit each other, the stride and the padding."""
    if np.ndim(x) != np.ndim(w) or np.ndim(x) not in (2, CHANNELS):
        raise ValueError("it takes x (N, C, H, W) and w (O, C, Kh, Kw), or one image (H, W) and one kernel (Kh, Kw)")
    image, kernel = np.shape(x)[-2:], np.shape(w)[-2:]
    if np.ndim(x) == CHANNELS and np.shape(x)[1] != np.shape(w)[1]:
        raise ValueError(f"x has {np.shape(x)[1]} channels, and w is for {np.shape(w)[1]}")
    if any(outputs(n, k, stride, padding) < 1 for n, k in zip(image, kernel, strict=True)):
        raise ValueError(f"a kernel {kernel} does not fit into an image {image} with padding {padding}")
    if b is not None and np.ndim(x) == 2:
        raise ValueError("a bias is for images with channels; add it to the result")
    if b is not None and np.shape(b) != np.shape(w)[:1]:
        raise ValueError(f"the bias must have shape {np.shape(w)[:1]}, one entry for each output channel")


def input_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, *, stride: int, padding: int) -> Array:
    """The cotangent, spread out by the stride, with each kernel flipped (Dumoulin and Visin 2016, chapter 4)."""
    g, w = as_channels(g), as_channels(w)
    height, width = (n + 2 * padding for n in np.shape(x)[-2:])
    (n, o, rows, columns), (down, right) = np.shape(g), (k - 1 for k in np.shape(w)[2:])
    spread = (..., slice(down, down + stride * rows, stride), slice(right, right + stride * columns, stride))
    around = place(g, key=spread, shape=(n, o, height + down, width + right))
    found = correlate(around, np.swapaxes(w, 0, 1)[:, :, ::-1, ::-1])
    return np.reshape(found[:, :, padding : height - padding, padding : width - padding], np.shape(x))


def kernel_rule(g: Array, y: Array, x: Array, w: Array, b: Array = None, *, stride: int, padding: int) -> Array:
    """The cotangent times what each entry of the kernel met (Goodfellow, Bengio and Courville 2016, eq. 9.11)."""
    height, width = np.shape(w)[-2:]
    met = patches(padded(as_channels(x), padding), (height, width), stride)
    return np.reshape(by_output(as_channels(g)) @ np.swapaxes(met, 0, 1), np.shape(w))


def bias_rule(g: Array, y: Array, x: Array, w: Array, b: Array, *, stride: int, padding: int) -> Array:
    """The cotangent (N, O, Ho, Wo), summed over samples and places: (O,)."""
    return np.sum(g, axis=(0, 2, 3))


def sizes(x: Shape, w: Shape, stride: int, padding: int) -> tuple[int, int]:
    """The entries of a convolution's result, and of the largest array that it takes, forward or back."""
    (n, c, height, width), (o, _, *kernel) = (1,) * (4 - len(x)) + x, (1,) * (4 - len(w)) + w
    lengths = height + 2 * padding, width + 2 * padding
    places = math.prod(max(0, outputs(m, k, stride, 0)) for m, k in zip(lengths, kernel, strict=True))
    # Back to x, patches of the cotangent are taken at every place of x with its border.
    bordered, patch = math.prod(lengths), math.prod(kernel)
    return n * o * places, n * max(c * bordered, c * patch * places, o * patch * bordered)


define("conv2d", conv2d,
       input_rule,
       kernel_rule,
       bias_rule,
       size=lambda x, w, b=None, *, stride, padding: sizes(x, w, stride, padding)[0],
       patches=lambda x, w, b=None, *, stride, padding: sizes(x, w, stride, padding)[1],
       # Each number that is copied out meets the kernels of all channels on the other side.
       products=lambda x, w, b=None, *, stride, padding: (
           sizes(x, w, stride, padding)[1] * max(1 if len(w) == 2 else max(w[:2]), 1)),
       scenarios=[
           Scenario(f"conv2d(x, w{b}{attributes})", {"x": x, "w": w} | ({"b": w[:1]} if b else {}))
           for b, attributes, x, w in (
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
           )
       ])  # fmt: skip
