"""A verification for a reader: in colour on a terminal, plain and the same everywhere in a pipe."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from gradproof.reports.printing.tables import counted
from gradproof.reports.printing.terminal import one_line, readable
from gradproof.reports.teaching.claims.statuses import (
    DIFFERS,
    FAILING,
    OK,
    PROPAGATED,
    WRONG,
    DocumentResult,
    Verification,
)
from gradproof.reports.teaching.rendering.findings import (
    Finding,
    agreement,
    diagnosis,
    disagreements,
    failures,
    following,
    notes,
    said,
    status_list,
    verification_summary,
)

WIDTH = 100
"""Up to this many columns what is printed and what is right stand side by side, whatever the terminal's width: the
report is the same everywhere."""

ROWS = 40
"""How many lines of a printed matrix are shown."""

STYLES = {OK: "green", WRONG: "bold red", PROPAGATED: "red"}
"""All other statuses are yellow."""


class Line(NamedTuple):
    """A line of the report. Prose, which has no colours, is wrapped on a terminal; numbers never are.

    `indent` is the number of spaces before it.
    """

    text: Text
    indent: int = 0
    prose: bool = False


BLANK = Line(Text())


def report_text(verification: Verification, *, verbose: bool = False) -> str:
    """The whole report as plain text, without colour; `verbose` shows every claim in full."""
    return as_text(report_lines(verification, verbose=verbose))


def as_text(lines: Iterable[Line]) -> str:
    """`lines` without colour, none of them wrapped."""
    return "".join(f"{' ' * line.indent}{line.text.plain}".rstrip() + "\n" for line in lines)


def show(verification: Verification, console: Console, *, verbose: bool = False) -> None:
    """Print the report on a terminal, in colour; prose is wrapped to its width."""
    for line in report_lines(verification, verbose=verbose):
        # Here and not by rich, which would cut a long number or formula in two.
        width = max(console.width - line.indent, 40)
        prose = wrap(line.text.plain, width, break_long_words=False, break_on_hyphens=False) if line.prose else []
        for part in map(Text, prose) if prose else [line.text]:
            console.print(Text(" " * line.indent) + part, soft_wrap=True)


def report_lines(verification: Verification, *, verbose: bool = False) -> Iterator[Line]:
    """Every document, what was found in it, and the sum; `verbose` shows every claim in full."""
    for document in verification.documents:
        yield from document_lines(document, verbose)
        yield BLANK
    yield Line(Text(verification_summary(verification), STYLES[WRONG] if verification.failed() else STYLES[OK]))


def document_lines(document: DocumentResult, verbose: bool) -> Iterator[Line]:
    """One document: its title and counts, the root errors, the notes."""
    title = one_line(document.title)
    yield Line(Text.assemble((one_line(document.path), "bold"), f": {title}" if title else ""))
    statuses = Counter(claim.status for claim in document.claims)
    parts = filter(None, (counted(len(document.claims), "claim"), status_list(statuses)))
    yield Line(Text(": ".join(parts)), 2)
    if agreed := agreement(document):
        yield Line(Text(agreed), 2)
    for finding, framework, word in disagreements(document):
        yield Line(Text(f"{finding.place}  {framework}  {finding.quantity}: {word}", "yellow"), 2)
    for finding in failures(document):
        yield from entry(finding)
        if finding.followers and not verbose:
            yield Line(Text(following(finding.followers)), 4, prose=True)
        for follower in finding.followers if verbose else ():
            yield from entry(follower)
    for finding in notes(document):
        yield from entry(finding)
    if verbose:
        for i, claim in enumerate(document.claims):
            if claim.status == OK:
                yield from entry(Finding(document, i))


def entry(finding: Finding) -> Iterator[Line]:
    """A claim with everything that was found out about it."""
    yield BLANK
    yield heading(finding)
    yield from details(finding)


def heading(finding: Finding) -> Line:
    """Where the claim is, its status, and what it is about."""
    claim, status = finding.result.claim, finding.result.status
    parts = (
        (finding.place, "bold"),
        (status, STYLES.get(status, "yellow")),
        (one_line(claim.where), ""),
        (finding.quantity, "bold"),
    )
    return Line(Text("  ").join(Text(text, style) for text, style in parts if text))


def details(finding: Finding, *, stacked: bool = False) -> Iterator[Line]:
    """What is printed beside what is right, and why it is wrong; `stacked` puts the two below one another."""
    result = finding.result
    printed, right = readable(said(result.claim)), readable(result.computed)
    style = STYLES[WRONG] if result.status in FAILING else ""
    yield from pair(printed, right, style, stacked)
    corrected = readable(result.corrected or "")
    if corrected not in ([""], printed, right):
        yield from labelled("corrected", corrected, STYLES[OK])
    if result.claim.expression is not None and (result.status in FAILING or result.status == DIFFERS):
        yield from labelled("printed arithmetic", readable(result.claim.expression), "")
    if result.message:
        yield Line(Text(one_line(result.message)), 4, prose=True)
    if result.diagnosis:
        yield Line(Text(f"diagnosis: {diagnosis(result.diagnosis)}"), 4, prose=True)
    if finding.root:
        yield Line(Text(f"follows from {finding.root.quantity}, {finding.root.name}"), 4, prose=True)


def pair(printed: list[str], right: list[str], style: str, stacked: bool) -> Iterator[Line]:
    """Two values: in one line, as two blocks side by side, or one below the other where they are too wide."""
    if right == [""]:
        yield from labelled("printed", printed, style)
        return
    width = max(map(cell_len, printed))
    if len(printed) == len(right) == 1 and len("printed   right ") + width + cell_len(right[0]) + 4 <= WIDTH:
        yield Line(Text.assemble("printed ", (printed[0], style), "   right ", (right[0], STYLES[OK])), 4)
    elif stacked or len(printed) == len(right) == 1 or width + max(map(cell_len, right)) + 12 > WIDTH:
        yield from labelled("printed", printed, style)
        yield from labelled("right", right, STYLES[OK])
    else:
        left, other = barred(printed), barred(right)
        width = max(map(cell_len, left))
        for a, b in zip_longest(["printed", *left], ["right", *other], fillvalue=""):
            styles = ("", "") if a == "printed" else (style, STYLES[OK])
            gap = " " * (width - cell_len(a) + 4) if b else ""
            yield Line(Text.assemble((a, styles[0]), gap, (b, styles[1])), 4)


def labelled(label: str, lines: list[str], style: str) -> Iterator[Line]:
    """A value behind its label, or below it if it has several lines, in the given style."""
    if len(lines) == 1:
        yield Line(Text.assemble(f"{label} ", (lines[0], style)), 4)
        return
    yield Line(Text(label), 4)
    for line in barred(lines):
        yield Line(Text(line, style), 4)


def barred(lines: list[str]) -> list[str]:
    """Lines of a document behind a bar: a log that reads commands at the start of a line finds none there."""
    more = [f"({len(lines) - ROWS} more lines)"] if len(lines) > ROWS else []
    return [f"| {line}" for line in [*lines[:ROWS], *more]]
