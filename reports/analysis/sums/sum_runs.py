"""How many terms a path adds one after the other, as the errors of equal data have it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import DASHES, heat, svg
from gradproof.reports.analysis.paper.sections import Figure, Table
from gradproof.reports.analysis.sums.sum_panels import SEQUENTIAL, Case, by_case, colours, operations, panels, paths

TEXT = (
    "How many terms a path adds one after the other can be read from equal data: the error of a sequential sum grows "
    "with its length, and the errors of blocks side by side do not add up. The run is the length times the root mean "
    "square error over that of a sequential sum of the same terms: n for a sequential sum, less for one in blocks."
)


def parts(results: Sequence[Json]) -> list[str | Table | Figure]:
    """The section's paragraphs, figures and table, of the rows that `sums/measure.py` gives."""
    return [TEXT, sequential_paths(results), longest(results), runs_figure(results), runs_table(results)]


def run_length(row: Json) -> float | None:
    """How many terms the errors say are added one after the other; None where a sequential sum makes no error."""
    return row["length"] * float(row["rms"]) / float(row["sequential"]) if float(row["sequential"]) else None


def length(row: Json) -> int:
    """How many terms the sums of a row have."""
    return int(row["length"])


def runs(results: Iterable[Json]) -> dict[Case, dict[int, float]]:
    """How many terms are added in sequence at each length, by framework, mode, operation and dtype; of equal data."""
    equal = by_case(row for row in results if row["data"] == "equal")
    return {
        case: {row["length"]: found for row in sorted(part, key=length) if (found := run_length(row)) is not None}
        for case, part in equal.items()
    }


def sequential_paths(results: Sequence[Json]) -> str:
    """Sentences on which paths add long sums in sequence, of which the run grows, and of which it stays bounded."""
    found = {case: run for case, run in runs(results).items() if run}
    if not found:
        return "No run can be told from these data."
    top = max(max(run) for run in found.values())
    groups: dict[str, dict[Case, float]] = {"sequential": {}, "growing": {}, "bounded": {}}
    for case, run in found.items():
        last, before = (max((x for n, x in run.items() if n <= limit), default=0.0) for limit in (top, top / 2))
        kind = "sequential" if last > top / 2 else "growing" if last > math.sqrt(2) * before else "bounded"
        groups[kind][case] = last
    names = "; ".join(" ".join(case) for case in groups["sequential"]) or "none"
    return (
        f"Of {top:,} terms, more than half are added in sequence by: {names}. The run still grows with the number of "
        f"terms in {told_of_runs(groups['growing'])}, and stays bounded in {told_of_runs(groups['bounded'])}."
    )


def told_of_runs(longest: Mapping[Case, float]) -> str:
    """How many cases, and between what numbers of terms their `longest` runs lie, in words."""
    if not longest:
        return "no other case"
    low, high = min(longest.values()), max(longest.values())
    return f"{len(longest)} others (longest run {low:,.0f} to {high:,.0f})"


def longest(results: Sequence[Json]) -> Figure:
    """A heat map of each path's longest run in terms: a row for each operation and dtype, a column for each path."""
    found = runs(results)
    across = paths(results)
    rows = list(dict.fromkeys((o, d) for o in operations(results) for *_, d in found))
    values = [[max(found.get((*path, *row), {}).values(), default=0) or None for path in across] for row in rows]
    drawing = svg(
        lambda axes: heat(axes, values, [" ".join(row) for row in rows], [" ".join(path) for path in across]),
        size=(5.5, 4.6),
    )
    return Figure(
        "sums-longest-run", "The longest sequential run that the errors of equal data imply, in terms.", drawing
    )


def runs_figure(results: Sequence[Json]) -> Figure:
    """The run, in terms, against the length of the sum, in a panel for each operation."""
    colour = colours(results)

    def panel(axes: Any, title: str, rows: list[Json]) -> None:
        lengths = sorted({row["length"] for row in rows})
        axes.loglog(lengths, lengths, **SEQUENTIAL)
        for (framework, mode, _, dtype), run in runs(rows).items():
            drawn = [value or math.nan for value in run.values()]
            axes.loglog(list(run), drawn, color=colour[framework, mode], ls=DASHES[dtype], lw=1.2)

    drawing = panels(results, panel, {"all in sequence": SEQUENTIAL}, ("terms", "sequential run"))
    return Figure(
        "sums-run", "The sequential run that the errors of equal data imply, against the number of terms.", drawing
    )


def runs_table(results: Sequence[Json]) -> Table:
    """A row for each path, operation and dtype: the longest run, and that at each length."""
    found = runs(results)
    lengths = sorted({n for run in found.values() for n in run})
    rows: list[list[Any]] = [
        [*case, max(run.values(), default=None), *(run.get(n) for n in lengths)] for case, run in found.items()
    ]
    head = ["framework", "path", "operation", "dtype", "longest", *map(str, lengths)]
    caption = "The sequential run by number of terms (0: it makes no error where a sequential sum does)."
    return Table("sums-runs", caption, head, rows, True)
