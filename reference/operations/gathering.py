"""Operations that choose entries by integers or booleans, which have no derivative: `take`, `embedding`, `where`.

What is taken more than once adds up on the way back, in any order.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from gradproof.reference.operations.attributes import AtLeast, Indices, Mask
from gradproof.reference.operations.axes import Shape, in_turn
from gradproof.reference.operations.kernels import Array, place
from gradproof.reference.operations.table import Rule, define, elementwise, tried


def within(i: Array, length: int) -> Array:
    """The integers i, if they are indices from 0 of an axis of this length. Raises IndexError for others.

    Frameworks do not agree on what an index below 0 or past the end means.
    """
    for wrong in i[(i < 0) | (i >= length)].flat:
        raise IndexError(f"there is no index {wrong} from 0 to {length - 1}")
    return i


def gathered(x: Array, places: Array) -> Array:
    """The entries of x (any shape) at `places` in the order of its entries: of the shape of `places`."""
    return np.reshape(x, (-1,))[places]


def added(g: Array, places: Array, shape: Shape) -> Array:
    """The transpose of `gathered`: an array of `shape` of sums of the entries of g, each added to that at its place."""
    flat = np.reshape(g, (-1,))
    where, first, count = np.unique(np.sort(places, axis=None), return_index=True, return_counts=True)
    order = np.argsort(places, axis=None, kind="stable")
    if len(where) < places.size:
        terms = np.full((len(where), np.max(count)), places.size)  # a row for each place; beyond its terms, one of 0
        rows = np.repeat(np.arange(len(where)), count)
        terms[rows, np.arange(places.size) - first[rows]] = order
        sums = in_turn(np.concatenate([flat, np.zeros(1, np.int8)])[terms])
    else:
        sums = flat[order]
    return np.reshape(place(sums, key=where, shape=(math.prod(shape),)), shape)


def places(shape: Shape) -> Array:
    """The places of the entries of an array of this shape."""
    return np.reshape(np.arange(math.prod(shape)), shape)


def gathering(found: Callable[..., Array]) -> tuple[Callable[..., Array], Rule]:
    """What takes entries of x at the places that `found(shape of x, i, **attributes)` gives, and its rule for x."""

    def forward(x: Array, i: Array, **attributes: Any) -> Array:
        return gathered(x, found(np.shape(x), i, **attributes))

    def rule(g: Array, y: Array, x: Array, i: Array, **attributes: Any) -> Array:
        return added(g, found(np.shape(x), i, **attributes), np.shape(x))

    return forward, rule


def taken(shape: Shape, i: Array, *, axis: int) -> Array:
    """The places in an array of `shape` of the entries that `take` takes, in the shape of its result.

    Raises IndexError for an index below 0 or past the end.
    """
    return np.take(places(shape), within(i, shape[axis]), axis=axis)


def taken_along_axis(shape: Shape, i: Array, *, axis: int) -> Array:
    """The places in an array of `shape` of the entries that `take_along_axis` takes, in the shape of its result.

    Raises ValueError where the indices have another number of axes, IndexError for one below 0 or past the end.
    """
    if i.ndim != len(shape):
        raise ValueError(f"the indices have {i.ndim} axes, and what is taken from {len(shape)}")
    return np.take_along_axis(places(shape), within(i, shape[axis]), axis=axis)


TAKE, TAKE_ALONG = gathering(taken), gathering(taken_along_axis)


def take(x: Array, i: Indices, *, axis: int = 0) -> Array:
    """The parts of x at the indices i (any shape) along `axis`: that axis becomes those of i."""
    return TAKE[0](x, i, axis=axis)


def take_along_axis(x: Array, i: Indices, *, axis: int = -1) -> Array:
    """For each row of x along `axis`, its entries at the indices in the same row of i (as many axes as x)."""
    return TAKE_ALONG[0](x, i, axis=axis)


def take_size(x: Shape, i: Shape, *, axis: int) -> int:
    """How many entries the result of `take` has."""
    return math.prod(x) // x[axis] * math.prod(i)


def take_along_size(x: Shape, i: Shape, *, axis: int) -> int:
    """How many entries the result of `take_along_axis` has."""
    others = [np.broadcast_shapes(s[:k] + s[k + 1 :]) for s, k in ((x, axis % len(x)), (i, axis % len(x)))]
    return math.prod(np.broadcast_shapes(*others)) * i[axis]


define("take", take,
       TAKE[1],
       size=take_size, scenarios=(
           *tried("take(x, i)", "take(x, i, axis=1)", "take(x, i, axis=-1)", given={"i": [0, 2, 2, 0, 2]}, x=(3, 4)),
           *tried("take(x, i)", given={"i": [[1, 0], [1, 1]]}, x=(2, 3)),
           *tried("take(x, i)", given={"i": 2}, x=(4,))))  # fmt: skip
define("take_along_axis", take_along_axis,
       TAKE_ALONG[1],
       size=take_along_size, scenarios=(
           *tried("take_along_axis(x, i)", given={"i": [[0, 0, 2], [1, 3, 1]]}, x=(2, 4)),
           *tried("take_along_axis(x, i, axis=0)", given={"i": [[1, 0, 1, 0]]}, x=(2, 4)),
           *tried("take_along_axis(x, i, axis=1)", given={"i": [[[1, 0], [1, 1]]]}, x=(1, 3, 2))))  # fmt: skip


# A table of vectors, looked up: Bengio, Ducharme, Vincent and Jauvin 2003, section 2; the padding index is that of the
# documentation of torch.nn.functional.embedding.


def embedding(i: Indices, W: Array, *, padding_idx: int | None = None) -> Array:
    """The rows of W (n, d) at the indices i (any shape S): (*S, d). Nothing goes back to the row `padding_idx`.

    So its gradient is not its derivative there, but that of a function for which that row is a constant. Raises
    ValueError for W of another rank, IndexError for an index below 0 or past the end.
    """
    if np.ndim(W) != 2:
        raise ValueError(f"W has {np.ndim(W)} axes, not 2")
    if padding_idx is not None:
        within(np.array(padding_idx), np.shape(W)[0])
    return gathered(W, places(np.shape(W))[within(i, np.shape(W)[0])])


def embedding_rule(g: Array, y: Array, i: Array, W: Array, *, padding_idx: int | None) -> Array:
    """Each row of W gets the sum of the cotangents of its copies; the row `padding_idx` gets 0."""
    if padding_idx is not None:
        g = np.where((i == padding_idx)[..., None], 0, g)
    return added(g, places(np.shape(W))[i], np.shape(W))


define("embedding", embedding,
       embedding_rule,
       size=lambda i, W, **attributes: math.prod(i) * W[-1], scenarios=(
           *tried("embedding(i, W)", given={"i": [[0, 2, 2], [1, 0, 2]]}, W=(4, 2)),
           *tried("embedding(i, W, padding_idx=3)", given={"i": [1, 1, 0]}, W=(4, 3)),
           *tried("embedding(i, W)", given={"i": 1}, W=(2, 3))))  # fmt: skip


def where(c: Mask, a: Array, b: Array) -> Array:
    """a where c is True, else b."""
    return np.where(c, a, b)


MASK = [[True, False, True], [False, False, True]]

elementwise("where", where,
            lambda g, y, c, a, b: np.where(c, g, 0),
            lambda g, y, c, a, b: np.where(c, 0, g),
            domain=None, scenarios=(
                *tried("where(m, a, b)", given={"m": MASK}, a=(2, 3), b=(2, 3)),
                *tried("where(m, a, b)", given={"m": MASK}, a=(3,), b=(2, 1)),
                *tried("where(m, a, b)", given={"m": MASK}, a=(), b=())))  # fmt: skip


def one_hot(i: Indices, *, num_classes: Annotated[int, AtLeast(1)] = 2) -> Array:
    """A row of `num_classes` numbers for each index (any shape): 1 at its place, and else 0."""
    return (within(i, num_classes)[..., None] == np.arange(num_classes)).astype(np.int8)


def scatter_add(x: Array, i: Indices, src: Array, *, axis: int = 0) -> Array:
    """x, and the parts of `src` added to it at the indices i (any shape) along `axis`: `take`, transposed.

    As torch.index_add and JAX's x.at[i].add(src); what comes to one place is added in any order. Raises ValueError
    unless `src` has the shape of take(x, i), IndexError for an index below 0 or past the end.
    """
    where = taken(np.shape(x), i, axis=axis)
    if np.shape(src) != where.shape:
        raise ValueError(f"src must have shape {where.shape}, that of take(x, i, axis={axis})")
    both = np.concatenate([np.reshape(x, (-1,)), np.reshape(src, (-1,))])
    return added(both, np.concatenate([np.arange(math.prod(np.shape(x))), np.reshape(where, (-1,))]), np.shape(x))


def source_rule(g: Array, y: Array, x: Array, i: Array, src: Array, *, axis: int) -> Array:
    """What was added somewhere gets the cotangent of that place."""
    return gathered(g, taken(np.shape(x), i, axis=axis))


define("one_hot", one_hot,
       size=lambda i, *, num_classes: math.prod(i) * num_classes, scenarios=(
           *tried("x * one_hot(i, num_classes=4)", given={"i": [0, 2, 2]}, x=(3, 4)),
           *tried("one_hot(i, num_classes=3) @ x", given={"i": [[0, 2], [1, 1]]}, x=(3, 2))))  # fmt: skip
define("scatter_add", scatter_add,
       lambda g, y, x, i, src, *, axis: g,
       source_rule,
       patches=lambda x, i, src, *, axis: (math.prod(i) + 1) * math.prod(x), scenarios=(
           *tried("scatter_add(x, i, s)", given={"i": [0, 2, 2, 0, 2]}, x=(4, 2), s=(5, 2)),
           *tried("scatter_add(x, i, s, axis=1)", "scatter_add(x, i, s, axis=-1)",
                  given={"i": [1, 1]}, x=(2, 3), s=(2, 2)),
           *tried("scatter_add(x, i, s)", given={"i": [[1, 0], [1, 1]]}, x=(2,), s=(2, 2))))  # fmt: skip
