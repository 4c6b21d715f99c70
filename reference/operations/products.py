"""Matrix products, the outer product, and a layer's `linear` in the four layouts of the documents."""

import math
from typing import Annotated

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import Algorithm, Scenario, define, tried, unbroadcast


def swap(x: Array) -> Array:
    """The matrices (..., m, n) of a stack, transposed: (..., n, m)."""
    return np.swapaxes(x, -1, -2)


def as_matrices(g: Array, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Operands and cotangent of a @ b with a vector on the left as a row, one on the right as a column."""
    if np.ndim(a) == 1:
        a, g = np.reshape(a, (1, -1)), np.reshape(g, (*np.shape(g)[:-1], 1, *np.shape(g)[-1:]))
        if np.ndim(b) == 1:
            g = np.reshape(g, (1,))
    if np.ndim(b) == 1:
        b, g = np.reshape(b, (-1, 1)), np.reshape(g, (*np.shape(g), 1))
    return g, a, b


def left_rule(g: Array, y: Array, left: Array, right: Array) -> Array:
    """g @ b.T (001_856bfbabee75bf37.txt, "Backward pass", gradient of the weights, transposed layout)."""
    g, a, b = as_matrices(g, left, right)
    return np.reshape(unbroadcast(g @ swap(b), np.shape(a)), np.shape(left))


def right_rule(g: Array, y: Array, left: Array, right: Array) -> Array:
    """a.T @ g (002_bbaf01ac7e86d9bc.txt, "Vectorized implementation using matrices", grad_V)."""
    g, a, b = as_matrices(g, left, right)
    return np.reshape(unbroadcast(swap(a) @ g, np.shape(b)), np.shape(right))


def matmul(a: Array, b: Array) -> Array:
    """The matrix product of stacks of matrices; a vector on the left is a row, one on the right a column.

    (..., m, k) and (..., k, n) give (..., m, n), the stacks broadcast. Raises ValueError for other shapes.
    """
    try:
        return a @ b
    except ValueError:
        raise ValueError from None  # NumPy's own words are about generalised universal functions


def product_size(a: Shape, b: Shape) -> int:
    """How many entries a @ b has, given the shapes of a and b. Raises ValueError where stacks do not broadcast."""
    a, b = a if len(a) > 1 else (1, *a), b if len(b) > 1 else (*b, 1)
    return math.prod(np.broadcast_shapes(a[:-2], b[:-2])) * a[-2] * b[-1]


define("matmul", matmul,
       left_rule,
       right_rule,
       notation="a @ b", size=product_size, products=lambda a, b: product_size(a, b) * a[-1], scenarios=[
           Scenario("a @ b", {"a": a, "b": b})
           for a, b in (
               ((3,), (3,)),
               ((2, 3), (3,)),
               ((3,), (3, 2)),
               ((2, 3), (3, 4)),
               ((2, 3, 2), (2, 2)),
               ((2, 1, 2, 3), (3, 3, 1)),
           )
       ])  # fmt: skip


def outer(a: Array, b: Array) -> Array:
    """The products of all entries of the vectors `a` (m,) and `b` (n,): (m, n). Raises ValueError for other ranks."""
    if np.ndim(a) != 1 or np.ndim(b) != 1:
        raise ValueError(f"outer takes two vectors, not arrays of rank {np.ndim(a)} and {np.ndim(b)}")
    return np.reshape(a, (-1, 1)) * b


define("outer", outer,
       lambda g, y, a, b: g @ b,
       lambda g, y, a, b: a @ g,
       size=lambda a, b: math.prod(a) * math.prod(b), scenarios=tried("outer(a, b)", a=(2,), b=(3,)))  # fmt: skip


# A layer's pre-activation in the documents' four layouts. `rows` says whether samples are the rows of x
# (else x is one sample, a vector, or samples as columns), `transposed` whether W has shape (inputs, outputs).
LAYOUTS = {
    "W @ x": "001_856bfbabee75bf37.txt, 'Forward pass': W is (outputs, inputs), x a vector or columns",
    "(W @ X.T).T": "001_856bfbabee75bf37.txt, 'Forward pass - code', batched: W is (outputs, inputs), X rows",
    "X @ W": "002_bbaf01ac7e86d9bc.txt, 'Vectorized implementation using matrices': W is (inputs, outputs), X rows",
    "W.T @ a": "003_5e1432ecd98f1466.txt, eq. zfunceq: W is (inputs, outputs), a a vector or columns",
}
TRANSPOSED = ("X @ W", "W.T @ a")
ROWS = ("X @ W", "(W @ X.T).T")


def linear(x: Array, W: Array, b: Array = None, *, layout: Annotated[str, LAYOUTS] = "(W @ X.T).T") -> Array:
    """W applied to x in one of `LAYOUTS`, plus the bias b if there is one.

    A vector b is added to every sample: along the rows of the result, or, where samples are columns, along its columns.
    Raises ValueError for another layout, other ranks, and a bias that would change the shape of the result.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"linear has no layout {layout!r}; it has {', '.join(map(repr, LAYOUTS))}")
    if np.ndim(W) != 2 or np.ndim(x) not in (1, 2):
        raise ValueError(f"linear takes a matrix W and a vector or matrix x, not ranks {np.ndim(W)}, {np.ndim(x)}")
    weight = swap(W) if layout in TRANSPOSED else W
    y = swap(weight @ swap(x)) if np.ndim(x) == 2 and layout in ROWS else weight @ x
    return y if b is None else y + bias(b, y, layout)


def bias(b: Array, y: Array, layout: str) -> Array:
    """b as it is added to y: a column where the samples of y are columns.

    Raises ValueError for a bias that would change the shape of y.
    """
    column = np.ndim(b) == 1 and np.ndim(y) == 2 and layout not in ROWS
    added = np.reshape(b, (-1, 1)) if column else b
    lengths = zip(reversed(np.shape(added)), reversed(np.shape(y)), strict=False)
    if np.ndim(added) > np.ndim(y) or any(n not in (1, m) for n, m in lengths):
        raise ValueError(f"a bias of shape {np.shape(b)} cannot be added to a result of shape {np.shape(y)}")
    return added


def onto_bias(x: Array, W: Array, b: Array = None, *, layout: str) -> Array:
    """`linear` as one product, in which the bias is the weight of an input that is 1: one sum, in any order."""
    if b is None:
        return linear(x, W, layout=layout)
    rows = np.ndim(x) == 1 or layout in ROWS
    one = np.ones((*np.shape(x)[:-1], 1) if rows else (1, *np.shape(x)[1:]), bool)
    transposed = layout in TRANSPOSED
    bias = np.reshape(b, (1, -1) if transposed else (-1, 1))
    x, W = np.concatenate([one, x], axis=-1 if rows else 0), np.concatenate([bias, W], axis=0 if transposed else 1)
    return linear(x, W, layout=layout)


def flat(g: Array, x: Array, layout: str) -> tuple[Array, Array]:
    """Cotangent and input with samples as columns: matrices (outputs, m) and (inputs, m)."""
    if np.ndim(x) == 1:
        return np.reshape(g, (-1, 1)), np.reshape(x, (-1, 1))
    return (swap(g), swap(x)) if layout in ROWS else (g, x)


def linear_input_rule(g: Array, y: Array, x: Array, W: Array, b: Array = None, *, layout: str) -> Array:
    """W.T @ g for samples as columns (001_856bfbabee75bf37.txt, "Backward pass", Activations)."""
    columns, _ = flat(g, x, layout)
    result = (W if layout in TRANSPOSED else swap(W)) @ columns
    return np.reshape(swap(result) if np.ndim(x) == 2 and layout in ROWS else result, np.shape(x))


def linear_weight_rule(g: Array, y: Array, x: Array, W: Array, b: Array = None, *, layout: str) -> Array:
    """g @ x.T, summed over samples; its transpose where W is (inputs, outputs) (003, eq. dCostlayerl)."""
    columns, inputs = flat(g, x, layout)
    return inputs @ swap(columns) if layout in TRANSPOSED else columns @ swap(inputs)


def linear_bias_rule(g: Array, y: Array, x: Array, W: Array, b: Array, *, layout: str) -> Array:
    """The cotangent, summed over samples (003_5e1432ecd98f1466.txt, eq. summarybackpropcostd)."""
    return np.reshape(unbroadcast(g, np.shape(bias(b, y, layout))), np.shape(b))


def linear_size(x: Shape, W: Shape, b: Shape = (), *, layout: str) -> int:
    """How many entries a layer's result has, given shapes: outputs times samples."""
    outputs = W[1] if layout in TRANSPOSED else W[0]
    return outputs * (1 if len(x) == 1 else x[0] if layout in ROWS else x[1])


define("linear", linear,
       linear_input_rule,
       linear_weight_rule,
       linear_bias_rule,
       algorithms={"linear: onto the bias": Algorithm(onto_bias)}, size=linear_size,
       products=lambda x, W, b=(), *, layout: math.prod(W) * math.prod(x) // x[0 if layout not in ROWS else -1],
       scenarios=[
           Scenario(f"linear(x, W{b}, layout='{layout}')", {"x": x, "W": W} | ({"b": (2,)} if b else {}))
           for b in ("", ", b")
           for layout, x, W in (
               ("W @ x", (3,), (2, 3)),
               ("W @ x", (3, 4), (2, 3)),
               ("(W @ X.T).T", (3,), (2, 3)),
               ("(W @ X.T).T", (4, 3), (2, 3)),
               ("X @ W", (3,), (3, 2)),
               ("X @ W", (4, 3), (3, 2)),
               ("W.T @ a", (3,), (3, 2)),
               ("W.T @ a", (3, 4), (3, 2)),
           )
       ])  # fmt: skip
