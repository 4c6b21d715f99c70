"""What every form of a verification's report shares: what is found, in which order, and the sentences about it.

Whatever comes from a document goes through `readable` or `one_line` here, so that it can steer no terminal, and is
text that XML can hold.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gradproof.reference.admitted import SAID_ABOVE
from gradproof.reports.printing.tables import counted, enumerated
from gradproof.reports.printing.terminal import one_line
from gradproof.reports.teaching.claims.claim import Claim
from gradproof.reports.teaching.claims.statuses import (
    FAILING,
    OK,
    PROPAGATED,
    STATUSES,
    WRONG,
    ClaimResult,
    Diagnosis,
    DocumentResult,
    Verification,
)

AGREES = "agrees"
"""What stands in `ClaimResult.frameworks` for a framework that confirms the right value."""


@dataclass(frozen=True)
class Finding:
    """A claim in its document; `position` counts from 0, `root` is the wrong claim that this one follows from.

    `followers` are those that follow from this one, each with this as its root; a claim has either or neither.
    """

    document: DocumentResult
    position: int
    root: "Finding | None" = None
    followers: tuple["Finding", ...] = ()

    @property
    def result(self) -> ClaimResult:
        """The result of the claim: its text, its status, and what was found out about it."""
        return self.document.claims[self.position]

    @property
    def place(self) -> str:
        """`path:line`, as editors understand it; where the line is not known, which claim of the file it is."""
        path, line = one_line(self.document.path), self.result.claim.line
        return f"{path}  {self.name}" if line is None else f"{path}:{line}"

    @property
    def name(self) -> str:
        """Which claim of the document it is, as a reader finds it there."""
        line = self.result.claim.line
        return f"claim {self.position + 1}" if line is None else f"line {line}"

    @property
    def quantity(self) -> str:
        """What the claim is about, with what sets it apart from other claims about the same."""
        return f"{one_line(self.result.claim.quantity)}{conditions(self.result.claim)}"


def failures(document: DocumentResult) -> list[Finding]:
    """The wrong claims, each with those that follow from it; then propagated ones whose root is not known.

    Both are in file order.
    """
    followers: dict[int | None, list[int]] = {}
    for i, claim in enumerate(document.claims):
        if claim.status == PROPAGATED:
            followers.setdefault(root_of(document, i), []).append(i)
    found = []
    for i, claim in enumerate(document.claims):
        if claim.status == WRONG:
            root = Finding(document, i)
            following = tuple(Finding(document, j, root) for j in followers.get(i, ()))
            found.append(Finding(document, i, followers=following))
    return found + [Finding(document, i) for i in followers.get(None, ())]


def root_of(document: DocumentResult, position: int) -> int | None:
    """The wrong claim at the end of the chain that begins at `position`; None if it leads nowhere.

    Positions count from 0.
    """
    seen = set()
    at: int | None = position
    while at is not None and at not in seen and 0 <= at < len(document.claims):
        seen.add(at)
        claim = document.claims[at]
        if claim.status == WRONG:
            return at
        at = claim.follows
    return None


def notes(document: DocumentResult) -> list[Finding]:
    """What a reader should know of, and which is no mistake: cut off digits, rounded steps, another expression."""
    status = [claim.status for claim in document.claims]
    return [Finding(document, i) for i, each in enumerate(status) if each != OK and not fails(each)]


def fails(status: str, strict: bool = False) -> bool:
    """Whether a claim of this status fails the verification."""
    return status in FAILING or (strict and status != OK)


def said(claim: Claim) -> str:
    """What the document says of the quantity: the number, formula or shape as it is written there."""
    return next(text for text in (claim.printed, claim.formula, claim.shape) if text is not None)


def conditions(claim: Claim) -> str:
    """Under what the quantity is claimed, in brackets, where that is not the usual."""
    parts = [f"{one_line(name)} = {input_text(value)}" for name, value in claim.at.items()]
    parts += [claim.dtype] if claim.dtype != "float64" else []
    parts += [f"step {one_line(claim.step)}"] if claim.step is not None else []
    return f" ({', '.join(parts)})" if parts else ""


def input_text(value: Any) -> str:
    """An input as text; a large array only by its beginning."""
    text = one_line(str(value))
    return text if len(text) <= 40 else f"{text[:37]}..."


def probability_text(probability: float) -> str:
    """A probability, from 0 to 1, in per cent, to two digits."""
    if 0 < probability < SAID_ABOVE:
        return "under 0.01 %"
    return f"{float(f'{100 * probability:.2g}'):g} %"


def diagnosis(found: Diagnosis) -> str:
    """The mistake in a sentence: what was done, what it gives, and how likely it is to match by accident."""
    explanation, formula, value = map(one_line, (found.explanation, found.formula, found.value))
    gives = ": " + " gives ".join(filter(None, (formula, value))) if formula or value else ""
    if not found.chance:  # a formula, or the document's own arithmetic: no digits that could match by accident
        return f"{explanation.rstrip('.')}{gives}"
    return f"{explanation.rstrip('.')}{gives} (a chance match has probability {probability_text(found.chance)})"


def following(followers: Iterable[Finding]) -> str:
    """How many claims follow from a wrong one, and on which lines they are, as the end of a sentence."""
    found = list(followers)
    lines = dict.fromkeys(str(f.result.claim.line) for f in found if f.result.claim.line is not None)
    others = [str(f.position + 1) for f in found if f.result.claim.line is None]
    where = [enumerated(*each) for each in (("line", list(lines)), ("claim", others)) if each[1]]
    verb = "follows" if len(found) == 1 else "follow"
    return f"and {counted(len(found), 'claim')} that {verb} from it: {'; '.join(where)}"


def agreement(document: DocumentResult) -> str:
    """With how many claims each framework agrees, in a sentence; empty if none was asked."""
    asked = list(dict.fromkeys(name for claim in document.claims for name in claim.frameworks))
    parts = []
    for name in asked:
        words = [claim.frameworks[name] for claim in document.claims if name in claim.frameworks]
        parts.append(f"{one_line(name)} agrees on {words.count(AGREES)} of {counted(len(words), 'claim')}")
    return ", ".join(parts)


def disagreements(document: DocumentResult) -> Iterator[tuple[Finding, str, str]]:
    """Each claim that a framework does not confirm: the claim, the framework, what it says."""
    for i, claim in enumerate(document.claims):
        for name, word in claim.frameworks.items():
            if word != AGREES:
                why = claim.unconfirmed.get(name, "")
                yield Finding(document, i), one_line(name), one_line(f"{word}: {why}" if why else word)


def status_list(statuses: Mapping[str, int]) -> str:
    """How many of each status, after what is ok the worst first: `5 ok, 1 wrong`; `statuses` are the numbers."""
    order = [OK, *(status for status in reversed(STATUSES) if status != OK)]
    return ", ".join(f"{statuses[status]} {status}" for status in order if statuses.get(status))


def verification_summary(verification: Verification) -> str:
    """One line on the whole run: how many documents and claims there are, and how many claims of each status."""
    s = verification.summary
    head = f"{counted(s['documents'], 'document')}, {counted(s['claims'], 'claim')}"
    unconfirmed = sum(bool(claim.unconfirmed) for claim in verification)
    said = f"; {unconfirmed} not confirmed by a framework" if unconfirmed else ""
    return f"{head}: {status_list(s['statuses'])}{said}" if s["claims"] else head


def doubts(finding: Finding) -> list[str]:
    """A sentence for each framework that was asked about a claim and does not confirm it."""
    frameworks, why = finding.result.frameworks, finding.result.unconfirmed
    return [one_line(f"{name} {frameworks[name]}{f': {said}' if said else ''}") for name, said in why.items()]
