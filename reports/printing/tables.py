"""Figures, counts and lists in sentences and in Markdown tables."""

from collections.abc import Sequence
from typing import Any

LISTED = 20
"""How many places are named in one line."""


def number(x: Any, digits: int = 3) -> str:
    """A figure in few digits; None is a dash, and the strings of non-finite numbers stay."""
    if x is None:
        return "-"
    return x if isinstance(x, str) else f"{x:.{digits}g}"


def exact(x: Any) -> str:
    """A figure in all its digits."""
    return "-" if x is None else x if isinstance(x, str) else repr(x)


def share(x: float) -> str:
    """A share in per cent: 0 % only for none, 100 % only for all."""
    if x in (0, 1):
        return f"{100 * x:.0f} %"
    shown = f"{100 * x:.1f}"
    return {"0.0": "0.1", "100.0": "99.9"}.get(shown, shown.removesuffix(".0")) + " %"


def grid(rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; the first row is its head."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    return [body[0], f"|{' --- |' * len(rows[0])}", *body[1:]]


def enumerated(noun: str, names: list[str]) -> str:
    """`lines 130, 135, 140`."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names[:LISTED])}{more}"


def counted(number: int, noun: str) -> str:
    """`1 claim`, `2 claims`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
