"""A mistake made at one place, and the values that it gives."""

from dataclasses import dataclass

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.quantity import Quantity
from gradproof.reports.teaching.diagnosis.carried import pinned
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.right.fitting import Exact
from gradproof.reports.teaching.right.right import Asked

FIRST, SECOND, RATE, PAIR = 1, 2, 3, 4
"""Tiers: common mistakes, all single ones, any learning rate, two at once."""


@dataclass(frozen=True)
class Candidate:
    """A mistake made at one place, and the values that it gives for the quantity."""

    mistake: str
    explanation: str
    formula: str
    values: tuple[Exact, ...]
    tier: int
    network: Network | None = None


def valued(asked: Asked, network: Network, quantity: Quantity, carried: list[Earlier]) -> tuple[Exact, ...] | None:
    """The quantity in a mistaken network, if it has a value there at all."""
    shared = network is asked.network and not carried
    evaluation = asked.plain if shared else pinned(asked, carried, network)
    try:
        return tuple(asked.about(quantity).plainly(evaluation))
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError, GradproofError):
        return None
