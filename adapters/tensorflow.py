"""TensorFlow: `tf.GradientTape`, eagerly, in a graph (`tf.function`) or compiled by XLA."""

import math
from collections.abc import Callable

from gradproof.adapters import convolution_words, multi_head_words, recurrent_words, transposed_convolution_words
from gradproof.adapters.class_labels import Words, of_labels
from gradproof.adapters.framework import Applied, Checker, Differentiation, Framework, Mode
from gradproof.adapters.moving_windows import adaptive, windows
from gradproof.adapters.plain_words import (
    COSINE,
    axes_of,
    by_channel,
    by_entry,
    channel_affine,
    grouped_shape,
    huber,
    lengths,
    looked_up,
    multi_margin,
    one_axis,
    over_samples,
    plus_bias,
    shared_axes,
    stated,
    widths,
    with_lengths,
)
from gradproof.reference.readings.cuts import Cuts


def tape(decorator: str = "", measured: bool = True, cuts: Cuts | None = None) -> Mode:
    """The mode that runs a gradient tape in a function with this decorator, or eagerly without one."""

    def lines(d: Differentiation) -> str:
        parameters = f"[{', '.join(d.parameters)}]"
        # The gradient of what rows are taken out of is tf.IndexedSlices of these rows.
        dense = "[tf.convert_to_tensor(g) for g in results]"
        zero = ", unconnected_gradients=tf.UnconnectedGradients.ZERO" if d.unused else ""
        found = f"tape.gradient(value, {parameters}{zero})"
        return "\n".join(
            [
                *([decorator] if decorator else []),
                f"def value_and_gradients({d.call}):",
                "    with tf.GradientTape() as tape:",
                f"        tape.watch({parameters})",
                f"        value = loss({d.call})",
                *([f"    results = {found}"] if d.gathered else []),
                f"    return value, {dense if d.gathered else found}",
            ]
        )

    return Mode(lines, decorator, measured, cuts)


def take_along_axis(applied: Applied) -> str:
    """tf.gather by rows, where there are as many of both and the axis is the last; else NumPy's word.

    XLA refuses that with an axis below 0.
    """
    (x, i), axis = applied.shapes, applied["axis"] % applied.ranks[0]
    if axis == len(x) - 1 and x[:-1] == i[:-1]:
        return f"tf.gather(x, i, axis={axis}, batch_dims={axis})"
    return f"tf.experimental.numpy.take_along_axis(x, i, axis={axis})"


def first_axis(text: str, axis: int, rank: int) -> str:
    """The text with that axis of its value as the first one."""
    return f"tf.transpose({text}, {[axis, *(k for k in range(rank) if k != axis)]})" if axis else text


def scatter_add(applied: Applied) -> str:
    """tf.tensor_scatter_nd_add takes indices of the first axis."""
    (x, i, _), axis = applied.shapes, applied["axis"] % applied.ranks[0]
    if len(i) != 1:
        flat = f"tf.reshape(src, {(*x[:axis], -1, *x[axis + 1 :])})"
        added = f"tf.reshape(i, [-1, 1]), {first_axis(flat, axis, len(x))}"
    else:
        added = f"i[:, None], {first_axis('src', axis, len(x))}"
    result = f"tf.tensor_scatter_nd_add({first_axis('x', axis, len(x))}, {added})"
    return f"tf.transpose({result}, {[*range(1, axis + 1), 0, *range(axis + 1, len(x))]})" if axis else result


def top_k(applied: Applied) -> str:
    """The text of tf.math.top_k, which takes the last axis: another is exchanged with it before and after."""
    axis, rank = applied["axis"] % applied.ranks[0], applied.ranks[0]
    if axis == rank - 1:
        return f"tf.math.top_k(x, {applied['k']}).values"
    order = [rank - 1 if k == axis else axis if k == rank - 1 else k for k in range(rank)]
    return f"tf.transpose(tf.math.top_k(tf.transpose(x, {order}), {applied['k']}).values, {order})"


def matmul(applied: Applied) -> str | None:
    """`@` takes no vectors in TensorFlow: products with one have functions of their own; None where `@` does."""
    match applied.ranks:
        case 1, 1:
            return "tf.tensordot(a, b, axes=1)"
        case _, 1:
            return "tf.linalg.matvec(a, b)"
        case 1, _:
            return "tf.linalg.matvec(b, a, transpose_a=True)"
    return None


def linear(applied: Applied) -> str | None:
    """`@` takes no vectors in TensorFlow, and nothing is transposed by it: products are written by the layout."""
    transposed = ", transpose_a=True" if applied["layout"] in ("X @ W", "W.T @ a") else ""
    if applied.ranks[0] == 1:
        return plus_bias(applied, f"tf.linalg.matvec(W, x{transposed})")
    products = {
        "W.T @ a": "tf.linalg.matmul(W, x, transpose_a=True)",
        "(W @ X.T).T": "tf.linalg.matmul(x, W, transpose_b=True)",
    }
    return plus_bias(applied, products[applied["layout"]]) if applied["layout"] in products else None


def layer_norm(applied: Applied) -> str:
    """Keras' words; what is not given is None."""
    given = ", ".join(("gamma", "beta")[: len(applied.shapes) - 1])
    return f"tf.keras.ops.layer_normalization(x{given and ', '}{given}, axis=-1, epsilon={applied['eps']})"


def moments_of(x: str, axes: tuple[int, ...]) -> str:
    """The text of the mean and the variance of `x` over `axes`, as two arguments."""
    return f"*tf.nn.moments({x}, axes={list(axes)}, keepdims=True)"


def offset_and_scale(applied: Applied, before: int = 1) -> str:
    """The text of beta and gamma as tf.nn.batch_normalization takes them, each None where it is not given."""
    given = (applied.shapes[before + 1 :], "beta"), (applied.shapes[before:], "gamma")
    return ", ".join(by_channel(name, applied) if shapes else "None" for shapes, name in given)


def over_axes(first: int | None) -> Callable[[Applied], str]:
    """The template of a normalisation of images by what each channel has in its places, and along the axis `first`."""
    return lambda applied: (
        f"tf.nn.batch_normalization(x, {moments_of('x', shared_axes(applied, first))}, "
        f"{offset_and_scale(applied)}, {applied['eps']})"
    )


def group_norm(applied: Applied) -> str:
    """The words for batches, with the entries of each group side by side."""
    groups = f"tf.reshape(x, {list(grouped_shape(applied))})"
    normalised = f"tf.nn.batch_normalization({groups}, {moments_of(groups, (2,))}, None, None, {applied['eps']})"
    return f"tf.reshape({normalised}, {list(applied.shapes[0])}){channel_affine(applied)}"


def batch_norm_inference(applied: Applied) -> str:
    """The words for batches, with statistics that are given."""
    statistics = ", ".join(by_channel(name, applied) for name in ("mu", "variance"))
    return f"tf.nn.batch_normalization(x, {statistics}, {offset_and_scale(applied, 3)}, {applied['eps']})"


def channels_last(applied: Applied) -> tuple[str, str]:
    """The text of x with its channels last, and the order of axes that moves them back."""
    rank = applied.ranks[0]
    return f"tf.transpose(x, {[0, *range(2, rank), 1]})", f"{[0, rank - 1, *range(1, rank - 1)]}"


def window_sizes(applied: Applied) -> str:
    """The text of the sizes and the strides of a pooling's windows."""
    each = windows(applied)
    return f"{[axis.size for axis in each]}, {[axis.stride for axis in each]}"


def max_pool(applied: Applied) -> str:
    """tf.nn.max_pool wants channels last, on the CPU at least."""
    x, back = channels_last(applied)
    each = windows(applied)
    border = [[0, 0], *([axis.before, axis.after] for axis in each), [0, 0]]
    same = all(axis.is_same for axis in each)
    if any(map(any, border)) and not same:  # XLA takes no border in numbers
        x = f"tf.pad({x}, {border}, constant_values=float('-inf'))"
    pool, padding = f"tf.nn.max_pool{len(each)}d", "'SAME'" if same else "'VALID'"
    return f"tf.transpose({pool}({x}, {window_sizes(applied)}, padding={padding}), {back})"


def avg_pool(applied: Applied) -> str:
    """tf.nn.avg_pool wants channels last as well; it has no border but "SAME", which counts what is on x only."""
    x, back = channels_last(applied)
    each = windows(applied)
    pool, sizes = f"tf.nn.avg_pool{len(each)}d", window_sizes(applied)
    if all(axis.is_same for axis in each) and not applied["count_include_pad"]:
        return f"tf.transpose({pool}({x}, {sizes}, padding='SAME'), {back})"
    whole = [[0, 0], *([axis.before, axis.after] for axis in each), [0, 0]]
    bordered = f"tf.pad({x}, {whole})" if any(map(any, whole)) else x
    mean = f"{pool}({bordered}, {sizes}, padding='VALID')"
    if scaled(applied):
        mean += "".join(
            f" * {[[[axis.size / n]] if k + 2 == len(each) else [axis.size / n] for n in counts]}"
            for k, (axis, counts) in enumerate(zip(each, counted(applied), strict=True))
            if set(counts) != {axis.size}
        )
    return f"tf.transpose({mean}, {back})"


def counted(applied: Applied) -> list[list[int]]:
    """How many entries each window along each axis counts."""
    padding = applied["count_include_pad"]
    return [axis.counts(length, padding) for axis, length in zip(windows(applied), applied.shapes[0][2:], strict=True)]


def scaled(applied: Applied) -> bool:
    """Whether some window counts less than it is large, and the framework has no word for it."""
    each = windows(applied)
    if all(axis.is_same for axis in each) and not applied["count_include_pad"]:
        return False
    return any(set(counts) != {axis.size} for axis, counts in zip(each, counted(applied), strict=True))


def avg_pool_algorithm(applied: Applied) -> str | None:
    """The algorithm of what is written here."""
    return f"avg_pool{applied.ranks[0] - 2}d: times size by count" if scaled(applied) else None


def tile(applied: Applied) -> str:
    """tf.tile wants a number for each axis, and gives x no new ones."""
    reps, shape = lengths("reps", applied), applied.shapes[0]
    x = "x" if len(reps) <= len(shape) else f"tf.reshape(x, {(1,) * (len(reps) - len(shape)) + shape})"
    return f"tf.tile({x}, {[1] * (len(shape) - len(reps)) + list(reps)})"


def norm(applied: Applied) -> str:
    """tf.norm of two axes is that of a matrix, and it takes no more of them."""
    several = isinstance(applied["axis"], tuple)
    if several and (total := {1: "sum", math.inf: "max"}.get(applied["ord"])):
        return f"tf.reduce_{total}(tf.abs(x), axis=axis, keepdims=keepdims)"
    if several and len(applied["axis"]) != 2:
        return "tf.sqrt(tf.reduce_sum(tf.square(x), axis=axis, keepdims=keepdims))"
    order = {1: "1", 2: "'euclidean'", math.inf: "float('inf')"}[applied["ord"]]
    return f"tf.norm(x, ord={order}, axis=axis, keepdims=keepdims)"


def unit_length(x: str, applied: Applied) -> str:
    """The text of `x` over its norm; TensorFlow compares the sum of the squares, so that its epsilon is the square."""
    return f"tf.math.l2_normalize({x}, axis={applied['axis']}, epsilon={applied['eps'] ** 2})"


def normalize(applied: Applied) -> str:
    """The text of x over its norm; tf.math.l2_normalize has order 2 alone, so that the other is written out."""
    if applied["ord"] == 2:
        return unit_length("x", applied)
    return f"x / tf.maximum(tf.norm(x, ord=1, axis={applied['axis']}, keepdims=True), {applied['eps']})"


def binary_cross_entropy(applied: Applied) -> str | None:
    """Keras' loss takes the mean over the last axis, of which a scalar has none."""
    return "tf.reduce_mean(tf.keras.losses.binary_crossentropy(t, p))" if applied.ranks[0] else None


def elu(applied: Applied) -> str:
    """tf.nn.elu has no alpha; it is linear where x > 0, so the branch not taken is finite."""
    return "tf.nn.elu(x)" if applied["alpha"] == 1 else "tf.where(x > 0, x, alpha * tf.nn.elu(x))"


def gelu(applied: Applied) -> str:
    """Its numbers, a square root of 2 and the approximate one's coefficient, are those of float32 also in float64."""
    return f"tf.nn.gelu(x, approximate={applied['approximate'] == 'tanh'})"


def by_logarithm(applied: Applied) -> str | None:
    """Eigen/src/Core/arch/Default/GenericPacketMathFunctions.h, generic_pow_impl, but not in float32, nor under XLA.

    It errs as much as b log(a) rounded does: 69 ulp were measured where a^b is near 2^100.
    """
    return None if applied.mode == "xla" or applied.dtype == "float32" else "pow: exp(b log(a))"


def elu_algorithm(applied: Applied) -> str:
    """tensorflow/core/kernels/relu_op_functor.h, Elu and EluGrad.

    For XLA it is tensorflow/compiler/tf2xla/kernels/elu_op.cc, which has expm1.
    """
    return "elu': y + alpha" if applied.mode == "xla" else "elu: exp(x) - 1, y + alpha"


def selu_algorithm(applied: Applied) -> str:
    """The same files, Selu and SeluGrad."""
    return "selu': y + scale alpha" if applied.mode == "xla" else "selu: exp(x) - 1, y + scale alpha"


def with_logits(applied: Applied) -> str:
    """tensorflow/python/ops/nn_impl.py, sigmoid_cross_entropy_with_logits.

    The tape adds the derivatives of its terms in their order: 1, -t, -e / (1 + e). A graph is optimised, and adds 1 and
    the last first (measured at z = 40, t = 1); XLA compiles the graph as it was.
    """
    name = "binary_cross_entropy_with_logits: max(z, 0) - z t + log1p(exp(-|z|))"
    return f"{name}, sigmoid(z) - t" if applied.mode == "function" else name


def attention(applied: Applied) -> str:
    """As it is written by hand: tf.keras.layers.Attention has no scale but a weight of its own."""
    scale = applied["scale"]
    factor = f" / {applied.shapes[0][-1]} ** 0.5" if scale is None else f" * {scale}"
    s = f"tf.linalg.matmul(q, k, transpose_b=True){factor}{' + mask' if len(applied.shapes) == 4 else ''}"
    if applied["is_causal"]:
        full = [applied.shapes[0][-2], applied.shapes[1][-2]]
        s = f"tf.where(tf.linalg.band_part(tf.ones({full}, dtype=tf.bool), -1, 0), {s}, -float('inf'))"
    return f"tf.linalg.matmul(tf.nn.softmax({s}), v)"


def huber_loss(applied: Applied) -> str:
    """tf.keras.losses.huber is the mean over the last axis; its Huber with reduction="sum" adds such means up."""
    if applied["reduction"] == "sum" or not applied.ranks[0]:
        return by_entry(huber("tf.", "delta"), "tf.", "reduce_")(applied)
    return "tf.reduce_mean(tf.keras.losses.huber(t, p, delta=delta))"


def log_cosh(applied: Applied) -> str:
    """tf.keras.losses.logcosh is the mean over the last axis, as huber is."""
    if applied["reduction"] == "sum" or not applied.ranks[0]:
        return by_entry("(p - t) + tf.nn.softplus(-2 * (p - t)) - 0.6931471805599453", "tf.", "reduce_")(applied)
    return "tf.reduce_mean(tf.keras.losses.logcosh(t, p))"


def hinge(name: str, lost: str) -> Callable[[Applied], str]:
    """The template of a loss of tf.keras.losses, which is the mean over the last axis."""

    def template(applied: Applied) -> str:
        if applied["reduction"] == "sum" or not applied.ranks[0]:
            return by_entry(lost, "tf.", "reduce_")(applied)
        return f"tf.reduce_mean(tf.keras.losses.{name}(t, p))"

    return template


LABELS = Words(
    where="tf.where({}, {}, {})",
    sum="tf.reduce_sum({})",
    log_softmax="tf.nn.log_softmax({})",
    last=lambda x, rank: f"tf.transpose({x}, {[0, *range(2, rank), 1]})",
    picked="-tf.gather({logp}, {t}, axis={axis}, batch_dims={axis})",
    taken="tf.gather(weight, {t})",
    one_hot="tf.one_hot({t}, {classes}, dtype={x}.dtype)",
    count="tf.math.count_nonzero({}, dtype={x}.dtype)",
    sparse="tf.nn.sparse_softmax_cross_entropy_with_logits(labels={t}, logits={x})",
    dense="tf.nn.softmax_cross_entropy_with_logits(labels={q}, logits={x})",
)


def of_labels_algorithm(applied: Applied) -> str:
    """tensorflow/core/kernels/sparse_xent_op.h and xent_op.h, but with weights and smoothing tf.nn.log_softmax."""
    of_logs = applied["label_smoothing"] and len(applied.shapes) == 3
    back = "exp(y)" if of_logs else "softmax(z)"
    return f"cross_entropy: log_softmax by the logarithm of a sum, {back} sum(q) - q"


TENSORFLOW = Framework(
    key="tensorflow",
    title="TensorFlow",
    colour="#c77700",
    module="tensorflow",
    distributions=("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tf-nightly"),
    imports=("import tensorflow as tf",),
    modes={
        "eager": tape(),
        "function": tape("@tf.function", measured=False),
        "xla": tape("@tf.function(jit_compile=True)", cuts=Cuts(window=32, library=None, large=2**15)),
    },
    namespace="tf",
    names=("tape", "value", *recurrent_words.TENSORFLOW_NAMES),
    templates={
        "matmul": matmul,
        "outer": "tf.tensordot(a, b, axes=0)",
        "linear": linear,
        **convolution_words.TENSORFLOW,
        **transposed_convolution_words.TENSORFLOW,
        "batch_norm": over_axes(0),
        "instance_norm": over_axes(None),
        "group_norm": group_norm,
        "batch_norm_inference": batch_norm_inference,
        "max_pool1d": max_pool,
        "max_pool2d": max_pool,
        "avg_pool1d": avg_pool,
        "avg_pool2d": avg_pool,
        "layer_norm": layer_norm,
        **{f"adaptive_avg_pool{axes}d": adaptive("tf.reduce_mean", "tf.stack") for axes in (1, 2)},
        **{f"adaptive_max_pool{axes}d": adaptive("tf.reduce_max", "tf.stack") for axes in (1, 2)},
        "transpose": "tf.transpose(x)",
        "take": lambda applied: f"tf.gather(x, i, axis={applied['axis']})",
        "take_along_axis": take_along_axis,
        "one_hot": stated("tf.one_hot(i, {num_classes}, dtype=like.dtype)"),
        "scatter_add": scatter_add,
        "sort": stated("tf.sort(x, axis={axis})"),
        "topk": top_k,
        "embedding": looked_up("tf.nn.embedding_lookup(W, i)", "tf.where", "tf.stop_gradient"),
        "concatenate": lambda applied: f"tf.concat(arrays, axis={applied['axis']})",  # its axis has no default
        "expm1": "tf.math.expm1(x)",
        "log": "tf.math.log(x)",
        "log1p": "tf.math.log1p(x)",
        "erf": "tf.math.erf(x)",
        "erfc": "tf.math.erfc(x)",
        "softplus": "tf.nn.softplus(x)",
        "silu": "tf.nn.silu(x)",
        "relu": "tf.nn.relu(x)",
        "leaky_relu": stated("tf.nn.leaky_relu(x, alpha={negative_slope})"),  # it keeps its slope in float32
        "elu": elu,
        "gelu": gelu,
        "logsigmoid": "tf.math.log_sigmoid(x)",
        "softsign": "tf.nn.softsign(x)",
        "mish": "tf.keras.activations.mish(x)",
        "celu": "tf.keras.activations.celu(x, alpha=alpha)",
        "selu": "tf.nn.selu(x)",
        "prelu": "tf.nn.relu(x) - a * tf.nn.relu(-x)",  # the lines of tf.keras.layers.PReLU
        "tanhshrink": "tf.keras.activations.tanh_shrink(x)",
        "glu": stated("tf.keras.activations.glu(x, axis={axis})"),
        "clip": stated("tf.clip_by_value(x, {lower}, {upper})"),
        "reciprocal": "tf.math.reciprocal(x)",
        "rsqrt": "tf.math.rsqrt(x)",
        "relu6": "tf.nn.relu6(x)",
        "hardtanh": stated("tf.clip_by_value(x, {min_val}, {max_val})"),
        "hardsigmoid": "tf.keras.activations.hard_sigmoid(x)",
        "hardswish": "tf.keras.activations.hard_silu(x)",
        "hardshrink": stated("tf.keras.activations.hard_shrink(x, threshold={lambd})"),
        "softshrink": stated("tf.keras.activations.soft_shrink(x, threshold={lambd})"),
        "sum": "tf.reduce_sum(x, axis=axis, keepdims=keepdims)",
        "mean": "tf.reduce_mean(x, axis=axis, keepdims=keepdims)",
        "var": "tf.math.reduce_variance(x, axis=axis, keepdims=keepdims)",
        "max": "tf.reduce_max(x, axis=axis, keepdims=keepdims)",
        "flip": lambda applied: f"tf.reverse(x, axis={list(axes_of(applied))})",
        "roll": stated("tf.roll(x, shift={shift}, axis={axis})"),
        "pad": lambda applied: f"tf.pad(x, {widths(applied)}, constant_values={applied['value']})",
        "reshape": with_lengths("tf.reshape(x, {lengths})", "shape"),
        "broadcast_to": with_lengths("tf.broadcast_to(x, {lengths})", "shape"),
        "tile": tile,
        "repeat": stated("tf.repeat(x, {repeats}, axis={axis})"),
        "swapaxes": stated("tf.experimental.numpy.swapaxes(x, {axis1}, {axis2})"),
        "split": stated("tf.split(x, {sections}, axis={axis})"),
        "moveaxis": stated("tf.experimental.numpy.moveaxis(x, {source}, {destination})"),
        "min": "tf.reduce_min(x, axis=axis, keepdims=keepdims)",
        "prod": "tf.reduce_prod(x, axis=axis, keepdims=keepdims)",
        "std": "tf.math.reduce_std(x, axis=axis, keepdims=keepdims)",
        "norm": norm,
        "normalize": normalize,
        "cosine_similarity": lambda applied: (
            f"tf.reduce_sum({unit_length('a', applied)} * {unit_length('b', applied)}, axis={applied['axis']})"
        ),
        "pairwise_distance": stated("tf.norm(a - b + {eps}, axis=-1, keepdims={keepdims})"),
        "cumsum": stated("tf.math.cumsum(x, axis={axis})"),
        "cumprod": stated("tf.math.cumprod(x, axis={axis})"),
        "logaddexp": "tf.experimental.numpy.logaddexp(a, b)",
        "logsumexp": "tf.reduce_logsumexp(x, axis=axis, keepdims=keepdims)",
        "softmax": one_axis("tf.nn.softmax(x, axis=axis)"),
        "softmin": one_axis("tf.nn.softmax(-x, axis=axis)"),
        "log_softmax": one_axis("tf.nn.log_softmax(x, axis=axis)"),
        "half_squared_error": "tf.nn.l2_loss(p - t)",
        "sum_of_squares": "tf.reduce_sum(tf.math.squared_difference(p, t))",
        "mean_over_outputs": "tf.reduce_mean(tf.math.squared_difference(p, t))",
        "mean_over_samples": over_samples("tf.reduce_sum(tf.math.squared_difference(p, t))"),
        "binary_cross_entropy": binary_cross_entropy,  # of p between 1e-7 and 1 - 1e-7
        "binary_cross_entropy_with_logits": (
            "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z))"
        ),
        "scaled_dot_product_attention": attention,
        "huber_loss": huber_loss,
        "smooth_l1_loss": by_entry(huber("tf.", "beta"), "tf.", "reduce_"),
        "log_cosh": log_cosh,
        "hinge": hinge("hinge", "tf.maximum(1 - tf.cast(t, p.dtype) * p, 0)"),
        "squared_hinge": hinge("squared_hinge", "tf.square(tf.maximum(1 - tf.cast(t, p.dtype) * p, 0))"),
        "triplet_margin_loss": by_entry(
            "tf.maximum(tf.norm(a - p + eps, axis=-1) - tf.norm(a - n + eps, axis=-1) + margin, 0)", "tf.", "reduce_"
        ),
        "cosine_embedding_loss": by_entry(
            COSINE.format(
                where="tf.where", maximum="tf.maximum", sqrt="tf.sqrt", sum="tf.reduce_sum", square="tf.square"
            ),
            "tf.",
            "reduce_",
        ),
        "margin_ranking_loss": by_entry("tf.maximum(margin - tf.cast(t, a.dtype) * (a - b), 0)", "tf.", "reduce_"),
        "hinge_embedding_loss": by_entry("tf.where(t == 1, x, tf.maximum(margin - x, 0))", "tf.", "reduce_"),
        "multi_margin_loss": multi_margin(
            "tf.gather(z, t, axis=-1, batch_dims={axis})[..., None]",
            "tf.where(tf.range({classes}, dtype=t.dtype) != t[..., None], tf.maximum(margin - {own} + z, 0), 0)",
            "tf.reduce_",
        ),
        "kl_div": by_entry("tf.math.xlogy(t, t) - t * logp", "tf.", "reduce_"),
        "cross_entropy": of_labels("z", LABELS),
        "nll_loss": of_labels("logp", LABELS),
        "poisson_nll_loss": by_entry("tf.nn.log_poisson_loss(t, z)", "tf.", "reduce_"),
        # Its gradient, softmax(z) - t, is that of targets with sum 1.
        "softmax_cross_entropy": "tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=t, logits=z))",
    },
    definitions={**recurrent_words.TENSORFLOW, "multi_head_attention": multi_head_words.TENSORFLOW},
    declared_of="2.21.0",
    algorithms={
        # tensorflow/python/ops/math_grad.py, _LogGrad and _Log1pGrad.
        "log": "log': g (1 / x)",
        "log1p": "log1p': g (1 / (1 + x))",
        "pow": by_logarithm,
        # tensorflow/core/kernels/cwise_ops_gradients.h, and for XLA tensorflow/compiler/tf2xla/kernels/binary_ops.cc:
        # SigmoidGrad and TanhGrad.
        "sigmoid": "sigmoid': y (1 - y)",
        "tanh": "tanh': 1 - y^2",
        "silu": "silu': s (1 + x (1 - s))",  # tensorflow/python/ops/nn_impl.py, swish
        "elu": elu_algorithm,
        # keras/src/backend/tensorflow/nn.py, hard_silu: x * hard_sigmoid(x); glu: x1 * sigmoid(x2).
        "hardswish": "hardswish': (x + 3) / 6 + x / 6",
        "glu": "glu': s (1 - s)",
        "selu": selu_algorithm,
        "mish": "mish': 1 - tanh^2",  # keras/src/activations/activations.py, Mish: x * tanh(softplus(x))
        "tanhshrink": "tanhshrink': 1 - (1 - tanh^2)",  # keras/src/backend/tensorflow/nn.py, tanh_shrink: x - tanh(x)
        "log_cosh": "log_cosh: d + softplus(-2 d) - log(2)",  # keras/src/losses/losses.py, log_cosh
        # tensorflow/python/ops/nn_ops.py, gelu: erfc(-features * 0.707...), and 1 + tanh.
        "gelu": lambda applied: (
            "gelu: 1 + tanh, 1 - tanh^2" if applied["approximate"] == "tanh" else "gelu': exp(-(x / sqrt 2)^2)"
        ),
        # tensorflow/python/ops/nn_impl.py, batch_normalization: x * scale + (offset - mean * scale).
        "batch_norm": "batch_norm: multiplied out, there and back",
        "instance_norm": "instance_norm: multiplied out, there and back",
        "group_norm": "group_norm: multiplied out, there and back",
        "batch_norm_inference": "batch_norm_inference: multiplied out",
        # keras/src/ops/nn.py, _layer_normalization: x * inv - mean * inv.
        "layer_norm": "layer_norm: multiplied out",
        "avg_pool1d": avg_pool_algorithm,
        "avg_pool2d": avg_pool_algorithm,
        "var": "variance': through the mean too",  # tensorflow/python/ops/math_ops.py, reduce_variance
        "std": "standard deviation': through the mean too",  # the same file, reduce_std
        "norm": "norm: sqrt(sum(x^2))",  # tensorflow/python/ops/linalg_ops.py, norm
        # tensorflow/python/ops/nn_impl.py, l2_normalize: x * rsqrt(max(sum(x^2), epsilon)); and norm.
        # A graph is optimised, and has (a + eps) - b in place of a - b + eps (measured at a = b = 3).
        "pairwise_distance": lambda applied: (
            f"pairwise_distance: {'(a + eps) - b, ' if applied.mode == 'function' else ''}sqrt(sum(x^2))"
        ),
        "triplet_margin_loss": lambda applied: (
            "triplet_margin_loss: (a + eps) - p" if applied.mode == "function" else None
        ),
        "cumprod": "cumprod': sum(g y) / x",  # tensorflow/python/ops/math_grad.py, _CumprodGrad, but where x is 0
        # tensorflow/python/ops/math_ops.py, reduce_logsumexp, and tensorflow/python/ops/nn_grad.py, _SoftmaxGrad and
        # _LogSoftmaxGrad.
        "logsumexp": "logsumexp: log(sum(exp(x)))",
        "softmax": one_axis("softmax': y (g - sum(g y))"),
        "softmin": one_axis("softmin': y (g - sum(g y))"),
        "log_softmax": one_axis("log_softmax: x - log(sum(exp(x))), g - exp(y) sum(g)"),
        "cross_entropy": of_labels_algorithm,
        # tensorflow/core/kernels/xent_op.h: exp(logits - max) / sum - labels.
        "softmax_cross_entropy": "softmax_cross_entropy: softmax(z) sum(t) - t",
        "multi_margin_loss": "multi_margin_loss: (margin - z_t) + z_i",  # as it is written here
        # keras/src/backend/tensorflow/nn.py, binary_crossentropy.
        "binary_cross_entropy": "binary_cross_entropy: log(1 - p)",
        "binary_cross_entropy_with_logits": with_logits,
        "scaled_dot_product_attention": "scaled_dot_product_attention': p (d - sum(d p))",  # as softmax
        "multi_head_attention": "multi_head_attention: q times the scale, p (d - sum(d p))",  # as it is written here
        # keras/src/layers/rnn/simple_rnn.py, lstm.py and gru.py, the cells' call.
        **{f"rnn{cell}": f"rnn{cell}': 1 - y^2" for cell in ("", "_cell")},
        **{f"lstm{cell}": f"lstm{cell}': y (1 - y), 1 - y^2" for cell in ("", "_cell")},
        **{f"gru{cell}": f"gru{cell}: (1 - z) n + z h, y (1 - y), 1 - y^2" for cell in ("", "_cell")},
    },
    # Eigen/src/Core/MathFunctionsImpl.h, generic_reciprocal_newton_step: in float32 vectors an approximation and a step
    # of Newton's, which misses even 1 / 1.
    # Its gelu is made of erfc; the kernel of one that is made of erf is measured by that.
    shipped={
        "1 / x": "tf.math.reciprocal(x)",
        "gelu(x)": "x * 0.5 * (1.0 + tf.math.erf(x * 0.7071067811865476))",
    },
    constant="tf.constant({value}, dtype=tf.{dtype})",
    number="tf.constant(number, dtype=like.dtype)",
    cast="tf.cast({tensor}, tf.{dtype})",
    detached="tf.stop_gradient({tensor})",
    flushes_subnormals=True,
    to_list="gradient.numpy().tolist()",
    # Quiet, and on the CPU. Whatever the C++ side still prints, the worker keeps off the terminal.
    environment={"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    portable={
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",  # its operations by Eigen, not fused by oneDNN
        "TF_DETERMINISTIC_OPS": "1",  # as tf.config.experimental.enable_op_determinism()
    },
    checkers=(
        Checker(  # as in the example of its documentation
            "tf.test.compute_gradient",
            "assert_close(*tf.test.compute_gradient(function, [{parameters}]))",
            "assert_close = tf.test.TestCase().assertAllClose",
        ),
    ),
)
