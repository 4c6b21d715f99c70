"""Errors against depth and width."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import linear_regression, median
from typing import Any

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.growth.measure import ACTIVATIONS, BATCH, DEPTH, WIDTH
from gradproof.reports.analysis.paper.drawing import COLOURS, svg
from gradproof.reports.analysis.paper.sections import Figure, Section, Table

TEXT = (
    f"Dense chains of tanh and of relu layers with {BATCH} samples, weights scaled so that neither values nor "
    "gradients grow or shrink much: the error of the whole gradient of the first layer's weights, relative to its "
    "norm, in units of u (2^-24, 2^-53). The prediction is the root of the summed variances; no number of it was "
    "fitted. Points are measured, one for each set of numbers, lines are predicted."
)

FIXED = {"depth": ("width", WIDTH), "width": ("depth", DEPTH)}
"""What is held while the other is varied."""


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    results = data["results"]
    figures = [growth_figure(results, along) for along in FIXED]
    return Section(
        "How errors grow with depth and width",
        [TEXT, *figures, prediction_sentence(results), powers(results), chains_table(results)],
    )


def varied(results: Iterable[Json], along: str) -> list[Json]:
    """The rows of the chains that differ `along` depth or width alone."""
    other, value = FIXED[along]
    return [r for r in results if r[other] == value]


def median_line(results: Sequence[Json], along: str, figure: str) -> list[tuple[int, float]]:
    """The median over the sets at each depth or width."""
    sizes = sorted({r[along] for r in results})
    return [(size, median(r[figure] for r in results if r[along] == size)) for size in sizes]


def growth_figure(results: Sequence[Json], along: str) -> Figure:
    """Error against depth or width, a panel for each activation and dtype."""
    other, value = FIXED[along]

    def draw(axes: Any) -> None:
        for axis, (dtype, activation) in zip(axes.flat, ((d, a) for d in DTYPES for a in ACTIVATIONS), strict=True):
            for framework in FRAMEWORKS:
                some = [r for r in varied(results, along) if line_key(r) == (activation, framework, dtype)]
                if some:
                    colour = COLOURS[framework]
                    axis.plot([r[along] for r in some], [r["error"] for r in some], ".", color=colour, alpha=0.7)
                    axis.plot(*zip(*median_line(some, along, "predicted"), strict=True), color=colour, label=framework)
            axis.set(title=f"{activation} {dtype}", xlabel=along, ylabel="error / u")
            axis.set_xscale("log", base=2)
            axis.set_yscale("log", base=2)
            for each in (axis.xaxis, axis.yaxis):
                each.set_major_formatter("{x:g}")
            if axis.lines:
                axis.legend(fontsize=7)

    caption = (
        f"Error of the first layer's gradient against {along} ({other} {value}): points measured, lines predicted."
    )
    return Figure(f"growth-{along}", caption, svg(draw, len(ACTIVATIONS), len(DTYPES), (3.6, 2.6)))


def line_key(row: Json) -> tuple[str, str, str]:
    """What has a line of its own in a figure: rows that differ in nothing else."""
    return row["activation"], row["framework"], row["dtype"]


def prediction_sentence(results: Sequence[Json]) -> str:
    """How well the prediction does over all."""
    ratios = sorted(r["error"] / r["predicted"] for r in results if r["predicted"])
    worst = max(results, key=lambda r: r["largest z"])
    entries = sum(r["entries"] for r in results)
    wrong = sum(r["verdict"] != "agrees" for r in results)
    return (
        f"Measured over predicted lies between {ratios[0]:.2g} and {ratios[-1]:.2g} (median {median(ratios):.2g}). Of "
        f"{entries:,} entries of all gradients in {len(results):,} results the largest z is {worst['largest z']:.2g} "
        f"({worst['framework']} {worst['dtype']}, {worst['activation']}, depth {worst['depth']}, width "
        f"{worst['width']}); {wrong} results do not agree."
    )


def powers(results: Sequence[Json]) -> Table:
    """The power of the depth or width that the error grows like."""
    head = ["activation", "framework", "dtype", "along", "from", "to", "measured", "predicted", "largest z", "rms z"]
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for r in results:
        groups.setdefault(line_key(r), []).append(r)
    table: list[list[Any]] = []
    for name, group in groups.items():
        for along in FIXED:
            some = varied(group, along)
            slopes = [power_law(median_line(some, along, figure)) for figure in ("error", "predicted")]
            ends = [min(r[along] for r in some), max(r[along] for r in some)]
            squares = sum(r["rms z"] ** 2 * r["entries"] for r in some) / sum(r["entries"] for r in some)
            table.append([*name, along, *ends, *slopes, max(r["largest z"] for r in some), math.sqrt(squares)])
    caption = "Errors grow like this power of the depth or width (least squares in logarithms), and z of all gradients."
    return Table("growth-powers", caption, head, table)


def power_law(points: Sequence[tuple[int, float]]) -> float | None:
    """The exponent of a power law through the points, by least squares of logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points if y > 0]
    return linear_regression(*zip(*logs, strict=True)).slope if len(logs) > 1 else None


def chains_table(results: Sequence[Json]) -> Table:
    """A row with all figures for each chain, set of numbers and dtype."""
    head = ["framework", "activation", "depth", "width", "dtype", "set", "error", "predicted", "largest z", "rms z"]
    head += ["entries", "draws", "verdict"]
    return Table("growth", "Every chain (errors in u).", head, [[r[name] for name in head] for r in results], True)
