"""Detection power: what derived and fixed tolerances catch, and what they raise false alarms for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.adapters.registry import DTYPES
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import OTHERS, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table
from gradproof.reports.analysis.power.measure import FALSE_ALARM
from gradproof.reports.printing.tables import number

DERIVED = "derived"

COLOURS = (INK, *OTHERS)
"""In the order of the judges, of which `derived` is the first."""

MISTAKES, ERRORS = "mistakes", "errors"

TEXT = (
    "A mutant is a framework's own gradient with what a mistake changes added to it. Mistakes are those of the "
    "catalogue (reference/mistakes), made at every place of a network, and scale errors: the gradient of one "
    "parameter, or of all, times 1 + e. A mutant without any effect is none. One is caught if it is flagged and "
    "the right gradient is not. Each is judged by the derived tolerance as a whole assessment would (sampled "
    "evaluations and certified truth included, and whatever sides of kinks explain it), and by fixed tolerances. "
    "Fixed ones are given the truth to compare with, which favours them: in use they compare with difference "
    "quotients or with another program. `advised` is the tightest pair without a false alarm on the corpus, for "
    "each family, framework and dtype by itself (see the advice below): no one has it beforehand. All is repeated"
    " with the loss multiplied by 0.001 and by 1000, as a change of units or of the batch would."
)


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    return Section(
        "Which mistakes are caught",
        [
            TEXT,
            tolerances(data),
            goal(data),
            power_figure(data),
            against_alarms(data),
            where_fixed_wins(data),
            by_mistake(data),
            judges_table(data),
            power_by_size(data),
            mistakes(data),
            power_by_family(data),
            escapes_table(data),
        ],
    )


def added_counts(data: Json, parts: Sequence[str] = (MISTAKES,), name: str = "", **where: str) -> dict[str, int]:
    """The columns of all mutants, or those called `name`, added up over the results whose keys have these values."""
    rows = [row for result in selected(data, **where) for part in parts for row in named(result[part], name)]
    return {column: sum(row[i] for row in rows) for i, column in enumerate(data["columns"])}


def named(rows: Mapping[str, Sequence[int]], name: str) -> Iterable[Sequence[int]]:
    """The row of counts called `name`, or all rows if it is empty."""
    return rows.values() if not name else [rows[name]] if name in rows else []


def selected(data: Json, **where: str) -> list[Json]:
    """The results whose keys have the values of `where`, such as framework="torch"."""
    return [r for r in data["results"] if all(r[key] == value for key, value in where.items())]


def percent(count: Mapping[str, int], judge: str) -> float | None:
    """What per cent of the mutants the `judge` catches; None if there are no mutants."""
    return 100 * count[judge] / count["mutants"] if count["mutants"] else None


def alarms(data: Json, judge: str, **where: str) -> tuple[int, int, int]:
    """How many results are right, how many of them `judge` flags, how many entries; of results with these values."""
    rows = selected(data, **where)
    right = sum(r["verdicts"].get(verdict, 0) for r in rows for verdict in ("agrees", FALSE_ALARM))
    flagged = [r["alarms"].get(judge, [0, 0]) for r in rows]
    return right, sum(results for results, _ in flagged), sum(entries for _, entries in flagged)


def scales(data: Json) -> list[str]:
    """The factors by which the loss is multiplied, as text, smallest first."""
    return sorted({r["scale"] for r in data["results"]}, key=float)


def ordered(data: Json, part: str) -> list[str]:
    """The names of the mistakes, those first that are caught least, or the sizes of the errors from the smallest."""
    found = dict.fromkeys(name for r in data["results"] for name in r[part])
    if part == ERRORS:
        return sorted(found, key=float)
    totals = {name: added_counts(data, name=name) for name in found}
    return sorted(found, key=lambda name: sum(percent(totals[name], judge) or 0 for judge in data["judges"]))


def tolerances(data: Json) -> Table:
    """A table of the fixed tolerances that the derived ones are compared with."""
    rows = [
        [name, dtype, *data["used"][name][dtype]] for name in data["judges"] if name in data["used"] for dtype in DTYPES
    ]
    return Table(
        "fixed", "Fixed tolerances that people use.", ["name", "dtype", "absolute", "relative to the gradient"], rows
    )


def goal(data: Json) -> str:
    """Sentences on how many mutants have an effect large enough to be seen, and how many of these escape."""
    total = added_counts(data, (MISTAKES, ERRORS))
    verdicts = {v: n for v, n in pooled(data).items() if v != "agrees"}
    aside = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items()) or "none"
    return (
        f"{total['mutants']:,} mutants have an effect. In {total['above']:,} an entry's effect exceeds lambda + 5 "
        f"sigma, and of these {total['above'] - total['escaped']:,} are caught"
        f" ({number(100 * (1 - total['escaped'] / max(total['above'], 1)), 6)} %): {total['escaped']:,} escape. "
        f"{total['above the table'] - total['above']:,} more exceed it only where sigma is that of the table of "
        f"variances alone: sampled evaluations widened the tolerance. Results that no mutants are made of: {aside}."
    )


def pooled(data: Json) -> dict[str, int]:
    """How many results have which verdict; `ambiguous` are those near too many kinks to try all sides."""
    verdicts = sorted({verdict for r in data["results"] for verdict in r["verdicts"]})
    return {verdict: sum(r["verdicts"].get(verdict, 0) for r in data["results"]) for verdict in verdicts}


def where_fixed_wins(data: Json) -> str:
    """Where a fixed tolerance without a false alarm catches more than the derived one."""
    better = []
    for r in data["results"]:
        count = added_counts({**data, "results": [r]}, (MISTAKES, ERRORS))
        for judge in data["judges"][1:]:
            if count[judge] > count[DERIVED] and not r["alarms"].get(judge, [0, 0])[0]:
                where = f"{r['family']}, {r['framework']} {r['dtype']}, loss times {r['scale']}"
                better.append((count[judge] - count[DERIVED], count["mutants"], judge, where))
    if not better:
        return "No fixed tolerance without a false alarm catches more than the derived one, in any family."
    used = [b for b in better if b[2] != "advised"]
    most, mutants, judge, where = max(better)
    return (
        f"Where the derived tolerances lose: in {len({b[3] for b in better})} of {len(data['results'])} groups "
        f"(family, framework, dtype and scale of the loss) a fixed pair without a false alarm there catches more; in "
        f"{len({b[3] for b in used})} it is one that people use, otherwise the advised one, which knows the "
        f"largest error of its family. At most it is {most:,} of {mutants:,} mutants more ({judge}; {where})."
    )


def power_figure(data: Json) -> Figure:
    """Caught share against e: columns are scales of the loss, rows dtypes."""
    errors = ordered(data, ERRORS)

    def draw(axes: Any) -> None:
        for (i, dtype), (j, scale) in ((a, b) for a in enumerate(DTYPES) for b in enumerate(scales(data))):
            panel = axes[i][j]
            totals = [added_counts(data, (ERRORS,), e, dtype=dtype, scale=scale) for e in errors]
            for judge, colour in zip(data["judges"], COLOURS, strict=True):
                style: dict[str, Any] = {"lw": 2.6} if judge == DERIVED else {"lw": 1.2, "marker": ".", "ms": 4}
                if judge == "advised":
                    style["ls"] = "--"
                shares = [percent(count, judge) for count in totals]
                panel.semilogx([float(e) for e in errors], shares, color=colour, label=judge, **style)
            panel.set(ylim=(-3, 103), title=f"{dtype}, loss times {scale}")
            if j == 0:
                panel.set_ylabel("% caught")
            if i:
                panel.set_xlabel("e: a gradient times 1 + e")
        axes[1][0].legend(fontsize=6.5, loc="center left")

    caption = "The share of scale errors 1 + e that are caught, by the derived tolerance (thick) and by fixed ones."
    return Figure("power-by-size", caption, svg(draw, len(scales(data)), 2, (3, 2.5)))


MARKERS = ("v", "o", "^")


def against_alarms(data: Json) -> Figure:
    """What each judge catches against how often it raises a false alarm."""

    def draw(axes: Any) -> None:
        for panel, dtype in zip(axes, DTYPES, strict=True):
            for judge, colour in zip(data["judges"], COLOURS, strict=True):
                for scale, marker in zip(scales(data), MARKERS, strict=False):
                    right, flagged, _ = alarms(data, judge, dtype=dtype, scale=scale)
                    caught = percent(added_counts(data, (MISTAKES, ERRORS), dtype=dtype, scale=scale), judge)
                    label = judge if marker == "o" else None
                    at = [100 * flagged / max(right, 1)], [caught or 0]
                    panel.plot(*at, marker, color=colour, label=label, ms=9 if judge == DERIVED else 6)
            panel.set(xlabel="% of right results flagged", ylabel="% of mutants caught", title=dtype, ylim=(-3, 103))
            panel.set_xlim(left=-1)
        axes[0].legend(fontsize=6.5)

    caption = (
        "False alarms and power: the better, the further up and to the left. Triangles down: loss times 0.001; "
        "circles: 1; triangles up: 1000. A derived tolerance stays where it is; a fixed one moves."
    )
    return Figure("power-against-alarms", caption, svg(draw, 2, 1, (4, 3.4)))


def by_mistake(data: Json) -> Figure:
    """The caught share of each mistake of the catalogue, as a map in numbers."""
    names = ordered(data, MISTAKES)

    def draw(axes: Any) -> None:
        for panel, dtype in zip(axes, DTYPES, strict=True):
            totals = [added_counts(data, name=name, dtype=dtype, scale="1") for name in names]
            shares = [[percent(count, judge) for judge in data["judges"]] for count in totals]
            panel.grid(False)
            values = [[float("nan") if x is None else x for x in row] for row in shares]
            panel.imshow(values, vmin=0, vmax=160, cmap="Blues", aspect="auto")
            panel.set_xticks(range(len(data["judges"])), data["judges"], rotation=35, ha="right", fontsize=7)
            panel.set_yticks(range(len(names)), names if dtype == DTYPES[0] else [""] * len(names), fontsize=7)
            for i, row in enumerate(shares):
                for j, x in enumerate(row):
                    if x is not None:
                        text = f"{x:.0f}" if x in (0, 100) or 1 <= x <= 99 else f"{x:.1f}"
                        panel.text(j, i, text, ha="center", va="center", fontsize=6, color="black")
            panel.set_title(dtype)

    caption = "The share of each mistake's mutants that are caught, in per cent, hardest first; the loss as it is."
    return Figure("power-by-mistake", caption, svg(draw, 2, 1, (4, 0.8 + 0.19 * len(names))))


def judges_table(data: Json) -> Table:
    """Each judge at each scale and dtype."""
    rows: list[list[Any]] = []
    for dtype in DTYPES:
        for scale in scales(data):
            found = [added_counts(data, (part,), dtype=dtype, scale=scale) for part in (MISTAKES, ERRORS)]
            for judge in data["judges"]:
                right, results, entries = alarms(data, judge, dtype=dtype, scale=scale)
                rows.append([dtype, scale, judge, right, results, entries])
                rows[-1] += [cell for count in found for cell in (count["mutants"], percent(count, judge))]
    head = ["dtype", "loss times", "tolerance", "right results", "flagged", "entries flagged"]
    head += ["mistakes", "% caught", "scale errors", "% of them caught"]
    return Table("power", "Power and false alarms.", head, rows)


def shares_table(data: Json, part: str, stem: str, caption: str, long: bool) -> Table:
    """Caught shares by mistake or by e."""
    rows: list[list[Any]] = []
    for name in ordered(data, part):
        for dtype in DTYPES:
            for scale in scales(data):
                count = added_counts(data, (part,), name, dtype=dtype, scale=scale)
                figures = [count[c] for c in ("mutants", "equal", "above", "escaped")]
                rows.append([name, dtype, scale, *figures, *(percent(count, judge) for judge in data["judges"])])
    head = [{ERRORS: "e"}.get(part, "mistake"), "dtype", "loss times", "mutants", "without effect"]
    head += ["above lambda + 5 sigma", "of these escape", *data["judges"]]
    return Table(stem, caption, head, rows, long)


def power_by_size(data: Json) -> Table:
    """A table of what is caught of scale errors 1 + e, by the size of e."""
    caption = "The share of scale errors 1 + e that are caught, in per cent."
    return shares_table(data, ERRORS, "power-by-size", caption, True)


def mistakes(data: Json) -> Table:
    """A table of what is caught of each mistake of the catalogue."""
    caption = "The share of each mistake's mutants that are caught, in per cent."
    return shares_table(data, MISTAKES, "power-by-mistake", caption, True)


def power_by_family(data: Json) -> Table:
    """A table of what is caught by family, framework, dtype and scale of the loss."""
    rows: list[list[Any]] = []
    for r in data["results"]:
        count = added_counts({**data, "results": [r]}, (MISTAKES, ERRORS))
        rows.append([*(r[key] for key in ("family", "framework", "dtype", "scale")), r["entries"]])
        rows[-1] += [count[c] for c in ("mutants", "above", "escaped")]
        rows[-1] += [x for judge in data["judges"] for x in (percent(count, judge), r["alarms"].get(judge, [None])[0])]
    head = ["family", "framework", "dtype", "loss times", "entries", "mutants", "above lambda + 5 sigma", "escape"]
    head += [title for judge in data["judges"] for title in (f"{judge}: % caught", f"{judge}: false alarms")]
    return Table("power-by-family", "Power and false alarms by family.", head, rows, True)


def escapes_table(data: Json) -> Table:
    """Every mutant above lambda + 5 sigma that is not flagged."""
    rows = [
        [*(r[key] for key in ("framework", "dtype", "scale")), *told] for r in data["results"] for told in r["told"]
    ]
    head = ["framework", "dtype", "loss times", "network", "mistake", "where"]
    return Table("escaped", "Every mutant above lambda + 5 sigma that escapes.", head, rows, True)
