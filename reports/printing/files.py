"""Where reports go: a line on standard error, and files, which are refused before there is a report to lose."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile

import click

from gradproof.reference.errors import GradproofError
from gradproof.reference.replacing import write_files
from gradproof.reports.printing.terminal import printable


def say(message: str) -> None:
    """Print `gradproof: MESSAGE` on standard error, on one line, control characters as escapes."""
    click.echo(f"gradproof: {printable(message)}", err=True)


def unwritable(folder: Path | str, problem: OSError) -> GradproofError:
    """The error, returned and not raised, for a folder or file that cannot be written to, with the system's reason."""
    return GradproofError(f"cannot write to {folder}: {problem.strerror or problem}")


def prepare_file(option: str, file: Path, documents: Iterable[Path]) -> None:
    """Find out whether the report can be written before there is one to lose, and that no document is lost to it.

    `option` is what named `file` on the command line, for the message. Raises GradproofError where the file is one of
    the `documents` or cannot be written.
    """
    try:
        if not file.exists():
            TemporaryFile(dir=os.path.dirname(os.path.realpath(file))).close()
            return
        if any(file.samefile(document) for document in documents):
            raise GradproofError(f"{option} {file} is one of the documents; name another file for the report")
        if not os.access(file, os.W_OK):
            raise GradproofError(f"cannot write to {file}: Permission denied")
    except OSError as problem:
        raise unwritable(file, problem) from None


def prepare_folder(folder: Path) -> None:
    """Make a folder for reports, and find out whether it can be written to before there is a report to lose.

    Raises GradproofError where that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except FileExistsError:
        raise GradproofError(f"cannot write to {folder}: it is no folder") from None
    except OSError as problem:
        raise unwritable(folder, problem) from None


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all or none, each replaced and not overwritten (see `write_files`).

    Raises GradproofError, which names the file and the system's reason.
    """
    try:
        write_files(contents)
    except OSError as problem:
        raise unwritable(problem.filename, problem) from None


def write_or_problem(contents: Mapping[Path, bytes]) -> GradproofError | None:
    """As `write`, but what went wrong is returned, so that the report can be printed first; else None."""
    try:
        write(contents)
    except GradproofError as problem:
        return problem
    return None
