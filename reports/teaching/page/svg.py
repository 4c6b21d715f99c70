"""A graph as SVG inside the page: value above its box, gradient below, as figures in teaching material have them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from gradproof.reports.printing.markup import Markup, tag, together
from gradproof.reports.teaching.claims.statuses import PROPAGATED, WRONG
from gradproof.reports.teaching.page.contents import LOSS, Box
from gradproof.reports.teaching.page.layout import Layout, Size, lay_out
from gradproof.reports.teaching.page.marks import SIGNS, WORDS, by_status, tone, worst_status

NAME, SMALL, NUMBER = 14, 11, 12
"""Font sizes in pixels; all text is monospaced, so that its width is known here."""
ADVANCE = 0.62
"""The width of a character by its font size: a little more than that of any usual monospaced font."""
LINE = 15.0
PAD = 8.0
LONGEST = 26
"""Characters of a statement that are shown in its box."""


@dataclass(frozen=True)
class Cell:
    """A box with what stands in, above and below it; `statuses` are those of the claims about it."""

    box: Box
    statuses: tuple[str, ...]

    @property
    def expression(self) -> str:
        """The statement, cut off where it is long: the table has it in full."""
        text = self.box.expression
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

    @property
    def marks(self) -> str:
        """How many claims of each status are about this node."""
        return " ".join(f"{SIGNS[status]}{number}" for status, number in by_status(self.statuses))

    @property
    def inside(self) -> list[tuple[str, str, int]]:
        """CSS class, text and font size in pixels of each line in the box, from the top."""
        found = [("name", self.box.name, NAME)]
        found += [("expression", self.expression, SMALL)] if self.expression else []
        state = worst_status(self.statuses)
        return found + ([(f"marks {tone(state)}", self.marks, SMALL)] if state else [])

    @property
    def height(self) -> float:
        """The height of the box in pixels, without the numbers above and below it."""
        return len(self.inside) * LINE + 2 * PAD - 2

    @property
    def size(self) -> Size:
        """The size of the box together with the value above and the gradient below it, in pixels."""
        value, gradient = self.box.value_lines, self.box.gradient_lines
        widths = [cell_len(text) * size * ADVANCE + 2 * PAD for _, text, size in self.inside]
        widths += [cell_len(text) * NUMBER * ADVANCE for text in (*value, *gradient)]
        half = self.height / 2
        return Size(round(max(52.0, *widths), 1), half + len(value) * LINE + 2, half + max(len(gradient), 1) * LINE + 2)

    @property
    def label(self) -> str:
        """What a screen reader says of the node."""
        box = self.box
        parts = [f"{box.name}, {box.kind}" + (f", computed by {box.expression}" if box.expression else "")]
        parts.append(f"value {' '.join(box.value_lines)}")
        gradient = " ".join(line[2:] for line in box.gradient_lines)
        parts.append(f"gradient {gradient}" if gradient else "the loss does not depend on it")
        parts += [f"{number} {WORDS[status]}" for status, number in by_status(self.statuses)]
        return "; ".join(parts)


def drawing(cells: Sequence[Cell], prefix: str, title: str) -> tuple[Markup, float]:
    """The graph, and its width in pixels. Node k is `{prefix}-n{k}`; it leads to its row in the table, `{prefix}-v{k}`.

    Nodes count from 0 in the order of `cells`, in which every node comes after those that it reads.
    """
    loss = next((i for i, cell in enumerate(cells) if cell.box.kind == LOSS), len(cells) - 1)
    layout = lay_out([cell.size for cell in cells], [cell.box.reads for cell in cells], loss)
    # By columns from left to right: so the tab key goes through the graph as the computation does.
    nodes = [node(cells[k], k, layout, prefix) for column in layout.columns for k in column]
    arrow = tag("path", d="M0,0.5 L7,4 L0,7.5 z")
    marker = {"viewBox": "0 0 8 8", "refX": "7", "refY": "4", "markerWidth": "8", "markerHeight": "8", "orient": "auto"}
    defined = tag("defs", tag("marker", arrow, id=f"{prefix}-arrow", **marker))
    picture = tag(
        "svg",
        *(defined, edges(layout, prefix), *nodes),
        viewBox=f"0 0 {layout.width:g} {layout.height:g}",
        style=f"--width:{layout.width:g}px",
        role="group",
        aria_label=f"Computation graph: {title}",
    )
    return picture, layout.width


def edges(layout: Layout, prefix: str) -> Markup:
    """All lines; level at both ends, so that they change their height between the columns."""
    paths = []
    for (x1, y1), (x2, y2), arrow in layout.lines:
        middle = f"{(x1 + x2) / 2:g}"
        end = f"url(#{prefix}-arrow)" if arrow else None
        d = f"M{x1:g},{y1:g} H{x2:g}" if y1 == y2 else f"M{x1:g},{y1:g} C{middle},{y1:g} {middle},{y2:g} {x2:g},{y2:g}"
        paths.append(tag("path", d=d, marker_end=end))
    return tag("g", *paths, class_="edges", aria_hidden="true")


def node(cell: Cell, k: int, layout: Layout, prefix: str) -> Markup:
    """One node: a link, so that every browser lets the keyboard reach it."""
    place = layout.places[k]
    centre, top = place.x + place.width / 2, place.y - cell.height / 2
    value, gradient = cell.box.value_lines, cell.box.gradient_lines
    parts = [tag("title", cell.label)]
    parts += column("value", value, centre, top - 5 - (len(value) - 1) * LINE)
    frame = {"x": f"{place.x:g}", "y": f"{top:g}", "width": f"{place.width:g}", "height": f"{cell.height:g}"}
    parts.append(tag("rect", class_="frame", rx=12 if cell.box.kind == "input" else 3, **frame))
    if cell.box.kind == LOSS:
        inner = {"x": f"{place.x + 3:g}", "y": f"{top + 3:g}"}
        inner |= {"width": f"{place.width - 6:g}", "height": f"{cell.height - 6:g}"}
        parts.append(tag("rect", class_="inner", rx=1, **inner))
    for i, (kind, text, _) in enumerate(cell.inside):
        parts += column(kind, [text], centre, top + PAD + 10 + i * LINE)
    parts += column("gradient", gradient, centre, top + cell.height + LINE - 2)
    state = worst_status(cell.statuses)
    marked = f" {'wrong' if state == WRONG else 'follows'}" if state in (WRONG, PROPAGATED) else ""
    return tag(
        "a",
        *parts,
        id=f"{prefix}-n{k}",
        href=f"#{prefix}-v{k}",
        class_=f"node {cell.box.kind}{marked}",
        tabindex=0,
        aria_label=cell.label,
    )


def column(kind: str, lines: Sequence[str], x: float, y: float) -> list[Markup]:
    """Lines of text below one another, around `x`, the first with its foot at `y`; both are in pixels."""
    return [tag("text", line, class_=kind, x=f"{x:g}", y=f"{y + i * LINE:g}") for i, line in enumerate(lines)]


def legend() -> Markup:
    """What the parts of the picture mean."""
    signs = ", ".join(f"{SIGNS[status]} {WORDS[status]}" for status in WORDS)
    return together(
        "Above each box its ",
        tag("span", "value", class_="value"),
        ", below it (∂) the ",
        tag("span", "gradient", class_="gradient"),
        " of the loss by it. Rounded boxes are inputs, the double one is the loss; a box leads to its row in the "
        f"table of values. In the boxes: how many claims are {signs}.",
    )
