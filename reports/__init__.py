"""How far apart, and why: `check` compares the frameworks with the reference and gives verdicts."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reports.checking import check

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line answers before NumPy is imported."""
    if name == "check":
        from gradproof.reports.checking import check

        return check
    raise AttributeError(name)
