"""What the frameworks' own settings change, and which figures survive it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reports.analysis.corpus.histograms import Json, added, quantile
from gradproof.reports.analysis.paper.drawing import OTHERS, svg
from gradproof.reports.analysis.paper.sections import Figure, Section, Table
from gradproof.reports.analysis.profiles.measure import PAIRS

TEXT = (
    "The same networks (two graphs of every family, two sets of numbers each) under two profiles of the frameworks' "
    "own settings on one machine: usual is what people have, portable is one thread, instruction sets capped at AVX2, "
    "and code that does not ask which processor it is. Each run is a new process. A result differs if one bit of one "
    "gradient entry does; a difference is that of the errors, so that another side of a kink does not count."
)

SHARES = (0.5, 0.1, 1e-2, 1e-3, 1e-4)
"""Shares of entries; quantiles of z that so many exceed are shown."""

DIGITS = 2
"""What a figure of a summary is worth: more would not survive another processor."""

Key = tuple[str, str]


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    groups: dict[Key, list[Json]] = {}
    for row in data["results"]:
        groups.setdefault((row["framework"], row["dtype"]), []).append(row)
    order = {key: groups[key] for key in ((f, d) for f in FRAMEWORKS for d in DTYPES) if key in groups}
    totals = {key: {name: totalled(r["pairs"][name] for r in rows) for name in PAIRS} for key, rows in order.items()}
    survived = both_profiles(order, list(data["profiles"]))
    return Section(
        "What the frameworks' settings change",
        [
            TEXT,
            differences_figure(totals),
            differences_table(totals),
            surviving_figures(survived),
            survived,
            profiles_by_family(data),
            settings(data),
        ],
    )


def totalled(parts: Iterable[Json]) -> Json:
    """Counts added up; the largest difference of all."""
    several = list(parts)
    return {
        name: max(p[name] for p in several) if name == "largest" else sum(p[name] for p in several)
        for name in several[0]
    }


def differences_figure(totals: Mapping[Key, Mapping[str, Json]]) -> Figure:
    """Shares and sizes of what differs."""
    names = [" ".join(key) for key in totals]

    def draw(axes: Any) -> None:
        for i, pair in enumerate(PAIRS):
            places = [k + (i - 1) / 4 for k in range(len(names))]
            shares = [differing_percent(t[pair]) for t in totals.values()]
            axes[0].barh(places, shares, height=0.22, color=OTHERS[i], label=pair)
            axes[1].barh(places, [t[pair]["largest"] for t in totals.values()], height=0.22, color=OTHERS[i])
        axes[0].set(xlabel="entries whose bits differ, %")
        axes[1].set(xlabel="largest difference, in sigma")
        for axis in axes:
            axis.set_yticks(range(len(names)), names)
            axis.invert_yaxis()
        axes[0].legend(fontsize=7, loc="lower right")

    caption = "Between runs and between profiles: how many gradient entries differ, and by how much at most."
    return Figure("profiles", caption, svg(draw, columns=2, size=(3.8, 3.2)))


def differences_table(totals: Mapping[Key, Mapping[str, Json]]) -> Table:
    """The table of how many results and entries differ in their bits, and by how much, between two runs."""
    head = ["framework", "dtype", "runs", "results", "differ", "on another side of a kink", "entries", "differ (%)"]
    head.append("largest difference (sigma)")
    rows: list[list[Any]] = [
        [*key, pair, t["results"], t["results differ"], t["sides"], t["entries"], differing_percent(t), t["largest"]]
        for key, pairs in totals.items()
        for pair, t in pairs.items()
    ]
    return Table("profiles", "What differs in its bits.", head, rows)


def differing_percent(counts: Json) -> float:
    """Entries that differ, in per cent."""
    return float(100 * counts["entries differ"] / max(1, counts["entries"]))


def both_profiles(groups: Mapping[Key, Sequence[Json]], profiles: Sequence[str]) -> Table:
    """A row for each figure of a summary, framework and dtype: its value under each profile, and if they are one."""
    rows: list[list[Any]] = []
    for key, group in groups.items():
        columns = [report_figures([r["figures"][profile] for r in group]) for profile in profiles]
        for name in columns[0]:
            values = [column[name] for column in columns]
            rows.append([*key, name, *values, "yes" if len(set(values)) == 1 else "no"])
    head = ["framework", "dtype", "figure", *profiles, "the same"]
    return Table("profiles-figures", f"Figures of a summary, to {DIGITS} digits.", head, rows)


def report_figures(parts: Sequence[Json]) -> dict[str, str]:
    """The figures that a report would give of these results, as text by name."""
    counts: dict[str, int] = {}
    for part in parts:
        for verdict, n in part["verdicts"].items():
            counts[verdict] = counts.get(verdict, 0) + n
    entries, zeros = (sum(part[name] for part in parts) for name in ("entries", "zeros"))
    z = added(part["z"] for part in parts)
    return {
        "verdicts": ", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())),
        "largest z": in_digits(max(part["largest"] for part in parts)),
        "rms z": in_digits(math.sqrt(sum(part["squares"] for part in parts) / max(1, entries))),
        **{f"z that {share:g} exceed": in_digits(quantile(z, share, zeros)) for share in SHARES},
    }


def in_digits(value: float | None) -> str:
    """A figure as text to DIGITS digits; empty for None."""
    return "" if value is None else f"{value:.{DIGITS}g}"


def surviving_figures(table: Table) -> str:
    """A sentence on which figures of the table are the same in either profile."""
    kept: dict[str, list[bool]] = {}
    for row in table.rows:
        kept.setdefault(str(row[2]), []).append(row[-1] == "yes")
    told = ", ".join(f"{name} in {sum(same)} of {len(same)}" for name, same in kept.items())
    return f"Of framework and dtype, these have the same figure to {DIGITS} digits under both profiles: {told}."


def profiles_by_family(data: Json) -> Table:
    """The table of how far the usual and the portable profile differ, family by family."""
    (pair,) = (name for name, (a, b) in PAIRS.items() if a[0] != b[0])
    head = ["family", "framework", "dtype", "results", "differ", "entries", "differ (%)", "largest difference (sigma)"]
    rows: list[list[Any]] = []
    for r in sorted(data["results"], key=lambda r: (r["family"], r["framework"], r["dtype"])):
        t = r["pairs"][pair]
        where = [r[name] for name in ("family", "framework", "dtype")]
        rows.append([*where, t["results"], t["results differ"], t["entries"], differing_percent(t), t["largest"]])
    return Table("profiles-families", f"{pair.capitalize()}, by family.", head, rows, True)


def settings(data: Json) -> Table:
    """A row for each environment variable that a profile sets."""
    rows = [[profile, name, value] for profile, some in data["profiles"].items() for name, value in some.items()]
    return Table("profiles-settings", "What a profile sets (adapters/running/profiles.py says why).", HEAD, rows, True)


HEAD = ("profile", "variable", "value")
