"""z over the corpus: distribution, tightness, escalation, and the fixed tolerances that would have done."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.admitted import FITTING_RMS
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.corpus.histograms import BINS, Json, added, edge, independent, quantile
from gradproof.reports.analysis.paper.drawing import COLOURS, DASHES, heat, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table
from gradproof.reports.checking.results.results import VERDICTS

SHARES = (0.5, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)

MEDIAN = SHARES[0]

LOW, HIGH = FITTING_RMS

TEXT = (
    "z is the error of a gradient entry over its standard deviation in the rounding model; a result agrees where no z "
    "exceeds lambda (7 to 8, for 1e-9 false alarms per result). If errors were independent, z would be distributed as "
    "the absolute value of a normal number. Less is a tolerance that could be tighter; more, below lambda, are errors "
    "that correlate. The corpus is a function of its seed alone (reports/analysis/measuring/corpus.py)."
)


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    results = data["results"]
    return Section(
        "How well the tolerance fits",
        [
            TEXT,
            calibration_sentence(results),
            curve(results),
            quantiles(results),
            fit(results),
            tightness(results),
            deviations(results),
            fit_by_family(results),
            disagreements_table(results),
        ],
    )


def calibration_sentence(results: Sequence[Json]) -> str:
    """A sentence on how many results and entries there are, and how they agree."""
    entries = sum(r["entries"] for r in results)
    counts = {v: sum(r["verdicts"].get(v, 0) for r in results) for v in VERDICTS}
    told = ", ".join(f"{n:,} {verdict}" for verdict, n in counts.items() if n)
    drawn = sum(n for r in results for draws, n in r["draws"].items() if draws != "0")
    total = sum(counts.values())
    return (
        f"{entries:,} gradient entries in {total:,} results: {told}. Sampled evaluations were needed for {drawn:,} "
        f"results ({100 * drawn / total:.2g} %); for the others the table of variances sufficed."
    )


def pooled(results: Iterable[Json]) -> dict[tuple[str, str], Json]:
    """By framework and dtype, the distribution of z and the count of zeros, over all families."""
    groups: dict[tuple[str, str], list[Json]] = {}
    for r in results:
        groups.setdefault((r["framework"], r["dtype"]), []).append(r)
    return {
        key: {"z": added(r["z"] for r in group), **{n: sum(r[n] for r in group) for n in ("zeros", "agreeing")}}
        for key, group in sorted(groups.items(), key=lambda item: (list(FRAMEWORKS).index(item[0][0]), item[0][1]))
    }


def quantiles(results: Sequence[Json]) -> Table:
    """A table of the z that a share of the entries exceed."""
    rows: list[list[Any]] = [["independent errors", "", None, *map(independent, SHARES)]]
    rows += [
        [*key, group["agreeing"], *(quantile(group["z"], share, group["zeros"]) for share in SHARES)]
        for key, group in pooled(results).items()
    ]
    head = ["framework", "dtype", "entries", *(f"{share:g}" for share in SHARES)]
    return Table("quantiles", "The z that a share of the entries exceed.", head, rows)


def curve(results: Sequence[Json]) -> Figure:
    """The share of entries beyond z, against what independent errors predict."""

    def draw(axes: Any) -> None:
        predicted = [edge(i) for i in range(-4 * BINS, 3 * BINS)]
        axes.loglog(
            predicted,
            [math.erfc(z / math.sqrt(2)) for z in predicted],
            color=INK,
            lw=2.5,
            alpha=0.35,
            label="predicted",
        )
        for (framework, dtype), group in pooled(results).items():
            histogram = group["z"]
            total, beyond, line = sum(histogram["counts"]) + group["zeros"], 0, []
            for i in reversed(range(len(histogram["counts"]))):
                beyond += histogram["counts"][i]
                if beyond:
                    line.append((edge(histogram["first"] + i), beyond / total))
            axes.loglog(
                *zip(*line, strict=True),
                color=COLOURS[framework],
                ls=DASHES[dtype],
                lw=1.2,
                label=f"{framework} {dtype}",
            )
        axes.set(xlim=(0.06, 10), ylim=(1e-9, 1.5), xlabel="z", ylabel="share of entries beyond z")
        axes.legend(fontsize=7)

    return Figure(
        "z", "The share of gradient entries beyond z, and what independent errors predict.", svg(draw, size=(6, 4))
    )


def rms(result: Json) -> float | None:
    """The root mean square of z over the entries of a result; None if there are none."""
    counted = result["agreeing"] - result["exact"]
    return math.sqrt(result["squares"] / counted) if counted else None


def by_family(results: Sequence[Json]) -> tuple[list[str], list[str], dict[tuple[str, str], Json]]:
    """Families, ways (framework and dtype), and the result of each of both."""
    places = {(r["family"], f"{r['framework']} {r['dtype']}"): r for r in results}
    ways = [f"{framework} {dtype}" for framework, dtype in pooled(results)]
    return sorted({family for family, _ in places}), ways, places


def fit(results: Sequence[Json]) -> Figure:
    """The root mean square of z by family and way."""
    names, ways, places = by_family(results)
    values = [[rms(places[name, way]) if (name, way) in places else None for way in ways] for name in names]

    def draw(axes: Any) -> None:
        heat(axes, values, names, ways)

    return Figure(
        "rms",
        f"The root mean square of z by family of networks. Between {LOW} and {HIGH} the tolerance fits.",
        svg(draw, size=(6.5, 8)),
    )


def tightness(results: Sequence[Json]) -> Figure:
    """How many times the largest error of a result its tolerance is."""
    names, ways, places = by_family(results)
    values = [
        [quantile(places[n, way]["tightness"], MEDIAN) if (n, way) in places else None for way in ways] for n in names
    ]

    def draw(axes: Any) -> None:
        heat(axes, values, names, ways)

    return Figure(
        "tightness",
        "How many times its largest error the tolerance of a result is, as a median over the results of a family.",
        svg(draw, size=(6.5, 8)),
    )


def deviations(results: Sequence[Json]) -> Table:
    """The families whose root mean square of z is out of range, and why."""
    names, ways, places = by_family(results)
    known = {family.name: family.errors for family in FAMILIES}
    rows: list[list[Any]] = []
    for name in names:
        found = [rms(places[name, way]) for way in ways if (name, way) in places]
        out = [x for x in found if x is not None and not LOW <= x <= HIGH]
        if out:
            rows.append([name, min(out), max(out), f"{len(out)} of {len(found)}", known.get(name) or "not explained"])
    caption = (
        f"Families whose root mean square of z is out of the range of {LOW} to {HIGH}: {len(rows)} of {len(names)}."
    )
    return Table("deviations", caption, ["family", "smallest", "largest", "framework and dtype", "why"], rows)


def fit_by_family(results: Sequence[Json]) -> Table:
    """A row for each family, framework and dtype."""
    head = ["family", "framework", "dtype", "results", "agree", "entries", "exact", "blind", "drawn"]
    head += ["largest z", "in", "parameter", "rms z", "rms is", "tolerance / largest error"]
    rows: list[list[Any]] = []
    for r in results:
        value = rms(r)
        fits = "" if value is None or LOW <= value <= HIGH else "below" if value < LOW else "above"
        drawn = sum(n for draws, n in r["draws"].items() if draws != "0")
        rows.append(
            [
                *(r[key] for key in ("family", "framework", "dtype")),
                sum(r["verdicts"].values()),
                r["verdicts"].get("agrees", 0),
                *(r[key] for key in ("entries", "exact", "blind")),
                drawn,
                *r["largest"],
                value,
                fits,
                quantile(r["tightness"], MEDIAN),
            ]
        )
    return Table(
        "families", "By family of networks, framework and dtype (the last column is a median).", head, rows, True
    )


def disagreements_table(results: Sequence[Json]) -> Table:
    """A row for each result that is no simple agreement: network, verdict, message."""
    rows = [[r["framework"], r["dtype"], *told] for r in results for told in r["told"]]
    head = ["framework", "dtype", "network", "verdict", "why"]
    return Table("disagreements", "Every result that does not simply agree.", head, rows, True)
