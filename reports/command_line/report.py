"""`gradproof report`: every committed rendering from its measurements, again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from gradproof.adapters.figures import environments
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reports.analysis import committed
from gradproof.reports.analysis.kernels.accuracy_page import markdown
from gradproof.reports.atlas import atlas_pages as atlas
from gradproof.reports.checking.rendering import rendering
from gradproof.reports.printing.files import write
from gradproof.reports.teaching.rendering import errata

ATLAS_PAGES: dict[str, Callable[[Any], str]] = {".md": atlas.markdown, ".html": atlas.html}
ERRATA = "gradproof verify --format json --output reports/published/errata/errata.json"

MEASURED: dict[Path, tuple[str, dict[str, Callable[[Any], str]]]] = {
    Path("reports/published/crosscheck/crosscheck.json"): ("nox -- --update", {".md": rendering.markdown}),
    Path("reports/published/errata/errata.json"): (ERRATA, {".md": errata.markdown}),
    Path("reports/published/atlas/atlas.json"): ("nox -s atlas -- --update", ATLAS_PAGES),
}
"""Each file of measurements, what measures it, and the functions that render it beside it, by the files' ends."""

ACCURACY = Path("reports/published/accuracy/accuracy.md")
"""The adapters' kernel data as tables."""


def run(compare: bool) -> int:
    """Write the renderings, or with `compare` say which are out of date; the exit code."""
    stale, known = 0, set()
    for target, source, fresh in renderings():
        known.add(target)
        if not compare:
            write({target: fresh.encode()})
            click.echo(f"{target}: written")
        elif not target.exists() or target.read_bytes() != fresh.encode():
            click.echo(f"{target}: differs from what {source} renders to; run: gradproof report")
            stale += 1
        else:
            click.echo(f"{target}: up to date")
    for stray in sorted(path for folder in committed.folders() for path in folder.iterdir()):
        if stray not in known and stray.suffix != ".json":
            click.echo(f"{stray}: is rendered from nothing; delete it")
            stale += compare
    return 1 if stale else 0


def renderings() -> Iterator[tuple[Path, str, str]]:
    """Each file that is rendered, what it is rendered from, and its text.

    Raises GradproofError, with the command that measures again, where a measurement is missing, no JSON, or of another
    version.
    """
    for measured, (command, rendered) in MEASURED.items():
        first = f"run `{command}` in the repository's root first"
        try:
            data = json.loads(measured.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise GradproofError(f"there is no {measured} here; {first}") from None
        except ValueError:
            raise GradproofError(f"{measured} is not valid JSON; run `{command}` to measure again") from None
        with report_of_this_version(measured, command):
            texts = {suffix: render(data) for suffix, render in rendered.items()}
        yield from ((measured.with_suffix(suffix), measured.name, text) for suffix, text in texts.items())
    yield ACCURACY, "adapters/data", markdown({f.title: environments(f.key) for f in FRAMEWORKS.values()})
    for folder in committed.folders():
        from gradproof.reports.analysis.assembly import rendered_files

        with report_of_this_version(folder, "nox -s report -- --measure"):
            pages = rendered_files(committed.load(folder))
        yield from ((folder / name, "the JSON beside it", text) for name, text in sorted(pages.items()))


class report_of_this_version:
    """Say how to measure again where a report has not the keys that are expected."""

    def __init__(self, measured: Path, command: str) -> None:
        self.message = f"{measured} is not a report of this version; run `{command}` to measure again"

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, problem: object, traceback: object) -> None:
        """Turn what a missing key raises into a message."""
        if kind and issubclass(kind, KeyError | TypeError | AttributeError):
            raise GradproofError(self.message) from None
