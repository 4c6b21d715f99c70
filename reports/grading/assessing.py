"""Judging what was handed in: its accuracy, and what explains a value that is not right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradproof.reference.network import Network
from gradproof.reports.grading import grades
from gradproof.reports.grading.answers.answers import BY_HAND, DOUBLE, OFF, SINGLE, Answer, accuracy, as_printed
from gradproof.reports.grading.everywhere import explained
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import Finding
from gradproof.reports.teaching.judging import findings
from gradproof.reports.teaching.right.fitting import fits
from gradproof.reports.teaching.right.preparing import Prepared, PreparedLesson
from gradproof.reports.teaching.right.right import Asked, Right

MOST_ENTRIES = 2000
"""Larger arrays are compared, and no mistake is looked for in them."""


@dataclass(frozen=True)
class Judged:
    """An answer, how accurate it is, and what was found out about it if that was sought."""

    answer: Answer
    accurate: str
    right: Right
    finding: Finding | None = None


def assessed(network: Network, found: Mapping[str, Answer]) -> dict[str, Judged]:
    """What is found out about every answer."""
    cache: dict[Any, Evaluation] = {}
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

    made = claims(SINGLE if single else DOUBLE)
    try:
        results = explained(network, made) or verdicts(network, made)
        if not single and any(unexplained(result) for result in results.values()):
            again = verdicts(network, claims(SINGLE))
            if sum(map(unexplained, again.values())) < sum(map(unexplained, results.values())):
                results = again
    except ArithmeticError:  # numbers near the ends of float64: they are wrong, and nobody can say more
        return judged
    return {key: replace(each, finding=results.get(key)) for key, each in judged.items()}


def unexplained(finding: Finding) -> bool:
    """Whether a value is wrong, and nobody knows why."""
    return finding.status == grades.WRONG and finding.diagnosis is None


def most_accurate(network: Network, given: Answer, cache: dict[Any, Evaluation]) -> Judged:
    """An answer and how accurate it is, in that of its readings that is right, if one is."""
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
    """Whether numbers rounded by hand are right."""
    numbers = as_printed(given, BY_HAND, DOUBLE).numbers
    return all(n is not None and fits(n, v) for n, v in zip(numbers, right.values, strict=True))


def as_claim(network: Network, each: Judged, dtype: str, cache: dict[Any, Evaluation]) -> Prepared:
    """An answer as a claim about its quantity; one that is not right as numbers of this dtype."""
    own = each.accurate if each.accurate in (DOUBLE, SINGLE) else SINGLE if each.answer.dtype == SINGLE else dtype
    printed = as_printed(each.answer, each.accurate, own)
    return Prepared(Asked(each.answer.quantity, network, own, cache), printed.text, printed)


def verdicts(network: Network, claims: Mapping[str, Prepared]) -> dict[str, Finding]:
    """The answers judged as claims, one after the other. Nobody rounds on paper what a program computes."""
    lesson = PreparedLesson(network, list(claims.values()), decimals=())
    return dict(zip(claims, findings(lesson), strict=True))
