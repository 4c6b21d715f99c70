"""Wrong derivatives: another rule along an *edge*, which is a node and the position of one of its operands."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from gradproof.reference.mistakes.variant import Variant, Way, called
from gradproof.reference.network import Derivative, Network, Node, Shape
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import Rule
from gradproof.reference.sweep import between

PRODUCTS = ("multiply", "matmul", "linear", "outer", "conv2d")

Edge = tuple[int, int]
Edges = Callable[[Network], Iterable[Edge]]
Wrong = Callable[[Rule], Rule]
"""Makes a wrong derivative rule of the right one."""


def edges(network: Network, *operations: str) -> list[Edge]:
    """The edges that the reverse sweep takes, out of nodes of these operations (or of all)."""
    parameters = {network.index(name) for name in network.parameters}
    live = between(network, network.index(network.loss), parameters)
    return [
        (i, position)
        for i, node in enumerate(network.nodes)
        if i in live and (not operations or node.operation in operations)
        for position, k in enumerate(node.operands)
        if k in live
    ]


def of(*operations: str, position: int | None = None) -> Edges:
    """The edges out of nodes of these operations, to any operand or to the one at `position`."""

    def where(network: Network) -> list[Edge]:
        return [edge for edge in edges(network, *operations) if position in (None, edge[1])]

    return where


def is_parameter(network: Network, i: int) -> bool:
    """Whether node `i` is a parameter, or a parameter transposed."""
    node = network.nodes[i]
    return node.name in network.parameters or (
        node.operation == "transpose" and is_parameter(network, node.operands[0])
    )


def derivative(node: Node, i: int, position: int) -> Derivative:
    """How the cotangent of `node`, the i-th, goes to its operand at `position` so far."""
    return node.wrong.get(position) or Derivative(OPERATIONS[node.operation].rule(position), (i, *node.operands))


def slipped(network: Network, where: Iterable[Edge], wrong: Wrong) -> Network:
    """The network with a wrong derivative along all these edges."""
    nodes = list(network.nodes)
    for i, position in where:
        right = derivative(nodes[i], i, position)
        nodes[i] = with_derivative(nodes[i], position, replace(right, rule=wrong(right.rule)))
    return replace(network, nodes=tuple(nodes))


def with_derivative(node: Node, position: int, taken: Derivative) -> Node:
    """The node with another derivative towards its operand at `position`."""
    return replace(node, wrong=MappingProxyType({**node.wrong, position: taken}))


def slips(where: Edges, wrong: Wrong, detail: str = "") -> Way:
    """A wrong derivative along one of the edges at a time; `detail` says what was taken in place of what."""

    def way(network: Network) -> Iterator[Variant]:
        for edge in where(network):
            yield Variant(slipped(network, [edge], wrong), partial(network, edge), detail)

    return way


def on_gradients(change: Callable[[Array], Array], of_shape: Callable[[Shape], bool] = lambda shape: True) -> Way:
    """The gradient of one parameter, of a shape that passes, changed by a linear function.

    It is applied along every edge into the parameter: a linear function of the sum is the sum of its values.
    """

    def way(network: Network) -> Iterator[Variant]:
        everywhere = edges(network)
        for name in network.parameters:
            k = network.index(name)
            into = [(i, position) for i, position in everywhere if network.nodes[i].operands[position] == k]
            if into and of_shape(network.nodes[k].shape):
                yield Variant(slipped(network, into, then(change)), f"d{network.loss}/d{name}")

    return way


def then(change: Callable[[Array], Array]) -> Wrong:
    """The right derivative, to which `change` is then applied (array to array of the same shape)."""
    return lambda right: lambda *arguments, **attributes: change(right(*arguments, **attributes))


def instead(rule: Rule) -> Wrong:
    """`rule` in place of the right derivative, whatever that is."""
    return lambda right: rule


def of_cotangent(change: Callable[[Array], Array]) -> Wrong:
    """The right derivative, given a cotangent to which `change` was applied (array to array of the same shape)."""
    return lambda right: lambda g, *values, **attributes: right(change(g), *values, **attributes)


def nothing(part: Array) -> Array:
    """Zeros in the place of `part`, also where that is infinite."""
    return np.where(False, part, 0)


def partial(network: Network, edge: Edge) -> str:
    """The derivative that an edge stands for, such as dz1/dW1; inside a statement, the statement's name."""
    i, position = edge
    names = network.nodes[i].name, network.nodes[network.nodes[i].operands[position]].name
    return called(network, i) if None in names else f"d{names[0]}/d{names[1]}"
