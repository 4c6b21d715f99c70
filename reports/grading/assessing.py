"""Judging what was handed in: its accuracy, and what explains a value that is not right."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gradproof.reference.network import Network
from gradproof.reports.grading import grades
from gradproof.reports.grading.answers.answers import BY_HAND, DOUBLE, OFF, SINGLE, Answer, accuracy, as_printed
from gradproof.reports.grading.everywhere import explained
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import Finding
from gradproof.reports.teaching.claims.work import Exhausted, Work
from gradproof.reports.teaching.judging import findings
from gradproof.reports.teaching.right.fitting import fits
from gradproof.reports.teaching.right.preparing import Prepared, PreparedLesson
from gradproof.reports.teaching.right.right import Asked, Right

MOST_ENTRIES = 2000
"""Larger arrays are compared, and no mistake is looked for in them."""


@dataclass(frozen=True)
class Judged:
    """An answer, how accurate it is (see `accuracy`), what is right, and what was found out if that was sought."""

    answer: Answer
    accurate: str
    right: Right
    finding: Finding | None = None


def assessed(network: Network, found: Mapping[str, Answer]) -> dict[str, Judged]:
    """By quantity, how accurate every answer is, and what explains those that are not right, if anything is sought."""
    cache: dict[Any, list[Evaluation]] = {}
    judged = {key: most_accurate(network, each, cache) for key, each in found.items()}
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

    def claims(dtype: str) -> dict[str, Prepared]:
        return {key: as_claim(network, each, dtype, cache) for key, each in to_judge.items()}

    made, work = claims(SINGLE if single else DOUBLE), Work()
    try:
        results: Mapping[str, Finding] = {}
        with suppress(Exhausted), work.seeking():
            results = explained(network, made)
        results = results or verdicts(network, made, work)
        if not single and any(unexplained(result) for result in results.values()):
            again = verdicts(network, claims(SINGLE), work)
            if sum(map(unexplained, again.values())) < sum(map(unexplained, results.values())):
                results = again
    except ArithmeticError:  # numbers near the ends of float64: they are wrong, and nobody can say more
        return judged
    return {key: replace(each, finding=results.get(key)) for key, each in judged.items()}


def unexplained(finding: Finding) -> bool:
    """Whether a value is wrong, and nobody knows why."""
    return finding.status == grades.WRONG and finding.diagnosis is None


def most_accurate(network: Network, given: Answer, cache: dict[Any, list[Evaluation]]) -> Judged:
    """An answer and its accuracy, in that of its possible layouts that is right, if one is; `cache` is for all."""
    double, single = (Asked(given.quantity, network, dtype, cache).right for dtype in (DOUBLE, SINGLE))
    if given.array is None or not given.finite:
        return Judged(given, OFF, double)
    for array in (given.array, *given.others):
        made = replace(given, array=array)
        accurate = accuracy(made, double, single)
        if accurate != OFF and (accurate != BY_HAND or right_by_hand(made, double)):
            return Judged(made, accurate, double)
    return Judged(given, accuracy(given, double, single), double)


def right_by_hand(given: Answer, right: Right) -> bool:
    """Whether the numbers, which were rounded by hand, are the right ones rounded to as many digits."""
    numbers = as_printed(given, BY_HAND, DOUBLE).numbers
    return all(n is not None and fits(n, v) for n, v in zip(numbers, right.values, strict=True))


def as_claim(network: Network, each: Judged, dtype: str, cache: dict[Any, list[Evaluation]]) -> Prepared:
    """An answer as a claim about its quantity; numbers of unknown accuracy count as computed in `dtype`."""
    own = each.accurate if each.accurate in (DOUBLE, SINGLE) else SINGLE if each.answer.dtype == SINGLE else dtype
    printed = as_printed(each.answer, each.accurate, own)
    return Prepared(Asked(each.answer.quantity, network, own, cache), printed.text, printed)


def verdicts(network: Network, claims: Mapping[str, Prepared], work: Work | None = None) -> dict[str, Finding]:
    """The answers judged as claims, one after the other, none as rounded on the way: a program does not round."""
    lesson = PreparedLesson(network, list(claims.values()), decimals=(), work=work or Work())
    return dict(zip(claims, findings(lesson), strict=True))
