"""What is wrong with a formula: the mistake that makes it an identity, or the formula that was meant.

A formula is one step of a derivation, so what it is written in terms of is taken to be right: a mistake is named only
if it lies between those values and the quantity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.mistakes import MISTAKES
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import truth
from gradproof.reports.teaching.claims.evaluation import Evaluation, focused
from gradproof.reports.teaching.claims.quantity import Quantity, Slope, read_quantity
from gradproof.reports.teaching.claims.statuses import Diagnosis
from gradproof.reports.teaching.diagnosis.formula_variants import Meant, renamed, shortened, transposes
from gradproof.reports.teaching.diagnosis.substitutions import Substitutions
from gradproof.reports.teaching.right.fitting import close
from gradproof.reports.teaching.right.formulas import POINTS, Points, counterexample, swapped

TESTED = 3
"""At how many points long doubles must agree before a mistake is named, or balls are asked."""

CANDIDATES = 400
"""How many other formulas are tried for one claim, of each kind."""

FAILURES = (GradproofError, ValueError, IndexError, KeyError, TypeError)
"""What shows that a mistaken network or formula has no value."""


REBUILT = ("another parameter", "another unit or layer")
"""Mistakes that build another computation: to explain a derivative by one is far-fetched where a slip of names does."""


@dataclass(frozen=True)
class Explanation:
    """What is said of a wrong formula: the mistake, the network with it, the formula that was meant.

    Each is None where it cannot be told; `corrected` is a text in the notation of the claims.
    """

    diagnosis: Diagnosis | None = None
    network: Network | None = None
    corrected: str | None = None


def explained(quantity: Quantity, text: str, formula: Quantity | None, points: Points) -> Explanation:
    """The explanation of the formula `text`; `formula` is None where its arrays do not fit each other.

    It is empty where nothing was found. Raises Exhausted where the work of the search that is going on is used up.
    """
    if formula is not None and formula.shape in ((), quantity.shape):
        found = from_catalogue(quantity, formula, points)
        slope = any(isinstance(atom, Slope) for atom in quantity.atoms.values())
        if found.diagnosis is None or (slope and found.diagnosis.mistake in REBUILT):
            slip = Substitutions(quantity, formula, points).diagnosis()
            found = Explanation(slip) if slip is not None else found
        if found.diagnosis is not None:
            return found
    meant = other_formula(quantity, text, formula, points)
    if meant is None:
        return Explanation()
    corrected = meant.formula if meant.formula != text else None
    return Explanation(Diagnosis(meant.mistake, meant.explanation, text, "", 0.0), corrected=corrected)


def tested(quantity: Quantity, points: Points) -> dict[int, Any]:
    """The values of a quantity in long doubles, at the first points where it has any, by the number of the point."""
    found = {}
    with np.errstate(all="ignore"):
        for number in range(POINTS):
            value = points.plainly(number).quantity(quantity)
            if np.all(np.isfinite(value)):
                found[number] = value
            if len(found) == TESTED:
                break
    return found


def from_catalogue(quantity: Quantity, formula: Quantity, points: Points) -> Explanation:
    """The first mistake of the catalogue that makes the formula an identity."""
    right, claimed = points.network, tested(formula, points)
    if not claimed:
        return Explanation()
    for mistake in MISTAKES:
        if mistake.planted:
            continue
        for variant in mistake.variants(focused(right, quantity)):
            network = variant.for_asking(right)
            if same_formula(network, quantity, formula, points, claimed):
                explanation = f"{mistake.sentence} ({variant.where})"
                return Explanation(Diagnosis(mistake.name, explanation, formula.text, "", 0.0), network)
    return Explanation()


def same_formula(
    network: Network, quantity: Quantity, formula: Quantity, points: Points, claimed: Mapping[int, Any]
) -> bool:
    """Whether the quantity in a mistaken network is what the formula says, there and in the right one.

    `claimed` are the formula's values in the right network, by the number of the point.
    """
    if swapped(network, points.network):
        return False
    with np.errstate(all="ignore"):
        for number, value in claimed.items():
            there = Evaluation(network.with_inputs(dict(points[number, False].network.inputs)), truth("float64"))
            try:
                theirs = there.quantity(quantity)
                if not close(theirs, np.broadcast_to(value, np.shape(theirs))):
                    return False
                if not close(there.quantity(formula), value):
                    return False
            except FAILURES:
                return False
    return True


def other_formula(quantity: Quantity, text: str, formula: Quantity | None, points: Points) -> Meant | None:
    """The identity that the formula nearly is: a transpose, a term or a name away."""
    network, right = points.network, tested(quantity, points)

    def holds(of: Quantity, candidate: Quantity, values: Mapping[int, Any]) -> bool:
        if candidate.shape not in ((), of.shape) or not values:
            return False
        with np.errstate(all="ignore"):
            for number, value in values.items():
                if not close(value, np.broadcast_to(points.plainly(number).quantity(candidate), np.shape(value))):
                    return False
        return counterexample(points, of, candidate)[0] is None

    def formula_for_it(candidates: Iterable[Meant]) -> Meant | None:
        for meant in islice(candidates, CANDIDATES):
            try:
                candidate = read_quantity(meant.formula, network)
                if not said_of_itself(quantity, candidate) and holds(quantity, candidate, right):
                    return meant
            except FAILURES:
                continue
        return None

    def what_it_is() -> Meant | None:
        for other in islice(renamed(quantity.text, network), CANDIDATES if formula is not None else 0):
            try:
                of = read_quantity(other.formula, network)
                if formula is None or of.shape != formula.shape or said_of_itself(of, formula):
                    continue
                if holds(of, formula, tested(of, points)):
                    return Meant("another quantity", f"This is {other.formula}, not {quantity.text}.", text)
            except FAILURES:
                continue
        return None

    found = formula_for_it(chain(transposes(text), shortened(text))) or what_it_is()
    return found or formula_for_it(renamed(text, network))


def said_of_itself(quantity: Quantity, formula: Quantity) -> bool:
    """Whether a formula says no more than that a quantity is what it is."""
    return quantity.text == formula.text or (quantity.entry is not None and quantity.entry == formula.entry)
