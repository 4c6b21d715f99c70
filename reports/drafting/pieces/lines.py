"""What some lines of a document look like: code, numbers, a table."""

import ast
import csv
import re
import warnings

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.printed.printed import read_printed

LONGEST_CODE = 200_000
"""Characters of one piece of code; Python's parser takes a thousand times their memory."""


def parses(text: str) -> bool:
    """Whether this is Python. It is parsed, never executed."""
    return parsed(text) is not None


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of some Python; None where it is not Python, or longer than LONGEST_CODE. Never executed."""
    if len(text) > LONGEST_CODE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings, which are none of ours
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def reads_like_code(block: list[str]) -> bool:
    """Whether a paragraph after some code goes on with it."""
    tree = parsed("\n".join(block)) or parsed("if True:\n" + "\n".join(block))
    if tree is None:
        return False
    told = (ast.Assign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.For, ast.Call)
    return any(isinstance(node, told) for node in ast.walk(tree))


def is_numbers(text: str, longest: int = LONGEST_CODE) -> bool:
    """Whether this is printed numbers and nothing else, in no more than `longest` characters."""
    if len(text) > longest or not re.search(r"\d", text):
        return False
    try:
        read_printed(text.strip())
    except GradproofError:
        return False
    return True


def is_table(body: list[str]) -> bool:
    """Whether these lines are a table: with bars and a rule, or rows of numbers with commas under as many headings."""
    if len(body) < 2:
        return False
    if "|" in body[0] and "-" in body[1] and not body[1].strip(" \t|:+-"):
        return True
    headings = len(comma_separated(body[0]))
    return headings > 1 and all(is_row(line) and len(comma_separated(line)) == headings for line in body[1:])


def is_row(line: str) -> bool:
    """Whether this is a row of numbers with commas, some of them left out."""
    return bool(re.fullmatch(r"[\s\d.,eE+−-]*", line)) and bool(re.search(r"\d", line))


def comma_separated(line: str) -> list[str]:
    """The cells of one line of comma-separated values, without margins; empty where it cannot be such a line."""
    try:
        return [cell.strip() for cell in next(csv.reader([line]))]
    except (csv.Error, StopIteration):
        return []


def shown_heading(text: str) -> str:
    """A heading as a reader sees it: without the marks of Markdown, on one line of at most 100 characters."""
    return re.sub(r"\s+", " ", re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text)).strip()[:100]
