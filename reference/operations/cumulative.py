"""Sums and products of the entries so far along an axis, of the shape of x.

`axis` is one axis, as in NumPy; all raise ValueError for one that x lacks.
"""

import numpy as np

from gradproof.reference.operations.axes import from_rows, in_turn, rows
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.reductions import along_axes
from gradproof.reference.operations.table import define, derivative, tried


def sums_so_far(x: Array) -> Array:
    """For each place along the last axis the sum of the entries up to it, which are added in any order."""
    count = np.shape(x)[-1]
    return np.stack([in_turn(x[..., : k + 1]) for k in range(count)], axis=-1)


def backwards(x: Array) -> Array:
    """The entries along the last axis in reverse order."""
    return x[..., ::-1]


@along_axes
def cumsum(x: Array, *, axis: int = 0) -> Array:
    """The sum of the entries so far along `axis`."""
    return from_rows(sums_so_far(rows(x, axis)), np.shape(x), axis)


def cumsum_rule(g: Array, y: Array, x: Array, *, axis: int) -> Array:
    """The sum of the cotangents from an entry on."""
    return from_rows(backwards(sums_so_far(backwards(rows(g, axis)))), np.shape(x), axis)


def products_so_far(x: Array) -> list[Array]:
    """For each place along the last axis the product of the entries up to it."""
    found = [x[..., 0]]
    for k in range(1, np.shape(x)[-1]):
        found.append(found[-1] * x[..., k])
    return found


@along_axes
def cumprod(x: Array, *, axis: int = 0) -> Array:
    """The product of the entries so far along `axis`."""
    return from_rows(np.stack(products_so_far(rows(x, axis)), axis=-1), np.shape(x), axis)


def cumprod_rule(g: Array, y: Array, x: Array, *, axis: int) -> Array:
    """Back through one product after another, y_k = y_(k-1) x_k; nothing is divided by an entry, which may be 0.

    h_k = g_k + x_(k+1) h_(k+1) is what comes back to y_k, and x_k gets y_(k-1) h_k.
    """
    g, factors = rows(g, axis), rows(x, axis)
    before, last = products_so_far(factors), np.shape(factors)[-1] - 1
    h = g[..., last]
    found = [h]
    for k in range(last, 0, -1):
        found[-1] = before[k - 1] * h
        h = g[..., k - 1] + factors[..., k] * h
        found.append(h)
    return from_rows(np.stack(found[::-1], axis=-1), np.shape(x), axis)


def by_quotient(g: Array, y: Array, x: Array, *, axis: int) -> Array:
    """The sum of g y from an entry on, divided by it; as before from the first 0 of its row on."""
    reached = from_rows(np.logical_or.accumulate(rows(middle(x) == 0, axis), axis=-1), np.shape(x), axis)
    quotient = cumsum_rule(g * y, y, x, axis=axis) / np.where(reached, 1, x)
    return np.where(reached, cumprod_rule(g, y, x, axis=axis), quotient) if np.any(reached) else quotient


define("cumsum", cumsum,
       cumsum_rule,
       scenarios=(*tried("cumsum(x)", "cumsum(x, axis=-1)", x=(2, 3)), *tried("cumsum(x)", x=(1,))))  # fmt: skip
define("cumprod", cumprod,
       cumprod_rule,
       algorithms={"cumprod': sum(g y) / x": derivative(by_quotient)},
       scenarios=(
           *tried("cumprod(x)", "cumprod(x, axis=-1)", x=(2, 3)),
           *tried("cumprod(x)", x=(1,)),
           *tried("cumprod(x * stack(1, 0, 1, 0, 1))", x=(5,))))  # fmt: skip
