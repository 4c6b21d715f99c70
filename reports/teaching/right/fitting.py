"""How a printed number compares to a right value.

The two meet as exact fractions: nothing is compared in floating point.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.reports.teaching.printed.printed import Number, Printed

Exact = Fraction | float
"""An exact number; a float only where it is not finite."""

HALF_THE_BITS = float(np.sqrt(np.finfo(np.longdouble).epsneg))
"""Two numbers computed in long doubles are one if they agree to half the bits: rounding does not part them before terms
cancel to as little, and two different numbers agree so far by accident less than once in a thousand million times, far
more often than numbers are compared."""


def exact(x: Any) -> Exact:
    """A float of any width as a fraction; itself where it is not finite."""
    return Fraction(*x.as_integer_ratio()) if np.isfinite(x) else float(x)


def as_float(x: Exact) -> float:
    """The nearest float; infinite where a document prints more digits than a float has room for."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def flat(array: Any) -> list[Exact]:
    """The entries of an array of any shape in row-major order, exactly."""
    return [exact(x) for x in np.ravel(array)]


def agree(a: Exact, b: Exact) -> bool:
    """Whether two numbers that long doubles gave are one: equal to a relative error of `HALF_THE_BITS`."""
    if isinstance(a, float) or isinstance(b, float):
        return str(a) == str(b)
    return abs(a - b) <= max(abs(a), abs(b)) * Fraction(HALF_THE_BITS)


def close(a: Any, b: Any, size: Any = None) -> bool:
    """Whether arrays of long doubles are one, for the `size` of their terms (their own, if none is given).

    The three have one shape; `HALF_THE_BITS` is the greatest difference, relative to the size. It is False where an
    entry of `a` or `b` is not finite.
    """
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    size = np.maximum(np.abs(a), np.abs(b)) if size is None else size
    return bool(np.all(np.abs(a - b) <= size * np.longdouble(HALF_THE_BITS)))


def fits(number: Number, value: Exact, slack: Fraction = Fraction(0)) -> bool:
    """Whether a printed number is `value` within half a unit of its last digit, and `slack` more.

    `slack` is absolute. What is not finite fits itself alone.
    """
    if isinstance(number.value, float) or isinstance(value, float):
        return str(number.value) == str(value)
    return abs(number.value - value) <= number.unit / 2 + slack


def one_float(number: Number, value: Exact, dtype: str) -> bool:
    """Whether a printed number and `value` are one number in this dtype: it was printed to all its digits."""
    with np.errstate(all="ignore"):
        said, right = (np.dtype(dtype).type(as_float(x)) for x in (number.value, value))
    return bool(said == right)


def cut_off(number: Number, value: Exact) -> bool:
    """Whether a printed number is `value` with its further digits cut off.

    So it is no farther from 0, and by less than a unit of its last digit nearer.
    """
    if isinstance(number.value, float) or isinstance(value, float) or number.unit == 0:
        return False
    return abs(value) - number.unit < abs(number.value) <= abs(value) and number.value * value >= 0


def aligned(printed: Printed, shape: tuple[int, ...]) -> list[int] | None:
    """For each printed number the entry of the quantity that it stands for; None if the shapes do not fit.

    Entries count from 0 in row-major order, -1 for those that are not printed; `shape` is the quantity's. Axes of
    length 1 may be left out or added, as people do when they copy a row.
    """
    size = math.prod(shape)
    if None in printed.numbers:  # NumPy's dots stand for entries that were left out
        gap = printed.numbers.index(None)
        after = len(printed.numbers) - gap - 1
        one_axis = sum(n != 1 for n in shape) <= 1 and sum(n != 1 for n in printed.shape) <= 1
        if not one_axis or len(printed.numbers) - 1 > size:
            return None
        return [*range(gap), -1, *range(size - after, size)]
    if long_axes(printed.shape) != long_axes(shape):
        return None
    return list(range(size))


def long_axes(shape: Sequence[int]) -> list[int]:
    """A shape without the axes of length 1."""
    return [n for n in shape if n != 1]


@dataclass(frozen=True)
class Placed:
    """Printed numbers, each with the place of the entry that it stands for among those of a quantity.

    `places` count entries from 0 in row-major order. `slack` is, for each entry of the quantity, how far from it a
    program's may be, an absolute error.
    """

    printed: Printed
    places: Sequence[int]
    slack: Sequence[Fraction]

    @property
    def entries(self) -> list[tuple[Number, int]]:
        """Each number that is printed, and the place of its entry, counted from 0 in row-major order."""
        return [(n, k) for n, k in zip(self.printed.numbers, self.places, strict=True) if n is not None]

    def beside(self, values: Sequence[Exact]) -> list[tuple[Number, Exact, Fraction]]:
        """Each printed number, the one of the quantity's `values` that it stands for, and that one's slack.

        `values` are all entries of the quantity, in row-major order.
        """
        return [(number, values[k], self.slack[k]) for number, k in self.entries]

    def matches(self, values: Sequence[Exact]) -> bool:
        """Whether `values` are what was printed, to half a unit of each number's last digit and its slack.

        They are all entries of the quantity; values of another quantity, with more or fewer, match nothing.
        """
        return len(values) == len(self.slack) and all(fits(n, v, slack) for n, v, slack in self.beside(values))

    def cut_off(self, values: Sequence[Exact]) -> bool:
        """Whether `values` are what was printed, or that is cut off from them, number by number."""
        return all(fits(n, v, slack) or cut_off(n, v) for n, v, slack in self.beside(values))

    def between(self, some: Sequence[Exact], others: Sequence[Exact]) -> bool:
        """Whether each printed number lies between its two values, to half a unit of its last digit."""
        for (number, a, _), (_, b, _) in zip(self.beside(some), self.beside(others), strict=True):
            if isinstance(number.value, float) or isinstance(a, float) or isinstance(b, float):
                return False
            if not min(a, b) - number.unit / 2 <= number.value <= max(a, b) + number.unit / 2:
                return False
        return True

    def written(self, values: Sequence[Exact]) -> str:
        """The printed text with `values`, all entries of the quantity, in place of its numbers."""
        return self.printed.written([values[k] for k in self.places])


def text(values: Sequence[Exact], shape: tuple[int, ...]) -> str:
    """Right values for the reader, to float64's own digits: a number, or nested lists for an array of this shape."""
    floats = [as_float(x) for x in values]
    return repr(floats[0]) if shape == () else repr(np.reshape(floats, shape).tolist())
