"""Mutants: a framework's own gradients with a mistake in them.

A mutant is a framework's gradient plus what the mistake changes, mistaken reference minus right reference, in the
dtype under check: so the framework's own rounding stays in it. Its *effect* is what that really added.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.reference.admitted import OWN_SIGMAS
from gradproof.reference.mistakes import MISTAKES, Variant
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance.comparison import Comparison

Gradients = Mapping[str, Any]

ERRORS = tuple(10.0**-k for k in range(1, 8))
"""The sizes e of scale errors 1 + e."""

PARTS = ("got", "expected", "sigma")


def all_entries(arrays: Gradients) -> Any:
    """All entries of all parameters, flat, one parameter after the other."""
    return np.concatenate([np.ravel(array) for array in arrays.values()])


def joined(comparisons: Mapping[str, Comparison]) -> Comparison:
    """All parameters as one, flat: entries are judged one by one, so nothing changes but the time it takes."""
    got, expected, sigma = (all_entries({n: getattr(c, k) for n, c in comparisons.items()}) for k in PARTS)
    return Comparison(got, expected, sigma, next(iter(comparisons.values())).limit)


def mistaken(network: Network, dtype: str) -> Iterator[tuple[str, Variant, Any]]:
    """Every mistake made at every place: its name, the variant, and what it changes in the gradients, flat."""
    right = all_entries(gradients(network, truth(dtype)))
    for mistake in MISTAKES:
        for variant in mistake.variants(network):
            yield mistake.name, variant, all_entries(gradients(variant.network, truth(dtype))) - right


def scaled(got: Gradients) -> Iterator[tuple[float, str, Any]]:
    """Gradients times 1 + e, of each parameter in turn and of all: e, the parameter or "all", what changes, flat."""
    wide = {name: np.asarray(array, np.longdouble) for name, array in got.items()}
    for e in ERRORS:
        for name in [*wide, "all"] if len(wide) > 1 else ["all"]:
            yield e, name, all_entries({k: e * x if name in (k, "all") else np.zeros_like(x) for k, x in wide.items()})


def mutated(right: Comparison, change: Any) -> Comparison:
    """The comparison of a framework that has the gradients of `right`, and makes the mistake that adds `change`.

    `change` is flat like `right`, or has several mistakes as rows; the sum is rounded to the dtype under check.
    """
    return replace(right, got=(right.got + change).astype(right.got.dtype))


def effect(right: Comparison, wrong: Comparison) -> Any:
    """The size of what the mistake really added to each entry, after rounding; of the shape of `wrong`."""
    return np.abs(wrong.got.astype(np.longdouble) - right.got)


def beyond_doubt(right: Comparison, size: Any) -> Any:
    """True where an effect of this size is over (lambda + OWN_SIGMAS) sigma, or NaN; never where sigma is infinite."""
    return ~(size <= (right.limit + OWN_SIGMAS) * right.sigma) & np.isfinite(right.sigma)


def outcome_of(right: Comparison, change: Any) -> str:
    """What the tolerance makes of a mutant: caught, escaped (it had to be caught), or with too small an effect."""
    wrong = mutated(right, change)
    size = effect(right, wrong)
    if (beyond_doubt(right, size) & ~wrong.flagged).any() or (wrong.flagged & (size == 0)).any():
        return "escaped"
    if not wrong.agrees:
        return "caught"
    if not size.any():
        return "equal"
    return "below the floor" if np.all(size <= right.limit * right.sigma) else "within 5 sigma above"
