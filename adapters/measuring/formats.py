"""The floating-point formats: their numbers, all of them or some, and errors in units in the last place."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Format(NamedTuple):
    """A binary format of IEEE 754's kind: its size, the mantissa bits it stores, its lowest exponent."""

    bits: int
    mantissa: int
    lowest: int

    @property
    def smallest_subnormal(self) -> float:
        """The distance between neighbours next to 0."""
        return float(2.0 ** (self.lowest - self.mantissa))

    @property
    def smallest_normal(self) -> float:
        """Numbers below it in size are subnormal: they have fewer digits."""
        return float(2.0**self.lowest)

    @property
    def largest(self) -> float:
        """The largest finite number of the format."""
        return float((2 - 2.0**-self.mantissa) * 2.0 ** (1 - self.lowest))

    @property
    def overflow(self) -> float:
        """From here on, results round to infinity (in float64 that is no number: infinity itself)."""
        return float((2 - 2.0 ** (-self.mantissa - 1)) * 2.0 ** (1 - self.lowest))


FORMATS = {
    "float16": Format(16, 10, -14),
    "bfloat16": Format(16, 7, -126),
    "float32": Format(32, 23, -126),
    "float64": Format(64, 52, -1022),
}

EXHAUSTIVE = ("float32", "float16", "bfloat16")
"""The dtypes all of whose numbers are tried."""

SPECIAL = ("0", "-0", "inf", "-inf", "nan", "smallest subnormal", "largest subnormal", "largest")
"""Inputs whose results are committed as they are."""


def numbers(dtype: str, start: int, count: int) -> Array:
    """The numbers whose bits, read as an integer, are `start` and the `count - 1` after it.

    float16 and bfloat16 come as the equal float32 numbers.
    """
    bits = np.arange(start, start + count, dtype=np.uint32)
    if dtype == "float16":
        return bits.astype(np.uint16).view(np.float16).astype(np.float32)
    return (bits << np.uint32(16) if dtype == "bfloat16" else bits).view(np.float32)


def special_numbers(dtype: str) -> list[float]:
    """The inputs named in `SPECIAL`, in that order, as numbers of `dtype`."""
    f = FORMATS[dtype]
    named = {
        "smallest subnormal": f.smallest_subnormal,
        "largest subnormal": f.smallest_normal - f.smallest_subnormal,
        "largest": f.largest,
    }
    return [named[name] if name in named else float(name) for name in SPECIAL]


def unit_in_last_place(value: Array, dtype: str) -> Array:
    """The distance between the numbers of `dtype` around `value`, of its shape and dtype; `value` must be normal."""
    _, exponent = np.frexp(value)
    unit: Array = np.ldexp(value.dtype.type(1), exponent - FORMATS[dtype].mantissa - 1)
    return unit


def ulps(got: Array, truth: Array, dtype: str) -> Array:
    """The error of `got`, entry by entry, in units in the last place of `truth`; 0 where that is no normal number."""
    f = FORMATS[dtype]
    counted = (np.abs(truth) >= f.smallest_normal) & (np.abs(truth) <= f.largest)
    unit = unit_in_last_place(np.where(counted, truth, 1), dtype)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(truth.dtype) - truth) / unit
    return np.where(counted, np.where(np.isnan(error), np.inf, error), 0)
