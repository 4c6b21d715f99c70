"""How far a gradient is from the truth, in units of its own tolerance.

The tolerance of an entry is lambda sigma: sigma from the rounding model, lambda from the number of entries and
the false-alarm probability. z is the error over sigma, so `z <= lambda` reads "agrees".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.admitted import FALSE_ALARM
from gradproof.reference.readings.rounded import Rounded
from gradproof.reports.checking.tolerance.student import quantile


def threshold(entries: int, false_alarm: float = FALSE_ALARM) -> float:
    """lambda = sqrt(2 ln(2 M / p)) for the M `entries` of one result: a Gaussian tail bound over all of them, in sigma.

    p is the probability of a false alarm in any of them.
    """
    return math.sqrt(2 * math.log(2 * max(entries, 1) / false_alarm))


@dataclass(frozen=True)
class Comparison:
    """One parameter's gradient beside its expectation; arrays have the parameter's shape.

    `expected` and `sigma` are in the wider dtype that the tolerance was computed in, `got` is as the framework
    gave it; `limit` is lambda, `draws` how many sampled evaluations the tolerance took. `undecided` is True where there
    is no truth to compare with, `unjudged` where a NaN among the inputs leaves nothing to expect. `truth` says what was
    believed (see `gradproof.reports.checking.tolerance.truth`), `tied` whether there are exact ties that matter.
    `stable` is the sigma that the stable forms would have, None where the declared algorithms are no others.
    """

    got: Any
    expected: Any
    sigma: Any
    limit: float
    draws: int = 0
    undecided: Any = False
    unjudged: Any = False
    truth: str = "wide"
    tied: bool = False
    stable: Any = None

    @cached_property
    def z(self) -> Any:
        """|got - expected| / sigma; infinite where sigma is 0 and the two differ, NaN where one is not finite.

        What is not judged has 0. Only infinities of one sign agree: NaN is nothing to expect, and agrees with nothing.
        """
        got = self.got.astype(self.expected.dtype)
        with np.errstate(all="ignore"):
            error = np.abs(got - self.expected)
            z = np.where(self.sigma > 0, error / self.sigma, np.where(error > 0, np.inf, 0))
            finite = np.isfinite(got) & np.isfinite(self.expected)
            z = np.where(finite, z, np.where(got == self.expected, 0, np.nan))
            return np.where(self.unjudged, 0, z).astype(float)

    @cached_property
    def flagged(self) -> Any:
        """Where the two do not agree: True where z is above lambda or NaN; an array of the parameter's shape."""
        return ~(self.z <= self.limit)

    @cached_property
    def nonfinite(self) -> Any:
        """True where they do not agree because one is NaN, or an infinity that the other is not."""
        return np.isnan(self.z) & ~np.asarray(self.undecided)

    @property
    def resolved(self) -> Any:
        """True where an entry can be measured in sigma: where sigma is neither 0 nor infinite, and z is finite."""
        return (self.sigma > 0) & np.isfinite(self.sigma) & np.isfinite(self.z)

    @property
    def largest(self) -> float:
        """The largest z; infinite if an entry that has to be exact is not, or is not finite."""
        z = np.where(np.isnan(self.z), np.inf, self.z)
        return float(np.max(z))

    @property
    def agrees(self) -> bool:
        """Whether no entry is flagged: every z is at most lambda."""
        return not self.flagged.any()

    @property
    def entries(self) -> int:
        """How many entries were compared, judged or not."""
        return int(np.size(self.expected))

    @cached_property
    def detection_floor(self) -> float | None:
        """The smallest relative change of the gradient that would have been flagged; None if it is all zero."""
        with np.errstate(all="ignore"):
            in_sigma = np.where(self.expected != 0, np.abs(self.expected) / self.sigma, 0)
        best = float(np.max(np.where(np.isfinite(self.expected), in_sigma, 0)))
        if best == 0:
            return None
        return self.limit / best

    @cached_property
    def blind(self) -> int:
        """How many entries have a tolerance at least as large as themselves: agreement there says nothing.

        An entry that must be exactly zero is not blind: anything else would have been flagged. One that is not finite
        is: nothing was compared.
        """
        tolerated = (self.limit * self.sigma >= np.abs(self.expected)) & (self.sigma > 0)
        return int(np.sum((tolerated | ~np.isfinite(self.expected)) & ~np.asarray(self.unjudged)))

    @cached_property
    def lost(self) -> float:
        """How many digits the declared algorithms lose, of what agrees: log10 of the largest error, one decimal.

        In units of what the stable forms would have tolerated; infinite where that is nothing.
        """
        if self.stable is None:
            return 0.0
        with np.errstate(all="ignore"):
            error = np.abs(self.got.astype(self.expected.dtype) - self.expected)
            beyond = np.where(error > 0, error / (self.limit * self.stable), 0)
        largest = float(np.max(np.where(self.flagged | np.isnan(beyond), 0, beyond)))
        return round(max(0.0, math.log10(largest)), 1) if largest > 0 else 0.0

    def smallest_absolute(self, relative: float) -> float:
        """The absolute tolerance that `|got - expected| <= absolute + relative |expected|` needs to hold everywhere."""
        error = np.abs(self.got.astype(self.expected.dtype) - self.expected) - relative * np.abs(self.expected)
        return max(0.0, float(np.max(error)))

    def where(self, verdict: str) -> Any:
        """True at the entries of a verdict: those that agree, are `undecided` or `nonfinite`, or all other flagged."""
        others = self.flagged & ~self.nonfinite & ~np.asarray(self.undecided)
        known = {"agrees": ~self.flagged, "nonfinite": self.nonfinite, "undecided": self.flagged & self.undecided}
        return known.get(verdict, others)

    def worst(self, among: Any) -> tuple[int, ...]:
        """The index of the entry with the largest z among those where the array `among` is True; NaN is largest."""
        z = np.where(among, np.where(np.isnan(self.z), np.inf, self.z), -1.0)
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(z)), z.shape))


Comparisons = Mapping[str, Comparison]
"""By parameter, its comparison; the loss is among them by its name where it was given."""


def compare(
    got: Mapping[str, Any],
    expected: Mapping[str, Rounded],
    spread: Mapping[str, Any] | None = None,
    draws: int = 0,
    unjudged: Mapping[str, Any] = MappingProxyType({}),
    truth: str = "wide",
) -> dict[str, Comparison]:
    """All parameters of one result. `got` maps each to the framework's gradient, of the expected shape.

    `spread` is the root mean square of `draws` sampled evaluations minus the truth, where they were made. An entry
    is flagged where its error exceeds max(lambda sigma_table, t spread), t being Student's quantile: an average of
    few draws may be too small by chance. sigma is that maximum over lambda.

    Where the expectation is NaN there is no truth: a finite number is undecided, all else is not finite. `unjudged` and
    `truth` are those of the comparisons.
    """
    entries = sum(math.prod(x.shape) for x in expected.values())
    limit = threshold(entries)
    few = quantile(FALSE_ALARM / (2 * entries), draws) / limit if draws else 0
    result = {}
    for name, rounded in expected.items():
        array = np.asarray(got[name])
        highest = np.finfo(array.dtype).max
        with np.errstate(all="ignore"):
            value = np.where(np.abs(rounded.value) > highest, np.sign(rounded.value) * np.inf, rounded.value)
            sigma = tabled(rounded.variance)
            if spread is not None:
                sigma = np.maximum(sigma, few * spread[name])
        undecided = np.isnan(value) & np.isfinite(array)
        result[name] = Comparison(array, value, sigma, limit, draws, undecided, unjudged.get(name, False), truth)
    return result


def tabled(variance: Any) -> Any:
    """sigma by the table, entry by entry; infinite where the table has none."""
    return np.sqrt(np.where(np.isnan(variance), np.inf, variance))
