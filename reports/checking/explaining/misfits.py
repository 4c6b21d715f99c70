"""Operations that pass back, at a kink of their own, what none of their sides gives: artifacts of one operation.

A framework that composes an operation of others takes a choice at the kink of each, and together these may be no share
between the sides of what it composes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK
from gradproof.reports.checking.explaining.sentences import operand_name, statement
from gradproof.reports.checking.kinks.contests import Run, alone_at_tie, measured_choices, with_attribute
from gradproof.reports.checking.kinks.realisable import expected, is_gradient
from gradproof.reports.checking.kinks.ties import exact_ties, with_choices
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import SPECIAL, Cause
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.kinked import has_answer, kink_of
from gradproof.reports.checking.tolerance.tolerance import assess


def misfits(case: Case, run: Run) -> tuple[Cause, ...]:
    """The operations whose share of an exact tie is none of their own sides' nor between them, each once.

    `case` is as the truth has it, and `run` runs a network in its framework, mode and dtype. An operation of which the
    gradients do not depend there is left out.
    """
    ties = exact_ties(case)
    choices = measured_choices(case, (each.node for each in ties), run)
    found: dict[tuple[str, str], Cause] = {}
    for i, choice in choices.items():
        node = case.network.nodes[i]
        if has_answer(case.network, i) or (node.operation, choice) in found:
            continue
        others = {k: each for k, each in choices.items() if k != i}
        if matters(case, with_choices(case.network, ties, choices), with_choices(case.network, ties, others)):
            for cause in alone(case, i, choice, run):
                found[node.operation, choice] = cause
    return tuple(found.values())


def matters(case: Case, one: Network, other: Network) -> bool:
    """Whether two networks have different gradients."""
    first, second = (expected(replace(case, network=network)) for network in (one, other))
    return any(not np.array_equal(first[name], second[name], equal_nan=True) for name in first)


def alone(case: Case, i: int, choice: str, run: Run) -> Iterator[Cause]:
    """What is to be said of node `i` alone at its kink under a choice, where that is no gradient of it."""
    by_itself = replace(case, network=alone_at_tie(case.network, i))
    if is_own(by_itself, choice) is not False:
        return
    got = run(by_itself.network)
    own = [each for each in kink_of(case.network, i).choices if is_own(by_itself, each)]
    sides = {each: assess(chosen(by_itself, each), got) for each in own}
    if not sides or all(c.agrees for c in nearest(sides).values()):
        return
    comparisons = nearest(sides)
    name = max(by_itself.network.parameters, key=lambda each: float(np.nan_to_num(comparisons[each].largest)))
    c = comparisons[name]
    node, at = case.network.nodes[i], c.worst(c.flagged)
    of = operand_name(node, int(name[1:]))
    given = sorted({float(each[name].expected[at]) for each in sides.values()})
    said = (
        f"{node.operation} alone passes back to {of} {float(c.got[at])!r} at its kink, where its sides give "
        f"{' and '.join(f'{one!r}' for one in (given[0], given[-1]))}"
    )
    where, worst = statement(case.network, i), entry(of, at, c)
    yield Cause(node.operation, "backward", "artifact", SPECIAL, worst, by_itself.network, where, said)


def chosen(by_itself: Case, choice: str) -> Case:
    """An operation alone that takes a choice at its kink."""
    return replace(
        by_itself, network=with_attribute(by_itself.network, AT_KINK, {by_itself.network.index("y"): choice})
    )


def is_own(by_itself: Case, choice: str) -> bool | None:
    """Whether what an operation alone has under a choice is a gradient of it; None where that is not found out."""
    one = chosen(by_itself, choice)
    return is_gradient(by_itself, expected(one), one.network)


def nearest(sides: Mapping[str, Mapping[str, Comparison]]) -> Mapping[str, Comparison]:
    """Of comparisons under several choices, those that are off by least."""
    return min(sides.values(), key=lambda each: max(float(np.max(np.abs(c.got - c.expected))) for c in each.values()))
