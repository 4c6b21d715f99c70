"""Attention by several heads: linear layers before, and one behind (Vaswani et al. 2017, section 3.2.2).

Queries q are (L, N, E), keys k and values v (S, N, E), or all without samples N; as torch.nn.functional's
`multi_head_attention_forward` has them, the rows of W_in (3E, E) and of b_in (3E,) are those for q, for k and for v,
and E / num_heads features in a row are a head's. W_out is (E, E), b_out (E,), and the mask (L, S), which is added to
the logits of all heads. A row that the mask leaves nothing of has no value.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import numpy as np

from gradproof.reference.operations import attention
from gradproof.reference.operations.attributes import AtLeast
from gradproof.reference.operations.axes import Shape, in_turn
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.products import swap
from gradproof.reference.operations.recurrent import once
from gradproof.reference.operations.table import Rule, Scenario, define, whole

Heads = Annotated[int, AtLeast(1)]
Layer = tuple[Callable[..., Array], *tuple[Rule, ...]]
"""A forward expression and the rules of all operands."""

NAME = "multi_head_attention"


def checked(
    q: Array, k: Array, v: Array, W_in: Array, b_in: Array, W_out: Array, b_out: Array, mask: Array, num_heads: int
) -> None:
    """Raise ValueError for operands that do not fit each other."""
    given = [np.shape(x) for x in (q, k, v, W_in, b_in, W_out, b_out)]
    if len(given[0]) not in (2, 3):
        raise ValueError(f"queries are (L, N, E) or (L, E), not {given[0]}")
    (steps, *samples, width), keys = given[0], given[1][:1]
    if width % num_heads:
        raise ValueError(f"{width} features are none for {num_heads} heads alike")
    rest = (*samples, width)
    fitting = [
        (steps, *rest),
        (*keys, *rest),
        (*keys, *rest),
        (3 * width, width),
        (3 * width,),
        (width, width),
        (width,),
    ]
    for name, shape, fits in zip(("q", "k", "v", "W_in", "b_in", "W_out", "b_out"), given, fitting, strict=True):
        if shape != fits:
            raise ValueError(f"{name} has shape {fits} for queries of shape {given[0]}, not {shape}")
    if mask is not None and np.shape(mask) != (steps, *keys):
        raise ValueError(f"a mask has shape {(steps, *keys)} here, not {np.shape(mask)}")


def to_heads(x: Array, heads: int) -> Array:
    """x (L, N, E) or (L, E) as (N, heads, L, E / heads); without samples there is one."""
    split = np.reshape(x, (np.shape(x)[0], -1, heads, np.shape(x)[-1] // heads))
    return np.transpose(split, (1, 2, 0, 3))


def from_heads(x: Array, shape: Shape) -> Array:
    """The array of `shape`, (L, N, E) or (L, E), whose `to_heads` is x."""
    return np.reshape(np.transpose(x, (2, 0, 1, 3)), shape)


def flat(x: Array) -> Array:
    """The rows of x (..., E)."""
    return np.reshape(x, (-1, np.shape(x)[-1]))


def thirds(x: Array) -> list[Array]:
    """The parts of W_in or of b_in for q, k and v."""
    width = np.shape(x)[0] // 3
    return [x[part * width : (part + 1) * width] for part in range(3)]


def layer(product: Callable[..., Array], weigh: attention.Softmax, through: attention.Back) -> Layer:
    """The forward expression and the rules of all operands, by the parts that `attention` has."""
    attend, through_attention = attention.attention(product, weigh), attention.rules(product, weigh, through)

    def projected(q: Array, k: Array, v: Array, W_in: Array, b_in: Array, heads: int) -> list[Array]:
        layers = zip((q, k, v), thirds(W_in), thirds(b_in), strict=True)
        return [to_heads(x @ swap(W) + b, heads) for x, W, b in layers]

    def multi_head_attention(
        q: Array,
        k: Array,
        v: Array,
        W_in: Array,
        b_in: Array,
        W_out: Array,
        b_out: Array,
        mask: Array = None,
        *,
        num_heads: Heads = 2,
    ) -> Array:
        """What all heads attend to, side by side, through the last layer: of the shape of q."""
        checked(q, k, v, W_in, b_in, W_out, b_out, mask, num_heads)
        found = attend(*projected(q, k, v, W_in, b_in, num_heads), mask)
        return from_heads(found, np.shape(q)) @ swap(W_out) + b_out

    def sweep(
        g: Array, q: Array, k: Array, v: Array, W_in: Array, b_in: Array, W_out: Array, mask: Array, heads: int
    ) -> tuple[list[Array], Array, Array]:
        """The cotangents of what q, k and v are projected to, what the heads gave, and the cotangent of the mask."""
        parts = projected(q, k, v, W_in, b_in, heads)
        found = attend(*parts, mask)
        d = to_heads(g @ W_out, heads)
        back = [
            rule(d, found, *parts, mask, is_causal=False, scale=None)
            for rule in through_attention[: 3 if mask is None else 4]
        ]
        shapes = map(np.shape, (q, k, v))
        projections = [from_heads(x, shape) for x, shape in zip(back, shapes, strict=False)]
        return projections, from_heads(found, np.shape(q)), None if mask is None else back[3]

    swept = once(sweep)

    def rule(operand: int) -> Rule:
        def of_operand(
            g: Array, y: Array, q: Array, k: Array, v: Array, W_in: Array, b_in: Array, W_out: Array, b_out: Array,
            mask: Array = None, *, num_heads: int,
        ) -> Array:  # fmt: skip
            back, found, of_mask = swept(g, q, k, v, W_in, b_in, W_out, mask, num_heads)
            if operand < 3:
                return back[operand] @ thirds(W_in)[operand]
            rows = [flat(x) for x in back]
            if operand == 3:
                return np.concatenate([swap(d) @ flat(x) for d, x in zip(rows, (q, k, v), strict=True)], axis=0)
            if operand == 4:
                return np.concatenate([in_turn(d, axis=0) for d in rows], axis=0)
            if operand == 5:
                return swap(flat(g)) @ flat(found)
            return in_turn(flat(g), axis=0) if operand == 6 else of_mask

        return of_operand

    return multi_head_attention, *map(rule, range(8))


def logits_of_scaled_queries(q: Array, k: Array, mask: Array, scale: float | None) -> Array:
    """Logits of queries that are multiplied by the factor before."""
    s = (q * attention.factor(q, scale)) @ swap(k)
    return s if mask is None else s + mask


def result_size(q: Shape, *shapes: Shape, num_heads: int) -> int:
    """The entries of the result, which has the shape of q."""
    return math.prod(q)


def weights_size(q: Shape, k: Shape, *shapes: Shape, num_heads: int) -> int:
    """The entries of the weights of all heads."""
    return math.prod(q[:-1]) * k[0] * num_heads


def products(q: Shape, k: Shape, *shapes: Shape, num_heads: int) -> int:
    """How many products of numbers are added up: in four layers, and twice between queries and keys."""
    return 2 * q[-1] * (math.prod(q) + math.prod(k)) + 2 * math.prod(q) * k[0]


OPERANDS = ("q", "k", "v", "W_in", "b_in", "W_out", "b_out")


def scenario(told: str, *samples: int) -> Scenario:
    """Two queries and three keys of two features, with so many samples or none."""
    keys = (3, *samples, 2)
    shapes = dict(zip(OPERANDS, ((2, *samples, 2), keys, keys, (6, 2), (6,), (2, 2), (2,)), strict=True))
    masked = {"mask": (2, 3)} if "mask" in told else {}
    return Scenario(f"{NAME}({', '.join(OPERANDS)}{told})", {**shapes, **masked})


define(NAME, *layer(attention.logits, attention.softmax, attention.back),
       algorithms={
           f"{NAME}': p (d - sum(d p))": whole(*layer(attention.logits, attention.softmax, attention.back_by_result)),
           f"{NAME}: q times the scale, p (d - sum(d p))": whole(*layer(
               logits_of_scaled_queries, attention.softmax, attention.back_by_result)),
           f"{NAME}: softmax in float32": replace(whole(*layer(
               attention.logits, attention.softmax_in_single, attention.back_in_single)), only="float64"),
       },
       size=result_size, patches=weights_size, products=products,
       scenarios=[
           scenario("", 2), scenario(", mask", 2), scenario(", mask, num_heads=1", 2), scenario(", mask"),
       ])  # fmt: skip
