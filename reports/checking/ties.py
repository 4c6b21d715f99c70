"""Exactly at a kink or tie of the function: what a framework may choose there, and whether it makes a gradient."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from gradproof.reference.network import Network, Node
from gradproof.reference.operations import AT_KINK, OPERATIONS, SIDES
from gradproof.reference.operations.kinks import shares
from gradproof.reference.readings.plain import value
from gradproof.reports.checking.case import Case
from gradproof.reports.checking.contests import (
    Choices,
    Contest,
    Run,
    contest,
    gaps,
    kinked_nodes,
    measured_choices,
    with_attribute,
)
from gradproof.reports.checking.directions import public


def exact_ties(case: Case) -> list[Contest]:
    """The kinked nodes with results at which candidates tie without any error.

    Where no operation errs the dtype itself shows the tie, so only what ties there is looked at.
    """
    kinked = kinked_nodes(case.network)
    seen = gaps(case.network, value(case.dtype), kinked) if kinked else {}
    kinked = [i for i, gap in seen.items() if np.any(np.sum(gap == 0, axis=-1) > 1)]
    if not kinked:
        return []
    table = gaps(case.network, case.reading, kinked)
    found = (contest(i, gap, 0.0, case.limit) for i, gap in table.items())
    return [each for each in found if each.exact.any()]


def with_choices(network: Network, ties: Iterable[Contest], choices: Choices) -> Network:
    """The same network, its exact ties shared as chosen, or as the reference does where a node has no choice."""
    given = {}
    for each in ties:
        attributes = network.nodes[each.node].attributes
        own = attributes[AT_KINK]
        given[each.node] = np.array(shares(each.largest, own) if attributes[SIDES] is None else attributes[SIDES])
        given[each.node][each.exact] = shares(each.largest, choices.get(each.node, own))[each.exact]
    return with_attribute(network, SIDES, given)


def with_measured_choices(case: Case, run: Run) -> tuple[Case, str]:
    """The case with the shares that the framework takes at exact ties, and what they are; "" if there are no ties."""
    ties = exact_ties(case)
    choices = measured_choices(case, (each.node for each in ties), run)
    told = sorted({said(case.network.nodes[i], choice) for i, choice in choices.items()})
    return replace(case, network=with_choices(case.network, ties, choices)), ", ".join(told)


def said(node: Node, choice: str) -> str:
    """What a node takes at a tie, in words."""
    kink = OPERATIONS[node.operation].kink
    assert kink is not None
    return f"{node.operation} takes {kink.said(choice, **public(node))} there"
