"""How large arrays may be, and how large a result will be, told from shapes before anything is computed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.reference.operations.convolution import outputs
from gradproof.reference.operations.products import ROWS, TRANSPOSED

Shape = tuple[int, ...]

MAX_AXES = 32
"""The most axes of an array: NumPy has 64, and a framework fewer."""

MAX_NUMBERS = 2**26
"""The most numbers in an array, and in all values of a network: 1 GB in the extended precision of the reference."""


def size(shape: Shape) -> int:
    """The number of entries."""
    return math.prod(shape)


def result_size(operation: str, operands: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """The entries of a result that can outgrow its operands, else 0: then trying the operation costs little.

    So does trying it on operands that do not fit each other, which says what is wrong with them.
    """
    try:
        match operation:
            case "outer":
                return math.prod(map(size, operands))
            case "stack":
                return sum(map(size, operands))
            case "matmul":
                return product_size(*operands)
            case "linear":
                return linear_size(operands[0], operands[1], attributes["layout"])
            case "conv2d":
                return convolution_size(operands[0], operands[1], attributes["stride"], attributes["padding"])[0]
            case "add" | "subtract" | "multiply" | "divide" | "maximum":
                return size(np.broadcast_shapes(*operands))
    except (ValueError, IndexError):
        pass
    return 0


def product_size(a: Shape, b: Shape) -> int:
    """The entries of a @ b."""
    a, b = a if len(a) > 1 else (1, *a), b if len(b) > 1 else (*b, 1)
    return size(np.broadcast_shapes(a[:-2], b[:-2])) * a[-2] * b[-1]


def linear_size(x: Shape, weight: Shape, layout: str) -> int:
    """The entries of a layer's result: outputs times samples."""
    outputs = weight[1] if layout in TRANSPOSED else weight[0]
    samples = 1 if len(x) == 1 else x[0] if layout in ROWS else x[1]
    return outputs * samples


def convolution_size(x: Shape, w: Shape, stride: int, padding: int) -> tuple[int, int]:
    """The entries of a convolution's result, and of the largest array that it takes, forward or back."""
    (n, c, height, width), (o, _, *kernel) = (1,) * (4 - len(x)) + x, (1,) * (4 - len(w)) + w
    lengths = height + 2 * padding, width + 2 * padding
    places = size(tuple(max(0, outputs(m, k, stride, 0)) for m, k in zip(lengths, kernel, strict=True)))
    # Back to x, patches of the cotangent are taken at every place of x with its border.
    bordered, patch = math.prod(lengths), math.prod(kernel)
    return n * o * places, n * max(c * bordered, c * patch * places, o * patch * bordered)


def patches_size(operation: str, operands: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """The numbers that an operation copies out to compute with, where they can outgrow operands and result; else 0."""
    if operation != "conv2d":
        return 0
    try:
        return convolution_size(operands[0], operands[1], attributes["stride"], attributes["padding"])[1]
    except ValueError:
        return 0
