"""What the numbers in the arithmetic printed beside a claim stand for: rounded values, earlier slips, or a new one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.claims.evaluation import hand_derivatives
from gradproof.reports.teaching.claims.quantity import Quantity, Slope, Value, atom_text, brackets
from gradproof.reports.teaching.claims.statuses import Diagnosis
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.right.expressions import compute, literals
from gradproof.reports.teaching.right.fitting import agree, as_float, exact
from gradproof.reports.teaching.right.right import Asked

MAX_ENTRIES = 64
"""Arrays with more entries are not searched for what a printed number stands for."""

MAX_READINGS = 512
"""So many ways to read the numbers of one expression are tried."""


@dataclass(frozen=True)
class Meaning:
    """A value of the computation that a number may stand for, and what it is called."""

    name: str
    value: Fraction


@dataclass(frozen=True)
class Arithmetic:
    """How the numbers of an expression are to be read.

    `rounded_only`: each is a value rounded as printed, and the exact values would give the right result. `follows`:
    one of them is an earlier wrong number. `diagnosis`: one of them is not what belongs there.
    """

    rounded_only: bool = False
    follows: Earlier | None = None
    diagnosis: Diagnosis | None = None


def read_arithmetic(expression: Quantity, asked: Asked, printed: str, earlier: Sequence[Earlier]) -> Arithmetic:
    """How to read an expression whose value is what was `printed`, but not the right value.

    `earlier` are the numbers of the document before it. It is read as nothing where it has names in it, or several
    values.
    """
    numbers = literals(expression)
    right = asked.right.values[0] if len(asked.right.values) == 1 else None
    if not numbers or not isinstance(right, Fraction) or expression.atoms:
        return Arithmetic()
    known = list(meanings(asked))
    near = {i: [m.value for m in known if stands_for(n, m.value)][:4] for i, n in numbers.items()}
    options = {i: near[i] + ([n] if stands_for_itself(n) or not near[i] else []) for i, n in numbers.items()}
    if gives(expression, options, right):
        return Arithmetic(rounded_only=True)
    wrong = {Fraction(repr(float(n))): e for e in earlier if e.failing and np.size(e.numbers) == 1 for n in e.numbers}
    for n in numbers.values():
        if n in wrong:
            return Arithmetic(follows=wrong[n])
    for i, n in numbers.items():
        if n and gives(expression, {**options, i: [-x for x in options[i]]}, right):
            sentence = f"A sign is wrong: that of {as_float(n):g}, or of the term that it is a factor of."
            return Arithmetic(diagnosis=Diagnosis("sign", sentence, expression.text, printed, 0.0))
    for i, n in numbers.items():
        belongs = [m for m in known if gives(expression, {**options, i: [m.value]}, right)]
        if belongs:
            return Arithmetic(diagnosis=misplaced(expression, printed, n, belongs[0], known))
    return Arithmetic()


def gives(expression: Quantity, options: Mapping[int, list[Fraction]], right: Fraction) -> bool:
    """Whether some choice of values for the numbers makes the expression right.

    `options` are the values for each number, by the index of its node; `MAX_READINGS` choices are tried.
    """
    for choice in islice(product(*options.values()), MAX_READINGS):
        result = compute(expression, dict(zip(options, choice, strict=True)))
        if result is not None and agree(result, right):
            return True
    return False


def stands_for_itself(number: Fraction) -> bool:
    """Whether a number stands for itself: an integer or a half."""
    return (2 * number).denominator == 1


def unit(number: Fraction) -> Fraction:
    """One step in the last decimal digit that a number needs."""
    step = Fraction(1)
    while (number / step).denominator != 1:
        step /= 10
    return step


def stands_for(number: Fraction, value: Fraction) -> bool:
    """Whether `number` is `value` rounded to its own decimals."""
    return abs(number - value) <= unit(number) / 2


def meanings(asked: Asked) -> Iterator[Meaning]:
    """The values and derivatives of the computation, entry by entry."""
    evaluation, network = asked.plain, asked.network
    atoms: list[Value | Slope] = [*map(Value, network.names), *hand_derivatives(network)]
    for atom in atoms:
        try:
            array = np.asarray(evaluation.atom(atom))
        except GradproofError:
            continue
        if array.size > MAX_ENTRIES:
            continue
        for index in np.ndindex(array.shape):
            value = exact(array[index])
            if isinstance(value, Fraction):
                yield Meaning(f"{atom_text(atom)}{brackets(index)}", value)
    if network.learning_rate is not None:
        yield Meaning("the learning rate", exact(np.float64(network.learning_rate)))  # type: ignore[arg-type]


def misplaced(
    expression: Quantity, printed: str, number: Fraction, belongs: Meaning, known: Sequence[Meaning]
) -> Diagnosis:
    """The diagnosis of a number that stands where the value `belongs` should.

    It may be that value with its point shifted, another of the values `known`, or none of them.
    """
    shown = f"{as_float(number):g}"
    value = f"{as_float(belongs.value):.6g}"
    shifted = [k for k in (1, -1, 2, -2, 3, -3) if stands_for(number, belongs.value * Fraction(10) ** k)]
    other = next((m for m in known if m.name != belongs.name and stands_for(number, m.value)), None)
    if shifted:
        mistake, why = "decimal point shifted", "the decimal point is in another place"
    elif other is not None:
        mistake, why = "another quantity", f"{shown} is {other.name}"
    else:
        mistake, why = "another number", "it is none of the values of this computation"
    explanation = f"{shown} stands where {belongs.name} = {value} belongs: {why}."
    return Diagnosis(mistake, explanation, expression.text, printed, 0.0)
