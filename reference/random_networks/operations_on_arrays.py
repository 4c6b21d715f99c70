"""Bodies of layers with operations on arrays between them: reductions and scans along an axis, and of two arrays."""

from collections.abc import Callable

from gradproof.reference.random_networks.dense import activated, layer, output_layer
from gradproof.reference.random_networks.draw import Draw
from gradproof.reference.random_networks.graph import Graph, Limits

Step = Callable[[Graph, Draw, str, int], str]
"""(graph, draw, the name of a value with samples as rows, its width) -> the text of one of the same shape."""


def less(*reductions: str) -> Step:
    """The value less a reduction over one axis that keeps it; a reduction is a call that lacks its axis."""

    def step(graph: Graph, draw: Draw, value: str, width: int) -> str:
        reduced = draw.choose(reductions).format(value)
        return f"{value} - {reduced}, axis={draw.choose((0, -1))}, keepdims=True)"

    return step


def so_far(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The sums or the products so far, of bounded numbers."""
    return f"{draw.choose(('cumsum', 'cumprod'))}(tanh({value}), axis={draw.choose((0, -1))})"


def of_two(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value and the samples, or the value and its mean, entry by entry."""
    other = draw.choose((f"mean({value}, axis=0, keepdims=True)", f"-{value}"))
    return f"{draw.choose(('minimum', 'maximum', 'logaddexp'))}({value}, {other})"


def gated(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value through a gate, or over a root or a square that keeps it bounded."""
    gate = f"glu(concatenate({value}, -{value}, axis=1), axis=1)"
    return draw.choose((gate, *(f"{value} * {name}(1 + square({value}))" for name in ("rsqrt", "reciprocal"))))


MOVED = (
    "flip({x}, axis={axis})",
    "roll({x}, shift=1, axis={axis})",
    "pad({x}, before=1, axis=1, value=0.5)[:, :{n}]",
    "moveaxis(swapaxes({x}), source=0, destination=1)",
    "tile({x}[:, :1], reps=(1, {n}))",
    "repeat({x}[:, :1], repeats={n}, axis=1)",
    "broadcast_to({x}[0], shape=({m}, {n}))",
    "reshape({x}.T, shape=({m}, {n}))",
)
"""Entries of a value of m rows and n columns in other places, some of them several times."""


def moved(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value, now and then beside itself with entries in other places."""
    rows = graph.slots["x"].shape[0]
    other = draw.choose(MOVED).format(x=value, m=rows, n=width, axis=draw.choose((0, 1)))
    return draw.choose((f"{value} + {other}", f"{value} * tanh({other})", other))


TIED = ("min({}", "max({}", "prod({}", "norm({}, ord=1")
"""Reductions that have slopes where entries are equal or 0, or kinks there."""


def layers_with(*steps: Step) -> Callable[[Graph, Draw, Limits, int], tuple[str, int]]:
    """A body of layers with such steps between them, and the output layer."""

    def body(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
        value = "x"
        for number in range(1, draw.integer(*limits.depth) + 1):
            z = graph.assign(f"z{number}", layer(graph, draw, limits, number, value, width, width))
            value = graph.assign(f"a{number}", activated(draw, limits.activations, z))
            value = graph.assign(f"r{number}", draw.choose(steps)(graph, draw, value, width))
        return output_layer(graph, draw, limits, 0, value, width)

    return body


reduced_layers = layers_with(less(*TIED, "std({}", "norm({}"), so_far, of_two, gated)
moved_layers = layers_with(moved)
tied_layers = layers_with(less(*TIED), so_far, of_two)
