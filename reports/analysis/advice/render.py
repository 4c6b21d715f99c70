"""Advice to take away: the tightest fixed tolerances without a false alarm on the corpus, and what they miss."""

from collections.abc import Mapping
from typing import Any

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reports.analysis.calibration.advised import Pair, allowance, by_group, group
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.paper.drawing import OTHERS, heat, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table
from gradproof.reports.analysis.power.render import DERIVED, ERRORS, MISTAKES, added_counts, alarms, percent, scales

ADVISED = "advised"

TEXT = (
    "For those who have to use `allclose`: the absolute and the relative tolerance for |got - truth| <= absolute "
    "+ relative |truth| that allow the least without a false alarm on the corpus, rounded up to two digits. Least"
    " is the mean logarithm of what they allow over the gradient entries of the family. They hold for gradients "
    "compared with the truth; against another framework's gradients both errors add up, against difference "
    "quotients much more is needed. They hold for networks like these and this scale of the loss: multiply the "
    "loss by c, and the absolute tolerance has to be multiplied by c as well."
)


def section(data: Json | None, everything: Mapping[str, Json]) -> Section:
    """The tables and figures; of `everything` the calibration and the power are read."""
    calibration, power = everything["calibration"], everything["power"]
    return Section(
        "Fixed tolerances to take",
        [TEXT, missed(power), looseness(calibration), misses(power), advice_table(calibration, power)],
    )


def effective(pair: Pair, sizes: Json) -> float | None:
    """What a pair allows over the size of the gradient, on the geometric mean; None if it allows nothing."""
    return 2.0 ** (allowance(pair, sizes) - allowance(Pair(0.0, 1.0), sizes)) or None


def looseness(calibration: Json) -> Figure:
    """What the advice allows, by family, framework and dtype."""
    rows = {group(row): row["sizes"] for row in calibration["results"]}
    found = {key: effective(pair, rows[key]) for key, pair in by_group(calibration).items()}
    families = sorted({family for family, _, _ in found})
    columns = [(key, dtype) for dtype in DTYPES for key in FRAMEWORKS if any(k[1:] == (key, dtype) for k in found)]

    def draw(axes: Any) -> None:
        values = [[found.get((family, *column)) for column in columns] for family in families]
        heat(axes, values, families, [" ".join(column) for column in columns])

    caption = (
        "The advised tolerance over the size of the gradient, on the geometric mean over the entries of a family: it "
        "differs by orders of magnitude between families, so none fits all."
    )
    return Figure("advice", caption, svg(draw, size=(7, 0.8 + 0.24 * len(families))))


def missed(power: Json) -> str:
    """What the advised pairs miss, and what becomes of them at another scale of the loss."""
    told = []
    for dtype in DTYPES:
        for scale in scales(power):
            count = added_counts(power, (MISTAKES, ERRORS), dtype=dtype, scale=scale)
            right, flagged, _ = alarms(power, ADVISED, dtype=dtype, scale=scale)
            told.append(
                f"{dtype}, loss times {scale}: {100 - (percent(count, ADVISED) or 0):.3g} % of the mutants missed "
                f"({100 - (percent(count, DERIVED) or 0):.3g} % by derived tolerances), {flagged} of {right} right "
                "results flagged"
            )
    return f"What they miss: {'; '.join(told)}."


def misses(power: Json) -> Figure:
    """The missed share by scale of the loss, advised beside derived."""

    def draw(axes: Any) -> None:
        for panel, dtype in zip(axes, DTYPES, strict=True):
            for shift, (judge, colour) in enumerate(((DERIVED, INK), (ADVISED, OTHERS[-1]))):
                for i, scale in enumerate(scales(power)):
                    count = added_counts(power, (MISTAKES, ERRORS), dtype=dtype, scale=scale)
                    height = 100 - (percent(count, judge) or 0)
                    panel.bar(i + 0.4 * shift, height, 0.38, color=colour, label=judge if i == 0 else None)
                    right, flagged, _ = alarms(power, judge, dtype=dtype, scale=scale)
                    panel.annotate(
                        f"{100 * flagged / max(right, 1):.0f} %", (i + 0.4 * shift, height), ha="center", va="bottom"
                    )
            panel.set_xticks([i + 0.2 for i in range(len(scales(power)))], scales(power))
            panel.set(xlabel="loss times", ylabel="% of mutants missed", title=dtype)
        axes[0].legend(fontsize=7)

    caption = (
        "Mutants missed by derived tolerances and by the advised pairs; above each bar the share of right results that "
        "are flagged. The advice is for the loss as it is."
    )
    return Figure("advice-misses", caption, svg(draw, 2, 1, (3.6, 3)))


def advice_table(calibration: Json, power: Json) -> Table:
    """A row for each family, framework and dtype."""
    sizes = {group(row): row["sizes"] for row in calibration["results"]}
    rows: list[list[Any]] = []
    for (family, framework, dtype), pair in by_group(calibration).items():
        where = {"family": family, "framework": framework, "dtype": dtype, "scale": "1"}
        rows.append([family, framework, dtype, *pair, effective(pair, sizes[family, framework, dtype])])
        for part in (MISTAKES, ERRORS):
            count = added_counts(power, (part,), **where)
            rows[-1] += [count["mutants"], *(count["mutants"] - count[judge] for judge in (ADVISED, DERIVED))]
    head = ["family", "framework", "dtype", "absolute", "relative", "allowed / size of the gradient"]
    head += ["mistakes", "missed", "missed by derived", "scale errors", "of them missed", "of them missed by derived"]
    return Table("advice", "The tightest fixed tolerances without a false alarm on the corpus.", head, rows, True)
