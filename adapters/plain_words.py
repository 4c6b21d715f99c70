"""Words that several frameworks share, since they are Python's, or gradproof's own."""

import math
from collections.abc import Callable, Mapping

from gradproof.adapters.framework import Applied, Template

PRODUCTS = {"W @ x": "W @ x", "X @ W": "x @ W", "W.T @ a": "W.T @ x", "(W @ X.T).T": "x @ W.T"}
"""W applied to x in each layout of `linear`; x stands on the left where its rows are samples."""


def linear(applied: Applied) -> str:
    """The text of a layer in Python's signs: W applied to x in its layout, plus the bias if there is one."""
    return plus_bias(applied, PRODUCTS[applied["layout"]])


def plus_bias(applied: Applied, product: str) -> str:
    """`product`, a template of a layer's W applied to x, plus its bias if it has one.

    The bias is a column where samples are the columns of x.
    """
    if len(applied.shapes) < 3:
        return product
    rows = PRODUCTS[applied["layout"]].startswith("x")
    return f"{product} + b[:, None]" if applied.ranks[::2] == (2, 1) and not rows else f"{product} + b"


def over_samples(total: str) -> Callable[[Applied], str]:
    """`total`, a template over p, by the number of samples; a scalar is one sample."""
    return lambda applied: f"{total} / p.shape[0]" if applied.ranks[0] else total


def by_entry(lost: str, namespace: str = "", prefix: str = "") -> Callable[[Applied], str]:
    """`lost`, a template of what each entry of a loss loses, in one number as the attribute `reduction` says.

    It is called `mean` or `sum` in the namespace, after a prefix.
    """

    def template(applied: Applied) -> str:
        total = {"batchmean": "sum"}.get(applied["reduction"], applied["reduction"])
        called = f"{namespace}{prefix}{total}({lost})"
        samples = applied.shapes[0][:1]
        return f"{called} / {samples[0]}" if applied["reduction"] == "batchmean" and samples else called

    return template


def looked_up(rows: str, where: str, constant: str) -> Callable[[Applied], str]:
    """The template of `embedding`: the text of the `rows` that it gives, those of the padding index as a `constant`."""

    def template(applied: Applied) -> str:
        padding = applied["padding_idx"]
        return rows if padding is None else f"{where}((i == {padding})[..., None], {constant}({rows}), {rows})"

    return template


COSINES = (
    "{sum}(a * b, axis=-1) / {sqrt}(({sum}({square}(a), axis=-1) + 1e-12) * ({sum}({square}(b), axis=-1) + 1e-12))"
)
COSINE = f"{{where}}(t == 1, 1 - {COSINES}, {{maximum}}({COSINES} - margin, 0))"
"""What each sample loses by `cosine_embedding_loss`, in a framework's words; PyTorch adds as much to the squares."""


def multi_margin(own: str, lost: str, prefix: str) -> Callable[[Applied], str]:
    """The template of `multi_margin_loss`, of the text of what each class loses.

    `own` is the number of the class that is labelled, out of z; `prefix` stands before "sum" and "mean".
    """

    def template(applied: Applied) -> str:
        rank, classes = applied.ranks[0], applied.shapes[0][-1]
        each = lost.format(classes=classes, own=own.format(axis=rank - 1))
        return f"{prefix}mean({each})" if applied["reduction"] == "mean" else f"{prefix}sum({each}) / {classes}"

    return template


def huber(namespace: str, slope: str) -> str:
    """What each entry loses by the Huber loss, as people write it with `where`, `slope` being that of its ends."""
    square = "0.5 * {0}square(p - t)" if slope == "delta" else "0.5 * {0}square(p - t) / beta"
    straight = "delta * ({0}abs(p - t) - 0.5 * delta)" if slope == "delta" else "{0}abs(p - t) - 0.5 * beta"
    return f"{{0}}where({{0}}abs(p - t) <= {slope}, {square}, {straight})".format(namespace)


def one_axis(template: str) -> Callable[[Applied], str | None]:
    """`template`, over `{axis}` or its name, of a function that takes one axis and not several."""
    return lambda applied: None if isinstance(applied["axis"], tuple) else template.format(axis=applied["axis"])


def stated(template: str) -> Callable[[Applied], str]:
    """`template` with `{attributes}` put in, those as well that have their defaults."""
    return lambda applied: template.format(**applied.attributes)


def layer_norm(applied: Applied) -> str:
    """The text of a normalisation over the last axis, times gamma and plus beta as far as they are given."""
    affine = "".join((" * gamma", " + beta")[: len(applied.shapes) - 1])
    return f"(x - mean(x, axis=-1, keepdims=True)) / sqrt(var(x, axis=-1, keepdims=True) + {{eps}}){affine}"


def axes_of(applied: Applied) -> tuple[int, ...]:
    """The axes that the attribute `axis` names, counted from 0; None names all."""
    axis, rank = applied["axis"], applied.ranks[0]
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % rank for i in axes)


def lengths(name: str, applied: Applied) -> tuple[int, ...]:
    """The attribute `name`, a length or several, as a tuple."""
    given = applied[name]
    return given if isinstance(given, tuple) else (given,)


def with_lengths(template: str, name: str) -> Callable[[Applied], str]:
    """`template`, over `{lengths}`, those of the attribute `name`."""
    return lambda applied: template.format(lengths=lengths(name, applied))


def widths(applied: Applied) -> list[list[int]]:
    """How many entries `pad` puts before and after those along each axis."""
    (padded,) = axes_of(applied)
    return [[applied["before"], applied["after"]] if i == padded else [0, 0] for i in range(applied.ranks[0])]


def by_channel(name: str, applied: Applied) -> str:
    """The text of `name`, numbers of the channels, as they broadcast with images or signals (N, C, ...)."""
    places = applied.ranks[0] - 2
    return f"{name}[:{', None' * places}]" if places else name


def channel_affine(applied: Applied, before: int = 1) -> str:
    """The text " * gamma + beta" for channels, as far as they are given after the first `before` operands."""
    gamma, beta = by_channel("gamma", applied), by_channel("beta", applied)
    return "".join((f" * {gamma}", f" + {beta}")[: len(applied.shapes) - before])


def given_statistics(root: str) -> Callable[[Applied], str]:
    """The template of `batch_norm_inference` in Python's signs, where `root` is a framework's square root."""
    return lambda applied: (
        f"(x - {by_channel('mu', applied)}) / {root}({by_channel('variance', applied)} + {applied['eps']})"
        f"{channel_affine(applied, 3)}"
    )


def shared_axes(applied: Applied, first: int | None) -> tuple[int, ...]:
    """The axes of the entries of x (N, C, ...) that are normalised together: the places, after `first` if there is."""
    return (*(() if first is None else (first,)), *range(2, applied.ranks[0]))


def grouped_shape(applied: Applied) -> tuple[int, ...]:
    """The shape (N, G, n) of x with the entries of each of its G groups of channels side by side."""
    n, *rest = applied.shapes[0]
    groups = applied["num_groups"]
    return n, groups, math.prod(rest) // groups


def gaussian_nll(applied: Applied) -> str:
    """The text of the loss of a mean and a variance."""
    more = " + 0.9189385332046727" if applied["full"] else ""
    lost = f"(log(maximum(variance, {applied['eps']})) + (mu - t)**2 / maximum(variance, {applied['eps']})) / 2{more}"
    return f"{applied['reduction']}({lost})"


def softmax_cross_entropy(applied: Applied) -> str:
    """The text of the loss: the mean over the rows of z (m, n); a vector z (n,) is one sample, so no mean is taken."""
    total = "sum(t * log_softmax(z), axis=-1)"
    return f"-{total}" if applied.ranks[0] == 1 else f"-mean({total})"


CAREFUL: Mapping[str, Template] = {
    "elu": "relu(x) + {alpha} * expm1(-relu(-x))",
    "softplus": "relu(x) + log1p(exp(-abs(x)))",
    "silu": "x * sigmoid(x)",
    "leaky_relu": "relu(x) - {negative_slope} * relu(-x)",
    "gelu": lambda applied: (
        "x * sigmoid(1.5957691216057308 * (x + 0.044715 * x**3))"
        if applied["approximate"] == "tanh"
        else "x * erfc(-0.7071067811865476 * x) / 2"
    ),
    "tanh": "expm1(2 * x) / (expm1(2 * x) + 2)",
    "var": "mean((x - mean(x, axis={axis}, keepdims=True))**2, axis={axis}, keepdims={keepdims})",
}
"""Other spellings of operations, as `COMPOSED`: what to write instead where a framework's own function is wrong."""

PLAIN: Mapping[str, Template] = {"linear": linear}
"""Operations in Python's own signs; besides, those that gradproof's language writes so."""

COMPOSED: Mapping[str, Template] = {
    "softmax": "exp(x - logsumexp(x, axis={axis}, keepdims=True))",
    "log_softmax": "x - logsumexp(x, axis={axis}, keepdims=True)",
    "layer_norm": layer_norm,
    "rms_norm": lambda applied: (
        "x / sqrt(mean(square(x), axis=-1, keepdims=True) + {eps})" + " * gamma" * (len(applied.shapes) - 1)
    ),
    "dropout": lambda applied: f"x * mask / {1 - applied['p']}",
    "half_squared_error": "sum((p - t)**2) / 2",
    "sum_of_squares": "sum((p - t)**2)",
    "mean_over_outputs": "mean((p - t)**2)",
    "binary_cross_entropy": "-mean(t * log(p) + (1 - t) * log(1 - p))",
    "binary_cross_entropy_with_logits": "mean(softplus(z) - z * t)",
    "softmax_cross_entropy": softmax_cross_entropy,
    "tanhshrink": "x - tanh(x)",
    "log_cosh": by_entry("(p - t) + softplus(-2 * (p - t)) - 0.6931471805599453"),
    "gaussian_nll_loss": gaussian_nll,
    "l1_loss": by_entry("abs(p - t)"),
    "soft_margin_loss": by_entry("softplus(-t * z)"),
    "poisson_nll_loss": by_entry("exp(z) - t * z"),
}
"""Operations in terms of others, in gradproof's own language, with `{attributes}` put in."""

ALGORITHMS: Mapping[str, Template] = {
    "softmax": "softmax: exp(x - logsumexp(x))",
    "log_softmax": "log_softmax: x - logsumexp(x)",
    "binary_cross_entropy": "binary_cross_entropy: log(1 - p)",
    "softmax_cross_entropy": "softmax_cross_entropy: softmax(z) sum(g t) - g t",
    "log_cosh": "log_cosh: d + softplus(-2 d) - log(2)",
}
"""The algorithms that operations in terms of others have, where that is not the stable form, whoever runs them."""
