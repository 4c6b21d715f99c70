"""From a document to the draft of a lesson. Nothing in the document is executed."""

import math
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reports.drafting.code.code_outputs import match
from gradproof.reports.drafting.code.code_statements import Code
from gradproof.reports.drafting.draft_toml import Draft, write
from gradproof.reports.drafting.formulas.equations import MAX_ROW, Equations
from gradproof.reports.drafting.meaning.interpretation import Meaning
from gradproof.reports.drafting.meaning.name_patterns import alike
from gradproof.reports.drafting.meaning.placement import Placing
from gradproof.reports.drafting.meaning.said import Said
from gradproof.reports.drafting.meaning.versions import INLINE, Versions
from gradproof.reports.drafting.pieces.lines import LONGEST_CODE, is_numbers, parsed
from gradproof.reports.drafting.pieces.pieces import CODE, HEADING, OUTPUT, Piece, read_pieces
from gradproof.reports.teaching.printed.printed import read_printed
from gradproof.reports.teaching.right.fitting import as_float


def suggest(path: str | Path) -> str:
    """The draft of a lesson, as TOML, for the document at `path`.

    Raises FileError, one line that begins with the path, where the document cannot be read.
    """
    path = Path(path)
    try:
        return write(drafted(path))
    except GradproofError as problem:
        raise FileError(f"{path}: {' '.join(str(problem).splitlines())}") from None
    except RecursionError:
        raise FileError(f"{path}: brackets nest too deep") from None


def drafted(path: Path) -> Draft:
    """The draft of a lesson for the document at `path`. Raises GradproofError where that cannot be read."""
    versions = Versions()
    said: list[Said] = []
    unread: list[tuple[int, str, str]] = []
    code = Code(versions, said, unread=unread)
    equations = Equations(versions, said, code, unread)
    title, before = "", ""
    for piece in read_pieces(path):
        if piece.kind == HEADING:
            title = title or piece.text
        elif piece.kind == CODE:
            code.shown, code.last = [], None
            read_code(code, piece)
        elif equations.full():
            continue
        elif piece.kind == OUTPUT:
            said += match(code, piece, before == CODE)
            code.shown = []
        else:
            equations.read(piece)
        before = piece.kind
    for name, printed, line in equations.numbers:
        if is_numbers(printed, MAX_ROW) and alike(name) not in versions.first:
            number = input_of(printed)
            if number is not None:
                versions.bind(name, versions.define(name, None, line, INLINE, number))
    meaning = Meaning(versions, said, code.loss)
    placing = Placing(meaning)
    claims, unplaced = placing.place(said)
    return Draft(title or path.stem, path.name, meaning, claims, [*unread, *unplaced])


def input_of(printed: str) -> Any:
    """The number, or nested lists of numbers, that is printed like this; None for more, or a number beyond floats."""
    read = read_printed(printed.strip(" .,;"))
    values = [as_float(number.value) for number in read.numbers if number is not None]
    if len(values) < len(read.numbers) or not all(map(math.isfinite, values)):
        return None
    return values[0] if read.shape == () else np.reshape(values, read.shape).tolist()


def read_code(code: Code, piece: Piece) -> None:
    """Read a piece of code, by statements if it is not Python as a whole."""
    text = "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in piece.text.split("\n"))
    code.length += len(text)
    if code.length > LONGEST_CODE:
        code.unread.append((piece.line, "code", f"the code of the document has more than {LONGEST_CODE} characters"))
        return
    text = dedent(text)
    tree = parsed(text)
    if tree is not None:
        code.read(tree.body, text, piece.line, piece.where)
        return
    lines = text.split("\n")
    starts = [i for i, line in enumerate(lines) if line[:1].strip() and line[0] not in ")]}#"]
    for first, last in zip(starts, [*starts[1:], len(lines)], strict=False):
        block = "\n".join(lines[first:last])
        tree = parsed(block)
        if tree is not None:
            code.read(tree.body, block, piece.line + first, piece.where)
        else:
            code.unread.append((piece.line + first, lines[first], "not Python"))
