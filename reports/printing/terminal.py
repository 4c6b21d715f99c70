"""Text that can steer no terminal, whatever a file holds, and output that cannot be written."""

import os
import sys
import unicodedata
from textwrap import dedent
from typing import Any

from gradproof.adapters.running.messages import ANYWHERE as ANYWHERE
from gradproof.adapters.running.messages import printable as printable
from gradproof.adapters.running.messages import visible as visible


def printable_data(data: Any) -> Any:
    """A copy of JSON data in which every text, however deep, is `printable`: the data of a report for a reader."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, dict):
        return {key: printable_data(value) for key, value in data.items()}
    return [printable_data(value) for value in data] if isinstance(data, list | tuple) else data


def encoded(text: str) -> bytes:
    """`text` as UTF-8; half a character, which a file name or a notebook can hold, as JSON and Python escape it."""
    return text.encode("utf-8", "backslashreplace")


def open_closed() -> None:
    """Let what a shell has closed (`>&-`) lead nowhere: what is printed there is lost, and no file gets its number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                nowhere = os.open(os.devnull, os.O_RDWR)
                if nowhere != number:
                    os.dup2(nowhere, number)
                    os.close(nowhere)
                os.set_inheritable(number, True)  # workers find it open as well
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 # for as long as Python lives


def drop_output() -> None:
    """Send what is still to be written to standard output nowhere: Python tries it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def readable(text: str) -> list[str]:
    """The lines of `text`: control characters as escapes, every space a plain one, no margin around the whole."""
    plain = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text.replace("\r\n", "\n").expandtabs())
    lines = [printable(line).rstrip() for line in dedent(plain).strip("\n").split("\n")]
    return lines if len(lines) > 1 else [lines[0].strip()]


def one_line(text: str) -> str:
    """All lines of `text` in one, with spaces between them, cleaned as by `readable`."""
    return " ".join(readable(text))
