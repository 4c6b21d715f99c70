"""Networks drawn by Hypothesis, with the builder that also draws `random-S-i`; failures shrink to small ones."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES, Family, Seeded, filled, random_graph
from gradproof.reference.random_networks.draw import STEPS, Numbers, odd_multiples
from gradproof.reference.random_networks.graph import Limits

T = TypeVar("T")

FEW = 24
"""Up to how many numbers of an array are drawn, and shrink, one by one; more come from a drawn seed."""


class Drawn:
    """Choices from Hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high; shrinks to low."""
        return int(self.draw(st.integers(low, high)))

    def choose(self, options: Sequence[T]) -> T:
        """One of the options; shrinks to the first."""
        return options[self.integer(0, len(options) - 1)]

    def numbers(self, shape: tuple[int, ...]) -> Numbers:
        """Numbers between -1 and 1; the simplest is next to 1/2."""
        count = math.prod(shape)
        if count > FEW:
            return Seeded(self.integer(0, 2**16)).numbers(shape)
        half = 2 ** (STEPS - 1)
        drawn = [self.draw(st.integers(-half, half - 1)) for _ in range(count)]
        return odd_multiples((np.array(drawn, dtype=np.int64) + half + half // 2) % (2 * half)).reshape(shape)


def small(limits: Limits) -> Limits:
    """The limits for networks that ball arithmetic reads in a few milliseconds."""
    depth = (limits.depth[0], min(limits.depth[1], max(limits.depth[0], 3)))
    widths = (limits.widths[0], min(limits.widths[1], 5))
    return replace(limits, depth=depth, widths=widths, batch=(limits.batch[0], min(limits.batch[1], 4)))


SMALL = tuple(
    replace(family, limits=small(family.limits))
    for family in FAMILIES
    if family.limits.batch[0] < 5 and family.limits.body != "medley"
)
"""The families of few samples, shown on small networks; medleys are none."""


@st.composite
def networks(draw: Callable[[Any], Any], families: Sequence[Family] = FAMILIES) -> Network:
    """A network of one of the families; its title names the family."""
    drawn = Drawn(draw)
    family = drawn.choose(families)
    return filled(random_graph(drawn, family.limits), family, drawn, family.name)
