"""Verifying documents: what `gradproof verify` does."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reports.teaching.claims.claim import Document
from gradproof.reports.teaching.claims.statuses import ClaimResult, DocumentResult, Verification
from gradproof.reports.teaching.claims.work import Work
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.judging import judge
from gradproof.reports.teaching.right.preparing import PreparedLesson, prepared


def verify(
    paths: str | Path | Iterable[str | Path],
    *,
    frameworks: str | Sequence[str] | None = None,
    progress: Callable[[ClaimResult], None] | None = None,
) -> Verification:
    """Judge every claim of the documents at `paths` (TOML, Markdown, MyST, R Markdown, notebooks).

    With `frameworks`, the key of one or of several, every quantity is computed by these as well. `progress` is called
    with each claim's result. Raises FileError, one line that begins with the path, for a document that cannot be read
    or asks for too much, and where a claim cannot be judged; GradproofError for frameworks that are not known or not
    installed.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    documents = [read_document(path) for path in given]
    lessons = [prepared_lessons(document) for document in documents]
    judged = [judged_document(*each, progress) for each in zip(documents, lessons, strict=True)]
    if frameworks is None:
        return Verification(judged)
    from gradproof.reports.teaching.witnesses import with_frameworks

    claims = [[made for lesson in each for made in lesson.claims] for each in lessons]
    return with_frameworks(Verification(judged), claims, frameworks)


def prepared_lessons(document: Document) -> list[PreparedLesson]:
    """The document's claims, all of them read before the first is judged.

    Raises FileError, one line with the path and the claim, for a text that cannot be read, and for more claims than a
    document may make.
    """
    found: list[PreparedLesson] = []
    work, claims = Work(), 0
    for lesson in document.lessons:
        try:
            found.append(prepared(lesson, claims, work))
            claims += len(lesson.claims)
        except GradproofError as problem:
            raise FileError(f"{document.path}: {problem}") from None
    return found


def judged_document(
    document: Document, lessons: Sequence[PreparedLesson], progress: Callable[[ClaimResult], None] | None = None
) -> DocumentResult:
    """The results of a document's claims, judged one lesson after the other; `progress` is called with each.

    Raises FileError, one line with the path and the claim, where a right value or a formula cannot be computed.
    """
    found: list[ClaimResult] = []
    try:
        with np.errstate(all="ignore"):  # what is not finite is judged as such
            for lesson, made in zip(document.lessons, lessons, strict=True):
                found += judge(lesson.claims, made, progress)
    except GradproofError as problem:
        raise FileError(f"{document.path}: {problem}") from None
    source = next((lesson.network.source for lesson in document.lessons), "")
    return DocumentResult(document.path, document.title, tuple(found), source)
