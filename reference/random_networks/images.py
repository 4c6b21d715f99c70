"""Bodies of images as networks are built today: convolutions that are normalised, pooled, added to what they read."""

from gradproof.reference.random_networks.dense import activated, output_layer
from gradproof.reference.random_networks.draw import Draw, chance, size
from gradproof.reference.random_networks.graph import Graph, Limits

CHANNELS = 4
"""The most channels of an image."""

POOLS = ("max_pool2d", "avg_pool2d")


def pooled_images(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Blocks of a convolution, a normalisation and an activation, some residual or pooled; then the output layer."""
    channels = size(draw, 1, CHANNELS)
    graph.slot("x", "samples", graph.slots["x"].shape[0], channels, width, width)
    value = "x"
    for number in range(1, draw.integer(*limits.depth) + 1):
        outputs = draw.choose((channels, size(draw, 1, CHANNELS)))
        weight = graph.slot(f"K{number}", "first" if number == 1 else "weight", outputs, channels, 3, 3)
        z = graph.assign(f"z{number}", f"conv2d({value}, {weight}, padding=1)")
        n = graph.assign(f"n{number}", channel_norm(graph, draw, number, z, outputs, width))
        a = graph.assign(f"a{number}", activated(draw, limits.activations, n))
        if outputs == channels and chance(draw, 2):
            a = graph.assign(f"h{number}", f"{value} + {a}")
        value, channels = a, outputs
        if width > 1 and chance(draw, 2):
            value, width = pool(graph, draw, number, value, width)
    value = graph.assign("pooled", draw.choose((f"mean({value}, axis=(2, 3))", f"max({value}, axis=(2, 3))")))
    if chance(draw, 2):
        value = graph.assign("r", f"rms_norm({value}, {graph.slot('gamma_r', 'scale', channels)})")
    return output_layer(graph, draw, limits, 0, value, channels)


def channel_norm(graph: Graph, draw: Draw, number: int, z: str, channels: int, width: int) -> str:
    """The text of z normalised with a scale and a shift of its own for each channel.

    Over one place there is nothing to normalise, which PyTorch refuses.
    """
    name = draw.choose(("batch_norm", "group_norm", "instance_norm")[: 3 if width > 1 else 2])
    scale, shift = (graph.slot(f"{word}{number}", role, channels) for word, role in AFFINE)
    groups = f", num_groups={draw.choose([g for g in (1, 2, 4) if channels % g == 0])}" if name == "group_norm" else ""
    return f"{name}({z}, {scale}, {shift}{groups})"


AFFINE = (("gamma", "scale"), ("beta", "bias"))


def pool(graph: Graph, draw: Draw, number: int, value: str, width: int) -> tuple[str, int]:
    """Add a pooling of `value`, `width` rows and columns; its name, and how many are left."""
    if chance(draw, 4):
        return graph.assign(f"p{number}", f"adaptive_avg_pool2d({value}, output_size=2)"), 2
    kernel, padding = draw.choose(((2, 0), (3, 1)))
    pooled = f"{draw.choose(POOLS)}({value}, kernel_size={kernel}, stride=2, padding={padding})"
    return graph.assign(f"p{number}", pooled), (width + 2 * padding - kernel) // 2 + 1
