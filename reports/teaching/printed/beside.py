r"""The arithmetic that is printed beside a number: `0.48 * 0.24` in `= 0.48 \times 0.24 = 0.1152`."""

import ast
import re

from gradproof.reports.teaching.printed.trailing import RELATION

LONGEST = 400
"""Characters that are looked at."""

SIGNS = (
    (re.compile(r"\\(?:left|right|displaystyle|quad|,|;|!| )|[$&`]|\\\s*\\|\{\}"), " "),
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])|\\\*|×|·|⋅"), " * "),
    (re.compile(r"\\div(?![A-Za-z])|÷"), " / "),
    (re.compile(r"−"), "-"),
    (re.compile(r"\^"), "**"),
    (re.compile(r"[\[{]"), "("),
    (re.compile(r"[\]}]"), ")"),
)
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
PLAIN = re.compile(r"[0-9.eE()*/+ -]*\Z")
JOINED = re.compile(r"(?<=[0-9.)]) *(?=\()|(?<=\)) *(?=[0-9.])")
"""Where a multiplication sign is left out."""


def expression_before(text: str, start: int) -> str | None:
    """The arithmetic between the last two equals signs before the number that begins at `start`, if it is plain.

    It is written in the statement language. It is None where there is none, where it holds more than numbers, and where
    it begins more than `LONGEST` characters before `start`, a position counted from 0.
    """
    parts = re.split(RELATION, text[max(0, start - LONGEST) : start])
    if len(parts) < 2 or not re.fullmatch(r"[\s*_`$&({\[\\]*|[\s&]*\\boxed\s*\{\s*", parts[-1]):
        return None
    if len(parts) == 2 and start > LONGEST:
        return None  # where the arithmetic begins is out of sight
    return arithmetic(parts[-2])


def arithmetic(printed: str) -> str | None:
    """`printed`, a text or LaTeX, as an expression of the language; None unless it is arithmetic on plain numbers."""
    for _ in range(5):  # a fraction in a fraction in a fraction is enough
        printed, found = FRACTION.subn(lambda part: f"({group(part[1])} / {group(part[2])})", printed)
        if not found:
            break
    for sign, meaning in SIGNS:
        printed = sign.sub(meaning, printed)
    printed = JOINED.sub(" * ", " ".join(printed.strip(" *_\n").split()))
    return printed if PLAIN.match(printed) and is_expression(printed) else None


def group(part: str) -> str:
    """The numerator or denominator of a fraction, in brackets if it needs them."""
    return part if re.fullmatch(r"\s*[0-9.]+\s*", part) else f"({part})"


def is_expression(text: str) -> bool:
    """Whether this is numbers and at least one operation. It is parsed, never evaluated."""
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # the last two are how brackets nest too deep
        return False
    allowed = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    nodes = list(ast.walk(tree))
    return all(isinstance(node, allowed) for node in nodes) and any(isinstance(node, ast.BinOp) for node in nodes)
