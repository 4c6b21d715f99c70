"""Activations in straight pieces or parabolas: one piece between two bounds, one below them and one above.

At a bound two pieces meet, and the slope that is passed back is a convention: `at_kink` is among that inside, the
first, and that outside. All raise ValueError unless the upper bound is above the lower one.
"""

from dataclasses import replace
from typing import Annotated, Any

from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import FIRST, LAST, Bounds, outside, pieces
from gradproof.reference.operations.table import Algorithm, elementwise, tried


def ordered(lower: float, upper: float) -> tuple[float, float]:
    """The bounds of an activation. Raises ValueError unless the second is above the first."""
    if not lower < upper:
        raise ValueError("the upper bound must be above the lower one")
    return lower, upper


def clipped(x: Array, bounds: tuple[float, float], at_kink: Any, sides: Any) -> Array:
    """x, but the lower bound at least and the upper one at most."""
    return pieces(x, bounds, (x, *bounds), x, at_kink, sides)


def clipped_rule(g: Array, x: Array, bounds: tuple[float, float], at_kink: Any, sides: Any) -> Array:
    """g between the bounds, and else 0."""
    return pieces(x, bounds, (g, 0, 0), 0, at_kink, sides)


def straight(bounds: Bounds) -> Any:
    """The kink of a slope of 1 between bounds."""
    return outside(bounds, lambda **attributes: (1, 0))


elementwise("clip", lambda x, *, lower=0.0, upper=1.0, at_kink=FIRST, sides=None: clipped(
                x, ordered(lower, upper), at_kink, sides),
            lambda g, y, x, *, lower, upper, at_kink, sides: clipped_rule(g, x, (lower, upper), at_kink, sides),
            kink=straight(lambda *, lower, upper: (lower, upper)),
            domain=(-1, 2), scenarios=tried("clip(x, lower=-1.5, upper=0.75)", x=(5,)))  # fmt: skip
elementwise("hardtanh", lambda x, *, min_val=-1.0, max_val=1.0, at_kink=LAST, sides=None: clipped(
                x, ordered(min_val, max_val), at_kink, sides),
            lambda g, y, x, *, min_val, max_val, at_kink, sides: clipped_rule(
                g, x, (min_val, max_val), at_kink, sides),
            kink=straight(lambda *, min_val, max_val: (min_val, max_val)),
            scenarios=tried("hardtanh(x, min_val=-1.5, max_val=0.75)", x=(5,)))  # fmt: skip
# Howard et al. 2017, MobileNets, from where it spread: min(max(x, 0), 6).
elementwise("relu6", lambda x, *, at_kink=LAST, sides=None: clipped(x, (0, 6), at_kink, sides),
            lambda g, y, x, *, at_kink, sides: clipped_rule(g, x, (0, 6), at_kink, sides),
            kink=straight(lambda: (0, 6)), domain=(-4, 10))  # fmt: skip

THREE = (-3, 3)

# relu6(x + 3) / 6, and x times it (Howard et al. 2019, Searching for MobileNetV3, section 5.2).
elementwise("hardsigmoid", lambda x, *, at_kink=LAST, sides=None: pieces(
                x, THREE, ((x + 3) / 6, 0, 1), (x + 3) / 6, at_kink, sides),
            lambda g, y, x, *, at_kink, sides: pieces(x, THREE, (g / 6, 0, 0), 0, at_kink, sides),
            kink=outside(lambda: THREE, lambda: (1 / 6, 0)), domain=(-6, 6))  # fmt: skip


def hardswish_rule(g: Array, x: Array, slope: Array, at_kink: str, sides: Any) -> Array:
    """g times `slope` between -3 and 3, and as x or 0 has it beyond."""
    return pieces(x, THREE, (g * slope, 0, g), 0, at_kink, sides)


# Its slope between is (2 x + 3) / 6: as a sum of two quotients it has no digits left where x is near -3/2.
elementwise("hardswish", lambda x, *, at_kink=LAST, sides=None: pieces(
                x, THREE, (x * (x + 3) / 6, 0, x), x * (x + 3) / 6, at_kink, sides),
            lambda g, y, x, *, at_kink, sides: hardswish_rule(g, x, (2 * x + 3) / 6, at_kink, sides),
            kink=outside(lambda: THREE), domain=(-6, 6),
            algorithms={
                "hardswish: x relu6(x + 3) / 6, x / 3 + 1/2": Algorithm(  # beyond 3 it multiplies by 6 and divides
                    lambda x, *, at_kink=LAST, sides=None: pieces(
                        x, THREE, (x * (x + 3) / 6, 0, x * 6 / 6), x * (x + 3) / 6, at_kink, sides),
                    {0: lambda g, y, x, *, at_kink, sides: hardswish_rule(g, x, x / 3 + 0.5, at_kink, sides)}),
                "hardswish': (x + 3) / 6 + x / 6": Algorithm(rules={
                    0: lambda g, y, x, *, at_kink, sides: hardswish_rule(g, x, (x + 3) / 6 + x / 6, at_kink, sides)}),
            })  # fmt: skip


def softshrink(
    x: Array, *, lambd: Annotated[float, AtLeast(0)] = 0.5, at_kink: Any = FIRST, sides: Any = None
) -> Array:
    """x, nearer to 0 by `lambd`, and 0 where it is within that (Donoho 1995, De-noising by soft-thresholding)."""
    return pieces(x, (-lambd, lambd), (0, x + lambd, x - lambd), 0 * x, at_kink, sides)


elementwise("softshrink", softshrink,
            lambda g, y, x, *, lambd, at_kink, sides: pieces(x, (-lambd, lambd), (0, g, g), 0, at_kink, sides),
            kink=outside(lambda *, lambd: (-lambd, lambd), lambda *, lambd: (0, 1)),
            scenarios=tried("softshrink(x, lambd=0.25)", x=(5,)))  # fmt: skip


def hardshrink_parts(x: Array, inside: Array, outside_: Array, lambd: float, at_kink: Any, sides: Any) -> Array:
    """`inside` within `lambd` of 0, its ends too, and else `outside_`."""
    return pieces(x, (-lambd, lambd), (inside, outside_, outside_), inside, at_kink, sides)


def hardshrink(
    x: Array, *, lambd: Annotated[float, AtLeast(0)] = 0.5, at_kink: Any = FIRST, sides: Any = None
) -> Array:
    """x, and 0 where it is within `lambd` of 0, where it jumps (Donoho and Johnstone 1994, hard thresholding)."""
    return hardshrink_parts(x, 0 * x, x, lambd, at_kink, sides)


elementwise("hardshrink", hardshrink,
            lambda g, y, x, *, lambd, at_kink, sides: hardshrink_parts(x, 0 * g, g, lambd, at_kink, sides),
            kink=replace(outside(lambda *, lambd: (-lambd, lambd)), choices=(FIRST,), has_answer=True),
            scenarios=tried("hardshrink(x, lambd=0.25)", x=(5,)))  # fmt: skip
