"""The reverse sweep: values forward along the graph, cotangents back, in any number system.

001_856bfbabee75bf37.txt, "Derivates - in a graph": the cotangent of a node is the sum over its out-neighbours
t of dL/dt * dt/ds, starting from dL/dL = 1 and going back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from operator import add, is_
from typing import Any, Protocol

import numpy as np

from gradproof.reference.network import INPUT, LITERAL, Network, Node
from gradproof.reference.operations import OPERATIONS, Operation
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import Array
from gradproof.reference.reading import Reading


class Replaced(Protocol):
    """Numbers that take the place of computed ones on the way: those that an author printed and went on with."""

    def value(self, name: str, computed: Array) -> Array:
        """What is read as the value of the node `name` from here on."""

    def cotangent(self, root: str, name: str, computed: Array) -> Array:
        """What is read as d root / d name from here on."""

    def partial(self, of: str, to: str) -> Array | None:
        """What is read as the derivative of a statement `of` by the scalar `to` that it reads, or None."""


def values(
    network: Network,
    reading: Reading,
    lifted: Mapping[str, Array] | None = None,
    replaced: Replaced | None = None,
) -> list[Array]:
    """The value of every node, in order, read in `reading`.

    `lifted` replaces inputs by values that are already in the reading's number system, `replaced` any value.
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
            found = algorithm(node).forward(*operands, **attributes(node, reading))
            # What is made of integers alone are numbers, that enter as literals do.
            result.append(reading.lift(found.astype(np.float64)) if is_discrete(found) else found)
        if replaced is not None and node.name is not None:
            result[-1] = replaced.value(node.name, result[-1])
    return result


def algorithm(node: Node) -> Operation:
    """What a node is computed by: its operation's stable form, or another of its algorithms."""
    operation = OPERATIONS[node.operation]
    return operation.algorithms[node.algorithm] if node.algorithm else operation


def as_written(network: Network) -> Network:
    """The network with the equations that documents have: most in terms of a result, which is at hand on paper.

    It is the same one where it has them already.
    """
    nodes = tuple(map(node_as_written, network.nodes))
    return network if all(map(is_, nodes, network.nodes)) else replace(network, nodes=nodes)


def node_as_written(node: Node) -> Node:
    """The node with the algorithm that documents have, unless it has one; the same one where nothing changes."""
    operation = OPERATIONS.get(node.operation)
    if operation is None or node.algorithm or not operation.written:
        return node
    return replace(node, algorithm=operation.written)


def attributes(node: Node, reading: Reading) -> dict[str, Any]:
    """The node's attributes; numbers among them are rounded to the dtype under check, as inputs are, but for some."""
    exact = OPERATIONS[node.operation].unrounded
    return {k: reading.round(v) if isinstance(v, float) and k not in exact else v for k, v in node.attributes.items()}


def cotangents(
    network: Network,
    read: list[Array],
    reading: Reading,
    wanted: Iterable[int],
    root: int | None = None,
    seed: Array | None = None,
    replaced: Replaced | None = None,
) -> dict[int, Array]:
    """d root / ds for each node s of `wanted` that the root depends on, given the values `read` of all nodes.

    The root is the loss, or another node; it need not be a scalar if `seed`, its own cotangent, is given.
    """
    wanted = set(wanted)
    root = network.index(network.loss) if root is None else root
    live = between(network, root, wanted)
    meeting: dict[int, list[Array | tuple[Array, ...]]] = {root: [reading.lift(1.0) if seed is None else seed]}
    found: dict[int, Array] = {}
    owners = named_readers(network) if replaced is not None else {}
    for i in range(root, -1, -1):
        node = network.nodes[i]
        if i not in meeting:
            continue
        g = met(meeting.pop(i))
        if replaced is not None and i != root and node.name is not None:
            g = replaced.cotangent(network.nodes[root].name or "", node.name, g)
        if i in wanted:
            found[i] = g
        if not node.operands:
            continue
        operation = algorithm(node)
        operands = [read[k] for k in node.operands]
        keywords = attributes(node, reading)
        for position, k in enumerate(node.operands):
            if k in live and position not in operation.discrete:
                if replaced is not None and replaced.partial(owners[i], network.nodes[k].name or "") is not None:
                    continue
                extra = {"operand": position} if operation.variadic else {}
                if position in node.wrong:
                    wrong = node.wrong[position]
                    part = wrong.rule(g, *(read[j] for j in wrong.reads), **keywords, **extra)
                else:
                    part = operation.rule(position)(g, read[i], *operands, **keywords, **extra)
                meeting.setdefault(k, []).append(part)
        if replaced is not None and node.name is not None:
            for k in statement_reads(network, i):
                slope = replaced.partial(node.name, network.nodes[k].name or "")
                if slope is not None and k in live:
                    meeting.setdefault(k, []).append(g * slope)
    return found


def met(passed: list[Array | tuple[Array, ...]]) -> Array:
    """The cotangent of a node: the sum of what its readers pass back, whose order is a framework's own affair.

    Three or more are a sum to a reading, which knows that sums are added in any order; two are one addition. A reader
    that passes back several parts adds them in their order if it is the only one, and else they meet with the others'.
    """
    apart = [part if isinstance(part, tuple) else (part,) for part in passed]
    parts = [part for each in apart for part in each]
    if len(apart) > 1 and len(parts) > 2:
        return np.sum(np.stack(parts), axis=0)
    return reduce(add, parts)


def named_readers(network: Network) -> dict[int, str]:
    """For each node the name of the statement that it is part of."""
    owner, owners = "", {}
    for i in range(len(network.nodes) - 1, -1, -1):
        owner = network.nodes[i].name or owner
        owners[i] = owner
    return owners


def statement_reads(network: Network, i: int) -> set[int]:
    """The named nodes that the statement whose result is node `i` reads."""
    found: set[int] = set()
    pending = list(network.nodes[i].operands)
    while pending:
        k = pending.pop()
        if network.nodes[k].name is None:
            pending.extend(network.nodes[k].operands)
        else:
            found.add(k)
    return found


def between(network: Network, root: int, wanted: set[int]) -> set[int]:
    """The nodes that depend on a wanted node and that the root depends on: the only ones to sweep."""
    reached: set[int] = set()
    for i, node in enumerate(network.nodes[: root + 1]):
        if i in wanted or any(k in reached for k in node.operands):
            reached.add(i)
    return reached & network.ancestors(network.nodes[root].name or "")


def gradients(
    network: Network,
    reading: Reading,
    names: Iterable[str] | None = None,
    lifted: Mapping[str, Array] | None = None,
    value: bool = False,
    read: list[Array] | None = None,
) -> dict[str, Array]:
    """The gradient of the loss with respect to each of `names` (default: the network's parameters).

    Each has the shape of the value it belongs to. A value that the loss does not depend on has gradient zero.
    `lifted` is as for `values`. With `value`, the loss itself is there too, by its name. `read` are the values where
    they are known.
    """
    indices = {name: network.index(name) for name in (names if names is not None else network.parameters)}
    read = values(network, reading, lifted) if read is None else read
    found = cotangents(network, read, reading, indices.values())
    zero = {name: reading.lift(np.zeros(network.nodes[i].shape)) for name, i in indices.items() if i not in found}
    loss = {network.loss: read[network.index(network.loss)]} if value else {}
    return loss | {name: found[i] if i in found else zero[name] for name, i in indices.items()}
