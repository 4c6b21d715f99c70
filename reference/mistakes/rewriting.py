"""Other computations: a node computed by another expression, or with another constant."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod
from types import MappingProxyType

import numpy as np

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.parsing import parse
from gradproof.reference.mistakes.variant import Variant, Way, called, with_node
from gradproof.reference.network import LITERAL, Network, Node, Shape
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.losses import distributions, samples

AFFINE = {"gamma": " * gamma", "beta": " + beta"}
"""What a normalisation does with its optional operands."""


def rewrites(templates: Mapping[str, str | tuple[str, ...]]) -> Way:
    """A node computed by another expression over the names of its operands.

    `{attribute}` in an expression stands for an attribute of the node, `{rest}` for the optional operands with a
    comma before, `{affine}` for a multiplication by gamma and an addition of beta where the node has them, `{entries}`,
    `{samples}`, `{distributions}` and `{last}` for sizes of its first operand (`{last}`: of its last axis), and
    `{terms}` for how many of its entries go into an entry of the result. Where the expression does not fit there is no
    variant.
    """

    def way(network: Network) -> Iterator[Variant]:
        needed = network.ancestors(network.loss)
        for i, node in enumerate(network.nodes):
            texts = templates.get(node.operation, ()) if i in needed else ()
            for template in (texts,) if isinstance(texts, str) else texts:
                text = template.format(**context(network, node))
                mistaken = rewritten(network, i, text)
                if mistaken is not None:
                    yield Variant(mistaken, called(network, i), f"{text} for {node.operation}")

    return way


def context(network: Network, node: Node) -> dict[str, object]:
    """What the braces of a template stand for at this node, by name: texts and whole numbers (see `rewrites`)."""
    operation, first = OPERATIONS[node.operation], network.nodes[node.operands[0]].shape
    names = operation.operands[: len(node.operands)]
    like = np.broadcast_to(0, first)
    return {k: repr(v) for k, v in node.attributes.items()} | {
        "rest": "".join(f", {name}" for name in names[operation.minimum :]),
        "affine": "".join(text for name, text in AFFINE.items() if name in names),
        "entries": prod(first),
        "samples": samples(like),
        "distributions": distributions(like),
        "last": prod(first[-1:]),
        "terms": prod(first) // prod(node.shape),
    }


@lru_cache(maxsize=1024)
def fragment(text: str, operands: tuple[tuple[str, Shape], ...]) -> tuple[Node, ...]:
    """The nodes of an expression over named operands of these shapes, the operands first.

    Raises StatementError for a text outside the language, and for operands that do not fit each other.
    """
    statement = f"result = {text}"
    return with_shapes(parse(statement, [name for name, _ in operands]), dict(operands), [statement])


def rewritten(network: Network, i: int, text: str) -> Network | None:
    """The network whose node `i` is computed by `text`, or None where that does not fit."""
    node = network.nodes[i]
    n, shapes = len(node.operands), [network.nodes[k].shape for k in node.operands]
    try:
        parts = fragment(text, tuple(zip(OPERATIONS[node.operation].operands, shapes, strict=False)))[n:]
    except StatementError:
        return None
    if parts[-1].shape != node.shape:
        return None
    here = [
        replace(
            part,
            operands=tuple(node.operands[k] if k < n else i + k - n for k in part.operands),
            statement=node.statement,
            name=node.name if part is parts[-1] else None,
        )
        for part in parts
    ]
    rest = [later(each, i, len(parts) - 1) for each in network.nodes]
    return replace(network, nodes=(*rest[:i], *here, *rest[i + 1 :]))


def later(node: Node, i: int, added: int) -> Node:
    """The node where the nodes from the i-th on have moved up by `added`."""

    def moved(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(k + added if k >= i else k for k in indices)

    wrong = {position: replace(taken, reads=moved(taken.reads)) for position, taken in node.wrong.items()}
    return replace(node, operands=moved(node.operands), wrong=MappingProxyType(wrong))


def literals(change: Callable[[float], float], which: Callable[[float], bool]) -> Way:
    """A literal factor or divisor c for which `which(c)` holds is `change(c)`, one at a time."""

    def way(network: Network) -> Iterator[Variant]:
        for i in sorted(network.ancestors(network.loss)):
            node = network.nodes[i]
            for k in node.operands if node.operation in ("multiply", "divide") else ():
                literal = network.nodes[k]
                if literal.operation == LITERAL and which(literal.attributes["value"]):
                    right = literal.attributes["value"]
                    wrong = change(right)
                    mistaken = replace(literal, attributes=MappingProxyType({"value": wrong}))
                    yield Variant(with_node(network, k, mistaken), called(network, k), f"{wrong:g} for {right:g}")

    return way
