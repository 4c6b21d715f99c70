"""What is known of a kernel's error: its largest over all inputs, by binade of the input, and where it is at its limit.

Figures are maxima that somebody measured (see `gradproof.adapters.figures`); what is not known by binade is bounded by
the figure for all inputs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from gradproof.reference.operations.kernels import Limit

Part = Any

ZERO = "0"
"""The key of the input 0 among binades; the others are a sign and a power of two, "+2^3" for 8 <= x < 16."""


@dataclass(frozen=True)
class Accuracy:
    """The largest error of a kernel in ulp, for all inputs and by binade.

    `limit` is an exponent: where the true value is less than 2^limit away from the function's limit, the kernel gave
    the limit itself, for all inputs that were tried. None says that this is not known.
    """

    ulp: float
    binades: tuple[tuple[str, float], ...] = ()
    limit: int | None = None

    @classmethod
    def of(cls, figure: "float | Accuracy") -> "Accuracy":
        """`figure` itself if it is an accuracy; a number is the largest error in ulp for all inputs alike."""
        return figure if isinstance(figure, Accuracy) else cls(float(figure))

    @classmethod
    def worst(cls, known: Iterable[Self]) -> "Accuracy":
        """The accuracy that holds for each of `known`: the largest errors, and a limit that all keep to.

        Raises ValueError where there is none.
        """
        known = list(known)
        keys = sorted({key for one in known for key, _ in one.binades})
        tables = [(dict(one.binades), one.ulp) for one in known]
        binades = tuple((key, max(table.get(key, ulp) for table, ulp in tables)) for key in keys)
        limits = [one.limit for one in known]
        limit = None if None in limits else min(one for one in limits if one is not None)
        return cls(max(one.ulp for one in known), binades, limit)

    def at(self, x: Part, least: float = 0) -> Part:
        """The largest error in ulp near each entry of x, or `least` if that is more: of the shape of x, or a number."""
        if not self.binades:
            return max(self.ulp, least)
        lowest, table = self.table
        width = len(table) // 2
        place = np.minimum(np.maximum(np.frexp(x)[1], lowest), lowest + width - 1) - lowest
        negative, zero = x < 0, x == 0
        place = place + width * negative if negative.any() else place
        place = np.where(zero, 2 * width, place) if zero.any() else place
        return np.maximum(table, least).take(place)

    @cached_property
    def table(self) -> tuple[int, Part]:
        """What `at` looks up: figures for positive and for negative inputs by exponent, and the one for 0.

        An input may err into a neighbouring binade, so each figure is the largest of three. The first exponent, as
        `frexp` gives it, stands for all below, the last for all above: what holds there holds for all inputs.
        """
        known = dict(self.binades)
        exponents = [int(key[3:]) for key in known if key != ZERO]
        low, high = min(exponents, default=0) - 1, max(exponents, default=0) + 1
        outer = range(low - 1, high + 2)
        table = []
        for sign in "+-":
            figures = [known.get(f"{sign}2^{e}", self.ulp) for e in outer]
            table += [max(three) for three in zip(figures, figures[1:], figures[2:], strict=False)]
        smallest = [known.get(f"{sign}2^{low + 1}", self.ulp) for sign in "+-"]
        return low + 1, np.array([*table, max(known.get(ZERO, self.ulp), *smallest)])

    def saturated(self, limit: Limit | None, x: Part, value: Part) -> Part:
        """Where a kernel with that limit, if it has one, gives it at x, its true value being `value`: booleans.

        As with binades, an input may err: half of the distance is asked for at which the limit was always given.
        """
        if self.limit is None or limit is None:
            return np.False_
        return np.abs(limit.value(x) - value) < 2.0 ** (self.limit - 1)


Accuracies = Mapping[str, float | Accuracy]
"""Accuracies by kernel; a number is one for all inputs."""


def listed(accuracies: Accuracies | None) -> tuple[tuple[str, Accuracy], ...]:
    """Accuracies (in ulp) by kernel, sorted by name and hashable, so that equal ones make one kind of number."""
    return tuple((name, Accuracy.of(figure)) for name, figure in sorted((accuracies or {}).items()))
