r"""Where equations begin and end in some math: rows, sides, and several equations in a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARK = re.compile(
    r"(?P<begin>\\begin\{[a-zA-Z]+\*?\}(?:\{[clr|@{}\s]*\})?)|(?P<end>\\end\{[a-zA-Z]+\*?\})|(?P<row>\\\\(?:\s*\[[^\]\n]{0,20}\])?)"
    r"|(?P<gap>\\(?:q?quad|implies|iff|Rightarrow|Longrightarrow|to)(?![A-Za-z])"
    r"|\\text(?:rm|bf|it)?\{(?:[^{}]*[ .,:;][^{}]*|and|where|so|or|[Ll]et|with|if|for|thus)\})"
    r"|(?P<stop>\\in(?![A-Za-z]))|(?P<equals>=|≈|\\(?:approx|simeq|equiv)(?![A-Za-z]))"
    r"|(?P<open>(?<!\\)[{(\[])|(?P<close>(?<!\\)[})\]])|(?P<comma>[,;])|\\[A-Za-z]+|\\."
)
MATRIX = re.compile(r"\\(?:begin|end)\{(?:[pbvBV]|small)?matrix|\\(?:begin|end)\{array")
COMMENT = re.compile(r"(?<!\\)%[^\n]*")
TRAILING = re.compile(r"(?<![\s&.,;])(?:[\s&.,;]|\\[,;:!> ]|\\(?:quad|qquad|nonumber|notag)(?![A-Za-z]))+\Z")
LEADING = re.compile(r"\A(?:[\s&]|\\[,;:!> ]|\\(?:quad|qquad|displaystyle)(?![A-Za-z])|\\hspace\{[^{}]*\})+")


@dataclass(frozen=True)
class Part:
    """One side of an equation, and the line of the equals sign before it; or the set that a `member` sign names."""

    text: str
    line: int
    member: bool = False


def chains(latex: str, line: int) -> Iterator[list[Part]]:
    """The chains of equations in some math that begins on this line."""
    latex = COMMENT.sub("", latex)
    parts: list[Part] = []
    start = depth = matrices = at = counted = 0
    equals = line
    stopped = False

    def close(end: int) -> Iterator[list[Part]]:
        nonlocal parts, stopped
        parts.append(Part(trimmed(latex[start:end]), equals, member=stopped))
        if len(parts) > 1 and all(part.text for part in parts[1:]):
            yield parts
        parts, stopped = [], False

    for mark in MARK.finditer(latex):
        kind = mark.lastgroup
        line, counted = line + latex.count("\n", counted, mark.start()), mark.start()
        at = mark.end()
        if kind in ("begin", "end"):
            if MATRIX.match(mark[0]):
                matrices = max(0, matrices + (1 if kind == "begin" else -1))
            else:
                yield from close(mark.start())
                start, depth = at, 0
        elif matrices:
            continue
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "row" or (kind == "gap" and not depth) or (kind == "comma" and not depth and parts):
            yield from close(mark.start())
            start, depth = at, 0
        elif kind == "stop" and not depth and not stopped:
            parts.append(Part(trimmed(latex[start : mark.start()]), equals))
            start, equals, stopped = at, line, True
        elif kind == "equals" and not depth and not stopped:
            parts.append(Part(trimmed(latex[start : mark.start()]), equals))
            start, equals = at, line
    yield from close(len(latex))


def trimmed(text: str) -> str:
    """A side of an equation without what aligns it."""
    return " ".join(TRAILING.sub("", LEADING.sub("", " ".join(text[:5_000].split()))).split())
