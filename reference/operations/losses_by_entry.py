"""Losses that are a mean or a sum over entries, `reduction` says which, of what each entry of p and t loses.

The equations are those of the documentation of torch.nn.functional, under each name.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

import numpy as np

from gradproof.reference.operations.activations import sigmoid, softplus
from gradproof.reference.operations.kernels import Array, middle
from gradproof.reference.operations.kinks import EVEN, Kink, either, larger
from gradproof.reference.operations.losses import entries, loss, samples
from gradproof.reference.operations.table import POSITIVE, PROBABILITY, Algorithm, Rule

REDUCTIONS = ("mean", "sum")
"""How what the entries lose becomes one number."""

BY_SAMPLES = (*REDUCTIONS, "batchmean")
"""The same, and "batchmean": the sum over the number of samples, which is the length of the first axis."""

Reduction = Annotated[str, REDUCTIONS]

SETTINGS = ("", ", reduction='sum'")


def divisor(p: Array, reduction: str, known: tuple[str, ...] = REDUCTIONS) -> int:
    """By what the sum over the entries of p is divided. Raises ValueError for a reduction that is not `known`."""
    if reduction not in known:
        raise ValueError(f"there is no reduction {reduction!r}, but {', '.join(map(repr, known))}")
    return {"mean": entries(p), "sum": 1, "batchmean": samples(p)}[reduction]


def above_0(name: str, number: float) -> float:
    """`number`, an attribute called `name`. Raises ValueError unless it is above 0."""
    if not number > 0:
        raise ValueError(f"{name} must be above 0")
    return number


def clipped(d: Array, bound: float) -> Array:
    """d, but at least -bound and at most bound."""
    return np.where(middle(d) > bound, bound, np.where(middle(d) < -bound, -bound, d))


def huber(p: Array, t: Array, *, delta: float = 1.0, reduction: Reduction = "mean") -> Array:
    """d^2 / 2 where |d| <= delta, and else delta (|d| - delta / 2), d = p - t (Huber 1964, p. 74)."""
    d, half = np.abs(p - t), above_0("delta", delta) / 2
    return np.sum(np.where(middle(d) > delta, delta * (d - half), np.square(d) / 2)) / divisor(p, reduction)


loss("huber_loss", huber,
     lambda g, y, p, t, *, delta, reduction: g / divisor(p, reduction) * clipped(p - t, delta),
     lambda g, y, p, t, *, delta, reduction: g / divisor(p, reduction) * clipped(t - p, delta),
     settings=(*SETTINGS, ", delta=0.375"))  # fmt: skip


def smooth_l1(p: Array, t: Array, *, beta: float = 1.0, reduction: Reduction = "mean") -> Array:
    """d^2 / (2 beta) where |d| <= beta, and else |d| - beta / 2, d = p - t (Girshick 2015, eq. 3)."""
    d, half = np.abs(p - t), above_0("beta", beta) / 2
    return np.sum(np.where(middle(d) > beta, d - half, np.square(d) / 2 / beta)) / divisor(p, reduction)


def smooth_sign(d: Array, beta: float) -> Array:
    """d / beta, but at least -1 and at most 1."""
    return np.where(middle(d) > beta, 1, np.where(middle(d) < -beta, -1, d / beta))


loss("smooth_l1_loss", smooth_l1,
     lambda g, y, p, t, *, beta, reduction: g / divisor(p, reduction) * smooth_sign(p - t, beta),
     lambda g, y, p, t, *, beta, reduction: g / divisor(p, reduction) * smooth_sign(t - p, beta),
     settings=(*SETTINGS, ", beta=0.375"))  # fmt: skip


# |p - t| is the larger of p and t less the smaller, so that these are what its kink is between.


def distance(a: Array, b: Array, p: Array, t: Array, at_kink: str, sides: object) -> Array:
    """a where p > t and b where p < t; at a tie each has its share."""
    return larger(p, t, a, b, lambda s, u: s * a + u * b, at_kink, sides)


def l1(p: Array, t: Array, *, reduction: Reduction = "mean", at_kink: str = EVEN, sides: object = None) -> Array:
    """|p - t|."""
    return np.sum(distance(p - t, t - p, p, t, at_kink, sides)) / divisor(p, reduction)


def signed(operand: int) -> Rule:
    """The rule of `l1` for an operand: 1 where it is the larger one, -1 where it is the smaller one."""

    def rule(g: Array, y: Array, p: Array, t: Array, *, reduction: str, at_kink: str, sides: object) -> Array:
        d = np.broadcast_to(g / divisor(p, reduction), np.shape(p))
        return distance(-d, d, p, t, at_kink, sides) if operand else distance(d, -d, p, t, at_kink, sides)

    return rule


loss("l1_loss", l1,
     signed(0),
     signed(1),
     kink=Kink(lambda p, t, **attributes: either(p, t)), settings=SETTINGS)  # fmt: skip


def log_of_target(t: Array) -> Array:
    """log(t), and 0 where t is 0, by which it is multiplied."""
    return np.log(np.where(middle(t) == 0, 1, t))


def kl_div(logp: Array, t: Array, *, reduction: Annotated[str, BY_SAMPLES] = "mean") -> Array:
    """t log(t) - t log p, 0 where t is 0: the divergence of the distribution t from p, of which logp is the logarithm.

    Kullback and Leibler 1951, eq. 2.4. Its derivative by t has a pole where t is 0.
    """
    return np.sum(t * log_of_target(t) - t * logp) / divisor(logp, reduction, BY_SAMPLES)


def kl_div_target_rule(g: Array, y: Array, logp: Array, t: Array, *, reduction: str) -> Array:
    """g (log(t) + 1 - log p): three terms that are added in any order, as each leads back by a path of its own."""
    h = g / divisor(logp, reduction, BY_SAMPLES)
    return np.sum(np.stack([h * np.log(t), np.broadcast_to(h, np.shape(t)), h * -logp]), axis=0)


loss("kl_div", kl_div,
     lambda g, y, logp, t, *, reduction: g / divisor(logp, reduction, BY_SAMPLES) * -t,
     kl_div_target_rule,
     domain=PROBABILITY, settings=(*SETTINGS, ", reduction='batchmean'"))  # fmt: skip


def soft_margin(z: Array, t: Array, *, reduction: Reduction = "mean") -> Array:
    """log(1 + exp(-t z)), for targets t of 1 or -1."""
    return np.sum(softplus(-t * z)) / divisor(z, reduction)


def margin_rules(slope: Callable[[Array], Array]) -> Mapping[int, Rule]:
    """The rules of `soft_margin` for both operands, `slope` being that of softplus."""

    def rule(other: int) -> Rule:
        return lambda g, y, z, t, *, reduction: g / divisor(z, reduction) * -(z, t)[other] * slope(-t * z)

    return {0: rule(1), 1: rule(0)}


loss("soft_margin_loss", soft_margin,
     *margin_rules(sigmoid).values(),
     settings=SETTINGS,
     algorithms={"soft_margin_loss': exp(x - softplus(x)), x = -t z": Algorithm(
         rules=margin_rules(lambda x: np.exp(x - softplus(x))))})  # fmt: skip


def poisson_nll(z: Array, t: Array, *, reduction: Reduction = "mean") -> Array:
    """exp(z) - t z: what the counts t lose under Poisson distributions with means exp(z), but for log(t!)."""
    return np.sum(np.exp(z) - t * z) / divisor(z, reduction)


loss("poisson_nll_loss", poisson_nll,
     lambda g, y, z, t, *, reduction: (h := g / divisor(z, reduction)) * np.exp(z) - h * t,
     lambda g, y, z, t, *, reduction: g / divisor(z, reduction) * -z,
     domain=POSITIVE, settings=SETTINGS)  # fmt: skip
