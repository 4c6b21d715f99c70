"""Bodies that look vectors up by integers, and choose by booleans."""

from gradproof.reference.random_networks.blocks import dense
from gradproof.reference.random_networks.dense import activated, output_layer
from gradproof.reference.random_networks.draw import Draw, size
from gradproof.reference.random_networks.graph import Graph, Limits

WORDS, LENGTH = 6, 8
"""The most words of a vocabulary, so that they come again, and of a sentence."""

TAKEN = ("take({a}, {i}, axis=1)", "take_along_axis({a}, {i}, axis=1)")


def words(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """The mean of the words of each sentence or the sample itself, as a mask says; layers, between which entries move.

    The word of index 0 may be padding.
    """
    batch, vocabulary, length = graph.slots["x"].shape[0], size(draw, 1, WORDS), size(draw, 1, LENGTH)
    table = graph.slot("E", "weight", vocabulary, width)
    indices = graph.slot("i", "indices", batch, length, below=vocabulary)
    padding = draw.choose(("", ", padding_idx=0"))
    mean = graph.assign("e", f"mean(embedding({indices}, {table}{padding}), axis=1)")
    choice = graph.slot("m", "choice", *draw.choose(((batch, width), (batch, 1), (width,))))
    value = graph.assign("h", f"where({choice}, {mean}, x)")
    for number in range(1, draw.integer(*limits.depth) + 1):
        outputs, kind = size(draw, *limits.widths), draw.choose((0, 1))
        a = graph.assign(
            f"a{number}", activated(draw, limits.activations, dense(graph, draw, f"{number}", value, width, outputs))
        )
        shape = (batch, outputs) if kind else (outputs,)
        places = graph.slot(f"k{number}", "indices", *shape, below=outputs)
        value, width = graph.assign(f"u{number}", TAKEN[kind].format(a=a, i=places)), outputs
    return output_layer(graph, draw, limits, 0, value, width)
