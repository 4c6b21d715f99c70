"""Matching what a program printed with what the code before it prints."""

import ast
import re
from collections.abc import Iterator

from gradproof.reference.errors import GradproofError
from gradproof.reports.drafting.code.code_statements import Code
from gradproof.reports.drafting.code.objects import Shown
from gradproof.reports.drafting.meaning.said import Said
from gradproof.reports.drafting.pieces.pieces import Piece
from gradproof.reports.teaching.documents.outputs import joined_lines
from gradproof.reports.teaching.printed.printed import read_printed
from gradproof.reports.teaching.printed.trailing import NUMBER

WRAPPED = re.compile(r"(?:\b\w+\.)*(?:[tT]ensor|array|DeviceArray|Array|Parameter|float\d+|int\d+)\s*\(")
SINGLE = re.compile(rf"[-−+]?{NUMBER}(?![\w])", re.VERBOSE)
MAX_ITEM = 20_000


def match(code: Code, output: Piece, fresh: bool) -> Iterator[Said]:
    """What the output says, each number with what printed it, or with nothing if that cannot be told.

    `fresh` says that the output stands directly behind the code, so that it may show its last value.
    """
    waiting = [shown for shown in code.shown if any(not isinstance(item, str) for item in flat(shown))]
    labels = [item for shown in code.shown for item in flat(shown) if isinstance(item, str)]
    if not waiting and fresh and code.last is not None:
        waiting = [code.last]
    for line, text in joined_lines(output.text):
        found = items(unlabelled(text, labels))
        if not found:
            continue
        shown = next((one for one in waiting if len(values(one)) == len(found)), None)
        if shown is not None:
            waiting = waiting[waiting.index(shown) + 1 :]
        for i, item in enumerate(found):
            about = values(shown)[i] if shown is not None else None
            yield Said(
                output.line + line,
                output.where,
                about if isinstance(about, ast.expr) else None,
                printed=item,
                dtype="float32" if "tensor(" in item and "float64" not in item else None,
                machine=True,
                reason="" if shown is not None else "nothing in the code is known to print it",
            )


def flat(shown: Shown) -> list[object]:
    """What is displayed, the parts of f-strings among it one by one."""
    result: list[object] = []
    for item in shown.items:
        result += item if isinstance(item, list) else [item]
    return result


def values(shown: Shown) -> list[object]:
    """What is displayed, one by one, but for the labels (text)."""
    return [item for item in flat(shown) if not isinstance(item, str)]


def unlabelled(text: str, labels: list[str]) -> str:
    """The text without the label that it begins with."""
    for label in labels:
        bare = label.strip()
        if bare and text.lstrip().startswith(bare):
            return text.lstrip()[len(bare) :]
    return text


def items(text: str) -> list[str]:
    """The numbers and arrays that a line of output consists of; none if there is anything else."""
    result: list[str] = []
    at = 0
    while at < len(text):
        if text[at] in " \t\n,;":
            at += 1
            continue
        wrapped = WRAPPED.match(text, at)
        end = partner(text, wrapped.end() - 1 if wrapped else at) if wrapped or text[at] in "[(" else -1
        if end < 0:
            number = SINGLE.match(text, at)
            if not number:
                return []
            end = number.end()
        result.append(text[at:end])
        at = end
    return result if all(is_number(item) for item in result) else []


def partner(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    level = 0
    for i in range(start, min(len(text), start + MAX_ITEM)):
        level += (text[i] in "[(") - (text[i] in "])")
        if not level:
            return i + 1
    return -1


def is_number(text: str) -> bool:
    """Whether `text` is printed numbers that a claim can hold."""
    try:
        read_printed(text)
    except GradproofError:
        return False
    return True
