"""The invisible comments of a piece of Markdown or HTML: blocks, marks, and the text between them."""

import re
from collections import defaultdict, deque
from collections.abc import Iterator

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.documents.events import Block, Event, Mark, Place, Prose

BLOCK = re.compile(r"<!--\s*gradproof(?![\w.-])", re.IGNORECASE)
MARK = re.compile(r"<!--\s*=")
VISIBLE = re.compile(r"\\.|`+|<!--", re.DOTALL)


def split_comments(text: str, place: Place, html: bool, row: bool = False) -> Iterator[Event]:
    """The comments in `text`, which begins at `place`, and what is between them, in order.

    In `html` nothing but comments has a meaning; elsewhere, what code spans and backslashes show is no comment. `row`
    says that the text is the row of a table. Raises GradproofError, with the place, for a block or a mark that is not
    closed.
    """
    lines = Lines(text, place)
    shown: list[str] = []
    beginning = place  # of what is shown
    position = 0
    last = text.rfind("-->")
    for start in openings(text, html):
        if start < position:
            continue
        end = end_of_comment(text, start, last, lines.place(start))
        if end < 0 and html:  # from here on, all is invisible
            text = text[:start]
            break
        if end < 0:
            continue
        shown.append(text[position:start])
        event = to_event(text[start:end], lines.place(start), row)
        position = end
        if not event:
            shown.append("\n" * text.count("\n", start, end))
            continue
        yield from prose("".join(shown), beginning, row)
        yield event
        shown, beginning = [], lines.place(end)
    yield from prose("".join([*shown, text[position:]]), beginning, row)


def prose(text: str, place: Place, row: bool) -> Iterator[Event]:
    """The text between two comments, if there is any."""
    if text.strip():
        yield Prose(text, place, row)


class Lines:
    """On which line what is: asked from the beginning on, it counts every line once.

    `place` is the place of the text's first character.
    """

    def __init__(self, text: str, place: Place) -> None:
        self.text, self.last, self.position = text, place, 0

    def place(self, position: int) -> Place:
        """The place of the character at `position`, counted from 0, which is no earlier than the one asked for last."""
        self.last = self.last.down(self.text.count("\n", self.position, position))
        self.position = position
        return self.last


def openings(text: str, html: bool) -> Iterator[int]:
    """The positions at which comments may begin, in order: in Markdown, those that no code span or backslash shows."""
    if html:
        yield from (found.start() for found in re.finditer("<!--", text))
        return
    runs = backticks(text)
    position = 0
    while found := VISIBLE.search(text, position):
        position = after_code(runs, found) if found[0][0] == "`" else found.end()
        if found[0] == "<!--":
            yield found.start()


def end_of_comment(text: str, start: int, last: int, here: Place) -> int:
    """The position behind the comment that begins at `start`; -1 if it does not end, and is none of ours.

    `last` is the position of the last `-->`: without it, many openings would each look for one to the end of the text.
    `here` is the comment's place, for messages. Raises GradproofError for a block or a mark that is not closed.
    """
    if text.startswith(("<!-->", "<!--->"), start):  # comments all the same, says CommonMark
        return text.index(">", start) + 1
    if last >= start + 4:
        return text.index("-->", start + 4) + 3
    if BLOCK.match(text, start):
        raise GradproofError(
            f"{here}: the gradproof block is not closed; begin it on a line of its own and end it with -->"
        )
    if MARK.match(text, start):
        raise GradproofError(f"{here}: the mark {shorten(text[start : start + 80])} is not closed; end it with -->")
    return -1


def visible(text: str) -> str:
    """A text without its comments; one that is not closed stays."""
    shown, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start)) >= 0:
        shown.append(text[position:start])
        position = end + len("-->")
    return "".join([*shown, text[position:]])


def to_event(comment: str, here: Place, row: bool) -> Event | None:
    """The block or the mark that this comment is, or None.

    Raises GradproofError for a block with another comment in it.
    """
    mark = MARK.match(comment)
    if mark:
        return Mark(comment[mark.end() : -3].strip(), here, row)
    block = BLOCK.match(comment)
    if not block:
        return None
    text = comment[block.end() : -3]
    inner = text.find("<!--")
    if inner >= 0:
        line = here.down(comment.count("\n", 0, block.end() + inner))
        raise GradproofError(f"{here}: the gradproof block is not closed before <!-- on line {line.line}")
    # Lines above keep their number: the TOML begins on the line of the comment's last word before it.
    return Block("\n" * comment.count("\n", 0, block.end()) + text, here)


def backticks(text: str) -> dict[int, deque[int]]:
    """Where runs of backticks begin, by length."""
    runs: dict[int, deque[int]] = defaultdict(deque)
    for run in re.finditer("`+", text):
        runs[len(run[0])].append(run.start())
    return runs


def after_code(runs: dict[int, deque[int]], opening: re.Match[str]) -> int:
    """The position behind the code span that begins here, or behind its backticks if they begin none.

    `runs` are the backticks that are left, by length: those before this opening are dropped from it.
    """
    same = runs.get(len(opening[0]), deque())
    while same and same[0] <= opening.start():
        same.popleft()
    return same[0] + len(opening[0]) if same else opening.end()


def shorten(text: str) -> str:
    """A piece of a document for a message: one line of at most 60 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "..."
