"""Counts that add up: what one unit of work leaves of millions of entries."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

Json = dict[str, Any]

BINS = 16
"""Bins of a factor of two: 4.4 % wide."""

REACH = 12
"""Bins go from 2^-REACH to 2^REACH; what lies outside is counted in those at the ends."""


def binned(values: Any, bins: int = BINS, reach: int = REACH) -> Json:
    """The histogram of positive `values`: {"first": the number of the first bin, "counts": how many lie in each}.

    There are `bins` for each factor of two, of which bin 0 begins at 1. What lies beyond 2^-reach or 2^reach is counted
    at the ends.
    """
    numbers = np.floor(np.log2(values) * bins).clip(-reach * bins, reach * bins).astype(int).ravel()
    if not numbers.size:
        return {"first": 0, "counts": []}
    first = int(numbers.min())
    return {"first": first, "counts": np.bincount(numbers - first).tolist()}


def added(histograms: Iterable[Json]) -> Json:
    """One histogram of the values of all, which have the same bins."""
    total: Counter[int] = Counter()
    for histogram in histograms:
        total.update(dict(enumerate(histogram["counts"], histogram["first"])))
    if not total:
        return {"first": 0, "counts": []}
    first = min(total)
    return {"first": first, "counts": [total[i] for i in range(first, max(total) + 1)]}


def edge(bin: float) -> float:
    """The value at which bin number `bin` begins: 2^(bin / BINS); a fraction lies within a bin."""
    return float(2 ** (bin / BINS))


def quantile(histogram: Json, share: float, zeros: int = 0) -> float | None:
    """The value that a `share`, 0 to 1, of all exceed, as if they lay evenly in their bin; `zeros` more values are 0.

    None where fewer values than one would exceed it.
    """
    counts = histogram["counts"]
    exceeding = share * (sum(counts) + zeros)
    if exceeding < 1:
        return None
    above = 0
    for i in reversed(range(len(counts))):
        if counts[i] and above + counts[i] >= exceeding:
            return edge(histogram["first"] + i + 1 - (exceeding - above) / counts[i])
        above += counts[i]
    return 0.0


def independent(share: float) -> float:
    """The z that a `share` of entries exceed if each is the sum of many independent errors: |N(0, 1)|'s quantile."""
    low, high = 0.0, 40.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) > share else (low, middle)
    return low
