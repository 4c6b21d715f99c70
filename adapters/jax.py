"""JAX: `jax.value_and_grad`, compiled by `jax.jit` or run operation by operation."""

import math
from collections.abc import Callable

from gradproof.adapters import convolution_words, multi_head_words, recurrent_words, transposed_convolution_words
from gradproof.adapters.class_labels import Words, of_labels
from gradproof.adapters.framework import Applied, Checker, Differentiation, Framework, Mode
from gradproof.adapters.moving_windows import adaptive, windows
from gradproof.adapters.plain_words import (
    COSINE,
    axes_of,
    by_entry,
    channel_affine,
    given_statistics,
    grouped_shape,
    huber,
    looked_up,
    multi_margin,
    over_samples,
    shared_axes,
    stated,
    widths,
    with_lengths,
)
from gradproof.reference.readings.cuts import Cuts

CUTS = Cuts(window=32, library=4, large=4096)
"""Those of XLA's compiler for CPUs, which makes eager functions too."""


def jit(d: Differentiation) -> str:
    """The line that defines `value_and_gradients`, compiled as one program."""
    return f"value_and_gradients = jax.jit(jax.value_and_grad(loss, argnums={d.argnums}))"


def eager(d: Differentiation) -> str:
    """The line that defines `value_and_gradients`, which runs operation by operation."""
    return f"value_and_gradients = jax.value_and_grad(loss, argnums={d.argnums})"


def attention(applied: Applied) -> str:
    """jax.nn.dot_product_attention wants (B, L, heads, E), one E for all, and four axes of a bias, which is the mask.

    Operands without samples or heads get one of each for the while; with more axes it is written by hand.
    """
    q, _, v = applied.shapes[:3]
    settings = f"is_causal={applied['is_causal']}, scale={applied['scale']}"
    before = {2: "{}[:, None]", 3: "{}[:, :, None]", 4: "jnp.swapaxes({}, 1, 2)"}.get(len(q))
    if before is None or q[-1] != v[-1]:
        return by_hand(applied)
    if len(applied.shapes) == 4:
        rank = len(applied.shapes[3])
        new = "None, " * (4 - rank if len(q) != 3 or rank < 3 else 0)
        mask = "mask[:, None]" if len(q) == 3 and rank == 3 else f"mask[{new}...]"
        settings = f"{mask}, {settings}"
    call = f"jax.nn.dot_product_attention({', '.join(map(before.format, 'qkv'))}, {settings})"
    return {2: f"{call}[:, 0]", 3: f"{call}[:, :, 0]", 4: f"jnp.swapaxes({call}, 1, 2)"}[len(q)]


def by_hand(applied: Applied) -> str:
    """Attention as it is written out."""
    scale = applied["scale"]
    factor = f" / {applied.shapes[0][-1]} ** 0.5" if scale is None else f" * {scale}"
    s = f"q @ jnp.swapaxes(k, -1, -2){factor}{' + mask' if len(applied.shapes) == 4 else ''}"
    if applied["is_causal"]:
        full = (applied.shapes[0][-2], applied.shapes[1][-2])
        s = f"jnp.where(jnp.tril(jnp.ones({full}, dtype=bool)), {s}, -jnp.inf)"
    return f"jax.nn.softmax({s}) @ v"


def attention_algorithm(applied: Applied) -> str:
    """jax/_src/nn/functions.py, _dot_product_attention_core, where softmax is always in float32; by hand as softmax."""
    if applied.dtype == "float64" and "dot_product_attention" in attention(applied):
        return "scaled_dot_product_attention: softmax in float32"
    return "scaled_dot_product_attention': p (d - sum(d p))"


def standardised(x: str, axes: tuple[int, ...], eps: float) -> str:
    """The text of `x` less its mean over `axes`, by its standard deviation."""
    over = f"axis={axes}, keepdims=True"
    return f"({x} - jnp.mean({x}, {over})) / jnp.sqrt(jnp.var({x}, {over}) + {eps})"


def over_axes(first: int | None) -> Callable[[Applied], str]:
    """The template of a normalisation of images by what each channel has in its places, and along the axis `first`."""
    return lambda applied: f"{standardised('x', shared_axes(applied, first), applied['eps'])}{channel_affine(applied)}"


def group_norm(applied: Applied) -> str:
    """The same with the entries of each group of channels side by side."""
    groups = standardised(f"jnp.reshape(x, {grouped_shape(applied)})", (2,), applied["eps"])
    return f"jnp.reshape({groups}, {applied.shapes[0]}){channel_affine(applied)}"


def unit_length(x: str, applied: Applied) -> str:
    """The text of `x` over its norm."""
    squares = f"jnp.sum(jnp.square({x}), axis={applied['axis']}, keepdims=True)"
    return f"{x} * jax.lax.rsqrt(jnp.maximum({squares}, {applied['eps'] ** 2}))"


def norm(applied: Applied) -> str:
    """jnp.linalg.vector_norm, whose largest absolute value is that of 0 as well."""
    order = {math.inf: "jnp.inf"}.get(applied["ord"], applied["ord"])
    return stated(f"jnp.linalg.vector_norm(x, ord={order}, axis={{axis}}, keepdims={{keepdims}})")(applied)


def normalize(applied: Applied) -> str:
    """The text of x over its norm, of either order, along an axis; eps is the least that it is divided by."""
    if applied["ord"] == 2:
        return unit_length("x", applied)
    size = f"jnp.linalg.vector_norm(x, ord=1, axis={applied['axis']}, keepdims=True)"
    return f"x / jnp.maximum({size}, {applied['eps']})"


def reduce_window(x: str, start: str, reduction: str, applied: Applied) -> str:
    """The text of jax.lax.reduce_window over the windows of a pooling."""
    each = windows(applied)
    sizes, strides = (1, 1, *(axis.size for axis in each)), (1, 1, *(axis.stride for axis in each))
    padding = ((0, 0), (0, 0), *((axis.before, axis.after) for axis in each))
    return f"jax.lax.reduce_window({x}, {start}, {reduction}, {sizes}, {strides}, {padding})"


def max_pool(applied: Applied) -> str:
    """JAX has no pooling by name: the largest of each window."""
    return reduce_window("x", "-jnp.inf", "jax.lax.max", applied)


def avg_pool(applied: Applied) -> str:
    """The sum over each window, by the number of entries that count."""
    total, each = reduce_window("x", "0.0", "jax.lax.add", applied), windows(applied)
    padded = any((axis.before, axis.after) != (0, 0) for axis in each)
    if not padded or (applied["count_include_pad"] and not any(axis.uncounted for axis in each)):
        return f"{total} / {math.prod(axis.size for axis in each)}"
    ones = "jnp.ones_like(x)"
    if applied["count_include_pad"]:
        border = ((0, 0), (0, 0), *((axis.before, axis.after - axis.uncounted) for axis in each))
        ones = f"jnp.pad({ones}, {border}, constant_values=1)"
        inner = tuple((0, axis.uncounted) for axis in each)
        sizes, strides = (1, 1, *(axis.size for axis in each)), (1, 1, *(axis.stride for axis in each))
        counts = f"jax.lax.reduce_window({ones}, 0.0, jax.lax.add, {sizes}, {strides}, {((0, 0), (0, 0), *inner)})"
        return f"{total} / {counts}"
    return f"{total} / {reduce_window(ones, '0.0', 'jax.lax.add', applied)}"


def top_k(applied: Applied) -> str:
    """The text of jax.lax.top_k, which takes the last axis: another is swapped with it before and after."""
    axis = applied["axis"] % applied.ranks[0]
    if axis == applied.ranks[0] - 1:
        return f"jax.lax.top_k(x, {applied['k']})[0]"
    return f"jnp.swapaxes(jax.lax.top_k(jnp.swapaxes(x, {axis}, -1), {applied['k']})[0], {axis}, -1)"


LABELS = Words(
    where="jnp.where({}, {}, {})",
    sum="jnp.sum({})",
    log_softmax="jax.nn.log_softmax({})",
    last=lambda x, rank: f"jnp.moveaxis({x}, 1, -1)",
    picked="-jnp.take_along_axis({logp}, ({t})[..., None], axis=-1)[..., 0]",
    taken="weight[{t}]",
    one_hot="jax.nn.one_hot({t}, {classes}, dtype={x}.dtype)",
    count="jnp.sum({})",
)

JAX = Framework(
    key="jax",
    title="JAX",
    colour="#2f7fd0",
    module="jax",
    distributions=("jax",),
    tensors=("jaxlib",),
    imports=("import jax", "import jax.numpy as jnp"),
    # Without it JAX silently makes float32 of float64; who works in float32 has it off, which is the default.
    setup={f"float{n}": f'jax.config.update("jax_enable_x64", {n == 64})' for n in (32, 64)},
    integers={"float32": "int32"},
    modes={"jit": Mode(jit, "@jax.jit", cuts=CUTS), "eager": Mode(eager, measured=False, cuts=CUTS)},
    namespace="jnp",
    templates={
        **convolution_words.JAX,
        **transposed_convolution_words.JAX,
        # JAX has no normalisation of batches; these are the usual lines.
        "take": lambda applied: f"jnp.take(x, i, axis={applied['axis']})",
        "take_along_axis": lambda applied: f"jnp.take_along_axis(x, i, axis={applied['axis']})",
        "one_hot": stated("jax.nn.one_hot(i, {num_classes}, dtype=like.dtype)"),
        "scatter_add": lambda applied: f"x.at[{':, ' * (applied['axis'] % applied.ranks[0])}i].add(src)",
        "sort": stated("jnp.sort(x, axis={axis})"),
        "topk": top_k,
        "embedding": looked_up("W[i]", "jnp.where", "jax.lax.stop_gradient"),
        "batch_norm": over_axes(0),
        "instance_norm": over_axes(None),
        "group_norm": group_norm,
        "batch_norm_inference": given_statistics("jnp.sqrt"),
        "max_pool1d": max_pool,
        "max_pool2d": max_pool,
        "avg_pool1d": avg_pool,
        "avg_pool2d": avg_pool,
        # Not yet jax.nn.standardize for layer_norm: its variance is the mean square less the squared mean, whose error
        # the model takes to be several times what it is where the mean is large.
        **{f"adaptive_avg_pool{axes}d": adaptive("jnp.mean", "jnp.stack") for axes in (1, 2)},
        **{f"adaptive_max_pool{axes}d": adaptive("jnp.max", "jnp.stack") for axes in (1, 2)},
        "erf": "jax.lax.erf(x)",
        "erfc": "jax.lax.erfc(x)",
        "sigmoid": "jax.nn.sigmoid(x)",
        "softplus": "jax.nn.softplus(x)",
        "silu": "jax.nn.silu(x)",
        "relu": "jax.nn.relu(x)",
        "leaky_relu": "jax.nn.leaky_relu(x, negative_slope=negative_slope)",
        "elu": "jax.nn.elu(x, alpha=alpha)",
        "gelu": lambda applied: f"jax.nn.gelu(x, approximate={applied['approximate'] == 'tanh'})",
        "logsigmoid": "jax.nn.log_sigmoid(x)",
        "softsign": "jax.nn.soft_sign(x)",
        "mish": "jax.nn.mish(x)",
        "celu": "jax.nn.celu(x, alpha=alpha)",
        "selu": "jax.nn.selu(x)",
        "prelu": "jnp.where(x >= 0, x, a * x)",  # the line of Flax (flax/linen/activation.py, PReLU)
        "glu": stated("jax.nn.glu(x, axis={axis})"),
        "clip": stated("jnp.clip(x, {lower}, {upper})"),
        "rsqrt": "jax.lax.rsqrt(x)",
        "relu6": "jax.nn.relu6(x)",
        "hardtanh": stated("jnp.clip(x, {min_val}, {max_val})"),
        "hardsigmoid": "jax.nn.hard_sigmoid(x)",
        "hardswish": "jax.nn.hard_silu(x)",
        # JAX has no threshold by name, hard or soft.
        "hardshrink": stated("jnp.where(jnp.abs(x) > {lambd}, x, 0.0)"),
        "softshrink": stated("jnp.where(x > {lambd}, x - {lambd}, jnp.where(x < -{lambd}, x + {lambd}, 0.0))"),
        # Without an axis all entries are taken in one row.
        "cumsum": stated("jnp.cumsum(x, axis={axis})"),
        "cumprod": stated("jnp.cumprod(x, axis={axis})"),
        "flip": lambda applied: f"jnp.flip(x, axis={axes_of(applied)})",
        "roll": stated("jnp.roll(x, {shift}, axis={axis})"),
        "pad": lambda applied: f"jnp.pad(x, {widths(applied)}, constant_values={applied['value']})",
        "reshape": with_lengths("jnp.reshape(x, {lengths})", "shape"),
        "broadcast_to": with_lengths("jnp.broadcast_to(x, {lengths})", "shape"),
        "tile": with_lengths("jnp.tile(x, {lengths})", "reps"),
        "repeat": stated("jnp.repeat(x, {repeats}, axis={axis})"),
        "swapaxes": stated("jnp.swapaxes(x, {axis1}, {axis2})"),
        "split": stated("jnp.split(x, {sections}, axis={axis})"),
        "moveaxis": stated("jnp.moveaxis(x, {source}, {destination})"),
        "norm": norm,
        # JAX has no word for these: the lines of Flax (flax/linen/normalization.py, _l2_normalize), but that what is
        # small is replaced.
        "normalize": normalize,
        "cosine_similarity": lambda applied: (
            f"jnp.sum({unit_length('a', applied)} * {unit_length('b', applied)}, axis={applied['axis']})"
        ),
        "pairwise_distance": stated("jnp.linalg.vector_norm(a - b + {eps}, axis=-1, keepdims={keepdims})"),
        "logsumexp": "jax.nn.logsumexp(x, axis=axis, keepdims=keepdims)",
        "softmax": "jax.nn.softmax(x, axis=axis)",
        "softmin": "jax.nn.softmax(-x, axis=axis)",
        "log_softmax": "jax.nn.log_softmax(x, axis=axis)",
        "scaled_dot_product_attention": attention,
        "huber_loss": by_entry(huber("jnp.", "delta"), "jnp."),
        "smooth_l1_loss": by_entry(huber("jnp.", "beta"), "jnp."),
        "log_cosh": by_entry("jnp.logaddexp(p - t, t - p) - jnp.log(2.0)", "jnp."),  # optax/losses, log_cosh
        # JAX has no word for these; of the first two optax has these lines (optax/losses/_classification.py).
        "hinge": by_entry("jnp.maximum(0, 1 - t * p)", "jnp."),
        "squared_hinge": by_entry("jnp.square(jnp.maximum(0, 1 - t * p))", "jnp."),
        "triplet_margin_loss": by_entry(
            "jnp.maximum(jnp.linalg.norm(a - p + eps, axis=-1) - jnp.linalg.norm(a - n + eps, axis=-1) + margin, 0)",
            "jnp.",
        ),
        "cosine_embedding_loss": by_entry(
            COSINE.format(
                where="jnp.where", maximum="jnp.maximum", sqrt="jnp.sqrt", sum="jnp.sum", square="jnp.square"
            ),
            "jnp.",
        ),
        "margin_ranking_loss": by_entry("jnp.maximum(0, margin - t * (a - b))", "jnp."),
        "hinge_embedding_loss": by_entry("jnp.where(t == 1, x, jnp.maximum(0, margin - x))", "jnp."),
        "multi_margin_loss": multi_margin(
            "jnp.take_along_axis(z, t[..., None], axis=-1)",
            "jnp.where(jnp.arange({classes}) != t[..., None], jnp.maximum(0, margin - {own} + z), 0)",
            "jnp.",
        ),
        "kl_div": by_entry("jax.scipy.special.xlogy(t, t) - t * logp", "jnp."),
        # JAX has no loss of labels; these are the usual lines.
        "cross_entropy": of_labels("z", LABELS),
        "nll_loss": of_labels("logp", LABELS),
        "mean_over_samples": over_samples("jnp.sum((p - t) ** 2)"),
    },
    definitions={**recurrent_words.JAX, "multi_head_attention": multi_head_words.JAX},
    declared_of="0.10.2",
    algorithms={
        # jax/_src/lax/lax.py, the derivatives of expm1_p, tanh_p and logistic_p.
        "expm1": "expm1': y + 1",
        "tanh": "tanh': (1 + y) (1 - y)",
        "sigmoid": "sigmoid': y (1 - y)",
        "silu": "silu': s (1 + x (1 - s))",  # jax/_src/nn/functions.py, silu: x * sigmoid(x)
        "elu": "elu': y + alpha",  # jax/_src/nn/functions.py, elu: alpha * expm1(x)
        # jax/_src/nn/functions.py, gelu: erfc(-x * sqrt_half), and 1 + tanh.
        "gelu": lambda applied: (
            "gelu: 1 + tanh, (1 + tanh) (1 - tanh)"
            if applied["approximate"] == "tanh"
            else "gelu': exp(-(x / sqrt 2)^2)"
        ),
        # jax/_src/nn/functions.py: hard_silu, x * hard_sigmoid(x); glu, x1 * sigmoid(x2); selu, scale * elu(x, alpha).
        "hardswish": "hardswish': (x + 3) / 6 + x / 6",
        "glu": "glu': s (1 - s)",
        "selu": "selu': y + scale alpha",
        "tanhshrink": "tanhshrink': 1 - (1 + tanh) (1 - tanh)",  # as tanh
        "log_cosh": "log_cosh: logaddexp(d, -d) - log(2)",  # as it is written here
        "multi_margin_loss": "multi_margin_loss: (margin - z_t) + z_i",  # likewise
        # jax/_src/nn/functions.py: soft_sign, x / (|x| + 1); log_sigmoid, -softplus(-x); mish, x tanh(softplus(x));
        # celu, in terms of expm1.
        "softsign": "softsign': 1 / (1 + |x|) - |y| / (1 + |x|)",
        "logsigmoid": "logsigmoid': exp(y - x)",
        "mish": "mish': (1 + tanh) (1 - tanh), exp(x - softplus(x))",
        "celu": "celu': expm1(x / alpha) + 1",
        "softplus": "softplus': exp(x - y)",  # jax/_src/lax/other.py, _logaddexp_jvp
        "batch_norm": "batch_norm': path by path",  # what differentiates the lines above
        "instance_norm": "instance_norm': path by path",
        "group_norm": "group_norm': path by path",
        "var": "variance': through the mean too",  # jax/_src/numpy/reductions.py, _var
        "std": "standard deviation': through the mean too",  # the same file, _std
        "norm": "norm: sqrt(sum(x^2))",  # jax/_src/numpy/linalg.py, vector_norm
        "pairwise_distance": "pairwise_distance: sqrt(sum(x^2))",
        "logaddexp": "logaddexp': exp(a - y)",  # jax/_src/lax/other.py, _logaddexp_jvp
        # jax/_src/ops/special.py, logsumexp, and jax/_src/nn/functions.py, _softmax_jvp and log_softmax.
        "logsumexp": "logsumexp: log(sum(exp(x)))",
        "softmax": "softmax': y (g - sum(g y))",
        "softmin": "softmin': y (g - sum(g y))",
        "log_softmax": "log_softmax: x - log(sum(exp(x))), g - softmax(x) sum(g)",
        # As log_softmax, in terms of which it is written here.
        "cross_entropy": "cross_entropy: log_softmax by the logarithm of a sum, softmax(z) sum(q) - q",
        "scaled_dot_product_attention": attention_algorithm,
        "multi_head_attention": lambda applied: (  # as jax.nn.dot_product_attention
            "multi_head_attention: softmax in float32"
            if applied.dtype == "float64"
            else "multi_head_attention': p (d - sum(d p))"
        ),
        **{f"rnn{cell}": f"rnn{cell}': (1 + y) (1 - y)" for cell in ("", "_cell")},  # as tanh and sigmoid
        **{f"lstm{cell}": f"lstm{cell}': y (1 - y), (1 + y) (1 - y)" for cell in ("", "_cell")},
        **{f"gru{cell}": f"gru{cell}: (1 - z) n + z h, y (1 - y), (1 + y) (1 - y)" for cell in ("", "_cell")},
        "soft_margin_loss": "soft_margin_loss': exp(x - softplus(x)), x = -t z",
        "binary_cross_entropy_with_logits": (  # in terms of softplus, see `plain_words`
            "binary_cross_entropy_with_logits: softplus(z) - z t, exp(z - softplus(z)) - t"
        ),
    },
    constant="jnp.asarray({value}, dtype=jnp.{dtype})",
    number="jnp.asarray(number, dtype=like.dtype)",
    cast="{tensor}.astype(jnp.{dtype})",
    detached="jax.lax.stop_gradient({tensor})",
    flushes_subnormals=True,
    environment={"JAX_PLATFORMS": "cpu"},
    checkers=(
        Checker(
            "jax.test_util.check_grads, reverse mode",
            "check_grads(function, ({parameters},), order=1, modes=['rev'])",
            "from jax.test_util import check_grads",
        ),
    ),
)
