"""What the figures of sums share: a panel for each operation, a colour for each path."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import COLOURS, DASHES, OTHERS, svg
from gradproof.reports.analysis.paper.sections import INK

Path = tuple[str, str]
Case = tuple[str, str, str, str]
"""The framework, mode, operation and dtype that a line of a figure or table is of."""


def by_case(results: Iterable[Json]) -> dict[Case, list[Json]]:
    """The rows of each framework, mode, operation and dtype, in the order of the frameworks."""
    groups: dict[Case, list[Json]] = {}
    for row in results:
        groups.setdefault((row["framework"], row["mode"], row["operation"], row["dtype"]), []).append(row)
    return dict(sorted(groups.items(), key=lambda item: (list(FRAMEWORKS).index(item[0][0]), item[0])))


def paths(results: Iterable[Json]) -> list[Path]:
    """The framework and mode of each line, once each, in the order of the frameworks."""
    return list(dict.fromkeys(case[:2] for case in by_case(results)))


def colours(results: Iterable[Json]) -> dict[Path, str]:
    """A colour for each path: the framework's own for its first mode."""
    first = dict(reversed(paths(results)))
    return {path: COLOURS[path[0]] if first[path[0]] == path[1] else OTHERS[1] for path in paths(results)}


def operations(results: Iterable[Json]) -> list[str]:
    """The operations that the rows are of, backward sums last: the titles of panels."""
    return sorted({row["operation"] for row in results}, key=lambda name: (name.startswith("dL"), name))


Draw = Callable[[Any, str, list[Json]], None]


def panels(
    results: Sequence[Json], panel: Draw, lines: Mapping[str, Mapping[str, Any]], labels: tuple[str, str]
) -> str:
    """A panel for each operation, and one for the legend, where `lines` stand beside the paths."""
    titles = operations(results)
    columns = (len(titles) + 2) // 2

    def draw(axes: Any) -> None:
        from matplotlib.lines import Line2D

        for each, title in zip(axes.flat, titles, strict=False):
            panel(each, title, [row for row in results if row["operation"] == title])
            each.set_title(title, fontsize=9)
        *_, legend = axes.flat
        for each in list(axes.flat)[len(titles) :]:
            each.axis("off")
        handles = [Line2D([], [], label=label, **style) for label, style in lines.items()]
        handles += [Line2D([], [], color=c, label=" ".join(path)) for path, c in colours(results).items()]
        handles += [Line2D([], [], color=INK, ls=dash, lw=1, label=dtype) for dtype, dash in DASHES.items()]
        legend.legend(handles=handles, loc="center", fontsize=8)
        for row in axes.reshape(2, columns):
            row[0].set_ylabel(labels[1])
        for each in row:
            each.set_xlabel(labels[0])
        drawn = list(axes.flat)[: len(titles)]
        for each in axes.flat:
            each.minorticks_off()
        for bounds in ("xlim", "ylim"):
            lows, highs = zip(*(getattr(each, f"get_{bounds}")() for each in drawn), strict=True)
            for each in drawn:
                getattr(each, f"set_{bounds}")(min(lows), max(highs))

    return svg(draw, columns, 2, (2.4, 2.3))


def curve(axes: Any, rows: Iterable[Json], value: Callable[[Json], float], **style: Any) -> None:
    """One line over the length; what is 0 is left out."""
    points = sorted((row["length"], value(row)) for row in rows)
    axes.loglog([n for n, _ in points], [y or math.nan for _, y in points], **style)


PREDICTED = {"color": INK, "lw": 3, "alpha": 0.3}
SEQUENTIAL = {"color": INK, "lw": 1, "ls": ":"}
