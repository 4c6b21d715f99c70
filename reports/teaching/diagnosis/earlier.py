"""What a document said before a claim, as numbers that later ones may have been computed from."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import Pins, hand_derivatives
from gradproof.reports.teaching.claims.quantity import Atom, Key, Slope, Value
from gradproof.reports.teaching.claims.statuses import FAILING, WRONG, Finding
from gradproof.reports.teaching.right.fitting import as_float, close
from gradproof.reports.teaching.right.formulas import Points
from gradproof.reports.teaching.right.preparing import Prepared
from gradproof.reports.teaching.right.right import Asked


@dataclass(frozen=True, eq=False)
class Earlier:
    """What later numbers may have been computed from: which entries of an atom it gives, if of one.

    It is a printed number, or what a wrong formula gives at the claim's numbers. `position` is its claim's, counted
    from 0 in the lesson, `asked` what that is about, `status` its status. It gives the entries `atom[key]`; `printed`
    are the numbers as printed, in row-major order.
    """

    position: int
    root: int
    """The position of the wrong claim that this one follows from, or its own."""
    asked: Asked
    said: str
    """The claim in one line."""
    status: str
    mistaken: Network | None
    """The network in which the wrong number is right, if that is known."""
    atom: Atom | None
    key: Key
    printed: Sequence[float]
    numbers: Any
    """What was printed, or solved from it, as dL/dw from -dL/dw."""
    half: Any = 0.0
    """Half a unit of the last digit of each of `numbers`: an author may have gone on with the digits behind it."""

    @property
    def failing(self) -> bool:
        """Whether it is wrong, or follows from a wrong one."""
        return self.status in FAILING

    @cached_property
    def differs(self) -> bool:
        """Whether the printed digits are another number than the computed one, as those of a rounded one mostly are."""
        return self.asked.found_plainly != [Fraction(x) for x in self.printed]

    def shifted(self, ends: int) -> "Earlier":
        """The same with the least or the greatest numbers that are rounded to those printed: `ends` is -1 or 1."""
        return replace(self, numbers=np.asarray(self.numbers, float) + ends * np.asarray(self.half))

    def onto(self, pins: Pins, network: Network) -> Pins:
        """`pins` with this number in place of a computed one in `network`; unchanged where it is of no atom."""
        if self.atom is None:
            return pins
        if isinstance(self.atom, Slope):
            name = self.atom.to
            of = network.nodes[network.index(self.atom.of)].shape
            if of and not self.atom.of_key:
                return pins
        else:
            name = self.atom.name
        shape = network.nodes[network.index(name)].shape
        return pins.with_entry(self.atom, self.key, shape, self.numbers)


def told(position: int, made: Prepared, finding: Finding, points: Points) -> Iterator[Earlier]:
    """What a claim tells the claims after it: a printed number, or what a wrong formula gives at the claim's numbers.

    An expression tells what it is solved for, and the derivatives that it is another way to write. `position` counts
    claims of the lesson from 0; `points` are those of the lesson's network.
    """
    asked = made.asked
    numbers, half = printed_numbers(made) if made.printed is not None else (formula_numbers(made, finding), 0.0)
    if not numbers or not all(map(math.isfinite, numbers)):
        return
    atom, key = asked.quantity.entry or (None, ())
    root = position if finding.follows is None else finding.follows
    known = (position, root, asked, made.text, finding.status, finding.mistaken)
    earlier = Earlier(*known, atom, key, numbers, numbers, half)
    yield earlier if atom is not None else solved(earlier)
    for slope in derivatives_called(asked, points):
        yield replace(earlier, atom=slope)


def printed_numbers(made: Prepared) -> tuple[list[float], Any]:
    """The numbers of a claim and half a unit of each last digit, in row-major order.

    There are none where some entries are left out, or of another shape, nor for a difference quotient.
    """
    if made.placed is None or made.asked.step is not None or None in made.placed.printed.numbers:
        return [], 0.0
    read = [number for number in made.placed.printed.numbers if number is not None]
    return [as_float(n.value) for n in read], np.array([as_float(n.unit) / 2 for n in read])


def formula_numbers(made: Prepared, finding: Finding) -> list[float]:
    """What a wrong formula gives at the numbers of its claim, entry by entry: the author may have computed by it."""
    asked, formula = made.asked, made.formula
    if finding.status != WRONG or formula is None or asked.quantity.entry is None:
        return []
    if formula.shape not in ((), asked.quantity.shape):
        return []
    try:
        given = asked.about(formula).plainly(asked.plain)
    except (GradproofError, ValueError, ZeroDivisionError):
        return []
    return [as_float(x) for x in given] * (math.prod(asked.quantity.shape) if formula.shape == () else 1)


def solved(entry: Earlier) -> Earlier:
    """The same as numbers of an atom, where the expression printed is linear in one computed atom.

    So -dL/dw, 0.1*dL/dw and y - t tell dL/dw and y, if t was given.
    """
    asked = entry.asked
    quantity, network = asked.quantity, asked.network
    given = {n for n, a in quantity.atoms.items() if isinstance(a, Value) and a.name in network.inputs and not a.steps}
    computed = [(name, atom) for name, atom in quantity.atoms.items() if name not in given]
    if len(computed) != 1 or not asked.traceable:
        return entry
    (name, atom), evaluation = computed[0], asked.plain
    value = np.asarray(evaluation.atom(atom))
    if value.shape != quantity.shape:
        return entry

    def at(x: Any) -> Any:
        return np.asarray(evaluation.quantity(quantity, {name: x}))

    with np.errstate(all="ignore"):
        start, line = at(0 * value), at(0 * value + 1)
        factor = line - start
        linear = close(at(value), start + factor * value, np.abs(start) + np.abs(factor * value))
        if not (linear and np.all(factor) and np.all(np.isfinite(factor))):
            return entry
        numbers = np.ravel((np.reshape(entry.numbers, value.shape) - start) / factor).astype(float)
        half = np.ravel(np.reshape(entry.half, value.shape) / np.abs(factor)).astype(float)
    return replace(entry, atom=atom, numbers=numbers, half=half)


def derivatives_called(asked: Asked, points: Points) -> Iterator[Slope]:
    """The derivatives that an expression is another way to write: y - t is dL/dy, and a*(1 - a) is da/dz."""
    quantity, network = asked.quantity, asked.network
    if quantity.entry is not None or quantity.steps or not quantity.atoms or asked.step is not None:
        return
    here, there = asked.plain, points.plainly(0)
    for slope in hand_derivatives(network):
        k = network.index(slope.to)
        fitting = network.nodes[k].shape == quantity.shape and k in network.ancestors(slope.of)
        if fitting and all(close(e.atom(slope), e.quantity(quantity)) for e in (here, there)):
            yield slope
