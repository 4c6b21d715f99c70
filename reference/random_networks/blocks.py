"""Bodies of convolutions, normalised layers and attention, with samples (or tokens) as rows."""

from gradproof.reference.random_networks.dense import activated, output_layer, product
from gradproof.reference.random_networks.draw import Draw, size
from gradproof.reference.random_networks.graph import Graph, Limits

CHANNELS, KERNELS = 8, (1, 2, 3)
"""The most channels of an image, and the sizes of kernels."""


def convolutions(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Convolutions of images of `width` rows, the mean over each channel, and the output layer.

    Only the first may have a stride.
    """
    channels = size(draw, 1, CHANNELS)
    graph.slot("x", "samples", graph.slots["x"].shape[0], channels, width, width)
    value = "x"
    for number in range(1, draw.integer(*limits.depth) + 1):
        kernel = draw.choose([k for k in KERNELS if k <= width])
        padding = draw.integer(0, kernel // 2)
        stride = draw.choose((1, 2)) if number == 1 and padding == 0 else 1
        outputs = size(draw, 1, CHANNELS)
        weight = graph.slot(f"K{number}", "first" if number == 1 else "weight", outputs, channels, kernel, kernel)
        bias = f", {graph.slot(f'b{number}', 'bias', outputs)}" if draw.choose(limits.biases) else ""
        z = graph.assign(f"z{number}", f"conv2d({value}, {weight}{bias}, stride={stride}, padding={padding})")
        value = graph.assign(f"a{number}", activated(draw, limits.activations, z))
        width, channels = (width + 2 * padding - kernel) // stride + 1, outputs
    value = graph.assign("pooled", f"mean({value}, axis=(2, 3))")
    return output_layer(graph, draw, limits, 0, value, channels)


def normalised(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Layers that are added to what they read, normalised before (Xiong et al. 2020, fig. 1 b) or after."""
    value, before = "x", draw.choose((True, False))
    for number in range(1, draw.integer(*limits.depth) + 1):
        hidden = size(draw, *limits.widths)
        read = norm(graph, f"n{number}", value, width) if before else value
        h = graph.assign(
            f"a{number}", activated(draw, limits.activations, dense(graph, draw, f"1_{number}", read, width, hidden))
        )
        value = graph.assign(f"h{number}", f"{value} + {dense(graph, draw, f'2_{number}', h, hidden, width)}")
        value = value if before else norm(graph, f"n{number}", value, width)
    return output_layer(graph, draw, limits, 0, value, width)


def attention(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Blocks of one head of attention between the rows of x and a layer, each added to what it reads.

    softmax(Q K^T c) V (Vaswani et al. 2017, eq. 1), c a power of two near 1 / sqrt(width); normalised before.
    """
    value, scale = "x", 2.0 ** -(width.bit_length() // 2)
    for number in range(1, draw.integer(*limits.depth) + 1):
        n = norm(graph, f"n{number}", value, width)
        q, k, v = (dense(graph, draw, f"{role}{number}", n, width, width) for role in "qkv")
        weights = graph.assign(f"p{number}", f"softmax({q} @ {k}.T * {scale}, axis=-1)")
        value = graph.assign(
            f"r{number}", f"{value} + {dense(graph, draw, f'o{number}', f'({weights} @ {v})', width, width)}"
        )
        m = norm(graph, f"m{number}", value, width)
        h = graph.assign(
            f"a{number}", activated(draw, limits.activations, dense(graph, draw, f"f{number}", m, width, 2 * width))
        )
        value = graph.assign(f"h{number}", f"{value} + {dense(graph, draw, f'g{number}', h, 2 * width, width)}")
    return output_layer(graph, draw, limits, 0, value, width)


def dense(graph: Graph, draw: Draw, name: str, x: str, inputs: int, outputs: int) -> str:
    """Add a dense layer of x with its weights and bias, called by `name`; the name of its pre-activation, z`name`."""
    weight = graph.slot(f"W{name}", "weight", inputs, outputs)
    bias = graph.slot(f"b{name}", "bias", outputs)
    return graph.assign(f"z{name}", product(graph, draw, x, weight, bias))


def norm(graph: Graph, name: str, x: str, width: int) -> str:
    """Add x normalised over its columns, with a scale and a shift of its own; the name of the result, `name`."""
    scale, shift = graph.slot(f"gamma_{name}", "scale", width), graph.slot(f"beta_{name}", "bias", width)
    return graph.assign(name, f"layer_norm({x}, {scale}, {shift})")
