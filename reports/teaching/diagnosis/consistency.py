"""Which other claims of a document speak for a mistake, and which against it."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.right.fitting import as_float, fits
from gradproof.reports.teaching.right.preparing import Prepared
from gradproof.reports.teaching.right.right import plain_truth

T = TypeVar("T")


class Conflicts:
    """How many earlier right numbers a mistaken network would contradict; `sound` are these.

    It is called with the network, and remembers what it counted.
    """

    def __init__(self, sound: Sequence[Prepared]) -> None:
        self.sound = sound
        self.known: list[tuple[Network, int]] = []

    def __call__(self, network: Network) -> int:
        """How many of the right numbers would be wrong in the network."""
        return remembered(self.known, network, self.counted)

    def counted(self, evaluation: Evaluation) -> int:
        """How many of the right numbers would be wrong in a network, given its evaluation."""
        return sum(not still_fits(made, evaluation) for made in self.sound)


class Support:
    """How many later numbers, not right, a mistaken network gives, and how likely that is by chance.

    `later` are all later claims that can be compared with a network. It is called with the network, and remembers.
    """

    def __init__(self, later: Sequence[Prepared]) -> None:
        self.later = later
        self.known: list[tuple[Network, tuple[int, float]]] = []

    def __call__(self, network: Network) -> tuple[int, float]:
        """How many of the later wrong numbers the network gives, and the probability that it does so by chance."""
        return remembered(self.known, network, self.counted)

    def counted(self, evaluation: Evaluation) -> tuple[int, float]:
        """What a call gives for a network, given its evaluation."""
        odds = [given_by(made, evaluation) for made in self.later]
        met = [odd for odd in odds if odd is not None]
        return len(met), math.prod(met)


def remembered(known: list[tuple[Network, T]], network: Network, count: Callable[[Evaluation], T]) -> T:
    """What was counted for this very network before, or is counted now; kept with it, so that it stays this one."""
    for before, counted in known:
        if before is network:
            return counted
    counted = count(Evaluation(network, plain_truth()))
    known.append((network, counted))
    return counted


def still_fits(made: Prepared, evaluation: Evaluation) -> bool:
    """Whether a right number is right in a mistaken network too, be it with further digits cut off."""
    return made.placed is None or made.placed.cut_off(made.asked.plainly(evaluation))


def given_by(made: Prepared, evaluation: Evaluation) -> float | None:
    """The probability that a wrong number is by chance what a mistaken network gives; None if it is not or is right."""
    placed = made.placed
    if placed is None or placed.matches(made.asked.right.values) or not placed.matches(made.asked.plainly(evaluation)):
        return None
    odds = 1.0
    for number, value, slack in placed.beside(made.asked.right.values):
        if not fits(number, value, slack):
            odds *= min(1.0, as_float(number.unit) / max(abs(as_float(number.value)), as_float(number.unit) or 1.0))
    return odds
