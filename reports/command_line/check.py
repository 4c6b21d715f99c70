"""`gradproof check`: networks in, verdicts out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click

from gradproof.adapters.registry import missing
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import load, save
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.random_networks import random_networks
from gradproof.reports.checking import rendering
from gradproof.reports.checking.results import Report
from gradproof.reports.printing.files import say, unwritable
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.terminal import printable

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
    profile: str | None,
) -> int:
    """Check and report; the exit code."""
    paths = {path.as_posix(): path for path in files} or ({} if count else lessons())
    networks = {name: load(path) for name, path in paths.items()}
    # Only now, so that what is wrong with a file is said at once.
    from gradproof.reports.checking.choosing import chosen_frameworks, chosen_ways
    from gradproof.reports.checking.crosscheck import check

    chosen_ways(chosen_frameworks(frameworks), modes)
    if output:
        prepare_folder(output)
    for framework in () if frameworks else missing():
        say(f"{framework.title} is not installed, so it is left out; {framework.install}")
    with progress_bar(len(paths) + count) as advance:
        for name, network in random_networks(count, seed):
            networks[name] = network
            advance(name, "drawing")
        report = check(
            networks,
            frameworks=frameworks,
            modes=modes,
            dtypes=dtypes,
            profile=profile,
            progress=lambda result: advance(result.network, "checking"),
        )
    for remark in report.remarks:
        say(remark)
    keep_networks(report, paths, networks, output or FINDINGS_FOLDER)
    data = report.as_json()
    problem = write_report(output, data) if output else None
    click.echo(stable_json(data) if form == "json" else check_text(data), nl=False)
    if problem:
        raise problem
    return 1 if report.findings or report.kernels else 0


def prepare_folder(folder: Path) -> None:
    """Make the folder for the report, and find out whether it can be written to before there is a report to lose."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as problem:
        raise unwritable(folder, problem) from None


def keep_networks(report: Report, paths: dict[str, Path], networks: dict[str, Network], folder: Path) -> None:
    """Give every result that does not agree the file that replays it; save the network if it has none."""
    saved = {name: path.as_posix() for name, path in paths.items()}
    problem = None
    for i, result in enumerate(report.results):
        if result.verdict == "agrees":
            continue
        if result.network not in saved and not problem:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                saved[result.network] = save(networks[result.network], folder / f"{result.network}.toml").as_posix()
            except OSError as refused:
                problem = refused
        report.results[i] = replace(result, file=saved.get(result.network, ""))
    if problem:
        say(f"networks with findings could not be saved: {unwritable(folder, problem)}")


def write_report(folder: Path, data: dict[str, object]) -> GradproofError | None:
    """The measurements as JSON, and their rendering; returns what went wrong, so that the report is printed first."""
    try:
        (folder / "crosscheck.json").write_text(stable_json(data), encoding="utf-8", newline="\n")
        (folder / "crosscheck.md").write_text(rendering.markdown(data), encoding="utf-8", newline="\n")
    except OSError as problem:
        return unwritable(folder, problem)
    return None


def check_text(data: dict[str, Any]) -> str:
    """The report for a reader: the overview, what was found, the sum."""
    rows = rendering.overview(data)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    found = [*map(rendering.inaccurate, data.get("kernels", ()))]
    found += [rendering.finding(result) for result in data["results"] if result["verdict"] != "agrees"]
    figures = rendering.figures_in_words(data)
    blocks = [*(part for part in (lines, found, figures) if part), [rendering.report_sentence(data)]]
    shown = "\n\n".join("\n".join(block) for block in blocks)
    return "".join(f"{printable(line)}\n" for line in shown.split("\n"))


@contextmanager
def progress_bar(networks: int) -> Iterator[Callable[[str, str], None]]:
    """A bar on standard error if it is a terminal; nothing in a pipe. Gives what to call with a network and a step."""
    if not sys.stderr.isatty():
        yield lambda network, step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("checking", total=networks)
        seen: dict[str, set[str]] = {}

        def advance(network: str, step: str) -> None:
            done = seen.setdefault(step, set())
            done.add(network)
            bar.update(task, completed=len(done) - 1, description=f"{step} {printable(network)[-40:]}")

        yield advance
