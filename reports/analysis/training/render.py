"""The drift of training: measured beside three predictions, epoch after epoch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.trajectories import ALL, PREDICTIONS
from gradproof.reports.analysis.paper.drawing import COLOURS, DASHES, OTHERS, svg
from gradproof.reports.analysis.paper.sections import INK, Figure, Section, Table

HUES = dict(zip(PREDICTIONS, (OTHERS[3], OTHERS[0], OTHERS[1]), strict=True))

TEXT = (
    "Full-batch gradient descent, each framework in its own arithmetic throughout (w = w - rate * g), against the same "
    "trajectory in wider arithmetic. The drift is the norm of the parameters' error over the norm of the parameters. "
    "The table adds variances, as if the errors of all numbers were independent, the earlier epochs' among them; draws "
    "are 24 whole trajectories with other roundings, which err alike where numbers are alike; followed takes the "
    "errors of one epoch as independent, and lets the derivative of the step carry them on, 24 times. Shaded is what "
    "lies between the least and the most of the 24."
)

WHY = (
    "Where the table is too low: late in training a float32 update is few units of the last place of its parameter, so "
    "it is rounded in the same direction epoch after epoch, and the error grows like the epochs, not like their root. "
    "That is a correlation within the draws, whose coin is the same for the same cell of the lattice, and none that "
    "independent errors could have. And an error that one parameter hands to another arrives there in every epoch with "
    "the same sign, which the table takes for a new one each time: single entries (largest z) show it, and what is "
    "followed does not. Where the table is too high: it takes the error of w - rate * g as that of w and "
    "that of g, though g errs because w does. The step really multiplies an error by 1 - rate * H (H is the second "
    "derivative), which is 1 or less where descent converges; the table multiplies its variance by 1 + (rate * H)^2, "
    "which grows exponentially. What is followed has the one and not the other, but takes the errors of each epoch "
    "from the table, and is too high where those are, as for a softmax that is nearly 1. Draws go to either neighbour "
    "and not to the nearest, which is twice as far: where errors do not correlate, they are too high by that."
)


def section(data: Json, everything: Mapping[str, Json]) -> Section:
    """The subject's section of the page, from its measured JSON."""
    results = [without_overflow(row) for row in data["results"]]
    runs = list(dict.fromkeys(r["run"] for r in results))
    parts: list[str | Table | Figure] = [TEXT, proof(data["truth"])]
    parts += [drift(run, data["networks"][run], chosen(results, run=run, name=ALL)) for run in runs]
    parts += [training_table(results), ratios(results, runs), WHY, growth(results), epochs_table(results)]
    return Section("How far training drifts", parts)


def without_overflow(row: Json) -> Json:
    """The row without predictions that overflow, as the table's do where variances grow with each epoch."""
    over = [kind for kind in PREDICTIONS if any(isinstance(figure, str) for figure in row.get(kind, {}).values())]
    return {name: figure for name, figure in row.items() if name not in over}


def chosen(results: Iterable[Json], **wanted: Any) -> list[Json]:
    """The rows whose keys have the values that are `wanted`."""
    return [r for r in results if all(r[key] == value for key, value in wanted.items())]


def proof(truths: Sequence[Json]) -> str:
    """A sentence on how far the truth may be off, in u, for each run and dtype."""
    told = "; ".join(
        f"{t['run']}, {t['dtype']}, {t['epochs']} epochs, {t['bits']} bits: {t['off']:.2g}" for t in truths
    )
    return (
        "The truth is that of the next wider dtype; balls enclose the whole trajectory for a time, and leave it off by "
        f"at most this many u (2^-24, 2^-53) of the size of any parameter or of the loss: {told}."
    )


def drift(run: str, network: Json, results: Sequence[Json]) -> Figure:
    """The drift of one run: a panel for each framework and dtype, measured points over predicted bands."""
    frameworks = [f for f in FRAMEWORKS if chosen(results, framework=f)]

    def draw(axes: Any) -> None:
        panels = iter(axes.flat)
        for dtype in DTYPES:
            for framework in frameworks:
                panel(next(panels), framework, dtype, chosen(results, framework=framework, dtype=dtype))

    what = f"{network['title']}; {network['parameters']:,} parameters, rate {network['rate']:g}"
    caption = f"Drift of {run} ({what}), and what is predicted."
    return Figure(f"training-{slug(run)}", caption, svg(draw, len(frameworks), len(DTYPES), (3, 2.4)))


def slug(name: str) -> str:
    """A run's name as a part of a file name."""
    return name.replace(" ", "-")


def panel(axes: Any, framework: str, dtype: str, results: Sequence[Json]) -> None:
    """Draw the measured drift as points, and each prediction as a band, on one framework's and dtype's `axes`."""
    for kind in PREDICTIONS:
        some = [r for r in results if kind in r]
        epochs = [r["epoch"] for r in some]
        least, most = ([r[kind][end] for r in some] for end in ("least", "most"))
        axes.fill_between(epochs, least, most, color=HUES[kind], alpha=0.25, lw=0)
        axes.plot(epochs, [r[kind]["sigma"] for r in some], color=HUES[kind], lw=1.2, label=kind)
    axes.plot(
        *zip(*((r["epoch"], r["error"]) for r in results), strict=True),
        color=COLOURS[framework],
        marker="o",
        ms=3,
        lw=0,
        label="measured",
    )
    axes.set(xscale="log", yscale="log", title=f"{framework} {dtype}", xlabel="epochs", ylabel="drift")
    axes.legend(fontsize=6)


def ratios(results: Sequence[Json], runs: Sequence[str]) -> Figure:
    """Measured over predicted: a panel for each run and prediction."""

    def draw(axes: Any) -> None:
        panels, seen = iter(axes.flat), [1.0]
        for run in runs:
            for kind in PREDICTIONS:
                axis = next(panels)
                axis.axhline(1, color=INK, lw=0.8)
                for framework in FRAMEWORKS:
                    for dtype in DTYPES:
                        some = chosen(results, run=run, name=ALL, framework=framework, dtype=dtype)
                        points = [(r["epoch"], r["error"] / r[kind]["sigma"]) for r in some if kind in r]
                        if points:
                            axis.plot(*zip(*points, strict=True), ".", ls=DASHES[dtype], color=COLOURS[framework], ms=3)
                            seen += [ratio for _, ratio in points]
                axis.set(xscale="log", yscale="log", title=f"{run}: {kind}", xlabel="epochs")
                axis.set_ylabel("measured / predicted")
        for axis in axes.flat:
            axis.set_ylim(min(seen) / 1.5, max(seen) * 1.5)

    caption = "Drift over its prediction: 1 is right (solid float32, dashed float64; colours as above)."
    return Figure("training-ratios", caption, svg(draw, len(PREDICTIONS), len(runs), (3, 2.2)))


def training_table(results: Sequence[Json]) -> Table:
    """After the document's 200 epochs, and at the end."""
    head = ["run", "framework", "dtype", "epochs", "drift", "largest relative error", "error of the loss"]
    head += [f"drift / {kind}" for kind in PREDICTIONS] + [f"largest z, {kind}" for kind in PREDICTIONS]
    last = max(r["epoch"] for r in results)
    table: list[list[Any]] = []
    for r in chosen(results, name=ALL):
        if r["epoch"] in (DOCUMENT, last):
            (loss,) = (q for q in same_state(results, r) if q["name"] == r["loss"])
            ratio = [r["error"] / r[kind]["sigma"] if kind in r else None for kind in PREDICTIONS]
            z = [r[kind]["z"] if kind in r else None for kind in PREDICTIONS]
            where = [r[key] for key in ("run", "framework", "dtype", "epoch", "error", "largest")]
            table.append([*where, loss["error"], *ratio, *z])
    return Table("training", f"After {DOCUMENT} epochs, and after {last:,}.", head, table)


DOCUMENT = 200
"""The epochs of the document."""


def same_state(results: Sequence[Json], row: Json) -> list[Json]:
    """The rows of the same run, framework, dtype and epoch, whatever they are of."""
    return chosen(results, **{key: row[key] for key in ("run", "framework", "dtype", "epoch")})


def growth(results: Sequence[Json]) -> Table:
    """How fast the drift grows: the exponent of the epochs, measured and predicted."""
    head = ["run", "framework", "dtype", "from", "to", "measured", *PREDICTIONS]
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for r in chosen(results, name=ALL):
        groups.setdefault((r["run"], r["framework"], r["dtype"]), []).append(r)
    table: list[list[Any]] = []
    for key, group in groups.items():
        first, last = group[0], [r for r in group if all(kind in r for kind in PREDICTIONS)][-1]
        ends = [(r["error"], *(r[kind]["sigma"] for kind in PREDICTIONS)) for r in (first, last)]
        span = math.log(last["epoch"] / first["epoch"])
        powers = [math.log(b / a) / span if a and b else None for a, b in zip(*ends, strict=True)]
        table.append([*key, first["epoch"], last["epoch"], *powers])
    caption = "Drift grows like this power of the epochs: 1/2 is a random walk, 1 are errors of one sign."
    return Table("training-growth", caption, head, table)


def epochs_table(results: Sequence[Json]) -> Table:
    """A row with all figures for each run, framework, dtype, kept epoch and quantity."""
    head = ["run", "framework", "dtype", "epoch", "name", "error", "largest relative error"]
    head += [f"{kind} {figure}" for kind in PREDICTIONS for figure in FIGURES]
    table: list[list[Any]] = [
        [
            *(r[key] for key in ("run", "framework", "dtype", "epoch", "name", "error", "largest")),
            *(r[kind][figure] if kind in r else None for kind in PREDICTIONS for figure in FIGURES),
        ]
        for r in results
    ]
    return Table("training-all", "Every parameter and the loss after every kept epoch.", head, table, True)


FIGURES = ("sigma", "least", "most", "z")
