"""Losses by entry that the distribution of a target makes: its logarithm, or one close to it.

`reduction` is as in `gradproof.reference.operations.losses_by_entry`.
"""

from collections.abc import Callable
from typing import Annotated

import numpy as np

from gradproof.reference.admitted import LEAST_VARIANCE
from gradproof.reference.operations.activations import sigmoid, softplus
from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.kernels import Array, constant, middle
from gradproof.reference.operations.losses import entries, loss
from gradproof.reference.operations.losses_by_entry import SETTINGS, Reduction, divisor
from gradproof.reference.operations.table import Rule, Scenario, define, whole


def log_2(like: Array) -> Array:
    """The logarithm of 2, in the number system of `like`."""
    return -2 * np.log(constant(like, name="sqrt_half"))


def log_of_cosh(d: Array) -> Array:
    """log(cosh(d)): cosh(d) - 1 = e^2 / (2 (1 + e)) with e = exp(-|d|) - 1 keeps its digits where d is small."""
    d = np.abs(d)
    near = middle(d) < 1
    e = np.expm1(-np.where(near, d, 1))
    return np.where(near, np.log1p(np.square(e) / (2 * (1 + e))), d + np.log1p(np.exp(-2 * d)) - log_2(d))


Each = Callable[[Array], Array]


def log_cosh(each: Each) -> Callable[..., Array]:
    """The loss, by a way to compute log(cosh(d))."""

    def forward(p: Array, t: Array, *, reduction: Reduction = "mean") -> Array:
        """log(cosh(p - t)) (Chen, Chen and Zhang 2019, Log hyperbolic cosine loss, eq. 6)."""
        return np.sum(each(p - t)) / divisor(p, reduction)

    return forward


def log_cosh_rules(slope: Callable[[Array, Array], Array]) -> tuple[Rule, Rule]:
    """The rules for both operands, where slope(g, d) is g times the derivative by d, or its parts."""

    def negative(found: Array) -> Array:
        return tuple(-part for part in found) if isinstance(found, tuple) else -found

    return (
        lambda g, y, p, t, *, reduction: slope(g / divisor(p, reduction), p - t),
        lambda g, y, p, t, *, reduction: negative(slope(g / divisor(p, reduction), p - t)),
    )


loss("log_cosh", log_cosh(log_of_cosh),
     *log_cosh_rules(lambda g, d: g * np.tanh(d)),
     settings=SETTINGS, domain=(-3, 3),
     algorithms={
         "log_cosh: d + softplus(-2 d) - log(2)": whole(
             log_cosh(lambda d: d + softplus(-2 * d) - log_2(d)),
             *log_cosh_rules(lambda g, d: g - 2 * (g * sigmoid(-2 * d)))),
         "log_cosh: logaddexp(d, -d) - log(2)": whole(
             log_cosh(lambda d: (np.abs(d) + np.log1p(np.exp(-2 * np.abs(d)))) - log_2(d)),
             *log_cosh_rules(lambda g, d: (
                 g * np.exp(d - (y := np.abs(d) + np.log1p(np.exp(-2 * np.abs(d))))) - g * np.exp(-d - y)))),
     })  # fmt: skip


# The derivatives by mu and t are d / v and -d / v with d = mu - t, by the variance (v - d^2) / (2 v^2), with v the
# variance, or eps where that is larger: there it has none.


def at_least(var: Array, eps: float) -> Array:
    """The variance, or eps where that is larger."""
    return np.where(middle(var) > eps, var, eps)


def gaussian_nll(
    mu: Array,
    t: Array,
    variance: Array,
    *,
    eps: Annotated[float, AtLeast(0)] = LEAST_VARIANCE,
    full: bool = False,
    reduction: Reduction = "mean",
) -> Array:
    """(log(v) + (mu - t)^2 / v) / 2 with v = max(variance, eps), and with `full` log(2 pi) / 2 besides.

    Nix and Weigend 1994, eq. 3: what targets t lose under normal distributions. Raises ValueError for shapes that
    differ.
    """
    shapes = [np.shape(x) for x in (mu, t, variance)]
    if len(set(shapes)) > 1:
        raise ValueError(f"gaussian_nll_loss of shapes {shapes}, which must be equal")
    v = at_least(variance, eps)
    lost = np.sum(np.log(v) + np.square(mu - t) / v) / 2 / divisor(mu, reduction)
    if not full:
        return lost
    more = -np.log(constant(lost, name="one_over_sqrt_2pi"))
    return lost + more * (entries(mu) if reduction == "sum" else 1)


def gaussian_nll_rule(sign: int) -> Rule:
    """The rule for mu, or with the sign -1 for t."""

    def rule(
        g: Array, y: Array, mu: Array, t: Array, variance: Array, *, eps: float, full: bool, reduction: str
    ) -> Array:
        return sign * (g / divisor(mu, reduction)) * ((mu - t) / at_least(variance, eps))

    return rule


def variance_slope(v: Array, d: Array) -> Array:
    """(v - d^2) / (2 v^2), divided twice so that no square of v leaves the range."""
    return (1 - np.square(d) / v) / (2 * v)


def by_variance(
    g: Array, y: Array, mu: Array, t: Array, variance: Array, *, eps: float, full: bool, reduction: str
) -> Array:
    """The vjp for the variance, of its shape: the loss's slope where the variance is above eps, and 0 elsewhere."""
    slope = g / divisor(mu, reduction) * variance_slope(at_least(variance, eps), mu - t)
    return np.where(middle(variance) > eps, slope, 0)


define("gaussian_nll_loss", gaussian_nll,
       gaussian_nll_rule(1),
       gaussian_nll_rule(-1),
       by_variance,
       scenarios=[
           Scenario(f"gaussian_nll_loss(mu, t, v{told})", dict.fromkeys(("mu", "t", "v"), shape), (0.5, 3.0))
           for shape in ((3,), (2, 3))
           for told in ("", ", reduction='sum'", ", full=True", ", full=True, reduction='sum'", ", eps=1.5")
       ])  # fmt: skip
