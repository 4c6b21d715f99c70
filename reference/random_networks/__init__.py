"""Random architectures: one builder, whatever draws the choices.

`Seeded` draws from a stream that is the same on every machine and in every version, so that network
`random-S-i` is a function of (S, i) alone; tests draw from Hypothesis, so that failures shrink.
"""

from dataclasses import replace

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks.bodies import random_graph
from gradproof.reference.random_networks.draw import Draw, Numbers, Seeded
from gradproof.reference.random_networks.families import FAMILIES, Arrays, Family
from gradproof.reference.random_networks.graph import ACTIVATIONS, LOSSES, Graph, Slot

__all__ = [
    "ACTIVATIONS",
    "FAMILIES",
    "LOSSES",
    "SETS",
    "Draw",
    "Family",
    "Seeded",
    "family_of",
    "filled",
    "member",
    "random_graph",
    "random_network",
]

SETS = 2
"""How many consecutive networks share a graph and differ in numbers, so that compiled programs are reused."""

GRAPH, NUMBERS = 0, 1
"""The two streams of random bits of a seed."""


def random_network(seed: int, index: int) -> Network:
    """Network `random-SEED-INDEX`, its family in the title."""
    network = member(family_of(seed, index), seed, index)
    return replace(network, title=f"random-{seed}-{index}: {network.title}")


def family_of(seed: int, index: int) -> Family:
    """The family of network `random-SEED-INDEX`; each seed begins with another."""
    return FAMILIES[(seed + index // SETS) % len(FAMILIES)]


def member(family: Family | str, seed: int, index: int) -> Network:
    """A network of the family (or of the one called so), a function of its arguments; its title is the name."""
    family = family if isinstance(family, Family) else next(f for f in FAMILIES if f.name == family)
    graph = random_graph(Seeded(seed, GRAPH, index // SETS), family.limits)
    return filled(graph, family, Seeded(seed, NUMBERS, index), family.name)


def filled(graph: Graph, family: Family, draw: Draw, title: str = "") -> Network:
    """The network of `graph` with numbers of `family`."""
    scale = draw.choose(family.scales)
    arrays: Arrays = {name: numbers(graph, slot, family, draw, scale) for name, slot in graph.slots.items()}
    if family.mend:
        family.mend(draw, graph, arrays)
    inputs = {name: graph.oriented(name, array) for name, array in arrays.items()}
    return build("\n".join(graph.lines), inputs, parameters=graph.parameters, title=title)


def numbers(graph: Graph, slot: Slot, family: Family, draw: Draw, scale: float) -> Numbers:
    """Numbers for one input, samples as rows and weights as (inputs, outputs)."""
    if slot.role == "target":
        return target(graph.loss, slot, family, draw)
    if slot.role == "samples":
        spread = 1.0
    elif slot.bounded:
        spread = 4 * 2.0 ** -slot.inputs.bit_length()  # so that bounded inputs give logits below 4
    else:
        spread = scale * 2.0 ** -(slot.inputs.bit_length() // 2)  # about scale / sqrt(inputs), exactly
    return family.filler(slot)(draw, slot.shape, spread)


def target(loss: str, slot: Slot, family: Family, draw: Draw) -> Numbers:
    """Targets that the loss takes: one-hot rows, probabilities, or any numbers."""
    drawn = family.filler(slot)(draw, slot.shape, 1.0)
    if loss == "softmax_cross_entropy":
        return np.asarray(np.eye(slot.shape[-1])[np.argmax(drawn, axis=-1)])
    if loss.startswith("binary"):
        return np.minimum(np.abs(drawn), 1)
    return drawn
