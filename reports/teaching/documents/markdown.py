"""Markdown, MyST and R Markdown: what in such a text matters to claims.

Only the blocks of a text (paragraphs, lists, tables, fences ...) are found by markdown-it; inside them nothing but
comments and code spans matters, and these are found in one pass, however long a line is.
"""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.documents.comments import split_comments, visible
from gradproof.reports.teaching.documents.display import display_plugin
from gradproof.reports.teaching.documents.events import MATH, OUTPUT, Event, Place, Prose, Shown, Title

MAX_DEPTH = 60
"""Lists and quotations within each other, each list counting twice."""

MAX_DIRECTIVES = 10
"""Fences within each other whose contents are Markdown."""

MATH_INFO = re.compile(r"\{?(?:math|latex|tex|katex)\}?(?:\s|\Z)")
DIRECTIVE = re.compile(
    r"\{(?:(?:prf|proof|grid|tab):[a-z-]+|admonition|attention|caution|danger|error|hint|important|note|seealso|tip"
    r"|warning|exercise(?:-start)?|solution(?:-start)?|example|theorem|proof|definition|lemma|remark|dropdown|details"
    r"|card|grid|grid-item|grid-item-card|tab-set|tab-item|margin|sidebar|aside|topic|epigraph|container|div|figure"
    r"|table|list-table|block-quote|callout)\}"
)
"""MyST's fences whose contents are Markdown; other fences show what is in them."""

FRONT_TITLE = re.compile(r"^title:[ \t]*(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\n]*))", re.MULTILINE)


def read_markdown(text: str, place: Place) -> Iterator[Event]:
    """What in this Markdown matters to claims, in order; `place` is its first line.

    Raises GradproofError, with the place, for blocks and marks that are not closed, a mark inside displayed math, and
    directives nested deeper than `MAX_DIRECTIVES`.
    """
    if "<!--" in text or re.match(r"#|---", text):
        yield from events(text.replace("\r\n", "\n").replace("\r", "\n"), place, MAX_DIRECTIVES)
    elif text.strip():
        yield Prose(text, place)


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables, front matter and displayed math; the contents of paragraphs are left as they are."""
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_DEPTH}).enable("table")
    markdown.core.ruler.disable(["inline", "text_join"])
    markdown.block.ruler.disable("reference")
    front_matter_plugin(markdown)
    display_plugin(markdown)
    return markdown


def events(text: str, place: Place, depth: int) -> Iterator[Event]:
    """What matters in a text, or in a fence of one whose contents are Markdown.

    `depth` is how many directives may still be nested. Raises GradproofError where there are more, and as
    `split_comments` and `math` do.
    """
    if not depth:
        raise GradproofError(f"{place}: directives nest deeper than {MAX_DIRECTIVES}")
    tokens, lines = parser().parse(text), text.split("\n")
    for i, token in enumerate(tokens):
        here = place.down(token.map[0]) if token.map else place
        if token.type == "front_matter":
            title = FRONT_TITLE.search(token.content)
            if title:
                yield Title((title[1] or title[2] or title[3] or "").strip())
        elif token.type == "html_block":
            yield from split_comments(token.content, here, html=True)
        elif token.type == "tr_open" and token.map:
            # Not cell by cell: GitHub drops what a row has beyond the last column, and a mark may well stand there.
            yield from split_comments(lines[token.map[0]], here, html=False, row=True)
        elif token.type == "inline" and tokens[i - 1].type not in ("th_open", "td_open"):
            if tokens[i - 1].type == "heading_open" and tokens[i - 1].tag == "h1":
                yield Title(visible(token.content).strip())
            yield from split_comments(token.content, here, html=False)
        elif token.type == "math_block":
            yield math(token.content, here)
        elif token.type == "code_block":
            yield Shown(token.content, here, OUTPUT)
        elif token.type == "fence":
            yield from fence(token, here, depth)


def fence(token: Token, place: Place, depth: int) -> Iterator[Event]:
    """What matters in a fenced block that begins at `place`; `depth` and what is refused are as in `events`."""
    info = token.info.strip()
    inside = place.down(1)
    if MATH_INFO.match(info):
        yield math(token.content, inside)
    elif DIRECTIVE.match(info):
        yield from events(token.content, inside, depth - 1)
    else:
        yield Shown(token.content, inside, OUTPUT)


def math(text: str, place: Place) -> Shown:
    """Displayed math that begins at `place`. Raises GradproofError for a mark inside, where readers would see it."""
    if re.search(r"<!--\s*=", text):
        raise GradproofError(f"{place}: a mark inside displayed math is not invisible; put it after the math")
    return Shown(text, place, MATH)
