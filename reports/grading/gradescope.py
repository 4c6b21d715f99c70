"""Grades in the format of Gradescope's autograders: what goes to `/autograder/results/results.json`."""

from typing import Any

from gradproof.reports.grading.feedback import graded_as_a_whole
from gradproof.reports.grading.grades import Grade, Graded
from gradproof.reports.printing.terminal import one_line


def gradescope(graded: Graded) -> dict[str, Any]:
    """The results as JSON, a test for each quantity. Students see their own numbers there, not the right ones."""
    return {
        "score": graded.score,
        "output": "\n".join(graded_as_a_whole(graded)),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [gradescope_test(graded, i) for i in range(len(graded.grades))],
        "extra_data": {"isolation": dict(graded.isolation), "lesson": graded.lesson},
    }


def gradescope_test(graded: Graded, position: int) -> dict[str, Any]:
    """The test of the grade with this index, as the format has it."""
    grade: Grade = graded.grades[position]
    output = [one_line(grade.message)]
    if grade.got and not grade.full:
        output.append(f"yours: {one_line(grade.got)}")
    return {
        "score": grade.points,
        "max_score": grade.most,
        "status": "passed" if grade.full else "failed",
        "name": one_line(grade.quantity),
        "number": str(position + 1),
        "output": "\n".join(output),
        "visibility": "visible",
    }
