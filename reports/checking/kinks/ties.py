"""Exactly at a kink or tie of the function: what a framework may choose there, and whether it makes a gradient."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import AT_KINK, OPERATIONS, SIDES
from gradproof.reference.readings.plain import value
from gradproof.reports.checking.kinks.contests import (
    Choices,
    Contest,
    Run,
    contest,
    gaps,
    kinked_nodes,
    measured_choices,
    with_attribute,
)
from gradproof.reports.checking.kinks.realisable import an_assignment, expected, is_between, is_gradient
from gradproof.reports.checking.kinks.searching import MAX_NUMBERS
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison, Comparisons
from gradproof.reports.checking.tolerance.directions import DIRECTIONS
from gradproof.reports.checking.tolerance.kinked import has_answer, shared
from gradproof.reports.checking.tolerance.tolerance import assess
from gradproof.reports.checking.tolerance.truth import certain_truth, first_truth

TOGETHER = "together they give a gradient that the function does not have"
SIDES_OF_NO_VALUE = "the equations have no value there, and it is a mean of what gradients tend to from two sides"
UNKNOWN = "whether together they give a gradient of the function is not found out"


class Told(NamedTuple):
    """A verdict, and a sentence to go with it."""

    verdict: str
    message: str


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
        natural = shared(network, each.node, each.largest, own)
        given[each.node] = np.array(natural if attributes[SIDES] is None else attributes[SIDES])
        chosen = shared(network, each.node, each.largest, choices.get(each.node, own))
        given[each.node][each.exact] = chosen[each.exact]
    return with_attribute(network, SIDES, given)


class Shared(NamedTuple):
    """A case with the shares that its framework takes at the exact `ties`, by node, and what they are in words.

    What has an answer at a tie is among the choices, but not told: nothing is chosen there.
    """

    case: Case
    ties: list[Contest]
    choices: Choices
    told: str


def with_measured_choices(case: Case, run: Run) -> Shared:
    """The case with the shares that the framework takes at exact ties; `told` is "" if there are none."""
    ties = exact_ties(case)
    choices = measured_choices(case, (each.node for each in ties), run)
    chosen = ((i, choice) for i, choice in choices.items() if not has_answer(case.network, i))
    told = sorted({said(case.network.nodes[i], choice) for i, choice in chosen})
    return Shared(replace(case, network=with_choices(case.network, ties, choices)), ties, choices, ", ".join(told))


def makes_a_gradient(case: Case, chosen: Case) -> bool | None:
    """Whether the shares of `chosen` make a gradient of the function of `case`; None where that is not found out."""
    entries = sum(x.size for x in case.network.inputs.values())
    most = max(DIRECTIONS, min(EVALUATIONS, MAX_NUMBERS // entries))
    return is_gradient(case, expected(chosen), chosen.network, most)


def at_ties(case: Case, chosen: Case, got: Gradients, told: str) -> Told | None:
    """What is to be said of gradients that `chosen`, with the framework's shares at exact ties, explains; else None.

    `told` is what the framework takes there. Entries without a truth need no explanation.
    """
    if not told or any((c.flagged & ~c.undecided).any() for c in assess(chosen, got).values()):
        return None
    right = makes_a_gradient(case, chosen)
    told = f"exactly at a kink: {case.framework.title}'s {told}"
    if right:
        return Told("convention", told)
    return Told("artifact", f"{told}: {TOGETHER}") if right is False else Told("undecided", f"{told}: {UNKNOWN}")


def beside_a_gradient(case: Case, comparisons: Comparisons) -> Case | None:
    """The case under an assignment of sides that can be had, where what agrees is no gradient of the function."""
    if not any(c.tied for c in comparisons.values()):
        return None
    found = {name: c.expected for name, c in comparisons.items()}
    if is_gradient(case, found, case.network) is not False:
        return None
    return an_assignment(case)


def between_sides(case: Case, comparisons: Comparisons, got: Gradients) -> dict[str, Comparison] | None:
    """The comparisons, with what gradients tend to from one side where the equations have no value.

    None unless they tend to something else from another side there, and `got` is a mean of the two, all entries
    together: 0 is one of what the norm has around 0.
    """
    tended = certain_truth(case, first_truth(case)).tended
    if tended is None or len(tended.along) < 2:
        return None
    nowhere = {name: np.asarray(comparisons[name].undecided) for name in tended.point.moved}
    if not all(np.isfinite(each[name][nowhere[name]]).all() for each in tended.along for name in nowhere):
        return None
    if not is_between(tended.along, got, tended.point):
        return None
    side = {name: np.where(there, tended.along[0][name], comparisons[name].expected) for name, there in nowhere.items()}
    return {
        name: replace(c, expected=side[name], undecided=np.False_) if name in side else c
        for name, c in comparisons.items()
    }


def said(node: Node, choice: str) -> str:
    """What a node takes at a tie, in words."""
    kink = OPERATIONS[node.operation].kink
    assert kink is not None
    return f"{node.operation} takes {kink.said(choice, **node.public)} there"
