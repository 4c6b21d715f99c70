"""Operations that pass back, at a kink of their own, what none of their sides gives: artifacts of one operation.

A framework that composes an operation of others takes a choice at the kink of each, and together these may be no share
between the sides of what it composes.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gradproof.reference.operations import AT_KINK
from gradproof.reports.checking.explaining.sentences import operand_name, statement
from gradproof.reports.checking.kinks.contests import Run, alone_at_tie, with_attribute
from gradproof.reports.checking.kinks.realisable import expected, is_gradient
from gradproof.reports.checking.kinks.ties import Shared, with_choices
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import SPECIAL, Cause
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.kinked import has_answer, kink_of
from gradproof.reports.checking.tolerance.tolerance import assess


def misfits(case: Case, shared: Shared, run: Run) -> tuple[Cause, ...]:
    """The operations whose share of an exact tie is none of their own sides' nor between them, each once.

    `case` is as the truth has it, `shared` has the shares that its framework takes, and `run` runs a network in it. An
    operation is left out on whose share the gradients do not depend.
    """
    if not shared.told:
        return ()
    found: dict[tuple[str, str], Cause] = {}
    taken = expected(shared.case)
    for i, choice in shared.choices.items():
        known = case.network.nodes[i].operation, choice
        if has_answer(case.network, i) or known in found:
            continue
        others = {k: each for k, each in shared.choices.items() if k != i}
        without = expected(replace(case, network=with_choices(case.network, shared.ties, others)))
        if all(np.array_equal(taken[name], without[name], equal_nan=True) for name in taken):
            continue
        if cause := misfit(case, i, choice, run):
            found[known] = cause
    return tuple(found.values())


def misfit(case: Case, i: int, choice: str, run: Run) -> Cause | None:
    """What is to be said of node `i` alone at its kink under a choice; None where that is a gradient of it."""
    by_itself = replace(case, network=alone_at_tie(case.network, i))
    if is_own(by_itself, choice) is not False:
        return None
    got = run(by_itself.network)
    own = [each for each in kink_of(case.network, i).choices if is_own(by_itself, each)]
    sides = [assess(chosen(by_itself, each), got) for each in own]
    comparisons = min(sides, key=farthest, default={})
    wrong = {name: c for name in by_itself.network.parameters if (c := comparisons.get(name)) and c.flagged.any()}
    if not wrong:
        return None
    name = max(wrong, key=lambda each: wrong[each].largest)
    node, c = case.network.nodes[i], wrong[name]
    of, at = operand_name(node, int(name[1:])), c.worst(c.flagged)
    given = sorted({float(each[name].expected[at]) for each in sides})
    said = (
        f"{node.operation} alone passes back to {of} {float(c.got[at])!r} at its kink, where its sides give "
        f"{' and '.join(map(repr, dict.fromkeys((given[0], given[-1]))))}"
    )
    where, worst = statement(case.network, i), entry(of, at, c)
    return Cause(node.operation, "backward", "artifact", SPECIAL, worst, by_itself.network, where, said)


def chosen(by_itself: Case, choice: str) -> Case:
    """An operation alone that takes a choice at its kink."""
    return replace(
        by_itself, network=with_attribute(by_itself.network, AT_KINK, {by_itself.network.index("y"): choice})
    )


def is_own(by_itself: Case, choice: str) -> bool | None:
    """Whether what an operation alone has under a choice is a gradient of it; None where that is not found out."""
    one = chosen(by_itself, choice)
    return is_gradient(by_itself, expected(one), one.network)


def farthest(comparisons: Mapping[str, Comparison]) -> float:
    """How far the entry that is off by most is off."""
    return max(float(np.max(np.abs(c.got - c.expected))) for c in comparisons.values())
