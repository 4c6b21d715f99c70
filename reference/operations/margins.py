"""Losses with a margin: nothing is lost where a number is beyond another by at least that, and else what is missing.

Labels t are 1 or -1, integers, but those of `multi_margin_loss`, which are classes. `reduction` is "mean" or "sum".
The equations are those of the documentation of torch.nn.functional and, of `hinge` and `squared_hinge`, of Keras, under
each name. Where nothing is missing by a hair there is a kink: the first candidate is what is lost, others what is not.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.reference.operations.attributes import Indices
from gradproof.reference.operations.class_losses import IGNORED, labels
from gradproof.reference.operations.gathering import within
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.kinks import FIRST, LAST, Kink, larger
from gradproof.reference.operations.losses_by_entry import SETTINGS, Reduction, divisor
from gradproof.reference.operations.table import Rule, Scenario, define, whole


def checked(name: str, *operands: Array, t: Array) -> None:
    """Raise ValueError unless all operands and the labels t have the same shape, and these are 1, -1 or 0."""
    shapes = [np.shape(x) for x in (*operands, t)]
    if len(set(shapes)) > 1:
        raise ValueError(f"{name} of shapes {shapes}, which must be equal")
    if np.any(np.abs(t) > 1):
        raise ValueError(f"labels of {name} are 1 or -1")


def missing(less: Array, more: Array, lost: Array, at_kink: Any, sides: Any) -> Array:
    """`lost` where the first number is above the second and something is missing, and 0 where it is below."""
    if sides is not None:
        sides = np.stack([sides[..., 0], np.sum(sides[..., 1:], axis=-1)], axis=-1)
    return larger(less, more, lost, 0 * lost, lambda s, u: s * lost, at_kink, sides)


def losing(**attributes: Any) -> tuple[float, float]:
    """The slopes of what is missing and of nothing, for its kink."""
    return 1, 0


# margin_ranking_loss: max(0, margin - t (a - b)). What is to be larger is a where t = 1, and else b.


def ranked(a: Array, b: Array, t: Indices) -> tuple[Array, Array]:
    """What is to be the smaller of a and b, as the labels say, and the larger one."""
    return np.where(t == 1, b, a), np.where(t == 1, a, b)


def ranking_candidates(a: Array, b: Array, t: Indices, **attributes: Any) -> Array:
    """The smaller one, which `margin` is added to, and the larger one; without a label the former wins."""
    less, more = ranked(a, b, t)
    return np.stack([less, np.where(t == 0, -np.inf, more)], axis=-1)


def margin_ranking(
    a: Array,
    b: Array,
    t: Indices,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
    at_kink: Any = FIRST,
    sides: Any = None,
) -> Array:
    """max(0, margin - t (a - b)): a is to be above b by the margin where t is 1, and below it where t is -1."""
    checked("margin_ranking_loss", a, b, t=t)
    less, more = ranked(a, b, t)
    lost = np.where(t == 0, margin, less - more + margin)
    return np.sum(missing(less + margin, more, lost, at_kink, sides)) / divisor(a, reduction)


def ranking_rule(sign: int) -> Rule:
    """The rule for a, or with the sign -1 for b."""

    def rule(
        g: Array, y: Array, a: Array, b: Array, t: Indices, *,
        margin: float, reduction: str, at_kink: str, sides: Any,
    ) -> Array:  # fmt: skip
        less, more = ranked(a, b, t)
        h = np.broadcast_to(g / divisor(a, reduction), np.shape(a))
        slope = np.where(t == 0, 0, np.where(t == 1, -sign * h, sign * h))
        return missing(less + margin, more, slope, at_kink, sides)

    return rule


SIGNS = {(3,): [1, -1, 1], (2, 3): [[1, -1, -1], [-1, 1, 1]]}
"""Labels by shape."""


def scenarios(name: str, operands: str, settings: Sequence[str]) -> list[Scenario]:
    """What a loss of `operands` and labels is tried on: each of the settings, of one sample and of two."""
    return [
        Scenario(f"{name}({operands}, t{setting})", dict.fromkeys(operands.split(", "), shape), given={"t": t})
        for shape, t in SIGNS.items()
        for setting in settings
    ]


define("margin_ranking_loss", margin_ranking,
       ranking_rule(1),
       ranking_rule(-1),
       kink=Kink(ranking_candidates, losing, offsets=lambda *, margin, **others: (margin, 0),
                 meets=lambda a, b, t, *, margin, **others: (a + margin * t, b, t)),
       scenarios=scenarios("margin_ranking_loss", "a, b", (*SETTINGS, ", margin=0.75")))  # fmt: skip


# hinge_embedding_loss: x where t = 1, and max(0, margin - x) where t = -1. x is a distance, mostly.


def apart(x: Array, t: Indices, **attributes: Any) -> Array:
    """The candidates: 0, which `margin` is added to, and x; where t = 1 nothing of that is lost."""
    return np.stack([np.where(t == 1, -np.inf, np.zeros(np.shape(x))), x], axis=-1)


def hinge_embedding(
    x: Array,
    t: Indices,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
    at_kink: Any = FIRST,
    sides: Any = None,
) -> Array:
    """x where t is 1, and where it is -1 what it lacks of the margin, max(0, margin - x)."""
    checked("hinge_embedding_loss", x, t=t)
    bound = np.where(t == 1, -np.inf, margin)
    lost = missing(bound, x, np.where(t == 1, 0, margin - x), at_kink, sides)
    return np.sum(np.where(t == -1, 0, x) + lost) / divisor(x, reduction)


def hinge_embedding_rule(
    g: Array, y: Array, x: Array, t: Indices, *,
    margin: float, reduction: str, at_kink: str, sides: Any,
) -> Array:  # fmt: skip
    """The rule: g where t is 1, and where it is -1 and something is missing -g."""
    h = np.broadcast_to(g / divisor(x, reduction), np.shape(x))
    bound = np.where(t == 1, -np.inf, margin)
    return np.where(t == -1, 0, h) + missing(bound, x, np.where(t == 1, 0, -h), at_kink, sides)


define("hinge_embedding_loss", hinge_embedding,
       hinge_embedding_rule,
       kink=Kink(apart, losing, offsets=lambda *, margin, **others: (margin, 0),
                 meets=lambda x, t, *, margin, **others: (x + margin, t)),
       scenarios=scenarios("hinge_embedding_loss", "x", (*SETTINGS, ", margin=0.25")))  # fmt: skip


# hinge: max(0, 1 - t p).


def signed(p: Array, t: Indices) -> Array:
    """t p, for labels that say the sign."""
    return np.where(t == 0, 0, np.where(t == 1, p, -p))


def hinge_candidates(p: Array, t: Indices, **attributes: Any) -> Array:
    """The candidates: 1, which is added to 0, p, and -p, of which the labels leave one."""
    return np.stack([np.zeros(np.shape(p)), np.where(t == 1, p, -np.inf), np.where(t == -1, p, np.inf)], axis=-1)


def hinge(p: Array, t: Indices, *, reduction: Reduction = "mean", at_kink: Any = FIRST, sides: Any = None) -> Array:
    """max(0, 1 - t p)."""
    checked("hinge", p, t=t)
    tp = signed(p, t)
    return np.sum(missing(1, tp, 1 - tp, at_kink, sides)) / divisor(p, reduction)


def hinge_rule(g: Array, y: Array, p: Array, t: Indices, *, reduction: str, at_kink: str, sides: Any) -> Array:
    """The rule: -g t where something is missing."""
    h = np.broadcast_to(g / divisor(p, reduction), np.shape(p))
    return missing(1, signed(p, t), -signed(h, t), at_kink, sides)


define("hinge", hinge,
       hinge_rule,
       kink=Kink(hinge_candidates, losing, signs=(1, 1, -1), offsets=lambda **attributes: (1, 0, 0),
                 meets=lambda p, t, **attributes: (p + t, t)),
       scenarios=scenarios("hinge", "p", SETTINGS))  # fmt: skip


def squared_hinge(p: Array, t: Indices, *, reduction: Reduction = "mean") -> Array:
    """max(0, 1 - t p)^2, whose derivative is continuous."""
    checked("squared_hinge", p, t=t)
    lacks = 1 - signed(p, t)
    return np.sum(np.where(middle(lacks) > 0, np.square(lacks), 0)) / divisor(p, reduction)


def squared_hinge_rule(g: Array, y: Array, p: Array, t: Indices, *, reduction: str) -> Array:
    """The rule: -2 g t times what is missing."""
    lacks = 1 - signed(p, t)
    return np.where(middle(lacks) > 0, -2 * (g / divisor(p, reduction)) * signed(lacks, t), 0)


define("squared_hinge", squared_hinge,
       squared_hinge_rule,
       scenarios=scenarios("squared_hinge", "p", SETTINGS))  # fmt: skip


# multi_margin_loss: the mean over the classes i of max(0, margin - z_t + z_i), but i = t.


def rivals(z: Array, t: Indices) -> tuple[Array, Array]:
    """By sample and class, the number of the class that is labelled, and where another class is (booleans).

    Raises ValueError or IndexError where the labels fit no logits z (N, C) or (C,).
    """
    if np.ndim(z) not in (1, 2):
        raise ValueError(f"multi_margin_loss takes (N, C) or (C,), not {np.shape(z)}")
    within(t, np.shape(z)[-1])
    hot = labels(z, t, IGNORED).hot
    where = np.argmax(hot, axis=-1)
    own = z[where] if np.ndim(z) == 1 else z[np.arange(np.shape(z)[0]), where]
    return np.broadcast_to(own[..., None], np.shape(z)), ~hot


def rival_candidates(z: Array, t: Indices, **attributes: Any) -> Array:
    """The candidates of each class: its number, which `margin` is added to, and that of the class that is labelled."""
    own, others = rivals(z, t)
    return np.stack([np.where(others, z, -np.inf), own], axis=-1)


def of_samples(z: Array, reduction: str) -> int:
    """By what the sum over all samples and classes is divided."""
    classes = np.shape(z)[-1]
    return classes if reduction == "sum" else divisor(z, reduction)


def multi_margin(lacking: Callable[[Array, Array, float], Array]) -> Callable[..., Array]:
    """The loss by a function that gives what a class lacks of its number, that of the labelled one, and the margin."""

    def forward(
        z: Array,
        t: Indices,
        *,
        margin: float = 1.0,
        reduction: Reduction = "mean",
        at_kink: Any = LAST,
        sides: Any = None,
    ) -> Array:
        """What the labelled class's number lacks to be above each other by the margin, summed up, over C."""
        own, others = rivals(z, t)
        lost = missing(z + margin, own, np.where(others, lacking(z, own, margin), 0), at_kink, sides)
        return np.sum(lost) / of_samples(z, reduction)

    return forward


def multi_margin_rule(
    g: Array, y: Array, z: Array, t: Indices, *,
    margin: float, reduction: str, at_kink: str, sides: Any,
) -> Array:  # fmt: skip
    """The rule: each class that is too close has g / C, and the labelled one minus their sum."""
    own, others = rivals(z, t)
    h = np.where(others, np.broadcast_to(g / of_samples(z, reduction), np.shape(z)), 0)
    close = missing(z + margin, own, h, at_kink, sides)
    return np.where(others, close, -np.sum(close, axis=-1, keepdims=True))


define("multi_margin_loss", multi_margin(lambda z, own, margin: z - own + margin),
       multi_margin_rule,
       algorithms={"multi_margin_loss: (margin - z_t) + z_i": whole(
           multi_margin(lambda z, own, margin: margin - own + z), multi_margin_rule)},
       kink=Kink(rival_candidates, losing, offsets=lambda *, margin, **others: (margin, 0),
                 meets=lambda z, t, *, margin, **others: (z + np.where(rivals(z, t)[1], 0, margin), t)),
       scenarios=[
           Scenario(f"multi_margin_loss(z, t{setting})", {"z": shape}, given={"t": t})
           for shape, t in (((3, 4), [2, 0, 2]), ((3,), 1))
           for setting in (*SETTINGS, ", margin=0.75")
       ])  # fmt: skip
