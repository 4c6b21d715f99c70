"""Numbers chosen by a comparison, `where(a > b, u, v)`, and `sign`: there is no slope by what is compared.

Where what is compared is equal, the comparison has an answer of its own, and no choice. A computed number may be on
either side, as at any kink.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.reference.operations.arithmetic import shared
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import EVEN, Kink, against_0, larger
from gradproof.reference.operations.table import elementwise, tried

COMPARISONS: dict[str, tuple[str, Callable[[Array, Array], Any], tuple[bool, bool, bool]]] = {
    "greater": (">", lambda a, b: a > b, (True, False, False)),
    "greater_equal": (">=", lambda a, b: a >= b, (True, False, True)),
    "less": ("<", lambda a, b: a < b, (False, True, False)),
    "less_equal": ("<=", lambda a, b: b >= a, (False, True, True)),
    "equal": ("==", lambda a, b: (a >= b) & (b >= a), (False, False, True)),
    "not_equal": ("!=", lambda a, b: ~((a >= b) & (b >= a)), (True, True, False)),
}
"""By name: the sign, the comparison, and its answers where a is larger, where b is, and where both are equal."""


def chosen(name: str, a: Array, b: Array, u: Array, v: Array, sides: Any) -> Array:
    """u where the comparison `name` of a and b holds, else v.

    With `sides`, in shares what it is where either is larger; even shares are those of equal numbers.
    """
    _, compare, answers = COMPARISONS[name]
    if sides is None:
        return np.where(compare(a, b), u, v)
    s, t = sides[..., 0], sides[..., 1]
    if_larger, if_less, if_equal = (u if answer else v for answer in answers)
    return np.where((s == t) & (s != 0), if_equal, shared(s, if_larger, t, if_less))


def compared(a: Array, b: Array, u: Array, v: Array, **attributes: Any) -> Array:
    """The candidates of a comparison, its two operands, as far as its results reach."""
    shape = np.broadcast_shapes(*map(np.shape, (a, b, u, v)))
    return np.stack([np.broadcast_to(a, shape), np.broadcast_to(b, shape)], axis=-1)


def nothing_of(g: Array) -> Array:
    """0 in every place, in the numbers of the cotangent."""
    return np.where(np.ones(np.shape(g), bool), 0, g)


def choosing(name: str) -> None:
    """Enter the choice by the comparison `name`."""

    def forward(a: Array, b: Array, u: Array, v: Array, *, at_kink: Any = EVEN, sides: Any = None) -> Array:
        return chosen(name, a, b, u, v, sides)

    def none(g: Array, _: Array, *operands: Array, at_kink: str, sides: Any) -> Array:
        return nothing_of(g)

    def first(g: Array, _: Array, a: Array, b: Array, u: Array, v: Array, *, at_kink: str, sides: Any) -> Array:
        return chosen(name, a, b, g, nothing_of(g), sides)

    def second(g: Array, _: Array, a: Array, b: Array, u: Array, v: Array, *, at_kink: str, sides: Any) -> Array:
        return chosen(name, a, b, nothing_of(g), g, sides)

    sign, *_ = COMPARISONS[name]
    text = f"where(a {sign} b, u, v)"
    elementwise(f"where_{name}", forward, none, none, first, second,
                kink=Kink(compared, choices=(EVEN,), has_answer=True), compared=frozenset({0, 1}),
                notation=text, domain=None, scenarios=(
                    *tried(text, a=(2, 3), b=(3,), u=(2, 3), v=(2, 1)),
                    *tried(f"where(x {sign} 0, x, 0.1 * x)", x=(4,))))  # fmt: skip


for _name in COMPARISONS:
    choosing(_name)


def sign(x: Array, *, at_kink: Any = EVEN, sides: Any = None) -> Array:
    """1 where x is above 0, -1 where it is below, 0 where it is 0."""
    one = np.where(np.ones(np.shape(x), bool), 1, x)
    return larger(0, x, -one, one, lambda s, t: (t - s) + 0 * x, at_kink, sides)


elementwise("sign", sign,
            lambda g, y, x, *, at_kink, sides: nothing_of(g),
            kink=Kink(against_0, choices=(EVEN,), has_answer=True), scenarios=tried("x * sign(x)", x=(4,)))  # fmt: skip
