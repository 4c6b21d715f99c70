"""From the blocks and marks of a document to its lessons."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import Tables, read_toml, to_network, to_tables
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.documents.claim_tables import to_claim, to_claims
from gradproof.reports.teaching.documents.comments import shorten
from gradproof.reports.teaching.documents.events import MATH, Block, Event, Mark, Place, Prose, Shown, Title
from gradproof.reports.teaching.documents.outputs import Item, printed_items, row_ends
from gradproof.reports.teaching.printed.beside import expression_before
from gradproof.reports.teaching.printed.trailing import find

MARK_KEYS = ("expression", "dtype", "at", "step", "where")
"""What may follow the quantity in a mark; the rest of a claim is said by where the mark stands."""

SEPARATOR = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|;""", re.DOTALL)


@dataclass
class Reader:
    """Goes through a document from its beginning to its end.

    `folder` is where the document lies, `title` what it calls itself. `networks` are those of the blocks so far, each
    with its claims. `before` is what the marks that come next may claim, `marks` are those seen since.
    """

    folder: Path
    title: str = ""
    networks: list[tuple[Network, list[Claim]]] = field(default_factory=list)
    before: Prose | Shown | None = None
    marks: list[Mark] = field(default_factory=list)

    def read(self, events: Iterable[Event]) -> tuple[Lesson, ...]:
        """The lessons of a document in which these events are, one for each block, in order.

        Raises GradproofError, with the place, for a document without a block, a block that is no network, and marks
        that have no number before them or wrong keys.
        """
        for event in events:
            if isinstance(event, Mark):
                self.marks.append(event)
                continue
            if isinstance(event, Title):
                self.title = self.title or event.text
                continue
            self.claim()
            self.before = None if isinstance(event, Block) else event
            if isinstance(event, Block):
                self.begin(event)
        self.claim()
        if not self.networks:
            raise GradproofError("no gradproof block; begin one with <!-- gradproof")
        return tuple(Lesson(network, tuple(claims), self.folder) for network, claims in self.networks)

    def begin(self, block: Block) -> None:
        """Begin the lesson of `block`.

        Raises GradproofError, with its place, for one that holds no valid network or claims.
        """
        try:
            tables = read_block(block)
            self.networks.append((to_network(tables, self.folder), list(to_claims(tables.claim))))
        except GradproofError as problem:
            raise GradproofError(f"{block.place}: {problem}") from None

    def claim(self) -> None:
        """Let the marks in a row claim what is before them.

        Raises GradproofError for marks before any block, marks that have no number before them, wrong keys in a mark,
        and the same mark twice behind one number.
        """
        marks, before = self.marks, self.before
        if not marks:
            return
        self.marks = []
        first = marks[0].place
        if not self.networks:
            raise GradproofError(
                f"{first}: the mark {shorten(marks[0].text)!r} comes before any block; begin one with <!-- gradproof"
            )
        if isinstance(before, Shown):
            printed = from_shown(before, marks)
        else:
            printed = [from_prose(before, mark) for mark in marks]
        for mark, (item, place) in zip(marks, printed, strict=True):
            try:
                self.networks[-1][1].append(to_claim(keys_of(mark, item, place)))
            except GradproofError as problem:
                raise GradproofError(f"{mark.place}: {problem}") from None
        quantities = [mark.text for mark in marks]
        if len(set(quantities)) < len(quantities) and not isinstance(before, Shown):
            raise GradproofError(f"{first}: the same mark stands twice behind one number; take one away")


def read_block(block: Block) -> Tables:
    """The tables of a lesson. Raises GradproofError for a text that is not TOML, or has wrong keys."""
    try:
        toml = read_toml(block.text, block.place.line)
    except GradproofError as problem:
        raise GradproofError(f"the block {problem}") from None
    return to_tables(toml)


def from_prose(before: Prose | None, mark: Mark) -> tuple[Item, Place]:
    """The number that the text before a mark ends with, and its place; several marks in a row claim the same.

    Raises GradproofError where the text does not end in a number, or the mark is in another row of a table.
    """
    if before and before.row and not (mark.row and before.place == mark.place):
        raise GradproofError(
            f"{mark.place}: there is no number directly before the mark {shorten(mark.text)!r}; "
            "mark a number of a table in its own row"
        )
    text = before.text if before else ""
    if before and before.row:
        text = text.rstrip(" \t|").rpartition("|")[2]
    found = find(text)
    if not before or not found:
        end = shorten(text[-30:])
        what = f"{end!r}, which does not end in a number" if end else "nothing"
        raise GradproofError(f"{mark.place}: directly before the mark {shorten(mark.text)!r} stands {what}")
    line = text.count("\n", 0, found.start)
    return Item(found.text, line, expression_before(text, found.start)), before.place.down(line)


def from_shown(before: Shown, marks: list[Mark]) -> list[tuple[Item, Place]]:
    """The last numbers or arrays of an output or of displayed math, one for each mark, and their places.

    Raises GradproofError where there are fewer of them than marks.
    """
    found = row_ends(before.text) if before.name == MATH else printed_items(before.text)
    if len(found) < len(marks):
        raise GradproofError(
            f"{marks[0].place}: {before.lack}"
            if before.lack
            else f"{marks[0].place}: there is no number in the {before.name} before the mark {shorten(marks[0].text)!r}"
            if not found
            else f"{marks[0].place}: {len(marks)} marks, but {len(found)} numbers or arrays in the {before.name} "
            "before them"
        )
    return [(item, before.place.down(item.line)) for item in found[-len(marks) :]]


def keys_of(mark: Mark, item: Item, place: Place) -> dict[str, Any]:
    """The keys of the claim that `mark` makes of what is printed at `place`, as `to_claim` takes them.

    Raises GradproofError for a mark without a quantity, and for keys behind it that are no TOML or not among
    `MARK_KEYS`.
    """
    cuts = [found.start() for found in SEPARATOR.finditer(mark.text) if found[0] == ";"]
    parts = [mark.text[i:j] for i, j in zip([0, *(cut + 1 for cut in cuts)], [*cuts, None], strict=True)]
    quantity = " ".join(parts[0].split())
    if not quantity:
        raise GradproofError("the mark names no quantity; write <!-- = dL/dw1 -->")
    keys: dict[str, Any] = {"printed": item.text, "line": place.line}
    if item.expression:
        keys["expression"] = item.expression
    if place.cell is not None:
        keys["where"] = f"cell {place.cell}"
    try:
        given = read_toml("\n".join(part.strip() for part in parts[1:]))
    except GradproofError as problem:
        raise GradproofError(f"what follows {shorten(quantity)!r} in the mark {problem}") from None
    unknown = [key for key in given if key not in MARK_KEYS]
    if unknown:
        raise GradproofError(f"{shorten(unknown[0])!r} is not a key of a mark; it has {', '.join(MARK_KEYS)}")
    return {**keys, **given, "quantity": quantity}
