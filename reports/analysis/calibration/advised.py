"""The fixed tolerances to take where `allclose` has to be used: a function of the calibration."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Context
from typing import Any, NamedTuple

import numpy as np

from gradproof.reports.analysis.corpus.histograms import Json


class Pair(NamedTuple):
    """A fixed tolerance, as `allclose` takes it: |got - expected| <= absolute + relative |expected| is to hold."""

    absolute: float
    relative: float


TYPED = Context(prec=2, rounding=ROUND_CEILING)
"""The arithmetic of numbers with two digits, rounded up."""


def advised(result: Json, relatives: Sequence[float]) -> Pair:
    """The tightest pair that raises no false alarm on the corpus, for one row of the calibration.

    Tightest: that with the smallest mean logarithm of what it allows, over the gradient entries other than 0.
    """
    pairs = [Pair(upwards(a), upwards(r)) for a, r in zip(result["absolute"], relatives, strict=True)]
    return min(pairs, key=lambda pair: allowance(pair, result["sizes"]))


def allowance(pair: Pair, sizes: Json) -> float:
    """The mean of log2(absolute + relative |g|) over gradient entries g; `sizes` counts them by their factor of two."""
    counts = np.array(sizes["counts"], float)
    middles = 2.0 ** (sizes["first"] + np.arange(len(counts)) + 0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.average(np.log2(pair.absolute + pair.relative * middles), weights=counts))


def upwards(number: float) -> float:
    """The next number of two digits that is not smaller: what a person would type."""
    return float(TYPED.create_decimal(repr(number)))


def by_group(calibration: Json) -> Mapping[tuple[str, str, str], Pair]:
    """The advised pair by family, framework and dtype, where the gradients are not all 0."""
    return {
        group(row): advised(row, calibration["relative"]) for row in calibration["results"] if row["sizes"]["counts"]
    }


def group(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """The family, framework and dtype that a row of measurements is of: the key of `by_group`."""
    return row["family"], row["framework"], row["dtype"]
