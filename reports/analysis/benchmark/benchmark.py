"""The benchmark: what checking costs beside running, and beside the frameworks' own gradient checkers.

Run as `python -m gradproof.reports.analysis.benchmark`; `nox -s bench` does.
"""

import os
import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from gradproof.adapters.running.interrupts import in_one_line
from gradproof.reports.analysis.benchmark.other_checkers import timings
from gradproof.reports.analysis.benchmark.timing import costs, loads
from gradproof.reports.checking.choosing import chosen_frameworks
from gradproof.reports.checking.environment import environment
from gradproof.reports.printing.files import prepare_folder, write
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.printing.tables import grid, number

GOAL = 1.3
"""What a check should take at most, as a multiple of the same programs run without it."""

COSTS_HEAD = ["run", "start", "without check", "with check", "ratio", "ratio with start"]

COSTS_NOTE = (
    "Seconds, medians over repetitions in turn. Both arms make the networks and run the same programs, parameter "
    "sets and compilations in float32 and float64, in new workers that have imported their framework and run one "
    "tiny network; one arm compares and reports besides. Ratios are medians over neighbouring repetitions; the last "
    f"one counts the start of the workers in both arms. The goal is {GOAL} at most."
)

CHECKERS_NOTE = (
    "Seconds to check all parameter gradients of a dense chain in float64, medians, in a new worker that has checked "
    "one tiny network, compilation included. gradproof is timed from outside with all that goes between processes, "
    "the others from inside."
)


def measure(
    frameworks: Sequence[str],
    networks: int,
    seed: int,
    sizes: Sequence[int],
    checker_sizes: Sequence[int],
    repeats: int,
    limit: float,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of the two tables, `costs` and `checkers`, as they are measured."""
    for load in loads(networks, seed, sizes, frameworks):
        yield "costs", costs(load, repeats).as_json()
    for timing in timings(frameworks, checker_sizes, repeats, limit):
        yield "checkers", timing.as_json()


def costs_row(row: dict[str, Any]) -> list[str]:
    """A row of the first table."""
    seconds = [number(statistics.median(row[key])) for key in ("start", "bare", "checked")]
    ratios = [f"{row[key]:.2f}" for key in ("ratio", "ratio_with_start")]
    return [f"{row['load']}, {' '.join(row['frameworks'])}", *seconds, *ratios]


def checkers_head(sizes: Iterable[int | str]) -> list[str]:
    """The head of the second table."""
    return ["checker", *(f"{int(size):,} parameters" for size in sizes)]


def checkers_row(row: dict[str, Any], limit: float) -> list[str]:
    """A row of the second table."""
    told = {"cut off": f"cut off at {limit:g} s"}
    medians = row["medians"].values()
    return [row["checker"], *(told.get(x, x) if isinstance(x, str) else number(x) for x in medians)]


def markdown(data: dict[str, Any]) -> str:
    """The whole benchmark as Markdown: a pure function of its JSON form."""
    e, settings = data["environment"], data["settings"]
    frameworks = ", ".join(f"{name} {version}" for name, version in sorted(e["frameworks"].items()) if version)
    limit = settings["limit"]
    return "\n".join(
        [
            "# Benchmark",
            "",
            "Rendered from `benchmark.json`, which `nox -s bench` measures; do not edit.",
            "",
            f"Environment: {frameworks}; NumPy {e['numpy']}, Python {e['python']}, {e['system']} {e['machine']}",
            f"({e['processor']}), {settings['processors']} processors.",
            "",
            "## What checking costs",
            "",
            *(COSTS_NOTE, ""),
            *grid([COSTS_HEAD, *map(costs_row, data["costs"])]),
            "",
            "## Beside the frameworks' own checkers",
            "",
            *(CHECKERS_NOTE, ""),
            *grid([checkers_head(settings["checker_sizes"]), *(checkers_row(row, limit) for row in data["checkers"])]),
            "",
        ]
    )


def line(row: Sequence[str]) -> str:
    """A row on the terminal, in columns wide enough for either table: rows are printed as they are measured."""
    first, *rest = row
    return f"{first:52}" + "".join(f"{cell:>20}" for cell in rest)


@click.command()
@click.option("--framework", "frameworks", multiple=True, help="Only this framework; may be repeated.")
@click.option("--random", "networks", default=100, show_default=True, help="How many random networks.")
@click.option("--seed", default=0, show_default=True)
@click.option("--size", "sizes", multiple=True, type=int, default=[10**k for k in range(2, 7)], show_default=True)
@click.option(
    "--checker-size", "checker_sizes", multiple=True, type=int, default=[10**k for k in range(2, 6)], show_default=True
)
@click.option("--repeats", default=3, show_default=True, type=click.IntRange(1))
@click.option("--limit", default=60.0, show_default=True, help="Seconds after which a checker is cut off.")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write benchmark.json and .md here.")
@in_one_line()
def main(frameworks: Sequence[str], limit: float, output: Path | None, **settings: Any) -> None:
    """Measure what checking costs, and print it."""
    keys = [framework.key for framework in chosen_frameworks(frameworks)]
    data: dict[str, Any] = {
        "schema": "gradproof.benchmark/1",
        "environment": environment(),
        "settings": {**settings, "limit": limit, "processors": os.cpu_count()},
        "costs": [],
        "checkers": [],
    }
    heads = {"costs": COSTS_HEAD, "checkers": checkers_head(settings["checker_sizes"])}
    for table, row in measure(keys, limit=limit, **settings):
        if not data[table]:
            click.echo(("\n" if table == "checkers" else "") + line(heads[table]))
        data[table].append(row)
        click.echo(line(costs_row(row) if table == "costs" else checkers_row(row, limit)))
    if output:
        prepare_folder(output)
        write({output / "benchmark.json": stable_json(data).encode(), output / "benchmark.md": markdown(data).encode()})
