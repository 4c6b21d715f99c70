"""How far apart, and why: `check` compares the frameworks with the reference and gives verdicts, `verify` judges what
teaching material prints.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reports.checking.crosscheck import check
    from gradproof.reports.teaching.verifying import verify

__all__ = ["check", "verify"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line answers before NumPy is imported."""
    if name == "check":
        from gradproof.reports.checking.crosscheck import check

        return check
    if name == "verify":
        from gradproof.reports.teaching.verifying import verify

        return verify
    raise AttributeError(name)
