"""What a framework really computes: a network with the algorithms that its adapter declares."""

from collections.abc import Iterator
from dataclasses import replace

from gradproof.adapters.framework import Applied, Framework
from gradproof.adapters.plain_words import ALGORITHMS, COMPOSED, PLAIN
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import OPERATIONS


def declared(network: Network, framework: Framework, mode: str, dtype: str) -> Network:
    """The network as the framework computes it in this mode and dtype; itself where all is as the stable forms are.

    A node that has an algorithm already keeps it.
    """
    nodes = tuple(with_algorithm(node, network, framework, mode, dtype) for node in network.nodes)
    return network if nodes == network.nodes else replace(network, nodes=nodes)


def with_algorithm(node: Node, network: Network, framework: Framework, mode: str, dtype: str) -> Node:
    """The node with the algorithm that is declared for it."""
    if node.operation not in OPERATIONS or node.algorithm:
        return node
    shapes = tuple(network.nodes[k].shape for k in node.operands)
    name = next(names(node.operation, framework, Applied(node.attributes, shapes, mode, dtype)), "")
    return replace(node, algorithm=name) if name else node


def names(operation: str, framework: Framework, applied: Applied) -> Iterator[str]:
    """The algorithm of an operation where it is applied; none for the stable form.

    The framework's own declaration comes first; what it writes in terms of other operations has the algorithm of that.
    """
    if name := applied.filled(framework.algorithms.get(operation)):
        yield name
    own = any(applied.filled(templates.get(operation)) for templates in (framework.templates, PLAIN))
    if not own and operation in COMPOSED and (name := applied.filled(ALGORITHMS.get(operation))):
        yield name
