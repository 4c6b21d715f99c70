"""Certified truth: the gradients of a case in ball arithmetic, with as many bits as tell them from what is off."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError, Undecided
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.balls import BITS, MIDDLE, balls, certified, precision
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.kinked import Winners, candidates

CERTIFIED_SECONDS = 20
"""The longest that certifying one truth may take, as `seconds` reckons: longer, and it is not tried."""


def seconds(network: Network) -> float:
    """About how long a sweep takes in ball arithmetic.

    Measured: a microsecond for each number on the way, forward and back, and 10 nanoseconds for each multiplication of
    a product of matrices, of which there are three.
    """
    total = 0.0
    for node in network.nodes:
        shapes = [network.nodes[k].shape for k in node.operands]
        operation = OPERATIONS.get(node.operation)
        copied = operation.patches(*shapes, **node.attributes) if operation else 0
        total += 2e-6 * max(copied, *(math.prod(shape) for shape in (node.shape, *shapes)))
        if operation and len(shapes) > 1 and shapes[0] and not operation.is_elementwise:
            total += 30e-9 * math.prod(node.shape) * shapes[0][-1]
    return total


def exact_gradients(case: Case, table: Mapping[str, Rounded], names: Iterable[str]) -> dict[str, Any]:
    """The gradients by `names`, and the loss by its name, as arrays of balls.

    Each ball is narrow enough that its midpoint will do for the truth.

    Raises GradproofError where numbers that are compared stay undecided, balls stay wide, or python-flint is missing.
    """
    names = list(names)

    def sharp(found: Mapping[str, Any]) -> bool:
        return all(told_apart(found[name].value, np.sqrt(table[name].variance), case).all() for name in wanted)

    wanted = [*names, *([case.network.loss] if case.network.loss in table else [])]
    found = certified(lambda: gradients(case.network, balls(case.dtype), names, value=True), sharp=sharp)
    return {name: found[name].value for name in wanted}


def exact_ties(case: Case, tied: Winners) -> Winners:
    """Of nodes that are `tied` in the wider dtype, those whose candidates are not certain to differ, and which are.

    Far from 0 the wider dtype has the same number for several: 1e37 - 1.4 and 1e37 - 0.8.
    """
    if not tied or seconds(case.network) > CERTIFIED_SECONDS:
        return tied
    try:
        with precision(BITS):
            read = values(case.network, balls(case.dtype))
            compared = {i: candidates(case.network, [read[k] for k in case.network.nodes[i].operands], i, case.dtype)
                        for i in tied}  # fmt: skip
            masks = {i: mask & ~certainly_less(compared[i].value) for i, mask in tied.items()}
    except (Undecided, GradproofError):
        return tied
    return {i: mask for i, mask in masks.items() if (np.sum(mask, axis=-1) > 1).any()}


def certainly_less(compared: Any) -> Any:
    """Which balls are certainly less than another one along the last axis: booleans of the same shape."""
    top = np.frompyfunc(lambda a, b: b if b > a else a, 2, 1).reduce(compared, axis=-1, keepdims=True)
    return np.asarray(np.frompyfunc(lambda a, b: bool(a < b), 2, 1)(compared, top), bool)


def told_apart(array: Any, sigma: Any, case: Case) -> Any:
    """Where a ball is so narrow that its midpoint will do for the truth.

    Its radius is at most a rounding of the number itself, of what it may be off by, or of the smallest number that the
    dtype has: a midpoint that is nothing but the middle of a wide ball is no truth. NaN is as narrow as it gets.
    """
    info = np.finfo(case.dtype)
    with np.errstate(over="ignore"):
        tolerance = case.limit * np.asarray(np.nan_to_num(sigma, posinf=0), float)
    size = np.maximum(np.abs(np.asarray(MIDDLE(array), float)), tolerance)
    radius = np.asarray(np.frompyfunc(lambda ball: float(ball.rad()), 1, 1)(array), float)
    return ~(radius > info.eps / 2 * np.maximum(size, float(info.smallest_subnormal))) | is_nan(array)


def is_nan(array: Any) -> Any:
    """Where a ball is not a number: booleans of its shape."""
    return np.asarray(np.frompyfunc(lambda ball: bool(ball.is_nan()), 1, 1)(array), bool)


def midpoints(array: Any, dtype: str) -> Any:
    """The midpoints of balls in the dtype that truth is compared in; NaN and infinities stay."""
    wide = WIDER[np.dtype(dtype)]
    high = np.asarray(MIDDLE(array), float)
    rest = np.frompyfunc(lambda ball, h: float((ball - h).mid()) if np.isfinite(h) else 0.0, 2, 1)(array, high)
    return np.asarray(high, wide) + np.asarray(rest, wide)
