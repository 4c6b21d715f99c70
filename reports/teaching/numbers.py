"""Judging printed numbers: functions that find a status, in the order in which they are tried."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter

from gradproof.reports.teaching.claims.statuses import (
    DIFFERS,
    OK,
    PROPAGATED,
    ROUNDED,
    TRUNCATED,
    WRONG,
    Diagnosis,
    Finding,
)
from gradproof.reports.teaching.claims.work import RIGHT, SOUGHT, Exhausted
from gradproof.reports.teaching.diagnosis.carried import (
    from_rounded,
    from_wrong,
    mistaken_too,
    relevant,
    rounded_throughout,
)
from gradproof.reports.teaching.diagnosis.consistency import Conflicts, Support
from gradproof.reports.teaching.diagnosis.diagnose import Wrong, diagnose
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.diagnosis.printed_arithmetic import Arithmetic, read_arithmetic
from gradproof.reports.teaching.right import expressions
from gradproof.reports.teaching.right.fitting import Exact, Placed, as_float, fits, one_float, text
from gradproof.reports.teaching.right.preparing import Prepared, PreparedLesson
from gradproof.reports.teaching.right.right import Asked, Right

UNSOUGHT = (
    f"what is behind it was not sought any further: the document's {SOUGHT:,} numbers are used up "
    f"(each on the way to a right value counts as {RIGHT})"
)
"""What is said of a wrong number where no work is left."""


def judge_number(lesson: PreparedLesson, position: int, earlier: Sequence[Earlier]) -> Finding:
    """What is found out about the printed number at `position`, after what the document said `earlier`.

    Positions count from 0 in the lesson. Raises GradproofError for a derivative with more entries than are computed.
    """
    made = lesson.claims[position]
    right = made.asked.right
    computed = text(right.values, right.shape)
    if made.placed is None:
        shape = made.printed.shape if made.printed is not None else ()
        message = f"what is printed has shape {shape}, {made.asked.quantity.text} has shape {right.shape}"
        return Finding(WRONG, message, computed)
    case = Case(lesson, position, earlier, made.placed)
    try:
        with lesson.work.seeking():
            found = next(finding for finder in FINDERS if (finding := finder(case)) is not None)
    except Exhausted:
        found = Finding(WRONG, UNSOUGHT)
    return replace(found, computed=computed, corrected=case.corrected)


@dataclass(frozen=True)
class Case:
    """A printed number, and what its status may rest on, each part worked out when it is first asked for."""

    lesson: PreparedLesson
    position: int
    earlier: Sequence[Earlier]
    placed: Placed

    @property
    def made(self) -> Prepared:
        """The claim that prints the number, as it was read."""
        return self.lesson.claims[self.position]

    @property
    def asked(self) -> Asked:
        """The quantity of the claim, at the claim's numbers."""
        return self.made.asked

    @property
    def right(self) -> Right:
        """The right values of that quantity, and the slack of each."""
        return self.asked.right

    @cached_property
    def corrected(self) -> str:
        """The printed text with the right numbers; one that would be 0 to the printed decimals gets two digits."""
        written = self.placed.written(self.right.values)
        if self.right.shape == () and self.right.values[0] and not any(c in "123456789" for c in written):
            return f"{as_float(self.right.values[0]):.2g}"
        return written

    @cached_property
    def given(self) -> list[Exact] | None:
        """What the arithmetic printed beside the number gives, entry by entry; None if there is no arithmetic."""
        return None if self.made.expression is None else expressions.value(self.made.expression, self.asked)

    @cached_property
    def multiplied_out(self) -> bool:
        """Whether the number is what the arithmetic beside it gives, rounded; so is a number without any."""
        numbers = [number for number, _ in self.placed.entries]
        given = self.given
        return given is None or (len(numbers) == len(given) and all(map(fits, numbers, given)))

    @property
    def beside(self) -> str:
        """The arithmetic and what it gives, as in a sentence."""
        expression, given = self.made.expression, self.given or []
        return f"{expression.text if expression else ''} is {text(given, () if len(given) == 1 else self.right.shape)}"

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """How the numbers of the arithmetic are to be read, if it gives what is printed."""
        expression = self.made.expression
        if expression is None or not self.multiplied_out:
            return Arithmetic()
        return read_arithmetic(expression, self.asked, self.made.said, self.earlier)

    @cached_property
    def ways(self) -> list[Asked]:
        """The quantity and the formulas by which the document says how to compute it, each at the claim's numbers.

        Raises GradproofError where such a formula cannot be compared at any point.
        """
        return [self.asked, *self.lesson.recipes(self.asked)]

    @cached_property
    def entries(self) -> list[Earlier]:
        """The earlier numbers that this one may have been computed from."""
        return relevant(self.asked, self.earlier, self.ways[1:])

    @property
    def wrong(self) -> Wrong:
        """The number with the claims that speak for a mistake or against it."""
        at, claims = self.asked.at, self.lesson.claims
        sound = [claims[e.position] for e in self.earlier if not e.failing and e.asked.at == at]
        there = self.lesson.comparable.get(at, [])
        later = [made for _, made in there[bisect_right(there, self.position, key=itemgetter(0)) :]]
        return Wrong(self.asked, self.placed, self.entries, Conflicts(sound), Support(later))


def ok(case: Case) -> Finding | None:
    """The right number, to its own digits or but for the rounding of the dtype."""
    if not (case.placed.matches(case.right.values) and case.multiplied_out):
        return None
    dtype, beside = case.asked.dtype, case.placed.beside(case.right.values)
    if all(fits(number, value) or one_float(number, value, dtype) for number, value, _ in beside):
        return Finding(OK)
    computed = text(case.right.values, case.right.shape)
    return Finding(OK, f"the rounding of {dtype} explains the difference from {computed}")


def ok_expression_differs(case: Case) -> Finding | None:
    """The right number beside arithmetic that gives another one."""
    if case.multiplied_out or not case.placed.matches(case.right.values):
        return None
    return Finding(DIFFERS, f"the number is right, but {case.beside}")


def truncated(case: Case) -> Finding | None:
    """The right number with its further digits cut off."""
    cut_off = case.placed.cut_off(case.right.values)
    return Finding(TRUNCATED, f"cut off instead of rounded: {case.corrected}") if cut_off else None


def rounded_intermediates(case: Case) -> Finding | None:
    """What follows from right numbers as they were rounded before."""
    if case.arithmetic.rounded_only and case.made.expression is not None:
        return Finding(ROUNDED, f"computed from rounded numbers: {case.made.expression.text}")
    causes = from_rounded(case.ways, case.placed, case.entries)
    return Finding(ROUNDED, f"computed from rounded numbers: {claims_text(causes)}") if causes else None


def propagated_by_number(case: Case) -> Finding | None:
    """What follows from wrong numbers before."""
    causes = from_wrong(case.ways, case.placed, case.entries)
    return Finding(PROPAGATED, f"follows from {claims_text(causes)}", follows=causes[0].root) if causes else None


def rounded_on_paper(case: Case) -> Finding | None:
    """What follows where every intermediate number is rounded to so many decimals, printed or not."""
    decimals = rounded_throughout(case.asked, case.placed, case.lesson.decimals)
    return None if decimals is None else Finding(ROUNDED, f"computed from numbers rounded to {decimals} decimals")


def propagated_otherwise(case: Case) -> Finding | None:
    """What follows from a wrong number in the arithmetic beside it, or from the mistake in an earlier number."""
    follows = case.arithmetic.follows
    if follows is not None:
        return Finding(PROPAGATED, f"follows from {follows.said}", follows=follows.root)
    cause = mistaken_too(case.asked, case.placed, case.earlier)
    if cause is not None:
        return Finding(PROPAGATED, f"follows from the mistake in {cause.said}", follows=cause.root)
    return None


def wrong(case: Case) -> Finding:
    """A root error, with the mistake behind it if that can be told."""
    if not case.multiplied_out and case.made.expression is not None:
        sentence, given = "The arithmetic printed beside it gives another number.", case.given or []
        value = text(given, () if len(given) == 1 else case.right.shape)
        diagnosis = Diagnosis("arithmetic", sentence, case.made.expression.text, value, 0.0)
        return Finding(WRONG, case.beside, diagnosis=diagnosis)
    if case.arithmetic.diagnosis is not None:
        return Finding(WRONG, diagnosis=case.arithmetic.diagnosis)
    named, network = diagnose(case.wrong) or (None, None)
    return Finding(WRONG, diagnosis=named, mistaken=network)


FINDERS = (
    ok,
    ok_expression_differs,
    truncated,
    rounded_intermediates,
    propagated_by_number,
    rounded_on_paper,
    propagated_otherwise,
    wrong,
)
"""In the order in which they are tried; the last has always something to say. What an earlier wrong number gives is no
rounding on paper, which explains almost every number of two digits as well."""


def claims_text(causes: Sequence[Earlier]) -> str:
    """Claims in one line, each once."""
    return ", ".join(dict.fromkeys(cause.said for cause in causes))
