"""Pooling by as many windows as are wanted, which cover images (N, C, H, W) or signals (N, C, L) with few overlaps.

`adaptive_max_pool1d`, `adaptive_max_pool2d`, `adaptive_avg_pool1d`, `adaptive_avg_pool2d`.
Window a of n covers floor(a L / n) to ceil((a + 1) L / n) of an axis of length L (torch.nn.AdaptiveAvgPool2d;
aten/src/ATen/native/AdaptivePooling.h). A single window is the largest or the mean of all places.
"""

import math
from typing import Any

import numpy as np

from gradproof.reference.operations.axes import Shape, in_turn
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import EVEN, Kink
from gradproof.reference.operations.pooling import Size, back, largest, met_by, shared
from gradproof.reference.operations.table import Rule, define, tried
from gradproof.reference.operations.windows import Windows, adaptive, each


def covering(shape: Shape, axes: int, output_size: Any) -> list[Windows]:
    """The windows along each of the last axes of x. Raises ValueError for x of another rank."""
    if len(shape) != axes + 2:
        raise ValueError(f"x must have {axes + 2} axes: samples, channels, places")
    counts = each(output_size, axes, "output_size", 1)
    return [adaptive(n, count) for n, count in zip(shape[2:], counts, strict=True)]


def covered(along: list[Windows]) -> Any:
    """How many entries each window has, as an array of the last axes."""
    counts = 1
    for axis in along:
        counts = np.multiply.outer(counts, axis.ends - axis.starts)
    return np.asarray(counts, np.float32)  # exact, and no wider than what is divided by it


def adaptive_avg(axes: int) -> tuple[Any, Rule]:
    """The mean over each of `output_size` windows, and its rule: the cotangent is spread evenly."""

    def forward(x: Array, *, output_size: Size = 1) -> Array:
        along = covering(np.shape(x), axes, output_size)
        return in_turn(met_by(x, along, 0)) / covered(along)

    def rule(g: Array, y: Array, x: Array, *, output_size: Any) -> Array:
        along = covering(np.shape(x), axes, output_size)
        part, size = g / covered(along), math.prod(axis.seen[0].shape[1] for axis in along)
        return back(np.broadcast_to(np.reshape(part, (*np.shape(part), 1)), (*np.shape(part), size)), x, along)

    return forward, rule


def adaptive_max(axes: int) -> tuple[Any, Rule, Kink]:
    """The largest of each of `output_size` windows, its rule and its kink."""

    def forward(x: Array, *, output_size: Size = 1, at_kink: Any = EVEN, sides: Any = None) -> Array:
        return largest(met_by(x, covering(np.shape(x), axes, output_size), -np.inf), sides)

    def rule(g: Array, y: Array, x: Array, *, output_size: Any, at_kink: str, sides: Any) -> Array:
        along = covering(np.shape(x), axes, output_size)
        return back(shared(g, met_by(x, along, -np.inf), at_kink, sides), x, along)

    def candidates(x: Array, *, output_size: Any) -> Array:
        return met_by(x, covering(np.shape(x), axes, output_size), -np.inf)

    return forward, rule, Kink(candidates)


def sizes(axes: int) -> dict[str, Any]:
    """How many entries the result has, and how many numbers are copied out: at most what the largest windows meet."""

    def entries(x: Shape, *, output_size: Any, **other: Any) -> int:
        return math.prod(x[:2]) * math.prod(each(output_size, axes, "output_size", 1))

    def copied(x: Shape, *, output_size: Any, **other: Any) -> int:
        counts = each(output_size, axes, "output_size", 1)
        longest = (count * (-(-n // count) + 1) for n, count in zip(x[2:], counts, strict=True))
        return math.prod(x[:2]) * math.prod(longest)

    return {"size": entries, "patches": copied}


for _axes, _x, _sizes in ((1, (2, 2, 7), ("2", "(3,)", "9")), (2, (1, 2, 5, 4), ("2", "(3, 5)"))):
    _attributes = ("", *(f", output_size={size}" for size in _sizes))
    _max, _max_rule, _kink = adaptive_max(_axes)
    define(f"adaptive_avg_pool{_axes}d", *adaptive_avg(_axes), **sizes(_axes),
           scenarios=tried(*(f"adaptive_avg_pool{_axes}d(x{a})" for a in _attributes), x=_x))  # fmt: skip
    define(f"adaptive_max_pool{_axes}d", _max, _max_rule, kink=_kink, **sizes(_axes),
           scenarios=tried(*(f"adaptive_max_pool{_axes}d(x{a})" for a in _attributes), x=_x))  # fmt: skip
