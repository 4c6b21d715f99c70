"""Judging the claims of a lesson, in file order, since a wrong number may be the cause of later ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.claims.claim import Claim
from gradproof.reports.teaching.claims.statuses import FAILING, OK, PROPAGATED, WRONG, ClaimResult, Finding
from gradproof.reports.teaching.claims.work import Exhausted
from gradproof.reports.teaching.diagnosis.earlier import Earlier, told
from gradproof.reports.teaching.diagnosis.formula_mistakes import explained
from gradproof.reports.teaching.elsewhere import Elsewhere
from gradproof.reports.teaching.numbers import judge_number
from gradproof.reports.teaching.right.fitting import text
from gradproof.reports.teaching.right.formulas import Points, counterexample
from gradproof.reports.teaching.right.preparing import Prepared, PreparedLesson, without_spaces
from gradproof.reports.teaching.right.shapes import Size, judge_shape, sizes


def judge(
    claims: Sequence[Claim], lesson: PreparedLesson, progress: Callable[[ClaimResult], None] | None = None
) -> list[ClaimResult]:
    """The results of a lesson's claims, in file order; `progress` is called with each.

    Raises GradproofError, which names the claim, where a right value or a formula cannot be computed: a derivative has
    too many entries, or at no random point both sides of a formula have a value.
    """
    results = []
    for claim, finding in zip(claims, findings(lesson), strict=True):
        results.append(finding.about(claim, lesson.first))
        if progress:
            progress(results[-1])
    return results


def findings(lesson: PreparedLesson) -> Iterator[Finding]:
    """What is found out about each claim of a lesson, in file order.

    Raises GradproofError, which names the claim by its number in the document, where a right value or a formula cannot
    be computed.
    """
    failing: dict[Any, int] = {}
    before: dict[str, dict[tuple[Size, ...], None]] = {}
    earlier: list[Earlier] = []
    shaped = [(made.shape, made.asked.quantity.shape) for made in lesson.claims if made.shape is not None]
    known, elsewhere = sizes(shaped), Elsewhere(lesson.claims, lesson.network) if shaped else None
    for position, made in enumerate(lesson.claims):
        try:
            if made.printed is not None:
                finding = judge_number(lesson, position, earlier)
            elif made.shape is not None:
                said = before.setdefault(made.asked.quantity.text, {})
                finding = repeated(made, failing, shape_here(made, list(said), known, elsewhere))
                said[made.shape] = None
            else:
                points = lesson.points if not made.asked.at else Points(made.asked.network)
                finding = repeated(made, failing, identity(made, points))
                if finding.status == WRONG:
                    with suppress(Exhausted), lesson.work.seeking():
                        finding = with_explanation(finding, made, points)
        except GradproofError as problem:
            number = lesson.first + position + 1
            raise GradproofError(f"claim {number} ({made.asked.quantity.text}): {problem}") from None
        if finding.status in FAILING and made.printed is None:
            failing.setdefault(wording(made), position)
        with suppress(Exhausted), lesson.work.seeking():
            earlier += told(position, made, finding, lesson.points)
        yield finding


def wording(made: Prepared) -> Any:
    """What a claim that repeats another one has in common with it: its text without spaces, and its own inputs."""
    return without_spaces(made.text), made.asked.at


def repeated(made: Prepared, failing: Mapping[Any, int], finding: Finding) -> Finding:
    """The finding about a claim: that it repeats one of those `failing`, if it says, word for word, what was wrong.

    `failing` are the positions of wrong claims by their `wording`.
    """
    position = failing.get(wording(made)) if finding.status == WRONG else None
    if position is None:
        return finding
    return Finding(PROPAGATED, f"repeats {made.text}", finding.computed, follows=position)


def shape_here(
    made: Prepared, before: Sequence[tuple[Size, ...]], known: Mapping[str, int], elsewhere: Elsewhere | None
) -> Finding:
    """What is found out about a shape, at the lesson's sizes and at others.

    `before` are those that the quantity was said to have earlier, `known` gives the size that each name stands for.
    """
    shape = made.asked.quantity.shape
    found = judge_shape(made.said, made.shape or (), shape, known, before)
    return (elsewhere.judged(made) if elsewhere is not None and found.status == OK else None) or found


def identity(made: Prepared, points: Points) -> Finding:
    """Whether a formula is its quantity at all inputs.

    Raises GradproofError where no random point is found at which both have a value.
    """
    quantity, formula = made.asked.quantity, made.formula
    if formula is None or formula.shape not in ((), quantity.shape):
        message = f"the formula has no value: {made.misfit}"
        if formula is not None:
            message = f"the formula has shape {formula.shape}, {quantity.text} has shape {quantity.shape}"
        return Finding(WRONG, message, text(made.asked.right.values, quantity.shape))
    difference, constrained = counterexample(points, quantity, formula)
    if difference is None:
        message = "holds where the rows that sum to 1 in this file do so" if constrained else ""
        return Finding(OK, message, made.said)
    entry = "".join(f"[{i}]" for i in difference.index)
    message = (
        f"not an identity: at {difference.inputs} the formula{entry} gives {difference.claimed:.10g}, "
        f"{quantity.text}{entry} is {difference.right:.10g}"
    )
    return Finding(WRONG, message, f"{difference.right:.10g}")


def with_explanation(finding: Finding, made: Prepared, points: Points) -> Finding:
    """The finding about a wrong formula, with the mistake behind it or the formula that was meant."""
    found = explained(made.asked.quantity, made.said, made.formula, points)
    return replace(finding, corrected=found.corrected, diagnosis=found.diagnosis, mistaken=found.network)
