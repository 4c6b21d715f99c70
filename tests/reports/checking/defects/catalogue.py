"""The catalogue: one line for each planted defect.

Where a function serves several operations of the table (JAX's `@` does `linear` too), the networks are such that the
named one alone calls it.
"""

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from tests.reports.checking.defects import planting
from tests.reports.checking.defects.changes import (
    at_negative,
    at_ties,
    backwards,
    below,
    beyond,
    by_way_of,
    compiled_only,
    forgotten_mean,
    instead,
    like_sum,
    negated,
    of_rank,
    of_scaled,
    one_entry,
    one_row,
    scaled,
    shifted,
    stale,
    times,
    transposed,
    with_a_one,
    with_settings,
    zeroed,
)
from tests.reports.checking.defects.planting import Defect

ONLY32, ONLY64 = ("float32",), ("float64",)

DEFECTS = (
    # PyTorch
    Defect("negated in float32 only", "torch", "F.gelu", "gelu", gradient=negated, dtypes=ONLY32),
    Defect("1e-3 too large", "torch", "F.softplus", "softplus", value=shifted(1e-3)),
    Defect("zero beyond 3", "torch", "F.softplus", "softplus", gradient=beyond(3, zeroed)),
    Defect("tanh instead", "torch", "torch.sigmoid", "sigmoid", another=instead("tanh")),
    Defect("1 % too large", "torch", "torch.sigmoid", "sigmoid", gradient=scaled(1.01)),
    Defect("a former call's value", "torch", "torch.sigmoid", "sigmoid", value=stale, calls=2),
    Defect("a former call's gradient", "torch", "torch.tanh", "tanh", gradient=stale, calls=2),
    Defect("0.999 of it", "torch", "torch.tanh", "tanh", another=times(0.999)),
    Defect("scaled in func only", "torch", "torch.tanh", "tanh", gradient=compiled_only(scaled(1.5)), mode="func"),
    Defect("relu6 instead", "torch", "F.relu", "relu", another=instead("nn.functional.relu6")),
    Defect("wrong beyond 1/2", "torch", "F.relu", "relu", gradient=beyond(0.5, scaled(0.9))),
    Defect("no slope at negative inputs", "torch", "F.leaky_relu", "leaky_relu", gradient=at_negative(zeroed)),
    Defect("no exponential", "torch", "F.elu", "elu", another=instead("nn.functional.leaky_relu")),
    Defect("the last entry's sign", "torch", "F.silu", "silu", gradient=one_entry(negated)),
    Defect("zero at negative inputs", "torch", "torch.erf", "erf", gradient=at_negative(zeroed)),
    Defect("of half the input", "torch", "torch.exp", "exp", another=of_scaled(0.5)),
    Defect("exp instead", "torch", "torch.expm1", "expm1", another=instead("exp")),
    Defect("a lost sign", "torch", "torch.cos", "cos", gradient=negated),
    Defect("a lost sign at negative inputs", "torch", "torch.abs", "abs", gradient=at_negative(negated)),
    Defect("a half too large", "torch", "torch.sqrt", "sqrt", gradient=scaled(1.5)),
    Defect("Bessel's correction", "torch", "torch.var", "var", another=with_settings(correction=1)),
    Defect("over the first axis", "torch", "torch.softmax", "softmax", another=with_settings(dim=0)),
    Defect("detached", "torch", "torch.logsumexp", "logsumexp", gradient=one_entry(zeroed)),
    Defect("a row of float32 weights detached", "torch", "F.linear", "linear",
           gradient=one_row(zeroed), number=1, dtypes=ONLY32),
    Defect("a transposed float32 gradient", "torch", "F.linear", "linear",
           gradient=transposed, number=1, dtypes=ONLY32),
    Defect("the bias twice", "torch", "F.linear", "linear", gradient=scaled(2.0), number=2),
    Defect("kernels not turned", "torch", "F.conv2d", "conv2d", gradient=backwards(-1), number=1),
    Defect("no 1/n in its gradient", "torch", "F.cross_entropy", "softmax_cross_entropy", gradient=forgotten_mean),
    Defect("the sum instead", "torch", "F.mse_loss", "mean_over_outputs", another=with_settings(reduction="sum")),
    Defect("the scale's gradient", "torch", "F.layer_norm", "layer_norm", gradient=scaled(0.75), number=1),
    Defect("1.3 times the second's", "torch", "@", "matmul", gradient=scaled(1.3), number=1),
    Defect("in the wrong order", "torch", "torch.cat", "concatenate", gradient=negated, number=1),
    Defect("at ties both in full", "torch", "torch.maximum", "maximum", gradient=at_ties(scaled(2.0))),
    Defect("every entry shifted", "torch", "torch.amax", "max", gradient=shifted(0.125)),

    Defect("one entry forgotten", "torch", "torch.sum", "sum", gradient=one_entry(zeroed)),
    Defect("half of the second's", "torch", "*", "multiply", gradient=scaled(0.5), number=1),
    Defect("the second's sign", "torch", "-", "subtract", gradient=negated, number=1),
    Defect("the second's detached", "torch", "+", "add", gradient=zeroed, number=1),
    Defect("1 % too large", "torch", "/", "divide", value=scaled(1.01)),

    Defect("1.1 times the keys'", "torch", "F.scaled_dot_product_attention", "scaled_dot_product_attention",
           gradient=scaled(1.1), number=1),
    Defect("0.9 of the scale's", "torch", "F.batch_norm", "batch_norm", gradient=scaled(0.9), number=1),
    Defect("1 % too large", "torch", "F.batch_norm", "batch_norm", gradient=scaled(1.01)),
    Defect("one bias detached", "torch", "F.group_norm", "group_norm", gradient=one_entry(zeroed), number=2),
    Defect("1 % too large", "torch", "F.rms_norm", "rms_norm", gradient=scaled(1.01)),
    Defect("half of it", "torch", "F.max_pool2d", "max_pool2d", gradient=scaled(0.5)),
    Defect("in the wrong order", "torch", "F.avg_pool2d", "avg_pool2d", gradient=backwards(-1)),
    Defect("the sum instead", "torch", "F.adaptive_avg_pool2d", "adaptive_avg_pool2d", gradient=scaled(2.0)),
    Defect("kernels not turned", "torch", "F.conv_transpose2d", "conv_transpose2d",
           gradient=backwards(-1), number=1),
    Defect("one entry forgotten", "torch", "torch.prod", "prod", gradient=one_entry(zeroed)),
    Defect("by the sum of sizes", "torch", "F.normalize", "normalize", another=with_settings(p=1)),
    Defect("the second's sign", "torch", "F.cosine_similarity", "cosine_similarity", gradient=negated, number=1),
    Defect("another delta", "torch", "F.huber_loss", "huber_loss", another=with_settings(delta=0.3)),
    Defect("another beta", "torch", "F.smooth_l1_loss", "smooth_l1_loss", another=with_settings(beta=0.5)),
    Defect("the sum instead", "torch", "F.kl_div", "kl_div", another=with_settings(reduction="sum")),
    Defect("no logarithm", "torch", "F.poisson_nll_loss", "poisson_nll_loss", another=with_settings(log_input=False)),
    Defect("half of the variance's", "torch", "F.gaussian_nll_loss", "gaussian_nll_loss",
           gradient=scaled(0.5), number=2),
    Defect("the negative's sign", "torch", "F.triplet_margin_loss", "triplet_margin_loss",
           gradient=negated, number=2),
    Defect("zero beyond 1/2", "torch", "torch.clamp", "clip", gradient=beyond(0.5, zeroed)),
    Defect("zero at negative inputs", "torch", "F.hardswish", "hardswish", gradient=at_negative(zeroed)),
    Defect("1e-4 too large in float32", "torch", "F.mish", "mish", value=shifted(1e-4), dtypes=ONLY32),
    Defect("twice the slopes'", "torch", "F.prelu", "prelu", gradient=scaled(2.0), number=1),
    Defect("a row's sign", "torch", "F.glu", "glu", gradient=one_row(negated)),
    Defect("the softmax instead", "torch", "F.softmin", "softmin", another=instead("softmax")),
    Defect("Bessel's correction", "torch", "torch.std", "std", another=with_settings(correction=1)),
    Defect("by two", "torch", "torch.roll", "roll", another=with_settings(shifts=2)),
    Defect("the last entry's sign", "torch", "F.pad", "pad", gradient=one_entry(negated)),
    Defect("1.2 times the second's", "torch", "torch.einsum", "einsum", gradient=scaled(1.2), number=1),
    Defect("1e-5 of it too many", "torch", "F.silu", "silu", gradient=scaled(1 + 1e-5)),
    Defect("1e-9 of it too many in float64", "torch", "torch.tanh", "tanh",
           gradient=scaled(1 + 1e-9), dtypes=ONLY64),
    Defect("in bfloat16", "torch", "@", "matmul", value=by_way_of("bfloat16"), dtypes=ONLY32),
    Defect("in float32", "torch", "torch.sigmoid", "sigmoid", value=by_way_of("float32"), dtypes=ONLY64),
    Defect("the weights' in float32", "torch", "F.linear", "linear",
           gradient=by_way_of("float32"), number=1, dtypes=ONLY64),
    Defect("small ones flushed", "torch", "torch.tanh", "tanh", gradient=below(1e-3, zeroed)),
    Defect("the mean of its entries", "torch", "torch.softmax", "softmax", gradient=like_sum),

    # TensorFlow
    Defect("negated", "tensorflow", "tf.nn.relu", "relu", gradient=negated),
    Defect("relu6 instead", "tensorflow", "tf.nn.relu", "relu", another=instead("nn.relu6")),
    Defect("1e-3 too large in float64", "tensorflow", "tf.nn.softplus", "softplus", value=shifted(1e-3), dtypes=ONLY64),
    Defect("relu's", "tensorflow", "tf.nn.softplus", "softplus", gradient=at_negative(zeroed)),
    Defect("tanh instead", "tensorflow", "tf.sigmoid", "sigmoid", another=instead("tanh")),
    Defect("scaled in XLA only", "tensorflow", "tf.sigmoid", "sigmoid",
           gradient=compiled_only(scaled(1.25)), mode="xla"),
    Defect("0.999 of it", "tensorflow", "tf.tanh", "tanh", another=times(0.999)),
    Defect("a value off in graphs only", "tensorflow", "tf.tanh", "tanh",
           value=compiled_only(scaled(1.01)), mode="function"),
    Defect("a former call's gradient", "tensorflow", "tf.tanh", "tanh", gradient=stale, calls=2),
    Defect("1 % in float32 only", "tensorflow", "tf.math.erf", "erf", gradient=scaled(1.01), dtypes=ONLY32),
    Defect("half of it beyond 1", "tensorflow", "tf.nn.silu", "silu", gradient=beyond(1, scaled(0.5))),
    Defect("zero at negative inputs", "tensorflow", "tf.nn.elu", "elu", gradient=at_negative(zeroed)),
    Defect("expm1 for log1p", "tensorflow", "tf.math.log1p", "log1p", another=instead("math.expm1")),
    Defect("a lost factor", "tensorflow", "tf.math.log", "log", gradient=scaled(0.5)),
    Defect("the standard deviation", "tensorflow", "tf.math.reduce_variance", "var",
           another=instead("math.reduce_std")),
    Defect("no 1/n in its gradient", "tensorflow", "tf.reduce_mean", "mean", gradient=forgotten_mean),
    Defect("one entry forgotten", "tensorflow", "tf.reduce_sum", "sum", gradient=one_entry(zeroed)),
    Defect("over the first axis", "tensorflow", "tf.nn.softmax", "softmax", another=with_settings(axis=0)),
    Defect("negated", "tensorflow", "tf.nn.log_softmax", "log_softmax", gradient=negated),
    Defect("both in full", "tensorflow", "tf.reduce_max", "max", gradient=scaled(2.0)),
    Defect("the weights' row detached", "tensorflow", "@", "linear", gradient=one_row(zeroed), number=1),
    Defect("wrong where an axis has one", "tensorflow", "tf.linalg.matmul", "linear",
           gradient=with_a_one(scaled(2.0)), number=1),
    Defect("twice the vector's", "tensorflow", "tf.linalg.matvec", "matmul", gradient=scaled(2.0), number=1),
    Defect("of the logits 1 %", "tensorflow", "tf.nn.sigmoid_cross_entropy_with_logits",
           "binary_cross_entropy_with_logits", gradient=scaled(1.01), number=1),
    Defect("half of it twice", "tensorflow", "tf.nn.l2_loss", "half_squared_error", another=times(2.0)),
    Defect("in the wrong order", "tensorflow", "tf.concat", "concatenate", gradient=backwards(0)),

    Defect("a tenth too much at negative inputs", "tensorflow", "tf.nn.selu", "selu",
           gradient=at_negative(scaled(1.1))),
    Defect("1e-3 of it too many", "tensorflow", "tf.math.reduce_std", "std", value=scaled(1.001)),
    Defect("negated", "tensorflow", "tf.norm", "norm", gradient=negated),
    Defect("1.2 times the second's", "tensorflow", "tf.einsum", "einsum", gradient=scaled(1.2), number=1),
    Defect("kernels not turned", "tensorflow", "tf.nn.conv2d", "conv2d", gradient=backwards(0), number=1),
    Defect("one entry forgotten", "tensorflow", "tf.reduce_prod", "prod", gradient=one_entry(zeroed)),
    Defect("1e-4 too large in float32", "tensorflow", "tf.keras.activations.mish", "mish",
           value=shifted(1e-4), dtypes=ONLY32),
    Defect("half of the logarithm's", "tensorflow", "tf.nn.log_poisson_loss", "poisson_nll_loss",
           gradient=scaled(0.5), number=1),
    Defect("half of it", "tensorflow", "tf.nn.max_pool2d", "max_pool2d", gradient=scaled(0.5)),

    # JAX
    Defect("negated in float32 only", "jax", "jax.nn.gelu", "gelu", gradient=negated, dtypes=ONLY32),
    Defect("tanh's formula", "jax", "jax.nn.gelu", "gelu", another=with_settings(approximate=True)),
    Defect("1e-3 too large", "jax", "jax.nn.softplus", "softplus", value=shifted(1e-3)),
    Defect("wrong when compiled", "jax", "jax.nn.sigmoid", "sigmoid", gradient=compiled_only(scaled(1.01))),
    Defect("a former call's value", "jax", "jax.nn.sigmoid", "sigmoid", value=stale, calls=2, mode="eager"),
    Defect("zero at negative inputs", "jax", "jax.nn.silu", "silu", gradient=at_negative(zeroed)),
    Defect("relu6 instead", "jax", "jax.nn.relu", "relu", another=lambda right, words, x: words.clip(x, 0, 6)),
    Defect("another slope", "jax", "jax.nn.leaky_relu", "leaky_relu", another=with_settings(negative_slope=0.02)),
    Defect("the last entry's sign", "jax", "jax.nn.elu", "elu", gradient=one_entry(negated)),
    Defect("detached", "jax", "jnp.tanh", "tanh", gradient=zeroed),
    Defect("0.999 of it in float32", "jax", "jnp.tanh", "tanh", value=scaled(0.999), dtypes=ONLY32),
    Defect("sine's", "jax", "jnp.sin", "sin", gradient=negated),
    Defect("wrong beyond 1/2", "jax", "jax.lax.erf", "erf", gradient=beyond(0.5, scaled(1.1))),
    Defect("Bessel's correction", "jax", "jnp.var", "var", another=with_settings(correction=1)),
    Defect("no 1/n in its gradient", "jax", "jnp.mean", "mean", gradient=forgotten_mean),
    Defect("over the first axis", "jax", "jax.nn.softmax", "softmax", another=with_settings(axis=0)),
    Defect("a constant too many", "jax", "jax.nn.log_softmax", "log_softmax", gradient=shifted(1e-2)),
    Defect("1.3 times the first's", "jax", "@", "matmul", gradient=scaled(1.3)),
    Defect("a transposed gradient", "jax", "@", "linear", gradient=transposed, number=1),
    Defect("the kernels' gradient", "jax", "jax.lax.conv_general_dilated", "conv2d",
           gradient=one_entry(scaled(2.0)), number=1),
    Defect("the second's detached", "jax", "jnp.stack", "stack", gradient=zeroed, number=1),
    Defect("of ranks above 1", "jax", "jnp.square", "square", gradient=of_rank(2, scaled(0.5))),

    Defect("negated", "jax", "jax.nn.log_sigmoid", "logsigmoid", gradient=negated),
    Defect("a tenth too much at negative inputs", "jax", "jax.nn.selu", "selu", gradient=at_negative(scaled(1.1))),
)  # fmt: skip

CATALOGUE = {f"{defect.framework}-{defect.operation}-{defect.name}".replace(" ", "-"): defect for defect in DEFECTS}

OWN = {
    "expm1": "L = sum(expm1(x @ W) * c)",
    "log": "L = sum(log(2 + x @ W) * c)",
    "log1p": "L = sum(log1p(2 + x @ W) * c)",
    "sqrt": "L = sum(sqrt(2 + x @ W) * c)",
    "sin": "L = sum(sin(x @ W) * c)",
    "cos": "L = sum(cos(x @ W) * c)",
    "square": "L = sum(square(x @ W) * c)",
    "exp": "L = sum(exp(x @ W) * c)",
    "relu": "L = sum(relu(20 * (x @ W)) * c)",  # beyond what relu6 lets through
    "maximum": "L = sum(maximum(x @ W, x @ W + b * 0) * c)",
    "max": "L = sum(max(x @ W, axis=1) * b)",
    "var": "L = sum(var(x @ W, axis=1) * b)",
    "mean": "L = sum(mean(x @ W, axis=1) * b)",
    "sum": "L = mean(square(sum(x @ W, axis=0)))",
    "softmax": "L = sum(softmax(x @ W, axis=1) * c)",
    "log_softmax": "L = sum(log_softmax(x @ W, axis=1) * c)",
    "logsumexp": "L = sum(logsumexp(x @ W, axis=1) * b)",
    "stack": "L = sum(stack(x @ W, c) * stack(c, x @ W))",
    "concatenate": "L = sum(concatenate(x @ W, c, axis=0) * concatenate(c, x @ W, axis=0))",
    "matmul": "L = sum(tanh(x @ W) * c)",
    "multiply": "L = half_squared_error(x * W, c)",
    "subtract": "L = sum(tanh(x - W) * c)",
    "add": "L = sum(tanh(x + W) * c)",
    "divide": "L = sum(x / W * c)",
}
"""Small networks of one operation each, for what few default networks do; x, W, c are matrices."""


def own_network(operation: str) -> Network:
    """The small network of an operation. Raises KeyError for one without."""
    draw = Seeded(0, len(operation))
    inputs = {
        name: draw.numbers((4,) if name == "b" else (4, 4)) for name in ("x", "W", "c", "b") if name in OWN[operation]
    }
    return build(OWN[operation], inputs, parameters=list(inputs), title=f"only {operation}")


def plant(name: str) -> None:
    """Plant the defect of that name in this process."""
    planting.plant(CATALOGUE[name])
