"""The right value of a claim's quantity."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from itertools import chain
from typing import Any

import numpy as np

from gradproof.adapters.programs.algorithms import declared
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.admitted import SHARP
from gradproof.reference.errors import GradproofError, Undecided
from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracy
from gradproof.reference.readings.balls import BITS, balls, precision
from gradproof.reference.readings.plain import truth
from gradproof.reference.readings.rounded import Rounded, rounded
from gradproof.reference.sweep import as_written
from gradproof.reports.checking.tolerance.comparison import threshold
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Quantity, Slope
from gradproof.reports.teaching.printed.printed_number import MAX_EXPONENT
from gradproof.reports.teaching.right.fitting import Exact, flat

MANY_STEPS = 500
"""After more steps of training the right values are those of long doubles, neither certified nor excused by rounding:
either would take minutes."""

FEW_STEPS = 20
"""After more steps of training a wrong number is not traced to earlier ones or to mistakes: each costs a training."""

SMALLEST = -4 * MAX_EXPONENT
"""A number below this power of two, 10^-12,000, is none that any document prints: as a fraction it takes more memory
than it says."""


@dataclass(frozen=True)
class Right:
    """The right values of a quantity, row by row, and how far off a program in the claim's dtype may be.

    `values` are its entries, in row-major order, `slack` the absolute error of each that the rounding model admits.
    """

    shape: tuple[int, ...]
    values: tuple[Exact, ...]
    slack: tuple[Fraction, ...]


@cache
def accuracies(dtype: str) -> Mapping[str, Accuracy]:
    """The worst accuracy of each kernel among the frameworks, by its name.

    A document does not say what computed its numbers.
    """
    known = [framework.accuracies.get(dtype, {}) for framework in FRAMEWORKS.values()]
    return {name: Accuracy.worst(k[name] for k in known if name in k) for name in dict.fromkeys(chain(*known))}


def by_framework(network: Network, dtype: str) -> Iterator[Network]:
    """The network with the algorithms of each framework, in turn.

    A document does not say what computed its numbers.
    """
    for framework in FRAMEWORKS.values():
        yield declared(network, framework, framework.default_mode, dtype)


@dataclass(frozen=True, eq=False)
class Asked:
    """A quantity at the numbers of a network, as a program in `dtype` computes it.

    `at` are the inputs that are not the lesson's own, as pairs of name and bytes: two claims at the same numbers have
    the same. With `step` it is a difference quotient, not the derivative. `cache` has the evaluations of the lesson's
    network, for all that is asked of it.
    """

    quantity: Quantity
    network: Network
    dtype: str
    cache: dict[Any, list[Evaluation]]
    at: tuple[tuple[str, bytes], ...] = ()
    step: Fraction | None = None

    def kept(self, kind: str, made: Callable[[], list[Evaluation]]) -> list[Evaluation]:
        """What is `made`, once for all claims at the same numbers; `kind` is the name under which it is kept."""
        if (kind, self.at) not in self.cache:
            self.cache[kind, self.at] = made()
        return self.cache[kind, self.at]

    @property
    def plain(self) -> Evaluation:
        """The network as it is written, read in long doubles: what mistakes are sought in."""
        (found,) = self.kept("plain", lambda: [Evaluation(as_written(self.network), plain_truth())])
        return found

    @cached_property
    def found_plainly(self) -> list[Exact]:
        """The entries of the quantity in `plain`. Raises GradproofError for too many of a derivative."""
        return self.plainly(self.plain)

    @property
    def traceable(self) -> bool:
        """Whether a wrong number can be traced: not if that means to train the network a hundred times."""
        return self.quantity.steps <= FEW_STEPS

    @cached_property
    def right(self) -> Right:
        """What the quantity really is. Its slack is lambda sigma of the rounding model in the claim's dtype.

        Raises GradproofError for a derivative with more entries than are computed.
        """
        dtype = self.dtype
        if self.quantity.steps > MANY_STEPS:
            values = self.found_plainly
            return Right(self.quantity.shape, tuple(values), (Fraction(0),) * len(values))
        limit = threshold(math.prod(self.quantity.shape))
        with np.errstate(all="ignore"):
            carried = [self.computed(evaluation) for evaluation in self.tolerant()]
            sigma = np.sqrt(np.maximum.reduce([np.asarray(each.variance, float) for each in carried]))
        values = [within(dtype, value) for value in self.certified() or flat(carried[0].value)]
        slack = [Fraction(limit * s) if math.isfinite(s) else Fraction(0) for s in np.ravel(sigma).tolist()]
        return Right(self.quantity.shape, tuple(values), tuple(slack))

    def tolerant(self) -> list[Evaluation]:
        """The evaluations that carry errors: by the stable forms first, then by the algorithms of each framework."""
        return self.kept(f"tolerant {self.dtype}", lambda: [*carrying_errors(self.network, self.dtype)])

    def certified(self) -> list[Exact] | None:
        """The right values to hundreds of digits; None where balls do not decide or float64 has no such number.

        They are the entries in row-major order, each the middle of a ball of `BITS` bits.
        """
        dtype = self.dtype
        try:
            with precision(BITS), np.errstate(all="ignore"):
                (evaluation,) = self.kept(f"certified {dtype}", lambda: [Evaluation(self.network, balls(dtype))])
                found = self.computed(evaluation)
        except (GradproofError, Undecided, ArithmeticError, ValueError):
            return None
        entries: list[Any] = list(np.ravel(np.broadcast_to(found.value, self.quantity.shape)))
        if not all(
            ball.is_finite() and narrow(ball) and float(ball.mid()) not in (-math.inf, math.inf) for ball in entries
        ):
            return None
        return [middle(ball) for ball in entries]

    def computed(self, evaluation: Evaluation) -> Any:
        """The value of the quantity in an evaluation; of the difference quotient, if the claim gives a step.

        A difference quotient is (of(to + step) - of(to)) / step, a scalar. Raises TypeError for one of anything but a
        derivative, GradproofError for a derivative with too many entries.
        """
        if self.step is None:
            return evaluation.quantity(self.quantity)
        atom = self.quantity.atom
        if not isinstance(atom, Slope):
            raise TypeError("a difference quotient is that of a derivative")
        step = evaluation.reading.lift(float(self.step))
        moved = dict(evaluation.inputs[0])
        entries = np.zeros(np.shape(moved[atom.to]))
        entries[atom.to_key] = 1
        moved[atom.to] = moved[atom.to] + step * evaluation.reading.lift(entries)
        there = Evaluation(evaluation.network, evaluation.reading, lifted=moved)
        ends = [e.values(0)[self.network.index(atom.of)] for e in (there, evaluation)]
        if atom.of_key:
            ends = [end[atom.of_key] for end in ends]
        return (ends[0] - ends[1]) / step

    def about(self, quantity: Quantity) -> "Asked":
        """The same question about another quantity."""
        return replace(self, quantity=quantity)

    def plainly(self, evaluation: Evaluation) -> list[Exact]:
        """The entries of the quantity in an evaluation by plain arrays, in row-major order.

        Raises GradproofError for a derivative with more entries than are computed.
        """
        with np.errstate(all="ignore"):
            return flat(np.broadcast_to(self.computed(evaluation), self.quantity.shape))


def carrying_errors(network: Network, dtype: str) -> Iterator[Evaluation]:
    """The network by each set of algorithms that its numbers may have come from, read with its rounding errors."""
    done: list[Network] = []
    for each in (network, *by_framework(network, dtype)):
        if each not in done:
            done.append(each)
            reading = rounded(dtype, accuracies(dtype))
            yield Evaluation(each, reading, lifted=uncertain(each, reading))


def uncertain(network: Network, reading: Reading) -> dict[str, Any]:
    """The inputs with the rounding that they had as they were read: 0.1 is no binary number.

    It is that of a number which lies anywhere within one unit roundoff u: variance (u x)^2 / 3, and 0 for integers.
    """
    result = {}
    for name, array in network.inputs.items():
        carried = reading.lift(array)
        if name in network.discrete:
            result[name] = carried
            continue
        whole = array == np.rint(array)
        variance = np.where(whole, 0, (type(carried).unit * carried.value) ** 2 / 3)
        assert isinstance(carried, Rounded)
        result[name] = type(carried)(carried.value, carried.variance + variance)
    return result


def within(dtype: str, value: Exact) -> Exact:
    """The value, or infinity if it is beyond the dtype's range."""
    if isinstance(value, float) or abs(value) <= Fraction(float(np.finfo(dtype).max)):
        return value
    return math.inf if value > 0 else -math.inf


def middle(ball: Any) -> Fraction:
    """The middle of a ball, exactly; 0 where it may be that, or so small that nobody prints it otherwise."""
    if ball.contains(0):
        return Fraction(0)
    mantissa, power = ball.mid().man_exp()
    if int(power) < SMALLEST:
        return Fraction(0)
    return Fraction(int(mantissa)) * Fraction(2) ** int(power)


def narrow(ball: Any) -> bool:
    """Whether a ball says its number sharply: its radius is at most `SHARP` times the larger of 1 and the number."""
    return float(ball.rad()) <= SHARP * max(1.0, abs(float(ball.mid())))


def plain_truth() -> Reading:
    """The reading that alternatives are computed in: long doubles, with inputs rounded to float64."""
    return truth("float64")
