"""What a document holds that matters to claims, in the order in which it stands there."""

from dataclasses import dataclass

OUTPUT, MATH = "output", "displayed math"
"""The names of what is shown."""


@dataclass(frozen=True)
class Place:
    """A line, counted from 1, of a document or of one cell of a notebook."""

    line: int
    cell: int | None = None

    def __str__(self) -> str:
        return f"line {self.line}" if self.cell is None else f"cell {self.cell}, line {self.line}"

    def down(self, lines: int) -> "Place":
        """The place this many lines further down."""
        return Place(self.line + lines, self.cell)


@dataclass(frozen=True)
class Title:
    """The title that the document gives itself."""

    text: str


@dataclass(frozen=True)
class Prose:
    """Text as it stands in the document, which begins at `place`; `row` says that it is in the row of a table."""

    text: str
    place: Place
    row: bool = False


@dataclass(frozen=True)
class Shown:
    """What several marks in a row may claim: a program's output, or the rows of displayed math.

    `name` is what messages call it (`OUTPUT` or `MATH`), `lack` why there is nothing to claim in it, "" if there may
    be.
    """

    text: str
    place: Place
    name: str
    lack: str = ""


@dataclass(frozen=True)
class Mark:
    """What follows the equals sign in `<!-- = QUANTITY -->`; `row` says that it is in the row of a table."""

    text: str
    place: Place
    row: bool = False


@dataclass(frozen=True)
class Block:
    """The TOML of a lesson; `place` is where the comment begins that holds it.

    `text` begins with as many line breaks as the comment has before the TOML, so that lines keep their numbers.
    """

    text: str
    place: Place


Event = Title | Prose | Shown | Mark | Block
