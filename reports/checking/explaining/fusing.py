"""Mistakes that vanish when they are looked at: a compiler fuses otherwise what is observed.

Observing a node keeps it from being fused with what it is observed apart from. The smallest set of nodes that cures a
result, when they alone are observed, is where the mistake is.
"""

from collections.abc import Callable, Sequence

from gradproof.reference.language.writing import only_loss
from gradproof.reports.checking.explaining.proving import Run
from gradproof.reports.checking.explaining.sentences import statement
from gradproof.reports.checking.observing import depending, observe
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import FUSED, Cause
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparisons
from gradproof.reports.checking.tolerance.tolerance import agree, assess

NAMED = 3
"""The most nodes of a region that is named: a larger one tells nobody where to look."""


def fused(case: Case, got: Gradients, comparisons: Comparisons, run: Run) -> Cause | None:
    """The region that cures the gradients `got` when it is observed, as a cause; None if none of `NAMED` nodes does.

    `comparisons` are those of `got`. Only gradients can be cured: the value of the loss is not looked at.
    """
    wrong = {name: c for name, c in comparisons.items() if name in case.network.parameters and not c.agrees}
    if not wrong:
        return None
    network = only_loss(case.network)
    got = {name: got[name] for name in network.parameters}

    def cures(nodes: Sequence[int], values_only: bool = False) -> bool:
        seen = observe(network, got, case.dtype, lambda probe: run(probe, case.dtype), frozenset(nodes), values_only)
        return agree(assess(case, seen.gradients))

    varying = depending(network)
    region = smallest([i for i, node in enumerate(network.nodes) if node.operands and i in varying], cures)
    if not region or len(region) > NAMED:
        return None
    name, c = max(wrong.items(), key=lambda item: item[1].largest)
    nodes = [network.nodes[i] for i in region]
    direction = "forward" if cures(region, values_only=True) else "backward"
    verdict = "nonfinite" if any(c.nonfinite.any() for c in wrong.values()) else "disagrees"
    told = ", ".join(node.operation for node in nodes)
    said = f"{told} is wrong where it is compiled together with what is around it: observed, the result is right"
    worst, where = entry(name, c.worst(c.flagged), c), statement(network, region[0])
    return Cause(nodes[0].operation, direction, verdict, FUSED, worst, None, where, said)


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
