"""Bodies of dense layers, in any layout."""

from gradproof.reference.random_networks.draw import Draw, chance, size
from gradproof.reference.random_networks.graph import BOUNDED, TRANSPOSE, Graph, Limits


def layers(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Hidden layers and the output layer; the last pre-activation and its width.

    A layer may add what an earlier one gave, read its pre-activation twice, and share weights or biases.
    """
    bounded = graph.loss == "binary_cross_entropy"
    depth = max(size(draw, *limits.depth), int(bounded))
    value, widths = "x", {"x": width} if limits.skip_input else {}
    for number in range(1, depth + 1):
        outputs = size(draw, *limits.widths) if chance(draw, 2) else width
        z = graph.assign(f"z{number}", layer(graph, draw, limits, number, value, width, outputs))
        last = bounded and number == depth
        value = graph.assign(f"a{number}", activated(draw, BOUNDED if last else limits.activations, z))
        earlier = [name for name in widths if widths[name] == outputs]
        if earlier and not last and chance(draw, 2):
            value = graph.assign(f"h{number}", f"{value} + {draw.choose(earlier)}")
        width = widths[value] = outputs
    return output_layer(graph, draw, limits, depth + 1, value, width)


def activated(draw: Draw, functions: tuple[str, ...], z: str) -> str:
    """An activation of z, or now and then a product of two, one of them bounded so that depth can't explode."""
    function = draw.choose(functions)
    return f"{function}({z}) * {draw.choose(BOUNDED)}({z})" if chance(draw, 6) else f"{function}({z})"


def layer(graph: Graph, draw: Draw, limits: Limits, number: int, x: str, inputs: int, outputs: int) -> str:
    """The expression of a pre-activation of x, with weights and bias of its own or of an earlier layer."""
    bias = ""
    if draw.choose(limits.biases):
        bias = shared(graph, draw, outputs) if chance(draw, 8) else ""
        bias = bias or graph.slot(f"b{number}", "bias", outputs)
    if x != "x" and chance(draw, 4):
        turned = draw.choose((False, True))
        weight = shared(graph, draw, *((outputs, inputs) if turned else (inputs, outputs)))
        if weight and turned:
            return linear(TRANSPOSE[graph.layout.name], x, weight, bias)
        if weight:
            return product(graph, draw, x, weight, bias)
    weight = graph.slot(f"W{number}", "first" if x == "x" else "weight", inputs, outputs)
    return product(graph, draw, x, weight, bias)


def shared(graph: Graph, draw: Draw, *shape: int) -> str:
    """The name of an earlier weight or bias of this shape, or "" where there is none."""
    names = [name for name, slot in graph.slots.items() if slot.shape == shape and slot.role in ("weight", "bias")]
    return draw.choose(names) if names else ""


def output_layer(graph: Graph, draw: Draw, limits: Limits, number: int, x: str, inputs: int) -> tuple[str, int]:
    """Add the output layer, which reads `x`, `inputs` wide; the name of its pre-activation and its width."""
    bounded = graph.loss == "binary_cross_entropy"
    outputs = size(draw, *limits.widths)
    weight = graph.slot(f"W{number}", "output", inputs, outputs, bounded=bounded)
    biased = draw.choose(limits.biases)
    bias = graph.slot(f"b{number}", "output bias", outputs, bounded=bounded) if biased else ""
    z = graph.assign(f"z{number}", product(graph, draw, x, weight, bias))
    if limits.twin:
        twin = graph.slot(f"V{number}", "twin", inputs, outputs)
        other = graph.assign(f"y{number}", product(graph, draw, x, twin, bias))
        z = graph.assign("d", f"{z} - {other}")
    return z, outputs


def block(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """One layer applied `depth` times, with the same weights each time, and the output layer."""
    weight, bias = graph.slot("W", "weight", width, width), graph.slot("b", "bias", width)
    function, residual, value = draw.choose(limits.activations), chance(draw, 3), "x"
    for number in range(1, draw.integer(*limits.depth) + 1):
        step = f"{function}({linear(graph.layout.name, value, weight, bias)})"
        value = graph.assign(f"h{number}", f"{value} + {step}" if residual else step)
    return output_layer(graph, draw, limits, 1, value, width)


def squares(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """(x * w) to the power 2^depth, by repeated squaring."""
    value = graph.assign("h0", f"x * {graph.slot('w', 'weight', width)}")
    for number in range(1, draw.integer(*limits.depth) + 1):
        value = graph.assign(f"h{number}", draw.choose((f"square({value})", f"{value} * {value}")))
    return value, width


def product(graph: Graph, draw: Draw, x: str, weight: str, bias: str) -> str:
    """The expression of a layer's pre-activation, in plain operators or as one `linear`; `bias` may be ""."""
    operators = graph.layout.operators
    if operators and draw.choose((True, False)):
        return operators.format(x=x, W=weight, b=bias and f" + {bias}")
    return linear(graph.layout.name, x, weight, bias)


def linear(layout: str, x: str, weight: str, bias: str) -> str:
    """The expression of a layer's pre-activation as one `linear`; `bias` may be ""."""
    return f"linear({x}, {weight}{bias and f', {bias}'}, layout={layout!r})"
