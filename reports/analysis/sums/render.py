"""Sums, matrix products and convolutions: errors in u |A||B| against length, z, and how long sums run in sequence."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gradproof.reports.analysis.calibration.render import HIGH, LOW
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import DASHES
from gradproof.reports.analysis.paper.sections import Figure, Section, Table
from gradproof.reports.analysis.sums import sum_runs
from gradproof.reports.analysis.sums.sum_panels import PREDICTED, SEQUENTIAL, by_case, colours, curve, panels
from gradproof.reports.analysis.sums.summed import NEAR
from gradproof.reports.printing.tables import number

SHORT, LONG = 33, 8192
"""Up to which length a sum is called short, and from which it is long."""

TEXT = (
    "Each entry of a sum, a matrix product or a convolution adds up n products. Its error is measured against the "
    "exact sum, in u |A||B|: the unit roundoff times the sum of the absolute products. The table of variances takes "
    "the errors of the additions as independent and the sum as sequential; where it would flag a result, draws of a "
    f"sequential sum take its place. Data are random (of either sign), all positive, near-equal (within 1 in "
    f"{1 / NEAR:,.0f}) or equal; equal terms err alike, so that the error of a sequential sum grows with n itself."
)


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    results = data["results"]
    kinds = list(dict.fromkeys(row["data"] for row in results))
    return Section(
        "Sums, matrix products and convolutions",
        [
            TEXT,
            findings_in_sentences(results),
            *(errors_by_length(results, kind) for kind in kinds),
            paths_table(results),
            *sum_runs.parts(results),
            everything_measured(results),
        ],
    )


def worst_row(results: Iterable[Json], key: str) -> Json:
    """The row with the largest figure; "inf" is one."""
    return max(results, key=lambda row: float(row[key]))


def row_name(row: Json) -> str:
    """What a row is of, in words: path, operation, dtype, length."""
    return "{framework} {mode} {dtype}, {operation}, {length:,} terms, {data} data".format(**row)


def findings_in_sentences(results: Sequence[Json]) -> str:
    """What the figures show, in sentences."""
    flagged = [row for row in results if row["flagged"]]
    drawn = [row for row in results if row["draws"]]
    kinds = ", ".join(
        f"{sum(row['data'] == kind for row in drawn):,} of {kind} data"
        for kind in dict.fromkeys(row["data"] for row in drawn)
    )
    z, table, off = (worst_row(results, key) for key in ("z", "table", "reference"))
    long = apart([row for row in results if row["length"] >= LONG])
    told = "none is" if not flagged else "1 is" if len(flagged) == 1 else f"{len(flagged):,} are"
    return (
        f"{len(results):,} results: {told} flagged. {len(drawn):,} needed draws{f' ({kinds})' if kinds else ''}. Under "
        f"the table alone z reaches {number(float(table['table']))} ({row_name(table)}); with draws where they are "
        f"needed, {number(float(z['z']))} ({row_name(z)}). For data that are not equal, the root mean square of z is "
        f"{range_of_rms(results, lambda row: row['length'] <= SHORT)} up to {SHORT} terms and "
        f"{range_of_rms(results, lambda row: row['length'] >= LONG)} from {LONG:,} on; it is below {LOW} for "
        f"{sum(row['z rms'] < LOW for row in long)} and above {HIGH} for {sum(row['z rms'] > HIGH for row in long)} of "
        f"these {len(long)} long results. What the reference itself takes for the truth is off by up to "
        f"{number(float(off['reference']))} u |A||B| ({row_name(off)})."
    )


def apart(results: Iterable[Json]) -> list[Json]:
    """The rows whose data are not all equal, so that the terms of a sum differ."""
    return [row for row in results if row["data"] != "equal"]


def range_of_rms(results: Iterable[Json], among: Callable[[Json], bool]) -> str:
    """The smallest and the largest root mean square of z over the paths, operations and dtypes."""
    values = [pooled_rms(rows) or 0.0 for rows in by_case(filter(among, apart(results))).values()]
    return f"{number(min(values))} to {number(max(values))}" if values else "not measured"


def pooled_rms(results: Sequence[Json]) -> float | None:
    """The root mean square of z over results of as many entries each; None of none."""
    return math.sqrt(sum(float(row["z rms"]) ** 2 for row in results) / len(results)) if results else None


def errors_by_length(results: Sequence[Json], kind: str) -> Figure:
    """The root mean square error of one kind of data against length."""
    rows = [row for row in results if row["data"] == kind]
    colour = colours(results)

    def panel(axes: Any, title: str, rows: list[Json]) -> None:
        cases = by_case(rows)
        first = next(iter(cases.values()))
        curve(axes, first, lambda row: float(row["predicted"]), **PREDICTED)
        curve(axes, first, lambda row: float(row["sequential"]), **SEQUENTIAL)
        for (framework, mode, _, dtype), part in cases.items():
            style = {"color": colour[framework, mode], "ls": DASHES[dtype], "lw": 1.2}
            curve(axes, part, lambda row: float(row["rms"]), **style)

    lines = {"the model's table": PREDICTED, "a sequential sum": SEQUENTIAL}
    drawing = panels(rows, panel, lines, ("terms", "rms error / u |A||B|"))
    return Figure(
        f"sums-{kind}",
        f"{kind.capitalize()} data: the root mean square error against the number of terms, what the model's table "
        "predicts, and a sequential sum of the same terms. Gaps are sums without any error.",
        drawing,
    )


def paths_table(results: Sequence[Json]) -> Table:
    """A row for each path and operation."""
    head = ["framework", "path", "operation", "largest error", "largest z, table", "of terms", "data"]
    head += ["largest z", "results", "drawn", "flagged", f"rms z up to {SHORT}", f"rms z from {LONG}"]
    rows: list[list[Any]] = []
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for case, part in by_case(results).items():
        groups.setdefault(case[:3], []).extend(part)
    for group, part in groups.items():
        table = worst_row(part, "table")
        rows.append(
            [
                *group,
                float(worst_row(part, "largest")["largest"]),
                float(table["table"]),
                table["length"],
                f"{table['data']} {table['dtype']}",
                float(worst_row(part, "z")["z"]),
                len(part),
                sum(row["draws"] > 0 for row in part),
                sum(row["flagged"] > 0 for row in part),
                pooled_rms([row for row in apart(part) if row["length"] <= SHORT]),
                pooled_rms([row for row in apart(part) if row["length"] >= LONG]),
            ]
        )
    caption = "By path and operation, both dtypes; errors in u |A||B|, the last two columns without equal data."
    return Table("sums", caption, head, rows)


SHOWN = ("largest", "rms", "z")


def everything_measured(results: Sequence[Json]) -> Table:
    """A row for each path, operation, dtype and length."""
    kinds = list(dict.fromkeys(row["data"] for row in results))
    rows: list[list[Any]] = []
    for case, part in by_case(results).items():
        found = {(row["length"], row["data"]): row for row in part}
        for n in sorted({length for length, _ in found}):
            blank = dict.fromkeys(SHOWN)
            rows.append([*case, n, *(found.get((n, kind), blank)[key] for kind in kinds for key in SHOWN)])
    head = ["framework", "path", "operation", "dtype", "terms", *(f"{kind} {key}" for kind in kinds for key in SHOWN)]
    caption = "Every result: the largest and the root mean square error in u |A||B|, and the largest z."
    return Table("sums-all", caption, head, rows, True)
