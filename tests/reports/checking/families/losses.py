"""Losses as people write them out."""

import numpy as np

from tests.reports.checking.families.sketch import Sketch


def info_nce(s: Sketch) -> None:
    """InfoNCE of unit vectors (van den Oord et al. 2018)."""
    n, rows = s.size(2, 24), s.size(2, 80)
    s.numbers("a", rows, n), s.numbers("b", rows, n)
    s.constant("one", np.eye(rows))
    s.add(*(f"{v}n = {v} / sqrt(sum(square({v}), axis=1, keepdims=True))" for v in "ab"))
    s.add(f"L = -sum(one * log_softmax(an @ bn.T / {s.choose((0.0625, 0.25, 1.0))}, axis=1)) / {rows}")


def focal(s: Sketch) -> None:
    """The focal loss (Lin et al. 2017), of probabilities."""
    n, rows = s.size(1, 16), s.rows(520)
    s.numbers("x", rows, n)
    s.dense("", n, 1)
    s.labels(rows, 1)
    s.add("p = sigmoid(4 * (x @ W + b))", "L = -mean(t * (1 - p)**2 * log(p) + (1 - t) * p**2 * log(1 - p))")


def gaussian_kl(s: Sketch) -> None:
    """The divergence of a variational autoencoder (Kingma and Welling 2014)."""
    n, rows, latent = s.size(1, 16), s.rows(320), s.size(1, 16)
    s.numbers("x", rows, n), s.constant("e", s.draw.numbers((rows, latent)))
    s.dense("m", n, latent), s.dense("v", n, latent), s.dense("d", latent, n)
    s.add("m = x @ Wm + bm", "v = x @ Wv + bv", "z = m + exp(v / 2) * e")
    s.add("L = mean(square(z @ Wd + bd - x)) + sum(exp(v) + square(m) - 1 - v) / 2")


def softmax_kl(s: Sketch) -> None:
    """Distillation: the divergence of two distributions (Hinton, Vinyals and Dean 2015)."""
    n, rows, classes = s.size(1, 16), s.rows(320), s.size(2, 32)
    s.numbers("x", rows, n)
    s.dense("p", n, classes), s.dense("q", n, classes)
    s.add(*(f"{v} = log_softmax((x @ W{v} + b{v}) / {s.choose((0.5, 2.0))}, axis=1)" for v in "pq"))
    s.add(f"L = sum(exp(p) * (p - q)) / {rows}")


def huber(s: Sketch) -> None:
    """The Huber loss, by maximum."""
    n, rows = s.size(1, 16), s.rows(520)
    s.numbers("x", rows, n), s.numbers("t", rows, 1, spread=4.0)
    s.dense("", n, 1)
    s.add("r = abs(x @ W + b - t)", "m = -maximum(-r, -1)", "L = mean(square(m) / 2 + r - m)")


def charbonnier(s: Sketch) -> None:
    """sqrt(1 + r^2) - 1 of small residues, which cancels."""
    s.numbers("r", s.rows(4420), spread=s.choose((1.0, 2.0**-6, 2.0**-12)))
    s.add("L = sum(sqrt(1 + square(r)) - 1)")


def triplet(s: Sketch) -> None:
    """The triplet loss, of which about half is inactive (Schroff, Kalenichenko and Philbin 2015)."""
    n, rows = s.size(1, 12), s.rows(240)
    for v in "apn":
        s.numbers(v, rows, n)
    s.add("L = sum(relu(sum(square(a - p), axis=1) - sum(square(a - n), axis=1) + 0.25))")


def hinge(s: Sketch) -> None:
    """The hinge loss of several classes (Crammer and Singer 2001), with weights that decay."""
    n, rows, classes = s.size(1, 16), s.rows(420), s.size(2, 12)
    s.numbers("x", rows, n)
    s.dense("", n, classes)
    s.targets(rows, classes)
    s.add("y = x @ W + b", "m = max(y + 1 - t, axis=1) - sum(y * t, axis=1)", "L = mean(m) + sum(square(W)) / 64")


def mixture(s: Sketch) -> None:
    """The likelihood of a mixture of normal distributions."""
    classes, rows = s.size(1, 8), s.rows(4160)
    s.numbers("x", rows, 1, spread=4.0), s.numbers("w", classes), s.numbers("m", classes, spread=4.0)
    s.numbers("s", classes)
    s.add("l = log_softmax(w) - square((x - m) / exp(s)) / 2 - s", "L = -sum(logsumexp(l, axis=1))")


def mixture_density(s: Sketch) -> None:
    """A mixture density network (Bishop 1994)."""
    n, hidden, classes, rows = s.size(1, 8), s.size(1, 16), s.size(1, 6), s.rows(620)
    s.numbers("x", rows, n), s.constant("t", 2 * s.draw.numbers((rows, 1)))
    s.dense("h", n, hidden)
    for part in "wms":
        s.dense(part, hidden, classes)
    s.add("h = tanh(x @ Wh + bh)", *(f"{part} = h @ W{part} + b{part}" for part in "wms"))
    s.add("l = log_softmax(w, axis=1) - square((t - m) * exp(-s)) / 2 - s", "L = -mean(logsumexp(l, axis=1))")


def dice(s: Sketch) -> None:
    """The Dice loss (Milletari, Navab and Ahmadi 2016)."""
    rows = s.rows(4420)
    s.numbers("z", rows, spread=8.0), s.labels(rows)
    s.add("p = sigmoid(z)", "L = 1 - (2 * sum(p * t) + 1) / (sum(p) + sum(t) + 1)")


def label_smoothing(s: Sketch) -> None:
    """Cross-entropy with smoothed targets."""
    n, rows, classes = s.size(1, 16), s.rows(420), s.size(2, 32)
    s.numbers("x", rows, n)
    s.dense("", n, classes)
    s.targets(rows, classes)
    s.add(f"L = softmax_cross_entropy(x @ W + b, 0.875 * t + {0.125 / classes!r})")


def cosine(s: Sketch) -> None:
    """1 - the cosine of pairs of vectors, some of them nearly of one direction."""
    n, rows, near = s.size(1, 16), s.rows(260), s.choose((1.0, 2.0**-6))
    a = s.draw.numbers((rows, n))
    s.given("a", a), s.given("b", a + near * s.draw.numbers((rows, n)))
    s.add("d = sum(a * b, axis=1)", "m = sqrt(sum(square(a), axis=1)) * sqrt(sum(square(b), axis=1))")
    s.add("L = mean(1 - d / (m + 1e-8))")


def extreme_logits(s: Sketch) -> None:
    """Binary cross-entropy with logits from nothing to sixty, beside a soft margin."""
    rows = s.rows(4420)
    s.numbers("z", rows, spread=s.choose((1.0, 10.0, 60.0))), s.labels(rows)
    s.add("L = binary_cross_entropy_with_logits(z, t) + mean(softplus(-(2 * t - 1) * z))")


LOSSES = {
    "infonce": info_nce,
    "focal": focal,
    "gaussian kl": gaussian_kl,
    "softmax kl": softmax_kl,
    "huber": huber,
    "charbonnier": charbonnier,
    "triplet": triplet,
    "hinge": hinge,
    "mixture": mixture,
    "mixture density": mixture_density,
    "dice": dice,
    "label smoothing": label_smoothing,
    "cosine": cosine,
    "extreme logits": extreme_logits,
}
