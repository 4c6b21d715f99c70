"""Losses of how far apart embeddings of samples are; the last axis holds the features.

The equations are those of the documentation of torch.nn.functional, under each name. `reduction` is over samples. Where
a loss begins there is a kink between numbers that are computed of the operands.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.reference.operations.attributes import Indices
from gradproof.reference.operations.distances import Apart, Epsilon, alike, apart, moved_first
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import FIRST, Kink
from gradproof.reference.operations.losses_by_entry import SETTINGS, Reduction, above_0, divisor
from gradproof.reference.operations.margins import losing, missing
from gradproof.reference.operations.more_reductions import length
from gradproof.reference.operations.table import Rule, Scenario, define, whole

# cosine_embedding_loss: 1 - cos where t = 1, and max(0, cos - margin) where t = -1, with the cosine of the angle
# between a and b, to whose squared lengths a number is added.

ADDED = 1e-12
"""What is added to squared lengths: EPSILON of aten/src/ATen/native/Loss.cpp."""


def lengthened(x: Array) -> Array:
    """The length of x along the last axis, which it keeps, a little longer so that it is not 0."""
    return np.sqrt(np.sum(np.square(x), axis=-1, keepdims=True) + ADDED)


def cosine(a: Array, b: Array) -> Array:
    """The cosine of the angle between a and b, by sample."""
    return np.sum(a / lengthened(a) * (b / lengthened(b)), axis=-1)


def cosine_candidates(a: Array, b: Array, t: Indices, **attributes: Any) -> Array:
    """The cosine, where it is to be small, and 0, which `margin` is added to."""
    return np.stack([np.where(t == -1, cosine(a, b), -np.inf), np.zeros(np.shape(t))], axis=-1)


def cosine_embedding(
    a: Array,
    b: Array,
    t: Indices,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
    at_kink: Any = FIRST,
    sides: Any = None,
) -> Array:
    """1 - cos where t is 1, and max(0, cos - margin) where it is -1; a and b are (*S, d), t is (*S).

    Raises ValueError for other shapes, labels beyond -1 and 1, and a reduction that there is not.
    """
    alike("cosine_embedding_loss", a, b)
    if np.ndim(a) == 0 or np.shape(t) != np.shape(a)[:-1]:
        raise ValueError(f"labels of shape {np.shape(t)} are none for samples of shape {np.shape(a)}")
    if np.any(np.abs(t) > 1):
        raise ValueError("labels of cosine_embedding_loss are 1 or -1")
    cos = cosine(a, b)
    above = missing(cos, margin, cos - margin, at_kink, sides)
    lost = np.where(t == 1, 1 - cos, np.where(t == -1, above, 0))
    return np.sum(lost) / divisor(cos, reduction)


def cosine_embedding_rule(operand: int) -> Rule:
    """The rule for a or for b: that of the cosine, as in `cosine_similarity`, with the slope of what is lost by it."""

    def rule(
        g: Array, y: Array, a: Array, b: Array, t: Indices, *,
        margin: float, reduction: str, at_kink: str, sides: Any,
    ) -> Array:  # fmt: skip
        cos = cosine(a, b)
        h = np.broadcast_to(g / divisor(cos, reduction), np.shape(t))
        slope = np.where(t == 1, -h, np.where(t == -1, missing(cos, margin, h, at_kink, sides), 0))
        own, to = ((a, b), (b, a))[operand]
        n = lengthened(own)
        return slope[..., None] * (to / lengthened(to) - cos[..., None] * (own / n)) / n

    return rule


def at_right_angles(a: Array, b: Array, t: Indices, **attributes: Any) -> tuple[Array, Array, Array]:
    """Operands whose cosine is 0, made from zeros of their shapes; the labels stay as they are."""
    first = np.arange(np.shape(a)[-1]) == 0
    return a + first, b + 1 - first, t


define("cosine_embedding_loss", cosine_embedding,
       cosine_embedding_rule(0),
       cosine_embedding_rule(1),
       kink=Kink(cosine_candidates, losing, offsets=lambda *, margin, **others: (0, margin), meets=at_right_angles,
                 is_computed=True),
       scenarios=[
           Scenario(f"cosine_embedding_loss(a, b, t{told})", {"a": shape, "b": shape}, given={"t": t})
           for shape, t in (((3, 2), [1, -1, -1]), ((3,), 1))
           for told in (*SETTINGS, ", margin=0.25")
       ])  # fmt: skip


# triplet_margin_loss: max(0, d(a, p) - d(a, n) + margin) (Balntas et al. 2016, eq. 2, without swapping), with the
# distances of `pairwise_distance`.


def triplet_candidates(a: Array, p: Array, n: Array, *, eps: float, **attributes: Any) -> Array:
    """The distances of p, which `margin` is added to, and of n."""
    return np.stack([length(a - p + eps, -1)[..., 0], length(a - n + eps, -1)[..., 0]], axis=-1)


def triplet(less: Apart) -> tuple[Callable[..., Array], *tuple[Rule, ...]]:
    """The loss by a way to compute differences, and its rules."""

    def triplet_margin(
        a: Array,
        p: Array,
        n: Array,
        *,
        margin: float = 1.0,
        eps: Epsilon = 1e-6,
        reduction: Reduction = "mean",
        at_kink: Any = FIRST,
        sides: Any = None,
    ) -> Array:
        """What the negative n lacks to be farther from the anchor a than the positive p is, by the margin."""
        alike("triplet_margin_loss", a, p)
        alike("triplet_margin_loss", a, n)
        above_0("margin", margin)
        near, far = (length(less(a, x, eps), -1)[..., 0] for x in (p, n))
        return np.sum(missing(near + margin, far, near - far + margin, at_kink, sides)) / divisor(near, reduction)

    def triplet_rule(operand: int) -> Rule:
        """The rule for a, p or n: the unit vectors of both differences, as far as they read it."""

        def rule(
            g: Array, y: Array, a: Array, p: Array, n: Array, *,
            margin: float, eps: float, reduction: str, at_kink: str, sides: Any,
        ) -> Array:  # fmt: skip
            one, two = less(a, p, eps), less(a, n, eps)
            near, far = length(one, -1), length(two, -1)
            h = np.broadcast_to(g / divisor(near[..., 0], reduction), np.shape(near[..., 0]))
            h = missing(near[..., 0] + margin, far[..., 0], h, at_kink, sides)[..., None]
            if operand == 0:
                return h * (one / near - two / far)
            return -h * (one / near) if operand == 1 else h * (two / far)

        return rule

    return triplet_margin, *map(triplet_rule, range(3))


define("triplet_margin_loss", *triplet(apart),
       algorithms={"triplet_margin_loss: (a + eps) - p": whole(*triplet(moved_first))},
       kink=Kink(triplet_candidates, losing, offsets=lambda *, margin, **others: (margin, 0), is_computed=True),
       scenarios=[
           Scenario(f"triplet_margin_loss(a, p, n{told})", dict.fromkeys(("a", "p", "n"), shape))
           for shape, told in (
               *(((3, 2), told) for told in (*SETTINGS, ", margin=0.25, eps=0.125")), ((3,), ", margin=4"))
       ])  # fmt: skip
