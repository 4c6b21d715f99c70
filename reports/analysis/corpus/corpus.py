"""The corpus: networks that are a function of (family, graph, set) alone, whatever machine they are made on.

Half of the graphs are the families' own; the other half are wider where the family does not limit their width, since
most gradient entries that people compute are those of wide layers.
"""

from dataclasses import replace

from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES, Family, Seeded, filled, random_graph
from gradproof.reference.random_networks.graph import Graph, Limits

SEED = 5
"""No other seed of the project's tests, reports or development."""

GRAPHS, SETS = 12, 10
"""Graphs of each family, and sets of numbers of each graph."""

WIDE = 256

GRAPH, NUMBERS = 0, 1
"""The two streams of random bits."""


def family(name: str) -> Family:
    """The family of random networks called `name`, which must be one of FAMILIES."""
    return next(family for family in FAMILIES if family.name == name)


def graph(name: str, number: int) -> Graph:
    """Graph `number`, from 0, of a family; odd ones are wider, where the family does not limit the width."""
    limits = family(name).limits
    if number % 2 and limits.widths == Limits().widths:
        limits = replace(limits, widths=(limits.widths[0], WIDE))
    return random_graph(Seeded(SEED, GRAPH, stream_of(name), number), limits)


def network(name: str, number: int, numbers: int) -> Network:
    """The network of graph `number` of a family, filled with set `numbers` of random numbers; both count from 0."""
    draw = Seeded(SEED, NUMBERS, stream_of(name), number, numbers)
    return filled(graph(name, number), family(name), draw, f"{name} {number}.{numbers}")


def stream_of(name: str) -> int:
    """A family's number in the seeds of random streams: made of its name, so that a new family changes no other."""
    return int.from_bytes(name.encode(), "big")
