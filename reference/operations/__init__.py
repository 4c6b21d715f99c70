"""The operation table: every operation, its derivative rules beside it.

Importing this package fills `OPERATIONS`; the entries stand in the modules, by family.
"""

from gradproof.reference.operations import (
    activations,
    arithmetic,
    arrays,
    attention,
    channel_norms,
    convolution,
    cumulative,
    elementary,
    error_function,
    gates,
    given_statistics,
    hard_activations,
    losses,
    losses_by_entry,
    more_reductions,
    moving,
    normalisation,
    pooling,
    products,
    reductions,
    regularisation,
    rms_norm,
)
from gradproof.reference.operations.kernels import KERNELS
from gradproof.reference.operations.kinks import AT_KINK, EVEN, FIRST, HIDDEN, LAST, NEITHER, SIDES, Kink
from gradproof.reference.operations.table import OPERATIONS, Operation

__all__ = [
    "AT_KINK",
    "EVEN",
    "FIRST",
    "HIDDEN",
    "KERNELS",
    "LAST",
    "NEITHER",
    "OPERATIONS",
    "SIDES",
    "Kink",
    "Operation",
    "activations",
    "arithmetic",
    "arrays",
    "attention",
    "channel_norms",
    "convolution",
    "cumulative",
    "elementary",
    "error_function",
    "gates",
    "given_statistics",
    "hard_activations",
    "losses",
    "losses_by_entry",
    "more_reductions",
    "moving",
    "normalisation",
    "pooling",
    "products",
    "reductions",
    "regularisation",
    "rms_norm",
]
