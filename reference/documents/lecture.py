"""The lecture on the backpropagation algorithm: `003_5e1432ecd98f1466.txt`; equations by their labels there.

The chain rule for three functions; a network of L layers with any activation and any loss; its derivatives
written out as products (unrolled), and by the recursion for the errors delta (memoized); gradient descent
with both exit conditions; the exercise on constant initialisation. W(l) has shape (n_{l-1}, n_l); z, a, delta
and b of layer l have shape (n_l,). Samples are the rows of X, (m, n_0), and of Y, (m, n_L).

Misprints in the lecture's formulas, set right here:

- "The cost is the sum of the losses": equation costfunceq has the factor 1/m, and the mean is meant.
- Equation Lminus2outerprodelementwiseall is headed dCost/dW(L-1); it is dCost/dW(L-2).
- "Notations" prints x^T = (x_1, ..., x_n)^T, one transpose too many: x is the column (x_1, ..., x_n)^T.
- Above equation threenewtermsWminus2, the last term of dCostbeforelastchaineq is called a(L-1); it is a(L-2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from gradproof.reference.operations.kernels import Array


class Function(NamedTuple):
    """A function together with its derivative.

    An activation takes z and works elementwise. A loss takes a and y and gives a scalar; its derivative, with
    respect to a, has the shape of a.
    """

    value: Callable[..., Array]
    derivative: Callable[..., Array]


def chain_rule(x: Array, g: Function, f: Function) -> Array:
    """h'(x) for h(x) = f(g(x)). Definition chainruledef."""
    return f.derivative(g.value(x)) * g.derivative(x)


def chain_rule_of_three(x: Array, g: Function, f: Function, h: Function) -> Array:
    """k'(x) for k(x) = h(f(g(x))): "three functions: three derivative terms". Equation chainrule3funceq."""
    return h.derivative(f.value(g.value(x))) * f.derivative(g.value(x)) * g.derivative(x)


class Network(NamedTuple):
    """Weights W(1), ..., W(L), biases b(1), ..., b(L), the activation f and the loss L."""

    weights: list[Array]
    biases: list[Array]
    activation: Function
    loss: Function


class Forward(NamedTuple):
    """Forward propagation of one sample: z(1), ..., z(L), and a(0) = x, a(1), ..., a(L)."""

    z: list[Array]
    a: list[Array]


def forward(network: Network, x: Array) -> Forward:
    """z(l) = W(l)^T a(l-1) + b(l) and a(l) = f(z(l)). Equations zfunceq and afzeq."""
    a, z = [x], []
    for W, b in zip(network.weights, network.biases, strict=True):
        z.append(W.T @ a[-1] + b)
        a.append(network.activation.value(z[-1]))
    return Forward(z, a)


def cost(network: Network, X: Array, Y: Array) -> Array:
    """1/m sum_i L(a(i, L), y(i)). Equation costlossafzeq."""
    m = X.shape[0]
    return sum(network.loss.value(forward(network, X[i]).a[-1], Y[i]) for i in range(m)) / m


@dataclass
class Products:
    """The products of the backward walk, counted."""

    count: int = 0

    def elementwise(self, left: Array, right: Array) -> Array:
        """The product written with a dot in a circle."""
        self.count += 1
        return left * right

    def matrix(self, W: Array, delta: Array) -> Array:
        """A matrix times a column vector."""
        self.count += 1
        return W @ delta


def unrolled_errors(network: Network, table: Forward, y: Array, products: Products) -> list[Array]:
    """The brackets of dCostfirstvectorouterprod, dCostbeforelastsimpleeq, Lminus2outerprodelementwiseall, ...

    Each layer's product is written out from the loss down, as in lastfoursimpleeq, and nothing is reused:
    layer l takes 2 (L - l) + 1 products, all layers together L^2.
    """
    df, dloss = network.activation.derivative, network.loss.derivative
    layers = len(network.weights)
    brackets = []
    for layer in range(layers):
        bracket = products.elementwise(df(table.z[-1]), dloss(table.a[-1], y))
        for later in range(layers - 1, layer, -1):
            bracket = products.matrix(network.weights[later], bracket)
            bracket = products.elementwise(df(table.z[later - 1]), bracket)
        brackets.append(bracket)
    return brackets


def errors(network: Network, table: Forward, y: Array, products: Products) -> list[Array]:
    """delta(1), ..., delta(L) by recursion; each reuses the next one, so that 2 L - 1 products do.

    delta(L) = f'(z(L)) * L'(a(L), y) and delta(l) = f'(z(l)) * [W(l+1) delta(l+1)]. Equations defdeltaL and
    deltalayerl; section "Memoization".
    """
    df, dloss = network.activation.derivative, network.loss.derivative
    delta = products.elementwise(df(table.z[-1]), dloss(table.a[-1], y))
    deltas = [delta]
    for W, z in zip(network.weights[:0:-1], table.z[-2::-1], strict=True):
        delta = products.elementwise(df(z), products.matrix(W, delta))
        deltas.append(delta)
    return deltas[::-1]


class Derivatives(NamedTuple):
    """dCost/dW(l) and dCost/db(l), for l = 1, ..., L."""

    weights: list[Array]
    biases: list[Array]


def outer(a: Array, delta: Array) -> Array:
    """All products a_k delta_j, of shape (n_{l-1}, n_l)."""
    return np.reshape(a, (a.shape[0], 1)) @ np.reshape(delta, (1, delta.shape[0]))


def cost_derivatives(
    network: Network,
    X: Array,
    Y: Array,
    backward: Callable[[Network, Forward, Array, Products], list[Array]] = errors,
) -> Derivatives:
    """1/m sum_i a(i, l-1) outer delta(i, l), and 1/m sum_i delta(i, l). Equation summarybackpropcostd."""
    m = X.shape[0]
    tables = [forward(network, X[i]) for i in range(m)]
    deltas = [backward(network, table, Y[i], Products()) for i, table in enumerate(tables)]
    layers = range(len(network.weights))
    return Derivatives(
        weights=[sum(outer(tables[i].a[k], deltas[i][k]) for i in range(m)) / m for k in layers],
        biases=[sum(deltas[i][k] for i in range(m)) / m for k in layers],
    )


def updated(network: Network, slopes: Derivatives, alpha: Array) -> Network:
    """One gradient descent step for all weights and biases. Equation weightbiasupdate."""
    return network._replace(
        weights=[W - alpha * dW for W, dW in zip(network.weights, slopes.weights, strict=True)],
        biases=[b - alpha * db for b, db in zip(network.biases, slopes.biases, strict=True)],
    )


class Descent(NamedTuple):
    """Where gradient descent ended, after how many epochs, and by which of the two exit conditions."""

    network: Network
    epochs: int
    exit: Literal["epochs", "derivatives"]


def gradient_descent(network: Network, X: Array, Y: Array, alpha: Array, epochs: int, threshold: Array) -> Descent:
    """Steps 1 to 3, repeated until an exit condition holds at the end of an epoch. backpropalgosummary.

    The conditions: the number of epochs is reached; all derivatives are zero or below a small threshold.
    """
    for epoch in range(1, epochs + 1):
        slopes = cost_derivatives(network, X, Y)
        network = updated(network, slopes, alpha)
        if not any(np.any(np.abs(slope) > threshold) for slope in slopes.weights + slopes.biases):
            return Descent(network, epoch, "derivatives")
    return Descent(network, epochs, "epochs")


def constant_initialisation(widths: list[int], w: Array, b: Array) -> tuple[list[Array], list[Array]]:
    """Weights and biases all "initialized to the same constant values" w and b, for n_0, ..., n_L units.

    The last exercise. All units of a hidden layer then stay identical throughout training; so do output units
    whose targets are the same.
    """
    weights = [np.broadcast_to(w, shape) for shape in pairwise(widths)]
    biases = [np.broadcast_to(b, (width,)) for width in widths[1:]]
    return weights, biases


def one_unit_per_layer(network: Network) -> Network:
    """What a network of identical hidden units "will act as": one unit per hidden layer, the same outputs.

    One unit stands for its layer, so the next layer's weights for that layer's identical signals add up.
    """
    last = len(network.weights) - 1
    weights, biases = [], []
    for k, (W, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        merged = W if k == 0 else np.reshape(np.sum(W, axis=0), (1, W.shape[1]))
        weights.append(merged if k == last else merged[:, :1])
        biases.append(b if k == last else b[:1])
    return network._replace(weights=weights, biases=biases)
