"""A verification as JUnit XML: a test suite for each document, a test case for each claim."""

from io import BytesIO

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from gradproof.reports.printing.terminal import one_line
from gradproof.reports.teaching.claims.statuses import OK, DocumentResult, Verification
from gradproof.reports.teaching.rendering.findings import (
    Finding,
    doubts,
    fails,
    failures,
    notes,
    said,
    verification_summary,
)
from gradproof.reports.teaching.rendering.text import as_text, details, heading


def junit(verification: Verification, *, strict: bool = False) -> bytes:
    """The verification as a JUnit XML file, in UTF-8; with `strict` a claim that is not ok fails its test case."""
    root = JUnitXml("gradproof verify")
    for document in verification.documents:
        # Not add_testsuite, which would merge two documents that are named alike.
        root.append(suite(document, strict))  # type: ignore[no-untyped-call] # some of junitparser has no types
    root.update_statistics()  # type: ignore[no-untyped-call] # likewise
    file = BytesIO()
    root.write(file, pretty=True)
    return file.getvalue()


def suite(document: DocumentResult, strict: bool) -> TestSuite:
    """One document, its claims in file order."""
    result = TestSuite(one_line(document.path))
    if document.title:
        result.add_property("title", one_line(document.title))
    result.add_property("summary", verification_summary(Verification([document])))
    # A failing claim is known together with its root, a note or a claim that is ok only by its position.
    found = {f.position: f for root in failures(document) for f in (root, *root.followers)}
    found |= {f.position: f for f in notes(document)}
    claims = [found.get(i, Finding(document, i)) for i in range(len(document.claims))]
    result.add_testcases([junit_case(finding, strict) for finding in claims])
    return result


def junit_case(finding: Finding, strict: bool) -> TestCase:
    """One claim; its position in the document makes the name unique."""
    claim, status = finding.result.claim, finding.result.status
    line = "" if claim.line is None else f" (line {claim.line})"
    result = TestCase(
        f"claim {finding.position + 1}: {one_line(claim.quantity)}{line}", one_line(finding.document.path)
    )
    text = as_text([heading(finding), *details(finding)])
    if fails(status, strict):
        failure = Failure(message(finding), status)
        failure.text = text
        result.result = failure
    elif doubted := doubts(finding):
        failure = Failure(doubted[0], "unconfirmed")
        failure.text = "\n".join(doubted)
        result.result = failure
    elif status != OK:
        result.system_out = text
    return result


def message(finding: Finding) -> str:
    """One line on what is wrong."""
    result = finding.result
    values = f"{result.status}: printed {one_line(said(result.claim))}, right {one_line(result.computed)}"
    return one_line(result.message) or values
