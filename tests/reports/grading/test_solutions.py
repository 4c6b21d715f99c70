"""No correct solution is marked wrong, in any layout or notation; slips made in them are found and named."""

import re
from pathlib import Path

import pytest

from gradproof.reference.lessons import lessons
from gradproof.reports.grading.grades import Graded
from gradproof.reports.grading.grading import grade, read_lesson, task
from gradproof.reports.grading.sandbox.sandbox import run_submission
from gradproof.reports.grading.sandbox.watch import Limits
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from tests.reports.grading.solutions import SOLUTIONS, Solution

LIMITS = Limits(seconds=60.0)


def lesson(solution: Solution) -> Lesson:
    """The built-in lesson, with claims of these quantities alone."""
    path = next(Path(path) for path in lessons().values() if Path(path).stem == solution.lesson)
    claims = tuple(Claim(quantity=quantity, formula=quantity) for quantity in solution.quantities)
    return Lesson(read_lesson(path).network, claims)


def graded(solution: Solution, source: str) -> Graded:
    asked = lesson(solution)
    return grade(asked, run_submission(task(asked, [("submission", source)], []), LIMITS))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_correct_solution_gets_all_points(name: str) -> None:
    found = graded(SOLUTIONS[name], SOLUTIONS[name].source)
    assert found.problem == ""
    assert [(g.quantity, g.status, g.message) for g in found if not g.full] == []
    assert not found.failed


def test_slips_are_found_and_named() -> None:
    made = named = called = 0
    missed = []
    for name, solution in SOLUTIONS.items():
        for piece, other, mistake in solution.slips:
            assert solution.source.count(piece), (name, piece)
            found = graded(solution, solution.source.replace(piece, other, 1))
            assert found.problem == "", (name, piece, found.problem)
            assert found.failed, (name, other)
            made += 1
            diagnoses = [g.diagnosis for g in found if g.diagnosis is not None]
            named += bool(diagnoses)
            right = any(re.search(mistake, d.mistake) for d in diagnoses)
            called += right
            if not right:
                missed.append((name, other, [(g.quantity, g.message) for g in found if not g.full]))
    print(f"{named} of {made} explained, {called} called what they are")
    for each in missed:
        print(each)
    assert made >= 60
    assert named >= 0.9 * made
    assert called >= 0.9 * made, missed
