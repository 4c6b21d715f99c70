"""The two-neuron exercise: `000_3bef3881ba988d2d.txt`.

First a chain of two sigmoid neurons, every quantity a scalar, with the exercise's own names: `dLda2` is the
derivative of L with respect to a2, and so on. Then, from "What happens if we have more neurons per layer?",
two neurons per layer, where the derivative is a sum over paths.

Misprints in the document's formulas, set right here:

- Task 2, "Program it!", prints `L = (y-haty)/2`; the loss is its square, (y - haty)^2 / 2.
- The same cell prints `dz2dw2 = a2`; the factor is a1 (the example's step 3 has it right).
- Example, step 5, prints w'_2 = w_1 - eta dL/dw_2 and starts from 0.1; the updated weight is w_2 = 0.3.
- Task 2, step 3, prints z_2 as w_2 a_1 + b_1, and da_1/dz_2 where da_1/dz_1 is meant.
- "Backward pass" of the larger figure ends its sum with dL/da_j^H; it is dL/da_j^O.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gradproof.reference.operations.kernels import Array


class Forward(NamedTuple):
    """The forward pass table. All scalars."""

    i1: Array
    z1: Array
    a1: Array
    z2: Array
    a2: Array
    haty: Array
    L: Array


class Backward(NamedTuple):
    """The backward pass table: factors, then the full derivatives that are their products. All scalars."""

    dLda2: Array
    da2dz2: Array
    dz2dw2: Array
    dz2db2: Array
    dz2da1: Array
    da1dz1: Array
    dz1dw1: Array
    dz1db1: Array
    dLdw2: Array
    dLdb2: Array
    dLdw1: Array
    dLdb1: Array


class Parameters(NamedTuple):
    """Weights and biases of the chain. All scalars."""

    w1: Array
    b1: Array
    w2: Array
    b2: Array


def sigma(z: Array) -> Array:
    """1 / (1 + e^-z), elementwise. "Path of intermediate expressions"."""
    return 1 / (1 + np.exp(-z))


def forward(x: Array, y: Array, parameters: Parameters) -> Forward:
    """Task 1, "Path of intermediate expressions"."""
    w1, b1, w2, b2 = parameters
    i1 = x
    z1 = w1 * i1 + b1
    a1 = sigma(z1)
    z2 = w2 * a1 + b2
    a2 = sigma(z2)
    haty = a2
    L = (y - haty) ** 2 / 2
    return Forward(i1, z1, a1, z2, a2, haty, L)


def backward(y: Array, parameters: Parameters, table: Forward) -> Backward:
    """Each derivative is the product along its path.

    w2: "Example: Backward pass ...". w1: "Task 2. Backward pass". b1 and b2: "What about the bias?".
    """
    dLda2 = table.a2 - y
    da2dz2 = table.a2 * (1 - table.a2)
    dz2dw2 = table.a1
    dz2db2 = 1
    dz2da1 = parameters.w2
    da1dz1 = table.a1 * (1 - table.a1)
    dz1dw1 = table.i1
    dz1db1 = 1
    return Backward(
        dLda2=dLda2,
        da2dz2=da2dz2,
        dz2dw2=dz2dw2,
        dz2db2=dz2db2,
        dz2da1=dz2da1,
        da1dz1=da1dz1,
        dz1dw1=dz1dw1,
        dz1db1=dz1db1,
        dLdw2=dz2dw2 * da2dz2 * dLda2,
        dLdb2=dz2db2 * da2dz2 * dLda2,
        dLdw1=dz1dw1 * da1dz1 * dz2da1 * da2dz2 * dLda2,
        dLdb1=dz1db1 * da1dz1 * dz2da1 * da2dz2 * dLda2,
    )


def updated(parameters: Parameters, table: Backward, eta: Array) -> Parameters:
    """One step v' = v - eta dL/dv, for weights *and* biases. Step 5 of each task."""
    w1, b1, w2, b2 = parameters
    return Parameters(
        w1=w1 - eta * table.dLdw1,
        b1=b1 - eta * table.dLdb1,
        w2=w2 - eta * table.dLdw2,
        b2=b2 - eta * table.dLdb2,
    )


class LayersForward(NamedTuple):
    """The forward pass of two layers of neurons: H hidden, O output. All (2,), but for the scalar L."""

    zH: Array
    aH: Array
    zO: Array
    aO: Array
    L: Array


class Layers(NamedTuple):
    """Weights (2, 2), w[j, k] leading from neuron j to neuron k of the next layer, and biases (2,)."""

    wH: Array
    bH: Array
    wO: Array
    bO: Array


def weighted_sums(w: Array, a: Array, b: Array) -> Array:
    """z_k = (sum_j w_{j,k} a_j) + b_k, "sum over these ways in the forward pass". Shape (2,)."""
    inputs, units = w.shape
    return np.stack([sum(w[j, k] * a[j] for j in range(inputs)) + b[k] for k in range(units)])


def layers_forward(i: Array, y: Array, layers: Layers) -> LayersForward:
    """The larger figure's "Forward pass"; i and y (2,). The loss is the exercise's, summed over outputs."""
    zH = weighted_sums(layers.wH, i, layers.bH)
    aH = sigma(zH)
    zO = weighted_sums(layers.wO, aH, layers.bO)
    aO = sigma(zO)
    L = np.sum((y - aO) ** 2) / 2
    return LayersForward(zH, aH, zO, aO, L)


def layers_backward(i: Array, y: Array, layers: Layers, table: LayersForward) -> Layers:
    """The larger figure's "Backward pass": dL/dv for every weight and bias, in the shapes of `Layers`.

    dL/dw^H_{n,k} = dz_k^H/dw^H_{n,k} * da_k^H/dz_k^H * sum_j dz_j^O/da_k^H * da_j^O/dz_j^O * dL/da_j^O
    """
    dLdaO = table.aO - y
    daOdzO = table.aO * (1 - table.aO)
    daHdzH = table.aH * (1 - table.aH)
    inputs, hidden = layers.wH.shape
    outputs = y.shape[0]

    def paths(k: int) -> Array:
        """The sum over the paths from a_k^H to the loss, one through each output."""
        return sum(layers.wO[k, j] * daOdzO[j] * dLdaO[j] for j in range(outputs))

    def matrix(entry: Callable[[int, int], Array], rows: int, columns: int) -> Array:
        return np.stack([np.stack([entry(j, k) for k in range(columns)]) for j in range(rows)])

    return Layers(
        wH=matrix(lambda n, k: i[n] * daHdzH[k] * paths(k), inputs, hidden),
        bH=np.stack([daHdzH[k] * paths(k) for k in range(hidden)]),
        wO=matrix(lambda k, j: table.aH[k] * daOdzO[j] * dLdaO[j], hidden, outputs),
        bO=daOdzO * dLdaO,
    )
