"""From the tables `[[claim]]`, or the keys of a mark, to claims."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.claims.claim import Claim

SAID = {
    "missing": "{key} is missing",
    "extra_forbidden": "{key} is not a key of a claim",
    "string_too_short": "{key} is empty",
    "literal_error": '{key} must be "float32" or "float64"',
    "dict_type": "{key} must be a table, as in at = {{w1 = 0.2}}",
    "int_type": "{key} must be an integer from 1",
    "greater_than_equal": "{key} must be an integer from 1",
}
"""What pydantic found, by its type of error, in this file format's words."""


def to_claims(tables: Sequence[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims of these tables, in order.

    Raises GradproofError, with the table's number counted from 1, for a table that `to_claim` refuses.
    """
    claims = []
    for number, table in enumerate(tables, 1):
        try:
            claims.append(to_claim(table))
        except GradproofError as problem:
            raise GradproofError(f"claim {number}: {problem}") from None
    return tuple(claims)


def to_claim(table: Mapping[str, Any]) -> Claim:
    """The claim that a table `[[claim]]` makes, by its keys.

    Raises GradproofError, one line in this file format's words, for a key that is missing or unknown, a value of
    another type, and keys that do not go together.
    """
    try:
        return Claim.model_validate(dict(table))
    except ValidationError as problem:
        raise GradproofError(describe(problem.errors()[0])) from None


def describe(error: Mapping[str, Any]) -> str:
    """What is wrong with a claim: the first error that pydantic found, in this file format's words."""
    key, kind = ".".join(map(str, error["loc"])), str(error["type"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "string_type":
        # Numbers are claimed as they are printed: as TOML numbers, they have lost their trailing zeros.
        given = error["input"]
        shown = str(given) if isinstance(given, (int, float, list)) and not isinstance(given, bool) else "text"
        return f'{key} must be a string: write "{shown if len(shown) <= 40 else shown[:37] + "..."}" in quotes'
    return SAID.get(kind, f"{key}: {str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}").format(key=key)
