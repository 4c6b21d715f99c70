"""Results that are right, or known: each operation that is to blame is wrong as the known findings say."""

from pathlib import Path

from gradproof.reports.checking.results.known import Known, load_known
from gradproof.reports.checking.results.results import Cause, Result

KNOWN = load_known(Path(__file__).parents[2] / "adapters/data/known.toml")


def differs_anywhere(operation: str, framework: str, mode: str, dtype: str) -> bool:
    """Whether a framework's function is known to be another one at any operand, in that mode and dtype."""
    return any(
        (each.operation, each.framework, each.verdict) == (operation, framework, "disagrees")
        and each.condition.startswith("any ")
        and mode in each.modes
        and dtype in each.dtypes
        for each in KNOWN
    )


def agrees_or_is_known(result: Result) -> bool:
    """Whether a result agrees, or has causes that are all known."""

    def same(each: Known, cause: Cause) -> bool:
        wrong = (cause.operation, cause.direction, cause.verdict)
        where = each.framework == result.framework and result.mode in each.modes and result.dtype in each.dtypes
        return where and (each.operation, each.direction, each.verdict) == wrong

    known = all(any(same(each, cause) for each in KNOWN) for cause in result.causes)
    return result.verdict == "agrees" or (bool(result.causes) and known)
