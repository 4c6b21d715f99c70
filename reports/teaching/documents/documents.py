"""Documents with lessons: network files, Markdown and its relatives, notebooks (README, "Verify a lesson")."""

from pathlib import Path

from gradproof.reference.errors import FileError, GradproofError
from gradproof.reference.language.network_files import read_text, read_toml, to_network, to_tables
from gradproof.reports.teaching.claims.claim import Document, Lesson
from gradproof.reports.teaching.documents import markdown, notebooks
from gradproof.reports.teaching.documents.claim_tables import to_claims
from gradproof.reports.teaching.documents.events import Place
from gradproof.reports.teaching.documents.lesson_blocks import Reader

TOML, NOTEBOOK = ".toml", ".ipynb"
MARKDOWN = (".md", ".markdown", ".myst", ".qmd", ".rmd", ".txt")
"""Suffixes, in small letters."""


def read_document(path: str | Path) -> Document:
    """The document at `path`: what it computes and what it claims. Nothing in it is executed.

    Raises FileError, one line that begins with the path, for a file that cannot be read, a suffix that no document has,
    no block or one that is no network, a claim with wrong keys, and a mark that is behind no number.
    """
    path = Path(path)
    try:
        return read_by_kind(path)
    except GradproofError as problem:
        raise FileError(f"{path}: {' '.join(str(problem).splitlines())}") from None
    except RecursionError:
        raise FileError(f"{path}: brackets, lists or quotations nest too deep") from None


def read_by_kind(path: Path) -> Document:
    """The document at `path`, read as its suffix says; errors do not name the path.

    Raises GradproofError for an unknown suffix, a text with NUL bytes, and whatever else makes a document unreadable.
    """
    suffix = path.suffix.lower()
    if suffix == TOML:
        tables = to_tables(read_toml(read_text(path)))
        lesson = Lesson(to_network(tables, path.parent), to_claims(tables.claim), path.parent)
        return Document(str(path), tables.title, (lesson,))
    if suffix not in (*MARKDOWN, NOTEBOOK):
        known = ", ".join((TOML, *MARKDOWN))
        has = f"has the suffix {path.suffix!r}" if path.suffix else "has no suffix"
        raise GradproofError(f"{has}; documents end in {known} or {NOTEBOOK}")
    reader = Reader(path.parent)
    if suffix == NOTEBOOK:
        text = read_text(path, "notebook", "notebook", "take pictures out of its outputs")
        lessons = reader.read(notebooks.read_notebook(text))
    else:
        text = read_text(path, "document", "document", "split it")
        if "\0" in text:
            raise GradproofError("holds NUL bytes, so it is not a text")
        lessons = reader.read(markdown.read_markdown(text, Place(1)))
    titles = (lesson.network.title for lesson in lessons)
    return Document(str(path), next(filter(None, titles), reader.title), lessons)
