"""Mistakes in layers: weights, biases, samples and paths."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradproof.reference.mistakes.rewriting import rewrites
from gradproof.reference.mistakes.slips import (
    PRODUCTS,
    Edge,
    Wrong,
    derivative,
    edges,
    instead,
    is_parameter,
    nothing,
    of,
    of_cotangent,
    on_gradients,
    partial,
    slipped,
    slips,
    then,
)
from gradproof.reference.mistakes.variant import Mistake, Variant, Way, put
from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.normalisation import scale
from gradproof.reference.operations.products import ROWS, swap
from gradproof.reference.operations.table import Rule


def untransposed(network: Network) -> Iterator[Variant]:
    """A product of two, going back with the other factor as it is, which is possible if that is square."""
    for i, position in edges(network, "matmul", "linear"):
        other = 1 - position
        if position < 2 and is_square(network.nodes[network.nodes[i].operands[other]].shape):
            wrong = of_operand(other, lambda g, y, operands, attributes, other=other: swap(operands[other]))
            yield Variant(slipped(network, [(i, position)], wrong), partial(network, (i, position)))


def unflipped(g: Array, y: Array, operands: tuple[Array, ...], attributes: dict[str, Any]) -> Array:
    """A kernel that is flipped once too often, so that going back it is not."""
    first = attributes["data_format"] == "NHWC" and np.ndim(operands[1]) > 2
    return operands[1][::-1, ::-1] if first else operands[1][..., ::-1, ::-1]


def entry_by_entry(g: Array, y: Array, x: Array, gamma: Array = None, beta: Array = None, *, eps: float) -> Array:
    """The derivative of a normalisation whose mean and variance are constants."""
    return (g if gamma is None else g * gamma) * scale(x, eps)


def is_square(shape: tuple[int, ...]) -> bool:
    """Whether a shape is that of a square matrix, and not of a single number."""
    return len(shape) == 2 and shape[0] == shape[1] > 1


def of_operand(k: int, change: Callable[..., Array]) -> Wrong:
    """The right derivative, for which the operand at `k` is what `change(g, y, operands, attributes)` gives."""

    def wrong(right: Rule) -> Rule:
        def rule(g: Array, y: Array, *operands: Array, **attributes: Any) -> Array:
            return right(g, y, *put(operands, k, change(g, y, operands, attributes)), **attributes)

        return rule

    return wrong


def transposed(g: Array) -> Array:
    """The transpose of g, its entries read off row by row into the shape of g where that is another."""
    return np.reshape(np.transpose(g), np.shape(g))


def biases(network: Network) -> list[Edge]:
    """The edges into a bias: of a layer, or a parameter added to something computed."""
    return [
        (i, position)
        for i, position in edges(network, "linear", "conv2d", "layer_norm", "add")
        if (network.nodes[i].operation == "add" or position == 2)
        and is_parameter(network, network.nodes[i].operands[position])
    ]


def sample_axis(network: Network, edge: Edge) -> int | None:
    """The axis of the result over which the gradient of a parameter sums its samples, if there are several."""
    i, position = edge
    node = network.nodes[i]
    shapes = [network.nodes[k].shape for k in node.operands]
    if len(node.shape) != 2 or not is_parameter(network, node.operands[position]):
        return None
    axis = None
    if node.operation == "linear" and position > 0:
        axis = 0 if node.attributes["layout"] in ROWS else 1
    elif node.operation == "matmul" and len(shapes[0]) == len(shapes[1]) == 2:
        axis = 1 - position
    elif node.operation == "add" and shapes[position] in [node.shape[1:], (1, node.shape[1])]:
        axis = 0
    elif node.operation == "add" and shapes[position] == (node.shape[0], 1):
        axis = 1
    return axis if axis is not None and node.shape[axis] > 1 else None


def over_samples(change: Callable[[int], Callable[[Array], Array]]) -> Way:
    """The gradient of a parameter from cotangents changed by `change(axis)`, given the axis of the samples."""

    def way(network: Network) -> Iterator[Variant]:
        for edge in edges(network, "linear", "matmul", "add"):
            axis = sample_axis(network, edge)
            if axis is not None:
                yield Variant(slipped(network, [edge], of_cotangent(change(axis))), partial(network, edge))

    return way


def only_first(axis: int) -> Callable[[Array], Array]:
    """A cotangent with all samples but the first left out."""

    def change(g: Array) -> Array:
        numbers = np.reshape(np.arange(np.shape(g)[axis]), (-1, 1) if axis == 0 else (1, -1))
        return np.where(numbers == 0, g, 0)

    return change


def averaged(axis: int) -> Callable[[Array], Array]:
    """A change of cotangents: divided by the number of samples, which is their length along `axis`."""
    return lambda g: g / np.shape(g)[axis]


def already_updated(network: Network) -> Iterator[Variant]:
    """A product whose cotangent goes on through a weight that the update step has already replaced."""
    rate, updated = network.learning_rate, network.updated or network.parameters
    if rate is None:
        return
    for i, position in edges(network, *PRODUCTS):
        node = network.nodes[i]
        for k, index in enumerate(node.operands[:2]):
            name = network.nodes[index].name
            if k != position and name in updated:
                wrong = of_operand(k, stepped(derivative(node, i, k).rule, k, rate))
                place = partial(network, (i, position))
                yield Variant(slipped(network, [(i, position)], wrong), place, f"{name} after its update")


def stepped(rule: Rule, k: int, rate: float) -> Callable[..., Array]:
    """For `of_operand`: the operand at `k`, less `rate` times its gradient, which `rule` gives."""

    def change(g: Array, y: Array, operands: tuple[Array, ...], attributes: dict[str, Any]) -> Array:
        return operands[k] - rule(g, y, *operands, **attributes) * rate

    return change


def forks(network: Network) -> list[Edge]:
    """The edges back to a value that is used more than once."""
    all_edges = edges(network)
    back = [network.nodes[i].operands[position] for i, position in all_edges]
    return [edge for edge, k in zip(all_edges, back, strict=True) if back.count(k) > 1]


def cut_off(network: Network) -> Iterator[Variant]:
    """A named value through which no gradient goes back."""
    out: dict[int, list[Edge]] = {}
    for i, position in edges(network):
        out.setdefault(i, []).append((i, position))
    for i, found in out.items():
        name = network.nodes[i].name
        if name not in (None, network.loss):
            yield Variant(slipped(network, found, then(nothing)), f"d{network.loss}/d{name}")


MISTAKES = (
    Mistake(
        "term left out",
        "A term of a sum was left out, such as a bias or a skip connection.",
        rewrites({"add": ("a", "b"), "linear": "linear(x, W, layout={layout})"}),
    ),
    Mistake(
        "weight gradient transposed",
        "The gradient of the weights is transposed: the outer product was taken the wrong way round.",
        on_gradients(transposed, lambda shape: len(shape) == 2),
    ),
    Mistake(
        "weight not transposed going back",
        "Going back through a layer needs the transpose of what went forward.",
        untransposed,
    ),
    Mistake(
        "kernel not flipped going back",
        "Going back through a convolution needs the kernel flipped: its first row and column become the last.",
        slips(of("conv2d", position=0), of_operand(1, unflipped)),
    ),
    Mistake(
        "normalisation entry by entry",
        "Mean and variance were taken as constants, but they depend on every entry as well.",
        slips(of("layer_norm", position=0), instead(entry_by_entry)),
    ),
    Mistake(
        "epsilon left out",
        "The small constant that is added to the variance was left out.",
        rewrites({"layer_norm": "layer_norm(x{rest}, eps=0)"}),
    ),
    Mistake(
        "weight transposed",
        "The weights were transposed: their rows and columns are mixed up.",
        rewrites({"linear": "linear(x, W.T{rest}, layout={layout})", "matmul": ("a.T @ b", "a @ b.T")}),
    ),
    Mistake(
        "bias gradient left out",
        "The bias was given no gradient.",
        slips(biases, then(nothing)),
    ),
    Mistake(
        "one sample only",
        "Only the first sample was counted: gradients of parameters are sums over all samples.",
        over_samples(only_first),
    ),
    Mistake(
        "averaged over the samples once more",
        "The sum over the samples was divided by their number, but the loss does that already, or does not.",
        over_samples(averaged),
    ),
    Mistake(
        "weight already updated",
        "The gradient went back through a weight that was already updated: all gradients come first.",
        already_updated,
    ),
    Mistake(
        "path forgotten",
        "A value is used several times, and one of the paths back was forgotten.",
        slips(forks, then(nothing)),
    ),
    Mistake(
        "gradient cut off",
        "The gradient stops at a value, as if that were a constant.",
        cut_off,
    ),
)
