"""The whole page: one file that needs nothing else, no network and no script."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.printing.markup import Markup, tag
from gradproof.reports.printing.tables import counted
from gradproof.reports.printing.terminal import encoded, one_line
from gradproof.reports.teaching.claims.claim import Claim, Document, Lesson
from gradproof.reports.teaching.claims.quantity import Value, read_quantity
from gradproof.reports.teaching.claims.statuses import WRONG, DocumentResult, Verification
from gradproof.reports.teaching.page.claims import claims, right
from gradproof.reports.teaching.page.contents import Box, boxes, in_full
from gradproof.reports.teaching.page.marks import sign
from gradproof.reports.teaching.page.svg import Cell, drawing, legend
from gradproof.reports.teaching.rendering.findings import agreement, status_list, verification_summary

MAX_BOXES = 2_000
"""A graph with more nodes is not drawn: nobody could read it, and few browsers scroll it."""

WIDEST = 1_140
"""A graph of up to so many pixels has the claims beside it; a wider one has them below."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may do for this page: apply its own style, and fetch nothing."""


@dataclass(frozen=True)
class Part:
    """A lesson with its claims; `prefix` begins all its anchors. Claims that belong to none have no lesson.

    `positions` are those of its claims among the document's, counted from 0; `claim_prefix` begins their anchors.
    """

    document: DocumentResult
    prefix: str
    claim_prefix: str
    positions: range
    lesson: Lesson | None

    @cached_property
    def boxes(self) -> list[Box]:
        """The named values of the lesson's network, which its graph shows; none without a lesson."""
        return boxes(self.lesson.network) if self.lesson else []

    @cached_property
    def nodes(self) -> dict[int, tuple[int, ...]]:
        """For the position of each claim the nodes that it is about, by their positions among the boxes."""
        if self.lesson is None:
            return {}
        network = self.lesson.network
        index = {name: k for k, name in enumerate(network.names)}
        claimed = {i: self.document.claims[i].claim for i in self.positions}
        return {i: tuple(index[name] for name in subjects(claim, network)) for i, claim in claimed.items()}

    @cached_property
    def claims_of(self) -> dict[int, list[int]]:
        """For each node the positions of the claims about it."""
        found: dict[int, list[int]] = {}
        for position, nodes in self.nodes.items():
            for k in nodes:
                found.setdefault(k, []).append(position)
        return found

    def status(self, position: int) -> str:
        """The status of the claim at a position."""
        return self.document.claims[position].status

    def anchor(self, position: int) -> str:
        """The anchor of the claim at a position."""
        return f"{self.claim_prefix}-c{position + 1}"

    def anchors(self, position: int) -> tuple[str, str | None]:
        """The anchors of a claim and of its first node, or of that one's row in the table where there is no drawing.

        The second is None for a claim about no node.
        """
        nodes = self.nodes.get(position, ())
        kind = "n" if len(self.boxes) <= MAX_BOXES else "v"
        return self.anchor(position), f"{self.prefix}-{kind}{nodes[0]}" if nodes else None


def subjects(claim: Claim, network: Network) -> list[str]:
    """The names that a claim is about: of values, and by which derivatives are taken; none if it cannot be read."""
    try:
        quantity = read_quantity(claim.quantity, network)
    except GradproofError:
        return []
    atoms = quantity.atoms.values()
    return list(dict.fromkeys(atom.name if isinstance(atom, Value) else atom.to for atom in atoms))


def page(verification: Verification, documents: Sequence[Document]) -> bytes:
    """The page, as UTF-8. `documents` are those that were verified, in the same order."""
    given = [*documents, *[None] * (len(verification.documents) - len(documents))]
    sections = [
        document_section(i, result, document, alone=len(given) == 1)
        for i, (result, document) in enumerate(zip(verification.documents, given, strict=True), 1)
    ]
    title = heading(verification)
    style = Markup(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} - gradproof"),
        tag("style", style),
    )
    body = tag("body", skip(verification), top(verification, title), tag("main", *sections, id="documents"))
    return encoded(f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n")


def heading(verification: Verification) -> str:
    """The title of the page: that of its document, or how many there are."""
    if len(verification.documents) == 1:
        (document,) = verification.documents
        return one_line(document.title) or one_line(document.path)
    return counted(len(verification.documents), "document")


def skip(verification: Verification) -> Markup:
    """The first thing that the tab key meets: a link past all that is right."""
    for i, document in enumerate(verification.documents, 1):
        for position, claim in enumerate(document.claims, 1):
            if claim.status == WRONG:
                return tag("a", "Skip to the first wrong claim", href=f"#d{i}-c{position}", class_="skip")
    return tag("a", "Skip to the claims", href="#documents", class_="skip")


def top(verification: Verification, title: str) -> Markup:
    """The head of the page: title, sum, and where there are several documents their list."""
    failed = verification.failed()
    state = tag(
        "p",
        tag("span", "✗ errors found" if failed else "✓ no errors", class_=f"status {'bad' if failed else 'good'}"),
        f" {verification_summary(verification)}",
        class_="summary",
    )
    listed = [
        tag("li", tag("a", one_line(d.title) or one_line(d.path), href=f"#d{i}"), " ", status_counts(d))
        for i, d in enumerate(verification.documents, 1)
    ]
    contents = tag("nav", tag("ul", *listed), aria_label="Documents") if len(listed) > 1 else None
    return tag("header", tag("p", "gradproof verify", class_="place"), tag("h1", title, id="title"), state, contents)


def status_counts(document: DocumentResult) -> Markup:
    """How many claims of each status."""
    statuses = Counter(claim.status for claim in document.claims)
    parts = filter(None, (counted(len(document.claims), "claim"), status_list(statuses)))
    return tag("span", ": ".join(parts), class_="place")


def document_section(i: int, result: DocumentResult, document: Document | None, alone: bool) -> Markup:
    """The `i`-th document, counted from 1; one that is `alone` has title and sum at the head of the page."""
    title = one_line(result.title) or one_line(result.path)
    about = [one_line(result.path)] if result.title else []
    about += [f"from {one_line(result.source)}"] if result.source else []
    agreed = agreement(result)
    several = len(document.lessons) > 1 if document else False
    return tag(
        "section",
        *(() if alone else (tag("h2", title, id=f"d{i}-title"), tag("p", status_counts(result)))),
        tag("p", "; ".join(about), class_="place") if about else None,
        tag("p", agreed) if agreed else None,
        *(lesson_block(part, several, 2 if alone else 3) for part in parts_of(i, result, document)),
        id=f"d{i}",
        class_="document",
        aria_labelledby="title" if alone else f"d{i}-title",
    )


def parts_of(i: int, result: DocumentResult, document: Document | None) -> Iterator[Part]:
    """The lessons of a document, the `i`-th, with their claims, which the result has one behind the other.

    Claims that belong to no lesson, as where the file has changed since, come last.
    """
    done = 0
    for k, lesson in enumerate(document.lessons if document else (), 1):
        end = done + len(lesson.claims)
        if end > len(result.claims):
            break  # the file is not what was verified any more
        yield Part(result, f"d{i}-g{k}", f"d{i}", range(done, end), lesson)
        done = end
    if done < len(result.claims):
        yield Part(result, f"d{i}-g0", f"d{i}", range(done, len(result.claims)), None)


def lesson_block(part: Part, several: bool, level: int) -> Markup:
    """A lesson: the graph, the claims beside it that need a look, the values and the other claims below them.

    `level` is that of its heading; `several` says that the document has more lessons.
    """
    lesson = part.lesson
    title = (one_line(lesson.network.title) or "Network") if lesson else "Claims"
    drawn, width = graph_figure(part, title) if lesson else (None, 0.0)
    said = claims(part.document, part.positions, part.anchors, level + 1)
    fine = right(part.document, part.positions, part.anchors, level + 1)
    if not part.positions:
        said = [tag("p", "There are no claims.")]
    beside = " beside" if drawn and said and part.positions and width <= WIDEST else ""
    return tag(
        "div",
        tag(f"h{level}", title if several or lesson is None else "Computation graph"),
        tag("div", drawn, tag("div", *said, class_="claims") if said else None, class_=f"look{beside}"),
        fine,
        value_table(part) if lesson else None,
        class_="lesson",
    )


def graph_figure(part: Part, title: str) -> tuple[Markup, float]:
    """The graph with its legend, and its width in pixels; infinite for one that is too large to be drawn."""
    if len(part.boxes) > MAX_BOXES:
        return tag("p", f"The graph has {len(part.boxes):,} named nodes; up to {MAX_BOXES:,} are drawn."), math.inf
    statuses = [tuple(map(part.status, part.claims_of.get(k, ()))) for k in range(len(part.boxes))]
    cells = [Cell(box, found) for box, found in zip(part.boxes, statuses, strict=True)]
    picture, width = drawing(cells, part.prefix, title)
    return tag("figure", tag("div", picture, class_="scroll"), tag("figcaption", legend())), width


def value_table(part: Part) -> Markup:
    """All numbers of the graph as a table."""
    names = ("name", "computed by", "value", "gradient", *(("claims",) if part.claims_of else ()))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col", data_label=name) for name in names)))
    rows = tag("tbody", *(value_row(part, k, box, names) for k, box in enumerate(part.boxes)))
    return tag("details", tag("summary", "Values and gradients"), tag("table", head, rows, class_="values"), open="")


def value_row(part: Part, k: int, box: Box, names: Sequence[str]) -> Markup:
    """The row of the `k`-th box in the table of values, with links to its node and to the claims about it."""
    link = f"#{part.prefix}-n{k}" if len(part.boxes) <= MAX_BOXES else None
    name = tag("code", box.name)
    about = [
        tag(
            *("a", f"{sign(part.status(i))} {i + 1}"),
            href=f"#{part.anchor(i)}",
            aria_label=f"claim {i + 1}, {part.status(i)}",
        )
        for i in part.claims_of.get(k, ())
    ]
    gradient = tag("pre", in_full(box.gradient)) if box.gradient is not None else Markup("no path to the loss")
    expression = tag("code", box.expression) if box.expression else Markup(box.kind)
    texts = (expression, tag("pre", in_full(box.value)), gradient, Markup(" ".join(about)))
    return tag(
        "tr",
        tag("th", tag("a", name, href=link) if link else name, scope="row", data_label=names[0]),
        *(tag("td", text, data_label=name) for name, text in zip(names[1:], texts, strict=False)),
        id=f"{part.prefix}-v{k}",
    )
