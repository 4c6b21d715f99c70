"""Errors that both operands of an elementwise operation have from one source, as x and 1 - x have: they do not add up.

An array knows what its error was passed on from, and by what factor. The variance that two operands pass on is found by
a reverse sweep through the last few of these steps, whose factors add up where they meet: error propagation to first
order, with the correlations that are near enough to see.
"""

from collections.abc import Iterable, Set
from itertools import count
from typing import Any, Self

Part = Any

STEPS = 4
"""How many operations back a common source is looked for: x (1 - x) takes two, its rule beside a factor three."""

SOURCES = 2 ** (STEPS + 1)
"""How many sources are gone through at most: as many as so many operations on pairs have behind them. In a chain whose
steps all read one weight it would be the whole chain, at every step. (Random networks have up to 24.)"""

NUMBERS = count()


class Source:
    """An array whose error has a variance: `own` is what rounding it added, the rest was `passed` on by its operands.

    Each of these has the factor of its error, which broadcasts with the array. Later sources have higher numbers.
    """

    def __init__(self, variance: Part) -> None:
        self.variance = self.own = variance
        self.passed: tuple[tuple[Part, Self], ...] = ()
        self.number = next(NUMBERS)
        self.near: list[frozenset[int]] = []

    def behind(self, steps: int = STEPS) -> frozenset[int]:
        """The numbers of itself and of what its error was passed on from, so many steps back."""
        while len(self.near) <= steps:  # asked again and again, once all that it was passed on from is known
            further = len(self.near)
            parts = [source.behind(further - 1) for _, source in self.passed] if further else []
            self.near.append(frozenset({self.number}).union(*parts))
        return self.near[steps]


def common(a: Source, b: Source) -> frozenset[int]:
    """The numbers of the sources that are behind both."""
    return a.behind() & b.behind() if a is b or a.passed or b.passed else frozenset()


def passed_on(operands: Iterable[tuple[Part, Source]], shared: Set[int]) -> Part:
    """The variance of the sum of errors, each times its factor, of arrays that have the sources `shared` in common."""
    total: Part = 0
    pending: dict[int, tuple[Part, Source]] = {}

    def add(factor: Part, source: Source) -> None:
        known, _ = pending.get(source.number, (0, source))
        pending[source.number] = (known + factor, source)

    for operand in operands:
        add(*operand)
    left = SOURCES
    while pending:
        number = max(pending)
        factor, source = pending.pop(number)
        meets = pending.keys() if number in shared else pending.keys() | shared
        if left and source.passed and not meets.isdisjoint(source.behind() - {number}):
            left -= 1
            total = total + factor * factor * source.own
            for slope, each in source.passed:
                add(factor * slope, each)
        else:
            total = total + factor * factor * source.variance
    return total
