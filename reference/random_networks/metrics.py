"""Bodies that measure how far apart the samples' embeddings are, as metric learning does."""

from gradproof.reference.random_networks.blocks import dense
from gradproof.reference.random_networks.dense import activated, output_layer
from gradproof.reference.random_networks.draw import Draw, size
from gradproof.reference.random_networks.graph import Graph, Limits

SHAPED = (
    "tanhshrink({z})",
    "prelu({z}, {a})",
    "softmin({z}, axis=-1)",
    "softmin({z}, axis=0)",
    "normalize({z})",
    "normalize({z}, ord=1)",
    "normalize({z}, axis=0, eps=0.25)",
)
"""What becomes of a pre-activation z; a are slopes."""

MEASURED = (
    "cosine_similarity({a}, {b})",
    "pairwise_distance({a}, {b})",
    "pairwise_distance({a}, {b}, eps=0.25)",
)
"""How alike two embeddings of each sample are."""


def metrics(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Layers, and how alike two embeddings of what the last one gives are; the output layer reads both."""
    value = "x"
    for number in range(1, draw.integer(*limits.depth) + 1):
        outputs = size(draw, *limits.widths)
        z = dense(graph, draw, f"{number}", value, width, outputs)
        if draw.choose((True, False)):
            text = activated(draw, limits.activations, z)
        else:
            text = draw.choose(SHAPED)
            slopes = "{a}" in text and graph.slot(f"a{number}", "bias", draw.choose((outputs, 1)))
            text = text.format(z=z, a=slopes)
        value, width = graph.assign(f"h{number}", text), outputs
    hidden = size(draw, *limits.widths)
    one, two = (dense(graph, draw, name, value, width, hidden) for name in ("u", "v"))
    alike = graph.assign("s", draw.choose(MEASURED).format(a=one, b=two))
    read = graph.assign("r", f"concatenate({value}, stack({alike}, axis=1), axis=1)")
    return output_layer(graph, draw, limits, 0, read, width + 1)
