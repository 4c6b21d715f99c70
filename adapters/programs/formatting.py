"""Laying out program text: lines of bounded length, in Black's manner."""

import re
import textwrap
from typing import Any

import numpy as np

from gradproof.reference.operations.attributes import is_discrete

WIDTH = 88
"""The most characters in a line, as in Black."""

PAIRS = {"(": ")", "[": "]"}


def fold(line: str) -> str:
    """A line of code, its first bracket opened over several lines if it is too long.

    Names and numbers then fill lines; anything longer has a line of its own.
    """
    indent = line[: len(line) - len(line.lstrip())]
    opening = re.search(r"[(\[]", line)
    if len(line) <= WIDTH or opening is None:
        return line
    start = opening.start()
    parts, end = _parts(line, start)
    inner = indent + "    "
    if any(re.search(r"[(\[=]", part) for part in parts):
        body = "\n".join(fold(f"{inner}{part},") for part in parts)
    else:
        body = _filled(", ".join(parts) + ",", inner)
    return f"{line[: start + 1]}\n{body}\n{indent}{line[end:]}"


def assignment(name: str, expression: str, indent: str = "    ") -> str:
    """`name = expression`, the expression in brackets over several lines if it is too long for one."""
    line = f"{indent}{name} = {expression}"
    if len(line) <= WIDTH:
        return line
    return f"{indent}{name} = (\n{_filled(expression, indent + '    ')}\n{indent})"


def _parts(line: str, start: int) -> tuple[list[str], int]:
    """What stands between the commas of the bracket that opens at `start`, and where it closes."""
    depth, parts, begin = 0, [], start + 1
    for i in range(start, len(line)):
        if line[i] in PAIRS:
            depth += 1
        elif line[i] in PAIRS.values():
            depth -= 1
        if depth == 0 or (depth == 1 and line[i] == ","):
            parts.append(line[begin:i].strip())
            begin = i + 1
        if depth == 0:
            return parts, i
    raise ValueError(f"a bracket is not closed: {line}")


def _filled(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def nested(array: Any) -> str:
    """An array (any shape) as Python numbers in nested lists, which give it back exactly once rounded to its dtype."""
    if array.ndim:
        return f"[{', '.join(map(nested, array))}]"
    if is_discrete(array):
        return str(array[()])
    if not np.isfinite(array):
        return f'float("{float(array)}")'
    text = str(array.astype(array.dtype)[()])
    # The shortest text for float32, read as a float64 and then rounded, may in rare cases miss by one.
    return text if array.dtype.type(float(text)) == array else repr(float(array))
