"""The error function, and the normal distribution that gelu is made of (`gradproof.reference.operations.gelu`)."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.operations.kernels import CONSTANTS, Array, Limit, constant, kernel
from gradproof.reference.operations.table import elementwise

C_ERF = np.frompyfunc(math.erf, 1, 1)
C_ERFC = np.frompyfunc(math.erfc, 1, 1)

TWO_OVER_SQRT_PI = 4 * CONSTANTS["sqrt_half"].wide * CONSTANTS["one_over_sqrt_2pi"].wide

SMALL = float(np.finfo(np.float64).eps) ** 0.25
"""Below, two terms of the series of erf give float64: the next is x^4/10 of the first, less than eps/10."""


def slope(x: Array) -> Array:
    """erf'(x) = 2 / sqrt(pi) exp(-x^2), entry by entry (NIST DLMF, eq. 7.10.1)."""
    scale = 2 * constant(x, name="one_over_sqrt_2pi") / constant(x, name="sqrt_half")
    return scale * np.exp(-(x * x))


def quick(x: NDArray[Any]) -> NDArray[Any]:
    """erf in float64: the C library's, which is slow, only where neither the series nor the limit gives 52 bits."""
    result: NDArray[Any] = np.where(np.isnan(x), x, np.copysign(1, x))
    small = np.abs(x) < SMALL
    result[small] = np.float64(TWO_OVER_SQRT_PI) * x[small] * (1 - x[small] ** 2 / 3)
    between = ~small & (np.abs(x) < 6)
    if between.any():
        result[between] = erf(x[between])
    return result


@kernel(slope=slope, ball=lambda ball: ball.erf(), reach=6.0, quick=quick,
        limit=Limit(np.sign, lambda x: np.asarray(C_ERFC(np.abs(x))).astype(x.dtype)))  # fmt: skip
def erf(x: Array) -> Array:
    """The error function: the C library's, and in long double its series of positive terms (NIST DLMF 7.6.2).

    erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!; beyond 7 it is 1 to more than 64 bits.
    """
    x = np.asarray(x)
    if x.dtype != np.longdouble:
        return np.asarray(C_ERF(x)).astype(x.dtype)
    t = np.clip(x.astype(np.longdouble), -7, 7)
    square, total = t * t, np.zeros_like(t)
    for coefficient in reversed(coefficients(np.fmax.reduce(np.abs(t), axis=None, initial=0))):
        total = total * square + coefficient
    return (TWO_OVER_SQRT_PI * np.exp(-square) * (t * total)).astype(x.dtype)


def coefficients(x: np.longdouble) -> list[np.longdouble]:
    """2^n / (2n+1)!!, as many as the series of `erf` takes up to x: the largest argument is the slowest to converge."""
    found = [np.longdouble(1)]
    term = total = np.longdouble(1)
    while term > total * np.finfo(np.longdouble).eps:
        found.append(found[-1] * 2 / (2 * len(found) + 1))
        term = term * (2 * x * x / (2 * len(found) - 1))
        total = total + term
    return found


def quick_complement(x: NDArray[Any]) -> NDArray[Any]:
    """erfc in float64, as `quick` has erf."""
    result: NDArray[Any] = np.where(np.isnan(x), x, np.where(x < 0, 2.0, 0.0))
    small = np.abs(x) < SMALL
    result[small] = 1 - quick(x[small])
    between = ~small & (x > -6) & (x < 28)
    if between.any():
        result[between] = erfc(x[between])
    return result


PI = 4 / TWO_OVER_SQRT_PI**2
DIGITS = -np.log(np.finfo(np.longdouble).eps)
EDGE = np.sqrt(2 * DIGITS)
STEP = PI / EDGE
"""The h of Matta and Reichel: what they leave out is exp(-pi^2 / h^2) of the integral, eps^2; the edge is pi / h."""


@kernel(slope=lambda x: -slope(x), ball=lambda ball: ball.erfc(), reach=27.0, ends=(-7, 11), quick=quick_complement)
def erfc(x: Array) -> Array:
    """1 - erf(x), with all its digits where erf is near 1: the C library's, and in long double an integral summed up.

    erfc(x) = 2 h x exp(-x^2) / pi (1 / (2 x^2) + sum_n exp(-n^2 h^2) / (n^2 h^2 + x^2)) + 2 / (1 - exp(2 pi x / h))
    (Matta and Reichel 1971), the last term up to x = pi / h; below 1, 1 - erf(x) loses three bits at most.
    """
    x = np.asarray(x)
    if x.dtype != np.longdouble:
        return np.asarray(C_ERFC(x)).astype(x.dtype)
    t, h = np.clip(x, 1, 120), STEP  # beyond, exp(-t^2) is 0 in long double, too
    total = 1 / (2 * t * t)
    for n in range(1, int(np.sqrt(DIGITS) / h) + 2):  # until exp(-n^2 h^2) is less than eps
        square = (n * h) ** 2
        total = total + np.exp(-square) / (square + t * t)
    near = t.astype(np.float32).astype(np.longdouble)  # whose square is exact
    density = np.exp(-near * near) * np.exp(-(t - near) * (t + near))
    last = np.where(t < EDGE, 2 / np.expm1(2 * PI * t / h), 0)
    tail = 2 * h * t * density / PI * total - last
    return np.where(np.isnan(x), x, np.where(x < 1, 1 - erf(np.minimum(x, 1)), tail))


# gelu(x) = x (1 + erf(x / sqrt 2)) / 2; near 0 its result has nothing of erf that could be got back.
@kernel(operation="erf", statement="gelu(x)", nearest=0.5, reach=6.0,
        argument=lambda x: x * constant(x, name="sqrt_half"), inside=lambda result, x: result / x * 2 - 1)  # fmt: skip
def erf_in_gelu(x: Array) -> Array:
    """The error function as frameworks compute it inside gelu, which may be less accurate than their erf."""
    return erf(x)


def normal_distribution(x: Array) -> Array:
    """The standard normal distribution function Phi(x) = erfc(-x / sqrt 2) / 2."""
    return erfc(-x * constant(x, name="sqrt_half")) / 2


def by_erf(x: Array) -> Array:
    """Phi(x) = (1 + erf(x / sqrt 2)) / 2, of which nothing is left where x is far below 0."""
    return (1 + erf_in_gelu(x * constant(x, name="sqrt_half"))) / 2


def normal_density(x: Array, scale: float = 2) -> Array:
    """exp(-x^2 / scale) / sqrt(pi scale): the standard normal density for `scale` 2, half of erf' for 1."""
    c = constant(x, name="one_over_sqrt_2pi")
    return np.exp(-np.square(x) / scale) * (c if scale == 2 else c / constant(x, name="sqrt_half"))


def density_of_scaled(x: Array) -> Array:
    """The standard normal density by the derivative of erf at x / sqrt 2."""
    return np.exp(-np.square(x * constant(x, name="sqrt_half"))) * constant(x, name="one_over_sqrt_2pi")


elementwise("erf", lambda x: erf(x),
            lambda g, y, x: g * (normal_density(x, scale=1) * 2), domain=(-3, 3))  # fmt: skip
elementwise("erfc", lambda x: erfc(x),
            lambda g, y, x: -g * (normal_density(x, scale=1) * 2), domain=(-3, 3))  # fmt: skip
