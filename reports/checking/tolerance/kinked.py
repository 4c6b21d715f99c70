"""What a kinked node takes the largest of, and which of these candidates tie."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.reference.network import Network
from gradproof.reference.operations import HIDDEN, OPERATIONS, Kink
from gradproof.reference.operations.kinks import largest
from gradproof.reference.readings.plain import wider
from gradproof.reference.sweep import attributes

Winners = Mapping[int, Any]
"""By node, which candidates are the largest at some point: what it compares, along the last axis, as booleans."""


def candidates(network: Network, operands: Sequence[Any], node: int, dtype: Any) -> Any:
    """What a kinked node takes the largest of, along a last axis; its attributes are rounded to `dtype`."""
    given = attributes(network.nodes[node], wider(dtype))
    seen = {name: each for name, each in given.items() if name not in HIDDEN}
    return kink_of(network, node).candidates(*operands, **seen)


def kink_of(network: Network, node: int) -> Kink:
    """The kink of a node that has one."""
    kink = OPERATIONS[network.nodes[node].operation].kink
    assert kink is not None
    return kink


def is_kinked(network: Network, node: int) -> bool:
    """Whether the node's operation has a kink, for its attributes."""
    operation = OPERATIONS.get(network.nodes[node].operation)
    kink = None if operation is None else operation.kink
    return kink is not None and not kink.is_smooth(**network.nodes[node].public)


def shared(network: Network, node: int, tied: Any, choice: str) -> Any:
    """What each of the `tied` candidates of a kinked node gets under a choice, along the last axis."""
    return kink_of(network, node).shared(tied, choice, **network.nodes[node].public)


def has_answer(network: Network, node: int) -> bool:
    """Whether a kinked node has a value of its own where its candidates are equal: nothing is to be chosen there."""
    return kink_of(network, node).has_answer


def winners(network: Network, read: Sequence[Any], nodes: Iterable[int], dtype: Any) -> dict[int, Any]:
    """By node, which of what it compares is the largest, given the values of all nodes in a program of `dtype`."""
    return {i: largest(candidates(network, [read[k] for k in network.nodes[i].operands], i, dtype)) for i in nodes}


def sources(network: Network, node: int) -> Any:
    """Where the candidates come from: pairs (operand node, entry), (-1, 0) for a constant; shape (..., m, 2).

    What is computed of entries comes from none: of its sides, only those that chance finds are known.
    """
    labels, known = [], [(-1, 0)]
    for k in network.nodes[node].operands:
        shape, name = network.nodes[k].shape, network.nodes[k].name
        size = int(np.prod(shape, dtype=int))
        if name in network.discrete:  # it only says which entries are compared
            labels.append(network.inputs[name])
            continue
        labels.append(np.reshape(np.arange(len(known), len(known) + size), shape))
        known += [(k, entry) for entry in range(size)]
    kink = kink_of(network, node)
    found = kink.selects(*labels, **network.nodes[node].public)  # -inf where a window has nothing
    return np.array(known)[np.where(np.isinf(found) | kink.is_computed, 0, found).astype(int)]


def signs(network: Network, node: int, count: int) -> Any:
    """By what each of `count` candidates is multiplied when they are compared: 1 or -1."""
    return kink_of(network, node).signs_of(count, **network.nodes[node].public)


def covered(tied: Winners, found: Sequence[Winners]) -> bool:
    """Whether each candidate that ties is among the largest in one of the assignments found."""
    return all((np.any([each[i] for each in found], axis=0) >= mask).all() for i, mask in tied.items())


def ties(tied: Winners) -> int:
    """How many candidates tie with another, less one where several do: the differences that are 0."""
    return sum(int(np.sum(np.maximum(np.sum(mask, axis=-1) - 1, 0))) for mask in tied.values())
