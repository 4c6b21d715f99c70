"""The readings that plain NumPy arrays carry: the value, and the truth in a wider dtype."""

from typing import Any

import numpy as np

from gradproof.reference.reading import Reading

WIDER: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.float64): np.dtype(np.longdouble),
}
"""The dtype that truth and tolerance of a dtype are computed in: 29 and (on x86) 11 bits wider."""


def value(dtype: Any) -> Reading:
    """The reading that computes in `dtype` itself, in NumPy's order of operations."""
    return Reading(np.dtype(dtype), lambda array: array)


def wider(dtype: Any) -> Reading:
    """The reading that computes in the next wider dtype, at the numbers rounded to `dtype`."""
    return Reading(np.dtype(dtype), lambda array: array.astype(WIDER[np.dtype(dtype)]))


def truth(dtype: Any) -> Reading:
    """The reading that computes in long double, at the numbers rounded to `dtype`: exact but for its own rounding."""
    return Reading(np.dtype(dtype), lambda array: array.astype(np.longdouble))
