"""Where random choices come from: `Draw` is what the builder asks, `Seeded` answers from a seed."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Numbers = NDArray[np.float64]

STEPS = 21
"""`Draw.numbers` gives odd multiples of 2^-STEPS, so that sums and products of two stay exact in float64."""


class Draw(Protocol):
    """What the builder asks. Options and bounds come simplest first, which is where Hypothesis shrinks to."""

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        ...

    def choose(self, options: Sequence[T]) -> T:
        """One element of `options`, which has at least one; the first is the simplest."""
        ...

    def numbers(self, shape: tuple[int, ...]) -> Numbers:
        """An array of `shape` with numbers between -1 and 1, both excluded, that `odd_multiples` makes."""
        ...


class Seeded:
    """Choices from the raw bits of PCG64, whose stream NumPy guarantees (its distributions it does not)."""

    def __init__(self, *seed: int) -> None:
        self.bits = np.random.PCG64(np.random.SeedSequence(seed))

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included (the bias of the remainder is below 2^-50)."""
        return low + int(self.bits.random_raw() % (high - low + 1))

    def choose(self, options: Sequence[T]) -> T:
        """One element of `options`, each as likely as another but for the bias of `integer`."""
        return options[self.integer(0, len(options) - 1)]

    def numbers(self, shape: tuple[int, ...]) -> Numbers:
        """An array of `shape` with numbers between -1 and 1, from the highest bits of the stream (`odd_multiples`)."""
        raw = np.asarray(self.bits.random_raw(int(np.prod(shape, dtype=int))), dtype=np.uint64)
        return odd_multiples(raw >> np.uint64(64 - STEPS)).reshape(shape)


def odd_multiples(steps: NDArray[np.integer]) -> Numbers:
    """(2 s + 1) / 2^STEPS - 1 for 0 <= s < 2^STEPS: between -1 and 1, symmetric, never 0, exact in float32."""
    return np.asarray((2 * steps.astype(np.float64) + 1) * 2.0**-STEPS - 1)


def size(draw: Draw, low: int, high: int) -> int:
    """A whole number from low to high, both included, such as a width; small ones come more often."""
    return draw.integer(low, min(high, max(low, draw.choose((4, 16, high)))))


def chance(draw: Draw, one_in: int) -> bool:
    """True in one case of `one_in`."""
    return draw.integer(1, one_in) == one_in
