"""The quantile of Student's t distribution, far out in the tail."""

import math
import sys
from functools import cache


def tail(t: float, freedom: int) -> float:
    """P(T > t) for t > 0, K degrees of `freedom`: half the regularized incomplete beta function at K / (K + t^2).

    By its series of positive terms (NIST DLMF 8.17.7), so that it keeps its relative accuracy however small.
    """
    x = freedom / (freedom + t * t)
    a = freedom / 2
    term = math.exp(a * math.log(x) + math.lgamma(a + 0.5) - math.lgamma(a) - math.lgamma(0.5))
    total, k = term / a, 0
    while term > total * sys.float_info.epsilon / 2:
        k += 1
        term *= x * (k - 0.5) / k
        total += term / (a + k)
    return total / 2


@cache
def quantile(probability: float, freedom: int) -> float:
    """The t that T exceeds with this probability, below 1/2, by bisection to the last bit."""
    low, high = 0.0, 1.0
    while tail(high, freedom) > probability:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if tail(middle, freedom) > probability else (low, middle)
    return high
