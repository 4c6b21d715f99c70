"""Bodies that read the rows of x as a sequence of tokens."""

from gradproof.reference.random_networks.blocks import dense, norm
from gradproof.reference.random_networks.dense import activated, output_layer
from gradproof.reference.random_networks.draw import Draw
from gradproof.reference.random_networks.graph import Graph, Limits

SETTINGS = ("", ", is_causal=True", ", scale=0.25", ", is_causal=True, scale=0.25")
"""What attention is told."""


def transformer(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Blocks of attention between the rows of x, with or without a mask, and a layer, each added to what it reads."""
    value, tokens = "x", graph.slots["x"].shape[0]
    for number in range(1, draw.integer(*limits.depth) + 1):
        n = norm(graph, f"n{number}", value, width)
        q, k, v = (dense(graph, draw, f"{role}{number}", n, width, width) for role in "qkv")
        mask = f", {graph.slot(f'M{number}', 'mask', tokens, tokens)}" if draw.choose((False, True)) else ""
        told = f"{mask}{draw.choose(SETTINGS)}"
        weighed = graph.assign(f"p{number}", f"scaled_dot_product_attention({q}, {k}, {v}{told})")
        value = graph.assign(f"r{number}", f"{value} + {dense(graph, draw, f'o{number}', weighed, width, width)}")
        m = norm(graph, f"m{number}", value, width)
        h = graph.assign(
            f"a{number}", activated(draw, limits.activations, dense(graph, draw, f"f{number}", m, width, width))
        )
        value = graph.assign(f"h{number}", f"{value} + {h}")
    return output_layer(graph, draw, limits, 0, value, width)


def heads(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Blocks of attention by several heads, to the rows themselves or to x, with or without a mask, and a layer."""
    value, tokens = "x", graph.slots["x"].shape[0]
    for number in range(1, draw.integer(*limits.depth) + 1):
        n = norm(graph, f"n{number}", value, width)
        keys = draw.choose((n, "x"))
        weights = ", ".join(
            (
                graph.slot(f"Wi{number}", "gates", width, 3 * width),
                graph.slot(f"bi{number}", "bias", 3 * width),
                graph.slot(f"Wo{number}", "gates", width, width),
                graph.slot(f"bo{number}", "bias", width),
            )
        )
        mask = f", {graph.slot(f'M{number}', 'mask', tokens, tokens)}" if draw.choose((False, True)) else ""
        count = draw.choose([count for count in (1, 2, 4) if width % count == 0])
        told = f"{weights}{mask}, num_heads={count}"
        value = graph.assign(f"r{number}", f"{value} + multi_head_attention({n}, {keys}, {keys}, {told})")
        m = norm(graph, f"m{number}", value, width)
        h = graph.assign(
            f"a{number}", activated(draw, limits.activations, dense(graph, draw, f"f{number}", m, width, width))
        )
        value = graph.assign(f"h{number}", f"{value} + {h}")
    return output_layer(graph, draw, limits, 0, value, width)
