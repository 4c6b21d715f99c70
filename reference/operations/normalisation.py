"""Normalisation over the last axis."""

from typing import Annotated

import numpy as np

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array, constant
from gradproof.reference.operations.reductions import mean, var
from gradproof.reference.operations.table import Algorithm, Scenario, define, tried


def layer_norm(x: Array, gamma: Array = None, beta: Array = None, *, eps: Annotated[float, AtLeast(0)] = 1e-5) -> Array:
    """(x - mean) / sqrt(var + eps) * gamma + beta over the last axis (Ba, Kiros and Hinton 2016, eq. 4).

    x has any shape (..., n) but (); gamma and beta, if given, have shape (n,). Raises ValueError for others. The
    variance is that of n, not n - 1.
    """
    if np.ndim(x) == 0:
        raise ValueError("a scalar has no axes")
    for name, array in (("gamma", gamma), ("beta", beta)):
        if array is not None and np.shape(array) != np.shape(x)[-1:]:
            raise ValueError(f"{name} must have shape {np.shape(x)[-1:]}, one entry for each of the last axis of x")
    return affine(normalised(x, eps), gamma, beta)


def affine(n: Array, gamma: Array, beta: Array) -> Array:
    """n gamma + beta, as far as they are given."""
    y = n if gamma is None else n * gamma
    return y if beta is None else y + beta


def scale(x: Array, eps: float) -> Array:
    """1 / sqrt(var + eps) over the last axis of x (..., n), of shape (..., 1); var is that of n, not n - 1."""
    return 1 / np.sqrt(var(x, axis=-1, keepdims=True) + eps)


def normalised(x: Array, eps: float) -> Array:
    """x with mean 0 and, but for eps, variance 1. The mean is taken off first, while x still has all its digits."""
    return (x - mean(x, axis=-1, keepdims=True)) * scale(x, eps)


def over_rows(g: Array) -> Array:
    """The sum of g (..., n) over all axes but the last: (n,)."""
    return np.sum(g, axis=tuple(range(np.ndim(g) - 1))) if np.ndim(g) > 1 else g


def input_rule(g: Array, y: Array, x: Array, gamma: Array = None, beta: Array = None, *, eps: float) -> Array:
    """(h - mean(h) - n mean(n h)) / sqrt(var + eps), where n is x normalised and h = g gamma.

    Three paths lead back to x, as in batch normalisation (Ioffe and Szegedy 2015, section 3): its own, the mean's, and
    the variance's.
    """
    h = g if gamma is None else g * gamma
    n = normalised(x, eps)
    return (h - mean(h, axis=-1, keepdims=True) - n * mean(h * n, axis=-1, keepdims=True)) * scale(x, eps)


# Multiplied out as x r - mean r, as a fused routine has it, one fused multiplication and addition is left for each
# entry. The two products are rounded where the mean is large beside the deviations, also where it is exact, as in rows
# of one entry. An irrational c stands for r in them, which has an error of its own that both products share: as it is
# the same it moves the small difference only, and to a reading that takes errors as independent it would be two.


def difference(x: Array) -> Array:
    """x - mean(x) as x c - mean(x) c, by c."""
    c = constant(x, name="sqrt_half")
    return (x * c - mean(x, axis=-1, keepdims=True) * c) / c


def multiplied_out(x: Array, eps: float) -> Array:
    """`normalised`, from x r - mean r."""
    return difference(x) * scale(x, eps)


def multiplied_out_input_rule(
    g: Array, y: Array, x: Array, gamma: Array = None, beta: Array = None, *, eps: float
) -> Array:
    """`input_rule` as r h + b x + c, with b and c one number for each row: the sums are of x itself, not of n."""
    h = g if gamma is None else g * gamma
    r, n = scale(x, eps), np.shape(x)[-1]
    total = np.sum(h, axis=-1, keepdims=True)
    b = (total * mean(x, axis=-1, keepdims=True) - np.sum(h * x, axis=-1, keepdims=True)) * r * r * r / n
    return r * h + b * difference(x) - total * r / n


define("layer_norm", layer_norm,
       input_rule,
       lambda g, y, x, gamma, beta=None, *, eps: over_rows(g * normalised(x, eps)),
       lambda g, y, x, gamma, beta, *, eps: over_rows(g),
       algorithms={"layer_norm: multiplied out": Algorithm(
           lambda x, gamma=None, beta=None, *, eps=1e-5: affine(multiplied_out(x, eps), gamma, beta),
           {0: multiplied_out_input_rule,
            1: lambda g, y, x, gamma, beta=None, *, eps: over_rows(g * multiplied_out(x, eps))})},
       scenarios=[
           *(Scenario(f"layer_norm({', '.join(used)}{eps})", {n: x if n == "x" else x[-1:] for n in used})
             for used in (("x",), ("x", "gamma"), ("x", "gamma", "beta"))
             for x in ((4,), (2, 3), (2, 2, 3))
             for eps in ("", ", eps=0.25")),
           *tried("layer_norm(x, eps=0)", "layer_norm(x, x[0])", x=(2, 3)),
       ])  # fmt: skip
