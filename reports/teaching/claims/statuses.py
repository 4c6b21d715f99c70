"""What was found out about the claims of a document, and its JSON form, `gradproof.verify/1`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim

OK = "ok"
DIFFERS = "ok_expression_differs"
TRUNCATED = "truncated"
ROUNDED = "rounded_intermediates"
PROPAGATED = "propagated"
WRONG = "wrong"

STATUSES = (OK, DIFFERS, TRUNCATED, ROUNDED, PROPAGATED, WRONG)
"""In the order in which they are tried."""

FAILING = (PROPAGATED, WRONG)
"""What fails a verification that is not strict."""


@dataclass(frozen=True)
class Diagnosis:
    """The mistake that reproduces what was printed.

    `mistake` is its name in the catalogue, `explanation` a sentence for a student, `formula` what was computed, `value`
    its value, written like the printed number; `chance` is the probability, from 0 to 1, that some mistake of the
    catalogue gives these digits by accident. It is 0 where no digits were compared.
    """

    mistake: str
    explanation: str
    formula: str
    value: str
    chance: float

    def as_json(self) -> dict[str, Any]:
        """The keys of a diagnosis in `gradproof.verify/1`."""
        return dict(vars(self))


@dataclass(frozen=True)
class Finding:
    """What is found out about a claim, whose text and place are another's business.

    `status` is one of `STATUSES`. `message` says in one sentence what is wrong, or why it is ok all the same;
    `computed` is the right value (formula, shape) as text, `corrected` what was printed with right numbers in the same
    style; `follows` is the position, counted from 0 in the lesson, of the wrong claim that this one follows from;
    `mistaken` is the network in which what is wrong would be right, if known.
    """

    status: str
    message: str = ""
    computed: str = ""
    corrected: str | None = None
    diagnosis: Diagnosis | None = None
    follows: int | None = None
    mistaken: Network | None = None

    def about(self, claim: Claim, first: int) -> "ClaimResult":
        """The result for a claim in a lesson before which `first` claims stand in its document."""
        follows = None if self.follows is None else first + self.follows
        return ClaimResult(claim, self.computed, self.status, self.message, self.corrected, self.diagnosis, follows)


@dataclass(frozen=True)
class ClaimResult:
    """A claim and what was found out about it: see `Finding`.

    `follows` counts the claims of the whole document, from 0. `frameworks` has the verdict of each framework that was
    asked, by its key.
    """

    claim: Claim
    computed: str
    status: str
    message: str = ""
    corrected: str | None = None
    diagnosis: Diagnosis | None = None
    follows: int | None = None
    frameworks: dict[str, str] = field(default_factory=dict)
    unconfirmed: dict[str, str] = field(default_factory=dict)
    """Why, by framework, where its verdict is one that fails a check."""

    def as_json(self) -> dict[str, Any]:
        """The keys of a claim, and where there is something to say `message`, `corrected`, `follows`, `unconfirmed`."""
        claim = self.claim
        said = {key: getattr(claim, key) for key in ("printed", "formula", "shape") if getattr(claim, key) is not None}
        more = {key: getattr(self, key) for key in ("message", "corrected", "follows", "unconfirmed")}
        return {
            "kind": claim.kind,
            "quantity": claim.quantity,
            **said,
            "computed": self.computed,
            "status": self.status,
            "diagnosis": self.diagnosis.as_json() if self.diagnosis else None,
            "frameworks": self.frameworks,
            "line": claim.line,
            "where": claim.where,
            **{key: value for key, value in more.items() if value not in (None, "", {})},
        }


@dataclass(frozen=True)
class DocumentResult:
    """The claims of one document, in file order; `source` says where it comes from, "" where it does not say."""

    path: str
    title: str
    claims: tuple[ClaimResult, ...]
    source: str = ""

    def as_json(self) -> dict[str, Any]:
        """The keys of a document in `gradproof.verify/1`, and `source` where the document says where it was printed."""
        source = {"source": self.source} if self.source else {}
        claims = [claim.as_json() for claim in self.claims]
        return {"path": self.path, "title": self.title, "claims": claims, **source}


@dataclass
class Verification:
    """The results of all documents that one run verified; iterating over it gives the results of all their claims."""

    documents: list[DocumentResult] = field(default_factory=list)

    def __iter__(self) -> Iterator[ClaimResult]:
        return (claim for document in self.documents for claim in document.claims)

    def failed(self, strict: bool = False) -> bool:
        """Whether a claim has a status that fails, or a framework that was asked does not confirm it."""
        return any(claim.status in FAILING or claim.unconfirmed or (strict and claim.status != OK) for claim in self)

    @property
    def summary(self) -> dict[str, Any]:
        """How many documents and claims there are, and how many claims of each status."""
        counts = Counter(claim.status for claim in self)
        return {
            "documents": len(self.documents),
            "claims": sum(counts.values()),
            "statuses": {status: counts[status] for status in STATUSES if counts[status]},
        }

    def as_json(self) -> dict[str, Any]:
        """The whole verification in the JSON form `gradproof.verify/1`, as dictionaries, lists, texts and numbers."""
        return {
            "schema": "gradproof.verify/1",
            "documents": [document.as_json() for document in self.documents],
            "summary": self.summary,
        }
