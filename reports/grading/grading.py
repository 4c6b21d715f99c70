"""Grading: what a submission left, against the lesson, with derived tolerances and the catalogue of mistakes.

Every value that a name of the submission gives to a quantity of the lesson is judged, in the order in which one
computes them, as a claim; so a value that follows from an earlier slip is told from a slip of its own, and the slip is
paid for once: by the value that has it if that is graded, else by the first graded one that follows from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reference.mistakes import MISTAKES
from gradproof.reports.grading import grades
from gradproof.reports.grading.answers.answers import (
    BY_HAND,
    DOUBLE,
    OFF,
    SHAPE,
    SINGLE,
    abridged,
    accuracy,
    place_in_order,
    too_few_digits,
)
from gradproof.reports.grading.answers.asking import answers, asked_for
from gradproof.reports.grading.answers.names import FUNCTIONS, RATES, Names, usual
from gradproof.reports.grading.answers.submission import functions, read_submission
from gradproof.reports.grading.assessing import MOST_ENTRIES, Judged, assessed
from gradproof.reports.grading.grades import Grade, Graded
from gradproof.reports.grading.sandbox.left_behind import Outcome
from gradproof.reports.grading.sandbox.sandbox import Task, run_submission
from gradproof.reports.grading.sandbox.watch import Limits
from gradproof.reports.teaching.claims.claim import Lesson
from gradproof.reports.teaching.claims.quantity import read_quantity
from gradproof.reports.teaching.claims.statuses import OK, PROPAGATED, ROUNDED, TRUNCATED, Diagnosis, Finding
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.right.fitting import text as value_text


def grade(
    lesson: Lesson, outcome: Outcome, points: Mapping[str, float] = {}, submission: str = "", title: str = ""
) -> Graded:
    """What a submission gets, with `points` by quantity: 1 where none are given; 0 leaves it out.

    Raises GradproofError for points of a quantity that is not graded.
    """
    wanted = asked_for(lesson)
    points = points or {}
    for quantity in points:
        if quantity not in wanted:
            raise GradproofError(f"--points {quantity}: this quantity is not graded; graded are {', '.join(wanted)}")
    wanted = [quantity for quantity in wanted if points.get(quantity, 1.0)]
    with np.errstate(all="ignore"):  # the numbers are a stranger's
        found, notes = answers(lesson, outcome, wanted)
        judged = assessed(lesson.network, found)
    paid: set[Any] = set()
    made = {}
    for quantity in sorted(wanted, key=lambda q: place_in_order(lesson.network, read_quantity(q, lesson.network))):
        most = points.get(quantity, 1.0)
        if quantity not in judged:
            made[quantity] = no_value(quantity, most, outcome)
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


RIGHT_BUT = {ROUNDED: "computed from rounded numbers", TRUNCATED: "cut off instead of rounded"}
"""What is said of values that get their points by the claim's status: any other, but for the right ones, gets none."""


def graded(quantity: str, most: float, judged: Mapping[str, Judged], wanted: Iterable[str], paid: set[Any]) -> Grade:
    """The grade of one quantity; `paid` collects the slips that have been paid for."""
    each = judged[quantity]
    given, finding = each.answer, each.finding
    name = given.name
    expected = value_text(each.right.values, each.right.shape)
    got = "" if given.raw is None else abridged(given.raw)
    made = Grade(quantity, most, grades.WRONG, "", name=name, got=got, expected=expected)
    if given.kind:
        return replace(made, status=given.kind, message=f"{given.problem}{hint(each)}")
    if not given.finite:
        return after_nonfinite(made, judged, paid)
    if given.turned:
        return turned(made, each)
    status = finding.status if finding is not None else OK if each.accurate in (DOUBLE, SINGLE) else grades.WRONG
    if status == OK:
        return replace(made, status=grades.RIGHT, points=most, message=f"{name} is right{rounding_remark(each)}")
    if status in RIGHT_BUT:
        return replace(made, status=grades.CARRIED, points=most, message=f"{name} is right: {RIGHT_BUT[status]}")
    if status == PROPAGATED and finding is not None:
        return propagated(made, finding, judged, wanted, paid)
    paid.add(quantity)
    if too_few_digits(given, each.right):
        return replace(made, message=f"{name} = {got} has too few digits to tell: give at least three, or compute it")
    diagnosis = finding.diagnosis if finding is not None else None
    if diagnosis is None:
        return replace(made, message=f"{name} is wrong")
    return replace(made, message=f"{name} is wrong: {diagnosis.explanation}", diagnosis=diagnosis)


def propagated(
    made: Grade, finding: Finding, judged: Mapping[str, Judged], wanted: Iterable[str], paid: set[Any]
) -> Grade:
    """A value that follows from an earlier slip: full points if that is paid for, else it pays."""
    roots = {key: each for key, each in judged.items() if each.finding is not None}
    root = list(roots)[finding.follows] if finding.follows is not None else ""
    name = roots[root].answer.name if root else "an earlier value"
    found = roots[root].finding if root else None
    diagnosis = found.diagnosis if found is not None else None
    made = replace(made, status=grades.PROPAGATED, follows=name, diagnosis=diagnosis)
    why = f" ({diagnosis.explanation})" if diagnosis else ""
    if not root or root in paid or root in wanted:
        message = f"{made.name} follows correctly from {name}, which is wrong{why}"
        return replace(made, points=made.most, message=message)
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


def no_value(quantity: str, most: float, outcome: Outcome) -> Grade:
    """The grade of a quantity that the submission has no value for."""
    why = "the program stopped before its end" if outcome.problem else f"call it {usual(quantity)}"
    return Grade(quantity, most, grades.MISSING, f"there is no {quantity}: {why}")


def rounding_remark(each: Judged) -> str:
    """What to say about a right value that has not all the digits of float64."""
    if each.accurate == SINGLE:
        return ", to single precision"
    return ", rounded" if each.accurate == BY_HAND else ""


def graded_file(
    submission: Path, lesson: Path, points: tuple[str, ...], limits: Limits, output: Path | None = None
) -> Graded:
    """The grades of the file `submission`, run within `limits`, with `points` such as "dL/dw1=2".

    It cannot read the folders of the lesson, of itself, of the report `output`, and the current one. Raises
    GradproofError if it, the lesson or the points cannot be read, or what is to be hidden lies among Python's packages.
    """
    parts = read_submission(submission)
    read = read_lesson(lesson)
    worth = dict(map(point, points))
    grade(read, Outcome(), worth)  # what is wrong with the lesson or the points is said before anything runs
    named = [path for path in (lesson, submission, output) if path]
    private = [each.parent for path in named for each in (path, path.resolve())]
    found = run_submission(task(read, parts, private), limits)
    return grade(read, found, worth, str(submission), read.network.title or str(lesson))


def read_lesson(path: Path) -> Lesson:
    """The one lesson in the file at `path`. Raises FileError if it holds none, or several."""
    lessons = read_document(path).lessons
    if len(lessons) != 1:
        raise FileError(f"{path}: holds {len(lessons)} lessons; name a file with one")
    return lessons[0]


def point(text: str) -> tuple[str, float]:
    """`dL/dw1=2` as a quantity and its points, 0 to a million. Raises GradproofError for anything else."""
    quantity, sign, number = text.rpartition("=")
    try:
        points = float(number)
    except ValueError:
        points = -1.0
    if not sign or not 0 <= points <= 1e6:
        raise GradproofError(f"--points {text}: write a quantity and its points, such as dL/dw1=2")
    return quantity.strip(), points


def task(lesson: Lesson, parts: list[tuple[str, str]], private: list[Path]) -> Task:
    """What the sandbox runs for a lesson: the submission's `parts` and functions; it cannot read what is `private`."""
    network = lesson.network
    names = Names(network)
    constants = {}
    if network.learning_rate is not None:
        constants = {name: network.learning_rate for name in RATES if name not in network.names}
    defined = functions(parts)
    called = [name for name in FUNCTIONS if name in defined]
    called += [name for name in defined if name not in called and names.meant(name) is not None]
    return Task(parts, network.inputs, constants, network.parameters, called, private)
