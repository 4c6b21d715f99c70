"""`gradproof report`: every committed rendering from its measurements, again."""

import json
from pathlib import Path

import click

from gradproof.reference.errors import GradproofError
from gradproof.reports import render
from gradproof.reports.verification import errata

MEASURED = {
    Path("reports/crosscheck/crosscheck.json"): render.markdown,
    Path("reports/errata.json"): errata.markdown,
}
"""Each file of measurements, and the function that renders it beside it."""


def run(compare: bool) -> int:
    """Write the renderings, or with `compare` say which are out of date; the exit code."""
    stale = 0
    for measured, rendering in MEASURED.items():
        try:
            data = json.loads(measured.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise GradproofError(f"there is no {measured} here; run `nox` in the repository's root first") from None
        except ValueError:
            raise GradproofError(f"{measured} is not valid JSON; run `nox` to measure again") from None
        try:
            target, fresh = measured.with_suffix(".md"), rendering(data)
        except (KeyError, TypeError, AttributeError):
            raise GradproofError(f"{measured} is not a report of this version; run `nox` to measure again") from None
        if not compare:
            target.write_text(fresh, encoding="utf-8", newline="\n")
            click.echo(f"{target}: written")
        elif not target.exists() or target.read_bytes() != fresh.encode():
            click.echo(f"{target}: differs from what {measured.name} renders to; run: gradproof report")
            stale += 1
        else:
            click.echo(f"{target}: up to date")
    return 1 if stale else 0
