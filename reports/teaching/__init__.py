"""Verifying teaching material: every claim of a document judged, and the mistake behind a wrong one named."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reports.teaching.verifying import verify

__all__ = ["verify"]


def __getattr__(name: str) -> Any:
    """Import on first use: the command line reads the results' constants before it needs NumPy."""
    if name == "verify":
        from gradproof.reports.teaching.verifying import verify

        return verify
    raise AttributeError(name)
