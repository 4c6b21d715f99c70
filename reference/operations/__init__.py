"""The operation table: every operation, its derivative rules beside it.

Importing this package fills `OPERATIONS`; the entries stand in the modules, by family.
"""

from gradproof.reference.operations import (
    activations,
    arithmetic,
    arrays,
    convolution,
    elementary,
    error_function,
    losses,
    normalisation,
    products,
    reductions,
)
from gradproof.reference.operations.kernels import KERNELS
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
    "KERNELS",
    "LEFT",
    "ON_KINK",
    "OPERATIONS",
    "RIGHT",
    "SIDES",
    "Operation",
    "activations",
    "arithmetic",
    "arrays",
    "convolution",
    "elementary",
    "error_function",
    "losses",
    "normalisation",
    "products",
    "reductions",
]
