"""What went wrong, on one line, whatever was raised: its name and text may be anything, or raise themselves."""

from collections.abc import Callable

LONGEST = 500
"""Characters of a text that are shown; the rest of a longer one is a dump, no message."""


def exception_line(problem: BaseException) -> str:
    """One line for an exception: its type, and the first line of its text if it has one."""
    name = _first_line(lambda: type(problem).__name__) or "an exception without a name"
    text = _first_line(lambda: str(problem))
    if text is None:
        return f"{name}, whose text cannot be had"
    return f"{name}: {text}" if text else name


def printable(text: str) -> str:
    """`text` on one line, its control characters written as escapes: what others wrote must not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\n", " "))


def _first_line(make: Callable[[], str]) -> str | None:
    """The first line of a text that can be printed and written anywhere; None where making it raises."""
    try:
        text = str.lstrip(make())[: 2 * LONGEST]  # not the text's own methods: it may be of a class of its own
    except BaseException:
        return None
    line = (text.splitlines() or [""])[0].rstrip()
    plain = printable(line)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."
