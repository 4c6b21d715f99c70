"""The tolerance of a case: the table first, and whole sampled evaluations where the table alone would flag.

Neither suffices alone: the table takes errors as independent, and draws can all coincide.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradproof.reference.admitted import ALL_DRAWS, FIRST_DRAWS
from gradproof.reference.errors import GradproofError
from gradproof.reference.reading import Reading
from gradproof.reference.readings.balls import MIDDLE, balls, certified
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.case import Case, Gradients
from gradproof.reports.checking.comparison import Comparison, compare

CERTIFIED_ENTRIES = 500_000
"""The largest network (in numbers) whose truth is confirmed in ball arithmetic before anything is flagged."""


def assess(case: Case, got: Gradients) -> dict[str, Comparison]:
    """The gradients `got` beside their expectation, with no more work than the answer needs."""
    for comparisons in stages(case, got):
        if agree(comparisons):
            break
    return comparisons


def stages(case: Case, got: Gradients, sampled: "Sampled | None" = None) -> Iterator[dict[str, Comparison]]:
    """The comparisons of an assessment, each more work than the one before: only what all of them flag is flagged.

    Expectation and tolerance do not depend on `got`. `sampled` holds draws that have been made already.
    """
    table = case.table()
    if not all(np.isfinite(x.value).all() for x in table.values()):
        # The wider dtype is not wide enough: as in log(1 + exp(12000)).
        table = with_certified_truth(case, table)
    yield compare(got, table)
    sampled = sampled or Sampled(case, lambda reading: gradients(case.network, reading))
    for count in (FIRST_DRAWS, ALL_DRAWS):
        yield compare(got, table, sampled.spread(count), count)
    yield compare(got, with_certified_truth(case, table), sampled.spread(ALL_DRAWS), ALL_DRAWS)


def agree(comparisons: Mapping[str, Comparison]) -> bool:
    """Whether nothing is flagged."""
    return all(comparison.agrees for comparison in comparisons.values())


class Sampled:
    """The squared deviations of draws from the truth, added up as more are made.

    `read` evaluates something in a reading and gives carriers by name (or any other key).
    """

    def __init__(self, case: Case, read: Callable[[Reading], Mapping[Any, Any]]) -> None:
        self.case, self.read, self.made = case, read, 0
        self.squares: dict[Any, Any] = {}
        self.spreads: dict[int, dict[Any, Any]] = {}

    def spread(self, count: int) -> dict[Any, Any]:
        """The root mean square deviation over the first `count` draws; infinite where one is not finite.

        More draws are asked for later, not fewer, unless that has been asked before.
        """
        if count in self.spreads:
            return self.spreads[count]
        with np.errstate(all="ignore"):
            for reading in draws(self.case.dtype, self.case.accuracies, count - self.made, self.made):
                for key, x in self.read(reading).items():
                    # A draw that is not finite where the truth is says that an honest program may fail there.
                    square = np.where(x.drawn == x.value, 0, (x.drawn - x.value) ** 2)
                    self.squares[key] = self.squares.get(key, 0) + np.where(np.isnan(square), np.inf, square)
        self.made = count
        self.spreads[count] = {key: np.sqrt(total / count) for key, total in self.squares.items()}
        return self.spreads[count]


def with_certified_truth(case: Case, table: Mapping[str, Rounded]) -> dict[str, Rounded]:
    """The same tolerance around a truth from ball arithmetic, where that is affordable and installed."""
    if sum(int(np.prod(node.shape, dtype=int)) for node in case.network.nodes) > CERTIFIED_ENTRIES:
        return dict(table)

    def sharp(found: Mapping[str, Any]) -> bool:
        return all(told_apart(found[name].value, np.sqrt(x.variance), case).all() for name, x in table.items())

    try:
        exact = certified(lambda: gradients(case.network, balls(case.dtype)), sharp=sharp)
    except GradproofError:
        return dict(table)
    return {name: type(x)(midpoints(exact[name].value, case.dtype), x.variance) for name, x in table.items()}


def told_apart(array: Any, sigma: Any, case: Case) -> Any:
    """Where a ball is so narrow that its midpoint will do for the truth.

    Its radius is at most a rounding of the number itself, of what it may be off by, or of the smallest number that the
    dtype has: a midpoint that is nothing but the middle of a wide ball is no truth.
    """
    info = np.finfo(case.dtype)
    tolerance = case.limit * np.asarray(np.nan_to_num(sigma, posinf=0), float)
    size = np.maximum(np.abs(np.asarray(MIDDLE(array), float)), tolerance)
    radius = np.asarray(np.frompyfunc(lambda ball: float(ball.rad()), 1, 1)(array), float)
    return ~(radius > info.eps / 2 * np.maximum(size, float(info.smallest_subnormal)))


def midpoints(array: Any, dtype: str) -> Any:
    """The midpoints of balls in the dtype that truth is compared in; NaN stays NaN."""
    wide = WIDER[np.dtype(dtype)]
    high = np.asarray(MIDDLE(array), float)
    rest = np.frompyfunc(lambda ball, h: float((ball - h).mid()), 2, 1)(array, high)
    with np.errstate(invalid="ignore"):
        return np.asarray(high, wide) + np.asarray(rest, wide)
