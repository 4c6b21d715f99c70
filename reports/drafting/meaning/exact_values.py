"""The numbers of a document, exactly: decimals as they are written, and what is computed from them in ball arithmetic.

Two values are the same number where their balls, of some hundred digits, meet: two ways to compute one number meet
however much cancels on the way, and no two numbers that a document tells apart do.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError, Undecided
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.parsing import parse
from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.balls import BITS, Balls, flint, precision
from gradproof.reference.sweep import values
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Quantity
from gradproof.reports.teaching.right.right import narrow


def decimals(array: Any) -> Balls:
    """The decimals that an array of float64 was written as, each the shortest one that is read as that float."""
    whole = [Fraction(repr(number)) for number in np.ravel(array).tolist()]
    found = np.empty(np.shape(array), dtype=object)
    with precision(BITS):
        found.ravel()[:] = [flint().arb(flint().fmpq(one.numerator, one.denominator)) for one in whole]
    return Balls(found)


EXACT = Reading(np.dtype(np.float64), decimals)


def number(written: Any) -> Balls:
    """The balls of a number, or nested lists of them, as a document writes them; all must be finite."""
    return EXACT.lift(written)  # type: ignore[no-any-return]


def evaluate(expression: str, operands: Mapping[str, Balls]) -> Balls | None:
    """The value of an expression of `operands` by name, computed by the reference; None where it has none."""
    shapes = {name: value.shape for name, value in operands.items()}
    try:
        nodes = with_shapes(parse(f"result = {expression}", operands), shapes, [expression])
        with precision(BITS), np.errstate(all="ignore"):
            return certain(values(Network(nodes, "result", (), {}), EXACT, dict(operands))[-1])
    except (GradproofError, Undecided, ArithmeticError, ValueError, RecursionError):
        return None


def value_of(point: Evaluation, quantity: Quantity) -> Balls | None:
    """The value of a quantity of the evaluation's network; None where it has none.

    Raises GradproofError for a derivative with too many entries.
    """
    try:
        with precision(BITS), np.errstate(all="ignore"):
            return certain(point.quantity(quantity))
    except (Undecided, ArithmeticError, ValueError):
        return None


def certain(found: Any) -> Balls | None:
    """A value all of whose entries are known to many digits and no larger than a float can be, or None."""
    balls = list(found.value.flat)
    return found if all(map(narrow, balls)) and all(math.isfinite(float(ball.mid())) for ball in balls) else None


def same(a: Balls | None, b: Balls | None) -> bool:
    """Whether two values are known, of one shape, and meet in every entry, so that they are one number."""
    if a is None or b is None or a.shape != b.shape:
        return False
    return all(x.overlaps(y) for x, y in zip(a.value.flat, b.value.flat, strict=True))


def stepped(weight: Balls, rate: Balls, gradient: Balls) -> Balls:
    """The updated weight: `weight` less the learning `rate` times its `gradient`, in ball arithmetic."""
    with precision(BITS):
        return weight - rate * gradient  # type: ignore[no-any-return]


def size(value: Balls) -> int:
    """How many entries a value has: 1 if it is a single number."""
    return math.prod(value.shape)
