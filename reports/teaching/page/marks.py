"""What the page says of a status, in a sign and in words: never by colour alone."""

from collections.abc import Iterable

from gradproof.reports.printing.markup import Markup, tag
from gradproof.reports.teaching.claims.statuses import DIFFERS, OK, PROPAGATED, ROUNDED, STATUSES, TRUNCATED, WRONG

SIGNS = {OK: "✓", DIFFERS: "≠", TRUNCATED: "…", ROUNDED: "≈", PROPAGATED: "↳", WRONG: "✗"}

WORDS = {
    WRONG: "wrong",
    PROPAGATED: "follows from an error",
    ROUNDED: "computed from rounded numbers",
    TRUNCATED: "cut off, not rounded",
    DIFFERS: "right beside other arithmetic",
    OK: "right",
}
"""From the worst to the best."""

TONES = {WRONG: "bad", PROPAGATED: "bad", OK: "good"}
"""Which colour goes with the words; notes for the others."""


def sign(status: str) -> str:
    """The sign of a status; nothing for one that is not known here."""
    return SIGNS.get(status, "")


def tone(status: str) -> str:
    """The CSS class of a status's colour."""
    return TONES.get(status, "note")


def badge(status: str) -> Markup:
    """A status as a reader meets it: its sign and its words, in its colour."""
    return tag("span", f"{sign(status)} {WORDS.get(status, status)}", class_=f"status {tone(status)}")


def worst_status(statuses: Iterable[str]) -> str | None:
    """The worst of several statuses; None if there are none."""
    return max(statuses, key=STATUSES.index, default=None)


def by_status(statuses: Iterable[str]) -> list[tuple[str, int]]:
    """How many of each status there are, the worst first; those that do not occur are left out."""
    found = list(statuses)
    return [(status, found.count(status)) for status in reversed(STATUSES) if status in found]
