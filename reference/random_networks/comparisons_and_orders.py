"""Bodies of layers with comparisons, orders and powers between them, and with rows that integers put somewhere."""

from gradproof.reference.random_networks.draw import Draw
from gradproof.reference.random_networks.graph import Graph
from gradproof.reference.random_networks.operations_on_arrays import layers_with

SIGNS = (">", ">=", "<", "<=", "==", "!=")

POWERS = ("(0.5 + sigmoid({x})) ** {x}", "2 ** tanh({x})", "(1 + square({x})) ** -sigmoid({x})", "sigmoid({x}) ** {r}")
"""Powers of a value that is bounded somehow, some with exponents for each column."""

GELU = "gelu({x}, approximate='tanh')"


def powers(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """A power of the value that stays in range, by the value itself or by a row, or a function that has a third one."""
    return draw.choose((*POWERS, GELU)).format(x=value, r=f"(1 + square({value}[0]))")


def compared(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value, or part of it, as it compares with 0, the samples or the mean."""
    other = draw.choose(("0", "x", f"mean({value}, axis=0, keepdims=True)"))
    if draw.choose((True, True, True, False)):
        return f"where({value} {draw.choose(SIGNS)} {other}, {value}, 0.25 * {value})"
    return draw.choose((f"{value} * sign({value} - {other})", f"hardshrink({value} - {other}, lambd=0.25)"))


def in_order(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value in order along one axis, or less its largest there."""
    axis = draw.choose((0, 1))
    return draw.choose((f"sort({value}, axis={axis})", f"{value} - topk({value}, k=1, axis={axis})"))


def placed(graph: Graph, draw: Draw, value: str, width: int) -> str:
    """The value with some of its rows or columns added elsewhere, or with a 1 in each row."""
    axis, rows = draw.choose((0, 1)), graph.slots["x"].shape[0]
    count = (rows, width)[axis]
    name = f"i{len(graph.slots)}"
    if draw.choose((True, False)):
        indices = graph.slot(name, "indices", count, below=count)
        return f"scatter_add({value}, {indices}, tanh({value}), axis={axis})"
    return f"{value} * one_hot({graph.slot(name, 'indices', rows, below=width)}, num_classes={width}) + {value} / 2"


ordered_layers = layers_with(powers, compared, in_order, placed)
compared_layers = layers_with(compared, in_order, placed)
