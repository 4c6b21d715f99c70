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
from gradproof.reports.checking.lossy import Loss, losses, unlike_rounding, with_algorithms, with_errors
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
    return lossy_operations(chosen, got, run)


NOTHING = "neither a kink, nor a range limit, nor lost accuracy explains it: a gradient bug"


def lossy_operations(case: Case, got: Gradients, run: Run) -> tuple[str, str]:
    """The verdict, and a sentence: `precision` if operations that lose accuracy explain `got`, else `disagrees`.

    Each must be proved to lose it as rounding does: it agrees with another algorithm of its entry, or loses alike in
    both dtypes. One that does not is another function, and named as that.
    """

    def alone(network: Network) -> Comparison:
        return assess(replace(case, network=network), run(network, case.dtype))["c"]

    found = losses(case.network, case.dtype, alone)
    if not found:
        return "disagrees", NOTHING
    network, unlisted = with_algorithms(case.network, found, alone)
    for loss in sorted(unlisted, key=lambda loss: loss.z, reverse=True):
        if problem := unlike_rounding(case.network, loss, run):
            return "disagrees", f"{loss.said(case.network)}, and {problem}"
    worst = {case.network.nodes[loss.node].operation: loss for loss in sorted(found, key=lambda loss: loss.z)}
    told = "; ".join(loss.said(case.network) for loss in worst.values())
    if agree_with_losses(replace(case, network=network), unlisted, got):
        return "precision", f"{case.framework.title} loses accuracy, the derivative is right: {told}"
    return "disagrees", NOTHING


def agree_with_losses(case: Case, found: list[Loss], got: Gradients) -> bool:
    """Whether the gradients agree once the measured errors of lossy operations are added to their results."""
    if not found:
        return agree(assess(case, got))
    noisy, errors = with_errors(case.network, found, type(case.reading.lift(0)))
    table = replace(case, network=noisy).table(errors)
    if agree(compare(got, table)):
        return True
    sampled = Sampled(case, lambda reading: gradients(case.network, reading))
    return agree(compare(got, table, sampled.spread(ALL_DRAWS), ALL_DRAWS))


def misshapen(network: Network, got: Gradients, dtype: str) -> str:
    """What is wrong with the form of the gradients, or nothing."""
    for name in network.parameters:
        shape = network.nodes[network.index(name)].shape
        if np.shape(got[name]) != shape:
            return f"the gradient of {name} has shape {np.shape(got[name])}, expected {shape}"
        if np.asarray(got[name]).dtype != dtype:
            return f"the gradient of {name} is {np.asarray(got[name]).dtype}, expected {dtype}"
    return ""
