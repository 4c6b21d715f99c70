r"""Displayed math as a rule for markdown-it: `$$ ... $$`, `\[ ... \]`, `\begin{align} ...` and MyST's `:::{math}`.

The rules of mdit-py-plugins look for the end of each `$$` through the whole document, which takes hours for one that is
made for it, and know no mark after the closing `$$`.
"""

import re
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

OPENING = re.compile(
    r"(?P<dollars>\$\$)|(?P<bracket>\\\[)|\\begin\{(?P<environment>[a-zA-Z]{1,20}\*?)\}|(?P<colons>:{3,})\s*\{math\}"
)
LABEL = re.compile(r"\s*\([^()\s]{1,100}\)\s*\Z")


def display_plugin(markdown: MarkdownIt) -> None:
    """Add the rule; unlike the plugin's, it ends a paragraph, as it does on GitHub and in Pandoc."""
    markdown.block.ruler.before("fence", "display", read_display, {"alt": ["paragraph", "blockquote", "list"]})


def read_display(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read displayed math that begins on the line `first`, counted from 0; whether there is any.

    This is a block rule of markdown-it: `end` is the line behind the last that may be read, and with `silent` nothing
    is added to the tokens. A mark behind the closing becomes a token of its own.
    """
    opening = OPENING.match(line_of(state, first)) if not state.is_code_block(first) else None
    if not opening:
        return False
    closing = closing_of(opening)
    # Failures are remembered: between `first` and where the search gave up, none with this end will succeed.
    failed: dict[Any, int] = state.env.setdefault("display", {})
    if first < failed.get(closing, -1):
        return False
    last, at = find_end(state, first, end, closing, opening.end())
    if at < 0:
        failed[closing] = last
        return False
    text = line_of(state, last)
    rest = text[at + len(closing) :]
    if not (rest.strip() == "" or LABEL.match(rest) or ("<!--" in rest and "-->" in rest)):
        failed[closing] = last
        return False
    if silent:
        return True
    lines = [line_of(state, line) for line in range(first, last)] + [text[: at + len(closing)]]
    token = state.push("math_block", "math", 0)
    token.content, token.map = "\n".join(lines), [first, last + 1]
    if "<!--" in rest:
        token = state.push("inline", "", 0)
        token.content, token.map, token.children = rest, [last, last + 1], []
    state.line = last + 1
    return True


def closing_of(opening: re.Match[str]) -> str:
    """What ends displayed math that begins like this."""
    if opening["environment"]:
        return f"\\end{{{opening['environment']}}}"
    return "$$" if opening["dollars"] else "\\]" if opening["bracket"] else opening["colons"]


def find_end(state: StateBlock, first: int, end: int, closing: str, start: int) -> tuple[int, int]:
    """The line with the closing and where it is in it, or the line at which the search gave up and -1.

    Lines and positions count from 0; on the line `first` the search begins at `start`.
    """
    line = first
    while line < end:
        text = line_of(state, line)
        outside = state.sCount[line] < state.blkIndent
        if line > first and (not text.strip() or outside):  # no blank line can be inside math
            break
        at = text.find(closing, start if line == first else 0)
        if at >= 0:
            return line, at
        line += 1
    return line, -1


def line_of(state: StateBlock, line: int) -> str:
    """A line without the marks of the lists and quotations that it is in."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
