"""Where reports go: a line on standard error, and files, which are refused before there is a report to lose."""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

import click

from gradproof.reference.errors import GradproofError
from gradproof.reports.printing.terminal import printable


def say(message: str) -> None:
    """Print `gradproof: MESSAGE` on standard error, on one line, control characters as escapes."""
    click.echo(f"gradproof: {printable(message)}", err=True)


def unwritable(folder: Path, problem: OSError) -> GradproofError:
    """The error, returned and not raised, for a folder or file that cannot be written to, with the system's reason."""
    return GradproofError(f"cannot write to {folder}: {problem.strerror or problem}")


def prepare_file(option: str, file: Path, documents: Iterable[Path]) -> None:
    """Find out whether the report can be written before there is one to lose, and that no document is lost to it.

    `option` is what named `file` on the command line, for the message. Raises GradproofError where the file is one of
    the `documents` or cannot be written.
    """
    try:
        if not file.exists():
            TemporaryFile(dir=file.parent).close()
            return
        if any(file.samefile(document) for document in documents):
            raise GradproofError(f"{option} {file} is one of the documents; name another file for the report")
        if not os.access(file, os.W_OK):
            raise GradproofError(f"cannot write to {file}: Permission denied")
    except OSError as problem:
        raise unwritable(file, problem) from None


def write_or_problem(file: Path, data: bytes) -> GradproofError | None:
    """Write `data` to `file`. Returns what went wrong, so that the report can be printed first, or None."""
    try:
        file.write_bytes(data)
    except OSError as problem:
        return unwritable(file, problem)
    return None
