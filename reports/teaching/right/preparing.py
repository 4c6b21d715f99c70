"""Reading the texts of claims, all of them before the first is judged."""

from dataclasses import dataclass, replace
from typing import Any

from gradproof.reference.errors import GradproofError, MisfitError
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Quantity, quoted, read_quantity
from gradproof.reports.teaching.printed.printed import Printed, read_printed
from gradproof.reports.teaching.right import expressions
from gradproof.reports.teaching.right.right import Asked
from gradproof.reports.teaching.right.shapes import Size, read_shape


@dataclass(frozen=True)
class Prepared:
    """A claim whose texts have been read: nothing in it is unreadable any more.

    `misfit` says why a formula has no value: it is in the language, but its arrays do not fit each other.
    """

    claim: Claim
    asked: Asked
    printed: Printed | None = None
    formula: Quantity | None = None
    shape: tuple[Size, ...] | None = None
    expression: Quantity | None = None
    misfit: str = ""

    @property
    def comparable(self) -> bool:
        """Whether it is a printed number that a mistaken network gives or does not give."""
        return self.printed is not None and self.asked.step is None


def prepared(lesson: Lesson, first: int = 0) -> list[Prepared]:
    """All claims of a lesson, read. Raises GradproofError that names the claim, counted from `first`."""
    cache: dict[Any, Evaluation] = {}
    result = []
    for number, claim in enumerate(lesson.claims, first + 1):
        try:
            asked = Asked(lesson, claim, read_quantity(claim.quantity, lesson.network), cache)
            network = asked.network
            made = Prepared(claim, asked)
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
        except GradproofError as problem:
            line = f", line {claim.line}" if claim.line else ""
            raise GradproofError(f"claim {number} ({claim.quantity}{line}): {problem}") from None
        result.append(made)
    return result
