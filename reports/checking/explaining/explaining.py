"""From a framework's gradients to a verdict: compare, and where something is flagged, look for the reason."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

from gradproof.reference.language.writing import only_loss
from gradproof.reference.network import Network
from gradproof.reports.checking.explaining.causes import causes_of
from gradproof.reports.checking.explaining.failing import failing
from gradproof.reports.checking.explaining.fusing import fused
from gradproof.reports.checking.explaining.localising import Settle, faults
from gradproof.reports.checking.explaining.misfits import misfits
from gradproof.reports.checking.explaining.nonfinite import source
from gradproof.reports.checking.explaining.proving import RerunError, Run
from gradproof.reports.checking.explaining.words import wrong_word
from gradproof.reports.checking.kinks.sides import Sided, explaining_sides
from gradproof.reports.checking.kinks.ties import (
    SIDES_OF_NO_VALUE,
    TOGETHER,
    Shared,
    at_ties,
    beside_a_gradient,
    between_sides,
    makes_a_gradient,
    with_choices,
    with_measured_choices,
)
from gradproof.reports.checking.observing import Observation, observe, same_bits
from gradproof.reports.checking.results.entries import failed, result
from gradproof.reports.checking.results.results import Cause, Result, worst_of
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparisons
from gradproof.reports.checking.tolerance.tolerance import agree, assess

Look = Callable[[], Observation]
"""Gives what a framework computes on its way for a case: the same whenever it is asked, and no run if it never is."""


class Judged(NamedTuple):
    """The comparisons of all parameters, the verdict on what they flag, a sentence to go with it, and the causes.

    `case` is the case under the sides of kinks that the framework takes.
    """

    case: Case
    comparisons: Comparisons
    verdict: str
    message: str
    causes: tuple[Cause, ...] = ()


def judge(case: Case, got: Gradients, run: Run) -> Result:
    """The verdict on the gradients `got`; `run` is asked only where something is flagged."""
    problem = misshapen(case.network, got, case.dtype)
    if problem:
        return failed(case, problem)
    judged = compared(case, got, run)
    tolerances = {name: (c.limit * c.sigma).astype(float) for name, c in judged.comparisons.items()}
    found = result(case, judged.comparisons, judged.verdict, judged.message)
    return replace(found, causes=judged.causes, tolerances=tolerances)


def judge_failed(case: Case, message: str, run: Run, died: bool) -> Result:
    """The result of a framework that raised, or whose process died, with the operations that are to blame.

    One that is cut off from all parameters makes some raise that run when they are observed. One that fails alone too
    is named.
    """
    causes = () if died else observed_causes(case, run)
    causes = causes or failing(case, run)
    told = "; ".join([message, *(cause.said for cause in causes)])
    return replace(failed(case, told), causes=causes)


def observed_causes(case: Case, run: Run) -> tuple[Cause, ...]:
    """The operations that are wrong when a network that raised is observed; none where that raises as well."""
    settle = settling(run)
    nothing = {name: np.zeros(case.network.inputs[name].shape, case.dtype) for name in case.network.parameters}
    try:
        seen = looking(case, nothing, run)()
        return causes_of(seen.network, faults(case, seen, settle), run, settle)
    except RerunError:
        return ()


def compared(case: Case, got: Gradients, run: Run) -> Judged:
    """The comparisons, and what is to be said of what they flag."""
    look = looking(case, got, run)
    sided, comparisons, left_open = with_sides(case, got, run, look)
    beside = beside_a_gradient(sided, comparisons) if agree(comparisons) else None
    if agree(comparisons) and not beside:
        return Judged(sided, comparisons, "agrees", "")
    if not beside and not any((c.flagged & ~c.undecided).any() for c in comparisons.values()):
        if between := between_sides(sided, comparisons, got):
            return Judged(sided, between, "convention", f"exactly at a kink: {SIDES_OF_NO_VALUE}")
        return Judged(sided, comparisons, "undecided", "")

    def alike(probe: Network) -> Gradients:
        return run(probe, case.dtype)

    shared = with_measured_choices(sided, alike)
    chosen = shared.case
    if beside:
        message = f"exactly at a kink: {shared.told}: {TOGETHER}"
        return by_misfits(Judged(sided, assess(beside, got), "artifact", message), sided, shared, alike)
    if at := at_ties(sided, chosen, got, shared.told):
        marked = {name: replace(c, undecided=c.undecided | c.flagged) for name, c in comparisons.items()}
        judged = Judged(chosen, marked if at.verdict == "undecided" else comparisons, *at)
        return by_misfits(judged, sided, shared, alike) if at.verdict == "artifact" else judged
    verdict, message, causes = explain(chosen, got, comparisons, run, look)
    if left_open and not causes:
        comparisons = left_open.comparisons
        if not any(c.where(verdict).any() for c in comparisons.values()):
            verdict, message = "undecided", left_open.told
    judged = Judged(chosen, comparisons, verdict, message, causes)
    return with_misfits(judged, sided, shared, alike) if causes else judged  # a share excuses nothing that none may be


def by_misfits(judged: Judged, case: Case, shared: Shared, run: Callable[[Network], Gradients]) -> Judged:
    """An artifact with the operations that make it; without a cause where it is one without their shares as well."""
    found = with_misfits(judged, case, shared, run)
    wrong = {cause.operation for cause in found.causes}
    rest = {i: choice for i, choice in shared.choices.items() if case.network.nodes[i].operation not in wrong}
    others = replace(case, network=with_choices(case.network, shared.ties, rest))
    return found if found.causes and makes_a_gradient(case, others) else found._replace(causes=())


def with_misfits(judged: Judged, case: Case, shared: Shared, run: Callable[[Network], Gradients]) -> Judged:
    """What is judged of `case`, with the operations among its causes that share a tie as none of their sides does."""
    found = misfits(case, shared, run)
    message = "; ".join([judged.message, *(cause.said for cause in found)])
    return judged._replace(message=message, causes=(*judged.causes, *found))


def looking(case: Case, got: Gradients, run: Run) -> Look:
    """A way to look at the run of a case that gave `got`."""
    return cache(lambda: observe(case.network, got, case.dtype, lambda probe: run(probe, case.dtype)))


def with_sides(case: Case, got: Gradients, run: Run, look: Look | None = None) -> Sided:
    """The comparison under the sides of kinks that explain most of `got`, and the case under these sides.

    `look` shows the framework's own numbers; without it they are asked of `run`.
    """
    comparisons = assess(case, got)
    if not agree(comparisons):
        look = look or looking(case, got, run)
        sided = explaining_sides(case, got, lambda probe: run(probe, case.dtype), look)
        if sided and (sided.left_open or flagged(sided.comparisons) < flagged(comparisons)):
            return sided
    return Sided(case, comparisons)


def flagged(comparisons: Comparisons) -> int:
    """How many entries of all comparisons together do not agree."""
    return sum(int(c.flagged.sum()) for c in comparisons.values())


def settling(run: Run) -> Settle:
    """What compares gradients with their expectation under the choices that the framework has at kinks and ties."""

    def settle(step: Case, found: Gradients) -> Comparisons:
        sided, comparisons, _ = with_sides(step, found, run)
        if agree(comparisons):
            return comparisons
        shared = with_measured_choices(sided, lambda probe: run(probe, step.dtype))
        return assess(shared.case, found) if shared.told else comparisons

    return settle


ALL_RIGHT = (
    "each operation is right given the framework's own operands, and what they add up to is not: suspect gradproof's "
    "own tolerance, and please report it with the file"
)
OTHERWISE = "the framework gives another result when it is observed, in which no operation is wrong"


def explain(
    case: Case, got: Gradients, comparisons: Comparisons, run: Run, look: Look
) -> tuple[str, str, tuple[Cause, ...]]:
    """The verdict on a flagged result, a sentence to go with it, and the operations that are to blame."""
    if word := wrong_word(case, run):
        return word.verdict, word.said, (word,)
    settle = settling(run)
    seen = replace(look(), network=only_loss(case.network))
    found = causes_of(seen.network, faults(case, seen, settle), run, settle)
    again = run(case.network, case.dtype)
    flaky = not all(same_bits(np.asarray(got[name]), np.asarray(again[name])) for name in case.network.parameters)
    aside = f"{case.framework.title} gives other bits when it runs again; " if flaky else ""
    if any(c.nonfinite.any() for c in comparisons.values()) and (first := source(case, seen, run)):
        found = (first, *(cause for cause in found if cause.verdict != "nonfinite"))
    if not found and not seen.same and (region := fused(case, got, comparisons, run)):
        found = (region,)
    if not found:
        return "disagrees", aside + (ALL_RIGHT if seen.same else OTHERWISE), ()
    verdict = worst_of(cause.verdict for cause in found)
    if verdict == "precision" and not (seen.same or reproduced(case, got, seen)):
        verdict, aside = "disagrees", f"{aside}{OTHERWISE} that is enough to explain it; "
    worst = {(c.operation, c.direction): c for c in sorted(found, key=lambda cause: cause.badness)}
    told = (each.said for cause in worst.values() for each in (cause, cause.behind) if each)
    return verdict, aside + "; ".join(told), found


def reproduced(case: Case, got: Gradients, seen: Observation) -> bool:
    """Whether the observed run differs from `got` by no more than two honest runs may."""
    table = assess(case, {name: got[name] for name in case.network.parameters})
    errors = {name: np.abs(got[name].astype(c.expected.dtype) - seen.gradients[name]) for name, c in table.items()}
    return all(bool((errors[name] <= c.limit * c.sigma).all()) for name, c in table.items())


def misshapen(network: Network, got: Gradients, dtype: str) -> str:
    """What is wrong with the form of the gradients, or nothing."""
    for name in network.parameters:
        shape = network.nodes[network.index(name)].shape
        if np.shape(got[name]) != shape:
            return f"the gradient of {name} has shape {np.shape(got[name])}, expected {shape}"
        if np.asarray(got[name]).dtype != dtype:
            return f"the gradient of {name} is {np.asarray(got[name]).dtype}, expected {dtype}"
    return ""
