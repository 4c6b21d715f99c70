"""What is added up: operations whose gradient is a sum with known terms, and the data that goes in.

A backward sum is a gradient as it stands. A forward one is made a gradient by a weight s of its result: dL/ds of
L = sum(y s) is y. So programs and tolerances are those of every other check.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.language.build import build
from gradproof.reference.network import Network, Shape
from gradproof.reference.operations.correlation import by_output, patches
from gradproof.reference.random_networks import Seeded
from gradproof.reports.analysis.corpus.corpus import SEED, stream_of
from gradproof.reports.analysis.sums.exact import EXACT

Array = NDArray[Any]

SIDE = 16
"""Rows of A and columns of B: there are SIDE^2 entries, or as many rows of a plain sum."""

NEAR = 2.0**-10
"""How far near-equal numbers lie apart."""

Reduced = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class SumOperation:
    """A sum as a gradient.

    `shapes` gives the inputs' shapes for a number of terms; those in `reduced` hold the data and are added up over
    these axes, the others are 1. `matrices` makes A and B of the inputs: A @ B is the gradient by `parameter`, entry
    by entry.
    """

    statements: str
    parameter: str
    shapes: Callable[[int], Mapping[str, Shape]]
    reduced: Reduced
    matrices: Callable[[Mapping[str, Array]], tuple[Array, Array]]


def square(length: int, sides: Sequence[int]) -> tuple[int, int]:
    """`length` as a number of squares of one of the `sides`: that number, and the side."""
    return next((length // side**2, side) for side in sides if length % side**2 == 0)


def image_shapes(length: int) -> Mapping[str, Shape]:
    """Images and kernels of as many channels as the kernels' sides leave, with four places for a kernel."""
    channels, side = square(length, (4, 3, 2, 1))
    images = (SIDE // 2, channels, side + 1, side + 1)
    return {"x": images, "w": (SIDE // 2, channels, side, side), "s": (SIDE // 2, SIDE // 2, 2, 2)}


def kernel_shapes(length: int) -> Mapping[str, Shape]:
    """As many images as the places for a kernel, a square of them, leave."""
    images, places = square(length, (8, 7, 5, 4, 3, 2, 1))
    channels = SIDE // 2
    return {
        "x": (images, channels, places + 1, places + 1),
        "w": (channels, channels, 2, 2),
        "s": (images, channels, places, places),
    }


def correlated(inputs: Mapping[str, Array]) -> tuple[Array, Array]:
    """The kernels as rows, and what they meet; entries in the order (samples, outputs, places)."""
    x, w = inputs["x"], inputs["w"]
    met = patches(x, w.shape[2:])
    images = met.reshape(len(met), len(x), -1).swapaxes(0, 1)
    return w.reshape(1, len(w), -1), images


OPERATIONS: Mapping[str, SumOperation] = {
    "sum along rows": SumOperation(
        "y = sum(x, axis=1)\nL = sum(y * s)",
        "s",
        lambda n: {"x": (SIDE**2, n), "s": (SIDE**2,)},
        {"x": (1,)},
        lambda inputs: (inputs["x"], np.ones((inputs["x"].shape[1], 1))),
    ),
    "sum down columns": SumOperation(
        "y = sum(x, axis=0)\nL = sum(y * s)",
        "s",
        lambda n: {"x": (n, SIDE**2), "s": (SIDE**2,)},
        {"x": (0,)},
        lambda inputs: (np.ones((1, len(inputs["x"]))), inputs["x"]),
    ),
    "A @ B": SumOperation(
        "y = a @ b\nL = sum(y * s)",
        "s",
        lambda n: {"a": (SIDE, n), "b": (n, SIDE), "s": (SIDE, SIDE)},
        {"a": (1,), "b": (0,)},
        lambda inputs: (inputs["a"], inputs["b"]),
    ),
    "A @ b": SumOperation(
        "y = a @ b\nL = sum(y * s)",
        "s",
        lambda n: {"a": (SIDE**2, n), "b": (n,), "s": (SIDE**2,)},
        {"a": (1,), "b": (0,)},
        lambda inputs: (inputs["a"], inputs["b"][:, None]),
    ),
    "dL/dW of linear": SumOperation(
        "y = linear(x, W)\nL = sum(y * s)",
        "W",
        lambda n: {"x": (n, SIDE), "W": (SIDE, SIDE), "s": (n, SIDE)},
        {"x": (0,), "s": (0,)},
        lambda inputs: (inputs["s"].T, inputs["x"]),
    ),
    "conv2d": SumOperation(
        "y = conv2d(x, w)\nL = sum(y * s)",
        "s",
        image_shapes,
        {"x": (1, 2, 3), "w": (1, 2, 3)},
        correlated,
    ),
    "dL/dw of conv2d": SumOperation(
        "y = conv2d(x, w)\nL = sum(y * s)",
        "w",
        kernel_shapes,
        {"x": (0, 2, 3), "s": (0, 2, 3)},
        lambda inputs: (by_output(inputs["s"]), patches(inputs["x"], inputs["w"].shape[2:]).T),
    ),
}
"""What is measured, by name."""


def uniform(draw: Seeded, shape: Sequence[int]) -> Array:
    """Random multiples of 2^-53 between 0 and 1, in an array of this shape."""
    raw = np.asarray(draw.bits.random_raw(int(np.prod(shape))), np.uint64)
    return ((raw >> np.uint64(64 - EXACT)).astype(np.float64) * 2.0**-EXACT).reshape(shape)


def equal(draw: Seeded, shape: Shape, axes: tuple[int, ...]) -> Array:
    """A number between 1/2 and 1 for each entry of the result, the same in all of its terms."""
    kept = [1 if axis in axes else length for axis, length in enumerate(shape)]
    return np.broadcast_to((1 + uniform(draw, kept)) / 2, shape)


KINDS: Mapping[str, Callable[[Seeded, Shape, tuple[int, ...]], Array]] = {
    "random": lambda draw, shape, axes: 2 * uniform(draw, shape) - 1,
    "positive": lambda draw, shape, axes: uniform(draw, shape),
    "near-equal": lambda draw, shape, axes: equal(draw, shape, axes) * (1 + NEAR * uniform(draw, shape)),
    "equal": equal,
}
"""The kinds of data: a factor's numbers, given its shape and the axes that are added up."""


def network(operation: str, length: int, kind: str) -> Network:
    """The network of an operation: a function of its arguments alone."""
    asked, draw = OPERATIONS[operation], Seeded(SEED, stream_of(f"{operation} {kind}"), length)
    inputs = {
        name: KINDS[kind](draw, shape, asked.reduced[name]) if name in asked.reduced else np.ones(shape)
        for name, shape in asked.shapes(length).items()
    }
    return build(asked.statements, inputs, parameters=[asked.parameter], title=f"{operation} {length} {kind}")
