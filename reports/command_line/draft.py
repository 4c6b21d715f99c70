"""`gradproof verify --suggest`: the draft of a lesson, printed or written to a file."""

from collections.abc import Sequence
from pathlib import Path

import click

from gradproof.reference.errors import GradproofError
from gradproof.reports.printing.files import prepare_file, write
from gradproof.reports.printing.terminal import encoded


def run(
    files: Sequence[Path],
    frameworks: Sequence[str],
    form: str,
    strict: bool,
    verbose: bool,
    output: Path | None,
    html: Path | None,
) -> None:
    """Draft the lesson of the one document. Raises GradproofError if that cannot be done."""
    if len(files) != 1:
        raise GradproofError("--suggest drafts the lesson of one document: name one FILE")
    beside = [
        option
        for option, given in (
            ("--framework", frameworks),
            (f"--format {form}", form != "text"),
            ("--strict", strict),
            ("--verbose", verbose),
            ("--html", html),
        )
        if given
    ]
    if beside:
        raise GradproofError(f"{beside[0]} does not go with --suggest, which verifies nothing")
    from gradproof.reports.drafting.drafting import suggest

    if output:
        prepare_file("--output", output, files)
    data = encoded(suggest(files[0]))
    if output is None:
        click.echo(data, nl=False)
        return
    write({output: data})
