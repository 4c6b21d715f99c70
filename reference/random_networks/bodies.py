"""Drawing a graph: how many layers, of which sizes, and how they hang together."""

from gradproof.reference.random_networks.blocks import attention, convolutions, normalised
from gradproof.reference.random_networks.dense import block, layers, squares
from gradproof.reference.random_networks.draw import Draw, chance, size
from gradproof.reference.random_networks.graph import LAYOUTS, LOSSES, Graph, Layout, Limits

BODIES = {
    "layers": layers,
    "block": block,
    "squares": squares,
    "convolutions": convolutions,
    "normalised": normalised,
    "attention": attention,
}
"""What stands between the samples `x` of a given width and the loss: each gives the last value and its width."""


def random_graph(draw: Draw, limits: Limits) -> Graph:
    """A graph within `limits`."""
    layout = draw.choose([layout for layout in LAYOUTS if fits(layout, limits)])
    graph = Graph(layout, draw.choose(limits.losses))
    batch = 1 if layout.samples == "vector" else size(draw, *limits.batch)
    width = size(draw, *limits.widths)
    graph.slot("x", "samples", batch, width)
    value, outputs = BODIES[limits.body](graph, draw, limits, width)
    function = draw.choose(LOSSES[graph.loss])
    if function and limits.body != "squares":
        value = graph.assign("p", f"{function}({value})")
    weights = tuple(name for name in graph.slots if name != "x")
    graph.parameters = ("x", *weights) if limits.samples_too and chance(draw, 4) else weights
    graph.slot("t", "target", batch, outputs)
    if graph.distributions_in_columns:
        value = graph.assign("q", f"{value}.T")
    decays = limits.decay and chance(draw, 8)
    decay = f" + 0.01 * sum(square({draw.choose(weights)}))" if decays else ""
    graph.assign("L", f"{graph.loss}({value}, t){decay}")
    return graph


def fits(layout: Layout, limits: Limits) -> bool:
    """Whether the layout can hold so many samples, and the body be written in it."""
    if limits.body in ("convolutions", "normalised", "attention"):
        return layout.name == "X @ W"
    if layout.samples == "vector":
        return limits.batch[0] == 1
    return limits.body != "squares" or layout.samples == "rows"  # which multiply each sample by a vector
