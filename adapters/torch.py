"""PyTorch: eager `backward`, and `torch.func.grad_and_value`."""

import math
from collections.abc import Callable

from gradproof.adapters import convolution_words, multi_head_words, recurrent_words, transposed_convolution_words
from gradproof.adapters.framework import Applied, Checker, Differentiation, Framework, Mode
from gradproof.adapters.plain_words import (
    axes_of,
    by_entry,
    given_statistics,
    one_axis,
    over_samples,
    stated,
    widths,
    with_lengths,
)


def backward(d: Differentiation) -> str:
    """Leaf tensors, `backward`, `.grad`; a leaf that the loss does not depend on would have `.grad` None."""
    used = [name for name in d.parameters if name not in d.unused]
    results = [f"torch.zeros_like({name})" if name in d.unused else f"{name}.grad" for name in d.parameters]
    return "\n".join(
        [
            f"def value_and_gradients({d.call}):",
            *(f"    {name} = {name}.detach().requires_grad_()" for name in used),
            f"    value = loss({d.call})",
            *(["    value.backward()"] if used else []),
            f"    results = [{', '.join(results)}]",
            "    return value.detach(), results",
        ]
    )


def func(d: Differentiation) -> str:
    """The functional transformation, which gives the value last."""
    return "\n".join(
        [
            f"def value_and_gradients({d.call}):",
            f"    both = torch.func.grad_and_value(loss, argnums={d.argnums})",
            f"    results, value = both({d.call})",
            "    return value, results",
        ]
    )


def transpose(applied: Applied) -> str:
    """`.T` is deprecated in PyTorch for ranks other than 2: a scalar or vector stays, other axes are permuted."""
    (rank,) = applied.ranks
    return {0: "x", 1: "x", 2: "x.T"}.get(rank, f"x.permute({', '.join(map(str, reversed(range(rank))))})")


def take(applied: Applied) -> str:
    """torch.index_select takes a vector of indices; with others it is written as an indexing."""
    if applied.ranks[1] == 1:
        return f"torch.index_select(x, {applied['axis']}, i)"
    return f"x[{':, ' * (applied['axis'] % applied.ranks[0])}i]"


def scatter_add(applied: Applied) -> str:
    """torch.index_add takes a vector of indices; with others it is written for one."""
    if applied.ranks[1] == 1:
        return f"torch.index_add(x, {applied['axis']}, i, src)"
    x, axis = applied.shapes[0], applied["axis"] % applied.ranks[0]
    return f"torch.index_add(x, {axis}, i.reshape(-1), src.reshape({(*x[:axis], -1, *x[axis + 1 :])}))"


def reduction(name: str) -> Callable[[Applied], str]:
    """The template of the reduction `name`, which needs `dim`, if only None, where it is given `keepdim`."""

    def template(applied: Applied) -> str:
        dim = None if applied["keepdims"] and applied["axis"] is None else "axis"
        return f"{name}(x, dim={dim}, keepdim=keepdims)"

    return template


def largest(name: str) -> Callable[[Applied], str]:
    """The template of `max` or `min`: torch.max takes one axis, or all of them and no `keepdim`; torch.amax several."""

    def template(applied: Applied) -> str:
        axis, keepdims = applied["axis"], applied["keepdims"]
        if axis is None and not keepdims:
            return f"torch.{name}(x)"
        if isinstance(axis, int):
            return f"torch.{name}(x, dim={axis}, keepdim={keepdims}).values"
        return f"torch.a{name}(x, dim={axis}, keepdim={keepdims})"

    return template


def norm(applied: Applied) -> str:
    """torch.linalg.norm of two axes is that of a matrix, as it is of a matrix with an order and no axis."""
    if applied["axis"] is None and applied["ord"] == 2:
        return stated("torch.linalg.norm(x, keepdim={keepdims})")(applied)
    name = "norm" if isinstance(applied["axis"], int) else "vector_norm"
    order = {math.inf: "torch.inf"}.get(applied["ord"], applied["ord"])
    return stated(f"torch.linalg.{name}(x, ord={order}, dim={{axis}}, keepdim={{keepdims}})")(applied)


def pad(applied: Applied) -> str:
    """F.pad takes the entries before and after those along the last axis first, in one list."""
    return f"F.pad(x, {[n for pair in reversed(widths(applied)) for n in pair]}, value={applied['value']})"


def prod(applied: Applied) -> str:
    """torch.prod takes one axis, or all and no `keepdim`: axes are multiplied one after another, the last one first."""
    axis, keepdims = applied["axis"], applied["keepdims"]
    if axis is None and not keepdims:
        return "torch.prod(x)"
    rank = applied.ranks[0]
    axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    text = "x"
    for each in sorted((i % rank for i in axes), reverse=True):
        text = f"torch.prod({text}, dim={each}, keepdim={keepdims})"
    return text


def by_quotient(applied: Applied) -> str | None:
    """torch/csrc/autograd/FunctionsManual.cpp, prod_backward: grad * (result / input) unless there is a 0.

    What torch.func wraps is multiplied out (prod_safe_zeros_backward).
    """
    return None if applied.mode == "func" else "prod': g (y / x)"


def logsumexp(applied: Applied) -> str:
    """torch.logsumexp has no default for `dim`: None is written out as all axes."""
    axis = tuple(range(applied.ranks[0])) if applied["axis"] is None else applied["axis"]
    return f"torch.logsumexp(x, dim={axis}, keepdim=keepdims)"


def linear(applied: Applied) -> str | None:
    """torch.nn's own layout is that of rows times W.T; its bias has one entry for each output."""
    if applied["layout"] != "(W @ X.T).T":
        return None
    return "F.linear(x, W, b)" if its_bias(applied) else "F.linear(x, W) + b"


def its_bias(applied: Applied) -> bool:
    """Whether F.linear takes the bias, if there is one."""
    return applied.shapes[2:] in ((), (applied.shapes[1][:1],))


def onto_bias(applied: Applied) -> str | None:
    """The algorithm of F.linear with a bias, which adds the products onto that; None for what is computed otherwise."""
    fused = applied["layout"] == "(W @ X.T).T" and len(applied.shapes) == 3 and its_bias(applied)
    return "linear: onto the bias" if fused else None


def layer_norm(applied: Applied) -> str:
    """F.layer_norm wants the shape that it normalises over, which here is that of the last axis."""
    return f"F.layer_norm(x, {applied.shapes[0][-1:]}, gamma, beta, eps=eps)"


def attention(applied: Applied) -> str:
    """F.scaled_dot_product_attention takes no mask where it is causal: that has to be in the mask then."""
    call = "F.scaled_dot_product_attention(q, k, v{}, scale=scale)".format
    if len(applied.shapes) < 4:
        return call(", is_causal=is_causal")
    if not applied["is_causal"]:
        return call(", attn_mask=mask")
    full = (applied.shapes[0][-2], applied.shapes[1][-2])
    return call(f", attn_mask=torch.where(torch.ones({full}, dtype=torch.bool).tril(), mask, -torch.inf)")


def attention_algorithm(applied: Applied) -> str:
    """aten/src/ATen/native/transformers/sdp_utils_cpp.cpp, use_flash_attention_cpp, says what is fused.

    That is aten/src/ATen/native/cpu/FlashAttentionKernel.cpp; else _scaled_dot_product_attention_math in attention.cpp.
    """
    q, _, v = applied.shapes[:3]
    if len(q) == 4 and q[-1] == v[-1] and len(applied.shapes) == 3:
        return "scaled_dot_product_attention': exp(s - log(sum(exp(s)))), p (d - sum(d p))"
    return "scaled_dot_product_attention: q and k times the root of the scale, p (d - sum(d p))"


def prelu(applied: Applied) -> str:
    """F.prelu takes one slope, or one for each channel, along the second axis."""
    x, a = applied.shapes
    channels = a in ((), (1,)) or (len(x) == 2 and a == x[1:])
    return "F.prelu(x, a)" if channels else "torch.where(x > 0, x, a * x)"


def rms_norm(applied: Applied) -> str:
    """F.rms_norm wants the shape that it normalises over, and has the dtype's own epsilon where none is given."""
    return f"F.rms_norm(x, {applied.shapes[0][-1:]}, gamma, eps={applied['eps']})"


def pool(name: str) -> Callable[[Applied], str]:
    """The template of the pooling `name`, with all that is not a default of its own."""

    def template(applied: Applied) -> str:
        set_to = {key: given for key, given in applied.attributes.items() if key in POOL_DEFAULTS}
        others = "".join(f", {key}={given}" for key, given in set_to.items() if given != POOL_DEFAULTS[key])
        return f"F.{name}(x, {applied['kernel_size']}{others})"

    return template


POOL_DEFAULTS = {"stride": None, "padding": 0, "ceil_mode": False, "count_include_pad": True}


def by_axis(applied: Applied) -> str | None:
    """aten/src/ATen/native/cpu/ReduceOpsKernel.cpp, std_var_kernel_impl: WelfordOps of SharedReduceOps.h, in double.

    Over all axes it is another, std_var_all_cpu in ReduceOps.cpp, that takes the mean first.
    """
    return None if applied["axis"] is None or applied.dtype == "float32" else "variance: by running means"


def root_by_axis(applied: Applied) -> str | None:
    """The same kernel as for `var`, and the root."""
    return "standard deviation: by running means" if by_axis(applied) else None


def with_logits(applied: Applied) -> str:
    """aten/src/ATen/native/Loss.cpp, binary_cross_entropy_with_logits, and its derivative in FunctionsManual.cpp.

    Under torch.func it is another: aten/src/ATen/functorch/PyTorchOperatorHacks.cpp.
    """
    func = "(1 - t) z + m + log(exp(-m) + exp(-z - m)), m = max(-z, 0)"
    eager = "(1 - t) z + softplus(-z), sigmoid(z) - t"
    return f"binary_cross_entropy_with_logits: {func if applied.mode == 'func' else eager}"


def gradcheck(title: str, fast_mode: bool) -> Checker:
    """PyTorch's own checker; it takes leaves only, so that each parameter is made one."""
    call = f"torch.autograd.gradcheck(function, [p.requires_grad_() for p in [{{parameters}}]], fast_mode={fast_mode})"
    return Checker(title, call, "from torch.autograd.gradcheck import GradcheckError", "GradcheckError")


TORCH = Framework(
    key="torch",
    title="PyTorch",
    colour="#d1495b",
    module="torch",
    distributions=("torch",),
    imports=("import torch", "import torch.nn.functional as F"),
    modes={"eager": Mode(backward), "func": Mode(func, measured=False)},
    namespace="torch",
    names=("value", "results", "both"),
    templates={
        "linear": linear,
        **convolution_words.TORCH,
        **transposed_convolution_words.TORCH,
        "layer_norm": layer_norm,
        "batch_norm": "F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)",
        # F.batch_norm has no derivative by the statistics that it is given.
        "batch_norm_inference": given_statistics("torch.sqrt"),
        "instance_norm": "F.instance_norm(x, weight=gamma, bias=beta, eps=eps)",
        "group_norm": lambda applied: f"F.group_norm(x, {applied['num_groups']}, gamma, beta, eps=eps)",
        "rms_norm": rms_norm,
        **{
            f"adaptive_{name}_pool{axes}d": stated(f"F.adaptive_{name}_pool{axes}d(x, {{output_size}})")
            for name in ("avg", "max")
            for axes in (1, 2)
        },
        **{name: pool(name) for name in ("max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d")},
        "transpose": transpose,
        "take": take,
        "take_along_axis": lambda applied: f"torch.take_along_dim(x, i, dim={applied['axis']})",
        "one_hot": stated("F.one_hot(i, num_classes={num_classes}).to(like.dtype)"),
        "scatter_add": scatter_add,
        "sort": stated("torch.sort(x, dim={axis}, stable=True).values"),
        "topk": stated("torch.topk(x, {k}, dim={axis}).values"),
        "embedding": "F.embedding(i, W, padding_idx=padding_idx)",
        "concatenate": "torch.cat(arrays, dim=axis)",
        "stack": "torch.stack(arrays, dim=axis)",
        "softplus": "F.softplus(x)",  # x above its threshold of 20
        "silu": "F.silu(x)",
        "relu": "F.relu(x)",
        "leaky_relu": "F.leaky_relu(x, negative_slope=negative_slope)",
        "elu": "F.elu(x, alpha=alpha)",
        "gelu": stated("F.gelu(x, approximate={approximate!r})"),
        "logsigmoid": "F.logsigmoid(x)",
        "softsign": "F.softsign(x)",
        "mish": "F.mish(x)",
        "celu": "F.celu(x, alpha=alpha)",
        "selu": "F.selu(x)",
        "prelu": prelu,
        "tanhshrink": "F.tanhshrink(x)",
        "glu": stated("F.glu(x, dim={axis})"),
        "clip": stated("torch.clamp(x, min={lower}, max={upper})"),
        "relu6": "F.relu6(x)",
        "hardtanh": stated("F.hardtanh(x, min_val={min_val}, max_val={max_val})"),
        "hardsigmoid": "F.hardsigmoid(x)",
        "hardswish": "F.hardswish(x)",
        "hardshrink": stated("F.hardshrink(x, lambd={lambd})"),
        "softshrink": stated("F.softshrink(x, lambd={lambd})"),
        "sum": reduction("torch.sum"),
        "mean": reduction("torch.mean"),
        "var": "torch.var(x, dim=axis, correction=0, keepdim=keepdims)",
        "max": largest("max"),
        "flip": lambda applied: f"torch.flip(x, dims={axes_of(applied)})",
        "roll": stated("torch.roll(x, shifts={shift}, dims={axis})"),
        "pad": pad,
        "reshape": with_lengths("torch.reshape(x, {lengths})", "shape"),
        "broadcast_to": with_lengths("torch.broadcast_to(x, {lengths})", "shape"),
        "tile": with_lengths("torch.tile(x, {lengths})", "reps"),
        "repeat": stated("torch.repeat_interleave(x, {repeats}, dim={axis})"),
        "swapaxes": stated("torch.swapaxes(x, {axis1}, {axis2})"),
        "split": stated("torch.chunk(x, {sections}, dim={axis})"),
        "moveaxis": stated("torch.moveaxis(x, {source}, {destination})"),
        "min": largest("min"),
        "prod": prod,
        "std": "torch.std(x, dim=axis, correction=0, keepdim=keepdims)",
        "norm": norm,
        "normalize": stated("F.normalize(x, p={ord}, dim={axis}, eps={eps})"),
        "cosine_similarity": stated("F.cosine_similarity(a, b, dim={axis}, eps={eps})"),
        "pairwise_distance": stated("F.pairwise_distance(a, b, p=2, eps={eps}, keepdim={keepdims})"),
        "cumsum": stated("torch.cumsum(x, dim={axis})"),
        "cumprod": stated("torch.cumprod(x, dim={axis})"),
        "logsumexp": logsumexp,
        "softmax": one_axis("torch.softmax(x, dim={axis})"),
        "softmin": one_axis("F.softmin(x, dim={axis})"),
        "log_softmax": one_axis("torch.log_softmax(x, dim={axis})"),
        "half_squared_error": 'F.mse_loss(p, t, reduction="sum") / 2',
        "sum_of_squares": 'F.mse_loss(p, t, reduction="sum")',
        "mean_over_outputs": "F.mse_loss(p, t)",
        "mean_over_samples": over_samples('F.mse_loss(p, t, reduction="sum")'),
        # It takes log(p) to be at least -100, and its derivative divides by max(p (1 - p), 1e-12).
        "binary_cross_entropy": "F.binary_cross_entropy(p, t)",
        "binary_cross_entropy_with_logits": "F.binary_cross_entropy_with_logits(z, t)",
        "scaled_dot_product_attention": attention,
        "multi_head_attention": multi_head_words.torch,
        "huber_loss": "F.huber_loss(p, t, delta=delta, reduction=reduction)",
        "smooth_l1_loss": "F.smooth_l1_loss(p, t, beta=beta, reduction=reduction)",
        "l1_loss": "F.l1_loss(p, t, reduction=reduction)",
        "kl_div": "F.kl_div(logp, t, reduction=reduction)",
        "soft_margin_loss": "F.soft_margin_loss(z, t, reduction=reduction)",
        "poisson_nll_loss": "F.poisson_nll_loss(z, t, log_input=True, reduction=reduction)",
        "triplet_margin_loss": stated(
            "F.triplet_margin_loss(a, p, n, margin={margin}, p=2, eps={eps}, swap=False, reduction={reduction!r})"
        ),
        "cosine_embedding_loss": "F.cosine_embedding_loss(a, b, t, margin=margin, reduction=reduction)",
        "margin_ranking_loss": "F.margin_ranking_loss(a, b, t, margin=margin, reduction=reduction)",
        "hinge_embedding_loss": "F.hinge_embedding_loss(x, t, margin=margin, reduction=reduction)",
        "multi_margin_loss": "F.multi_margin_loss(z, t, p=1, margin=margin, reduction=reduction)",
        "hinge": by_entry("torch.clamp(1 - t * p, min=0)", "torch."),
        "squared_hinge": by_entry("torch.square(torch.clamp(1 - t * p, min=0))", "torch."),
        "gaussian_nll_loss": "F.gaussian_nll_loss(mu, t, variance, full=full, eps=eps, reduction=reduction)",
        "cross_entropy": (
            "F.cross_entropy(z, t, weight=weight, ignore_index=ignore_index, reduction=reduction, "
            "label_smoothing=label_smoothing)"
        ),
        "nll_loss": "F.nll_loss(logp, t, weight=weight, ignore_index=ignore_index, reduction=reduction)",
        # It takes axis 1 for the classes, which is the last one up to rank 2.
        "softmax_cross_entropy": lambda applied: "F.cross_entropy(z, t)" if applied.ranks[0] <= 2 else None,
    },
    definitions=recurrent_words.TORCH,
    declared_of="2.13.0",
    algorithms={
        # aten/src/ATen/native/Linear.cpp, linear: addmm, a matrix product that a BLAS adds to the bias, term by term or
        # block by block.
        "linear": onto_bias,
        # tools/autograd/derivatives.yaml, "- name: expm1": grad * (result + 1).
        "expm1": "expm1': y + 1",
        # aten/src/ATen/native/cpu/BinaryOpsKernel.cpp, sigmoid_backward_kernel and tanh_backward_kernel.
        "sigmoid": "sigmoid': y (1 - y)",
        "tanh": "tanh': 1 - y^2",
        # aten/src/ATen/native/cpu/Activation.cpp, silu_backward_kernel.
        "silu": "silu': (g s) (1 + x (1 - s))",
        # aten/src/ATen/native/cpu/Activation.cpp, GeluKernelImpl and GeluBackwardKernelImpl.
        "gelu": lambda applied: "gelu: 1 + tanh, 1 - tanh^2" if applied["approximate"] == "tanh" else "gelu: 1 + erf",
        # The same file, mish_backward_kernel.
        "mish": "mish': 1 - tanh^2",
        # The same file, hardswish_kernel and hardswish_backward_kernel.
        "hardswish": "hardswish: x relu6(x + 3) / 6, x / 3 + 1/2",
        "tanhshrink": "tanhshrink': 1 - (1 - tanh^2)",  # torch/nn/functional.py: input - input.tanh()
        # aten/src/ATen/native/cpu/Activation.cpp, glu_backward_kernel.
        "glu": "glu': s (1 - s)",
        # torch/nn/functional.py, softsign: x / (|x| + 1).
        "softsign": "softsign': 1 / (1 + |x|) - |y| / (1 + |x|)",
        # aten/src/ATen/native/cpu/layer_norm_kernel.cpp: x * scale + bias with bias = -rstd * mean, and its derivative.
        "layer_norm": "layer_norm: multiplied out",
        # aten/src/ATen/native/cpu/batch_norm_kernel.cpp: x * alpha + beta with beta = bias - mean * alpha; on the way
        # back the mean is taken off. Instance normalisation is it as well, of all samples' channels.
        "batch_norm": "batch_norm: multiplied out",
        "instance_norm": "instance_norm: multiplied out",
        # aten/src/ATen/native/cpu/group_norm_kernel.cpp, GroupNormKernelImplInternal and GroupNormBackward.
        "group_norm": "group_norm: multiplied out, there and back",
        "var": by_axis,
        "std": root_by_axis,
        "norm": "norm: sqrt(sum(x^2))",  # aten/src/ATen/native/cpu/ReduceOpsKernel.cpp, NormTwoOps of SharedReduceOps.h
        # torch/nn/functional.py, normalize, and aten/src/ATen/native/Distance.cpp: by that norm.
        "pairwise_distance": "pairwise_distance: sqrt(sum(x^2))",
        "prod": by_quotient,
        # aten/src/ATen/native/ReduceOps.cpp, cumprod_backward: reversed_cumsum(w, dim) / input unless there is a 0.
        "cumprod": "cumprod': sum(g y) / x",
        # torch/csrc/autograd/FunctionsManual.cpp, logsumexp_backward: grad * (self - result).exp().
        "logsumexp": "logsumexp: log(sum(exp(x))), exp(x - y)",
        # aten/src/ATen/native/cpu/SoftMaxKernel.cpp, vec_host_softmax_backward_lastdim and others.
        "softmax": one_axis("softmax': y (g - sum(g y))"),
        "softmin": one_axis("softmin': y (g - sum(g y))"),
        "log_softmax": one_axis("log_softmax: x - log(sum(exp(x))), g - exp(y) sum(g)"),
        # aten/src/ATen/native/LossNLL.cpp, cross_entropy_loss_prob_target: log_softmax times the target.
        "softmax_cross_entropy": "softmax_cross_entropy: softmax(z) sum(g t) - g t",
        # aten/src/ATen/native/LossMultiMargin.cpp: margin - input_target + input[d].
        "multi_margin_loss": "multi_margin_loss: (margin - z_t) + z_i",
        # aten/src/ATen/native/LossNLL.cpp, cross_entropy_loss: nll_loss of log_softmax, which see.
        "cross_entropy": "cross_entropy: log_softmax by the logarithm of a sum, exp(y) sum(q) - q",
        # tools/autograd/derivatives.yaml, "- name: binary_cross_entropy": binary_cross_entropy_target_backward.
        "binary_cross_entropy": "binary_cross_entropy': log1p(-p) - log(p)",
        "binary_cross_entropy_with_logits": with_logits,
        "scaled_dot_product_attention": attention_algorithm,
        # torch/nn/functional.py, multi_head_attention_forward with need_weights, as it is by default.
        "multi_head_attention": "multi_head_attention: q times the scale, p (d - sum(d p))",
        # aten/src/ATen/native/RNN.cpp: SimpleCell, LSTMCell and GRUCell, by operations of their own; an LSTM in float32
        # is oneDNN's, aten/src/ATen/native/mkldnn/RNN.cpp.
        **{f"rnn{cell}": f"rnn{cell}': 1 - y^2" for cell in ("", "_cell")},
        **{f"lstm{cell}": f"lstm{cell}': y (1 - y), 1 - y^2" for cell in ("", "_cell")},
        **{f"gru{cell}": f"gru{cell}: n + z (h - n), y (1 - y), 1 - y^2" for cell in ("", "_cell")},
    },
    # Its kernel is what it runs below the threshold.
    shipped={"softplus(x)": "F.softplus(x, threshold=40)"},
    constant="torch.tensor({value}, dtype=torch.{dtype})",
    number="like.new_tensor(number)",
    cast="{tensor}.to(torch.{dtype})",
    detached="{tensor}.detach()",
    flushes_subnormals=False,
    portable={
        "ATEN_CPU_CAPABILITY": "avx2",  # its own kernels
        # Intel's library below it. A processor that is not Intel's has AUTO and COMPATIBLE only, and takes AUTO for all
        # others without a word; COMPATIBLE is SSE2, and the same on all.
        "MKL_CBWR": "COMPATIBLE",
    },
    checkers=(
        gradcheck("torch.autograd.gradcheck", fast_mode=False),
        gradcheck("torch.autograd.gradcheck, fast mode", fast_mode=True),
    ),
)
