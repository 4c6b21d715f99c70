"""Verifying documents: what `gradproof verify` does."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reports.teaching.claims.claim import Document
from gradproof.reports.teaching.claims.statuses import ClaimResult, DocumentResult, Verification
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.judging import Judge


def verify(
    paths: str | Path | Iterable[str | Path],
    *,
    frameworks: str | Sequence[str] | None = None,
    progress: Callable[[ClaimResult], None] | None = None,
) -> Verification:
    """Judge every claim of the documents at `paths` (TOML, Markdown, MyST, R Markdown, notebooks).

    With `frameworks` every quantity is computed by these as well. `progress` is called with each claim's result.
    Raises GradproofError, one line that begins with the path, for a document that cannot be read.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    documents = [read_document(path) for path in given]
    judges = [(document, read_claims(document)) for document in documents]
    verification = Verification()
    for document, parts in judges:
        verification.documents.append(judged(document, parts, progress))
    if frameworks is not None:
        from gradproof.reports.teaching.witnesses import with_frameworks

        verification = with_frameworks(verification, judges, frameworks)
    return verification


def read_claims(document: Document) -> list[Judge]:
    """The document's claims, all of them read before the first is judged."""
    judges: list[Judge] = []
    for lesson in document.lessons:
        try:
            judges.append(Judge(lesson, sum(len(judge.prepared) for judge in judges)))
        except GradproofError as problem:
            raise FileError(f"{document.path}: {problem}") from None
    return judges


def judged(
    document: Document, judges: Iterable[Judge], progress: Callable[[ClaimResult], None] | None = None
) -> DocumentResult:
    """The results of one document."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is judged as such
            found = [result for judge in judges for result in judge.results(progress)]
    except GradproofError as problem:
        raise FileError(f"{document.path}: {problem}") from None
    source = next((lesson.network.source for lesson in document.lessons), "")
    return DocumentResult(document.path, document.title, tuple(found), source)
