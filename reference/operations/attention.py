"""Attention: queries q (..., L, E), keys k (..., S, E), values v (..., S, Ev), and a mask that is added to logits."""

import math
from collections.abc import Callable

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array, constant, middle
from gradproof.reference.operations.products import swap
from gradproof.reference.operations.reductions import by_result, through_softmax
from gradproof.reference.operations.table import Algorithm, Rule, Scenario, define, unbroadcast

Softmax = Callable[[Array, Array], Array]
"""Of logits (..., L, S) and where they are not left out: weights whose rows sum up to 1."""

Back = Callable[[Array, Array, Array], Array]
"""From the cotangent of the weights, the weights and the logits, each (..., L, S), the cotangent of the logits."""


def factor(q: Array, scale: float | None) -> Array:
    """What logits are multiplied by: `scale`, or 1 / sqrt(E). A framework rounds that once, for all logits."""
    if scale is not None:
        return scale
    c = constant(q, name="sqrt_half")
    return 1 / np.sqrt(np.shape(q)[-1] * (c / c))


def logits(q: Array, k: Array, mask: Array, scale: float | None) -> Array:
    """q k^T times the factor, plus the mask if there is one (Vaswani et al. 2017, eq. 1)."""
    s = q @ swap(k) * factor(q, scale)
    return s if mask is None else s + mask


def logits_of_scaled(q: Array, k: Array, mask: Array, scale: float | None) -> Array:
    """`logits`, both q and k multiplied by the root of the factor before."""
    c = factor(q, scale)
    root = np.sqrt(np.abs(c)) if scale is None else np.sqrt(np.abs(c) * ((z := constant(q, name="sqrt_half")) / z))
    s = (q * (root if scale is None or scale >= 0 else -root)) @ swap(k * root)
    return s if mask is None else s + mask


def kept(s: Array, is_causal: bool) -> Array:
    """Where logits count (booleans of the shape of s): with `is_causal`, those of no later key than the query."""
    return np.tril(np.ones(np.shape(s), bool)) if is_causal else np.ones(np.shape(s), bool)


def top(s: Array, keep: Array) -> Array:
    """The largest logit that counts in each row, which keeps its axis."""
    lowest = np.min(middle(s)) - 1
    return np.max(np.where(keep, s, lowest), axis=-1, keepdims=True)


def exponentials(s: Array, keep: Array) -> Array:
    """exp(s) over that of the largest that counts, 0 where a logit does not."""
    return np.where(keep, np.exp(np.where(keep, s - top(s, keep), 0)), 0)


def softmax(s: Array, keep: Array) -> Array:
    """The softmax of the logits s along the last axis, as quotients of exponentials, 0 where they do not count."""
    e = exponentials(s, keep)
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_of_logarithm(s: Array, keep: Array) -> Array:
    """Weights as exp(s - log(sum(exp(s)))), which is what is kept of the forward pass."""
    highest = top(s, keep)
    total = highest + np.log(np.sum(exponentials(s, keep), axis=-1, keepdims=True))
    return np.where(keep, np.exp(np.where(keep, s - total, 0)), 0)


def single(x: Array) -> Array:
    """x as float32 has it, in terms of float64: a multiple of it is added and taken off, which leaves as many bits.

    The multiple is a number without error, so that what x has of its own is passed on once. What is below the normal
    numbers of float32 may be flushed to 0, and is off by as much.
    """
    near, wide, narrow = middle(x), np.finfo(np.float64), np.finfo(np.float32)
    smallest = float(narrow.smallest_normal)
    multiple = near * 2.0 ** (wide.nmant - narrow.nmant)
    multiple = np.where((near != 0) & (np.abs(near) < smallest), smallest * 2.0**wide.nmant, multiple)
    return (x + multiple) - multiple


def softmax_in_single(s: Array, keep: Array) -> Array:
    """Weights computed in float32, each step, of logits rounded to it; an exponential may be off by two roundings."""
    s = single(s)
    e = np.where(keep, single(single(np.exp(np.where(keep, single(s - top(s, keep)), 0)))), 0)
    return single(single(e / single(np.sum(e, axis=-1, keepdims=True))))


def back(d: Array, p: Array, s: Array) -> Array:
    """The cotangent of the logits, as in `softmax`."""
    return through_softmax(d, p, s, axis=-1)


def back_by_result(d: Array, p: Array, s: Array) -> Array:
    """The cotangent of the logits as p (d - sum(d p))."""
    return by_result(d, p, s, axis=-1)


def back_in_single(d: Array, p: Array, s: Array) -> Array:
    """The same in float32, each step."""
    d = single(d)
    return single(p * single(d - single(np.sum(single(d * p), axis=-1, keepdims=True))))


def checked(q: Array, k: Array, v: Array, mask: Array = None) -> None:
    """Raise ValueError for operands that do not fit each other."""
    shapes = [np.shape(x) for x in (q, k, v)]
    if min(map(len, shapes)) < 2 or len({shape[:-2] for shape in shapes}) > 1:
        raise ValueError(f"attention takes q, k and v with the same axes before the last two, not {shapes}")
    if shapes[0][-1] != shapes[1][-1] or shapes[1][-2] != shapes[2][-2]:
        raise ValueError(f"queries have the last axis of keys, and keys as many rows as values, not {shapes}")
    full = (*shapes[0][:-1], shapes[1][-2])
    if mask is not None and np.broadcast_shapes(np.shape(mask), full) != full:
        raise ValueError(f"a mask of shape {np.shape(mask)} does not fit logits of shape {full}")


def attention(product: Callable[..., Array], weigh: Softmax) -> Callable[..., Array]:
    """The forward expression, its logits by `product` and its weights by `weigh`."""

    def scaled_dot_product_attention(
        q: Array, k: Array, v: Array, mask: Array = None, *, is_causal: bool = False, scale: float | None = None
    ) -> Array:
        """softmax(q k^T scale + mask) v (Vaswani et al. 2017, eq. 1); `scale` is 1 / sqrt(E) if it is None.

        With `is_causal` query i attends to the keys 0 to i. The mask is a number for each pair, or broadcasts to that.
        """
        checked(q, k, v, mask)
        s = product(q, k, mask, scale)
        return weigh(s, kept(s, is_causal)) @ v

    return scaled_dot_product_attention


def rules(product: Callable[..., Array], weigh: Softmax, through: Back) -> tuple[Rule, ...]:
    """The rules for q, k, v and the mask, given how the logits' cotangent is found from that of the weights."""

    def swept(operand: int) -> Rule:
        def rule(
            g: Array,
            y: Array,
            q: Array,
            k: Array,
            v: Array,
            mask: Array = None,
            *,
            is_causal: bool,
            scale: float | None,
        ) -> Array:
            s = product(q, k, mask, scale)
            p = weigh(s, keep := kept(s, is_causal))
            if operand == 2:
                return swap(p) @ g
            d = np.where(keep, through(g @ swap(v), p, np.where(keep, s, np.min(middle(s)) - 1)), 0)
            if operand == 3:
                return unbroadcast(d, np.shape(mask))
            d = d * factor(q, scale)
            return d @ k if operand == 0 else swap(d) @ q

        return rule

    return tuple(map(swept, range(4)))


def other(
    product: Callable[..., Array], weigh: Softmax, weigh_again: Softmax, through: Back, only: str = ""
) -> Algorithm:
    """An algorithm by its parts, for one dtype `only` or for all; weights are computed again for the derivative."""
    return Algorithm(attention(product, weigh), dict(enumerate(rules(product, weigh_again, through))), only)


def result_size(q: Shape, k: Shape, v: Shape, mask: Shape = (), **attributes: object) -> int:
    """The entries of the result (..., L, Ev)."""
    return math.prod(q[:-1]) * v[-1]


def weights_size(q: Shape, k: Shape, v: Shape, mask: Shape = (), **attributes: object) -> int:
    """The entries of the weights (..., L, S)."""
    return math.prod(q[:-1]) * k[-2]


NAME = "scaled_dot_product_attention"
SHAPES: tuple[tuple[Shape, Shape, Shape], ...] = (
    ((2, 3), (4, 3), (4, 2)),
    ((2, 3, 4), (2, 3, 4), (2, 3, 4)),
    ((1, 2, 3, 2), (1, 2, 3, 2), (1, 2, 3, 2)),
)
SETTINGS = ("", ", mask", ", is_causal=True", ", mask, scale=0.75")

define(NAME, attention(logits, softmax),
       *rules(logits, softmax, back),
       algorithms={
           f"{NAME}': p (d - sum(d p))": other(logits, softmax, softmax, back_by_result),
           f"{NAME}: q and k times the root of the scale, p (d - sum(d p))": other(
               logits_of_scaled, softmax, softmax, back_by_result),
           f"{NAME}': exp(s - log(sum(exp(s)))), p (d - sum(d p))": other(
               logits, softmax, softmax_of_logarithm, back_by_result),
           f"{NAME}: softmax in float32": other(
               logits, softmax_in_single, softmax_in_single, back_in_single, "float64"),
       },
       size=result_size, patches=weights_size,
       products=lambda q, k, v, mask=(), **attributes: math.prod(q[:-1]) * k[-2] * (k[-1] + v[-1]),
       scenarios=[
           Scenario(f"{NAME}(q, k, v{setting})",
                    {"q": q, "k": k, "v": v, **({"mask": (q[-2], k[-2])} if "mask" in setting else {})})
           for q, k, v in SHAPES for setting in SETTINGS
       ])  # fmt: skip
