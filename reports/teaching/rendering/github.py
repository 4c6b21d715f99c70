"""A verification as workflow commands: GitHub shows each beside the line of the document it is about.

GitHub shows only the first few of a step, so the root errors of all documents come before what follows from them.
"""

from gradproof.reports.printing.terminal import one_line
from gradproof.reports.printing.workflow import command
from gradproof.reports.teaching.claims.statuses import WRONG, Verification
from gradproof.reports.teaching.rendering.findings import Finding, doubts, fails, failures, notes, verification_summary
from gradproof.reports.teaching.rendering.text import as_text, details


def github(verification: Verification, *, strict: bool = False) -> str:
    """A command for each claim that is not ok, and the sum as a plain line.

    With `strict` all of these are errors; without, those that are right with a note are warnings. A claim that a
    framework does not confirm is an error in either case.
    """
    roots = [finding for document in verification.documents for finding in failures(document)]
    following = [follower for finding in roots for follower in finding.followers]
    roots.sort(key=lambda finding: finding.result.status != WRONG)  # a propagated one whose root is not known is none
    remarks = [finding for document in verification.documents for finding in notes(document)]
    lines = [claim_command(finding, strict) for finding in [*roots, *following, *remarks]]
    claims = [Finding(document, i) for document in verification.documents for i in range(len(document.claims))]
    lines += [doubt_command(finding) for finding in claims if finding.result.unconfirmed]
    return "".join(f"{line}\n" for line in [*lines, verification_summary(verification)])


def doubt_command(finding: Finding) -> str:
    """A claim that a framework does not confirm."""
    line = "" if finding.result.claim.line is None else str(finding.result.claim.line)
    message = "\n".join(doubts(finding))
    return command("error", message, file=finding.document.path, line=line, title=f"unconfirmed: {finding.quantity}")


def claim_command(finding: Finding, strict: bool) -> str:
    """One claim: an error if it fails the verification, else a warning."""
    claim, status = finding.result.claim, finding.result.status
    level = "error" if fails(status, strict) else "warning"
    line = "" if claim.line is None else str(claim.line)
    number = f"{finding.name}\n" if claim.line is None else ""
    where = f"{one_line(claim.where)}\n" if claim.where else ""
    body = as_text(line._replace(indent=0) for line in details(finding, stacked=True))
    message, title = (number + where + body).strip(), f"{status}: {finding.quantity}"
    return command(level, message, file=finding.document.path, line=line, title=title)
