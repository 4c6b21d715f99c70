"""From a framework's gradients to a verdict: compare, and where something is flagged, look for the reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import MIDDLE, balls, certified
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.reading import Reading
from gradproof.reference.readings.rounded import Rounded, rounded
from gradproof.reference.sweep import gradients
from gradproof.reports.comparison import Comparison, compare
from gradproof.reports.kinks import measured_choices, with_choices
from gradproof.reports.lossy import losses, with_errors
from gradproof.reports.results import Entry, Parameter, Result, worst_of

Gradients = Mapping[str, Any]
Run = Callable[[Network, str], Gradients]
"""Runs a network in the framework and mode of a case, in the given dtype."""

CERTIFIED_ENTRIES = 20_000
"""The largest network (in numbers) whose truth is confirmed in ball arithmetic before anything is flagged."""


@dataclass(frozen=True)
class Case:
    """One network in one framework, mode and dtype."""

    name: str
    network: Network
    framework: Framework
    mode: str
    dtype: str

    def tolerance(
        self, network: Network | None = None, dtype: str | None = None, lifted: Gradients | None = None
    ) -> dict[str, Rounded]:
        """Expected gradients with the variance of their error in this framework."""
        with np.errstate(all="ignore"):
            return gradients(network or self.network, self.reading(dtype), lifted=lifted)

    def reading(self, dtype: str | None = None) -> Reading:
        """The analytic tolerance as this framework's kernels have it."""
        dtype = dtype or self.dtype
        return rounded(dtype, self.framework.accuracies.get(dtype, {}), self.framework.flushes_subnormals)


def judge(case: Case, got: Gradients, run: Run) -> Result:
    """The verdict on the gradients `got`; `run` is asked only where something is flagged."""
    problem = misshapen(case.network, got)
    if problem:
        return failed(case, problem)
    comparisons = compare(got, case.tolerance())
    if all(c.agrees for c in comparisons.values()):
        return result(case, comparisons, "agrees")
    comparisons = compare(got, with_certified_truth(case.network, case.dtype, case.tolerance()))
    if all(c.agrees for c in comparisons.values()):
        return result(case, comparisons, "agrees")
    return result(case, comparisons, *explain(case, got, run))


def explain(case: Case, got: Gradients, run: Run) -> tuple[str, str]:
    """The verdict that explains a flagged result, and a sentence to go with it."""
    choices = measured_choices(case.network, case.dtype, lambda probe: run(probe, case.dtype))
    chosen = with_choices(case.network, choices)
    if choices and all(c.agrees for c in compare(got, case.tolerance(chosen)).values()):
        told = sorted({f"{case.network.nodes[i].operation} takes slope {s:g} there" for i, s in choices.items()})
        return "convention", f"exactly at a kink: {case.framework.title}'s {', '.join(told)}"
    lost = lossy_operations(case, chosen, got, run)
    if lost:
        return "precision", lost
    if case.dtype == "float32":
        wide = compare(run(case.network, "float64"), case.tolerance(chosen, "float64"))
        if all(c.agrees for c in wide.values()):
            return "precision", "the same program agrees in float64: accuracy is lost, the derivative is right"
    return "disagrees", "neither a kink, nor a range limit, nor lost accuracy explains it: a gradient bug"


def lossy_operations(case: Case, network: Network, got: Gradients, run: Run) -> str:
    """A sentence that names the operations that lose accuracy, if they explain the gradients `got`."""

    def measure(alone: Network) -> Comparison:
        return compare(run(alone, case.dtype), case.tolerance(alone))["c"]

    found = losses(network, case.dtype, measure)
    if not found:
        return ""
    noisy, errors = with_errors(network, found, type(case.reading().lift(0)))
    if not all(c.agrees for c in compare(got, case.tolerance(noisy, lifted=errors)).values()):
        return ""
    worst = {network.nodes[loss.node].operation: loss for loss in sorted(found, key=lambda loss: loss.z)}
    told = (f"{name} alone gives {x.got!r} for {x.expected!r}, z {x.z:.3g}" for name, x in worst.items())
    return f"{case.framework.title} loses accuracy, the derivative is right: {'; '.join(told)}"


def with_certified_truth(network: Network, dtype: str, tolerance: Mapping[str, Rounded]) -> dict[str, Rounded]:
    """The same tolerance around a truth from ball arithmetic, where that is affordable and installed."""
    if sum(int(np.prod(node.shape, dtype=int)) for node in network.nodes) > CERTIFIED_ENTRIES:
        return dict(tolerance)
    try:
        exact = certified(lambda: gradients(network, balls(dtype)))
    except GradproofError:
        return dict(tolerance)
    return {name: type(t)(middle(exact[name].value, dtype), t.variance) for name, t in tolerance.items()}


def middle(array: Any, dtype: str) -> Any:
    """The midpoints of balls in the dtype that truth is compared in; NaN stays NaN."""
    wide = WIDER[np.dtype(dtype)]
    high = MIDDLE(array).astype(float)
    rest = np.frompyfunc(lambda ball, h: float((ball - h).mid()), 2, 1)(array, high)
    return np.asarray(high, wide) + np.asarray(rest, wide)


def misshapen(network: Network, got: Gradients) -> str:
    """What is wrong with the form of the gradients, or nothing."""
    for name in network.parameters:
        shape = network.nodes[network.index(name)].shape
        if np.shape(got[name]) != shape:
            return f"the gradient of {name} has shape {np.shape(got[name])}, expected {shape}"
    return ""


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


def nonfinite_message(verdict: str) -> str:
    """What to say of a result whose worst entries are not finite."""
    return "NaN or infinity on one side only" if verdict == "nonfinite" else ""


def parameter(comparison: Comparison, explanation: str) -> Parameter:
    """One parameter's verdict and figures."""
    verdict = "agrees"
    if not comparison.agrees:
        verdict = worst_of(["nonfinite"] * bool(comparison.nonfinite.any()) + [explanation] * explained(comparison))
    z = comparison.largest
    return Parameter(
        verdict,
        z if np.isfinite(z) else None,
        comparison.detection_floor,
        comparison.blind / comparison.entries,
    )


def explained(comparison: Comparison) -> bool:
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
