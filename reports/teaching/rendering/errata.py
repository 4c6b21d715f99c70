"""The errata of the documents: what the verification of the built-in lessons found, as Markdown.

A pure function of the JSON form, which `gradproof verify --format json` writes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradproof.reports.printing.tables import grid
from gradproof.reports.teaching.claims.statuses import FAILING, OK, STATUSES, WRONG

KINDS = ("number", "formula", "shape")

Claim = Mapping[str, Any]


def markdown(data: Mapping[str, Any]) -> str:
    """The errata as Markdown: how many claims each lesson has, and what is wrong with those that are not ok.

    `data` is the JSON form `gradproof.verify/1`.
    """
    documents = [document for document in data["documents"] if document["claims"]]
    lines = [
        "# Errata of the documents",
        "",
        "Rendered from `errata.json`, which `gradproof verify --format json` writes; do not edit.",
        "",
        "Every number, formula and shape that the documents print is a claim in one of the lessons. Lines are those of "
        "the document.",
        "",
        *claim_counts(documents),
        "",
    ]
    for document in documents:
        found = list(findings(document["claims"]))
        if found:
            lines += [f"## {document['title']}", "", f"{source(document)}`{document['path']}`", "", *found, ""]
    return "\n".join(lines)


def source(document: Mapping[str, Any]) -> str:
    """Where the document comes from, if the lesson says so."""
    return f"{document['source']}; " if document.get("source") else ""


def claim_counts(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many claims of each kind and status each lesson has."""
    statuses = [s for s in STATUSES if any(c["status"] == s for d in documents for c in d["claims"])]
    rows = [["lesson", *(f"{kind}s" for kind in KINDS), *(s.replace("_", " ") for s in statuses)]]
    total: Counter[str] = Counter()
    for document in documents:
        here = Counter(claim["kind"] for claim in document["claims"])
        here.update(claim["status"] for claim in document["claims"])
        total.update(here)
        rows.append([document["title"], *(str(here[key]) for key in (*KINDS, *statuses))])
    rows.append(["all", *(str(total[key]) for key in (*KINDS, *statuses))])
    return list(grid(rows))


def findings(claims: Sequence[Claim]) -> Iterator[str]:
    """Lines of a list for the claims that are not ok: root errors with what follows from them, then the rest."""
    followers: dict[int, list[int]] = {}
    for i, claim in enumerate(claims):
        if claim.get("follows") is not None:
            followers.setdefault(claim["follows"], []).append(i)
    roots = [i for i, claim in enumerate(claims) if claim["status"] == WRONG]
    for i in roots:
        yield from erratum(claims[i])
        if i in followers:
            yield f"  - From it follow: {', '.join(cited(claims[k]) for k in followers[i])}."
    for i, claim in enumerate(claims):
        if claim["status"] != OK and i not in roots and claim.get("follows") not in roots:
            yield from erratum(claim)


def cited(claim: Claim) -> str:
    """A claim by its line and quantity."""
    line = f"line {claim['line']}, " if claim["line"] else ""
    return f"{line}`{claim['quantity']}` = {printed_code(claim)}"


def printed_code(claim: Claim) -> str:
    """What the document prints, as code."""
    text = next(str(claim[key]) for key in ("printed", "formula", "shape") if key in claim)
    return f"`{' '.join(text.split())}`"


def erratum(claim: Claim) -> Iterator[str]:
    """Lines of a list for one claim: what is printed, what is right, and why it is wrong."""
    line = f"Line {claim['line']}" if claim["line"] else "Somewhere"
    where = f" ({claim['where']})" if claim["where"] else ""
    status = "" if claim["status"] in FAILING else f" [{claim['status'].replace('_', ' ')}]"
    right = claim.get("corrected") or ("" if claim["kind"] == "formula" else claim["computed"])
    yield f"- {line}{where}: `{claim['quantity']}` is printed as {printed_code(claim)}{status}" + (
        f"; right is `{' '.join(str(right).split())}`." if right else "."
    )
    if claim.get("message"):
        yield f"  - {claim['message'][:1].upper()}{claim['message'][1:]}."
    if claim["diagnosis"]:
        diagnosis = claim["diagnosis"]
        yield f"  - {diagnosis['explanation']} (`{diagnosis['formula']}`)"
