"""Changes of a gradient that are for mutation tests only: they would explain any number."""

from collections.abc import Callable

import numpy as np

from gradproof.reference.mistakes.slips import on_gradients
from gradproof.reference.mistakes.variant import Mistake, either
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.losses import entries


def times(factor: float) -> Callable[[Array], Array]:
    """A change of gradients: all entries times `factor`."""
    return lambda g: g * factor


def entry_times(factor: float) -> Callable[[Array], Array]:
    """A change of gradients: the last entry times `factor`."""

    def change(g: Array) -> Array:
        entry = np.reshape(np.arange(entries(g)), np.shape(g))
        return np.where(entry == entries(g) - 1, g * factor, g)

    return change


def ends_swapped(g: Array) -> Array:
    """The gradient with its first and its last entry in each other's place."""
    order = np.arange(entries(g))
    order[[0, -1]] = order[[-1, 0]]
    return np.reshape(np.reshape(g, (-1,))[order], np.shape(g))


def several(shape: tuple[int, ...]) -> bool:
    """Whether a shape has more than one entry."""
    return any(n > 1 for n in shape)


MISTAKES = (
    Mistake(
        "relative error",
        "The gradient is off by a small factor.",
        either(*(on_gradients(times(1 + 2.0**-e)) for e in (3, 8, 13, 18, 23, 28, 38, 48))),
        planted=True,
    ),
    Mistake(
        "one entry wrong",
        "One entry is wrong.",
        either(*(on_gradients(entry_times(factor)) for factor in (0.5, -1, 1 + 2.0**-10))),
        planted=True,
    ),
    Mistake(
        "two entries swapped",
        "Two entries are in each other's place.",
        on_gradients(ends_swapped, several),
        planted=True,
    ),
)
