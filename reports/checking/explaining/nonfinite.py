"""Where numbers stop being finite: the operation that the first NaN or infinity comes from."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from gradproof.adapters.programs.script import in_dtype
from gradproof.reference.network import Network, Node
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import cotangents, gradients, values
from gradproof.reports.checking.explaining.localising import VALUE, alone, wrong_of
from gradproof.reports.checking.explaining.proving import RerunError, Run
from gradproof.reports.checking.explaining.sentences import at_operands, operand_name, statement, to_blame
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.results.results import Cause, Entry
from gradproof.reports.checking.tolerance.case import Case


def source(case: Case, seen: Observation, run: Run) -> Cause | None:
    """The operation that the first number comes from that is not finite, as a cause; None if all numbers are finite.

    It is shown alone where it is not finite when it is run by itself.
    """
    found = first(seen)
    if found is None:
        return None
    (i, position), network = found, seen.network
    node = network.nodes[i]
    with np.errstate(all="ignore"):
        exact = values(network, truth(case.dtype))
        right = exact[i] if position is None else passed_back(network, case.dtype, exact, i, position)
    computed = seen.values[i] if position is None else seen.passed[i, position]
    at = tuple(int(k) for k in np.argwhere(~np.isfinite(computed))[0])
    of = "value" if position is None else operand_name(node, position)
    entry = Entry(of, at, float(computed[at]), float(right[at]), float("nan"), None)
    does = f"gives {entry.got!r}" if position is None else f"passes back {entry.got!r} to {of}"
    given = [seen.values.get(k, exact[k]) for k in node.operands]
    operands = at_operands(node, given, at)
    is_given_one = position is None or i == network.index(network.loss)
    received = np.ones(node.shape) if is_given_one else seen.received.get(i)
    network_alone = not_finite_alone(node, given, received, position, case.dtype, run)
    blame = to_blame(case.network, case.dtype, (*case.network.parameters, case.network.loss))
    direction = "forward" if position is None else "backward"
    said, where = f"{node.operation} {does}{operands}; {blame}", statement(network, i)
    key = VALUE if position is None else f"x{position}"
    wrong = (wrong_of(network_alone, key, computed, right, ~np.isfinite(computed)),) if network_alone else ()
    return Cause(node.operation, direction, "nonfinite", "", entry, network_alone, where, said, wrong=wrong)


def not_finite_alone(
    node: Node, operands: Sequence[Any], received: Any, position: int | None, dtype: str, run: Run
) -> Network | None:
    """The operation of a node alone, whose value, or what it passes back to the operand at `position`, is not finite.

    None where it is finite when it is run by itself, and where that cannot be tried: with NaN, or without a cotangent.
    """
    given = [in_dtype(np.asarray(x), dtype) for x in operands]
    if received is None or any(np.isnan(x).any() for x in (*given, received)):
        return None
    network = alone(node, given, np.asarray(received, np.float64), [] if position is None else [position])
    try:
        got = run(network, dtype)[VALUE if position is None else f"x{position}"]
    except RerunError:
        return None
    return None if np.isfinite(got).all() else network


def first(seen: Observation) -> tuple[int, int | None] | None:
    """The node whose value is the first that is not finite, with None; or that passes such a number back, and to where.

    A NaN among the values comes first, as it is made nowhere else; an infinity may be no mistake. So of infinities the
    one counts that something not finite is passed back through, and only if there is none just any.
    """
    nodes = seen.network.nodes
    lost = {i for i, found in seen.values.items() if nodes[i].operands and not np.isfinite(found).all()}
    made = next((i for i in sorted(lost) if np.isnan(seen.values[i]).any()), None)
    if made is not None:
        return origin(seen, lost, made), None
    for i in range(len(nodes) - 1, -1, -1):
        for position in range(len(nodes[i].operands)):
            if not np.isfinite(seen.passed.get((i, position), 0.0)).all():
                behind = next((k for k in (i, *nodes[i].operands) if k in lost), None)
                return (i, position) if behind is None else (origin(seen, lost, behind), None)
    return (min(lost), None) if lost else None


def origin(seen: Observation, lost: Collection[int], i: int) -> int:
    """Where what is not finite in a node's value comes from: the first of its operands that is `lost`, and so on."""
    while (before := next((k for k in seen.network.nodes[i].operands if k in lost), None)) is not None:
        i = before
    return i


def passed_back(network: Network, dtype: str, exact: list[Any], i: int, position: int) -> Any:
    """What a node has to pass back to an operand, given `exact` values of all; NaN where equations have no value."""
    received = cotangents(network, exact, truth(dtype), {i})[i]
    step = alone(network.nodes[i], [exact[k] for k in network.nodes[i].operands], received, [position])
    return gradients(step, truth(dtype), [f"x{position}"])[f"x{position}"]
