"""Kinks and ties: where an operation takes the largest of several candidates, and how it shares its slope among equals.

A rectifier compares its operand to 0, `maximum` two operands, a reduction all entries along an axis. Where two are
equal the function has no derivative, and a framework's share is a convention. An operation's entry says what the
candidates are; all else about ties stands here, for all operations alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.reference.operations.kernels import Array

AT_KINK = "at_kink"
"""The attribute that says how a kinked operation shares its slope among candidates that tie: one of `CHOICES`."""

SIDES = "sides"
"""The attribute that says what share each candidate gets, whatever the numbers are; None as the numbers are."""

HIDDEN = frozenset({AT_KINK, SIDES})
"""Attributes that no statement sets and no framework is told: the reference reads a result under them."""

FIRST, LAST, EVEN, NEITHER = "the first", "the last", "an even share", "0"

CHOICES = (EVEN, FIRST, LAST, NEITHER)
"""How candidates that tie may share a slope: evenly, the first or the last takes it all, or none gets anything."""


Bounds = Callable[..., tuple[float, float]]
"""(**attributes) -> the two numbers at which an operation has kinks, the lower one first."""


@dataclass(frozen=True)
class Kink:
    """What a kinked operation takes the largest of.

    `selects(*operands, **attributes)` are its candidates, along a last axis that they have besides those of the result
    (less those that are kept at length 1): entries of operands, or constants; nothing is computed of them, so that what
    it makes of labels says where they come from. Each is compared times its sign of `signs`, one for all or several in
    turn, and plus its own of `offsets(**attributes)`, if there are any: what is compared is linear in the entries.

    `choices` are those of `CHOICES` that a framework may take where they tie. `slopes(**attributes)` are those that the
    first two candidates of a rectifier stand for, at its kinks; None, or what they give, where each candidate is an
    operand's own entry, or slopes differ from kink to kink. `at(**attributes)` are numbers of an elementwise
    operation's operands at which its candidates tie. Where that is not one number for all operands,
    `meets(*operands, **attributes)` gives them: it is given zeros, and integers or booleans as they are. Where
    `is_computed`, candidates are no entries, but numbers that are computed of them. One that `has_answer` is no kink
    where its candidates are equal: its value there is part of the function.
    """

    selects: Callable[..., Array]
    slopes: Callable[..., tuple[float, float] | None] | None = None
    choices: tuple[str, ...] = CHOICES
    signs: int | tuple[int, ...] | Callable[..., tuple[int, ...]] = 1
    offsets: Callable[..., tuple[float, ...]] | None = None
    at: Callable[..., float | tuple[float, ...]] = lambda **attributes: 0.0
    meets: Callable[..., tuple[Array, ...]] | None = None
    is_computed: bool = False
    has_answer: bool = False

    def candidates(self, *operands: Array, **attributes: Any) -> Array:
        """The numbers that are compared, along a last axis."""
        found = self.selects(*operands, **attributes)
        found = found if self.signs == 1 else found * self.signs_of(np.shape(found)[-1], **attributes)
        return found if self.offsets is None else found + np.array(self.offsets(**attributes))

    def signs_of(self, count: int, **attributes: Any) -> Any:
        """By what each of `count` candidates is multiplied when they are compared: 1 or -1."""
        return np.resize(self.signs(**attributes) if callable(self.signs) else self.signs, count)

    def slopes_of(self, **attributes: Any) -> tuple[float, float] | None:
        """The slopes that the first two candidates stand for, if they are known."""
        return self.slopes(**attributes) if self.slopes else None

    def shared(self, tied: Any, choice: str, **attributes: Any) -> Any:
        """What each of the `tied` candidates of every result gets under a choice, as `shares`."""
        return shares(tied, choice)

    def is_smooth(self, **attributes: Any) -> bool:
        """Whether there is no kink for these attributes: a rectifier with the same slope on both sides."""
        slopes = self.slopes_of(**attributes)
        return slopes is not None and len(set(slopes)) == 1

    def said(self, choice: str, **attributes: Any) -> str:
        """What is taken at a tie under a choice: a slope, or which of the candidates."""
        slopes = self.slopes_of(**attributes)
        if slopes is None:
            return choice
        mixed = zip(shares(np.ones(2, bool), choice), slopes, strict=True)
        return f"slope {float(sum(share * slope for share, slope in mixed)):g}"


def against_0(x: Array, **attributes: Any) -> Array:
    """The candidates of a rectifier: 0, whose side is the left one, and its operand."""
    return np.stack([np.zeros(np.shape(x)), x], axis=-1)


def either(a: Array, b: Array, **attributes: Any) -> Array:
    """The candidates of `maximum`: its two operands."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    return np.stack([np.broadcast_to(a, shape), np.broadcast_to(b, shape)], axis=-1)


def outside(bounds: Bounds, slopes: Callable[..., tuple[float, float]] | None = None) -> Kink:
    """The kink of an operation with a piece between two bounds, one below and one above, as `pieces` has them.

    Those outside tie with that inside at their bounds, each less its bound being compared to 0. `slopes` are those
    inside and outside.
    """

    def offsets(**attributes: Any) -> tuple[float, ...]:
        lower, upper = bounds(**attributes)
        return 0, lower, -upper

    def selects(x: Array, **attributes: Any) -> Array:
        return np.stack([np.zeros(np.shape(x)), x, x], axis=-1)

    return Kink(selects, slopes, signs=(1, -1, 1), offsets=offsets, at=bounds)


def pieces(
    x: Array, bounds: tuple[float, float], parts: tuple[Array, Array, Array], neither: Array, at_kink: str, sides: Any
) -> Array:
    """The first of `parts` where x lies between the bounds, the second below and the third above.

    Two that meet are shared at a bound; `neither` is taken where nothing has a share. For `at_kink` and `sides` see
    `larger`. NaN lies between.
    """
    (lower, upper), (inside, below, above) = bounds, parts
    if sides is not None:
        shared = [np.where(sides[..., k] == 0, 0, sides[..., k] * part) for k, part in enumerate(parts)]
        return np.where(np.sum(sides, axis=-1) == 0, neither, shared[0] + shared[1] + shared[2])
    less, more = x < lower, x > upper
    result = np.where(less, below, np.where(more, above, inside))
    s, t = (float(share) for share in shares(np.ones(2, bool), at_kink))
    for bound, beyond in ((lower, below), (upper, above)):
        tied = (x >= bound) & ~(x > bound)
        if np.any(tied):
            result = np.where(tied, neither if s + t == 0 else s * inside + t * beyond, result)
    return result


def largest(compared: Any) -> Any:
    """Which of the numbers that are compared are the largest, along the last axis: booleans of the same shape."""
    return compared == np.max(compared, axis=-1, keepdims=True)


def taken(tied: Any, choice: str) -> Any:
    """Which of the `tied` candidates, True along the last axis, share the slope evenly: booleans of the same shape."""
    if choice == EVEN:
        return tied
    if choice == NEITHER:
        return tied & (np.sum(tied, axis=-1, keepdims=True) == 1)
    places = np.arange(tied.shape[-1])
    last = tied.shape[-1] - 1 - np.argmax(tied[..., ::-1], axis=-1)
    one = np.argmax(tied, axis=-1) if choice == FIRST else last
    return tied & (places == np.expand_dims(one, -1))


def shares(tied: Any, choice: str) -> Any:
    """What each of the `tied` candidates gets under a choice: long double, along the last axis 1 in all, or 0."""
    among = taken(tied, choice)
    return among / np.maximum(np.sum(among, axis=-1, keepdims=True), 1).astype(np.longdouble)


def larger(
    a: Array, b: Array, first: Array, second: Array, tied: Callable[[Any, Any], Array], at_kink: str, sides: Any
) -> Array:
    """`first` where a > b, `second` where a < b; `tied(s, t)` where they are equal and get the shares s and t.

    `sides` are shares to take in place of those that the numbers have.
    """
    if sides is None:
        less, greater = a < b, a > b
        s, t = (float(share) for share in shares(np.ones(2, bool), at_kink))
    else:
        s, t = sides[..., 0], sides[..., 1]
        less, greater = (s == 0) & (t == 1), (s == 1) & (t == 0)
    result = np.where(less, second, first)
    neither = ~(less | greater)
    return np.where(neither, tied(s, t), result) if np.any(neither) else result


def portion(share: Any, x: Array) -> Array:
    """`share` times x, 0 where it is 0: a quotient where it is one of equal parts, since no dtype holds a third."""
    parts = np.maximum(np.rint(1 / np.where(share == 0, 1, share)), 1)
    return np.where(share == 0, 0, np.where(1 / parts == share, x / parts, share * x))
