"""Layers as people write them out: attention, normalisations, gates, flows, dropout."""

from collections.abc import Callable

import numpy as np

from tests.reports.checking.families.sketch import Sketch


def masked_attention(mask: float) -> Callable[[Sketch], None]:
    """Attention that sees nothing later, by `mask` added to the scores (Vaswani et al. 2017)."""

    def family(s: Sketch) -> None:
        n, rows = s.size(2, 26), s.size(2, 26)
        s.numbers("x", rows, n)
        seen = np.tril(np.ones((rows, rows)))
        s.constant("m", seen if mask == -np.inf else (1 - seen) * mask)
        for role in "qkv":
            s.dense(role, n, n)
        s.add(*(f"{role} = x @ W{role} + b{role}" for role in "qkv"))
        added = "log(m)" if mask == -np.inf else "m"
        s.add(f"p = softmax(q @ k.T * {n**-0.5!r} + {added}, axis=-1)", "L = mean(square(x + p @ v))")

    return family


def batch_norm(s: Sketch) -> None:
    """Batch normalisation written out (Ioffe and Szegedy 2015), before a rectifier."""
    n, hidden, rows = s.size(1, 16), s.size(1, 24), s.rows(520, 2)
    s.numbers("x", rows, n)
    s.dense("1", n, hidden), s.dense("2", hidden, 1)
    s.numbers("gamma", hidden, about=1.0, spread=0.25), s.numbers("beta", hidden)
    s.add("z = x @ W1 + b1", "m = mean(z, axis=0)", "v = mean(square(z - m), axis=0)")
    s.add("y = gamma * (z - m) / sqrt(v + 1e-5) + beta", "L = mean(square(relu(y) @ W2 + b2))")


def group_norm(s: Sketch) -> None:
    """Group normalisation (Wu and He 2018), sometimes of numbers far from 0."""
    rows, groups, n = s.rows(96), s.size(1, 8), s.size(2, 16)
    s.numbers("x", rows, groups, n, about=s.choose((0.0, 30.0)))
    s.numbers("gamma", groups, n, about=1.0, spread=0.25), s.numbers("beta", groups, n)
    s.add("m = mean(x, axis=-1, keepdims=True)", "v = mean(square(x - m), axis=-1, keepdims=True)")
    s.add("y = (x - m) / sqrt(v + 1e-5) * gamma + beta", "L = mean(silu(y) * y)")


def gated(s: Sketch) -> None:
    """Root-mean-square normalisation and a gated layer (Zhang and Sennrich 2019; Shazeer 2020)."""
    n, hidden, rows = s.size(1, 20), s.size(1, 24), s.rows(180)
    s.numbers("x", rows, n), s.numbers("g", n, about=1.0, spread=0.25)
    s.dense("1", n, hidden), s.dense("2", n, hidden), s.dense("3", hidden, n)
    s.add("y = x / sqrt(mean(square(x), axis=-1, keepdims=True) + 1e-6) * g")
    s.add("L = mean(square(x + (silu(y @ W1 + b1) * (y @ W2 + b2)) @ W3 + b3))")


def block(s: Sketch) -> None:
    """The second half of a transformer's block: layer normalisation, and two layers with gelu between."""
    n, rows = s.size(2, 14), s.rows(96)
    s.numbers("x", rows, n), s.numbers("g", n, about=1.0, spread=0.25), s.numbers("b", n)
    s.dense("1", n, 4 * n), s.dense("2", 4 * n, n)
    s.add("y = layer_norm(x) * g + b", "L = mean(square(x + gelu(y @ W1 + b1) @ W2 + b2))")


def dropout(s: Sketch) -> None:
    """Layers whose results are dropped by a mask, and those that are left scaled (Srivastava et al. 2014)."""
    n, hidden, rows = s.size(1, 16), s.size(1, 32), s.rows(420)
    s.numbers("x", rows, n)
    s.dense("1", n, hidden), s.dense("2", hidden, 1)
    for name, shape in (("d", (rows, n)), ("e", (rows, hidden))):
        s.constant(name, np.where(s.draw.numbers(shape) < 0, 0.0, 2.0))
    s.add("h = relu((x * d) @ W1 + b1) * e", "L = mean(square(h @ W2 + b2))")


def pooled(s: Sketch) -> None:
    """The largest of some features, after a convolution of one dimension that is written out."""
    n, rows, hidden = s.size(3, 16), s.rows(248), s.size(1, 8)
    s.numbers("x", rows, n), s.numbers("b", hidden), s.numbers("w", hidden, 1)
    for k in range(3):
        s.numbers(f"k{k}", n, hidden, spread=n**-0.5)
    s.add("h = stack(tanh(x @ k0 + b), tanh(x @ k1 + b), tanh(x @ k2 + b), axis=0)")
    s.add("L = mean(square(max(h, axis=0) @ w))")


def planar_flow(s: Sketch) -> None:
    """Planar flows and their log determinants (Rezende and Mohamed 2015)."""
    n, rows, steps = s.size(1, 8), s.rows(1040), s.size(1, 6)
    z = s.numbers("z", rows, n)
    total = "0"
    for k in range(steps):
        s.numbers(f"u{k}", n, spread=0.25), s.numbers(f"w{k}", n), s.numbers(f"b{k}")
        s.add(f"h{k} = tanh({z} @ w{k} + b{k})", f"z{k} = {z} + outer(h{k}, u{k})")
        s.add(f"d{k} = sum(log(abs(1 + (1 - square(h{k})) * sum(u{k} * w{k}))))")
        z, total = f"z{k}", f"{total} + d{k}"
    s.add(f"L = sum(square({z})) / 2 - ({total})")


def coupling_flow(s: Sketch) -> None:
    """Affine couplings (Dinh, Sohl-Dickstein and Bengio 2017)."""
    n, rows, steps = s.size(1, 8), s.rows(420), s.size(1, 6)
    a, b = s.numbers("a", rows, n), s.numbers("b", rows, n)
    logs = "0"
    for k in range(steps):
        s.dense(f"s{k}", n, n), s.dense(f"t{k}", n, n)
        s.add(f"s{k} = tanh({a} @ Ws{k} + bs{k})", f"y{k} = {b} * exp(s{k}) + {a} @ Wt{k} + bt{k}")
        a, b, logs = f"y{k}", a, f"{logs} + sum(s{k})"
    s.add(f"L = sum(square({a})) / 2 + sum(square({b})) / 2 - ({logs})")


LAYERS = {
    "attention masked by -1e9": masked_attention(-1e9),
    "attention masked by -1e30": masked_attention(-1e30),
    "attention masked by -inf": masked_attention(-np.inf),
    "batch norm": batch_norm,
    "group norm": group_norm,
    "gated": gated,
    "block": block,
    "dropout": dropout,
    "pooled": pooled,
    "planar flow": planar_flow,
    "coupling flow": coupling_flow,
}
