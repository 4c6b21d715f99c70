"""The cells of tables, with bars or with commas, and what their headings name."""

import ast
import re

from gradproof.reports.drafting.formulas.latex_formulas import MAX_TEXT, Unclear, read_formula
from gradproof.reports.drafting.pieces.lines import comma_separated


def head(cell: str) -> ast.expr | None:
    """What a heading of a table names."""
    text = cell.strip().strip("*_` ").replace("$", "").strip()
    if re.fullmatch(r"[A-Za-z]\w*", text):
        return ast.Name(text, ast.Load())
    try:
        return read_formula(text) if 0 < len(text) <= MAX_TEXT else None
    except Unclear:
        return None


def cells(line: str) -> list[str]:
    """The cells of a row: between bars that are not in math, or else between commas."""
    bars = split_bars(line)
    if len(bars) > 1 or line.strip().startswith("|"):
        return bars
    return comma_separated(line)


def split_bars(line: str) -> list[str]:
    """The cells between bars, empty ones as well."""
    result, math = [""], False
    for before, c in zip(" " + line, line, strict=False):
        math ^= c == "$" and before != "\\"
        if c == "|" and not math and before != "\\":
            result.append("")
        else:
            result[-1] += c
    inner = result[1:] if not result[0].strip() else result
    return [cell.strip() for cell in (inner[:-1] if inner and not inner[-1].strip() else inner)]
