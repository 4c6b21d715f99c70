"""A result from its comparisons: each parameter's verdict, the worst entry, the honest figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.reports.checking.case import Case
from gradproof.reports.checking.comparison import Comparison
from gradproof.reports.checking.results import Entry, Parameter, Result, worst_of


def result(case: Case, comparisons: Mapping[str, Comparison], explanation: str, message: str = "") -> Result:
    """The result of a comparison; flagged entries get the verdict `explanation`, or `nonfinite`."""
    parameters = {name: parameter(c, explanation) for name, c in comparisons.items()}
    verdict = worst_of(p.verdict for p in parameters.values())
    floors = [p.detection_floor for p in parameters.values() if p.detection_floor is not None]
    entries = sum(c.entries for c in comparisons.values())
    return Result(
        case.name,
        case.framework.key,
        case.mode,
        case.dtype,
        verdict,
        worst_entry(comparisons, parameters, verdict),
        entries,
        max(floors, default=None),
        sum(c.blind for c in comparisons.values()) / entries,
        parameters,
        message=message if verdict == explanation else nonfinite_message(verdict),
    )


def resolved(comparison: Comparison) -> Any:
    """The entries with a tolerance of their own: neither exact nor without bound."""
    return (comparison.sigma > 0) & np.isfinite(comparison.sigma) & np.isfinite(comparison.z)


def nonfinite_message(verdict: str) -> str:
    """What to say of a result whose worst entries are not finite."""
    return "NaN or infinity on one side only" if verdict == "nonfinite" else ""


def parameter(comparison: Comparison, explanation: str) -> Parameter:
    """One parameter's verdict and figures."""
    verdict = "agrees"
    if not comparison.agrees:
        verdict = worst_of(
            ["nonfinite"] * bool(comparison.nonfinite.any()) + [explanation] * flagged_and_finite(comparison)
        )
    z = comparison.largest
    return Parameter(
        verdict,
        z if np.isfinite(z) else None,
        comparison.detection_floor,
        comparison.blind / comparison.entries,
    )


def flagged_and_finite(comparison: Comparison) -> bool:
    """Whether an entry is flagged that is finite on both sides."""
    return bool((comparison.flagged & ~comparison.nonfinite).any())


def worst_entry(comparisons: Mapping[str, Comparison], parameters: Mapping[str, Parameter], verdict: str) -> Entry:
    """The entry with the largest z among those of `verdict`."""
    candidates = []
    for name, c in comparisons.items():
        if parameters[name].verdict == verdict:
            among = {"agrees": ~c.flagged, "nonfinite": c.nonfinite}.get(verdict, c.flagged & ~c.nonfinite)
            index = c.worst(among)
            z = float(c.z[index])
            candidates.append((np.inf if np.isnan(z) else z, name, index))
    _, name, index = max(candidates, key=lambda candidate: candidate[0])
    c = comparisons[name]
    z = float(c.z[index])
    return Entry(
        name, index, float(c.got[index]), float(c.expected[index]), float(c.sigma[index]), z if np.isfinite(z) else None
    )


def failed(case: Case, message: str) -> Result:
    """The framework raised, hung or died on this network."""
    entries = sum(case.network.inputs[name].size for name in case.network.parameters)
    return Result(
        case.name,
        case.framework.key,
        case.mode,
        case.dtype,
        "failed",
        None,
        entries,
        None,
        0.0,
        {},
        message=message,
    )
