"""The exponential neuron: `004_0baf4c8abb5817b8.txt`.

Misprints in the document's "BACKWARD PASS", set right here: it prints dv/du = 0 and dv/db = 0 beside the
right values of 1, and du/db = x where du/dw = x is meant. The derivatives of the loss are printed right.
"""

from typing import NamedTuple

import numpy as np

from gradproof.reference.operations.kernels import Array


class Forward(NamedTuple):
    """The forward pass. All scalars, or arrays of one shape for many neurons at once."""

    u: Array
    v: Array
    y: Array
    loss: Array


def forward(x: Array, y_star: Array, w: Array, b: Array) -> Forward:
    """Section "FORWARD PASS": u = w x, v = u + b, y = e^v, loss = (y - y*)^2, with y* named `y_star`."""
    u = w * x
    v = u + b
    y = np.exp(v)
    loss = (y - y_star) ** 2
    return Forward(u, v, y, loss)


def backward(x: Array, y_star: Array, table: Forward) -> dict[str, Array]:
    """2 (y - y*) y 1 x for w and 2 (y - y*) y 1 for b. Sections "CHAIN RULE" and "BACKWARD PASS"."""
    dudw = x
    dvdu = dvdb = 1
    dydv = table.y
    dldy = 2 * (table.y - y_star)
    return {"w": dldy * dydv * dvdu * dudw, "b": dldy * dydv * dvdb}
