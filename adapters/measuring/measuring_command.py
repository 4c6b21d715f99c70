"""Measure the kernels and write the adapters' data files. A killed run goes on where it was."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from gradproof.adapters import figures as data
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.certify import by_binade, figures, line
from gradproof.adapters.measuring.work_units import Unit, about_binades, perform, units
from gradproof.adapters.registry import FRAMEWORKS, installed, version
from gradproof.adapters.running.interrupts import in_one_line
from gradproof.adapters.running.owner import owned
from gradproof.adapters.running.profiles import PROFILES, USUAL, kernel_environment, within
from gradproof.adapters.running.spread import State, complete, processes
from gradproof.reference.errors import GradproofError
from gradproof.reference.readings.balls import flint


@click.command()
@click.argument("frameworks", nargs=-1, type=click.Choice(list(FRAMEWORKS)))
@click.option("--kernel", "kernels", multiple=True, type=click.Choice(list(KERNELS)), help="Only this; repeatable.")
@click.option("--binades", is_flag=True, help="Only what the figures say by binade of the input: a few minutes.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default=USUAL, show_default=True)
@click.option("--processes", "count", type=click.IntRange(1), default=2, show_default=True)
@click.option(
    "--state",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where what is done is kept; delete it to measure afresh.  [default: gradproof-accuracy-PROFILE.jsonl]",
)
@click.option("--write/--no-write", default=True, help="Write the figures, or only print them.")
@click.option("--data", "folder", type=click.Path(path_type=Path), default=data.DATA, help="Where they are written.")
@in_one_line()
def main(
    frameworks: Sequence[str],
    kernels: Sequence[str],
    binades: bool,
    profile: str,
    count: int,
    path: Path | None,
    write: bool,
    folder: Path,
) -> None:
    """Measure FRAMEWORKS, or all that are installed."""
    try:
        flint()  # which certifies in the end
    except GradproofError as problem:
        raise click.ClickException(str(problem)) from None
    keys = list(frameworks or [framework.key for framework in installed()])
    work = units(keys, list(kernels or KERNELS))
    work = list(filter(about_binades, work)) if binades else work
    path = path or Path(f"gradproof-accuracy-{profile}.jsonl")
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with (
            within(profile),
            owned(path.with_suffix(".lock"), path),
            Progress(*columns, TimeRemainingColumn(), console=console) as progress,
        ):
            state, task = State(path, Unit), progress.add_task("", total=len(work))
            for unit in complete(work, perform, state, processes(count)):
                progress.update(task, advance=1, description=f"{unit.framework} {unit.kernel} {unit.dtype}")
    except GradproofError as problem:
        raise click.ClickException(str(problem)) from None
    for key in keys:
        found = (by_binade if binades else figures)((unit, state.done[unit]) for unit in work if unit.framework == key)
        for figure in found:
            console.print(line(figure), highlight=False)
        if write:
            try:
                data.write(
                    key, kernel_environment(version(FRAMEWORKS[key]) or "none", PROFILES[profile]), found, folder
                )
            except OSError as problem:
                raise click.ClickException(f"cannot write to {problem.filename}: {problem.strerror}") from None
