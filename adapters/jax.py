"""JAX: `jax.grad`, compiled by `jax.jit` or run operation by operation."""

from gradproof.adapters.figures import accuracies
from gradproof.adapters.framework import Differentiation, Framework, affine, plus_bias
from gradproof.reference.language.writing import Applied


def jit(d: Differentiation) -> str:
    """One compiled program."""
    return f"gradients = jax.jit(jax.grad(loss, argnums={d.argnums}))"


def eager(d: Differentiation) -> str:
    """Operation by operation."""
    return f"gradients = jax.grad(loss, argnums={d.argnums})"


def linear(applied: Applied) -> str:
    """W applied to x in the layout's own words."""
    products = {"W @ x": "W @ x", "X @ W": "x @ W", "W.T @ a": "W.T @ x", "(W @ X.T).T": "x @ W.T"}
    return plus_bias(applied, products[applied["layout"]])


def conv2d(applied: Applied) -> str:
    """An image without channels gets one."""
    settings = f"window_strides={(applied['stride'],) * 2}, padding={((applied['padding'],) * 2,) * 2}"
    if applied.ranks[0] == 2:
        return f"jax.lax.conv_general_dilated(x[None, None], w[None, None], {settings})[0, 0]"
    bias = " + b[:, None, None]" if len(applied.shapes) == 3 else ""
    return f"jax.lax.conv_general_dilated(x, w, {settings}){bias}"


def layer_norm(applied: Applied) -> str:
    """Not jax.nn.standardize, whose variance is the mean square less the squared mean, which cancels."""
    scale = "jnp.sqrt(jnp.var(x, axis=-1, keepdims=True) + eps)"
    return affine(applied, f"(x - jnp.mean(x, axis=-1, keepdims=True)) / {scale}")


def mean_over_samples(applied: Applied) -> str:
    """A scalar is one sample."""
    total = "jnp.sum((p - t) ** 2)"
    return f"{total} / p.shape[0]" if applied.ranks[0] else total


def softmax_cross_entropy(applied: Applied) -> str:
    """A vector is one sample."""
    total = "jnp.sum(t * jax.nn.log_softmax(z), axis=-1)"
    return f"-{total}" if applied.ranks[0] == 1 else f"-jnp.mean({total})"


JAX = Framework(
    key="jax",
    title="JAX",
    module="jax",
    distributions=("jax",),
    imports=("import jax", "import jax.numpy as jnp"),
    # Without this JAX silently makes float32 of float64; float32 arrays stay float32 with it.
    setup=('jax.config.update("jax_enable_x64", True)',),
    modes={"jit": jit, "eager": eager},
    templates={
        "add": "a + b",
        "subtract": "a - b",
        "multiply": "a * b",
        "divide": "a / b",
        "negative": "-x",
        "power": "x ** exponent",
        "identity": "x",
        "maximum": "jnp.maximum(a, b)",
        "matmul": "a @ b",
        "outer": "jnp.outer(a, b)",
        "linear": linear,
        "conv2d": conv2d,
        "layer_norm": layer_norm,
        "transpose": "x.T",
        "index": "x[key]",
        "concatenate": "jnp.concatenate(arrays, axis=axis)",
        "stack": "jnp.stack(arrays, axis=axis)",
        "exp": "jnp.exp(x)",
        "sin": "jnp.sin(x)",
        "cos": "jnp.cos(x)",
        "expm1": "jnp.expm1(x)",
        "log": "jnp.log(x)",
        "log1p": "jnp.log1p(x)",
        "sqrt": "jnp.sqrt(x)",
        "square": "jnp.square(x)",
        "abs": "jnp.abs(x)",
        "erf": "jax.lax.erf(x)",
        "sigmoid": "jax.nn.sigmoid(x)",
        "tanh": "jnp.tanh(x)",
        # Its derivative, exp(x - softplus(x)), loses digits where x is far from 0: up to 33 u in float64.
        "softplus": "jax.nn.softplus(x)",
        "silu": "jax.nn.silu(x)",
        "relu": "jax.nn.relu(x)",
        "leaky_relu": "jax.nn.leaky_relu(x, negative_slope=negative_slope)",
        "elu": "jax.nn.elu(x, alpha=alpha)",
        "gelu": "jax.nn.gelu(x, approximate=False)",
        "sum": "jnp.sum(x, axis=axis, keepdims=keepdims)",
        "mean": "jnp.mean(x, axis=axis, keepdims=keepdims)",
        "var": "jnp.var(x, axis=axis, keepdims=keepdims)",
        "max": "jnp.max(x, axis=axis, keepdims=keepdims)",
        "logsumexp": "jax.nn.logsumexp(x, axis=axis, keepdims=keepdims)",
        "softmax": "jax.nn.softmax(x, axis=axis)",
        "log_softmax": "jax.nn.log_softmax(x, axis=axis)",
        "half_squared_error": "jnp.sum((p - t) ** 2) / 2",
        "sum_of_squares": "jnp.sum((p - t) ** 2)",
        "mean_over_outputs": "jnp.mean((p - t) ** 2)",
        "mean_over_samples": mean_over_samples,
        "binary_cross_entropy": "-jnp.mean(t * jnp.log(p) + (1 - t) * jnp.log(1 - p))",
        "binary_cross_entropy_with_logits": "jnp.mean(jax.nn.softplus(z) - z * t)",
        "softmax_cross_entropy": softmax_cross_entropy,
    },
    constant="jnp.asarray({value}, dtype=jnp.{dtype})",
    number="jnp.asarray(number, dtype=like.dtype)",
    environment={"JAX_PLATFORMS": "cpu"},
    accuracies=accuracies("jax"),
    flushes_subnormals=True,
)
