"""Reductions over axes, and the softmax family.

`axis` is None (all axes), an integer or a tuple of integers; `keepdims` as in NumPy. All raise ValueError for an axis
that x lacks.
"""

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from gradproof.reference.operations.axes import Axes, Axis, from_rows, kept, reduced, rows
from gradproof.reference.operations.kernels import Array, constant, is_largest, middle
from gradproof.reference.operations.kinks import EVEN, Kink, portion, taken
from gradproof.reference.operations.table import Algorithm, Rule, Scenario, define, derivative, tried


def stretch(g: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """The cotangent of a reduction of `x` broadcast back over the axes that it reduced, to the shape of `x`."""
    if not keepdims and axis is not None:
        g = np.reshape(g, kept(np.shape(x), axis))
    return np.broadcast_to(g, np.shape(x))


def count(x: Array, axis: Axis) -> int:
    """How many terms each entry of a reduction of `x` over `axis` has. Raises ValueError as `reduced` does."""
    return math.prod(np.shape(x)[i] for i in reduced(np.shape(x), axis))


def along_axes(forward: Callable[..., Array]) -> Callable[..., Array]:
    """Let `forward` refuse axes that its operand lacks; NumPy reduces scalars over axis 0, and frameworks differ.

    It then raises ValueError for them.
    """

    @wraps(forward)
    def checked(x: Array, **attributes: Any) -> Array:
        reduced(np.shape(x), attributes.get("axis", default))
        return forward(x, **attributes)

    default = (forward.__kwdefaults__ or {})["axis"]
    return checked


@along_axes
def sum_of(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum of the entries along `axis`."""
    return np.sum(x, axis=axis, keepdims=keepdims)


@along_axes
def max_of(x: Array, *, axis: Axis = None, keepdims: bool = False, at_kink: Any = EVEN, sides: Any = None) -> Array:
    """The largest entry along `axis`; with `sides`, those that are taken there, if any are, in their shares."""
    top = np.max(x, axis=axis, keepdims=keepdims)
    if sides is None:
        return top
    share = from_rows(sides, np.shape(x), axis)
    mixed = np.sum(portion(share, x), axis=axis, keepdims=keepdims)
    return np.where(np.sum(share, axis=axis, keepdims=keepdims) == 0, top, mixed)


@along_axes
def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean of the entries along `axis`: their sum over their number."""
    return np.sum(x, axis=axis, keepdims=keepdims) / count(x, axis)


@along_axes
def var(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean squared deviation from the mean along `axis` (over n, not n - 1: no Bessel correction)."""
    return mean(np.square(x - mean(x, axis=axis, keepdims=True)), axis=axis, keepdims=keepdims)


@along_axes
def squares_less_square(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """`var` as the mean of the squares less the squared mean, of which nothing is left where the mean is large."""
    return mean(np.square(x), axis=axis, keepdims=keepdims) - np.square(mean(x, axis=axis, keepdims=keepdims))


# One sweep keeps a mean of the entries so far, which is rounded at every one, as the partial sums of a sequential sum
# are (Welford 1962, eq. I). An irrational c, divided by again, leaves no such sum exact; to first order the errors of
# deviations from one mean add up to nothing, and these do not, so that they are taken as independent.


@along_axes
def by_running_means(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """`var` in one sweep over the entries along `axis`, from deviations of each from a rounded mean."""
    c = constant(x, name="sqrt_half")
    rounded = mean(x * c, axis=axis, keepdims=True) / c
    return mean(np.square(x - rounded), axis=axis, keepdims=keepdims)


def one_largest(x: Array, axis: Axis) -> Any:
    """A boolean array of the shape of x that is True at one largest entry along `axis`, whichever of equal ones."""
    joined = rows(middle(x), axis)
    first = np.argmax(joined, axis=-1, keepdims=True) == np.arange(joined.shape[-1])
    return from_rows(first, np.shape(x), axis)


def less_largest(x: Array, axis: Axis) -> tuple[Array, Array]:
    """Along `axis`, a largest entry, which keeps the axis, and the sum of exp(x - it) over all others.

    The largest one's own is 1: that sum keeps its digits beside it, as in log1p(sum).
    """
    largest = one_largest(x, axis)
    top = np.sum(np.where(largest, x, 0), axis=axis, keepdims=True)
    return top, np.sum(np.where(largest, 0, np.exp(x - top)), axis=axis, keepdims=True)


def without_axes(result: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """A reduction of x that kept its axes, as `keepdims` says."""
    return result if keepdims else np.reshape(result, np.shape(np.sum(x, axis=axis)))


@along_axes
def logsumexp(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """log(sum(exp(x))) along `axis`: no exponential overflows, and beside the largest the others still count."""
    top, others = less_largest(x, axis)
    return without_axes(top + np.log1p(others), x, axis, keepdims)


@along_axes
def log_of_sum(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """log(sum(exp(x))) along `axis`, with x less its maximum in the exponent: no exponential overflows."""
    top = np.max(x, axis=axis, keepdims=True)
    return without_axes(top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)), x, axis, keepdims)


@along_axes
def softmax(x: Array, *, axis: Axes = -1) -> Array:
    """exp(x) / sum(exp(x)) along `axis`, x less its maximum (Goodfellow, Bengio and Courville 2016, section 4.1)."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@along_axes
def log_softmax(x: Array, *, axis: Axes = -1) -> Array:
    """x - logsumexp(x) along `axis`, of the shape of x; the largest is taken off before, so that nothing overflows."""
    top, others = less_largest(x, axis)
    return (x - top) - np.log1p(others)


@along_axes
def log_softmax_of_sum(x: Array, *, axis: Axes = -1) -> Array:
    """`log_softmax` by the logarithm of the whole sum."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def through_softmax(g: Array, y: Array, x: Array, *, axis: Axes) -> Array:
    """y (g - sum(g y)), with g less its value where x is largest: y there is near 1, and the rest is what counts.

    dy_k/dx_j = y_k (delta_kj - y_j) (Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.106), summed with g.
    """
    largest = one_largest(x, axis)
    there = np.sum(np.where(largest, g, 0), axis=axis, keepdims=True)
    d = np.where(largest, 0, g - there)
    return y * (d - np.sum(d * y, axis=axis, keepdims=True))


def through_log_softmax(g: Array, x: Array, axis: Axes) -> Array:
    """g - p sum(g) with p = softmax(x); where x is largest, g (1 - p) - p (sum of the others' g), 1 - p summed up."""
    largest, p = one_largest(x, axis), softmax(x, axis=axis)

    def others(terms: Array) -> Array:
        return np.sum(np.where(largest, 0, terms), axis=axis, keepdims=True)

    return np.where(largest, g * others(p) - p * others(g), g - p * np.sum(g, axis=axis, keepdims=True))


def largest_rule(g: Array, y: Array, x: Array, *, axis: Axis, keepdims: bool, at_kink: str, sides: Any) -> Array:
    """The cotangent goes to the largest entry along `axis`; equal ones share it (a convention, at a kink)."""
    if sides is not None:
        share = from_rows(sides, np.shape(x), axis)
        return portion(share, stretch(g, x, axis, keepdims))
    mask = is_largest(x, axis=axis)
    if at_kink != EVEN:
        return np.where(
            from_rows(taken(rows(mask, axis), at_kink), np.shape(x), axis), stretch(g, x, axis, keepdims), 0
        )
    ones = 0 * np.where(np.isinf(middle(x)), 0, x) + 1  # so that ties are counted in the numbers of x
    ties = np.sum(np.where(mask, ones, 0), axis=axis, keepdims=keepdims)
    return np.where(mask, stretch(g / ties, x, axis, keepdims), 0)


def reduction(name: str, forward: Rule, rule: Rule, *, scenarios: Sequence[Scenario] = (), **known: Any) -> None:
    """Enter a reduction, tried over one axis, over several, and on the scenarios that are given besides."""
    attributes = ("", ", axis=0", ", axis=-1, keepdims=True", ", axis=(0, 1)")
    usual = tried(*(f"{name}(x{a})" for a in attributes), x=(2, 3))
    define(name, forward, rule, scenarios=(*usual, *scenarios), **known)


def stretching(function: Any) -> Any:
    """A vjp whose cotangent and result are already stretched back over the reduced axes."""

    def stretched(g: Array, y: Array, x: Array, *, axis: Axis, keepdims: bool) -> Array:
        return function(stretch(g, x, axis, keepdims), stretch(y, x, axis, keepdims), x, axis)

    return stretched


reduction("sum", sum_of,
          stretching(lambda g, y, x, axis: g),
          scenarios=tried("sum(x, axis=(0, 2))", x=(2, 3, 2)))  # fmt: skip
reduction("mean", mean,
          stretching(lambda g, y, x, axis: g / count(x, axis)))  # fmt: skip


def through_deviations(g: Array, x: Array, axis: Axis) -> Array:
    """2 g (x - mean) / n, for `var` with g already stretched: the deviations' slope, which sums up to 0."""
    return g * (2 * (x - mean(x, axis=axis, keepdims=True))) / count(x, axis)


def through_mean_too(g: Array, x: Array, axis: Axis) -> Array:
    """The same less its mean: what passes through the mean is 0, and as computed the rounding of a sum."""
    d = through_deviations(g, x, axis)
    return d - mean(d, axis=axis, keepdims=True)


reduction("var", var,
          stretching(lambda g, y, x, axis: through_deviations(g, x, axis)),
          algorithms={
              "variance': through the mean too": derivative(
                  stretching(lambda g, y, x, axis: through_mean_too(g, x, axis))),
              "variance: by running means": Algorithm(by_running_means),
              "variance: mean of squares less squared mean": Algorithm(
                  squares_less_square, {0: stretching(lambda g, y, x, axis: (
                      g * 2 / count(x, axis) * x - g * 2 / count(x, axis) * mean(x, axis=axis, keepdims=True)))}),
          })  # fmt: skip
reduction("max", max_of,
          largest_rule,
          kink=Kink(lambda x, *, axis, keepdims: rows(x, axis)),
          alias="maximum", scenarios=tried("maximum(x, axis=1)", x=(2, 3)))  # fmt: skip
reduction("logsumexp", logsumexp,
          stretching(lambda g, y, x, axis: g * softmax(x, axis=axis)),
          written="logsumexp: log(sum(exp(x))), exp(x - y)",
          algorithms={
              "logsumexp: log(sum(exp(x)))": Algorithm(log_of_sum),
              "logsumexp: log(sum(exp(x))), exp(x - y)": Algorithm(
                  log_of_sum, {0: stretching(lambda g, y, x, axis: g * np.exp(x - y))}),
          })  # fmt: skip


def by_result(g: Array, y: Array, x: Array, *, axis: Axes) -> Array:
    """y (g - sum(g y)), of which nothing is left where y is near 1 and g the same elsewhere."""
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


def by_log_result(g: Array, y: Array, x: Array, *, axis: Axes) -> Array:
    """g - exp(y) sum(g)."""
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)


define("softmax", softmax,
       through_softmax,
       written="softmax': y (g - sum(g y))",
       algorithms={
           "softmax': y (g - sum(g y))": derivative(by_result),
           "softmax: exp(x - logsumexp(x))": Algorithm(
               lambda x, *, axis=-1: np.exp(x - log_of_sum(x, axis=axis, keepdims=True)), {0: by_result}),
       },
       scenarios=(*tried("softmax(x)", "softmax(x, axis=0)", x=(2, 3)), *tried("softmax(x)", x=(4,))))  # fmt: skip
# softmax(-x) (documentation of torch.nn.functional.softmin).
define("softmin", lambda x, *, axis=-1: softmax(-x, axis=axis),
       lambda g, y, x, *, axis: -through_softmax(g, y, -x, axis=axis),
       algorithms={"softmin': y (g - sum(g y))": derivative(lambda g, y, x, *, axis: -by_result(g, y, x, axis=axis))},
       scenarios=tried("softmin(x)", "softmin(x, axis=0)", x=(2, 3)))  # fmt: skip
define("log_softmax", log_softmax,
       lambda g, y, x, *, axis: through_log_softmax(g, x, axis),
       written="log_softmax: x - log(sum(exp(x))), g - exp(y) sum(g)",
       algorithms={
           "log_softmax: x - log(sum(exp(x))), g - exp(y) sum(g)": Algorithm(log_softmax_of_sum, {0: by_log_result}),
           "log_softmax: x - log(sum(exp(x))), g - softmax(x) sum(g)": Algorithm(
               log_softmax_of_sum,
               {0: lambda g, y, x, *, axis: g - softmax(x, axis=axis) * np.sum(g, axis=axis, keepdims=True)}),
           "log_softmax: x - logsumexp(x)": Algorithm(
               lambda x, *, axis=-1: x - log_of_sum(x, axis=axis, keepdims=True), {0: by_log_result}),
       },
       scenarios=tried("log_softmax(x)", "log_softmax(x, axis=0)", x=(2, 3)))  # fmt: skip
