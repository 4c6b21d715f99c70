"""Normalisation over the last axis by the root of the mean square, which takes no mean off."""

from typing import Annotated

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.normalisation import over_rows
from gradproof.reference.operations.reductions import mean
from gradproof.reference.operations.table import define, tried


def rms_norm(x: Array, gamma: Array = None, *, eps: Annotated[float, AtLeast(0)] = 1e-5) -> Array:
    """x / sqrt(mean(x^2) + eps) * gamma over the last axis (Zhang and Sennrich 2019, eq. 4).

    x has any shape (..., n) but (); gamma, if given, has shape (n,). Raises ValueError for others.
    """
    if np.ndim(x) == 0:
        raise ValueError("a scalar has no axes")
    if gamma is not None and np.shape(gamma) != np.shape(x)[-1:]:
        raise ValueError(f"gamma must have shape {np.shape(x)[-1:]}, one entry for each of the last axis of x")
    n = x * size(x, eps)
    return n if gamma is None else n * gamma


def size(x: Array, eps: float) -> Array:
    """1 / sqrt(mean(x^2) + eps) over the last axis of x (..., n), of shape (..., 1)."""
    return 1 / np.sqrt(mean(np.square(x), axis=-1, keepdims=True) + eps)


def rms_rule(g: Array, y: Array, x: Array, gamma: Array = None, *, eps: float) -> Array:
    """(h - n mean(n h)) / sqrt(mean(x^2) + eps), where n is x normalised and h = g gamma."""
    h, r = g if gamma is None else g * gamma, size(x, eps)
    n = x * r
    return (h - n * mean(h * n, axis=-1, keepdims=True)) * r


define("rms_norm", rms_norm,
       rms_rule,
       lambda g, y, x, gamma, *, eps: over_rows(g * (x * size(x, eps))),
       scenarios=[
           *tried("rms_norm(x)", "rms_norm(x, eps=0.25)", x=(4,)),
           *tried("rms_norm(x, gamma)", "rms_norm(x, gamma, eps=0)", x=(2, 3), gamma=(3,)),
           *tried("rms_norm(x, gamma)", x=(2, 2, 3), gamma=(3,))])  # fmt: skip
