"""How a compiler cuts long sums; nothing is imported that takes time."""

import math
from typing import NamedTuple


class Cuts(NamedTuple):
    """Of how many terms along an axis a compiler makes a sum of its own.

    Sums over arrays of at least `large` entries are a library's, which is not known to cut them where that is None.
    """

    window: int
    library: int | None
    large: int

    def spare(self, shape: tuple[int, ...]) -> bool:
        """Whether no sum over an array of this shape is cut."""
        return max(shape, default=0) <= self.window and math.prod(shape) < self.large
