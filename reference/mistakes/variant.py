"""What a mistake is, and what the ways to make one share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from gradproof.reference.network import Network, Node

T = TypeVar("T")


@dataclass(frozen=True)
class Variant:
    """A network with a mistake in it.

    `place` is the derivative or the value that is wrong, `detail` what was taken in place of what (or empty).
    """

    network: Network
    place: str
    detail: str = ""

    @property
    def where(self) -> str:
        """Where the mistake is, and what was taken in place of what, as in a sentence."""
        return f"{self.detail} in {self.place}" if self.detail else f"in {self.place}"

    def for_asking(self, right: Network) -> Network:
        """The mistaken network with the loss and the parameters of `right`, whatever the mistake was sought in."""
        return replace(self.network, loss=right.loss, parameters=right.parameters)


Way = Callable[[Network], Iterator[Variant]]
"""Yields each network in which a mistake is made once."""


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make; `sentence` tells a student what it is.

    `planted` mistakes are for mutation tests only: they would explain any number.
    """

    name: str
    sentence: str
    variants: Way
    planted: bool = False


def either(*ways: Way) -> Way:
    """The ways one after the other: all variants of the first, then those of the next."""

    def way(network: Network) -> Iterator[Variant]:
        for each in ways:
            yield from each(network)

    return way


def called(network: Network, i: int) -> str:
    """The name of node `i`, or for a node inside a statement the name that the statement assigns."""
    return next(node.name for node in network.nodes[i:] if node.name is not None)


def instead_of(network: Network, j: int, k: int) -> str:
    """The words "A for B", from the names of nodes `j` and `k`."""
    return f"{called(network, j)} for {called(network, k)}"


def put(items: tuple[T, ...], k: int, item: T) -> tuple[T, ...]:
    """A copy of `items` with `item` at position `k`."""
    return (*items[:k], item, *items[k + 1 :])


def with_node(network: Network, i: int, node: Node) -> Network:
    """The network with `node` in place of the i-th."""
    return replace(network, nodes=put(network.nodes, i, node))
