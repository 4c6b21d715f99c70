"""`gradproof check`: networks in, verdicts out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from gradproof.reference.architectures import random_network
from gradproof.reference.errors import GradproofError
from gradproof.reference.files import load, save
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reports import render
from gradproof.reports.results import Report, Result, stable_json

FINDINGS_FOLDER = Path("gradproof-findings")
"""Where networks are saved that do not agree, if no folder was named."""


def run(
    files: Sequence[Path],
    count: int,
    seed: int,
    frameworks: Sequence[str],
    modes: Sequence[str],
    dtypes: Sequence[str],
    form: str,
    output: Path | None,
) -> int:
    """Check and report; the exit code."""
    paths = {path.as_posix(): path for path in files} or ({} if count else lessons())
    networks = {name: load(path) for name, path in paths.items()}
    networks |= {f"random-{seed}-{i}": random_network(seed, i) for i in range(count)}
    # Only now, so that what is wrong with a file is said at once.
    from gradproof.reports.checking import check, missing

    for framework in () if frameworks else missing():
        click.echo(f"gradproof: {framework.title} is not installed, so it is left out; {framework.install}", err=True)
    with progress_bar(len(networks)) as advance:
        report = check(
            networks, frameworks=frameworks or None, modes=modes or None, dtypes=dtypes or None, progress=advance
        )
    keep_networks(report, paths, networks, output or FINDINGS_FOLDER)
    data = report.as_json()
    if output:
        write(output, data)
    click.echo(stable_json(data) if form == "json" else text(data), nl=False)
    return 1 if report.findings else 0


def keep_networks(report: Report, paths: dict[str, Path], networks: dict[str, Network], folder: Path) -> None:
    """Give every result that does not agree the file that replays it; save the network if it has none."""
    saved = {name: path.as_posix() for name, path in paths.items()}
    for i, result in enumerate(report.results):
        if result.verdict == "agrees":
            continue
        if result.network not in saved:
            folder.mkdir(parents=True, exist_ok=True)
            saved[result.network] = save(networks[result.network], folder / f"{result.network}.toml").as_posix()
        report.results[i] = replace(result, file=saved[result.network])


def write(folder: Path, data: dict[str, object]) -> None:
    """The measurements as JSON, and their rendering."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "crosscheck.json").write_text(stable_json(data), encoding="utf-8", newline="\n")
        (folder / "crosscheck.md").write_text(render.markdown(data), encoding="utf-8", newline="\n")
    except OSError as problem:
        raise GradproofError(f"cannot write to {folder}: {problem.strerror or problem}") from None


def text(data: dict[str, object]) -> str:
    """The report for a reader: the overview, what was found, the sum."""
    rows = render.table(data)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    found = [render.finding(result) for result in data["results"] if result["verdict"] != "agrees"]  # type: ignore[attr-defined]
    return "\n".join([*lines, "", *found, *([""] if found else []), render.summary(data)]) + "\n"


@contextmanager
def progress_bar(networks: int) -> Iterator[Callable[[Result], None] | None]:
    """A bar on standard error if it is a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("checking", total=networks)
        seen: set[str] = set()

        def advance(result: Result) -> None:
            seen.add(result.network)
            bar.update(task, completed=len(seen) - 1, description=result.network[-40:])

        yield advance
