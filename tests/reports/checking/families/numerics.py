"""Where numbers cancel, leave their range, are equal, or many."""

import numpy as np

from tests.reports.checking.families.sketch import Sketch


def horner(s: Sketch) -> None:
    """A polynomial by Horner's rule, sometimes next to a root of high order."""
    degree, rows = s.size(2, 20), s.rows(4420)
    s.numbers("x", rows, about=s.choose((0.0, 1.0)), spread=s.choose((1.0, 2.0**-6)))
    s.numbers("c", degree + 1)
    s.add(f"p0 = c[{degree}] + 0 * x", *(f"p{k} = p{k - 1} * x + c[{degree - k}]" for k in range(1, degree + 1)))
    s.add(f"L = sum(p{degree})")


def polynomial_ratio(s: Sketch) -> None:
    """The quotient of two polynomials."""
    s.numbers("x", s.rows(4420), spread=s.choose((1.0, 4.0))), s.numbers("a", 4), s.numbers("b", 4)
    s.add(*(f"{p} = (({v}[3] * x + {v}[2]) * x + {v}[1]) * x + {v}[0]" for p, v in (("p", "a"), ("q", "b"))))
    s.add("L = mean(p / (1 + square(q)))")


def near_singular(s: Sketch) -> None:
    """Division by a difference that nearly cancels."""
    rows = s.rows(1560)
    b = s.draw.numbers((rows,)) + 2
    apart = s.draw.numbers((rows,))
    s.numbers("a", rows), s.given("b", b), s.given("c", b * (1 + (apart + np.sign(apart)) * 2.0**-14))
    s.add("q = a / (b - c)", "L = sum(q / (1 + abs(q)))")


def gram_schmidt(s: Sketch) -> None:
    """Three vectors made orthogonal, sometimes of nearly one direction."""
    n, near = s.rows(1560, 3), s.choose((1.0, 2.0**-6))
    base = s.draw.numbers((n,))
    for v in "abc":
        s.given(v, base + near * s.draw.numbers((n,)))
    s.add("q = a / sqrt(a @ a)", "r = b - (b @ q) * q", "u = r / sqrt(r @ r)")
    s.add("d = c - (c @ q) * q", "e = d - (d @ u) * u", "L = sqrt(e @ e) + q @ u")


def ladder(s: Sketch) -> None:
    """The logarithm of a sum of exponentials of such, one step a time, as forward algorithms do."""
    n, rows, steps = s.size(1, 12), s.rows(520), s.size(1, 6)
    a = s.numbers("a", rows, n, spread=s.choose((1.0, 30.0)))
    for k in range(steps):
        s.numbers(f"t{k}", n)
        s.add(f"a{k} = logsumexp({a}, axis=1, keepdims=True) + t{k} - {a} / 4")
        a = f"a{k}"
    s.add(f"L = mean(logsumexp({a}, axis=1))")


def temperature(s: Sketch) -> None:
    """The entropy of softmax at temperatures from far too cold to far too warm."""
    n, rows = s.size(2, 16), s.rows(520)
    s.numbers("z", rows, n, spread=4.0), s.given("T", np.asarray(s.choose((0.0625, 1.0, 16.0))))
    s.add("p = softmax(z / T, axis=1)", "L = -mean(sum(p * log(p + 1e-12), axis=1))")


def many_samples(s: Sketch) -> None:
    """4,096 samples."""
    n, hidden = s.size(1, 4), s.size(1, 8)
    s.numbers("x", 4096, n), s.constant("t", s.draw.numbers((4096, 1)))
    s.dense("1", n, hidden), s.dense("2", hidden, 1)
    s.add(f"h = {s.choose(('tanh', 'relu', 'gelu'))}(x @ W1 + b1)", "L = mean(square(h @ W2 + b2 - t))")


def subnormals(s: Sketch) -> None:
    """Products and exponentials that leave the normal numbers of float32."""
    n, rows = s.size(1, 8), s.rows(780)
    s.numbers("x", rows, n, spread=2.0 ** -s.size(60, 148)), s.numbers("w", n, spread=2.0 ** -s.size(0, 8))
    s.numbers("y", rows, about=-float(s.size(80, 110)), spread=4.0)
    s.add("L = sum(tanh(x @ w)) + sum(exp(y))")


def ties(s: Sketch) -> None:
    """Whole numbers, of which many are equal: maxima tie, and rectifiers stand on their kinks."""
    n, rows = s.size(2, 8), s.rows(60, 2)
    s.given("x", np.round(2 * s.draw.numbers((rows, n)))), s.given("w", np.round(2 * s.draw.numbers((n,))))
    s.add("L = sum(max(x, axis=1)) + sum(maximum(x, w)) + sum(relu(x * w)) + sum(leaky_relu(x - w))")


def zeros(s: Sketch) -> None:
    """Zeros everywhere: weights, biases, samples, and the inputs of every function."""
    n, hidden, rows = s.size(1, 16), s.size(1, 16), s.rows(420)
    some = [np.zeros((rows, n)), s.draw.numbers((rows, n))]
    s.given("x", s.choose(some)), s.given("W1", np.zeros((n, hidden))), s.given("b1", np.zeros(hidden))
    s.dense("2", hidden, 2)
    s.add(f"h = {s.choose(('relu', 'elu', 'gelu', 'silu', 'softplus', 'abs'))}(x @ W1 + b1)")
    s.add(f"L = sum(softmax(h @ W2 + b2, axis=1)[:, 0]) + half_squared_error(h, 0 * h) + sum(square(x)) / {n}")


NUMERICS = {
    "horner": horner,
    "polynomial ratio": polynomial_ratio,
    "near-singular division": near_singular,
    "gram-schmidt": gram_schmidt,
    "ladder": ladder,
    "temperature": temperature,
    "4,096 samples": many_samples,
    "subnormals": subnormals,
    "ties": ties,
    "zeros": zeros,
}
