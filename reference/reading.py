"""What a reading is: how a number enters the number system in which the equations are then read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import Array


@dataclass(frozen=True)
class Reading:
    """Numbers are first rounded to `dtype`, the dtype under check, and then carried as `carry` makes them.

    `carry` takes a NumPy array of that dtype (any shape) and gives an array-like of the same shape.
    """

    dtype: np.dtype[Any]
    carry: Callable[[np.ndarray[Any, Any]], Array]

    def lift(self, number: Any) -> Array:
        """An input or literal, any shape, rounded to `dtype` and carried in this reading's number system.

        An array of integers or booleans, which are in every number system, is what it is.
        """
        if is_discrete(number):
            return number
        return self.carry(np.asarray(number, dtype=np.float64).astype(self.dtype))

    def round(self, number: float) -> float:
        """A Python number rounded to the dtype under check; every reading takes it as exact."""
        return float(self.dtype.type(number))
