"""The operation table: every operation, its derivative rules beside it.

Importing this package fills `OPERATIONS`; the entries stand in the modules, by family.
"""

from gradproof.reference.operations import (
    arithmetic,
    arrays,
    convolution,
    elementary,
    losses,
    normalisation,
    products,
    reductions,
)
from gradproof.reference.operations.table import (
    AT_KINK,
    HIDDEN,
    LEFT,
    ON_KINK,
    OPERATIONS,
    RIGHT,
    SIDES,
    Operation,
)

__all__ = [
    "AT_KINK",
    "HIDDEN",
    "LEFT",
    "ON_KINK",
    "OPERATIONS",
    "RIGHT",
    "SIDES",
    "Operation",
    "arithmetic",
    "arrays",
    "convolution",
    "elementary",
    "losses",
    "normalisation",
    "products",
    "reductions",
]
