"""Losses: scalars of a prediction p (or logits z) and a target t of the same shape.

The last axis holds outputs; the rows of a matrix are samples.
"""

import math
from functools import wraps

import numpy as np

from gradproof.reference.operations.activations import softplus
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.reductions import log_softmax
from gradproof.reference.operations.table import AROUND_0, PROBABILITY, Domain, Rule, Scenario, define

SHAPES: tuple[Shape, ...] = ((3,), (2, 3), ())


def loss(name: str, forward: Rule, *rules: Rule, domain: Domain = AROUND_0, shapes: tuple[Shape, ...] = SHAPES) -> None:
    """Enter a loss. A target that would broadcast is refused: frameworks differ there, and it is a slip.

    `rules` are vjps for p and t. The loss raises ValueError where p and t differ in shape.
    """

    @wraps(forward)
    def checked(p: Array, t: Array) -> Array:
        if np.shape(p) != np.shape(t):
            raise ValueError(f"{name} of shapes {np.shape(p)} and {np.shape(t)}, which must be equal")
        return forward(p, t)

    scenarios = [Scenario(f"{name}(p, t)", {"p": shape, "t": shape}, domain) for shape in shapes]
    define(name, checked, *rules, scenarios=scenarios)


def entries(p: Array) -> int:
    """The number of entries of p (any shape), outputs times samples; 1 for a scalar."""
    return math.prod(np.shape(p))


def samples(p: Array) -> int:
    """The number m of samples of p (m, ...): the length of the first axis; a scalar is one sample."""
    return np.shape(p)[0] if np.ndim(p) else 1


def distributions(z: Array) -> int:
    """How many distributions the last axis of z (..., n) holds: one for each row; a vector is one."""
    return math.prod(np.shape(z)[:-1])


# Squared errors. The factor 1/2: 000_3bef3881ba988d2d.txt, Task 1. The plain sum:
# 002_bbaf01ac7e86d9bc.txt, "Loss functions". The mean over outputs: 001_856bfbabee75bf37.txt, "A neural
# network". The mean over samples of the sum over outputs: 003_5e1432ecd98f1466.txt, eq. costfunceq.
loss("half_squared_error", lambda p, t: np.sum(np.square(p - t)) / 2,
     lambda g, y, p, t: g * (p - t),
     lambda g, y, p, t: g * (t - p))  # fmt: skip
loss("sum_of_squares", lambda p, t: np.sum(np.square(p - t)),
     lambda g, y, p, t: g * (2 * (p - t)),
     lambda g, y, p, t: g * (2 * (t - p)))  # fmt: skip
loss("mean_over_outputs", lambda p, t: np.sum(np.square(p - t)) / entries(p),
     lambda g, y, p, t: g / entries(p) * (2 * (p - t)),
     lambda g, y, p, t: g / entries(p) * (2 * (t - p)))  # fmt: skip
loss("mean_over_samples", lambda p, t: np.sum(np.square(p - t)) / samples(p),
     lambda g, y, p, t: g / samples(p) * (2 * (p - t)),
     lambda g, y, p, t: g / samples(p) * (2 * (t - p)))  # fmt: skip

# Cross-entropies, as means over entries (binary) or over samples (softmax): Goodfellow, Bengio and Courville 2016,
# sections 6.2.2.2 and 6.2.2.3. Singular at p = 0 and p = 1.
loss("binary_cross_entropy", lambda p, t: -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)) / entries(p),
     lambda g, y, p, t: g / entries(p) * ((1 - t) / (1 - p) - t / p),
     lambda g, y, p, t: g / entries(p) * (np.log(1 - p) - np.log(p)),
     domain=PROBABILITY)  # fmt: skip
loss("binary_cross_entropy_with_logits", lambda z, t: np.sum(softplus(z) - z * t) / entries(z),
     lambda g, y, z, t: g / entries(z) * (np.exp(z - softplus(z)) - t),
     lambda g, y, z, t: g / entries(z) * -z)  # fmt: skip
loss("softmax_cross_entropy", lambda z, t: -np.sum(t * log_softmax(z)) / distributions(z),
     lambda g, y, z, t: g / distributions(z) * (np.exp(log_softmax(z)) * np.sum(t, axis=-1, keepdims=True) - t),
     lambda g, y, z, t: g / distributions(z) * -log_softmax(z),
     shapes=((3,), (2, 3)))  # fmt: skip
