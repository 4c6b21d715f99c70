"""Grades for a reader."""

from collections.abc import Iterator

from gradproof.reports.grading.grades import WEAK, Graded
from gradproof.reports.printing.terminal import one_line


def grades_text(graded: Graded) -> str:
    """The grades as text: the score, what there is to say of the whole, a line for each quantity."""
    width = max((len(one_line(grade.quantity)) for grade in graded), default=0)
    lines = [*graded_as_a_whole(graded), ""]
    for grade in graded:
        points = f"{points_text(grade.points)}/{points_text(grade.most)}"
        lines.append(f"{one_line(grade.quantity):{width}}  {points:>5}  {one_line(grade.message)}")
    return "\n".join(lines) + "\n"


def graded_as_a_whole(graded: Graded) -> Iterator[str]:
    """What there is to say of the whole, line by line."""
    yield f"{points_text(graded.score)} of {points_text(graded.most)} points"
    if graded.problem:
        yield f"The program stopped: {one_line(graded.problem)}"
    for note in graded.notes:
        yield f"Note: {one_line(note)}"


def weakness(graded: Graded) -> str:
    """What to tell the grader where the kernel did not confine the submission; empty if it did."""
    weak = [key for key in WEAK if key not in graded.isolation]
    if not weak:
        return UNREAD if graded.isolation["files"] != "landlock" else ""
    open_to_read = "" if graded.isolation.get("files") == "landlock" else f"; {UNREAD}"
    return (
        f"{', '.join(weak)}: this system has no means to keep these from a submission but Python's own, "
        f"which a determined program gets around{open_to_read}"
    )


UNREAD = (
    "files: this kernel has no Landlock (Linux has, from 6.2 on, unless it is switched off), so a submission can read "
    "the lesson, other submissions, reports, gradproof and whatever else you can"
)


def points_text(points: float) -> str:
    """A number of points, whole ones without a fraction."""
    return f"{points:g}"
