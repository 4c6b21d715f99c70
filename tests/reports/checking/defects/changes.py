"""What can be wrong with a function, written once for all frameworks.

A `Change` sees the right result and the operands, and gives the wrong one; `Another` stands in the function's place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = Any
"""A framework's tensor."""


@dataclass(frozen=True)
class Seen:
    """What a change sees: `right` is the function's value, or the cotangent of operand `number` of its `operands`.

    `words` is the framework's module with `where`, `abs` and the like; `compiled` says whether a compiled program, or a
    functionally transformed one of PyTorch's, is being made of this call; `memory` is the defect's own from call to
    call.
    """

    right: Array
    operands: Sequence[Array]
    number: int
    words: Any
    compiled: bool
    memory: dict[Any, Array]

    @property
    def operand(self) -> Array:
        """The operand whose cotangent it is; of a value, the operand that decides where it is wrong."""
        return self.operands[self.number]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return tuple(self.right.shape)

    @property
    def dtype(self) -> str:
        """ "float32" or "float64"."""
        return str(getattr(self.right.dtype, "name", self.right.dtype)).removeprefix("torch.")

    def mask(self, places: Any) -> Array:
        """The NumPy array `places` as one of the framework."""
        make = {"torch": "as_tensor", "tensorflow": "constant"}.get(self.words.__name__, "asarray")
        return getattr(self.words, make)(places)


Change = Callable[[Seen], Array]
"""The wrong result for the right one, of its shape and dtype."""


class Another(Protocol):
    """A function in place of the right one."""

    def __call__(self, right: Callable[..., Array], words: Any, /, *arguments: Any, **settings: Any) -> Array:
        """What the other function gives for the arguments of the `right` one."""
        ...


# Everywhere.


def scaled(factor: float) -> Change:
    """A factor too many."""
    return lambda seen: seen.right * factor


def shifted(by: float) -> Change:
    """A number too many."""
    return lambda seen: seen.right + by


def negated(seen: Seen) -> Array:
    """A lost sign."""
    return -seen.right


def zeroed(seen: Seen) -> Array:
    """Detached: nothing comes through."""
    return seen.words.zeros_like(seen.right)


def by_way_of(dtype: str) -> Change:
    """PyTorch's digits of a narrower dtype."""
    return lambda seen: seen.right.to(getattr(seen.words, dtype)).to(seen.right.dtype)


def transposed(seen: Seen) -> Array:
    """A square matrix the wrong way round; anything else stays."""
    square = len(seen.shape) == 2 and seen.shape[0] == seen.shape[1]
    return seen.words.einsum("ij->ji", seen.right) if square else seen.right


def backwards(axis: int) -> Change:
    """The entries along an axis in the wrong order."""
    return lambda seen: seen.words.flip(seen.right, (axis,)) if hasattr(seen.words, "flip") else reverse(seen, axis)


def reverse(seen: Seen, axis: int) -> Array:
    """TensorFlow's word for it."""
    return seen.words.reverse(seen.right, (axis,))


def stale(seen: Seen) -> Array:
    """What the call before gave for the same shape and dtype; a compiled program has no call before."""
    if seen.compiled:
        return seen.right
    key = (seen.number, seen.shape, seen.dtype)
    former = seen.memory.get(key, seen.right)
    seen.memory[key] = seen.right
    return former


def forgotten_mean(seen: Seen) -> Array:
    """A forgotten 1 / n, n being how many numbers the operand has."""
    return seen.right * float(np.prod(tuple(seen.operand.shape)))


def like_sum(seen: Seen) -> Array:
    """The mean of itself in every entry: what a cotangent is where a weighting is forgotten."""
    return seen.words.zeros_like(seen.right) + seen.words.mean(seen.right)


# Somewhere.


def where(condition: Callable[[Seen], Array], change: Change) -> Change:
    """Wrong only where the condition, an array that fits the result, holds."""
    return lambda seen: seen.words.where(condition(seen), change(seen), seen.right)


def at_negative(change: Change) -> Change:
    """Wrong at negative inputs only."""
    return where(lambda seen: seen.operand < 0, change)


def beyond(bound: float, change: Change) -> Change:
    """Wrong only where the input is larger than `bound` in size."""
    return where(lambda seen: seen.words.abs(seen.operand) > bound, change)


def below(bound: float, change: Change) -> Change:
    """Wrong only where the result is smaller than `bound` in size."""
    return where(lambda seen: seen.words.abs(seen.right) < bound, change)


def at_ties(change: Change) -> Change:
    """Wrong only where both operands are equal."""
    return where(lambda seen: seen.operands[0] == seen.operands[1], change)


def in_places(chosen: Callable[[Any], Any], change: Change) -> Change:
    """Wrong only where `chosen` sets the places of a flat NumPy array, given as many as the result has entries."""

    def condition(seen: Seen) -> Array:
        places = np.arange(int(np.prod(seen.shape))).reshape(seen.shape)
        return seen.mask(np.asarray(chosen(places)))

    return where(condition, change)


def one_entry(change: Change) -> Change:
    """Wrong in the last entry only."""
    return in_places(lambda places: places == places.max(), change)


def one_row(change: Change) -> Change:
    """Wrong in the first row only; of a vector, in the first entry."""
    return in_places(lambda places: places < max(1, places.size // (places.shape or (1,))[0]), change)


# Sometimes.


def compiled_only(change: Change) -> Change:
    """Wrong only in a mode that compiles or transforms."""
    return lambda seen: change(seen) if seen.compiled else seen.right


def of_rank(rank: int, change: Change) -> Change:
    """Wrong only for an operand of that rank."""
    return lambda seen: change(seen) if len(seen.operand.shape) == rank else seen.right


def with_a_one(change: Change) -> Change:
    """Wrong only where an axis of the operand has one entry."""
    return lambda seen: change(seen) if 1 in tuple(seen.operand.shape) else seen.right


# Another function.


def instead(name: str) -> Another:
    """Another function of the framework's, called so from its main module, such as "nn.relu6"."""

    def other(right: Callable[..., Array], words: Any, /, *arguments: Any, **settings: Any) -> Array:
        owner = words
        for part in name.split("."):
            owner = getattr(owner, part)
        return owner(*arguments, **settings)

    return other


def times(factor: float) -> Another:
    """The right function with a factor, in value and gradient."""
    return lambda right, words, *arguments, **settings: right(*arguments, **settings) * factor


def of_scaled(factor: float) -> Another:
    """The right function of the first operand times a factor."""
    return lambda right, words, first, *arguments, **settings: right(first * factor, *arguments, **settings)


def with_settings(**settings: Any) -> Another:
    """The right function with other settings than those asked for."""
    return lambda right, words, *arguments, **asked: right(*arguments, **{**asked, **settings})
