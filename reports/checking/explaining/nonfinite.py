"""Where numbers stop being finite, and whether the framework or the formula is to blame."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.reference.language.writing import Writer
from gradproof.reference.network import LITERAL
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import cotangents, gradients, named_readers, values
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.results.results import Cause, Entry
from gradproof.reports.checking.tolerance.case import Case


def source(case: Case, seen: Observation) -> Cause | None:
    """The operation that the first number comes from that is not finite, as a cause; None if all numbers are finite.

    A NaN is followed to where it is made, and from there an infinity to where it comes from.
    """
    found = forward(seen) or backward(seen)
    if found is None:
        return None
    i, position = found
    network = seen.network
    node = network.nodes[i]
    computed = seen.values[i] if position is None else seen.passed[i, position]
    at = tuple(int(k) for k in np.argwhere(~np.isfinite(computed))[0])
    with np.errstate(all="ignore"):
        exact = values(network, truth(case.dtype))
        expected = exact[i] if position is None else cotangents(network, exact, truth(case.dtype), {i}).get(i)
    right = float(np.asarray(expected)[at]) if position is None else float("nan")
    names = OPERATIONS[node.operation].operands
    of = "value" if position is None else names[0 if OPERATIONS[node.operation].variadic else position]
    entry = Entry(of, at, float(computed[at]), right, float("nan"), None)
    does = f"gives {entry.got!r}" if position is None else f"passes back {entry.got!r} to {of}"
    readers, written = named_readers(network), dict(Writer(network).statements())
    where = f"{readers[i]} = {written[readers[i]]}"
    said = f"{node.operation} {does}{operands_said(seen, i, at)}; {blame(case)}"
    direction = "forward" if position is None else "backward"
    return Cause(node.operation, direction, "nonfinite", "", entry, None, where, said)


def forward(seen: Observation) -> tuple[int, None] | None:
    """The node whose value is the first that is not finite, for a NaN the one that it comes from."""
    order = sorted(seen.values)
    nodes = seen.network.nodes
    born = next((i for i in order if nodes[i].operands and np.isnan(seen.values[i]).any()), None)
    if born is None:
        return None
    while (before := infinite_operand(seen, born)) is not None:
        born = before
    return born, None


def infinite_operand(seen: Observation, i: int) -> int | None:
    """An operand of a node that is computed, and not finite; None if there is none."""
    nodes = seen.network.nodes
    for k in nodes[i].operands:
        if nodes[k].operands and not np.isfinite(seen.values.get(k, 0.0)).all():
            return k
    return None


def backward(seen: Observation) -> tuple[int, int | None] | None:
    """The first operation on the way back that passes back what is not finite, or whose own value is not."""
    nodes = seen.network.nodes
    for i in range(len(nodes) - 1, -1, -1):
        for position in range(len(nodes[i].operands)):
            passed = seen.passed.get((i, position))
            if passed is not None and not np.isfinite(passed).all():
                for k in (i, *nodes[i].operands):
                    if nodes[k].operation != LITERAL and nodes[k].operands and not finite(seen.values, k):
                        start = k
                        while (before := infinite_operand(seen, start)) is not None:
                            start = before
                        return start, None
                return i, position
    return next(((i, None) for i in sorted(seen.values) if nodes[i].operands and not finite(seen.values, i)), None)


def finite(found: Mapping[int, Any], i: int) -> bool:
    """Whether the value of a node, if it was seen, is finite."""
    return bool(np.isfinite(found.get(i, 0.0)).all())


def operands_said(seen: Observation, i: int, at: tuple[int, ...]) -> str:
    """The operands of an entry of an operation that works entry by entry; "" for any other."""
    node = seen.network.nodes[i]
    operation = OPERATIONS[node.operation]
    if not operation.is_elementwise:
        return ""
    told = []
    for name, k in zip(operation.operands, node.operands, strict=False):
        if k in seen.values and np.shape(seen.values[k]) == node.shape and len(at) == len(node.shape):
            told.append(f"{name} = {float(seen.values[k][at])!r}")
    return f" at {', '.join(told)}" if told else ""


def blame(case: Case) -> str:
    """Whether the equations, computed in the dtype itself, are finite: then the framework is to blame."""
    with np.errstate(all="ignore"):
        plain = gradients(case.network, value(case.dtype), value=True)
    if all(np.isfinite(array).all() for array in plain.values()):
        return f"the equations are finite in {case.dtype}: the framework is to blame"
    return f"the equations themselves are not finite in {case.dtype}: the formula is to blame"
