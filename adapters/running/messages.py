"""What went wrong, on one line, whatever was raised: its name and text may be anything, or raise themselves."""

import re
from collections.abc import Callable

LONGEST = 500
"""Characters of a text that are shown; the rest of a longer one is a dump, no message."""


def exception_line(problem: BaseException, whole: bool = False) -> str:
    """One line for an exception: its type, and the first line of its text if it has one; all lines of the `whole`."""
    name = _in_one_line(lambda: type(problem).__name__) or "an exception without a name"
    text = _in_one_line(lambda: str(problem), whole)
    if text is None:
        return f"{name}, whose text cannot be had"
    return f"{name}: {text}" if text else name


ANYWHERE = re.compile(r"#(?=#\w*\[)")
"""Where GitHub, Azure and TeamCity find commands in a build's log: `##[`, `##vso[`, `##teamcity[`."""

COMMAND = re.compile(rf"(?<!\S):(?=:)|{ANYWHERE.pattern}")
"""As `ANYWHERE`, and `::`, at the beginning of a line GitHub's: a line may break before any word."""


def printable(text: str) -> str:
    """`text` on one line, control characters as escapes: what a file holds must steer no terminal, and no build.

    What begins a build's command is an escape as well.
    """
    return COMMAND.sub(lambda found: f"\\x{ord(found[0]):02x}", visible(text))


def visible(text: str) -> str:
    """`text` on one line, control characters as escapes, else as it is: where nothing can begin a command."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.replace("\n", " "))


def _in_one_line(make: Callable[[], str], whole: bool = False) -> str | None:
    """The first line of a text, or all, so that it can be printed and written anywhere; None where making it raises."""
    try:
        text = str.lstrip(make())[: 2 * LONGEST]  # not the text's own methods: it may be of a class of its own
    except BaseException:
        return None
    line = " ".join(text.split()) if whole else (text.splitlines() or [""])[0].rstrip()
    plain = printable(line)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}..."
