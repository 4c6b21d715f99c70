"""Grading: what a submission left, against the lesson, with derived tolerances and the catalogue of mistakes.

Every value that a name of the submission gives to a quantity of the lesson is judged, in the order in which one
computes them, as a claim; so a value that follows from an earlier slip is told from a slip of its own, and the slip is
paid for once: by the value that has it if that is graded, else by the first graded one that follows from it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradproof.reference.claims.claim import SHAPE as SHAPE_CLAIM
from gradproof.reference.claims.claim import Claim, Lesson
from gradproof.reference.claims.evaluation import Evaluation
from gradproof.reference.claims.quantity import Atom, Quantity, Slope, Value, read_quantity, written
from gradproof.reference.errors import GradproofError
from gradproof.reference.mistakes import MISTAKES
from gradproof.reference.network import Network
from gradproof.reports.grading import grades
from gradproof.reports.grading.answers import (
    BY_HAND,
    DOUBLE,
    OFF,
    SHAPE,
    SINGLE,
    Answer,
    accuracy,
    answer,
    as_printed,
    changed,
    is_free,
    lies_like,
    place_in_order,
    text,
    too_few_digits,
)
from gradproof.reports.grading.everywhere import explained
from gradproof.reports.grading.grades import Grade, Graded
from gradproof.reports.grading.names import Named, Names, usual
from gradproof.reports.grading.sandbox import Outcome
from gradproof.reports.verification.judging import Judge
from gradproof.reports.verification.results import OK, PROPAGATED, ROUNDED, TRUNCATED, ClaimResult, Diagnosis
from gradproof.reports.verification.right import Asked, Right, fits
from gradproof.reports.verification.right import text as value_text

MOST_ENTRIES = 2000
"""Larger arrays are compared, and no mistake is looked for in them."""


@dataclass(frozen=True)
class Judged:
    """An answer, how accurate it is, and what was found out about it. `rank` is its place in the order of computing."""

    answer: Answer
    accurate: str
    right: Right
    result: ClaimResult | None = None


def asked_for(lesson: Lesson) -> list[str]:
    """The quantities that are graded: those of the lesson's claims, else the gradients of all parameters.

    Of the claims' quantities those that a name can mean: computed values, updated parameters, derivatives of a number;
    entries of these, if the whole is not claimed anywhere.
    """
    network = lesson.network
    found: dict[str, str] = {}
    for claim in lesson.claims:
        if not claim.at and claim.step is None and claim.kind != SHAPE_CLAIM:
            part = base(read_quantity(claim.quantity, network))
            if part is not None and can_be_named(part[0], network):
                found[written(part[0]) if not part[1] else claim.quantity] = written(part[0])
    asked = [text for text, whole in found.items() if text == whole or whole not in found]
    return asked or [f"d{network.loss}/d{name}" for name in network.parameters]


def can_be_named(atom: Atom, network: Network) -> bool:
    """Whether a student may have a name for it."""
    if isinstance(atom, Value):
        return atom.name in network.updated if atom.steps == 1 else not atom.steps and atom.name not in network.inputs
    of = network.nodes[network.index(atom.of)]
    return math.prod(of.shape) == 1 and atom.of != atom.to and network.index(atom.to) in network.ancestors(atom.of)


def base(quantity: Quantity) -> tuple[Atom, Any] | None:
    """The whole atom that a quantity is, or is entries of, with the key of these."""
    entry = quantity.entry
    if entry is None:
        return None
    atom, key = entry
    if isinstance(atom, Slope) and (atom.of_key or atom.to_key):
        return Slope(atom.of, atom.to), (*atom.of_key, *atom.to_key)
    return atom, key


def grade(
    lesson: Lesson, outcome: Outcome, points: Mapping[str, float] = {}, submission: str = "", title: str = ""
) -> Graded:
    """What a submission gets, with so many points for each quantity: 1 where none are given; 0 leaves it out."""
    wanted = asked_for(lesson)
    points = points or {}
    for quantity in points:
        if quantity not in wanted:
            raise GradproofError(f"--points {quantity}: this quantity is not graded; graded are {', '.join(wanted)}")
    wanted = [quantity for quantity in wanted if points.get(quantity, 1.0)]
    with np.errstate(all="ignore"):  # the numbers are a stranger's
        found, notes = answers(lesson, outcome, wanted)
        judged = judge(lesson, found)
    paid: set[Any] = set()
    made = {}
    for quantity in sorted(wanted, key=lambda q: place_in_order(lesson.network, read_quantity(q, lesson.network))):
        most = points.get(quantity, 1.0)
        if quantity not in judged:
            made[quantity] = missing(quantity, most, outcome)
        else:
            with np.errstate(all="ignore"):
                made[quantity] = graded(quantity, most, judged, wanted, paid)
    return Graded(
        submission,
        title or lesson.network.title,
        [made[quantity] for quantity in wanted],
        outcome.problem,
        [*outcome.notes, *notes],
        outcome.output,
        outcome.isolation,
    )


# What there is.


def answers(lesson: Lesson, outcome: Outcome, wanted: Sequence[str]) -> tuple[dict[str, Answer], list[str]]:
    """Every quantity that the submission has a value for, and what to say about its inputs."""
    network = lesson.network
    turned, others = changed(network, outcome.variables)
    read = {text: read_quantity(text, network) for text in wanted}
    bases = {text: written(found[0]) for text, quantity in read.items() if (found := base(quantity)) is not None}
    names = Names(network, list(bases.values()))
    assigned = names.assigned(outcome.variables, outcome.returned)
    notes = list(dict.fromkeys(names.notes))
    for name, named in others.items():
        if name in network.updated and network.learning_rate is not None:  # updated in place
            assigned.setdefault(f"{name}_new", named)
        else:
            notes.append(f"{named.name} is not what the lesson gives: {shown(named.value['array'])}")
    in_parts = {text for text in wanted if bases[text] != written_whole(read[text])}
    partial = {bases[text] for text in in_parts}
    made: dict[str, Answer] = {}
    for name, named in assigned.items():
        if name in partial or (name in network.inputs and name not in others):
            continue
        if name in network.inputs and name in network.updated and network.learning_rate is not None:
            continue
        named = others.get(name, named)
        quantity = read_quantity(name, network)
        key = next((each for each in wanted if bases[each] == name), name)
        made[key] = whole(lesson, quantity, named, turned)
    for each in in_parts:
        if bases[each] in assigned:
            made[each] = part(lesson, read[each], assigned[bases[each]], turned)
    order = sorted(made, key=lambda key: place_in_order(network, made[key].quantity))
    return {key: made[key] for key in order}, notes


def written_whole(quantity: Quantity) -> str:
    """The quantity as it is written if it is a whole atom, else nothing."""
    return written(quantity.atom) if quantity.atom is not None else ""


def whole(lesson: Lesson, quantity: Quantity, named: Named, turned: set[str]) -> Answer:
    """A value for a whole atom."""
    free = is_free(lesson.network, quantity)
    return answer(quantity, quantity.shape, named, lies_like(quantity) in turned, free)


def part(lesson: Lesson, quantity: Quantity, named: Named, turned: set[str]) -> Answer:
    """Some entries of a value."""
    found = base(quantity)
    assert found is not None
    of = whole(lesson, read_quantity(written(found[0]), lesson.network), named, turned)
    if of.array is None:
        return replace(of, quantity=quantity)
    arrays = [np.asarray(array[found[1]]).reshape(quantity.shape) for array in (of.array, *of.others)]
    return replace(of, quantity=quantity, array=arrays[0], others=tuple(arrays[1:]), raw=arrays[0])


# Judging.


def judge(lesson: Lesson, found: Mapping[str, Answer]) -> dict[str, Judged]:
    """What is found out about every answer."""
    cache: dict[Any, Evaluation] = {}
    judged = {key: compared(lesson, each, cache) for key, each in found.items()}
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


def compared(lesson: Lesson, given: Answer, cache: dict[Any, Evaluation]) -> Judged:
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
        if accurate != OFF and (accurate != BY_HAND or holds(made, double)):
            return Judged(made, accurate, double)
    return Judged(given, accuracy(given, double, single), double)


def holds(given: Answer, right: Right) -> bool:
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


# Grades.


def graded(quantity: str, most: float, judged: Mapping[str, Judged], wanted: Iterable[str], paid: set[Any]) -> Grade:
    """The grade of one quantity; `paid` collects the slips that have been paid for."""
    each = judged[quantity]
    given, result = each.answer, each.result
    name = given.name
    expected = value_text(each.right.values, each.right.shape)
    got = "" if given.raw is None else shown(given.raw)
    made = Grade(quantity, most, grades.WRONG, "", name=name, got=got, expected=expected)
    if given.kind:
        return replace(made, status=given.kind, message=f"{given.problem}{hint(each)}")
    if not given.finite:
        return after_nonfinite(made, judged, paid)
    if given.turned:
        return turned(made, each)
    status = result.status if result is not None else OK if each.accurate in (DOUBLE, SINGLE) else grades.WRONG
    if status == OK:
        return replace(made, status=grades.RIGHT, points=most, message=f"{name} is right{precision(each)}")
    if status in (ROUNDED, TRUNCATED):
        how = "computed from rounded numbers" if status == ROUNDED else "cut off instead of rounded"
        return replace(made, status=grades.CARRIED, points=most, message=f"{name} is right: {how}")
    if status == PROPAGATED and result is not None:
        return propagated(made, each, judged, wanted, paid)
    paid.add(quantity)
    if too_few_digits(given, each.right):
        return replace(made, message=f"{name} = {got} has too few digits to tell: give at least three, or compute it")
    diagnosis = result.diagnosis if result is not None else None
    if diagnosis is None:
        return replace(made, message=f"{name} is wrong")
    return replace(made, message=f"{name} is wrong: {diagnosis.explanation}", diagnosis=diagnosis)


def propagated(made: Grade, each: Judged, judged: Mapping[str, Judged], wanted: Iterable[str], paid: set[Any]) -> Grade:
    """A value that follows from an earlier slip: full points if that is paid for, else it pays."""
    assert each.result is not None
    keys = [key for key, other in judged.items() if other.result is not None]
    at = each.result.follows
    root = keys[at] if at is not None and 0 <= at < len(keys) else None
    name = judged[root].answer.name if root is not None else "an earlier value"
    found = judged[root].result if root is not None else None
    diagnosis = found.diagnosis if found is not None else None
    made = replace(made, status=grades.PROPAGATED, follows=name, diagnosis=diagnosis)
    why = f" ({diagnosis.explanation})" if diagnosis else ""
    if root is None or root in paid or root in wanted:
        return replace(
            made, points=made.most, message=f"{made.name} follows correctly from {name}, which is wrong{why}"
        )
    paid.add(root)
    return replace(made, message=f"{made.name} is wrong because {name} is{why}")


def after_nonfinite(made: Grade, judged: Mapping[str, Judged], paid: set[Any]) -> Grade:
    """NaN or infinity, which goes on through everything after it."""
    first = next(each.answer for each in judged.values() if not each.answer.kind and not each.answer.finite)
    status = grades.NONFINITE
    if first.name == made.name or "nonfinite" not in paid:
        paid.add("nonfinite")
        since = "" if first.name == made.name else f", as {first.name} does"
        return replace(made, status=status, message=f"{made.name} holds nan or inf{since}")
    message = f"{made.name} follows from {first.name}, which holds nan or inf"
    return replace(made, status=grades.PROPAGATED, points=made.most, follows=first.name, message=message)


def turned(made: Grade, each: Judged) -> Grade:
    """A gradient in the other layout than its parameter: the transpose, if that is right."""
    if each.accurate == OFF:
        return replace(made, status=grades.SHAPE, message=f"{made.name} has the shape of the transpose, and is wrong")
    mistake = next(m for m in MISTAKES if m.name == "weight gradient transposed")
    diagnosis = Diagnosis(mistake.name, mistake.sentence, f"({made.quantity}).T", made.got, 0.0)
    return replace(made, diagnosis=diagnosis, message=f"{made.name} is the transpose of what it should be")


def hint(each: Judged) -> str:
    """What a sum over an axis would mend, for an array of a wrong shape."""
    given, right = each.answer, each.right
    if given.kind != SHAPE or given.raw is None or given.raw.ndim == 0 or not 0 < given.raw.size <= MOST_ENTRIES:
        return ""
    for axis in (*range(given.raw.ndim), None):
        for how in (np.sum, np.mean):
            less = how(given.raw, axis=axis)
            if np.size(less) == len(right.values):
                made = replace(given, array=np.reshape(less, right.shape))
                if accuracy(made, right, right) in (DOUBLE, SINGLE):
                    over = "over all entries" if axis is None else f"over axis {axis}"
                    return f": the {'sum' if how is np.sum else 'mean'} {over} is missing"
    return ""


def missing(quantity: str, most: float, outcome: Outcome) -> Grade:
    """The grade of a quantity that the submission has no value for."""
    why = "the program stopped before its end" if outcome.problem else f"call it {usual(quantity)}"
    return Grade(quantity, most, grades.MISSING, f"there is no {quantity}: {why}")


def precision(each: Judged) -> str:
    """What to say about a right value that has not all the digits of float64."""
    if each.accurate == SINGLE:
        return ", to single precision"
    return ", rounded" if each.accurate == BY_HAND else ""


def shown(array: Any) -> str:
    """Numbers for a message."""
    said = text(np.asarray(array), ".6g")
    return said if len(said) <= 200 else said[:197] + "..."
