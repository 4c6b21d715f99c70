"""A result from its comparisons: each parameter's verdict, the worst entry, the honest figures."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gradproof.reports.checking.results.results import Entry, Parameter, Result, worst_of
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import Comparison, Comparisons
from gradproof.reports.checking.tolerance.truth import TRUTHS


def result(case: Case, comparisons: Comparisons, explanation: str, message: str = "") -> Result:
    """The result that the comparisons of all parameters add up to; what is flagged is `explanation`, or `nonfinite`."""
    loss = comparisons.get(case.network.loss) if case.network.loss not in case.network.inputs else None
    comparisons = {name: comparisons[name] for name in case.network.parameters}
    parameters = {name: parameter(c, explanation) for name, c in comparisons.items()}
    verdicts = [p.verdict for p in parameters.values()]
    verdict = worst_of([*verdicts, *([parameter(loss, explanation).verdict] if loss else [])])
    floors = [p.detection_floor for p in parameters.values() if p.detection_floor is not None]
    z = np.concatenate([c.z[c.resolved] for c in comparisons.values()])
    return replace(
        unmeasured(case, verdict, message or MESSAGES.get(verdict, "")),
        worst=worst_entry(comparisons, parameters, worst_of(verdicts)),
        detection_floor=max(floors, default=None),
        blind=sum(c.blind for c in comparisons.values()) / sum(c.entries for c in comparisons.values()),
        parameters=parameters,
        value=entry(case.network.loss, (), loss) if loss else None,
        floor_from="draws" if any(c.draws for c in comparisons.values()) else "table",
        truth=max((c.truth for c in comparisons.values()), key=TRUTHS.index, default=TRUTHS[0]),
        lost=max((p.lost for p in parameters.values()), default=0.0),
        squares=float(np.sum(z**2)),
        resolved=z.size,
        unjudged=sum(int(np.sum(np.broadcast_to(c.unjudged, c.expected.shape))) for c in comparisons.values()),
    )


MESSAGES = {
    "nonfinite": "NaN or infinity on one side only",
    "undecided": "the equations have no value there, and come near to none that could be told",
}
"""What to say of verdicts that nothing explains further."""


def parameter(comparison: Comparison, explanation: str) -> Parameter:
    """One parameter's verdict, largest z (None if infinite), detection floor, and share of blind entries."""
    verdict = "agrees"
    if not comparison.agrees:
        own = [v for v in ("undecided", "nonfinite") if comparison.where(v).any()]
        verdict = worst_of([*own, explanation] if comparison.where("disagrees").any() else own)
    z = comparison.largest
    return Parameter(
        verdict,
        z if np.isfinite(z) else None,
        comparison.detection_floor,
        comparison.blind / comparison.entries,
        comparison.lost,
    )


def worst_entry(comparisons: Comparisons, parameters: Mapping[str, Parameter], verdict: str) -> Entry:
    """The entry with the largest z among those that have the verdict `verdict`, over all parameters."""
    candidates = []
    for name, c in comparisons.items():
        if parameters[name].verdict == verdict:
            index = c.worst(c.where(verdict))
            z = float(c.z[index])
            candidates.append((np.inf if np.isnan(z) else z, name, index))
    _, name, index = max(candidates, key=lambda candidate: candidate[0])
    return entry(name, index, comparisons[name])


def entry(name: str, index: tuple[int, ...], c: Comparison) -> Entry:
    """The entry of a comparison at an index, with the name of its parameter; its z is None where it is not finite."""
    z = float(c.z[index])
    return Entry(
        name, index, float(c.got[index]), float(c.expected[index]), float(c.sigma[index]), z if np.isfinite(z) else None
    )


def failed(case: Case, message: str) -> Result:
    """The result, with the verdict `failed`, of a framework that raised, hung or died, as `message` says."""
    return unmeasured(case, "failed", message)


def unmeasured(case: Case, verdict: str, message: str) -> Result:
    """A result of which there is nothing to say in numbers."""
    return Result(
        network=case.name,
        framework=case.framework.key,
        mode=case.mode,
        dtype=case.dtype,
        verdict=verdict,
        worst=None,
        entries=sum(case.network.inputs[name].size for name in case.network.parameters),
        detection_floor=None,
        blind=0.0,
        parameters={},
        message=message,
    )
