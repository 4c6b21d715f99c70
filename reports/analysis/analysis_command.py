"""Measure, write the JSON of this environment, and render it. A killed run goes on where it was."""

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gradproof.adapters.registry import FRAMEWORKS, installed
from gradproof.adapters.running import cluster
from gradproof.adapters.running.interrupts import in_one_line
from gradproof.adapters.running.owner import owned
from gradproof.adapters.running.profiles import PORTABLE, PROFILES, within
from gradproof.adapters.running.spread import MakeExecutor, State, complete, processes
from gradproof.reference.errors import GradproofError
from gradproof.reports.analysis import committed
from gradproof.reports.analysis.topics import MEASURED, TOPICS
from gradproof.reports.checking.environment import environment
from gradproof.reports.printing.files import write
from gradproof.reports.printing.stable_json import stable_json

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@click.command()
@click.argument("topics", nargs=-1, type=click.Choice(MEASURED))
@click.option("--framework", "frameworks", multiple=True, type=click.Choice(list(FRAMEWORKS)), help="Only this.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default=PORTABLE, show_default=True)
@click.option("--processes", "count", type=click.IntRange(1), default=os.cpu_count(), show_default=True)
@click.option("--dask", "on_dask", is_flag=True, help="On a Dask cluster of so many processes, started here.")
@click.option("--scheduler", metavar="ADDRESS", help="On the Dask cluster whose scheduler runs there.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("gradproof-analysis"),
    show_default=True,
    help="Where what is done is kept; delete it to measure afresh.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=committed.FOLDER,
    show_default=True,
    help="Where the folder of this environment goes; elsewhere than with the committed ones, its page is rendered too.",
)
@click.option(
    "--check", is_flag=True, help="Change nothing; exit with 1 if the figures differ from the committed ones."
)
@in_one_line()
def main(
    topics: Sequence[str],
    frameworks: Sequence[str],
    profile: str,
    count: int,
    on_dask: bool,
    scheduler: str | None,
    state: Path,
    output: Path,
    check: bool,
) -> None:
    """Measure TOPICS, or all of them."""
    keys = list(frameworks or [framework.key for framework in installed()])
    different = 0
    try:
        # For the processes that measure: here, NumPy has been imported already.
        with within(profile), executors(count, on_dask, scheduler, PROFILES[profile]) as executor:
            here = environment()
            key = committed.key({**here, "frameworks": {k: here["frameworks"][k] for k in keys}}, profile)
            folder = output / key
            for topic in topics or MEASURED:
                read = known((committed.FOLDER / key, folder), TOPICS[topic].reads)
                measured = measure(topic, keys, state / folder.name / f"{topic}.jsonl", executor, read)
                data = json.loads(stable_json(committed.document(topic, here, profile, measured)))
                if check:
                    different += told(topic, committed.FOLDER / key, data)
                else:
                    click.echo(f"{committed.write(folder, topic, data)}: written")
        if output != committed.FOLDER and not check:
            from gradproof.reports.analysis.assembly import rendered_files

            write({folder / name: text.encode() for name, text in rendered_files(committed.load(folder)).items()})
            click.echo(f"{folder / 'index.html'}: written")
    except GradproofError as problem:
        raise click.UsageError(str(problem)) from None
    sys.exit(1 if different else 0)


def executors(
    count: int, on_dask: bool, scheduler: str | None, profile: Mapping[str, str]
) -> AbstractContextManager[MakeExecutor]:
    """What does the work: processes of this machine unless a cluster is asked for."""
    if scheduler is not None:
        return cluster.running(scheduler, profile)
    return cluster.local(count, profile) if on_dask else nullcontext(processes(count))


def known(folders: Sequence[Path], topics: Sequence[str]) -> list[dict[str, Any]]:
    """The measurements of these topics, from the last of the folders that has each.

    Raises GradproofError where none has one.
    """
    measured = {topic: data for folder in folders for topic, data in committed.load(folder).items()}
    if missing := [topic for topic in topics if topic not in measured]:
        raise GradproofError(f"{folders[-1]} has no {missing[0]}.json; measure it first")
    return [measured[topic] for topic in topics]


def measure(
    topic: str, frameworks: Sequence[str], path: Path, executor: MakeExecutor, read: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """What a topic's units add up to; `path` keeps those that are done, `executor` does the work.

    `read` are the measurements that the units depend on. Raises GradproofError where another run owns `path`.
    """
    module = importlib.import_module(f"gradproof.reports.analysis.{topic}.measure")
    work = module.units(frameworks, *read)
    with (
        owned(path.with_suffix(".lock"), path),
        Progress(*COLUMNS, TimeRemainingColumn(), console=Console(stderr=True)) as progress,
    ):
        state, task = State(path, module.Unit), progress.add_task(topic, total=len(work))
        for unit in complete(work, module.perform, state, executor):
            progress.update(task, advance=1, description=f"{topic} {unit.framework}")
    measured: dict[str, Any] = module.measured({unit: state.done[unit] for unit in work})
    return measured


def told(topic: str, folder: Path, data: dict[str, Any]) -> bool:
    """Say whether the figures in `data` are those that `folder` has; True if they differ."""
    known = committed.load(folder).get(topic)
    if known is None:
        click.echo(f"{topic}: nothing is committed for this environment ({folder.name}); measure without --check")
        return True
    lines = committed.differences(known, data)
    click.echo(f"{topic}: {f'{len(lines)} figures differ' if lines else 'the same figures'}")
    for line in lines[:20]:
        click.echo(f"  {line}")
    return bool(lines)
