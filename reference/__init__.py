"""What is right: networks, the operation table, the sweep, and the number systems that read it.

`load(path)` reads a network file.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradproof.reference.language.network_files import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that importing one room does not pay for all."""
    if name == "load":
        from gradproof.reference.language.network_files import load

        return load
    raise AttributeError(name)
