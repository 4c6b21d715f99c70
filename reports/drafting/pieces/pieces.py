"""The pieces of an unmarked document that may say something: code, outputs, math, tables, code spans, text.

Documents are read line by line, more tolerantly than Markdown is: exports of notebooks lose their fences and keep
`In [3]:`. Every search gives up for good where it finds no end once, so reading takes time proportional to the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import read_text
from gradproof.reports.drafting.pieces.lines import is_numbers, is_table, parses, reads_like_code, shown_heading
from gradproof.reports.teaching.documents import notebooks
from gradproof.reports.teaching.documents.documents import MARKDOWN, NOTEBOOK
from gradproof.reports.teaching.documents.events import Place
from gradproof.reports.teaching.documents.markdown import DIRECTIVE, MATH_INFO

CODE, OUTPUT, MATH, INLINE, SPAN, TABLE, TEXT, HEADING = (
    "code", "output", "math", "inline math", "code span", "table", "text", "heading",
)  # fmt: skip

FENCE = re.compile(r"[ \t]*(?:[-*+>]\s+)?(?P<marks>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^`\n]*)\Z")
CELL = re.compile(r"In ?\[(\d*| )\]:\s*(.*)\Z")
HEAD = re.compile(r"#{1,6}[ \t]+(?=\S)")
LESSON = re.compile(r"<!--\s*gradproof(?![\w.-])", re.IGNORECASE)
ENVIRONMENTS = "equation|align|aligned|eqnarray|gather|gathered|split|multline|displaymath|math|array"
OPENING = re.compile(rf"\$\$|\\\[|\\begin\{{((?:{ENVIRONMENTS})\*?)\}}|\$|\\\(|`+")
CLOSING = {"$$": "$$", r"\[": r"\]", "$": "$", r"\(": r"\)"}
PYTHON = re.compile(r"(?:\{?(?:code-cell|code-block|code|python|ipython|ipython3|py)\b.*|\Z)", re.IGNORECASE)

PROMPT = re.compile(r"\s*>>>\s?")
"""Python's prompt; some put it before what is printed."""
CONTINUED = re.compile(r"\s*\.\.\.\s?")
PRINTED = re.compile(r"\s*(?:#\s?=>|#\s?->|#>|##(?!#))\s?")
"""What is put before what is printed: as in Ruby's manuals, in R's reprex and in knitr."""

CELL_LINES = 10**9
"""A line of a notebook is counted from this many times its cell's number, so that lines are in the notebook's order."""


@dataclass(frozen=True)
class Piece:
    """A piece of a document; `line` is its first one (see `place`), `where` the heading or the cell it stands under."""

    kind: str
    text: str
    line: int
    where: str


def read_pieces(path: Path) -> Iterator[Piece]:
    """The pieces of the document at `path`, in order.

    Raises GradproofError for a file that cannot be read, a suffix that no document has, and a damaged notebook.
    """
    suffix = path.suffix.lower()
    if suffix == NOTEBOOK:
        yield from notebook_pieces(read_text(path, "notebook", "notebook", "take pictures out of its outputs"))
    elif suffix in MARKDOWN:
        text = read_text(path, "document", "document", "split it")
        if "\0" in text:
            raise GradproofError("holds NUL bytes, so it is not a text")
        yield from text_pieces(text)
    else:
        raise GradproofError(
            f"is no text to draft a lesson from; such documents end in {', '.join(MARKDOWN)} or .ipynb"
        )


def notebook_pieces(text: str) -> Iterator[Piece]:
    """The pieces of a notebook with this JSON, in order.

    Raises GradproofError for a text that is no notebook, and for a cell or an output of another form.
    """
    for number, cell in enumerate(notebooks.cells(notebooks.notebook(text)), 1):
        where, above = f"cell {number}", number * CELL_LINES
        if not isinstance(cell, dict):
            raise GradproofError(f"{where} is not a cell, but {notebooks.json_kind(cell)}")
        source = notebooks.joined_text(cell.get("source", ""), f"the source of {where}")
        if cell.get("cell_type") == "markdown":
            yield from (replace(piece, line=above + piece.line) for piece in text_pieces(source, where))
        elif cell.get("cell_type") == "code":
            yield Piece(CODE, source, above + 1, where)
            outputs = cell.get("outputs", [])
            if not isinstance(outputs, list):
                raise GradproofError(f"the outputs of {where} are {notebooks.json_kind(outputs)}")
            shown = "\n".join(filter(None, (notebooks.text_of(one, where).rstrip("\n") for one in outputs)))
            if shown:
                yield Piece(OUTPUT, shown, above + 1, where)


def place(line: int) -> Place:
    """The place in the document of a piece's `line`: its own line, and the cell, from 1, if it is in a notebook."""
    cell, within = divmod(line, CELL_LINES)
    return Place(within, cell or None)


def text_pieces(text: str, cell: str = "") -> Iterator[Piece]:
    """The pieces of a Markdown text, lines counted from 1; `cell` is the notebook's cell that it is in, if any."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    yield from Scanner(without_lessons(text).split("\n"), cell).scan()


def without_lessons(text: str) -> str:
    """The text without the lessons that are in it already, line for line."""
    parts, done = [], 0
    for opening in LESSON.finditer(text):
        end = text.find("-->", opening.end()) if opening.start() >= done else -1
        if opening.start() >= done and end < 0:
            break
        if end >= 0:
            parts += [text[done : opening.start()], "\n" * text.count("\n", opening.start(), end)]
            done = end + 3
    return "".join([*parts, text[done:]])


@dataclass
class Scanner:
    """Goes through the lines of a text once. `directives` are the fences around Markdown that are open."""

    lines: list[str]
    cell: str
    heading: str = ""
    at: int = 0
    directives: list[str] = field(default_factory=list)

    def scan(self) -> Iterator[Piece]:
        """The pieces of the whole text, in the order in which they stand there."""
        if self.lines[0].rstrip() == "---":
            end = next((i for i, line in enumerate(self.lines[1:], 1) if line.rstrip() == "---"), -1)
            self.at = end + 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            fence, cell, head = FENCE.match(line), CELL.match(line), HEAD.match(line)
            if not line.strip():
                self.at += 1
            elif fence and fence["marks"][0] != ":":
                yield from self.fence(fence)
            elif fence:  # MyST's colon fences hold Markdown, or math
                self.at += 1
                if MATH_INFO.match(fence["info"].strip()):
                    yield self.raw(MATH, fence["marks"])
            elif cell:
                yield from self.cell_code(cell)
            elif head:
                self.heading = shown_heading(line[head.end() :].rstrip(" \t#"))
                yield self.piece(HEADING, self.heading, self.at)
                self.at += 1
            else:
                yield from self.paragraph()

    def piece(self, kind: str, text: str, index: int) -> Piece:
        """A piece that begins on the line with this index."""
        return Piece(kind, text, index + 1, self.cell or self.heading)

    def fence(self, opening: re.Match[str]) -> Iterator[Piece]:
        """What is in a fence, or the opening or closing of a directive, which is skipped."""
        marks, info = opening["marks"], opening["info"].strip()
        self.at += 1
        if not info and self.directives and marks.startswith(self.directives[-1]):
            self.directives.pop()
        elif MATH_INFO.match(info):
            yield self.raw(MATH, marks)
        elif DIRECTIVE.match(info):
            self.directives.append(marks)
        elif PYTHON.match(info):
            yield from prompts(self.raw(CODE, marks))
        else:
            yield self.raw(OUTPUT, marks)

    def raw(self, kind: str, marks: str) -> Piece:
        """The lines up to the end of a fence as one piece."""
        first, closing = self.at, re.compile(rf"\s*{re.escape(marks)}+\s*\Z")
        while self.at < len(self.lines) and not closing.match(self.lines[self.at]):
            self.at += 1
        self.at += 1
        body = self.lines[first : self.at - 1]
        for i, line in enumerate(body):  # the options of a directive
            if not re.match(r"\s*:[\w-]+:", line):
                break
            body[i] = ""
        return self.piece(kind, "\n".join(body), first)

    def cell_code(self, opening: re.Match[str]) -> Iterator[Piece]:
        """The code after `In [3]:`; what follows a blank line belongs to it as long as it reads like code."""
        first = self.at
        body = [opening[2]]
        self.at += 1
        blanks: list[str] = []
        while self.at < len(self.lines):
            block = self.block()
            if not block:
                blanks.append("")
                self.at += 1
            elif (len(body) == 1 and not body[0]) or reads_like_code(block):
                body += [*blanks, *block]
                blanks = []
                self.at += len(block)
            else:
                break
        yield Piece(CODE, "\n".join(body), first + 1, self.cell or f"In [{opening[1].strip()}]")

    def block(self) -> list[str]:
        """The lines up to the next blank one."""
        end = self.at
        while end < len(self.lines) and self.lines[end].strip() and not (end > self.at and CELL.match(self.lines[end])):
            end += 1
        return self.lines[self.at : end]

    def paragraph(self) -> Iterator[Piece]:
        """The pieces of the paragraph that begins here: a table, what a program printed, or text and what is in it."""
        first = self.at
        while self.at < len(self.lines) and self.lines[self.at].strip():
            line = self.lines[self.at]
            if self.at > first and (FENCE.match(line) or CELL.match(line) or HEAD.match(line)):
                break
            self.at += 1
        body = self.lines[first : self.at]
        if is_table(body):
            yield self.piece(TABLE, "\n".join(body), first)
        elif is_numbers(re.sub(r"\AOut ?\[\d*\]:\s*", "", "\n".join(body))):
            yield self.piece(OUTPUT, re.sub(r"\AOut ?\[\d*\]:\s*", "", "\n".join(body)), first)
        else:
            yield from self.spans("\n".join(body), first)

    def spans(self, text: str, first: int) -> Iterator[Piece]:
        """The math, the code spans and the rest of a paragraph."""
        rest: list[str] = []
        done = counted = 0
        line = first
        lacking: set[str] = set()
        for opening in OPENING.finditer(text):
            mark, start = opening[0], opening.end()
            closing = f"\\end{{{opening[1]}}}" if opening[1] else CLOSING.get(mark, mark)
            if opening.start() < done or closing in lacking or text[max(0, opening.start() - 1)] == "\\":
                continue
            end = text.find(closing, start)
            if end < 0:
                lacking.add(closing)
                continue
            kind = SPAN if mark[0] == "`" else INLINE if mark in ("$", r"\(") else MATH
            content = text[start:end]
            if kind == INLINE and ("\\begin{" in content or "\\\\" in content):
                kind = MATH
            rest.append(text[done : opening.start()])
            rest.append(" \uffff" + "\n" * content.count("\n"))
            line, counted = line + text.count("\n", counted, start), start
            yield self.piece(kind, content, line)
            done = end + len(closing)
        yield self.piece(TEXT, "".join([*rest, text[done:]]), first)


def prompts(code: Piece) -> Iterator[Piece]:
    """Code and outputs of a fence with marks before what is typed in, as in Python's, or before what is printed."""
    lines = code.text.split("\n")
    marks = [mark for line in lines if (mark := PROMPT.match(line) or PRINTED.match(line))]
    first = marks[0].string[marks[0].end() :] if marks else ""
    typed = bool(marks) and bool(PROMPT.match(lines[0])) and parses(first) and not is_numbers(first)
    kind, start = CODE, 0
    body: list[str] = []
    for i, line in enumerate([*lines, ""]):
        mark = PROMPT.match(line) or (CONTINUED if typed else PRINTED).match(line)
        now = CODE if not marks or bool(mark) == typed else OUTPUT
        if marks and not line.strip() and (kind == CODE or not typed):
            now = kind
        if now != kind or i == len(lines):
            if any(one.strip() for one in body):
                yield Piece(kind, "\n".join(body), code.line + start, code.where)
            kind, body, start = now, [], i
        body.append(line[mark.end() :] if mark else line)
