"""What the tests of the report's forms share: a document with every status, and one that is hostile."""

from typing import Any

from gradproof.reports.teaching.claims.claim import Claim
from gradproof.reports.teaching.claims.statuses import (
    DIFFERS,
    OK,
    PROPAGATED,
    ROUNDED,
    TRUNCATED,
    WRONG,
    ClaimResult,
    Diagnosis,
    DocumentResult,
    Verification,
)


def result(quantity: str, printed: str, computed: str, status: str, **more: Any) -> ClaimResult:
    """A claim and its status; what `Claim` knows goes to it, the rest to `ClaimResult`.

    Nothing is validated: the report has to stand what pydantic would refuse.
    """
    known = {key: more.pop(key) for key in list(more) if key in Claim.model_fields}
    return ClaimResult(Claim.model_construct(quantity=quantity, printed=printed, **known), computed, status, **more)


SIGN = Diagnosis("sign", "The sign is lost.", "(y - a2)*a1", "0.3958", 0.004)

LESSON = DocumentResult(
    "docs/lesson.md",
    "Two sigmoid neurons",
    (
        result("a1", "0.48", "0.4763", OK, line=80, frameworks={"torch": "agrees", "jax": "agrees"}),
        result("z2", "0.44", "0.4429", TRUNCATED, line=90, message="Cut off instead of rounded.", corrected="0.44"),
        result(
            *("dL/dw1", "0.3958", "0.0582", WRONG),
            line=120,
            where="Task 2, step 4",
            message="The sign is wrong.",
            corrected="0.0582",
            diagnosis=SIGN,
            frameworks={"torch": "agrees", "jax": "disagrees: 0.0583"},
        ),
        result("w1_new", "0.08", "0.0971", PROPAGATED, line=130, follows=2),
        result("z1_new", "0.07", "0.0961", PROPAGATED, follows=3),
        result("W", "[[1, 2],\n [3, 4]]", "[[1, 2],\n [3, 5]]", WRONG, line=140, dtype="float32"),
        result("b1", "0.1", "0.2", PROPAGATED, line=150),
        result("a2", "0.61", "0.609", ROUNDED, line=160),
        result("L", "0.2", "0.2", DIFFERS, line=170, expression="0.5 * 0.5"),
    ),
)

FINE = DocumentResult("fine.toml", "", (result("a", "1", "1.0", OK),))

MIXED = Verification([LESSON, FINE])

NASTY = (
    *("[bold]x[/]", "[/]", "a::b", "::error::x", "%0A", "%", "a,b:c", "]]>", "<&>\"'", "\x1b[31mred", "\x00"),
    *("\ufffe", "\ud800", "a\nb", "a\r\nb", "a\rb", "\u2028", ":smile:", "\u202eabc", "##[error]x", "\x85"),
)
"""Texts that some format could take for its own, or a terminal for commands."""


def hostile(text: str) -> Verification:
    """`text` wherever a document's text gets to."""
    found = Diagnosis(text, text, text, text, 0.5)
    each = {"where": text, "message": text, "corrected": text, "diagnosis": found, "frameworks": {"torch": text}}
    claims = (
        result(text, text, text, WRONG, line=3, expression=text, at={text: text}, step=text, **each),
        result(text, f"{text}\n{text}", f"{text}\n1", TRUNCATED, **each),
        result(text, text, text, PROPAGATED, follows=0, **each),
        result(text, text, text, OK, **each),
    )
    return Verification([DocumentResult(text, text, claims)])
