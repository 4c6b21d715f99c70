"""The committed errata are what the verification of the built-in lessons finds."""

import json
from pathlib import Path
from typing import Any

from gradproof.reference.lessons import lessons
from gradproof.reports.teaching.verifying import verify

ROOT = Path(__file__).parents[4]


def found(claim: dict[str, Any]) -> tuple[Any, ...]:
    """What must be the same on every machine: not the last digits of a value."""
    diagnosis = claim["diagnosis"] and claim["diagnosis"]["mistake"]
    return claim["line"], claim["quantity"], claim["status"], diagnosis, claim.get("follows")


def test_the_committed_errata_are_up_to_date() -> None:
    """Write them with `gradproof verify --format json --output reports/published/errata/errata.json`; then `report`."""
    committed = json.loads((ROOT / "reports/published/errata/errata.json").read_text(encoding="utf-8"))["documents"]
    fresh = verify(list(lessons().values())).as_json()["documents"]
    fresh = {document["title"]: document["claims"] for document in fresh if document["claims"]}
    assert [document["title"] for document in committed] == list(fresh)
    for document in committed:
        assert [*map(found, document["claims"])] == [*map(found, fresh[document["title"]])], document["title"]


def test_every_document_is_claimed() -> None:
    committed = json.loads((ROOT / "reports/published/errata/errata.json").read_text(encoding="utf-8"))["documents"]
    sources = " ".join(document["source"] for document in committed)
    assert all(f"{number:03d}_" in sources for number in range(5))
