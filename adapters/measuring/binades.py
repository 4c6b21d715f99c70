"""Errors by binade of the input: its sign and binary exponent. And how close to its limit a function is given as that.

What the rounding model needs to know beside the largest error of all: the worst inputs of a kernel are few, and mostly
far from where networks are.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.measuring.formats import FORMATS
from gradproof.adapters.measuring.tally import errors, suspects
from gradproof.reference.admitted import HALF_ULP
from gradproof.reference.operations import KERNELS
from gradproof.reference.readings.accuracy import ZERO

Array = NDArray[Any]
Data = dict[str, Any]

EXPONENTS = range(-15, 9)
"""Exponents of the inputs that are told apart, 2^-15 <= |x| < 2^9; in float32 they are three blocks of each sign."""

KEYS = (*(f"{sign}2^{exponent}" for sign in "+-" for exponent in EXPONENTS), ZERO)
"""The keys of the binades: "+2^3" for 8 <= x < 16, and "0"."""

PROBES = [0.0, *(sign * 2.0**exponent for exponent in range(EXPONENTS.stop, 127) for sign in (1, -1))]
"""Inputs beyond these binades: 0, which many kernels see most, and large ones, where a function is at its limit."""


class Binades:
    """The largest error for each binade of the input, in one dtype on one path.

    `limit` is the exponent of the distance from the limit of a bounded function from which on it was given: less than
    2^limit. None if no input was that close.
    """

    def __init__(self, kernel: str, dtype: str) -> None:
        self.kernel, self.dtype = kernel, dtype
        self.worst: dict[str, float] = {}
        self.limit: int | None = None

    @property
    def data(self) -> Data:
        """What is known so far, as JSON can hold it: `binades`, the largest error in ulp by key, and `limit`."""
        return {"binades": self.worst, "limit": self.limit}

    def screen(self, x: Array, got: Array, truth: Array, near: Array) -> None:
        """Add results whose inputs are of one binade, and whose truth, which `near` is in float32, is normal."""
        (place,) = places(x[:1])
        if place >= 0:
            known = self.worst.setdefault(KEYS[place], HALF_ULP)
            chosen = suspects(got, near, known) & np.isfinite(got)
            worst = np.max(errors(got[chosen], truth[chosen], self.dtype), initial=known)
            self.worst[KEYS[place]] = float(worst)
        self.approach(x, got, truth, near)

    def add(self, x: Array, got: Array, truth: Array, near: Array | None = None) -> None:
        """Add results of any kind; those that are not finite count elsewhere, as unexpected."""
        size, place = np.abs(truth), places(x)
        known = (size >= FORMATS[self.dtype].smallest_normal) & (size <= FORMATS[self.dtype].largest)
        known &= np.isfinite(got) & (place >= 0)
        worst = np.zeros(len(KEYS))
        np.maximum.at(worst, place[known], np.maximum(errors(got[known], truth[known], self.dtype), HALF_ULP))
        for i in np.flatnonzero(worst):
            self.worst[KEYS[i]] = max(float(worst[i]), self.worst.get(KEYS[i], HALF_ULP))
        self.approach(x, got, truth, truth.astype(self.dtype) if near is None else near)

    def approach(self, x: Array, got: Array, truth: Array, near: Array) -> None:
        """Lower `limit` below the distances at which a result is something else than the limit of the function."""
        limit = KERNELS[self.kernel].limit if self.kernel in KERNELS else None
        if limit is None:
            return
        value, distance = limit
        here = near == value(x)
        if here.any():
            highest = -FORMATS[self.dtype].mantissa - 2  # half of the distance to the next number below 1
            self.limit = highest if self.limit is None else self.limit
            off = here & (got != near)
            if off.any():
                closest = np.min(distance(x[off].astype(truth.dtype)))
                _, exponent = np.frexp(np.maximum(closest, np.finfo(truth.dtype).smallest_subnormal))
                self.limit = min(self.limit, int(exponent) - 1)


def places(x: Array) -> Array:
    """The place of each number's binade among `KEYS`, -1 for a number that is in none."""
    _, exponent = np.frexp(x)
    k = exponent - 1 - EXPONENTS.start
    place = np.where((k >= 0) & (k < len(EXPONENTS)), k + len(EXPONENTS) * (x < 0), -1)
    result: Array = np.where(x == 0, KEYS.index(ZERO), np.where(np.isfinite(x), place, -1))
    return result


def sample(random: np.random.Generator, count: int, dtype: str) -> Array:
    """`count` numbers of each binade but that of 0, as one array of shape (binades * count,), binade by binade."""
    lowest = [sign * 2.0**exponent for sign in (1, -1) for exponent in EXPONENTS]
    return np.ravel(np.array(lowest)[:, None] * random.uniform(1, 2, (len(lowest), count))).astype(dtype)


def merged(tables: Iterable[Mapping[str, Any]]) -> Data:
    """One table of those that parts of a work gave: the worst of each binade, the limit that held everywhere."""
    tables = list(tables)
    worst: dict[str, float] = {}
    for table in tables:
        for key, error in table["binades"].items():
            worst[key] = max(error, worst.get(key, HALF_ULP))
    limits = [table["limit"] for table in tables if table["limit"] is not None]
    return {"binades": worst, "limit": min(limits, default=None)}
