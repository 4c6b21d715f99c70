"""How far apart two arrays are along an axis, and an array made of length 1 there.

Functions and attributes are those of torch.nn.functional, but that norms are of order `ord` along `axis`. A norm below
`eps` is replaced by that, so that nothing is divided by 0. All raise ValueError for an axis that an operand lacks.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from gradproof.reference.admitted import LEAST_NORM, LEAST_NORM_OF_TWO
from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import kept, reduced
from gradproof.reference.operations.elementary import by_side
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.kinks import EVEN, Kink, against_0
from gradproof.reference.operations.more_reductions import known_order, length, norm
from gradproof.reference.operations.table import Rule, define, tried, whole

Length = Callable[[Array, int], Array]
"""The root of the sum of the squares along an axis, which it keeps."""

Epsilon = Annotated[float, AtLeast(0)]


def plain_length(x: Array, axis: int) -> Array:
    """`length` by the squares as they are, which leave the range long before their root does."""
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=True))


def at_least(n: Array, eps: float) -> Array:
    """n, or eps where that is larger."""
    return np.where(middle(n) > eps, n, eps)


def alike(name: str, a: Array, b: Array) -> None:
    """Raise ValueError unless a and b have the same shape."""
    if np.shape(a) != np.shape(b):
        raise ValueError(f"{name} of shapes {np.shape(a)} and {np.shape(b)}, which must be equal")


# x / max(|x|, eps) has the derivative (g - s sum(g y)) / |x| where |x| is above eps, s being the slope of the norm, and
# else g / eps.


def size(x: Array, order: int, axis: int, root: Length, at_kink: Any, sides: Any) -> Array:
    """The norm of order 2, by `root`, or 1 along the axis, which it keeps."""
    if known_order(order) == 1:
        return norm(x, ord=1, axis=axis, keepdims=True, at_kink=at_kink, sides=sides)
    return root(x, axis)


def normalizing(root: Length) -> tuple[Callable[..., Array], Rule]:
    """The forward expression and the rule of `normalize`, its norm of order 2 by `root`."""

    def normalize(
        x: Array,
        *,
        ord: Annotated[int, AtLeast(1)] = 2,
        axis: int = -1,
        eps: Epsilon = LEAST_NORM,
        at_kink: Any = EVEN,
        sides: Any = None,
    ) -> Array:
        """x over its norm of order 2 or 1 along `axis`, or over `eps` where that is larger."""
        reduced(np.shape(x), axis)
        return x / at_least(size(x, ord, axis, root, at_kink, sides), eps)

    def rule(g: Array, y: Array, x: Array, *, ord: int, axis: int, eps: float, at_kink: str, sides: Any) -> Array:
        """(g - s sum(g y)) / |x|, or g / eps: see above."""
        n = size(x, ord, axis, root, at_kink, sides)
        along = np.where(middle(n) > eps, np.sum(g * y, axis=axis, keepdims=True), 0)
        along = np.broadcast_to(along, np.shape(x))
        slope = along * y if ord == 2 else by_side(x, -along, along, along, (-1, 1), at_kink, sides)
        return (g - slope) / at_least(n, eps)

    return normalize, rule


define("normalize", *normalizing(length),
       kink=Kink(against_0, lambda *, ord, **others: (-1, 1) if ord == 1 else (1, 1)),
       algorithms={"normalize: sqrt(sum(x^2))": whole(*normalizing(plain_length))},
       scenarios=(
           *tried("normalize(x)", "normalize(x, axis=0)", "normalize(x, ord=1)", "normalize(x, eps=4)", x=(2, 3)),
           *tried("normalize(x)", x=(4,))))  # fmt: skip


def comparing(root: Length) -> tuple[Callable[..., Array], Rule, Rule]:
    """The forward expression and the rules of `cosine_similarity`, its norms by `root`."""

    def cosine_similarity(a: Array, b: Array, *, axis: int = -1, eps: Epsilon = LEAST_NORM_OF_TWO) -> Array:
        """The sum of a b over the norms of a and of b along `axis`, each at least `eps`."""
        alike("cosine_similarity", a, b)
        reduced(np.shape(a), axis)
        one, two = (x / at_least(root(x, axis), eps) for x in (a, b))
        return np.sum(one * two, axis=axis)

    def rule(operand: int) -> Rule:
        """The rule for a or for b: what the other one's unit vector has beside y times its own, over its norm."""

        def of_operand(g: Array, y: Array, *both: Array, axis: int, eps: float) -> Array:
            g, y = (np.reshape(each, kept(np.shape(both[0]), axis)) for each in (g, y))
            n, m = (root(x, axis) for x in (both[operand], both[1 - operand]))
            unit, to = both[operand] / at_least(n, eps), both[1 - operand] / at_least(m, eps)
            return g * (to - np.where(middle(n) > eps, y * unit, 0)) / at_least(n, eps)

        return of_operand

    return cosine_similarity, rule(0), rule(1)


define("cosine_similarity", *comparing(length),
       algorithms={"cosine_similarity: sqrt(sum(x^2))": whole(*comparing(plain_length))},
       scenarios=(
           *tried("cosine_similarity(a, b)", "cosine_similarity(a, b, axis=0)", "cosine_similarity(a, b, eps=2)",
                  a=(2, 3), b=(2, 3)),
           *tried("cosine_similarity(a, b)", a=(4,), b=(4,))))  # fmt: skip


Apart = Callable[[Array, Array, float], Array]
"""a - b + eps, of a, b and eps."""


def apart(a: Array, b: Array, eps: float) -> Array:
    """a - b + eps, which keeps eps where a and b are close."""
    return a - b + eps


def moved_first(a: Array, b: Array, eps: float) -> Array:
    """The same as (a + eps) - b, of which nothing is left of eps where a is large."""
    return (a + eps) - b


def distance(measured: Length, less: Apart) -> tuple[Callable[..., Array], Rule, Rule]:
    """`pairwise_distance` by ways to compute norms and differences, and its rules."""

    def pairwise_distance(a: Array, b: Array, *, eps: Epsilon = 1e-6, keepdims: bool = False) -> Array:
        """The norm of a - b + eps along the last axis: `eps` is added to each entry, so that a = b has a slope."""
        alike("pairwise_distance", a, b)
        reduced(np.shape(a), -1)
        found = measured(less(a, b, eps), -1)
        return found if keepdims else found[..., 0]

    def rule(sign: int) -> Rule:
        def of_operand(g: Array, y: Array, a: Array, b: Array, *, eps: float, keepdims: bool) -> Array:
            g, y = (each if keepdims else each[..., None] for each in (g, y))
            return sign * g * (less(a, b, eps) / y)

        return of_operand

    return pairwise_distance, rule(1), rule(-1)


define("pairwise_distance", *distance(length, apart),
       algorithms={
           "pairwise_distance: sqrt(sum(x^2))": whole(*distance(plain_length, apart)),
           "pairwise_distance: (a + eps) - b, sqrt(sum(x^2))": whole(*distance(plain_length, moved_first)),
       },
       scenarios=(
           *tried("pairwise_distance(a, b)", "pairwise_distance(a, b, eps=0.25, keepdims=True)", a=(2, 3), b=(2, 3)),
           *tried("pairwise_distance(a, b)", a=(4,), b=(4,))))  # fmt: skip
