"""`gradproof atlas`: every operation at its special points, in every framework."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gradproof.reference.errors import GradproofError
from gradproof.reports.command_line.check import progress_bar
from gradproof.reports.printing.files import prepare_folder, write
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.terminal import encoded, printable_data


def run(
    names: Sequence[str],
    frameworks: Sequence[str],
    modes: Sequence[str],
    dtypes: Sequence[str],
    known: Path | None,
    against: Path | None,
    output: Path | None,
) -> int:
    """Measure, print and write; the exit code. The parameters are the command's options."""
    from gradproof.reports.atlas import atlas_pages
    from gradproof.reports.atlas.tried_points import changed, chosen_points, measure
    from gradproof.reports.checking.results.known import load_known

    before = read(against) if against else None
    points = chosen_points(names)
    expected = load_known(known) if known else []
    if output:
        prepare_folder(output)
    with progress_bar(len(points)) as advance:
        atlas = measure(points, frameworks, modes, dtypes, expected, lambda result: advance(result.network))
    atlas = json.loads(stable_json(atlas))
    if output:
        texts = {
            "atlas.json": stable_json(atlas),
            "atlas.md": atlas_pages.markdown(atlas),
            "atlas.html": atlas_pages.html(atlas),
        }
        write({output / name: encoded(text) for name, text in texts.items()})
    if before is None:
        click.echo(encoded(atlas_pages.text(printable_data(atlas), in_full=bool(names))), nl=False)
        return 0
    lines = changed(atlas, before)
    click.echo(encoded("".join(f"{line}\n" for line in lines) or f"every class is as in {against}\n"), nl=False)
    return 1 if lines else 0


def read(path: Path) -> dict[str, Any]:
    """The atlas in a file. Raises GradproofError for what is none."""
    try:
        atlas: dict[str, Any] = json.loads(path.read_bytes())
        if atlas["schema"] == "gradproof.atlas/1":
            return atlas
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    raise GradproofError(f"{path} is no atlas; gradproof atlas --output DIR writes one, DIR/atlas.json")
