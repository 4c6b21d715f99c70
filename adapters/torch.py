"""PyTorch: eager `backward`, and `torch.func.grad`."""

from collections.abc import Callable

from gradproof.adapters.figures import accuracies
from gradproof.adapters.framework import Differentiation, Framework, plus_bias
from gradproof.reference.language.writing import Applied


def backward(d: Differentiation) -> str:
    """Leaf tensors, `backward`, `.grad`; a leaf that the loss does not depend on would have `.grad` None."""
    used = [name for name in d.parameters if name not in d.unused]
    results = [f"torch.zeros_like({name})" if name in d.unused else f"{name}.grad" for name in d.parameters]
    return "\n".join(
        [
            f"def gradients({d.call}):",
            *(f"    {name} = {name}.detach().requires_grad_()" for name in used),
            *([f"    loss({d.call}).backward()"] if used else []),
            f"    return [{', '.join(results)}]",
        ]
    )


def func(d: Differentiation) -> str:
    """The functional transformation."""
    return f"gradients = torch.func.grad(loss, argnums={d.argnums})"


def transpose(applied: Applied) -> str:
    """`.T` is deprecated for ranks other than 2."""
    (rank,) = applied.ranks
    return {0: "x", 1: "x", 2: "x.T"}.get(rank, f"x.permute({', '.join(map(str, reversed(range(rank))))})")


def reduction(name: str) -> Callable[[Applied], str]:
    """A function that needs `dim`, if only None, where it is given `keepdim`."""

    def template(applied: Applied) -> str:
        dim = None if applied["keepdims"] and applied["axis"] is None else "axis"
        return f"{name}(x, dim={dim}, keepdim=keepdims)"

    return template


def logsumexp(applied: Applied) -> str:
    """`dim` has no default."""
    axis = tuple(range(applied.ranks[0])) if applied["axis"] is None else applied["axis"]
    return f"torch.logsumexp(x, dim={axis}, keepdim=keepdims)"


def softmax(applied: Applied) -> str:
    """`dim` has no default, and is one axis."""
    axis = applied["axis"]
    several = f"torch.exp(x - torch.logsumexp(x, dim={axis}, keepdim=True))"
    return several if isinstance(axis, tuple) else f"torch.softmax(x, dim={axis})"


def log_softmax(applied: Applied) -> str:
    """Likewise."""
    axis = applied["axis"]
    several = f"x - torch.logsumexp(x, dim={axis}, keepdim=True)"
    return several if isinstance(axis, tuple) else f"torch.log_softmax(x, dim={axis})"


def linear(applied: Applied) -> str:
    """torch.nn's own layout is that of rows times W.T; its bias has one entry for each output."""
    layout = applied["layout"]
    if layout == "(W @ X.T).T":
        fits = applied.shapes[2:] in ((), (applied.shapes[1][:1],))
        return "F.linear(x, W, b)" if fits else "F.linear(x, W) + b"
    return plus_bias(applied, {"W @ x": "W @ x", "X @ W": "x @ W", "W.T @ a": "W.T @ x"}[layout])


def conv2d(applied: Applied) -> str:
    """An image without channels gets one."""
    if applied.ranks[0] == 2:
        return "F.conv2d(x[None, None], w[None, None], stride=stride, padding=padding)[0, 0]"
    return "F.conv2d(x, w, b, stride=stride, padding=padding)"


def layer_norm(applied: Applied) -> str:
    """The shape that is normalised is that of the last axis."""
    return f"F.layer_norm(x, {applied.shapes[0][-1:]}, gamma, beta, eps=eps)"


def mean_over_samples(applied: Applied) -> str:
    """A scalar is one sample."""
    total = 'F.mse_loss(p, t, reduction="sum")'
    return f"{total} / p.shape[0]" if applied.ranks[0] else total


def softmax_cross_entropy(applied: Applied) -> str:
    """F.cross_entropy takes axis 1 for the classes, which is the last one up to rank 2."""
    if applied.ranks[0] <= 2:
        return "F.cross_entropy(z, t)"
    return "-torch.mean(torch.sum(t * torch.log_softmax(z, dim=-1), dim=-1))"


TORCH = Framework(
    key="torch",
    title="PyTorch",
    module="torch",
    distributions=("torch",),
    imports=("import torch", "import torch.nn.functional as F"),
    modes={"eager": backward, "func": func},
    templates={
        "add": "a + b",
        "subtract": "a - b",
        "multiply": "a * b",
        "divide": "a / b",
        "negative": "-x",
        "power": "x ** exponent",
        "identity": "x",
        "maximum": "torch.maximum(a, b)",
        "matmul": "a @ b",
        "outer": "torch.outer(a, b)",
        "linear": linear,
        "conv2d": conv2d,
        "layer_norm": layer_norm,
        "transpose": transpose,
        "index": "x[key]",
        "concatenate": "torch.cat(arrays, dim=axis)",
        "stack": "torch.stack(arrays, dim=axis)",
        "exp": "torch.exp(x)",
        "sin": "torch.sin(x)",
        "cos": "torch.cos(x)",
        "expm1": "torch.expm1(x)",
        "log": "torch.log(x)",
        "log1p": "torch.log1p(x)",
        "sqrt": "torch.sqrt(x)",
        "square": "torch.square(x)",
        "abs": "torch.abs(x)",
        "erf": "torch.erf(x)",
        "sigmoid": "torch.sigmoid(x)",
        "tanh": "torch.tanh(x)",
        # Above its threshold F.softplus returns x. The default of 20 leaves out 2e-9 there, which float64
        # shows; beyond 40, what is left out is lost beside x, and beside 1 in the derivative.
        "softplus": "F.softplus(x, threshold=40)",
        "silu": "F.silu(x)",
        "relu": "F.relu(x)",
        "leaky_relu": "F.leaky_relu(x, negative_slope=negative_slope)",
        "elu": "F.elu(x, alpha=alpha)",
        "gelu": "F.gelu(x)",
        "sum": reduction("torch.sum"),
        "mean": reduction("torch.mean"),
        "var": "torch.var(x, dim=axis, correction=0, keepdim=keepdims)",
        "max": "torch.amax(x, dim=axis, keepdim=keepdims)",
        "logsumexp": logsumexp,
        "softmax": softmax,
        "log_softmax": log_softmax,
        "half_squared_error": 'F.mse_loss(p, t, reduction="sum") / 2',
        "sum_of_squares": 'F.mse_loss(p, t, reduction="sum")',
        "mean_over_outputs": "F.mse_loss(p, t)",
        "mean_over_samples": mean_over_samples,
        # Not F.binary_cross_entropy: it takes log(p) to be at least -100, and its derivative divides by
        # max(p(1 - p), 1e-12), which is another function where p is near 0 or 1.
        "binary_cross_entropy": "-torch.mean(t * torch.log(p) + (1 - t) * torch.log(1 - p))",
        "binary_cross_entropy_with_logits": "F.binary_cross_entropy_with_logits(z, t)",
        "softmax_cross_entropy": softmax_cross_entropy,
    },
    constant="torch.tensor({value}, dtype=torch.{dtype})",
    number="like.new_tensor(number)",
    accuracies=accuracies("torch"),
    flushes_subnormals=False,
)
