"""Results that are right, or known: each operation that is to blame is wrong as the known findings say."""

from pathlib import Path

from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.reports.checking.results.known import load_known, recogniser
from gradproof.reports.checking.results.results import Result

FILE = Path(__file__).parents[2] / "adapters/data/known.toml"
KNOWN = load_known(FILE)


recognise = recogniser(KNOWN, {key: version(framework) for key, framework in FRAMEWORKS.items()})
"""Tells which known finding a cause of a result is, in the versions that are installed."""


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
    return result.verdict == "agrees" or (bool(result.causes) and all(recognise(result, c) for c in result.causes))
