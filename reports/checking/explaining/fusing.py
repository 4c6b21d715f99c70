"""Mistakes that vanish when they are looked at: a compiler fuses otherwise what is observed.

Observing a node keeps it from being fused with what it is observed apart from. The smallest set of nodes that cures a
result, when they alone are observed, is where the mistake is.
"""

from collections.abc import Callable, Sequence

from gradproof.reference.language.writing import Writer, only_loss
from gradproof.reference.sweep import named_readers
from gradproof.reports.checking.explaining.proving import Run
from gradproof.reports.checking.observing import depending, observe
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import Cause
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.tolerance import agree, assess

NAMED = 3
"""The most nodes of a region that is named: a larger one tells nobody where to look."""

FUSED = "operands that are fused with it"
"""The condition of an operation that is right when it is not fused."""


def fused(case: Case, got: Gradients, run: Run) -> Cause | None:
    """The region that cures the gradients `got` when it is observed, as a cause; None if none of `NAMED` nodes does."""
    network = only_loss(case.network)
    got = {name: got[name] for name in network.parameters}

    def cures(nodes: Sequence[int], values_only: bool = False) -> bool:
        seen = observe(network, got, case.dtype, lambda probe: run(probe, case.dtype), frozenset(nodes), values_only)
        return agree(assess(case, seen.gradients))

    varying = depending(network)
    region = smallest([i for i, node in enumerate(network.nodes) if node.operands and i in varying], cures)
    if not region or len(region) > NAMED:
        return None
    comparisons = assess(case, got)
    name = max(comparisons, key=lambda name: comparisons[name].largest)
    c = comparisons[name]
    nodes = [network.nodes[i] for i in region]
    direction = "forward" if cures(region, values_only=True) else "backward"
    verdict = "nonfinite" if c.nonfinite.any() else "disagrees"
    readers, written = named_readers(network), dict(Writer(network).statements())
    where = f"{readers[region[0]]} = {written[readers[region[0]]]}"
    told = ", ".join(node.operation for node in nodes)
    said = f"{told} is wrong where it is compiled together with what is around it: observed, the result is right"
    return Cause(nodes[0].operation, direction, verdict, FUSED, entry(name, c.worst(c.flagged), c), None, where, said)


def smallest(nodes: Sequence[int], cures: Callable[[Sequence[int]], bool]) -> Sequence[int]:
    """A set of nodes that cures, of which no half, and none without one of its nodes, does; empty if all do not.

    Halves first: as many runs as the set has bits, and then one for each node that is left.
    """
    if not nodes or not cures(nodes):
        return ()
    while len(nodes) > 1:
        middle = len(nodes) // 2
        half = next((part for part in (nodes[:middle], nodes[middle:]) if cures(part)), None)
        if half is None:
            break
        nodes = half
    for node in list(nodes) if len(nodes) <= NAMED**2 else ():
        left = [other for other in nodes if other != node]
        nodes = left if left and cures(left) else nodes
    return nodes
