"""Plain layered networks, as the lecture has them: what the properties of layers are shown on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradproof.reference.documents import lecture, systems
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations.products import LAYOUTS, ROWS, TRANSPOSED
from tests.properties.strategies import Drawn

ACTIVATIONS = {"tanh": systems.TANH, "sigmoid": systems.SIGMOID, "": systems.IDENTITY}
"""An activation's name in statements, and the lecture's function with its derivative."""

LOSSES = {
    "half_squared_error": systems.HALF_SQUARED_ERROR,
    "sum_of_squares": systems.SQUARED_ERROR,
    "binary_cross_entropy": systems.CROSS_ENTROPY,
}


@dataclass(frozen=True)
class Layered:
    """W(l) of shape (n_{l-1}, n_l), b(l) of shape (n_l,), samples in the rows of X and Y."""

    activation: str
    loss: str
    weights: tuple[Any, ...]
    biases: tuple[Any, ...]
    X: Any
    Y: Any

    def network(self, layout: str = "X @ W") -> Network:
        """The network with the lecture's cost, a mean over samples, in one of the four layouts."""
        lines, value = [], "X"
        for k in range(1, len(self.weights) + 1):
            z = f"linear({value}, W{k}, b{k}, layout={layout!r})"
            value = f"a{k}"
            lines.append(f"{value} = {self.activation}({z})")
        # The language's cross-entropy is a mean over entries, the lecture's loss a sum over outputs.
        outputs, samples = self.Y.shape[1], self.Y.shape[0]
        factor = f"* {outputs}" if self.loss == "binary_cross_entropy" else f"/ {samples}"
        lines.append(f"L = {self.loss}({value}, Y) {factor}")
        parameters = self.parameters(layout)
        samples_as = {"X": self.X, "Y": self.Y} if layout in ROWS else {"X": self.X.T, "Y": self.Y.T}
        return build("\n".join(lines), {**samples_as, **parameters}, parameters=list(parameters))

    def parameters(self, layout: str = "X @ W") -> dict[str, Any]:
        """W1, ... and b1, ... as the layout has them."""
        weights = {f"W{k}": W if layout in TRANSPOSED else W.T for k, W in enumerate(self.weights, 1)}
        return weights | {f"b{k}": b for k, b in enumerate(self.biases, 1)}

    def lecture(self, lift: Callable[[Any], Any]) -> lecture.Network:
        """The lecture's network, its numbers lifted."""
        weights, biases = ([lift(array) for array in arrays] for arrays in (self.weights, self.biases))
        return lecture.Network(weights, biases, ACTIVATIONS[self.activation], LOSSES[self.loss])

    def permuted(self, layer: int, order: Any) -> "Layered":
        """The same network with the units of hidden layer `layer`, counted from 0, in another order."""
        weights, biases = list(self.weights), list(self.biases)
        weights[layer], biases[layer] = weights[layer][:, order], biases[layer][order]
        weights[layer + 1] = weights[layer + 1][order]
        return replace(self, weights=tuple(weights), biases=tuple(biases))


@st.composite
def layered(draw: Callable[[Any], Any], hidden: int = 0) -> Layered:
    """A network with at least so many hidden layers."""
    drawn = Drawn(draw)
    activation = drawn.choose(tuple(ACTIVATIONS))
    losses = [loss for loss in LOSSES if activation == "sigmoid" or loss != "binary_cross_entropy"]
    loss = drawn.choose(losses)
    widths = [drawn.integer(1, 4) for _ in range(2 + drawn.integer(hidden, 3))]
    weights = tuple(drawn.numbers(shape) for shape in pairwise(widths))
    biases = tuple(drawn.numbers((width,)) for width in widths[1:])
    samples = drawn.integer(1, 3)
    X, Y = drawn.numbers((samples, widths[0])), np.abs(drawn.numbers((samples, widths[-1])))
    return Layered(activation, loss, weights, biases, X, Y)


__all__ = ["ACTIVATIONS", "LAYOUTS", "LOSSES", "Layered", "layered"]
