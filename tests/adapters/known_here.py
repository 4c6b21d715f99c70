"""Results that are right, or known: each operation that is to blame is wrong as the known findings say."""

from functools import cache
from pathlib import Path

from gradproof.adapters import registry
from gradproof.reports.checking.results.known import load_known
from gradproof.reports.checking.results.results import Result

FILE = Path(__file__).parents[2] / "adapters/data/known.toml"
KNOWN = load_known(FILE)


@cache
def version(framework: str) -> str | None:
    """The version of a framework that is installed; None if none is."""
    return registry.version(registry.FRAMEWORKS[framework])


def differs_anywhere(operation: str, framework: str, mode: str, dtype: str) -> bool:
    """Whether a framework's function is known to be another one at any operand, in that mode and dtype."""
    return any(
        (each.operation, each.framework, each.verdict) == (operation, framework, "disagrees")
        and each.computes
        and mode in each.modes
        and dtype in each.dtypes
        for each in KNOWN
    )


def agrees_or_is_known(result: Result) -> bool:
    """Whether a result agrees, or has causes that are all known."""
    here = version(result.framework)
    known = all(any(each.covers(result, cause, here) for each in KNOWN) for cause in result.causes)
    return result.verdict == "agrees" or (bool(result.causes) and known)
