"""Whether what the wider dtype computes is to be believed."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from gradproof.reference.network import INPUT, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.tolerance.case import Case


def strange(case: Case, read: list[Any], live: Iterable[int]) -> bool:
    """Whether the wider dtype is not to be believed: some number is lost there, or not finite.

    One is lost where nothing tells it from 0, its own errors being as large: then it says nothing what a quotient, a
    root, a logarithm or a comparison makes of it. That does not hold for a 0 without error, nor where errors stay below
    the smallest number of the dtype. Of infinities only those are believed that are among the inputs.
    """
    kind = type(case.reading.lift(0))
    ratio = case.limit * np.finfo(kind.wide).eps / np.finfo(kind.dtype).eps
    finite = all(np.isfinite(array).all() for array in case.network.inputs.values())
    for i in live:
        node = case.network.nodes[i]
        if finite and not np.isfinite(read[i].value).all():
            return True
        for position, k in enumerate(node.operands):
            if case.network.nodes[k].operation != INPUT and turns_at_0(node, position):
                value, variance = read[k].parts
                with np.errstate(over="ignore"):
                    lost = variance * (ratio * ratio) > np.maximum(value * value, kind.eta * kind.eta)
                if lost.any():
                    return True
    return any(np.isnan(array).any() for array in case.network.inputs.values())


def turns_at_0(node: Node, position: int) -> bool:
    """Whether an operation has a pole, a root or a kink where an operand is 0, its others being 1."""
    operation = OPERATIONS[node.operation]
    if operation.kink is not None:
        return True
    return operation.is_elementwise and has_pole(node.operation, position, tuple(node.attributes.items()))


@cache
def has_pole(name: str, position: int, attributes: tuple[tuple[str, Any], ...]) -> bool:
    """Whether an elementwise operation has no slope where the operand at `position` is 0, its others being 1."""
    operation = OPERATIONS[name]
    if position in operation.discrete:
        return False
    operands = [np.float64(k != position) for k in range(len(operation.operands))]
    with np.errstate(all="ignore"):
        result = operation.forward(*operands, **dict(attributes))
        slope = operation.rule(position)(np.float64(1), result, *operands, **dict(attributes))
    return not np.isfinite(slope)
