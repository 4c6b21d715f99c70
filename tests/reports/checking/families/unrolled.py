"""Cells and steps that are taken again and again: recurrent networks, deep stacks, simulations."""

from tests.reports.checking.families.sketch import Sketch


def gates(s: Sketch, names: str, most: int) -> tuple[int, str]:
    """The weights of gates of up to `most` units, a sequence "x" and the first state; the steps, and its name."""
    n, rows, steps = s.size(1, most), s.rows(16), s.size(2, 8)
    s.numbers("x", steps, rows, n)
    for gate in names:
        s.dense(gate, n, n), s.numbers(f"U{gate}", n, n, spread=n**-0.5)
    return steps, s.numbers("h", rows, n)


def recurrent(s: Sketch) -> None:
    """A recurrent cell, unrolled (Elman 1990)."""
    n, rows, steps = s.size(1, 20), s.rows(24), s.size(2, 12)
    s.numbers("x", steps, rows, n)
    s.dense("x", n, n), s.dense("h", n, n)
    s.add(
        "h0 = tanh(x[0] @ Wx + bx)", *(f"h{k} = tanh(x[{k}] @ Wx + bx + h{k - 1} @ Wh + bh)" for k in range(1, steps))
    )
    s.add(f"L = mean(square(h{steps - 1}))")


def lstm(s: Sketch) -> None:
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with a gate to forget, unrolled."""
    steps, h = gates(s, "ifog", 16)
    c = s.numbers("c", *s.inputs[h].shape)
    for k in range(steps):
        for gate, function in zip("ifog", ("sigmoid", "sigmoid", "sigmoid", "tanh"), strict=True):
            s.add(f"{gate}{k} = {function}(x[{k}] @ W{gate} + {h} @ U{gate} + b{gate})")
        s.add(f"c{k} = f{k} * {c} + i{k} * g{k}", f"h{k} = o{k} * tanh(c{k})")
        h, c = f"h{k}", f"c{k}"
    s.add(f"L = sum(square({h}))")


def gru(s: Sketch) -> None:
    """A gated recurrent unit (Cho et al. 2014), unrolled."""
    steps, h = gates(s, "rzn", 18)
    for k in range(steps):
        s.add(*(f"{gate}{k} = sigmoid(x[{k}] @ W{gate} + {h} @ U{gate} + b{gate})" for gate in "rz"))
        s.add(f"n{k} = tanh(x[{k}] @ Wn + bn + r{k} * ({h} @ Un))", f"h{k} = (1 - z{k}) * n{k} + z{k} * {h}")
        h = f"h{k}"
    s.add(f"L = sum(square({h}))")


def residual_stack(s: Sketch) -> None:
    """A hundred residual blocks."""
    n, rows = s.size(1, 44), s.size(1, 16)
    h = s.numbers("x", rows, n)
    s.dense("", n, n)
    for k in range(100):
        s.add(f"h{k} = {h} + tanh({h} @ W + b) / 16")
        h = f"h{k}"
    s.add(f"L = mean(square({h}))")


def pendulum(s: Sketch) -> None:
    """A pendulum, step by step."""
    a, v = s.numbers("a", s.rows(4420), spread=3.0), s.numbers("v")
    s.numbers("c", about=1.0, spread=0.5)
    for k in range(s.size(2, 20)):
        s.add(f"v{k} = {v} - c * sin({a}) / 8", f"a{k} = {a} + v{k} / 8")
        a, v = f"a{k}", f"v{k}"
    s.add(f"L = sum(square({a}))")


def logistic_map(s: Sketch) -> None:
    """x (1 - x) again and again: its operands are one value."""
    steps = s.size(2, 12)
    x = s.numbers("x", s.rows(4420), about=0.5, spread=0.25)
    s.numbers("r", about=3.5, spread=0.5)
    for k in range(steps):
        s.add(f"x{k} = r * {x} * (1 - {x})")
        x = f"x{k}"
    s.add(f"L = sum({x})")


def newton(s: Sketch) -> None:
    """Newton's square roots."""
    y = s.numbers("y", s.rows(2200), about=2.0)
    s.numbers("a", *s.inputs["y"].shape, about=3.0)
    for k in range(s.size(1, 8)):
        s.add(f"y{k} = ({y} + a / {y}) / 2")
        y = f"y{k}"
    s.add(f"L = sum({y})")


def power_iteration(s: Sketch) -> None:
    """A vector times a matrix again and again, of length 1 each time; the Rayleigh quotient."""
    n, steps = s.size(2, 50), s.size(1, 12)
    s.numbers("A", n, n)
    v = s.numbers("v", n)
    for k in range(steps):
        s.add(f"w{k} = A @ {v}", f"v{k} = w{k} / sqrt(sum(square(w{k})))")
        v = f"v{k}"
    s.add(f"L = {v} @ (A @ {v})")


def repeated_squares(s: Sketch) -> None:
    """x squared again and again, near 1: every step doubles all errors before it."""
    spread = s.choose((2.0**-2, 2.0**-8))
    x = s.numbers("x", s.rows(4420), about=1.0, spread=spread)
    for k in range(s.size(2, 4 if spread == 2.0**-2 else 12)):  # more of large ones are beyond float32
        s.add(f"x{k} = square({x}) * 1.0")
        x = f"x{k}"
    s.add(f"L = mean({x})")


def matrix_squares(s: Sketch) -> None:
    """A matrix squared again and again."""
    n = s.size(2, 54)
    a = s.numbers("A", n, n, spread=1.5 * n**-0.5)
    for k in range(s.size(1, 5)):
        s.add(f"A{k} = {a} @ {a}")
        a = f"A{k}"
    s.add(f"L = sum({a}) / {n}")


def cumulative_product(s: Sketch) -> None:
    """Products and sums of all factors so far: a sequence of transmittances, as in volume rendering."""
    steps, rows = s.size(2, 24), s.rows(320)
    s.numbers("x", steps, rows, spread=3.0), s.numbers("c", steps, rows)
    total, before = "0", "1"
    for k in range(steps):
        s.add(f"e{k} = exp(-softplus(x[{k}]) / 4)", f"y{k} = {before} * (1 - e{k}) * c[{k}]", f"p{k} = {before} * e{k}")
        total, before = f"{total} + y{k}", f"p{k}"
    s.add(f"L = mean(square({total}))")


def kalman(s: Sketch) -> None:
    """A Kalman filter of many single states, step by step (Kalman 1960): the likelihood of what is measured."""
    rows, steps = s.rows(520), s.size(2, 8)
    s.numbers("y", steps, rows, spread=4.0)
    s.numbers("a", about=1.0, spread=0.25), s.numbers("q"), s.numbers("r")
    m, p, total = s.numbers("m", rows), s.given("p", 1 + s.draw.numbers((rows,)) / 2), "0"
    for k in range(steps):
        s.add(f"f{k} = a**2 * {p} + exp(q)", f"v{k} = f{k} + exp(r)", f"d{k} = y[{k}] - a * {m}", f"g{k} = f{k} / v{k}")
        s.add(f"m{k} = a * {m} + g{k} * d{k}", f"p{k} = (1 - g{k}) * f{k}", f"l{k} = mean(log(v{k}) + d{k}**2 / v{k})")
        m, p, total = f"m{k}", f"p{k}", f"{total} + l{k}"
    s.add(f"L = ({total}) / 2")


UNROLLED = {
    "recurrent": recurrent,
    "lstm": lstm,
    "gru": gru,
    "a hundred blocks": residual_stack,
    "pendulum": pendulum,
    "logistic map": logistic_map,
    "newton": newton,
    "power iteration": power_iteration,
    "repeated squares": repeated_squares,
    "matrix squares": matrix_squares,
    "cumulative product": cumulative_product,
    "kalman": kalman,
}
