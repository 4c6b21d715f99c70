"""Figures, counts and lists in sentences and in Markdown tables."""

import re
from collections.abc import Sequence
from typing import Any

LISTED = 20
"""How many places are named in one line."""


def number(x: Any, digits: int = 3) -> str:
    """A figure to so many significant `digits`; None is a dash, and a string (a non-finite number of JSON) stays."""
    if x is None:
        return "-"
    return x if isinstance(x, str) else f"{x:.{digits}g}"


def exact(x: Any) -> str:
    """A figure in all its digits, as Python reads it back; None is a dash, and a string stays."""
    return "-" if x is None else x if isinstance(x, str) else repr(x)


def share(x: float) -> str:
    """A share, 0 to 1, in per cent to one decimal: 0 % only for none at all, 100 % only for all."""
    if x in (0, 1):
        return f"{100 * x:.0f} %"
    shown = f"{100 * x:.1f}"
    return {"0.0": "0.1", "100.0": "99.9"}.get(shown, shown.removesuffix(".0")) + " %"


def grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; the first row is its head, and all rows are of one length."""
    body = [f"| {' | '.join(BAR.sub(ESCAPED, cell) for cell in row)} |" for row in rows]
    return [body[0], f"|{' --- |' * len(rows[0])}", *body[1:]]


BAR, ESCAPED = re.compile(r"(?<!\\)\|"), r"\\|"
"""What ends a cell, in code as well, and what stands for it there."""


def code(text: str) -> str:
    """A text of one line as code in Markdown, whatever it holds."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}" if text.startswith("`") or text.endswith("`") else f"{fence}{text}{fence}"


def enumerated(noun: str, names: list[str]) -> str:
    """A noun with names after it, at most LISTED of them: `lines 130, 135, 140` of "line"; "s" makes the plural."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names[:LISTED])}{more}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number of things: `1 claim`, `2 claims` of "claim"; "s" makes the plural, unless it is given."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
