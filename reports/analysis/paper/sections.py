"""What a rendering is made of: sections of text, tables and figures; and their forms as Markdown, CSV and HTML."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from gradproof.reports.printing.tables import grid, number

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table; `name` is the stem of its CSV file, which has all digits. Markdown and HTML show three.

    With `long`, it is folded on the page and left to the CSV file in Markdown.
    """

    name: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    long: bool = False

    @property
    def csv(self) -> str:
        """The table as comma-separated values with all digits: the head, then a line for each row."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows([["" if cell is None else cell for cell in row] for row in self.rows])
        return file.getvalue()

    @property
    def markdown(self) -> list[str]:
        """The caption and the table as lines of Markdown; a `long` one is a link to its CSV file."""
        if self.long:
            return [f"{self.caption} See [{self.name}.csv]({self.name}.csv).", ""]
        return [self.caption, "", *grid([self.head, *([in_short(cell) for cell in row] for row in self.rows)]), ""]

    @property
    def html(self) -> str:
        """The table as an HTML element that scrolls by itself where the window is narrow; a `long` one is folded."""
        head = "".join(f'<th scope="col">{escape(title)}</th>' for title in self.head)
        body = "\n".join(f"<tr>{''.join(map(self.cell, row))}</tr>" for row in self.rows)
        table = (
            f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(self.caption)}"><table>'
            f"<caption>{escape(self.caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
            "</table></div>"
        )
        if not self.long:
            return table
        return f"<details><summary>{escape(self.caption)} ({len(self.rows)} rows)</summary>\n{table}\n</details>"

    @staticmethod
    def cell(value: Cell) -> str:
        """A cell as an HTML element, with the class of numbers, which are aligned to the right, if it is one."""
        kind = "" if isinstance(value, str) else ' class="number"'
        return f"<td{kind}>{escape(in_short(value))}</td>"


@dataclass(frozen=True)
class Figure:
    """A figure; `name` is the stem of its SVG file, `caption` says what is to be seen, `svg` is the drawing's text."""

    name: str
    caption: str
    svg: str

    @property
    def markdown(self) -> list[str]:
        """A link to the SVG file, and the caption, as lines of Markdown."""
        return [f"![{self.caption}]({self.name}.svg)", "", self.caption, ""]

    @property
    def html(self) -> str:
        """The figure as an HTML element with the drawing inside, in the colours of the page."""
        drawing = self.svg[self.svg.index("<svg") :].replace(INK, "currentColor")
        drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(self.caption)}" ', 1)
        return f"<figure>{drawing}<figcaption>{escape(self.caption)}</figcaption></figure>"


INK = "#010203"
"""The colour of lines and letters in a drawing: the page's own colour takes its place."""


@dataclass(frozen=True)
class Section:
    """A part of a page on one subject; `parts` are paragraphs of text, tables and figures, in order."""

    title: str
    parts: Sequence[str | Table | Figure]

    @property
    def anchor(self) -> str:
        """The id of the HTML element, for links to it: the title in small letters, other signs as hyphens."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())

    @property
    def markdown(self) -> list[str]:
        """The title and all parts as lines of Markdown."""
        lines = [f"## {self.title}", ""]
        for part in self.parts:
            lines += [part, ""] if isinstance(part, str) else part.markdown
        return lines

    @property
    def html(self) -> str:
        """The title and all parts as an HTML element whose id is `anchor`."""
        parts = (f"<p>{escape(part)}</p>" if isinstance(part, str) else part.html for part in self.parts)
        return f'<section id="{self.anchor}">\n<h2>{escape(self.title)}</h2>\n' + "\n".join(parts) + "\n</section>"


def in_short(cell: Cell) -> str:
    """A cell for people: numbers in three digits, whole ones in all with commas."""
    if isinstance(cell, int):
        return f"{cell:,}"
    return number(cell)


def files(sections: Iterable[Section]) -> dict[str, str]:
    """The text of each table's CSV file and each figure's SVG file, by file name."""
    found: dict[str, str] = {}
    for section in sections:
        for part in section.parts:
            if isinstance(part, Table):
                found[f"{part.name}.csv"] = part.csv
            elif isinstance(part, Figure):
                found[f"{part.name}.svg"] = part.svg.replace(INK, "black")
    return found
