"""Functions that NumPy lacks, or that frameworks ship as one routine: a reading may override each.

A *kernel* is what an accuracy constant attaches to (see `gradproof.adapters`). A carrier (an array-like
that implements a reading, see `gradproof.reference.readings`) overrides a kernel `f` by a method `np_f`; for
plain arrays, and for carriers that do not override it, the definition written here runs.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

Array = Any
"""What an equation computes with: a NumPy array, or a carrier that answers to NumPy's functions."""

C_ERF = np.frompyfunc(math.erf, 1, 1)

CONSTANTS = {
    "sqrt_half": np.longdouble("0.707106781186547524400844362104849039285"),
    "one_over_sqrt_2pi": np.longdouble("0.398942280401432677939946059934381868476"),
}
"""Irrational constants, as wide as NumPy has them; ball arithmetic computes its own."""


def kernel(definition: Callable[..., Array]) -> Callable[..., Array]:
    """Let the first argument, if it is a carrier, replace `definition` by its own method."""
    name = f"np_{definition.__name__}"

    @wraps(definition)
    def dispatch(x: Array, **attributes: Any) -> Array:
        return getattr(type(x), name, definition)(x, **attributes)

    return dispatch


@kernel
def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), arranged so that no exponential overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


@kernel
def softplus(x: Array) -> Array:
    """log(1 + exp(x)), arranged so that no exponential overflows."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@kernel
def erf(x: Array) -> Array:
    """The error function: the C library's, and in long double its series of positive terms (NIST DLMF 7.6.2).

    erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!; beyond 7 it is 1 to more than 64 bits.
    """
    x = np.asarray(x)
    if x.dtype != np.longdouble:
        return np.asarray(C_ERF(x)).astype(x.dtype)
    t = np.clip(x.astype(np.longdouble), -7, 7)
    term = total = t
    double = 2 * t * t
    for n in range(1, erf_terms(np.fmax.reduce(np.abs(t), axis=None, initial=0)) + 1):
        term = term * (double / (2 * n + 1))
        total = total + term
    two_over_sqrt_pi = 4 * CONSTANTS["sqrt_half"] * CONSTANTS["one_over_sqrt_2pi"]
    return (two_over_sqrt_pi * np.exp(-t * t) * total).astype(x.dtype)


@kernel
def erf_in_gelu(x: Array) -> Array:
    """The error function as frameworks compute it inside gelu, which may be less accurate than their erf."""
    return erf(x)


def erf_terms(x: np.longdouble) -> int:
    """How many terms the series of `erf` takes up to x: the largest argument is the slowest to converge."""
    term = total = x
    n = 0
    while term > total * np.finfo(np.longdouble).eps:
        n += 1
        term = term * (2 * x * x / (2 * n + 1))
        total = total + term
    return n


@kernel
def constant(like: Array, *, name: str) -> Array:
    """The irrational constant `name` of `CONSTANTS`, in the number system of `like`; shape ()."""
    return np.asarray(like).dtype.type(CONSTANTS[name])


@kernel
def place(g: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """An array of zeros of `shape` that holds `g` at `key`: the derivative of indexing, transposed."""
    result = np.zeros(shape, np.asarray(g).dtype)
    result[key] = g
    return result


@kernel
def is_largest(x: Array, *, axis: Any) -> Array:
    """A boolean array: where `x` equals its maximum over `axis`."""
    return x == np.max(x, axis=axis, keepdims=True)
