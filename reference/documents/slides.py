"""The lecture slides: `001_856bfbabee75bf37.txt`.

A neuron, a layer, the sigmoid network of L layers with the mean of squares as its loss, for a single sample
and batched, and the rule for derivatives in a graph. Names are the slides': f is a pre-activation, g an
activation, N(l) the number of units of layer l, B the size of the batch.

Misprints in the slides' formulas, set right here:

- "A neuron" sums W_{0,0} x_0 + ... + W_{0,N} x_N; for x in R^N, as on later slides, the last index is N - 1.
- "Backward pass" prints grad_W = (grad_f)^T g. For the column vectors of the other formulas (W^T grad_f on
  the same slide) that is a scalar: it is grad_f g^T. With samples in the rows of g and grad_f, as when
  batched, it is right as printed.
- The last slides write M(l) where N(l) is meant.
"""

from typing import NamedTuple

import numpy as np

from gradproof.reference.operations.kernels import Array


def sigmoid(f: Array) -> Array:
    """1 / (1 + e^-f), elementwise."""
    return 1 / (1 + np.exp(-f))


def neuron(x: Array, W0: Array, b0: Array) -> tuple[Array, Array]:
    """f_0 = W_{0,0} x_0 + ... + b_0 and g_0 = sigma(f_0); x and W0 (N,), the others scalars. "A neuron"."""
    f0 = sum(W0[j] * x[j] for j in range(x.shape[0])) + b0
    return f0, sigmoid(f0)


def neuron_gradients(x: Array, W0: Array, g0: Array) -> dict[str, Array]:
    """dg/dx = g (1 - g) df/dx, for x any input of f. "Derivates - chain rule", last slide."""
    slope = g0 * (1 - g0)
    return {"x": slope * W0, "W0": slope * x, "b0": slope}


def chain_rule_example(x: Array, y: Array, z: Array) -> dict[str, Array]:
    """f, g = sigma(f), and the slopes a = a_f = df/dx and a_g = dg/df. "Derivates - chain rule".

    The slides leave f(x, y, z) open; chosen here: f = x^2 y + z.
    """
    f = x**2 * y + z
    g = sigmoid(f)
    return {"f": f, "g": g, "a": 2 * x * y, "a_f": 2 * x * y, "a_g": g * (1 - g)}


def chain_rule_gradients(x: Array, a_f: Array, a_g: Array) -> dict[str, Array]:
    """dg/dx = a_g a_f, and likewise for y and z, where df/dy = x^2 and df/dz = 1."""
    return {"x": a_g * a_f, "y": a_g * x**2, "z": a_g}


class Gradients(NamedTuple):
    """Gradients of the loss with respect to weights, biases (one of each per layer) and the input."""

    weights: list[Array]
    biases: list[Array]
    x: Array


def forward(x: Array, weights: list[Array], biases: list[Array]) -> list[Array]:
    """g(0) = x, ..., g(L); x (N(0),), each w (N(l), N(l-1)), b (N(l),). "Forward pass - code"."""
    g = x
    activations = [g]
    for b, w in zip(biases, weights, strict=True):
        f = w @ g + b
        g = sigmoid(f)
        activations.append(g)
    return activations


def loss(g: Array, y: Array) -> Array:
    """mean[(g - y)^2] = 1/N(L) sum_i (g_i - y_i)^2; g and y (N(L),); a scalar. "Forward pass"."""
    return np.sum((g - y) ** 2) / y.shape[0]


def backward(activations: list[Array], y: Array, weights: list[Array]) -> Gradients:
    """The four boxes of the last slide "Backward pass". Everything in the shapes of `forward`."""
    grad_g = 2 * (activations[-1] - y) / y.shape[0]  # output activations
    grad_weights, grad_biases = [], []
    for w, g, g_before in zip(weights[::-1], activations[:0:-1], activations[-2::-1], strict=True):
        grad_f = grad_g * g * (1 - g)  # pre-activations
        column, row = np.reshape(grad_f, (g.shape[0], 1)), np.reshape(g_before, (1, g_before.shape[0]))
        grad_weights.append(column @ row)
        grad_biases.append(grad_f)
        grad_g = w.T @ grad_f  # activations
    return Gradients(grad_weights[::-1], grad_biases[::-1], grad_g)


def forward_batched(x: Array, weights: list[Array], biases: list[Array]) -> list[Array]:
    """The same with a sample in each row: x (B, N(0)), (w @ g.T).T (B, N(i+1)), b broadcast along the batch.

    "Forward pass - code", "When batched".
    """
    g = x
    activations = [g]
    for b, w in zip(biases, weights, strict=True):
        f = (w @ g.T).T + b
        g = sigmoid(f)
        activations.append(g)
    return activations


def loss_batched(g: Array, y: Array) -> Array:
    """mean[(g - y)^2] over outputs *and* batch: the mean of the samples' losses. g and y (B, N(L)); a scalar.

    The slides batch the forward pass only; this is their "mean" of the batched arrays.
    """
    batch, outputs = y.shape
    return np.sum((g - y) ** 2) / (batch * outputs)


def backward_batched(activations: list[Array], y: Array, weights: list[Array]) -> Gradients:
    """The same four boxes with a sample in each row: grad_W = (grad_f)^T g, now as the slides print it."""
    batch, outputs = y.shape
    grad_g = 2 * (activations[-1] - y) / (batch * outputs)
    grad_weights, grad_biases = [], []
    for w, g, g_before in zip(weights[::-1], activations[:0:-1], activations[-2::-1], strict=True):
        grad_f = grad_g * g * (1 - g)
        grad_weights.append(grad_f.T @ g_before)
        grad_biases.append(np.sum(grad_f, axis=0))  # each sample sees the same b
        grad_g = (w.T @ grad_f.T).T
    return Gradients(grad_weights[::-1], grad_biases[::-1], grad_g)


def graph_rule(slopes: dict[tuple[str, str], Array], order: list[str]) -> dict[str, Array]:
    """dL/ds = sum over t in out(s) of dL/dt * dt/ds, for every node s. "Derivates - in a graph".

    `slopes[s, t]` is dt/ds for each edge s -> t; `order` lists the nodes, each before its out-neighbours, the
    loss last. "Starting from dL/dL = 1 and going back".
    """
    loss_node = order[-1]
    derivatives: dict[str, Array] = {loss_node: 1}
    for s in order[-2::-1]:
        out = [t for (source, t) in slopes if source == s]
        derivatives[s] = sum(derivatives[t] * slopes[s, t] for t in out)
    return derivatives


def graph_example(x: Array, w: Array) -> tuple[Array, dict[tuple[str, str], Array]]:
    """A small graph of scalars in which s is used three times and t1 twice, so that there is a sum to take.

    The kind of graph that the slides draw, with formulas chosen here: s = w x; t1 = sigma(s), t2 = s t1,
    t3 = e^-s; L = t1 t2 + t3. Returns L, and dt/ds for each edge s -> t.
    """
    s = w * x
    t1 = sigmoid(s)
    t2 = s * t1
    t3 = np.exp(-s)
    L = t1 * t2 + t3
    slopes = {
        ("x", "s"): w,
        ("w", "s"): x,
        ("s", "t1"): t1 * (1 - t1),
        ("s", "t2"): t1,
        ("t1", "t2"): s,
        ("s", "t3"): -t3,
        ("t1", "L"): t2,
        ("t2", "L"): t1,
        ("t3", "L"): 1,
    }
    return L, slopes


GRAPH_ORDER = ["x", "w", "s", "t1", "t2", "t3", "L"]
