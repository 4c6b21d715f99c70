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
    """A mistake made at one place, and the values that it gives for the quantity.

    `mistake` is its name, `explanation` a sentence for a student, `formula` what was computed. `values` are all
    entries, in row-major order, `tier` is `FIRST`, `SECOND`, `RATE` or `PAIR`. `network` is the one with the mistake,
    None where the mistake is not one of a network.
    """

    mistake: str
    explanation: str
    formula: str
    values: tuple[Exact, ...]
    tier: int
    network: Network | None = None


def valued(asked: Asked, network: Network, quantity: Quantity, carried: list[Earlier]) -> tuple[Exact, ...] | None:
    """The entries of the quantity in a mistaken network, in row-major order; None if it has no value there.

    `carried` are earlier numbers that take the place of computed ones.
    """
    shared = network is asked.network and not carried
    evaluation = asked.plain if shared else pinned(asked, carried, network)
    try:
        return tuple(asked.about(quantity).plainly(evaluation))
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError, GradproofError):
        return None
