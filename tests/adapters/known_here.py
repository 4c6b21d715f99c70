"""Results that are right, or known: each operation that is to blame is wrong as the known findings say."""

from pathlib import Path

from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.reports.checking.results.known import load_known, recogniser
from gradproof.reports.checking.results.results import Cause, Result

FILE = Path(__file__).parents[2] / "adapters/data/known.toml"
KNOWN = load_known(FILE)


told = recogniser(KNOWN, {key: version(framework) for key, framework in FRAMEWORKS.items()})
"""What is to be told of a cause of a result, in the versions that are installed, and which known finding it is."""


def recognise(result: Result, cause: Cause) -> str | None:
    """Which known finding a cause of a result is, with all that is behind it; None if anything of it is new."""
    names = [name for _, name in told(result, cause)]
    return None if None in names else names[0]


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
