"""What a wrong formula says when it is read as a slip of names: another quantity on its left or its right side."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.claims.quantity import Atom, Quantity, Slope, atom_text
from gradproof.reports.teaching.claims.statuses import Diagnosis
from gradproof.reports.teaching.diagnosis.candidates import alike
from gradproof.reports.teaching.right.fitting import close
from gradproof.reports.teaching.right.formulas import Points

POINTS = 3
"""At so many random points two formulas are compared; there are few to choose from."""

MAX_PAIRS = 2000
"""So many ways to replace two derivatives at once are tried."""


@dataclass(frozen=True)
class Side:
    """One side of a formula with some atoms in place of others; `other` in place of `meant`.

    The two are in the same order.
    """

    quantity: Quantity
    meant: tuple[Atom, ...]
    other: tuple[Atom, ...]


class Substitutions:
    """A wrong formula, and what its sides are at random points: the evaluations of the network at these."""

    def __init__(self, quantity: Quantity, formula: Quantity, points: Points) -> None:
        self.quantity, self.formula, self.network = quantity, formula, points.network
        self.evaluations = [points.plainly(number) for number in range(POINTS)]

    def diagnosis(self) -> Diagnosis | None:
        """The slip, if one makes the formula an identity; else None."""
        slip = self.right_side() or self.cut_off() or self.left_side()
        if slip is None:
            return None
        mistake, explanation = slip
        return Diagnosis(mistake, explanation, self.formula.text, "", 0.0)

    def cut_off(self) -> tuple[str, str] | None:
        """The mistake and a sentence about it, where a derivative is said to be 0; else None."""
        atom = self.quantity.atom
        if not isinstance(atom, Slope) or not self.same(self.formula, None):
            return None
        return "gradient cut off", f"The derivative is not 0: {atom.of} depends on {atom.to}."

    def right_side(self) -> tuple[str, str] | None:
        """The mistake and a sentence about it, where a name in the formula stands in place of another; else None."""
        for side in (*self.changed(self.formula), *self.pairs()):
            if side.quantity.atom != self.quantity.atom and self.same(self.quantity, side.quantity):
                stands = "stands" if len(side.meant) == 1 else "stand"
                return ("another quantity", f"{names_of(side.meant)} {stands} where {names_of(side.other)} should.")
        return None

    def left_side(self) -> tuple[str, str] | None:
        """The mistake and a sentence about it, where the formula is right for another quantity; else None."""
        for side in self.changed(self.quantity):
            if side.quantity.atom != self.formula.atom and self.same(side.quantity, self.formula):
                return "another quantity", f"This is {names_of(side.other)}, not {names_of(side.meant)}."
        return None

    def changed(self, side: Quantity) -> Iterator[Side]:
        """One side with one atom replaced."""
        for name, atom in side.atoms.items():
            others = self.others(atom)
            near = [other for other in others if letters(other) == letters(atom)]
            for other in (*near, *(other for other in others if other not in near)):
                yield Side(replace(side, atoms={**side.atoms, name: other}), (atom,), (other,))

    def pairs(self) -> Iterator[Side]:
        """The formula with two derivatives of the same thing replaced: the terms of a sum over paths."""
        slopes = [(name, atom) for name, atom in self.formula.atoms.items() if isinstance(atom, Slope)]
        tried = 0
        for (one, first), (two, second) in combinations(slopes, 2):
            if first.of != second.of:
                continue
            options = (
                [other for other in self.others(atom) if isinstance(other, Slope) and other.of == first.of]
                for atom in (first, second)
            )
            for others in product(*options):
                tried += 1
                if tried > MAX_PAIRS:
                    return
                atoms = {**self.formula.atoms, one: others[0], two: others[1]}
                yield Side(replace(self.formula, atoms=atoms), (first, second), others)

    def others(self, atom: Atom) -> list[Atom]:
        """What may be taken for an atom, or the atom for it: a value for a value, a derivative for a derivative."""
        found = [other for other in alike(self.network, atom) if isinstance(other, type(atom))]
        return [other for other in found if not isinstance(other, Slope) or other.of != other.to]

    def same(self, left: Quantity, right: Quantity | None) -> bool:
        """Whether two sides agree at the points; None is 0."""
        with np.errstate(all="ignore"):
            for evaluation in self.evaluations:
                try:
                    a = evaluation.quantity(left)
                    b = evaluation.quantity(right) if right is not None else np.zeros_like(a)
                    if not close(*np.broadcast_arrays(a, b)):
                        return False
                except (ValueError, IndexError, KeyError, TypeError, GradproofError):
                    return False
        return True


def letters(atom: Atom) -> str:
    """An atom without its numbers: z1 is sooner taken for z2 than for b2."""
    return re.sub(r"\d+", "", atom_text(atom))


def names_of(atoms: tuple[Atom, ...]) -> str:
    """The names of atoms as they stand in a sentence: `z1 and z2`."""
    return " and ".join(map(atom_text, atoms))
