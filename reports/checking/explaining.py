"""From a framework's gradients to a verdict: compare, and where something is flagged, look for the reason."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from gradproof.reference.admitted import ALL_DRAWS
from gradproof.reference.network import Network
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.case import Case, Gradients
from gradproof.reports.checking.comparison import Comparison, compare
from gradproof.reports.checking.entries import failed, result
from gradproof.reports.checking.kinks import measured_choices, nodes_at_kink, with_choices
from gradproof.reports.checking.lossy import losses, with_errors
from gradproof.reports.checking.results import Result
from gradproof.reports.checking.sides import explaining_sides
from gradproof.reports.checking.tolerance import Sampled, agree, assess

Run = Callable[[Network, str], Gradients]
"""Runs a network in the framework and mode of a case, in the given dtype."""


def judge(case: Case, got: Gradients, run: Run) -> Result:
    """The verdict on the gradients `got`; `run` is asked only where something is flagged."""
    problem = misshapen(case.network, got, case.dtype)
    return failed(case, problem) if problem else result(case, *compared(case, got, run))


def compared(case: Case, got: Gradients, run: Run) -> tuple[Mapping[str, Comparison], str, str]:
    """The comparison, the verdict on what it flags, and a sentence to go with it where something is."""
    sided, comparisons = with_sides(case, got, run)
    if agree(comparisons):
        return comparisons, "agrees", ""
    return comparisons, *explain(case, sided, got, run)


def with_sides(case: Case, got: Gradients, run: Run) -> tuple[Case, Mapping[str, Comparison]]:
    """The comparison under the sides of kinks that explain most of `got`, and the case under these sides."""
    comparisons = assess(case, got)
    if not agree(comparisons):
        sided = explaining_sides(case, got, comparisons, lambda probe: run(probe, case.dtype))
        if sided and flagged(under := assess(sided, got)) < flagged(comparisons):
            return sided, under
    return case, comparisons


def flagged(comparisons: Mapping[str, Comparison]) -> int:
    """How many entries are flagged."""
    return sum(int(c.flagged.sum()) for c in comparisons.values())


def explain(case: Case, sided: Case, got: Gradients, run: Run) -> tuple[str, str]:
    """The verdict that explains a flagged result, and a sentence to go with it."""
    at_kink = nodes_at_kink(case.network, case.dtype)
    choices = measured_choices(case.network, at_kink, lambda probe: run(probe, case.dtype))
    chosen = replace(sided, network=with_choices(sided.network, choices))
    if choices and agree(assess(chosen, got)):
        told = sorted({f"{case.network.nodes[i].operation} takes slope {s:g} there" for i, s in choices.items()})
        return "convention", f"exactly at a kink: {case.framework.title}'s {', '.join(told)}"
    lost = lossy_operations(chosen, got, run)
    if lost:
        return "precision", lost
    if case.dtype == "float32" and agrees_in_float64(case, choices, run):
        return "precision", "the same program agrees in float64, so the rule is right: what is off is float32 alone"
    return "disagrees", "neither a kink, nor a range limit, nor lost accuracy explains it: a gradient bug"


def agrees_in_float64(case: Case, choices: Mapping[int, float], run: Run) -> bool:
    """Whether the same program agrees in float64, where rounding takes sides of its own."""
    wide = replace(case, network=with_choices(case.network, choices), dtype="float64")
    _, comparisons = with_sides(wide, run(case.network, "float64"), run)
    return agree(comparisons)


def lossy_operations(case: Case, got: Gradients, run: Run) -> str:
    """A sentence that names the operations that lose accuracy, if they explain the gradients `got`."""

    def measure(alone: Network) -> Comparison:
        return assess(replace(case, network=alone), run(alone, case.dtype))["c"]

    found = losses(case.network, case.dtype, measure)
    if not found:
        return ""
    noisy, errors = with_errors(case.network, found, type(case.reading.lift(0)))
    table = replace(case, network=noisy).table(errors)
    if not agree(compare(got, table)):
        sampled = Sampled(case, lambda reading: gradients(case.network, reading))
        if not agree(compare(got, table, sampled.spread(ALL_DRAWS), ALL_DRAWS)):
            return ""
    worst = {case.network.nodes[loss.node].operation: loss for loss in sorted(found, key=lambda loss: loss.z)}
    told = (f"{name} alone gives {x.got!r} for {x.expected!r}, z {x.z:.3g}" for name, x in worst.items())
    return f"{case.framework.title} loses accuracy, the derivative is right: {'; '.join(told)}"


def misshapen(network: Network, got: Gradients, dtype: str) -> str:
    """What is wrong with the form of the gradients, or nothing."""
    for name in network.parameters:
        shape = network.nodes[network.index(name)].shape
        if np.shape(got[name]) != shape:
            return f"the gradient of {name} has shape {np.shape(got[name])}, expected {shape}"
        if np.asarray(got[name]).dtype != dtype:
            return f"the gradient of {name} is {np.asarray(got[name]).dtype}, expected {dtype}"
    return ""
