"""What a document claims about a computation, and what its claims say.

`read_document(path)` reads a network file, a Markdown document or a notebook.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reports.teaching.documents.documents import read_document

__all__ = ["read_document"]


def __getattr__(name: str) -> Any:
    """Import on first use: what only passes claims on needs no parser of Markdown."""
    if name == "read_document":
        from gradproof.reports.teaching.documents.documents import read_document

        return read_document
    raise AttributeError(name)
