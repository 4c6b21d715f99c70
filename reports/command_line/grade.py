"""`gradproof grade`: a submission and a lesson in, points and a line for each quantity out."""

from pathlib import Path

import click

from gradproof.reports.grading.feedback import grades_text, weakness
from gradproof.reports.grading.grades import Graded
from gradproof.reports.grading.gradescope import gradescope
from gradproof.reports.grading.grading import graded_file
from gradproof.reports.grading.sandbox.watch import Limits
from gradproof.reports.printing.files import prepare_file, say, write_or_problem
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.terminal import encoded


def run(
    submission: Path,
    lesson: Path,
    form: str,
    points: tuple[str, ...],
    seconds: float,
    memory: int,
    output: Path | None,
) -> int:
    """Grade and report; the exit code."""
    if output:
        prepare_file("--output", output, [submission, lesson])
    graded = graded_file(submission, lesson, points, Limits(seconds, memory << 20), output)
    warning = weakness(graded)
    if warning:
        say(warning)
    report = rendered(graded, form)
    if output:
        problem = write_or_problem({output: encoded(report)})
        display_encoded(grades_text(graded))
        if problem:
            raise problem
    else:
        display_encoded(report)
    return 1 if graded.failed or graded.problem else 0


def rendered(graded: Graded, form: str) -> str:
    """The report in one of its forms."""
    if form == "text":
        return grades_text(graded)
    return stable_json(graded.as_json() if form == "json" else gradescope(graded))


def display_encoded(text: str) -> None:
    """Print text whatever the terminal's encoding is."""
    click.echo(encoded(text), nl=False)
