"""`gradproof verify`: documents in, what is wrong in them out."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import read_text, read_toml
from gradproof.reference.lessons import lessons
from gradproof.reports.printing.files import prepare_file, say, write_or_problem
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.terminal import encoded
from gradproof.reports.teaching.claims.statuses import Verification
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.rendering.github import github
from gradproof.reports.teaching.rendering.junit import junit
from gradproof.reports.teaching.rendering.text import report_text, show


def run(
    files: Sequence[Path],
    frameworks: Sequence[str],
    form: str,
    strict: bool,
    verbose: bool,
    output: Path | None,
    html: Path | None,
) -> int:
    """Verify and report; the exit code. The parameters are the command's options.

    Raises GradproofError for a document that cannot be read, outputs that are one file, one of the documents, or not to
    be written, and frameworks that are not known or not installed.
    """
    # Only now, and from where others can put another one.
    from gradproof.reports.teaching.verifying import verify

    paths = {path.as_posix(): path for path in files} or lessons_with_claims()
    if output and html and output.resolve() == html.resolve():
        raise GradproofError(f"--output and --html both name {html}; name two files")
    for option, file in (("--output", output), ("--html", html)):
        if file:
            prepare_file(option, file, paths.values())
    with progress_line() as progress:
        found = verify(list(paths.values()), frameworks=list(frameworks) or None, progress=progress)
    verification = under_asked_names(found, paths)
    for document in verification.documents:
        if not document.claims:
            say(f"{document.path}: there are no claims in it")
    problems = [write_or_problem({output: rendered(verification, form, strict, verbose)})] if output else []
    problems += [write_or_problem({html: as_page(verification, paths.values())})] if html else []
    if form == "text" or output:
        display(verification, verbose)
    else:
        click.echo(rendered(verification, form, strict, verbose), nl=False)
    for problem in filter(None, problems):
        raise problem
    return 1 if verification.failed(strict) else 0


def lessons_with_claims() -> dict[str, Path]:
    """The built-in lessons that claim something, by the names that they are asked for by.

    Raises GradproofError where there is none.
    """
    found = {name: path for name, path in lessons().items() if read_toml(read_text(path)).get("claim")}
    if not found:
        raise GradproofError("no built-in lesson has claims; name a FILE")
    return found


def under_asked_names(verification: Verification, paths: dict[str, Path]) -> Verification:
    """`verification` with every document under the name it was asked for: a built-in lesson's is not its path."""
    names = {path.as_posix(): name for name, path in paths.items()}
    documents = [replace(d, path=names.get(Path(d.path).as_posix(), d.path)) for d in verification.documents]
    return Verification(documents)


def rendered(verification: Verification, form: str, strict: bool, verbose: bool) -> bytes:
    """The report in one of its forms, as UTF-8 whatever the terminal's encoding is."""
    if form == "junit":
        return junit(verification, strict=strict)
    if form == "json":
        text = stable_json(verification.as_json())
    else:
        text = github(verification, strict=strict) if form == "github" else report_text(verification, verbose=verbose)
    return encoded(text)


def as_page(verification: Verification, paths: Iterable[Path]) -> bytes:
    """The report as an HTML page. The documents are read once more, for their graphs."""
    from gradproof.reports.teaching.page.page import page

    return page(verification, list(map(read_document, paths)))


def display(verification: Verification, verbose: bool) -> None:
    """The report for a reader, in colour if standard output is a terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an old encoding is no reason to lose the report
    if sys.stdout.isatty():
        from rich.console import Console

        show(verification, Console(), verbose=verbose)
    else:
        click.echo(report_text(verification, verbose=verbose), nl=False)


@contextmanager
def progress_line() -> Iterator[Callable[..., None] | None]:
    """A moving line on standard error if it is a terminal; nothing in a pipe. Gives what to call at every step."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("verifying {task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        task = line.add_task("", total=None)
        yield lambda *_: line.advance(task)
