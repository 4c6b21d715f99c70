"""The worked example of backpropagation: `002_bbaf01ac7e86d9bc.txt`.

The one-dimensional introduction with its difference quotient, partial derivatives of a function of two
variables, and the 2-2-2 sigmoid network: by hand on scalars, as matrices, as a small class, updated once and
trained. The same network on a gradient tape is in `tape`. There are no biases: "we ignore biases to keep
things simple".

What the document prints and its own formulas do not give:

- "Backprop for the sample network" multiplies the 0.5 km/h of the pedal by 0.03 g, which are for 0.01 km/h: the
  answer is 1.5 g, not 0.015.
- "Vectorized implementation using matrices" says H = XW of what its listing calls H_in; H is its sigmoid.
- "Applying the gradient updates" prints net.V = [[1.068.., -2.017..], [0.071.., 2.016..]] after a step of
  alpha = 0.5. That is a step of 0.65; with 0.5 it is [[1.0526.., -2.0133..], [0.1126.., 2.0123..]], and the
  outputs and losses printed after the step are those of 0.5.
- The outputs printed after "200 epochs" are those of 200 updates in all, started from the first weights; as
  listed, the loop would go on from the weights updated once.
"""

from typing import NamedTuple

import numpy as np

from gradproof.reference.operations.kernels import Array


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), elementwise. "Backpropagation by intuition"."""
    return 1 / (1 + np.exp(-z))


# "Using derivatives to adapt weights": one weight, then two variables. All scalars.


def loss_1d(w: Array, x: Array, t: Array) -> Array:
    """L(w) = (y - t)^2 with y = w x."""
    return (w * x - t) ** 2


def difference_quotient(w: Array, x: Array, t: Array, step: Array) -> Array:
    """(L(w + step) - L(w)) / step: 32.16 at w = 3, x = 4, t = 8 and step 0.01; the derivative is 32."""
    return (loss_1d(w + step, x, t) - loss_1d(w, x, t)) / step


def dLoss(w: Array, x: Array, t: Array) -> Array:
    """2 x (w x - t): the limit of the difference quotient as the step goes to 0."""
    return 2 * x * (w * x - t)


def f(x: Array, y: Array) -> Array:
    """3 x^2 + 2 x y + 5."""
    return 3 * x**2 + 2 * x * y + 5


def df_dx(x: Array, y: Array) -> Array:
    """6 x + 2 y."""
    return 6 * x + 2 * y


def df_dy(x: Array, y: Array) -> Array:
    """2 x."""
    return 2 * x


# "Backprop for the sample network": the analogy to the chain rule.


def accelerator(
    speed: Array,
    pedal: Array,
    pedal_change: Array,
    speed_change: Array,
    speed_step: Array,
    co2_change: Array,
) -> tuple[Array, Array, Array]:
    """The speed in km/h and the extra CO2 in g with the pedal `pedal` mm lower, and the CO2 for each mm."""
    speed_by_pedal, co2_by_speed = speed_change / pedal_change, co2_change / speed_step
    slope = co2_by_speed * speed_by_pedal
    return speed + speed_by_pedal * pedal, slope * pedal, slope


# "Manual calculation of every needed partial derivative": scalars, by hand.


class Weights(NamedTuple):
    """wij from input i to hidden unit j, vij from hidden unit i to output j."""

    w11: Array
    w21: Array
    w12: Array
    w22: Array
    v11: Array
    v21: Array
    v12: Array
    v22: Array


class Forward(NamedTuple):
    """The forward pass before and after each sigmoid."""

    h1_in: Array
    h2_in: Array
    h1_out: Array
    h2_out: Array
    y1_in: Array
    y2_in: Array
    y1_out: Array
    y2_out: Array


def forward(x1: Array, x2: Array, weights: Weights) -> Forward:
    """The listing of "Backprop for the sample network"."""
    w11, w21, w12, w22, v11, v21, v12, v22 = weights
    h1_in = w11 * x1 + w21 * x2
    h2_in = w12 * x1 + w22 * x2
    h1_out, h2_out = sigmoid(h1_in), sigmoid(h2_in)
    y1_in = v11 * h1_out + v21 * h2_out
    y2_in = v12 * h1_out + v22 * h2_out
    y1_out, y2_out = sigmoid(y1_in), sigmoid(y2_in)
    return Forward(h1_in, h2_in, h1_out, h2_out, y1_in, y2_in, y1_out, y2_out)


def loss(table: Forward, t1: Array, t2: Array) -> Array:
    """The sum of squared errors, (y1 - t1)^2 + (y2 - t2)^2. "Loss functions"."""
    return (table.y1_out - t1) ** 2 + (table.y2_out - t2) ** 2


def backward(x1: Array, x2: Array, t1: Array, t2: Array, weights: Weights, table: Forward) -> dict[str, Array]:
    """The listings of "Manual calculation ...", in order; `grad_w11` there is `["w11"]` here."""
    w11, w21, w12, w22, v11, v21, v12, v22 = weights
    _, _, h1_out, h2_out, _, _, y1_out, y2_out = table
    grad = {}
    e1, e2 = y1_out - t1, y2_out - t2
    grad["y1_out"] = 2 * e1
    grad["y2_out"] = 2 * e2

    # backprop through sigmoid, simply multiply by sigmoid(z) * (1-sigmoid(z))
    grad["y1_in"] = (y1_out * (1 - y1_out)) * grad["y1_out"]
    grad["y2_in"] = (y2_out * (1 - y2_out)) * grad["y2_out"]

    grad["v21"] = grad["y1_in"] * h2_out
    grad["v22"] = grad["y2_in"] * h2_out
    grad["v11"] = grad["y1_in"] * h1_out
    grad["v12"] = grad["y2_in"] * h1_out

    # a hidden unit affects the loss on two paths, and the effects are summed up
    grad["h1_out"] = grad["y1_in"] * v11 + grad["y2_in"] * v12
    grad["h2_out"] = grad["y1_in"] * v21 + grad["y2_in"] * v22
    grad["h1_in"] = (h1_out * (1 - h1_out)) * grad["h1_out"]
    grad["h2_in"] = (h2_out * (1 - h2_out)) * grad["h2_out"]

    grad["w21"] = grad["h1_in"] * x2
    grad["w22"] = grad["h2_in"] * x2
    grad["w11"] = grad["h1_in"] * x1
    grad["w12"] = grad["h2_in"] * x1

    grad["x1"] = grad["h1_in"] * w11 + grad["h2_in"] * w12
    grad["x2"] = grad["h1_in"] * w21 + grad["h2_in"] * w22
    return grad


# "Vectorized implementation using matrices": every instance is a row of X, of shape (n, inputs), and of T, of
# shape (n, outputs); W has shape (inputs, hidden), V (hidden, outputs).


def matrix_forward(X: Array, W: Array, V: Array) -> tuple[Array, Array]:
    """H = sigmoid(X W) and Y = sigmoid(H V)."""
    H = sigmoid(X @ W)
    Y = sigmoid(H @ V)
    return H, Y


def matrix_loss(Y: Array, T: Array) -> Array:
    """The loss of each instance, of shape (n, 1)."""
    E = Y - T
    return np.sum(E**2, axis=1, keepdims=True)


def matrix_backward(X: Array, T: Array, W: Array, V: Array, H: Array, Y: Array) -> dict[str, Array]:
    """grad_W, grad_V and grad_X, by name; with several rows in X, those of the weights are sums over them."""
    E = Y - T
    grad_Y = 2 * E
    grad_Y_in = Y * (1 - Y) * grad_Y
    grad_V = H.T @ grad_Y_in
    grad_H = grad_Y_in @ V.T
    grad_H_in = (H * (1 - H)) * grad_H
    grad_W = X.T @ grad_H_in
    grad_X = grad_H_in @ W.T
    return {"W": grad_W, "V": grad_V, "X": grad_X}


class NeuralNetwork:
    """The document's class, with weights given, not drawn: the document replaces the drawn ones at once."""

    def __init__(self, W: Array, V: Array) -> None:
        self.W, self.V = W, V

    def forward(self, X: Array) -> Array:
        """The outputs for the instances in the rows of X."""
        self.X = X  # keep for backward pass
        self.H = sigmoid(X @ self.W)
        self.Y = sigmoid(self.H @ self.V)
        return self.Y

    def backward(self, T: Array) -> tuple[Array, Array]:
        """The gradients of W and V for the rows of the last `forward`; the losses go to `self.L`, (n, 1)."""
        E = self.Y - T
        self.L = np.sum(E**2, axis=1, keepdims=True)
        grad_Y_in = self.Y * (1 - self.Y) * (2 * E)
        grad_V = self.H.T @ grad_Y_in
        grad_H_in = (self.H * (1 - self.H)) * (grad_Y_in @ self.V.T)
        grad_W = self.X.T @ grad_H_in
        return grad_W, grad_V


# "Applying the gradient updates".


def epoch(net: NeuralNetwork, X: Array, T: Array, alpha: Array) -> Array:
    """One update of `net` by the gradients summed over the instances; returns the loss before it."""
    grad_W, grad_V, total = 0, 0, 0
    for i in range(X.shape[0]):
        net.forward(X[i : i + 1])
        grad_W_i, grad_V_i = net.backward(T[i : i + 1])
        grad_W, grad_V, total = grad_W + grad_W_i, grad_V + grad_V_i, total + np.sum(net.L)
    net.W = net.W - alpha * grad_W
    net.V = net.V - alpha * grad_V
    return total


def train(net: NeuralNetwork, X: Array, T: Array, alpha: Array, epochs: int) -> list[Array]:
    """The training loop; returns the loss curve, summed over instances, from before any update to the end."""
    losses = [epoch(net, X, T, alpha) for _ in range(epochs)]
    return [*losses, np.sum(matrix_loss(net.forward(X), T))]
