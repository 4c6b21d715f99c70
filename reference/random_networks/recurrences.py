"""Bodies of recurrent layers, which read x step by step, and of their cells, a step of which is a layer."""

from typing import NamedTuple

from gradproof.reference.random_networks.dense import output_layer
from gradproof.reference.random_networks.draw import Draw, chance, size
from gradproof.reference.random_networks.graph import Graph, Limits


class Kind(NamedTuple):
    """A recurrent operation: how many gates it has, and the letters of its states."""

    name: str
    gates: int
    states: str


KINDS = (Kind("rnn", 1, "h"), Kind("gru", 3, "h"), Kind("lstm", 4, "hc"))

STEPS = 6
"""The most steps of a sequence."""


def recurrent(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Layers over a sequence, each over what the one before gave; two may share weights. Then the output layer.

    That reads the last state, the mean over all steps, or both; what is not read has no name.
    """
    samples, steps = graph.slots["x"].shape[0], draw.integer(1, STEPS)
    batch = (samples,) if samples > 1 or chance(draw, 2) else ()
    graph.slot("x", "samples", steps, *batch, width)
    value, weights, kind, units = "x", "", KINDS[0], width
    depth = draw.integer(*limits.depth)
    for number in range(1, depth + 1):
        if not weights or not chance(draw, 2):
            kind, units = draw.choose(KINDS), draw.choose((width, size(draw, *limits.widths)))
            weights = given_weights(graph, number, kind, width, units)
        states = ", ".join(state(graph, draw, f"{letter}{number}_0", *batch, units) for letter in kind.states)
        last = [f"{letter}{number}" if number == depth and chance(draw, 2) else "_" for letter in kind.states]
        names = (f"y{number}", *last)
        graph.assign(", ".join(names), f"{kind.name}({value}, {states}, {weights})")
        value = names[0]
        weights, width = weights if width == units else "", units
    ends = [f"mean({value}, axis=0)", *(name for name in last if name != "_")]
    read = graph.assign("s", " + ".join(ends))
    if not batch:
        read = graph.assign("rows", f"stack({read})")
    return output_layer(graph, draw, limits, 0, read, width)


def cells(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Steps of cells that are written out: each reads x, or what the one before gave, with weights of its own."""
    samples = graph.slots["x"].shape[0]
    value, units = "x", size(draw, *limits.widths)
    for number in range(1, draw.integer(*limits.depth) + 1):
        kind = draw.choose(KINDS)
        weights = given_weights(graph, number, kind, width, units)
        states = ", ".join(state(graph, draw, f"{letter}{number}_0", samples, units) for letter in kind.states)
        names = [f"{letter}{number}" for letter in kind.states]
        graph.assign(", ".join(names), f"{kind.name}_cell({value}, {states}, {weights})")
        value = graph.assign(f"s{number}", " + ".join(names)) if len(names) > 1 and chance(draw, 2) else names[0]
        width = units
    return output_layer(graph, draw, limits, 0, value, width)


def given_weights(graph: Graph, number: int, kind: Kind, inputs: int, units: int) -> str:
    """Slots for the weights and biases of a layer; their names with commas between."""
    rows = kind.gates * units
    return ", ".join(
        (
            graph.slot(f"W_ih{number}", "gates", inputs, rows),
            graph.slot(f"W_hh{number}", "gates", units, rows),
            graph.slot(f"b_ih{number}", "bias", rows),
            graph.slot(f"b_hh{number}", "bias", rows),
        )
    )


def state(graph: Graph, draw: Draw, name: str, *shape: int) -> str:
    """A slot for a first state, of zeros in half of the cases; its name."""
    return graph.slot(name, draw.choose(("zeros", "state")), *shape)
