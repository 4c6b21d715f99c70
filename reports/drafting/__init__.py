"""Drafting a lesson from an unmarked document: a starting point to edit. Nothing in the document is executed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reports.drafting.drafting import suggest

__all__ = ["suggest"]


def __getattr__(name: str) -> Any:
    """Import on first use, as elsewhere."""
    if name == "suggest":
        from gradproof.reports.drafting.drafting import suggest

        return suggest
    raise AttributeError(name)
