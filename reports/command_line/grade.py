"""`gradproof grade`: a submission and a lesson in, points and a line for each quantity out."""

from pathlib import Path

import click

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reports.grading.answers.names import FUNCTIONS, RATES, Names
from gradproof.reports.grading.answers.submission import functions, read_submission
from gradproof.reports.grading.feedback import plain, weakness
from gradproof.reports.grading.grades import Graded
from gradproof.reports.grading.gradescope import gradescope
from gradproof.reports.grading.grading import grade
from gradproof.reports.grading.sandbox.left_behind import Outcome
from gradproof.reports.grading.sandbox.sandbox import Limits, Task
from gradproof.reports.grading.sandbox.sandbox import run as run_submission
from gradproof.reports.printing.files import prepare, say, write
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.teaching.claims.claim import Lesson
from gradproof.reports.teaching.documents.documents import read_document


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
        prepare("--output", output, [submission, lesson])
    graded = graded_file(submission, lesson, points, Limits(seconds, memory << 20))
    warning = weakness(graded)
    if warning:
        say(warning)
    report = rendered(graded, form)
    if output:
        problem = write(output, report.encode("utf-8", "backslashreplace"))
        display_encoded(plain(graded))
        if problem:
            raise problem
    else:
        display_encoded(report)
    return 1 if graded.failed or graded.problem else 0


def graded_file(submission: Path, lesson: Path, points: tuple[str, ...], limits: Limits) -> Graded:
    """The grades of the file `submission`. Raises GradproofError if it or the lesson cannot be read."""
    parts = read_submission(submission)
    read = read_lesson(lesson)
    worth = dict(map(point, points))
    grade(read, Outcome(), worth)  # what is wrong with the lesson or the points is said before anything runs
    found = run_submission(task(read, parts, [lesson, submission]), limits)
    return grade(read, found, worth, str(submission), read.network.title or str(lesson))


def read_lesson(path: Path) -> Lesson:
    """The one lesson in the file at `path`."""
    lessons = read_document(path).lessons
    if len(lessons) != 1:
        raise FileError(f"{path}: holds {len(lessons)} lessons; name a file with one")
    return lessons[0]


def point(text: str) -> tuple[str, float]:
    """`dL/dw1=2` as a quantity and its points."""
    quantity, sign, number = text.rpartition("=")
    try:
        points = float(number)
    except ValueError:
        points = -1.0
    if not sign or not 0 <= points <= 1e6:
        raise GradproofError(f"--points {text}: write a quantity and its points, such as dL/dw1=2")
    return quantity.strip(), points


def task(lesson: Lesson, parts: list[tuple[str, str]], hidden: list[Path]) -> Task:
    """What is run for a lesson."""
    network = lesson.network
    names = Names(network)
    constants = {}
    if network.learning_rate is not None:
        constants = {name: network.learning_rate for name in RATES if name not in network.names}
    defined = functions(parts)
    called = [name for name in FUNCTIONS if name in defined]
    called += [name for name in defined if name not in called and names.meant(name) is not None]
    return Task(parts, network.inputs, constants, network.parameters, called, hidden)


def rendered(graded: Graded, form: str) -> str:
    """The report in one of its forms."""
    if form == "text":
        return plain(graded)
    return stable_json(graded.as_json() if form == "json" else gradescope(graded))


def display_encoded(text: str) -> None:
    """Print text whatever the terminal's encoding is."""
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
