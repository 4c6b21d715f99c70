"""Comparing in ball arithmetic: equal numbers have overlapping balls, and the balls are too small to overlap else."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from hypothesis import assume, reject

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.reading import Reading
from gradproof.reference.readings.balls import Balls, balls, certified
from gradproof.reference.sweep import gradients, values

T = TypeVar("T")

READING: Reading = balls("float64")

CERTAIN_BITS = 200
"""How many bits a ball must pin down, of its number or, where that is 0, of 1."""


def decided(compute: Callable[[], T]) -> T:
    """`compute()` in balls. An example with a tie that no precision resolves, such as a kink, is dropped."""
    try:
        return certified(compute)
    except GradproofError:
        reject()


def swept(network: Network) -> dict[str, Balls]:
    """The gradients of the parameters, in balls."""
    return decided(lambda: gradients(network, READING))


def differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """The names under which the two hold different numbers."""
    assert left.keys() == right.keys()
    return [name for name in left if not overlap(Balls.of(left[name]), Balls.of(right[name]))]


def overlap(left: Balls, right: Balls) -> bool:
    """Whether two arrays may be the same. Balls too large to tell are an error."""
    assert left.shape == right.shape
    pairs = list(zip(left.value.ravel(), right.value.ravel(), strict=True))
    assert all(certain(ball) for pair in pairs for ball in pair), "a ball is too large"
    return all(a.overlaps(b) for a, b in pairs)


def certain(ball: Any) -> bool:
    """Whether a ball is small enough to tell its number from others."""
    return ball.rel_accuracy_bits() >= CERTAIN_BITS or float(ball.rad()) <= 2.0**-CERTAIN_BITS


def away_from_kinks(network: Network) -> None:
    """Drop an example that has a number exactly at a kink: slopes are a convention there."""
    read = decided(lambda: values(network, READING))
    for node in network.nodes:
        if node.operation in OPERATIONS and OPERATIONS[node.operation].kink is not None:
            assume(not any(ball.contains(0) for ball in np.ravel(read[node.operands[0]].value)))
