"""Another value: a computation, or only its derivative, that takes one value for another."""

from collections.abc import Iterator
from dataclasses import replace

from gradproof.reference.mistakes.functions import FUNCTIONS
from gradproof.reference.mistakes.slips import PRODUCTS, derivative, edges, partial, with_derivative
from gradproof.reference.mistakes.variant import Mistake, Variant, Way, called, either, instead_of, put, with_node
from gradproof.reference.network import INPUT, Network, frozen

PARAMETER, DATA, COMPUTED, DISCRETE = "parameter", "data", "computed", "discrete"


def role(network: Network, i: int) -> str:
    """What a named node is: a parameter, another input, one of integers or booleans, or computed."""
    if network.nodes[i].operation != INPUT:
        return COMPUTED
    if network.nodes[i].name in network.discrete:
        return DISCRETE
    return PARAMETER if network.nodes[i].name in network.parameters else DATA


def others(network: Network, k: int) -> list[int]:
    """The named nodes that may be taken for node `k`: of the same shape, and of the same role.

    For a computed value the data are candidates too, as the value of layer 0.
    """
    roles = {role(network, k), DATA} if role(network, k) == COMPUTED else {role(network, k)}
    return [
        j
        for j, node in enumerate(network.nodes)
        if j != k and node.name is not None and node.shape == network.nodes[k].shape and role(network, j) in roles
    ]


def mistaken_for(kind: str) -> Way:
    """A node computed from another value than its operand, where that is named and its role is `kind`."""

    def way(network: Network) -> Iterator[Variant]:
        for i in sorted(network.ancestors(network.loss)):
            node = network.nodes[i]
            for position, k in enumerate(node.operands):
                if network.nodes[k].name is not None and role(network, k) == kind:
                    for j in others(network, k):
                        if j < i and j not in node.operands:
                            mistaken = with_node(network, i, replace(node, operands=put(node.operands, position, j)))
                            yield Variant(mistaken, called(network, i), instead_of(network, j, k))

    return way


def misread(*operations: str) -> Way:
    """The right computation, whose derivative then reads another value in place of one of the operands."""

    def way(network: Network) -> Iterator[Variant]:
        for i, position in edges(network, *operations):
            node = network.nodes[i]
            taken = derivative(node, i, position)
            for slot, k in enumerate(node.operands, 1):
                if slot != position + 1 and network.nodes[k].name is not None:
                    for j in others(network, k):
                        wrong = with_derivative(node, position, replace(taken, reads=put(taken.reads, slot, j)))
                        place = partial(network, (i, position))
                        yield Variant(with_node(network, i, wrong), place, instead_of(network, j, k))

    return way


def taken_elsewhere(*operations: str) -> Way:
    """The derivative of a function at another place where that function is applied."""

    def way(network: Network) -> Iterator[Variant]:
        for i, position in edges(network, *operations):
            node = network.nodes[i]
            for j, other in enumerate(network.nodes):
                if j != i and (other.operation, other.shape) == (node.operation, node.shape):
                    taken = replace(derivative(node, i, position), reads=(j, *other.operands))
                    mistaken = with_node(network, i, with_derivative(node, position, taken))
                    yield Variant(mistaken, partial(network, (i, position)), instead_of(network, j, i))

    return way


def exchanged(network: Network) -> Iterator[Variant]:
    """Two parameters of one shape whose gradients are taken for each other: they exchange names and numbers."""
    parameters = [network.index(name) for name in network.parameters]
    for n, a in enumerate(parameters):
        for b in parameters[n + 1 :]:
            one, other = network.nodes[a], network.nodes[b]
            if one.shape == other.shape and one.name is not None and other.name is not None:
                nodes = list(network.nodes)
                nodes[a], nodes[b] = replace(one, name=other.name), replace(other, name=one.name)
                swapped = {one.name: network.inputs[other.name], other.name: network.inputs[one.name]}
                mistaken = replace(network, nodes=tuple(nodes), inputs=frozen({**network.inputs, **swapped}))
                yield Variant(mistaken, f"d{network.loss}/d{called(network, a)}", instead_of(network, b, a))


MISTAKES = (
    Mistake(
        "another unit or layer",
        "The value of another unit or layer was taken.",
        mistaken_for(COMPUTED),
    ),
    Mistake(
        "another input or target",
        "Another input, target or sample was taken.",
        mistaken_for(DATA),
    ),
    Mistake(
        "another parameter",
        "Another weight or bias was taken.",
        mistaken_for(PARAMETER),
    ),
    Mistake(
        "another value in the derivative",
        "The derivative was taken with another value: the one in the formula belongs to another unit or layer.",
        either(misread(*PRODUCTS), taken_elsewhere(*FUNCTIONS)),
    ),
    Mistake(
        "gradients exchanged",
        "Two gradients were taken for each other: their indices are swapped.",
        exchanged,
    ),
)
