"""Reading the texts of claims, all of them before the first is judged."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError, MisfitError
from gradproof.reference.language.input_arrays import to_array
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation, at_point
from gradproof.reports.teaching.claims.quantity import Quantity, Slope, quoted, read_quantity
from gradproof.reports.teaching.claims.work import CLAIM, Work
from gradproof.reports.teaching.printed.printed import Printed, read_printed
from gradproof.reports.teaching.right import expressions
from gradproof.reports.teaching.right.fitting import Placed, aligned
from gradproof.reports.teaching.right.formulas import Points, counterexample
from gradproof.reports.teaching.right.right import Asked
from gradproof.reports.teaching.right.shapes import Size, read_shape
from gradproof.reports.teaching.right.sweeps import Sweeps

STEP = re.compile(r"[^eE]{1,1000}(?:[eE][-+]?\d{1,3})?")
"""How long a step may be: as an exact number, one with a larger exponent takes more memory than it says."""


@dataclass(frozen=True)
class Prepared:
    """A claim whose texts have been read: nothing in it is unreadable any more.

    `asked` is its quantity. `said` is what it says of that, as written; of `printed`, `formula` and `shape` the one is
    there that it is. `expression` is the arithmetic printed beside a number. `misfit` says why a formula has no value:
    it is in the language, but its arrays do not fit each other.
    """

    asked: Asked
    said: str
    printed: Printed | None = None
    formula: Quantity | None = None
    shape: tuple[Size, ...] | None = None
    expression: Quantity | None = None
    misfit: str = ""

    @cached_property
    def text(self) -> str:
        """The claim in one line, such as `dL/dw = 0.3`."""
        return f"{self.asked.quantity.text}{':' if self.shape is not None else ' ='} {self.said}"

    @cached_property
    def placed(self) -> Placed | None:
        """The printed numbers, each with its entry of the quantity; None if none are printed, or in another shape."""
        if self.printed is None:
            return None
        places = aligned(self.printed, self.asked.right.shape)
        return None if places is None else Placed(self.printed, places, self.asked.right.slack)

    @property
    def comparable(self) -> bool:
        """Whether it is a printed number that a mistaken network gives or does not give."""
        return self.printed is not None and self.asked.step is None


@dataclass(frozen=True)
class PreparedLesson:
    """The claims of a lesson, read, and what they say all together.

    `decimals` are those to which the numbers between may have been rounded on paper, the most first. `first` is how
    many claims of the document stand before this lesson's. `work` is what is left for the document, `known` keeps the
    recipes of quantities, by their text without spaces.
    """

    network: Network
    claims: Sequence[Prepared]
    decimals: Sequence[int] = ()
    first: int = 0
    work: Work = field(default_factory=Work)
    known: dict[str, list[Quantity]] = field(default_factory=dict)

    @cached_property
    def comparable(self) -> dict[Any, list[tuple[int, Prepared]]]:
        """The claims that can be compared with a mistaken network, with their positions, by their own inputs.

        Positions count from 0 in the lesson; the keys are as `Asked.at`.
        """
        found: dict[Any, list[tuple[int, Prepared]]] = {}
        for position, made in enumerate(self.claims):
            if made.comparable:
                found.setdefault(made.asked.at, []).append((position, made))
        return found

    @cached_property
    def formulas(self) -> dict[str, list[Quantity]]:
        """The formulas that claims give for quantities at the lesson's own inputs, by the text without spaces."""
        found: dict[str, list[Quantity]] = {}
        for made in self.claims:
            if made.formula is not None and not made.asked.at:
                found.setdefault(without_spaces(made.asked.quantity.text), []).append(made.formula)
        return found

    @cached_property
    def points(self) -> Points:
        """Random points of the lesson's network, at which formulas are compared."""
        return Points(self.network)

    def recipes(self, asked: Asked) -> list[Asked]:
        """The formulas that the document rightly gives for what is asked: it may have been computed by them.

        Raises GradproofError where such a formula cannot be compared at any point.
        """
        if asked.step is not None or not asked.traceable:
            return []
        quantity, said = asked.quantity, without_spaces(asked.quantity.text)
        if said not in self.known:
            fitting = [formula for formula in self.formulas.get(said, ()) if formula.shape == quantity.shape]
            self.known[said] = [f for f in fitting if counterexample(self.points, quantity, f)[0] is None]
        return [asked.about(formula) for formula in self.known[said]]


def prepared(lesson: Lesson, first: int = 0, work: Work | None = None) -> PreparedLesson:
    """All claims of a lesson, read; `work` is what is left for its document.

    `first` is how many claims of the document stand before. Raises GradproofError, which names the claim by its number
    in the document, for a text that cannot be read and where more is asked for than `work` has.
    """
    questions = Questions(lesson)
    work = work or Work()
    sweeps = Sweeps(lesson.network)
    if lesson.claims:
        work.ask(2 * CLAIM)
    claims = []
    for number, claim in enumerate(lesson.claims, first + 1):
        try:
            claims.append(prepared_claim(claim, questions))
            printed, formula = claims[-1].printed, claims[-1].formula
            read = [claims[-1].asked.quantity, formula, claims[-1].expression]
            work.ask(
                sweeps.more(
                    claims[-1].asked,
                    list(filter(None, read)),
                    1 if printed is None else len(printed.numbers),
                    formula is not None,
                )
            )
        except GradproofError as problem:
            line = f", line {claim.line}" if claim.line else ""
            raise GradproofError(f"claim {number} ({claim.quantity}{line}): {problem}") from None
    return PreparedLesson(lesson.network, claims, decimals_of(claims), first, work)


def prepared_claim(claim: Claim, questions: "Questions") -> Prepared:
    """One claim, read.

    Raises GradproofError for a quantity, formula, shape, number, arithmetic, input or step that cannot be read.
    """
    asked = questions.of(claim)
    network = asked.network
    made = Prepared(asked, claim.printed or claim.formula or claim.shape or "")
    if claim.printed is not None:
        made = replace(made, printed=read_printed(claim.printed))
    if claim.formula is not None:
        try:
            made = replace(made, formula=read_quantity(claim.formula, network))
        except MisfitError as problem:
            made = replace(made, misfit=str(problem).removeprefix(f"{quoted(claim.formula)}: "))
    if claim.shape is not None:
        made = replace(made, shape=read_shape(claim.shape))
    if claim.expression is not None:
        made = replace(made, expression=expressions.read_expression(claim.expression, network))
    return made


@dataclass(frozen=True)
class Questions:
    """What the claims of a lesson ask for: a question that several of them have is one, and answered once."""

    lesson: Lesson
    known: dict[Any, Asked] = field(default_factory=dict)
    cache: dict[Any, list[Evaluation]] = field(default_factory=dict)

    def of(self, claim: Claim) -> Asked:
        """The quantity that a claim is about, at its numbers. Raises GradproofError as `asked_by` does."""
        key = claim.quantity, claim.dtype, claim.step, repr(claim.at)
        if key not in self.known:
            self.known[key] = asked_by(self.lesson, claim, self.cache)
        return self.known[key]


def asked_by(lesson: Lesson, claim: Claim, cache: dict[Any, list[Evaluation]]) -> Asked:
    """The quantity that a claim is about, at its numbers; `cache` keeps the evaluations of the lesson's network.

    Raises GradproofError for a quantity that cannot be read, inputs in `at` that do not fit the network, and a step
    that is no number or goes with anything but the derivative of one number by another, which is an input.
    """
    quantity = read_quantity(claim.quantity, lesson.network)
    arrays = {name: to_array(f"at.{name}", value, lesson.folder) for name, value in claim.at.items()}
    network = at_point(lesson.network, arrays)
    at = tuple(sorted((name, array.tobytes()) for name, array in arrays.items()))
    step = None if claim.step is None else step_of(claim.step)
    if step is not None:
        atom = quantity.atom
        if not (isinstance(atom, Slope) and atom.to in network.inputs and quantity.shape == ()):
            raise GradproofError("step goes with a derivative by an input, both of them numbers, such as dL/dw")
    return Asked(quantity, network, claim.dtype, cache, at, step)


def step_of(text: str) -> Fraction:
    """The step of a difference quotient, exactly.

    Raises GradproofError for a text that is no number, for 0 in float64, and for steps beyond a million.
    """
    try:
        if not STEP.fullmatch(text.strip()):
            raise ValueError
        step = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise GradproofError(f'step is {text!r}; it must be a number such as "0.01"') from None
    if abs(step) > 10**6 or float(step) == 0:  # in this order: a large one is no float
        raise GradproofError(f"step is {text!r}; it must be a number other than 0")
    return step


def decimals_of(claims: Iterable[Prepared]) -> list[int]:
    """To how many decimals the document prints numbers, the most first; more than float64 has are no rounding."""
    printed = [made.printed for made in claims if made.printed is not None]
    units = {number.unit for each in printed for number in each.numbers if number is not None and number.unit}
    return sorted({round(-math.log10(unit)) for unit in units if np.finfo(float).eps < unit < 1}, reverse=True)


def without_spaces(text: str) -> str:
    """A text without its blanks and line breaks, by which two that differ in these alone are one."""
    return re.sub(r"\s", "", text)
