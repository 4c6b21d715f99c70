"""PyTorch's operations, as its OpInfos call them, in gradproof's statements: a line for each.

A line takes what the operation takes, under PyTorch's own names: numbers and settings as they are, tensors as `Tensor`,
which reads as a name. It gives the statement's right side, or None where gradproof's language has no word for it; a
setting that a line does not take has none either.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any


class Tensor(str):
    """The name of a tensor, with its shape."""

    shape: tuple[int, ...]

    def __new__(cls, name: str, shape: Sequence[int]) -> "Tensor":
        """A tensor called `name`."""
        self = super().__new__(cls, name)
        self.shape = tuple(shape)
        return self

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)


Line = Callable[..., str | None]
Dim = int | Sequence[int] | None


def function(name: str) -> Line:
    """A function of one tensor that is called alike."""
    return lambda x: f"{name}({x})"


def activation(name: str) -> Line:
    """The same, which may overwrite its operand."""
    return lambda x, inplace=False: f"{name}({x})"


def sign(text: str) -> Line:
    """A sign between two operands, each a tensor or a number."""
    return lambda x, y: f"{x} {text} {number(y)}"


def reflected(text: str) -> Line:
    """The same with the operands exchanged."""
    return lambda x, y: f"{number(y)} {text} {x}"


def number(x: Any) -> str | None:
    """A tensor's name, or a number as statements have it."""
    if isinstance(x, bool | complex):
        return None
    return f"({x!r})" if not isinstance(x, Tensor) and x < 0 else str(x)


def reduction(name: str) -> Line:
    """A reduction over one axis, several or all; over no axes PyTorch takes all."""

    def line(x: Tensor, dim: Dim = None, keepdim: bool = False) -> str | None:
        axis = None if dim is None or dim == () or dim == [] else tuple(dim) if isinstance(dim, Sequence) else dim
        return None if x.rank == 0 and axis is not None else f"{name}({x}, axis={axis}, keepdims={keepdim})"

    return line


def one_axis(name: str) -> Line:
    """A function along one axis."""
    return lambda x, dim: None if x.rank == 0 else f"{name}({x}, axis={dim})"


def variance(x: Tensor, dim: Any = None, unbiased: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    """Over n - correction, where the table has n; `var(x, unbiased)` has its setting in the second place."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    off = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    mean = reduction("var")(x, dim, keepdim)
    axes = range(x.rank) if dim in (None, (), []) else [dim] if isinstance(dim, int) else dim
    n = math.prod(x.shape[axis] for axis in axes)
    return None if mean is None or n <= off or off != int(off) else f"{mean} * {n} / {n - int(off)}" if off else mean


def averaged(by_entry: str, mean: str) -> Callable[[str], str | None]:
    """A loss by its reduction: `mean` has a statement of its own, the others have that of an entry."""
    return lambda reduction: {"mean": mean, "sum": f"sum({by_entry})", "none": by_entry}.get(reduction)


def mse_loss(x: Tensor, t: Tensor, *, reduction: str = "mean") -> str | None:
    """No broadcasting."""
    return averaged(f"({x} - {t})**2", f"mean_over_outputs({x}, {t})")(reduction) if x.shape == t.shape else None


def binary_cross_entropy(p: Tensor, t: Tensor, *, weight: Any = None, reduction: str = "mean") -> str | None:
    """Weights are factors of the entries."""
    entry = f"-({t} * log({p}) + (1 - {t}) * log(1 - {p}))"
    if weight is not None:
        return averaged(f"{weight} * {entry}", f"mean({weight} * {entry})")(reduction)
    return averaged(entry, f"binary_cross_entropy({p}, {t})")(reduction)


def with_logits(
    z: Tensor, t: Tensor, *, weight: Any = None, pos_weight: Any = None, reduction: str = "mean"
) -> str | None:
    """PyTorch's documentation: p t log(sigmoid(z)) + (1 - t) log(1 - sigmoid(z)), p the weight of positive entries."""
    entry = f"softplus({z}) - {z} * {t}"
    if pos_weight is not None:
        entry = f"(1 - {t}) * {z} + (1 + ({pos_weight} - 1) * {t}) * softplus(-{z})"
    if weight is not None:
        entry = f"{weight} * ({entry})"
    if weight is None and pos_weight is None:
        return averaged(entry, f"binary_cross_entropy_with_logits({z}, {t})")(reduction)
    return averaged(entry, f"mean({entry})")(reduction)


def cross_entropy(z: Tensor, t: Any, *, reduction: str = "mean") -> str | None:
    """Distributions as targets, in the last of two axes; class numbers are no tensor of the language."""
    if not isinstance(t, Tensor) or z.shape != t.shape or z.rank != 2:
        return None
    return averaged(f"-sum({t} * log_softmax({z}), axis=-1)", f"softmax_cross_entropy({z}, {t})")(reduction)


def layer_norm(x: Tensor, over: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5) -> str | None:
    """Over the last axis only."""
    if len(over) != 1 or (weight is None) != (bias is None):
        return None
    return f"layer_norm({x}{f', {weight}, {bias}' if weight is not None else ''}, eps={eps})"


def linear(x: Tensor, w: Tensor, b: Any = None) -> str | None:
    """Samples as rows, or one sample as a vector."""
    if w.rank != 2 or x.rank > 2:
        return None if w.rank > 2 else f"{x} @ {w}.T" + (f" + {b}" if b is not None else "")
    layout = "(W @ X.T).T" if x.rank == 2 else "W @ x"
    return f'linear({x}, {w}{f", {b}" if b is not None else ""}, layout="{layout}")'


def conv2d(
    x: Tensor, w: Tensor, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> str | None:
    """One stride and one padding, no gaps and no groups; an image without samples is a stack of one."""
    if isinstance(padding, str):
        padding = 0 if padding == "valid" else None
    both = [set(each) if isinstance(each, Sequence) else {each} for each in (stride, padding, dilation)]
    if x.rank not in (3, 4) or groups != 1 or None in both[1] or any(len(each) != 1 for each in both) or both[2] != {1}:
        return None
    (s,), (p,) = both[:2]
    words = f"{w}{f', {b}' if b is not None else ''}, stride={s}, padding={p}"
    return f"conv2d({x}, {words})" if x.rank == 4 else f"conv2d(stack({x}), {words})[0]"


def plus_product(product: str) -> Line:
    """beta times a tensor plus alpha times a product of `{a}` and `{b}`."""
    return lambda i, a, b, *, beta=1, alpha=1: f"{beta} * {i} + {alpha} * ({product.format(a=a, b=b)})"


def index(x: Tensor, key: Any) -> str | None:
    """Integers and slices."""
    parts = key if isinstance(key, tuple) else (key,)
    words = [slice_text(part) if isinstance(part, slice) else str(part) for part in parts if part is not Ellipsis]
    simple = all(isinstance(part, int | slice) and not isinstance(part, bool) for part in parts)
    return f"{x}[{', '.join(words)}]" if simple else None


def slice_text(part: slice) -> str:
    """A slice as it is written."""
    return ":".join("" if each is None else str(each) for each in (part.start, part.stop, part.step)).removesuffix(":")


def transpose(x: Tensor, first: int, second: int) -> str | None:
    """Of a matrix both axes, or none."""
    axes = {first % 2, second % 2}
    return None if x.rank != 2 else f"{x}.T" if len(axes) == 2 else str(x)


def permute(x: Tensor, dims: Sequence[int]) -> str | None:
    """All axes in reverse order, or as they are."""
    order = [d % max(1, x.rank) for d in dims]
    return f"{x}.T" if order == [*range(x.rank)][::-1] else str(x) if order == sorted(order) else None


def joined(name: str) -> Line:
    """A list of tensors, joined along an axis."""
    return lambda arrays, dim=0: f"{name}({', '.join(arrays)}, axis={dim})"


TABLE: dict[str, Line] = {
    **{name: function(name) for name in ("abs", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh")},
    **{name: function(name) for name in ("square", "sigmoid", "erf", "erfc")},
    "nn.functional.relu": activation("relu"),
    "nn.functional.silu": activation("silu"),
    "nn.functional.leaky_relu": lambda x, negative_slope=0.01, inplace=False: (
        f"leaky_relu({x}, negative_slope={negative_slope})"
    ),
    "nn.functional.elu": lambda x, alpha=1.0, inplace=False: f"elu({x}, alpha={alpha})",
    "nn.functional.gelu": lambda x, *, approximate="none": f"gelu({x})" if approximate == "none" else None,
    # Beyond its threshold it returns x, to save the exponential: in exact numbers that is no part of the function.
    "nn.functional.softplus": lambda x, beta=1, threshold=20: f"softplus({beta} * {x}) / {beta}",
    "nn.functional.logsigmoid": lambda x: f"-softplus(-{x})",
    "nn.functional.softsign": lambda x: f"{x} / (1 + abs({x}))",
    "nn.functional.tanhshrink": lambda x: f"{x} - tanh({x})",
    "nn.functional.mish": lambda x, inplace=False: f"{x} * tanh(softplus({x}))",
    "neg": lambda x: f"-{x}",
    "positive": lambda x: f"{x}",
    "reciprocal": lambda x: f"1 / {x}",
    "rsqrt": lambda x: f"1 / sqrt({x})",
    "add": lambda x, y, *, alpha=1: f"{x} + {number(y)}" if alpha == 1 else f"{x} + {alpha} * {number(y)}",
    "sub": lambda x, y, *, alpha=1: f"{x} - {number(y)}" if alpha == 1 else f"{x} - {alpha} * {number(y)}",
    "rsub": lambda x, y, *, alpha=1: f"{number(y)} - {x}" if alpha == 1 else f"{number(y)} - {alpha} * {x}",
    "mul": sign("*"),
    "div.no_rounding_mode": sign("/"),
    "true_divide": sign("/"),
    "__radd__": reflected("+"),
    "__rsub__": reflected("-"),
    "__rmul__": reflected("*"),
    "__rdiv__": reflected("/"),
    "pow": lambda x, y: (
        None if isinstance(y, Tensor | str) or isinstance(x, complex | float) else f"{x} ** {number(y)}"
    ),
    "maximum": lambda x, y: f"maximum({x}, {y})",
    "max.binary": lambda x, y: f"maximum({x}, {y})",
    "max.reduction_no_dim": lambda x: f"max({x})",
    "max.reduction_with_dim": reduction("max"),
    "amax": reduction("max"),
    "sum": reduction("sum"),
    "mean": reduction("mean"),
    "var": variance,
    "var.unbiased": variance,
    "logsumexp": reduction("logsumexp"),
    "softmax": one_axis("softmax"),
    "log_softmax": one_axis("log_softmax"),
    "nn.functional.mse_loss": mse_loss,
    "nn.functional.binary_cross_entropy": binary_cross_entropy,
    "nn.functional.binary_cross_entropy_with_logits": with_logits,
    "nn.functional.cross_entropy": cross_entropy,
    "nn.functional.layer_norm": layer_norm,
    "nn.functional.linear": linear,
    "nn.functional.conv2d": conv2d,
    "matmul": sign("@"),
    "__rmatmul__": reflected("@"),
    "mm": sign("@"),
    "mv": sign("@"),
    "bmm": sign("@"),
    "dot": sign("@"),
    "vdot": sign("@"),
    "inner": lambda x, y: f"{x} @ {y}" if x.rank == y.rank == 1 else None,
    "outer": lambda x, y: f"outer({x}, {y})",
    "addmm": plus_product("{a} @ {b}"),
    "addmm.decomposed": plus_product("{a} @ {b}"),
    "addmv": plus_product("{a} @ {b}"),
    "baddbmm": plus_product("{a} @ {b}"),
    "addr": plus_product("outer({a}, {b})"),
    "addcmul": lambda x, a, b, *, value=1: f"{x} + {value} * {a} * {b}",
    "addcdiv": lambda x, a, b, *, value=1: f"{x} + {value} * {a} / {b}",
    "t": lambda x: f"{x}.T",
    "T": lambda x: f"{x}.T",
    "transpose": transpose,
    "permute": permute,
    "cat": joined("concatenate"),
    "stack": joined("stack"),
    "__getitem__": index,
}
"""By OpInfo, as `name` or `name.variant`, what it is in statements."""
