"""The claims as HTML: root errors first, each with what follows from it, then notes, then what is right."""

from collections.abc import Callable, Sequence

from gradproof.reports.printing.markup import Markup, tag, together
from gradproof.reports.printing.tables import counted
from gradproof.reports.printing.terminal import one_line, readable
from gradproof.reports.teaching.claims.claim import FORMULA
from gradproof.reports.teaching.claims.statuses import DIFFERS, FAILING, OK, WRONG, DocumentResult
from gradproof.reports.teaching.page.marks import badge
from gradproof.reports.teaching.rendering.findings import Finding, conditions, diagnosis, failures, notes, said

Anchors = Callable[[int], tuple[str, str | None]]
"""Of the claim at a position: its own anchor, and that of the node that it is about."""

AT_A_POINT = "right value, where they differ"
"""Of a formula: it is no value of the graph, but one at the inputs of a counterexample."""


def claims(document: DocumentResult, positions: range, anchors: Anchors, level: int) -> list[Markup]:
    """Sections for those of the claims at these positions that a reader should look at; none for groups without any.

    Positions count the document's claims from 0; `level` is that of the sections' headings, as in h2.
    """
    found = [finding for finding in failures(document) if finding.position in positions]
    roots = [finding for finding in found if finding.result.status == WRONG]
    lost = [finding for finding in found if finding.result.status != WRONG]
    noted = [finding for finding in notes(document) if finding.position in positions]
    parts = [claim_group("Wrong", roots, level, *(card(root, anchors, level + 1) for root in roots))]
    parts.append(claim_group("Follows from an error elsewhere", lost, level, claims_table(lost, anchors)))
    parts.append(claim_group("Right, with a note", noted, level, claims_table(noted, anchors)))
    return [part for part in parts if part]


def right(document: DocumentResult, positions: range, anchors: Anchors, level: int) -> Markup:
    """A section for the claims at these positions that are right; empty if none are."""
    found = [Finding(document, i) for i in positions if document.claims[i].status == OK]
    return claim_group("Right", found, level, claims_table(found, anchors))


def claim_group(title: str, found: Sequence[Finding], level: int, *parts: Markup) -> Markup:
    """A section for a group of claims, headed by their number; empty if there are none."""
    if not found:
        return Markup()
    return tag("section", tag(f"h{level}", f"{title}: {len(found)}"), *parts, class_="group")


def card(finding: Finding, anchors: Anchors, level: int) -> Markup:
    """A root error in full: what is printed and right, the reasons, and a table of the claims that follow from it."""
    anchor, _ = anchors(finding.position)
    followers = finding.followers
    verb = "follows" if len(followers) == 1 else "follow"
    title = tag("p", tag("strong", f"{counted(len(followers), 'claim')} that {verb} from it"), class_="followers")
    return tag(
        "article",
        tag(
            "div",
            tag(f"h{level}", badge(finding.result.status), " ", quantity_link(finding, anchors)),
            tag("p", claim_place(finding)),
            tag("dl", *(tag("div", tag("dt", label), tag("dd", text)) for label, text in compared_texts(finding))),
            *reasons(finding),
            class_="root",
        ),
        *((title, claims_table(followers, anchors)) if followers else ()),
        id=anchor,
        class_="claim",
    )


def quantity_link(finding: Finding, anchors: Anchors) -> Markup:
    """The quantity, as a link to its node, and under what it is claimed."""
    quantity = tag("code", one_line(finding.result.claim.quantity))
    _, node = anchors(finding.position)
    linked = tag("a", quantity, href=f"#{node}") if node else quantity
    return together(linked, conditions(finding.result.claim))


def claim_place(finding: Finding) -> Markup:
    """Where the claim stands in the document."""
    return tag("span", where(finding), class_="place")


def where(finding: Finding) -> str:
    """Where the claim stands: its line or position, and what the author calls the place."""
    return ", ".join(filter(None, (finding.name, one_line(finding.result.claim.where))))


def compared_texts(finding: Finding) -> list[tuple[str, Markup]]:
    """What is printed, what is right, and the corrected text, where they differ; each with a label."""
    result = finding.result
    printed, right = readable(said(result.claim)), readable(result.computed)
    formula = result.claim.kind == FORMULA
    found = [("printed", preformatted("del" if result.status in FAILING else "span", printed))]
    if right not in ([""], printed):
        found.append((AT_A_POINT if formula else "right", preformatted("span", right)))
    corrected = readable(result.corrected or "")
    if corrected not in ([""], printed, right):
        found.append(("corrected text", preformatted("ins", corrected)))
    if result.claim.expression is not None and (result.status in FAILING or result.status == DIFFERS):
        found.append(("printed arithmetic", preformatted("span", readable(result.claim.expression))))
    return found


def preformatted(element: str, lines: Sequence[str]) -> Markup:
    """Text of the document, or in its style, line by line as it stands there."""
    return tag("pre", tag(element, "\n".join(lines)))


def reasons(finding: Finding) -> list[Markup]:
    """Why it is wrong, or right all the same; and what the frameworks say."""
    result = finding.result
    found = []
    if result.diagnosis:
        sentence = f"{diagnosis(result.diagnosis)}."
        found.append(tag("p", tag("strong", "Diagnosis: "), sentence, class_="diagnosis"))
    if result.message:
        found.append(tag("p", one_line(result.message)))
    words = [f"{one_line(name)}: {one_line(word)}" for name, word in result.frameworks.items()]
    if words:
        found.append(tag("p", "; ".join(words), class_="frameworks"))
    return found


def claims_table(findings: Sequence[Finding], anchors: Anchors) -> Markup:
    """A table of claims, one in a row: the claim, what is printed, what is right."""
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in ("claim", "printed", "right"))))
    return tag("table", head, tag("tbody", *(claim_row(finding, anchors) for finding in findings)), class_="rows")


def claim_row(finding: Finding, anchors: Anchors) -> Markup:
    """A claim as a row. The labels of its cells are for narrow pages, where the row is a list."""
    given = dict(compared_texts(finding))
    rest = [
        together(tag("span", f"{label} ", class_="place"), given[label])
        for label in (AT_A_POINT, "corrected text", "printed arithmetic")
        if label in given
    ]
    claim = tag(
        "td",
        tag("div", badge(finding.result.status), " ", quantity_link(finding, anchors)),
        claim_place(finding),
        *reasons(finding),
        data_label="claim",
    )
    computed = together(given.get("right"), *rest)
    cells = tag("td", given["printed"], data_label="printed"), tag("td", computed, data_label="right")
    return tag("tr", claim, *cells, id=anchors(finding.position)[0], class_="claim")
