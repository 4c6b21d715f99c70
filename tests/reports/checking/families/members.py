"""Families of networks that are in no corpus: what people write, and what breaks checkers.

A family draws its statements and numbers, so that a network is a function of family, seed and index; every number is
one of float32.
"""

from collections.abc import Callable

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from gradproof.reference.random_networks.draw import Numbers


class Sketch:
    """A network while it is drawn: statements, and inputs with their numbers."""

    def __init__(self, draw: Seeded) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.inputs: dict[str, Numbers] = {}
        self.data: set[str] = set()

    def size(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self.draw.integer(low, high)

    def numbers(self, name: str, *shape: int, spread: float = 1.0, about: float = 0.0) -> str:
        """A parameter with numbers less than `spread` from `about`; its name."""
        return self.given(name, about + spread * self.draw.numbers(shape))

    def given(self, name: str, numbers: Numbers) -> str:
        """A parameter with these numbers, rounded to float32; its name."""
        self.inputs[name] = np.asarray(numbers, np.float32).astype(np.float64)
        return name

    def constant(self, name: str, numbers: Numbers) -> str:
        """Numbers that no gradient is asked of, such as a mask; their name."""
        self.data.add(name)
        return self.given(name, numbers)

    def dense(self, name: str, inputs: int, outputs: int) -> tuple[str, str]:
        """The weights and biases of a layer, of about the size that keeps its results near 1."""
        return self.numbers(f"W{name}", inputs, outputs, spread=2 * inputs**-0.5), self.numbers(f"b{name}", outputs)

    def add(self, *lines: str) -> None:
        """More statements."""
        self.lines += lines

    def targets(self, rows: int, classes: int) -> str:
        """One-hot rows, "t"."""
        return self.constant("t", np.eye(classes)[np.argmax(self.draw.numbers((rows, classes)), axis=1)])

    def network(self, title: str) -> Network:
        """What was drawn."""
        parameters = [name for name in self.inputs if name not in self.data]
        return build("\n".join(self.lines), self.inputs, parameters=parameters, title=title)


def recurrent(s: Sketch) -> None:
    """A recurrent cell, unrolled (Elman 1990)."""
    n, rows, steps = s.size(1, 8), s.size(1, 8), s.size(2, 12)
    s.numbers("x", steps, rows, n)
    s.dense("x", n, n), s.dense("h", n, n)
    s.add(
        "h0 = tanh(x[0] @ Wx + bx)", *(f"h{k} = tanh(x[{k}] @ Wx + bx + h{k - 1} @ Wh + bh)" for k in range(1, steps))
    )
    s.add(f"L = mean(square(h{steps - 1}))")


def lstm(s: Sketch) -> None:
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with a gate to forget, unrolled."""
    n, rows, steps = s.size(1, 6), s.size(1, 6), s.size(2, 8)
    s.numbers("x", steps, rows, n)
    for gate in "ifog":
        s.dense(gate, n, n), s.numbers(f"U{gate}", n, n, spread=n**-0.5)
    s.numbers("h", rows, n), s.numbers("c", rows, n)
    h, c = "h", "c"
    for k in range(steps):
        for gate, function in zip("ifog", ("sigmoid", "sigmoid", "sigmoid", "tanh"), strict=True):
            s.add(f"{gate}{k} = {function}(x[{k}] @ W{gate} + {h} @ U{gate} + b{gate})")
        s.add(f"c{k} = f{k} * {c} + i{k} * g{k}", f"h{k} = o{k} * tanh(c{k})")
        h, c = f"h{k}", f"c{k}"
    s.add(f"L = sum(square({h}))")


def gru(s: Sketch) -> None:
    """A gated recurrent unit (Cho et al. 2014), unrolled."""
    n, rows, steps = s.size(1, 6), s.size(1, 6), s.size(2, 8)
    s.numbers("x", steps, rows, n)
    for gate in "rzn":
        s.dense(gate, n, n), s.numbers(f"U{gate}", n, n, spread=n**-0.5)
    h = s.numbers("h", rows, n)
    for k in range(steps):
        s.add(*(f"{gate}{k} = sigmoid(x[{k}] @ W{gate} + {h} @ U{gate} + b{gate})" for gate in "rz"))
        s.add(f"n{k} = tanh(x[{k}] @ Wn + bn + r{k} * ({h} @ Un))", f"h{k} = (1 - z{k}) * n{k} + z{k} * {h}")
        h = f"h{k}"
    s.add(f"L = sum(square({h}))")


def masked_attention(mask: float) -> Callable[[Sketch], None]:
    """Attention that sees nothing later, by `mask` added to the scores (Vaswani et al. 2017)."""

    def family(s: Sketch) -> None:
        n, rows = s.size(2, 16), s.size(2, 16)
        s.numbers("x", rows, n)
        s.constant("m", np.triu(np.full((rows, rows), mask), 1))
        for role in "qkv":
            s.dense(role, n, n)
        s.add(*(f"{role} = x @ W{role} + b{role}" for role in "qkv"))
        s.add(f"p = softmax(q @ k.T * {n**-0.5!r} + m, axis=-1)", "L = mean(square(x + p @ v))")

    return family


def batch_norm(s: Sketch) -> None:
    """Batch normalisation written out (Ioffe and Szegedy 2015), before a rectifier."""
    n, hidden, rows = s.size(1, 8), s.size(1, 16), s.size(2, 64)
    s.numbers("x", rows, n)
    s.dense("1", n, hidden), s.dense("2", hidden, 1)
    s.numbers("gamma", hidden, about=1.0, spread=0.25), s.numbers("beta", hidden)
    s.add("z = x @ W1 + b1", "m = mean(z, axis=0)", "v = mean(square(z - m), axis=0)")
    s.add("y = gamma * (z - m) / sqrt(v + 1e-5) + beta", "L = mean(square(relu(y) @ W2 + b2))")


def info_nce(s: Sketch) -> None:
    """InfoNCE of unit vectors (van den Oord et al. 2018)."""
    n, rows = s.size(2, 16), s.size(2, 32)
    s.numbers("a", rows, n), s.numbers("b", rows, n)
    s.constant("one", np.eye(rows))
    s.add(*(f"{v}n = {v} / sqrt(sum(square({v}), axis=1, keepdims=True))" for v in "ab"))
    s.add(f"L = -sum(one * log_softmax(an @ bn.T / {s.draw.choose((0.0625, 0.25, 1.0))}, axis=1)) / {rows}")


def focal(s: Sketch) -> None:
    """The focal loss (Lin et al. 2017), of probabilities."""
    n, rows = s.size(1, 8), s.size(1, 64)
    s.numbers("x", rows, n)
    s.dense("", n, 1)
    s.constant("t", np.where(s.draw.numbers((rows, 1)) < 0, 0.0, 1.0))
    s.add("p = sigmoid(4 * (x @ W + b))", "L = -mean(t * (1 - p)**2 * log(p) + (1 - t) * p**2 * log(1 - p))")


def gaussian_kl(s: Sketch) -> None:
    """The divergence of a variational autoencoder (Kingma and Welling 2014)."""
    n, rows, latent = s.size(1, 8), s.size(1, 32), s.size(1, 8)
    s.numbers("x", rows, n), s.constant("e", s.draw.numbers((rows, latent)))
    s.dense("m", n, latent), s.dense("v", n, latent), s.dense("d", latent, n)
    s.add("m = x @ Wm + bm", "v = x @ Wv + bv", "z = m + exp(v / 2) * e")
    s.add("L = mean(square(z @ Wd + bd - x)) + sum(exp(v) + square(m) - 1 - v) / 2")


def softmax_kl(s: Sketch) -> None:
    """Distillation: the divergence of two distributions (Hinton, Vinyals and Dean 2015)."""
    n, rows, classes = s.size(1, 8), s.size(1, 32), s.size(2, 16)
    s.numbers("x", rows, n)
    s.dense("p", n, classes), s.dense("q", n, classes)
    s.add(*(f"{v} = log_softmax((x @ W{v} + b{v}) / {s.draw.choose((0.5, 2.0))}, axis=1)" for v in "pq"))
    s.add(f"L = sum(exp(p) * (p - q)) / {rows}")


def huber(s: Sketch) -> None:
    """The Huber loss, by maximum."""
    n, rows = s.size(1, 8), s.size(1, 64)
    s.numbers("x", rows, n), s.numbers("t", rows, 1, spread=4.0)
    s.dense("", n, 1)
    s.add("r = abs(x @ W + b - t)", "m = -maximum(-r, -1)", "L = mean(square(m) / 2 + r - m)")


def charbonnier(s: Sketch) -> None:
    """sqrt(1 + r^2) - 1 of small residues, which cancels."""
    rows = s.size(1, 64)
    s.numbers("r", rows, spread=s.draw.choose((1.0, 2.0**-6, 2.0**-12)))
    s.add("L = sum(sqrt(1 + square(r)) - 1)")


def planar_flow(s: Sketch) -> None:
    """Planar flows and their log determinants (Rezende and Mohamed 2015)."""
    n, rows, steps = s.size(1, 6), s.size(1, 16), s.size(1, 6)
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
    n, rows, steps = s.size(1, 4), s.size(1, 16), s.size(1, 6)
    a, b = s.numbers("a", rows, n), s.numbers("b", rows, n)
    logs = "0"
    for k in range(steps):
        s.dense(f"s{k}", n, n), s.dense(f"t{k}", n, n)
        s.add(f"s{k} = tanh({a} @ Ws{k} + bs{k})", f"y{k} = {b} * exp(s{k}) + {a} @ Wt{k} + bt{k}")
        a, b, logs = f"y{k}", a, f"{logs} + sum(s{k})"
    s.add(f"L = sum(square({a})) / 2 + sum(square({b})) / 2 - ({logs})")


def power_iteration(s: Sketch) -> None:
    """A vector times a matrix again and again, of length 1 each time; the Rayleigh quotient."""
    n, steps = s.size(2, 16), s.size(1, 12)
    s.numbers("A", n, n)
    v = s.numbers("v", n)
    for k in range(steps):
        s.add(f"w{k} = A @ {v}", f"v{k} = w{k} / sqrt(sum(square(w{k})))")
        v = f"v{k}"
    s.add(f"L = {v} @ (A @ {v})")


def horner(s: Sketch) -> None:
    """A polynomial by Horner's rule, sometimes next to a root of high order."""
    degree, rows = s.size(2, 20), s.size(1, 16)
    s.numbers("x", rows, about=s.draw.choose((0.0, 1.0)), spread=s.draw.choose((1.0, 2.0**-6)))
    s.numbers("c", degree + 1)
    s.add(f"p0 = c[{degree}] + 0 * x", *(f"p{k} = p{k - 1} * x + c[{degree - k}]" for k in range(1, degree + 1)))
    s.add(f"L = sum(p{degree})")


def near_singular(s: Sketch) -> None:
    """Division by a difference that nearly cancels."""
    rows = s.size(1, 16)
    b = s.draw.numbers((rows,)) + 2
    s.numbers("a", rows), s.given("b", b), s.given("c", b * (1 + s.draw.numbers((rows,)) * 2.0**-14))
    s.add("q = a / (b - c)", "L = sum(q / (1 + abs(q)))")


def residual_stack(s: Sketch) -> None:
    """A hundred residual blocks."""
    n, rows = s.size(1, 6), s.size(1, 8)
    h = s.numbers("x", rows, n)
    s.dense("", n, n)
    for k in range(100):
        s.add(f"h{k} = {h} + tanh({h} @ W + b) / 16")
        h = f"h{k}"
    s.add(f"L = mean(square({h}))")


def many_samples(s: Sketch) -> None:
    """4,096 samples."""
    n, hidden = s.size(1, 4), s.size(1, 8)
    s.constant("x", s.draw.numbers((4096, n))), s.constant("t", s.draw.numbers((4096, 1)))
    s.dense("1", n, hidden), s.dense("2", hidden, 1)
    s.add(f"h = {s.draw.choose(('tanh', 'relu', 'gelu'))}(x @ W1 + b1)", "L = mean(square(h @ W2 + b2 - t))")


def subnormals(s: Sketch) -> None:
    """Products and exponentials that leave the normal numbers of float32."""
    n, rows = s.size(1, 8), s.size(1, 16)
    s.numbers("x", rows, n, spread=2.0 ** -s.size(60, 148)), s.numbers("w", n, spread=2.0 ** -s.size(0, 8))
    s.numbers("y", rows, about=-float(s.size(80, 110)), spread=4.0)
    s.add("L = sum(tanh(x @ w)) + sum(exp(y))")


def ties(s: Sketch) -> None:
    """Whole numbers, of which many are equal: maxima tie, and rectifiers stand on their kinks."""
    n, rows = s.size(2, 8), s.size(2, 8)
    s.given("x", np.round(2 * s.draw.numbers((rows, n)))), s.given("w", np.round(2 * s.draw.numbers((n,))))
    s.add("L = sum(max(x, axis=1)) + sum(maximum(x, w)) + sum(relu(x * w)) + sum(leaky_relu(x - w))")


def zeros(s: Sketch) -> None:
    """Zeros everywhere: weights, biases, samples, and the inputs of every function."""
    n, hidden, rows = s.size(1, 8), s.size(1, 8), s.size(1, 8)
    some = [np.zeros((rows, n)), s.draw.numbers((rows, n))]
    s.given("x", s.draw.choose(some)), s.given("W1", np.zeros((n, hidden))), s.given("b1", np.zeros(hidden))
    s.dense("2", hidden, 2)
    s.add(f"h = {s.draw.choose(('relu', 'elu', 'gelu', 'silu', 'softplus', 'abs'))}(x @ W1 + b1)")
    s.add(f"L = sum(softmax(h @ W2 + b2, axis=1)[:, 0]) + half_squared_error(h, 0 * h) + sum(square(x)) / {n}")


def triplet(s: Sketch) -> None:
    """The triplet loss, of which about half is inactive (Schroff, Kalenichenko and Philbin 2015)."""
    n, rows = s.size(1, 8), s.size(1, 32)
    for v in "apn":
        s.numbers(v, rows, n)
    s.add("L = sum(relu(sum(square(a - p), axis=1) - sum(square(a - n), axis=1) + 0.25))")


def mixture(s: Sketch) -> None:
    """The likelihood of a mixture of normal distributions."""
    classes, rows = s.size(1, 8), s.size(1, 32)
    s.numbers("x", rows, 1, spread=4.0), s.numbers("w", classes), s.numbers("m", classes, spread=4.0)
    s.numbers("s", classes)
    s.add("l = log_softmax(w) - square((x - m) / exp(s)) / 2 - s", "L = -sum(logsumexp(l, axis=1))")


def gram_schmidt(s: Sketch) -> None:
    """Three vectors made orthogonal, sometimes of nearly one direction."""
    n, near = s.size(3, 16), s.draw.choose((1.0, 2.0**-6))
    base = s.draw.numbers((n,))
    for v in "abc":
        s.given(v, base + near * s.draw.numbers((n,)))
    s.add("q = a / sqrt(a @ a)", "r = b - (b @ q) * q", "u = r / sqrt(r @ r)")
    s.add("d = c - (c @ q) * q", "e = d - (d @ u) * u", "L = sqrt(e @ e) + q @ u")


def logistic_map(s: Sketch) -> None:
    """x (1 - x) again and again: its operands are one value."""
    steps = s.size(2, 12)
    x = s.numbers("x", s.size(1, 8), about=0.5, spread=0.25)
    s.numbers("r", about=3.5, spread=0.5)
    for k in range(steps):
        s.add(f"x{k} = r * {x} * (1 - {x})")
        x = f"x{k}"
    s.add(f"L = sum({x})")


def newton(s: Sketch) -> None:
    """Newton's square roots."""
    y = s.numbers("y", s.size(1, 8), about=2.0)
    s.numbers("a", *s.inputs["y"].shape, about=3.0)
    for k in range(s.size(1, 8)):
        s.add(f"y{k} = ({y} + a / {y}) / 2")
        y = f"y{k}"
    s.add(f"L = sum({y})")


def gated(s: Sketch) -> None:
    """Root-mean-square normalisation and a gated layer (Zhang and Sennrich 2019; Shazeer 2020)."""
    n, hidden, rows = s.size(1, 16), s.size(1, 16), s.size(1, 16)
    s.numbers("x", rows, n), s.numbers("g", n, about=1.0, spread=0.25)
    s.dense("1", n, hidden), s.dense("2", n, hidden), s.dense("3", hidden, n)
    s.add("y = x / sqrt(mean(square(x), axis=-1, keepdims=True) + 1e-6) * g")
    s.add("L = mean(square(x + (silu(y @ W1 + b1) * (y @ W2 + b2)) @ W3 + b3))")


def dice(s: Sketch) -> None:
    """The Dice loss (Milletari, Navab and Ahmadi 2016)."""
    rows = s.size(1, 64)
    s.numbers("z", rows, spread=8.0), s.constant("t", np.where(s.draw.numbers((rows,)) < 0, 0.0, 1.0))
    s.add("p = sigmoid(z)", "L = 1 - (2 * sum(p * t) + 1) / (sum(p) + sum(t) + 1)")


def label_smoothing(s: Sketch) -> None:
    """Cross-entropy with smoothed targets."""
    n, rows, classes = s.size(1, 8), s.size(1, 32), s.size(2, 16)
    s.numbers("x", rows, n)
    s.dense("", n, classes)
    s.targets(rows, classes)
    s.add(f"L = softmax_cross_entropy(x @ W + b, 0.875 * t + {0.125 / classes!r})")


def pendulum(s: Sketch) -> None:
    """A pendulum, step by step."""
    a, v = s.numbers("a", s.size(1, 8), spread=3.0), s.numbers("v")
    s.numbers("c", about=1.0, spread=0.5)
    for k in range(s.size(2, 20)):
        s.add(f"v{k} = {v} - c * sin({a}) / 8", f"a{k} = {a} + v{k} / 8")
        a, v = f"a{k}", f"v{k}"
    s.add(f"L = sum(square({a}))")


MEMBERS: dict[str, Callable[[Sketch], None]] = {
    "recurrent": recurrent,
    "lstm": lstm,
    "gru": gru,
    "attention masked by -1e9": masked_attention(-1e9),
    "attention masked by -1e30": masked_attention(-1e30),
    "batch norm": batch_norm,
    "infonce": info_nce,
    "focal": focal,
    "gaussian kl": gaussian_kl,
    "softmax kl": softmax_kl,
    "huber": huber,
    "charbonnier": charbonnier,
    "planar flow": planar_flow,
    "coupling flow": coupling_flow,
    "power iteration": power_iteration,
    "horner": horner,
    "near-singular division": near_singular,
    "a hundred blocks": residual_stack,
    "4,096 samples": many_samples,
    "subnormals": subnormals,
    "ties": ties,
    "zeros": zeros,
    "triplet": triplet,
    "mixture": mixture,
    "gram-schmidt": gram_schmidt,
    "logistic map": logistic_map,
    "newton": newton,
    "gated": gated,
    "dice": dice,
    "label smoothing": label_smoothing,
    "pendulum": pendulum,
}
"""Every family by name; a new one stands at the end, since the place of a family is part of what it draws."""


def networks(family: str, seed: int, number: int) -> dict[str, Network]:
    """The first `number` networks of a family by name, `FAMILY-SEED-INDEX`."""
    found = {}
    for index in range(number):
        sketch = Sketch(Seeded(seed, list(MEMBERS).index(family), index))
        MEMBERS[family](sketch)
        name = f"{family}-{seed}-{index}"
        found[name] = sketch.network(name)
    return found
