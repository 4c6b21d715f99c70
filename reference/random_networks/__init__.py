"""Random architectures: one builder, whatever draws the choices.

`Seeded` draws from a stream that is the same on every machine and in every version; tests draw from Hypothesis, so that
failures shrink.

Network `random-S-i` is a function of (S, i) alone, for good. Of a thousand consecutive indices each family has ten,
which share a graph, by its place in `FAMILIES`: the family of i is at place i % 200 // 2, so that `random-0-19008` and
`random-0-19009` are of the one at place 4, and so are `random-0-19208` and seven others, with other numbers. The table
only grows at its end, and what a family draws from stays as it is. So a new family takes indices that named nothing
before; and an activation, a loss or a body comes in with a new family that draws it. `random_networks` goes through all
families in turn, whichever there are.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count, islice
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations.class_losses import IGNORED
from gradproof.reference.random_networks.bodies import random_graph
from gradproof.reference.random_networks.draw import Draw, Seeded
from gradproof.reference.random_networks.families import FAMILIES, Arrays, Family, below, single
from gradproof.reference.random_networks.graph import ACTIVATIONS, LOSSES, Graph, Slot

__all__ = [
    "ACTIVATIONS",
    "FAMILIES",
    "LOSSES",
    "SETS",
    "Draw",
    "Drawn",
    "Family",
    "Seeded",
    "family_of",
    "filled",
    "member",
    "named_network",
    "random_graph",
    "random_network",
    "random_networks",
]

SETS = 2
"""How many consecutive networks share a graph and differ in numbers, so that compiled programs are reused."""

ROUND, PART = 1000, 200
"""Indices in which each family has its turn, and those in which it has `SETS` of it: there is room for 100."""

ONE_IN = 4
"""One label in so many is ignored, but never the first."""

GRAPH, NUMBERS = 0, 1
"""The two streams of random bits of a seed."""


class Drawn(Mapping[str, Network]):
    """The first `number` networks of a seed by name, as `random_networks` has them, each drawn when it is asked for."""

    def __init__(self, number: int, seed: int, sets: int | None = None) -> None:
        self.names = dict.fromkeys(f"random-{seed}-{index}" for index in islice(indices(seed, sets), number))

    def __getitem__(self, name: str) -> Network:
        if name not in self.names:
            raise KeyError(name)
        return named_network(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def random_networks(number: int, seed: int, sets: int | None = None) -> Iterator[tuple[str, Network]]:
    """The first `number` networks of a seed by name: round by round, those of every family.

    There are `sets` of each graph, by default as many as its family says.
    """
    yield from Drawn(number, seed, sets).items()


def indices(seed: int, sets: int | None) -> Iterator[int]:
    """The indices of the networks of a seed, round by round, those of every family.

    Those of a graph, `sets` of them or as many as its family says, follow each other. Each seed begins with another
    family, so that few networks of several seeds are of more families.
    """
    places = [(seed + k) % len(FAMILIES) for k in range(len(FAMILIES))]
    for turn in count():
        for place in places:
            for part, k in (divmod(number, SETS) for number in range(sets or FAMILIES[place].sets)):
                yield ROUND * turn + PART * part + SETS * place + k


def named_network(name: str) -> Network:
    """The network called `random-S-i`. Raises GradproofError for an index of no family, ValueError for another name."""
    _, seed, index = name.split("-")
    return random_network(int(seed), int(index))


def random_network(seed: int, index: int) -> Network:
    """Network `random-SEED-INDEX`, its family in the title. Raises GradproofError for an index of no family."""
    name = f"random-{seed}-{index}"
    family = family_of(name)
    if not family:
        raise GradproofError(f"there is no {name}: of each {PART} indices, {len(FAMILIES)} families take {SETS} each")
    network = member(family, seed, index, index - index % ROUND + index % PART)
    return replace(network, title=f"{name}: {network.title}")


def family_of(name: str) -> Family | None:
    """The family of a network called `random-S-i`; None for any other name, and an index of no family."""
    match = re.fullmatch(r"random-\d+-(\d+)", name)
    place = int(match[1]) % PART // SETS if match else len(FAMILIES)
    return FAMILIES[place] if place < len(FAMILIES) else None


def member(family: Family | str, seed: int, index: int, alike: int | None = None) -> Network:
    """A network of the family (or of the one called so), a function of its arguments; its title is the name.

    It has the graph of the one at index `alike`, by default its own. Raises StopIteration for a name of no family.
    """
    family = family if isinstance(family, Family) else next(f for f in FAMILIES if f.name == family)
    graph = random_graph(Seeded(seed, GRAPH, (index if alike is None else alike) // SETS), family.limits)
    return filled(graph, family, Seeded(seed, NUMBERS, index), family.name)


def filled(graph: Graph, family: Family, draw: Draw, title: str = "") -> Network:
    """The network of `graph`, its inputs filled with numbers of `family` that `draw` chooses."""
    scale = draw.choose(family.scales)
    arrays: Arrays = {name: numbers(graph, slot, family, draw, scale) for name, slot in graph.slots.items()}
    if family.mend:
        family.mend(draw, graph, arrays)
    inputs = {name: graph.oriented(name, array) for name, array in arrays.items()}
    return build("\n".join(graph.lines), inputs, parameters=graph.parameters, title=title)


def numbers(graph: Graph, slot: Slot, family: Family, draw: Draw, scale: float) -> Any:
    """Numbers for one input: samples as rows, weights as (inputs, outputs) and of size `scale` / sqrt(inputs)."""
    if slot.array is not None:
        return np.asarray(slot.array)
    if slot.domain:
        low, high = slot.domain
        return single(low + (high - low) * (draw.numbers(slot.shape) + 1) / 2)
    if slot.is_discrete:
        drawn = family.filler(slot)(draw, slot.shape, 1.0)
        return np.floor(np.abs(drawn) * slot.below).astype(np.int64) if slot.below else drawn < 0
    if slot.role == "target":
        return targets(LOSSES[graph.loss].targets, slot, family, draw)
    if slot.role == "samples":
        spread = 1.0
    elif slot.bounded:
        spread = 4 * 2.0 ** -slot.inputs.bit_length()  # so that bounded inputs give logits below 4
    else:
        spread = scale * 2.0 ** -(slot.inputs.bit_length() // 2)  # about scale / sqrt(inputs), exactly
    return family.filler(slot)(draw, slot.shape, spread)


def targets(kind: str, slot: Slot, family: Family, draw: Draw) -> Any:
    """Targets of the shape of `slot` that a loss takes; `kind` is one of those of `Loss`."""
    drawn = family.filler(slot)(draw, slot.shape, 1.0)
    if kind == "one-hot":
        return np.asarray(np.eye(slot.shape[-1])[np.argmax(drawn, axis=-1)])
    if kind == "labels":
        ignored = below(draw, slot.shape[:-1], ONE_IN) == 0
        ignored[0] = False
        return np.where(ignored, IGNORED, np.argmax(drawn, axis=-1))
    if kind == "classes":
        return np.argmax(drawn, axis=-1)
    if kind == "pairs":
        return np.where(drawn[..., 0] < 0, -1, 1)
    if kind == "sides":
        return np.where(drawn < 0, -1, 1)
    if kind == "signs":
        return np.where(drawn < 0, -1.0, 1.0)
    return np.minimum(np.abs(drawn), 1) if kind == "probabilities" else drawn
