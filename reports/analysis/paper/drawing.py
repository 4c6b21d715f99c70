"""Figures by matplotlib, as SVG that is the same on every run and every machine."""

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reports.analysis.paper.sections import INK

COLOURS = {key: framework.colour for key, framework in FRAMEWORKS.items()}

OTHERS = ("#2a9d6f", "#8e6fd8", "#c2488f", "#7b8590", "#8a6d3b", "#3a8fb7")
"""Colours for lines that belong to no framework."""

DASHES = {"float32": "-", "float64": "--"}

STYLE = {
    "svg.fonttype": "none",  # letters stay letters: they can be read aloud, searched and restyled
    "svg.hashsalt": "gradproof",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"), INK
    ),
}


MADE_ID = re.compile(r'id="([pm][0-9a-f]{10})"(.*?/>)', re.DOTALL)
"""An id that matplotlib makes of the numbers of a clip path or a marker, and what it stands before."""


def svg(draw: Callable[[Any], None], columns: int = 1, rows: int = 1, size: tuple[float, float] = (4.2, 3.2)) -> str:
    """The SVG text of what `draw` draws on the axes (an array of them if there are several), each of `size` inches.

    Raises GradproofError where matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise GradproofError("figures need matplotlib; install it with: pip install 'gradproof[report]'") from None
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}):
        figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.subplots(rows, columns)
        for each in [axes] if columns * rows == 1 else axes.flat:
            each.patch.set_alpha(0)
        draw(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return by_content("\n".join(line.rstrip() for line in file.getvalue().split("\n")))


def by_content(text: str) -> str:
    """The SVG with ids that are made of what they name as it is written.

    Matplotlib makes them of all digits, the last of which hang on the processor.
    """
    names = {name: f"{name[0]}{hashlib.sha256(what.encode()).hexdigest()[:10]}" for name, what in MADE_ID.findall(text)}
    return re.sub("|".join(names), lambda found: names[found[0]], text) if names else text


def heat(axes: Any, values: Sequence[Sequence[float | None]], rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a heat map of the logarithms of `values` on `axes`, each written into its field.

    A row of fields for each of `rows`; None stays empty, and 0 looks like the least that is not.
    """
    import numpy as np
    from matplotlib.colors import LogNorm

    array = np.array([[np.nan if x is None else x for x in row] for row in values], float)
    axes.grid(False)
    positive = array[array > 0]
    low, high = (positive.min(), positive.max()) if positive.size else (1.0, 1.0)
    axes.imshow(array, norm=LogNorm(low, high, clip=True), cmap="viridis", aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    middle = np.sqrt(low * high)
    for (i, j), x in np.ndenumerate(array):
        if np.isfinite(x):
            axes.text(j, i, f"{x:.3g}", ha="center", va="center", color="black" if x > middle else "white", fontsize=8)
