"""Drawing a graph: how many layers, of which sizes, and how they hang together."""

from collections.abc import Callable
from typing import NamedTuple

from gradproof.reference.random_networks.blocks import attention, convolutions, normalised
from gradproof.reference.random_networks.comparisons_and_orders import compared_layers, ordered_layers
from gradproof.reference.random_networks.convolutional_stacks import convolutional_stack
from gradproof.reference.random_networks.dense import block, layers, squares
from gradproof.reference.random_networks.draw import Draw, chance, size
from gradproof.reference.random_networks.graph import LAYOUTS, LOSSES, Graph, Layout, Limits
from gradproof.reference.random_networks.images import pooled_images
from gradproof.reference.random_networks.labelled_words import words
from gradproof.reference.random_networks.medley import medley
from gradproof.reference.random_networks.metrics import metrics
from gradproof.reference.random_networks.operations_on_arrays import moved_layers, reduced_layers, tied_layers
from gradproof.reference.random_networks.recurrences import cells, recurrent
from gradproof.reference.random_networks.sequences import heads, transformer


class Body(NamedTuple):
    """What stands between the samples `x` and the loss.

    `layers(graph, draw, limits, width)` takes samples of `width` numbers and gives the last value and its width.
    `samples` are the layouts' samples that it can read, and `layout` is the only layout that it is written in, if it is
    not empty. If not `ends_open`, the last value goes into the loss as it is.
    """

    layers: Callable[[Graph, Draw, Limits, int], tuple[str, int]]
    samples: tuple[str, ...] = ("rows", "columns", "vector")
    layout: str = ""
    ends_open: bool = True

    def fits(self, layout: Layout, limits: Limits) -> bool:
        """Whether the layout can hold so many samples, and the body be written in it."""
        return (
            layout.samples in self.samples
            and self.layout in ("", layout.name)
            and (layout.samples != "vector" or limits.batch[0] == 1)
        )


BODIES: dict[str, Body] = {
    "layers": Body(layers),
    "block": Body(block),
    "squares": Body(squares, ("rows", "vector"), ends_open=False),  # which multiply each sample by a vector
    "convolutions": Body(convolutions, layout="X @ W"),
    "normalised": Body(normalised, layout="X @ W"),
    "attention": Body(attention, layout="X @ W"),
    "transformer": Body(transformer, ("rows",), layout="X @ W"),
    "reduced layers": Body(reduced_layers, ("rows",), layout="X @ W"),
    "tied layers": Body(tied_layers, ("rows",), layout="X @ W"),
    "moved layers": Body(moved_layers, ("rows",), layout="X @ W"),
    "pooled images": Body(pooled_images, layout="X @ W"),
    "convolutional stack": Body(convolutional_stack, layout="X @ W"),
    "words": Body(words, ("rows",), layout="X @ W"),
    "recurrent": Body(recurrent, ("rows",), layout="X @ W"),
    "cells": Body(cells, ("rows",), layout="X @ W"),
    "medley": Body(medley, ("rows",), layout="X @ W"),
    "metrics": Body(metrics, ("rows",), layout="X @ W"),
    "heads": Body(heads, ("rows",), layout="X @ W"),
    "ordered layers": Body(ordered_layers, ("rows",), layout="X @ W"),
    "compared layers": Body(compared_layers, ("rows",), layout="X @ W"),
}


def random_graph(draw: Draw, limits: Limits) -> Graph:
    """A graph within `limits`, without numbers: layout, loss, layers and slots as `draw` chooses them."""
    body = BODIES[limits.body]
    layout = draw.choose([layout for layout in LAYOUTS if body.fits(layout, limits)])
    graph = Graph(layout, draw.choose(limits.losses))
    batch = 1 if layout.samples == "vector" else size(draw, *limits.batch)
    width = size(draw, *limits.widths)
    graph.slot("x", "samples", batch, width)
    value, outputs = body.layers(graph, draw, limits, width)
    function = draw.choose(LOSSES[graph.loss].functions)
    if function and body.ends_open:
        value = graph.assign("p", f"{function}({value})")
    fixed = ("samples", "data")
    weights = tuple(name for name, slot in graph.slots.items() if slot.role not in fixed and not slot.is_discrete)
    graph.parameters = ("x", *weights) if limits.samples_too and chance(draw, 4) else weights
    graph.slot("t", "target", batch, outputs)
    if graph.distributions_in_columns:
        value = graph.assign("q", f"{value}.T")
    decays = limits.decay and chance(draw, 8)
    decay = f" + 0.01 * sum(square({draw.choose(weights)}))" if decays else ""
    settings = LOSSES[graph.loss].settings
    told = draw.choose(settings) if len(settings) > 1 else settings[0]
    called = LOSSES[graph.loss].written.format(loss=graph.loss, p=value, told=told)
    graph.assign("L", f"{called}{decay}{graph.term and f' + {graph.term}'}")
    return graph
