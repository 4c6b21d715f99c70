"""Judging what was handed in: its accuracy, and what explains a value that is not right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradproof.reports.grading import grades
from gradproof.reports.grading.answers.answers import BY_HAND, DOUBLE, OFF, SINGLE, Answer, accuracy, as_printed
from gradproof.reports.grading.everywhere import explained
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import ClaimResult
from gradproof.reports.teaching.judging import Judge
from gradproof.reports.teaching.right.fitting import fits
from gradproof.reports.teaching.right.right import Asked, Right

MOST_ENTRIES = 2000
"""Larger arrays are compared, and no mistake is looked for in them."""


@dataclass(frozen=True)
class Judged:
    """An answer, how accurate it is, and what was found out about it. `rank` is its place in the order of computing."""

    answer: Answer
    accurate: str
    right: Right
    result: ClaimResult | None = None


def assessed(lesson: Lesson, found: Mapping[str, Answer]) -> dict[str, Judged]:
    """What is found out about every answer."""
    cache: dict[Any, Evaluation] = {}
    judged = {key: most_accurate(lesson, each, cache) for key, each in found.items()}
    to_judge = {
        key: each
        for key, each in judged.items()
        if each.answer.array is not None
        and each.answer.finite
        and not each.answer.turned
        and each.answer.array.size <= MOST_ENTRIES
    }
    if all(each.accurate in (DOUBLE, SINGLE) for each in to_judge.values()):
        return judged
    single = any(each.accurate == SINGLE for each in to_judge.values())
    numbers = {
        key: as_printed(each.answer, each.accurate, SINGLE if single else DOUBLE) for key, each in to_judge.items()
    }
    right = {key: each.right for key, each in to_judge.items()}
    made = explained(lesson.network, {key: each.answer for key, each in to_judge.items()}, numbers, right)
    if made:
        return {key: replace(each, result=made.get(key)) for key, each in judged.items()}
    try:
        results = verdicts(lesson, to_judge, SINGLE if single else DOUBLE)
        if not single and any(unexplained(result) for result in results.values()):
            again = verdicts(lesson, to_judge, SINGLE)
            if sum(map(unexplained, again.values())) < sum(map(unexplained, results.values())):
                results = again
    except ArithmeticError:  # numbers near the ends of float64: they are wrong, and nobody can say more
        return judged
    return {key: replace(each, result=results.get(key)) for key, each in judged.items()}


def unexplained(result: ClaimResult) -> bool:
    """Whether a value is wrong, and nobody knows why."""
    return result.status == grades.WRONG and result.diagnosis is None


def most_accurate(lesson: Lesson, given: Answer, cache: dict[Any, Evaluation]) -> Judged:
    """An answer and how accurate it is, in that of its readings that is right, if one is."""
    double, single = (
        Asked(lesson, Claim(quantity=given.quantity.text, printed="0", dtype=dtype), given.quantity, cache).right
        for dtype in ("float64", "float32")
    )
    if given.array is None or not given.finite:
        return Judged(given, OFF, double)
    for array in (given.array, *given.others):
        made = replace(given, array=array)
        accurate = accuracy(made, double, single)
        if accurate != OFF and (accurate != BY_HAND or right_by_hand(made, double)):
            return Judged(made, accurate, double)
    return Judged(given, accuracy(given, double, single), double)


def right_by_hand(given: Answer, right: Right) -> bool:
    """Whether numbers rounded by hand are right."""
    numbers = as_printed(given, BY_HAND, DOUBLE).numbers
    return all(n is not None and fits(n, v) for n, v in zip(numbers, right.values, strict=True))


def verdicts(lesson: Lesson, judged: Mapping[str, Judged], dtype: str) -> dict[str, ClaimResult]:
    """The answers judged as claims, one after the other; those that are not right as numbers of this dtype."""
    printed, claims = [], []
    for each in judged.values():
        own = each.accurate if each.accurate in (DOUBLE, SINGLE) else SINGLE if each.answer.dtype == SINGLE else dtype
        printed.append(as_printed(each.answer, each.accurate, own))
        claims.append(Claim.model_validate({"quantity": each.answer.quantity.text, "printed": "0", "dtype": own}))
    judge = Judge(replace(lesson, claims=tuple(claims)))
    judge.prepared = [replace(made, printed=p) for made, p in zip(judge.prepared, printed, strict=True)]
    judge.decimals = []
    return dict(zip(judged, judge.results(), strict=True))
