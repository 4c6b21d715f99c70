"""Gated linear units: one half of an axis through a gate that the other half is."""

from collections.abc import Callable

import numpy as np

from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.operations.arrays import along
from gradproof.reference.operations.axes import reduced
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import Rule, define, derivative, tried


def halves(x: Array, axis: int) -> tuple[Array, Array]:
    """The first half of the entries along `axis`, and the second. Raises ValueError if it is no even number of them."""
    (at,) = reduced(np.shape(x), axis)
    count, rank = np.shape(x)[at], np.ndim(x)
    if count % 2:
        raise ValueError(f"axis {axis} has {count} entries, no even number")
    return x[along(at, rank, slice(count // 2))], x[along(at, rank, slice(count // 2, count))]


def glu(x: Array, *, axis: int = -1) -> Array:
    """a sigmoid(b), a and b being the halves of x."""
    a, b = halves(x, axis)
    return a * sigmoid(b)


def glu_rule(complement: Callable[[Array, Array], Array]) -> Rule:
    """The rule with 1 - sigmoid(b) as complement(b, sigmoid(b))."""

    def rule(g: Array, y: Array, x: Array, *, axis: int) -> Array:
        a, b = halves(x, axis)
        s = sigmoid(b)
        return np.concatenate([g * s, g * (a * (s * complement(b, s)))], axis=axis)

    return rule


# Dauphin, Fan, Auli and Grangier 2017, eq. 1, whose convolutions are not part of it.
define("glu", glu,
       glu_rule(lambda b, s: sigmoid(-b)),
       algorithms={"glu': s (1 - s)": derivative(glu_rule(lambda b, s: 1 - s))},
       scenarios=(
           *tried("glu(x)", x=(2, 4)), *tried("glu(x, axis=0)", x=(4, 3)), *tried("glu(x)", x=(2,))))  # fmt: skip
