"""The frameworks' own gradient checkers beside gradproof: power, false alarms and time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.reports.analysis.checkers.measure import CATALOGUE, ENTRIES
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import COLOURS, svg
from gradproof.reports.analysis.paper.sections import Figure, Section, Table

TEXT = (
    f"The same networks (at most {ENTRIES} gradient entries, float64), the same mutants, each checker with its own"
    " defaults, called as its documentation has it. A mutant is a program whose loss is right and whose gradient is"
    " the framework's own plus what the mistake changes. gradproof's first check runs the framework too; of a "
    "mutant it judges the gradient alone."
)


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    return Section("Beside the frameworks' own checkers", [TEXT, checkers_figure(data), checkers_table(data)])


def percent_of_rows(rows: Sequence[Sequence[int]]) -> float | None:
    """What per cent of the mutants are caught; a row is mutants, above, caught."""
    mutants = sum(row[0] for row in rows)
    return 100 * sum(row[2] for row in rows) / mutants if mutants else None


def checkers_table(data: Json) -> Table:
    """A row for each checker and scale of the loss."""
    rows: list[list[Any]] = []
    for r in sorted(data["results"], key=lambda r: (r["framework"], r["checker"], float(r["scale"]))):
        catalogue = [row for name, row in r["mutants"].items() if name == CATALOGUE]
        errors = [row for name, row in r["mutants"].items() if name != CATALOGUE]
        rows.append(
            [r["checker"], r["scale"], *r["right"], sum(row[0] for row in catalogue), percent_of_rows(catalogue)]
        )
        rows[-1] += [sum(row[0] for row in errors), percent_of_rows(errors)]
        rows[-1] += [r["right_seconds"] / r["right"][0], r["wrong_seconds"] / r["timed"] if r["timed"] else None]
    head = ["checker", "loss times", "right gradients", "flagged", "mistakes", "% caught", "scale errors"]
    head += ["% of them caught", "seconds, first check", "seconds, a mutant"]
    return Table("checkers", "Power, false alarms and time; the first check of a network has all compiled.", head, rows)


def checkers_figure(data: Json) -> Figure:
    """Caught share against e, at each scale of the loss."""
    scales = sorted({r["scale"] for r in data["results"]}, key=float)

    def draw(axes: Any) -> None:
        for panel, scale in zip(np.atleast_1d(axes), scales, strict=True):
            for r in data["results"]:
                if r["scale"] == scale:
                    errors = sorted((name for name in r["mutants"] if name != CATALOGUE), key=float)
                    ours = r["checker"].startswith("gradproof")
                    style: dict[str, Any] = {"lw": 3, "alpha": 0.5} if ours else {"lw": 1.4, "marker": "o", "ms": 3}
                    if "fast" in r["checker"]:
                        style["ls"] = ":"
                    shares = [percent_of_rows([r["mutants"][e]]) for e in errors]
                    colour = COLOURS[r["framework"]]
                    panel.semilogx([float(e) for e in errors], shares, color=colour, label=r["checker"], **style)
            panel.set(ylim=(-3, 103), xlabel="e: all gradients times 1 + e", title=f"loss times {scale}")
        first = np.atleast_1d(axes)[0]
        first.set_ylabel("% caught")
        first.legend(fontsize=6)

    caption = "The share of scale errors 1 + e that each checker catches (gradproof: thick), in float64."
    return Figure("checkers-by-size", caption, svg(draw, len(scales), 1, (3.2, 3)))
