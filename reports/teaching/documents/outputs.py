"""What a program printed, or displayed math shows, number by number and array by array."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradproof.reports.teaching.printed.beside import expression_before
from gradproof.reports.teaching.printed.trailing import NUMBER, NUMBERS, find

COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PROMPT = re.compile(r"\s*(?:>>>|\.\.\.|##|In \[\d*\]:|Out\[\d*\]:)[ \t]*")
ROW_NUMBER = re.compile(r"\[\d+\]\s+(?=[-−+.\w])")
"""As R prints it before the numbers of a vector."""

ROW = re.compile(rf"[\s|]*[-−+]?{NUMBER}(?:\s*[\s,;|&]\s*[-−+]?{NUMBER})+[\s|\\]*\Z", re.VERBOSE)
RULE = re.compile(r"[-+=|:\s]*\Z")
"""A line of a text table."""

HOLDS_NUMBER = re.compile(r"[0-9∞]|nan|inf", re.IGNORECASE)

MATH_ROW = re.compile(r"\\\\(?:\s*\[[^][]{0,20}\])?|\\(?P<side>begin|end)\{(?:(?:[pbvBV]|small)?matrix\*?|array)\}")
"""The end of a row, or an end of a matrix, whose rows are none of the math."""

LONGEST_ROW = 20_000
"""Characters; a longer line is searched for the number at its end only."""


@dataclass(frozen=True)
class Item:
    """A printed number or array, and the line of the output on which it begins, counted from 0.

    `expression` is the arithmetic printed before it, in the statement language, if there is any.
    """

    text: str
    line: int
    expression: str | None = None


def printed_items(output: str) -> list[Item]:
    """The numbers and arrays in `output`, in order: at most one a line; arrays may go over several lines."""
    result: list[Item] = []
    rows: dict[int, list[str]] = {}
    columns = 0
    for line, text in joined_lines(COLOUR.sub("", output)):
        numbers = len(NUMBERS.findall(text)) if len(text) <= LONGEST_ROW and ROW.match(text) else 0
        if numbers and numbers == columns:
            rows[len(result) - 1].append(text)
        elif numbers:
            rows[len(result)] = [text]
            result.append(Item("", line))
        elif columns and text and RULE.match(text):
            continue
        else:
            found = find(text) if HOLDS_NUMBER.search(text) else None
            if found:
                result.append(Item(found.text, line + text.count("\n", 0, found.start)))
        columns = numbers
    return [
        Item("\n".join(map(text_columns, rows[i])), item.line) if i in rows else item for i, item in enumerate(result)
    ]


def text_columns(row: str) -> str:
    """A row of a text table without its borders."""
    return row.replace("|", " ").strip() if "|" in row else row


def joined_lines(output: str) -> Iterator[tuple[int, str]]:
    """The lines, each with its number, counted from 0; lines that a bracket holds together are one."""
    held: list[str] = []
    first = depth = 0
    for line, text in enumerate(output.split("\n")):
        text = text.rstrip()
        if not held or text.lstrip().startswith(">>>"):
            if held:  # a bracket that is never closed holds nothing together
                yield from separate_lines(first, held)
            held, depth, first = [], 0, line
        held.append(text if held else ROW_NUMBER.sub("", PROMPT.sub("", text, count=1), count=1))
        depth += sum((character in "[(") - (character in "])") for character in held[-1])
        if depth <= 0:
            yield first, "\n".join(held).strip()
            held = []
    if held:
        yield from separate_lines(first, held)


def separate_lines(first: int, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Lines that do not belong together after all."""
    return ((first + i, text.strip()) for i, text in enumerate(lines))


def row_ends(math: str) -> list[Item]:
    """The number, or matrix, at the end of each row of displayed math, and the arithmetic before it.

    Rows without a number at their end are left out.
    """
    result: list[Item] = []
    start = depth = line = 0
    for end in [*MATH_ROW.finditer(math), None]:
        if end and end["side"]:
            depth = max(0, depth + (1 if end["side"] == "begin" else -1))
        elif not (end and depth):
            text = math[start : end.start()] if end else math[start:]
            found = find(text) if HOLDS_NUMBER.search(text) else None
            if found:
                here = line + text.count("\n", 0, found.start)
                result.append(Item(found.text, here, expression_before(text, found.start)))
            start, line = (end.end() if end else start), line + text.count("\n")
    return result
