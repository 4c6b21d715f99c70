"""The reverse sweep: values forward along the graph, cotangents back, in any number system.

001_856bfbabee75bf37.txt, "Derivates - in a graph": the cotangent of a node is the sum over its out-neighbours
t of dL/dt * dt/ds, starting from dL/dL = 1 and going back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gradproof.reference.kernels import Array
from gradproof.reference.network import INPUT, LITERAL, Network, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.reading import Reading


def values(network: Network, reading: Reading, lifted: Mapping[str, Array] | None = None) -> list[Array]:
    """The value of every node, in order, read in `reading`.

    `lifted` replaces inputs by values that are already in the reading's number system.
    """
    lifted = lifted or {}
    result: list[Array] = []
    for node in network.nodes:
        if node.operation == INPUT:
            name = node.name or ""
            result.append(lifted[name] if name in lifted else reading.lift(network.inputs[name]))
        elif node.operation == LITERAL:
            result.append(reading.lift(node.attributes["value"]))
        else:
            operands = [result[i] for i in node.operands]
            result.append(OPERATIONS[node.operation].forward(*operands, **attributes(node, reading)))
    return result


def attributes(node: Node, reading: Reading) -> dict[str, Any]:
    """The node's attributes; numbers among them are rounded to the dtype under check, as inputs are."""
    return {k: reading.round(v) if isinstance(v, float) else v for k, v in node.attributes.items()}


def cotangents(network: Network, read: list[Array], reading: Reading, wanted: Iterable[int]) -> dict[int, Array]:
    """dL/ds for each node s of `wanted` that the loss depends on, given the values `read` of all nodes."""
    wanted = set(wanted)
    loss = network.index(network.loss)
    live = between(network, loss, wanted)
    found: dict[int, Array] = {loss: reading.lift(1.0)}
    for i in range(loss, -1, -1):
        node = network.nodes[i]
        if i not in found or not node.operands:
            continue
        g = found[i] if i in wanted else found.pop(i)
        operation = OPERATIONS[node.operation]
        operands = [read[k] for k in node.operands]
        keywords = attributes(node, reading)
        for position, k in enumerate(node.operands):
            if k in live:
                extra = {"operand": position} if operation.variadic else {}
                if position in node.wrong:
                    wrong = node.wrong[position]
                    part = wrong.rule(g, *(read[j] for j in wrong.reads), **keywords, **extra)
                else:
                    part = operation.rule(position)(g, read[i], *operands, **keywords, **extra)
                found[k] = found[k] + part if k in found else part
    return {i: g for i, g in found.items() if i in wanted}


def between(network: Network, loss: int, wanted: set[int]) -> set[int]:
    """The nodes that depend on a wanted node and that the loss depends on: the only ones to sweep."""
    reached: set[int] = set()
    for i, node in enumerate(network.nodes[: loss + 1]):
        if i in wanted or any(k in reached for k in node.operands):
            reached.add(i)
    return reached & network.ancestors(network.nodes[loss].name or "")


def gradients(
    network: Network,
    reading: Reading,
    names: Iterable[str] | None = None,
    lifted: Mapping[str, Array] | None = None,
) -> dict[str, Array]:
    """The gradient of the loss with respect to each of `names` (default: the network's parameters).

    Each has the shape of the value it belongs to. A value that the loss does not depend on has gradient zero.
    `lifted` is as for `values`.
    """
    indices = {name: network.index(name) for name in (names if names is not None else network.parameters)}
    read = values(network, reading, lifted)
    found = cotangents(network, read, reading, indices.values())
    zero = {name: reading.lift(np.zeros(network.nodes[i].shape)) for name, i in indices.items() if i not in found}
    return {name: found[i] if i in found else zero[name] for name, i in indices.items()}
