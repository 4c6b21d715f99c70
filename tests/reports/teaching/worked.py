"""Worked examples as authors write them, with numbers printed in order, right or after a mistake."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.mistakes import MISTAKES, Mistake, Variant
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import read_quantity
from gradproof.reports.teaching.claims.statuses import ClaimResult
from gradproof.reports.teaching.judging import judge
from gradproof.reports.teaching.right.preparing import prepared

TEXTS: Mapping[str, tuple[str, Mapping[str, tuple[int, ...]], tuple[str, ...]]] = {
    "two neurons": (
        "z1 = w1*x + b1\na1 = sigmoid(z1)\nz2 = w2*a1 + b2\na2 = sigmoid(z2)\nL = (y - a2)**2 / 2",
        {"x": (), "y": (), "w1": (), "b1": (), "w2": (), "b2": ()},
        ("w1", "b1", "w2", "b2"),
    ),
    "dense": (
        "z1 = W1 @ x + b1\nh = tanh(z1)\nz2 = W2 @ h + b2\np = sigmoid(z2)\nL = mean((p - t)**2)",
        {"x": (3,), "t": (2,), "W1": (3, 3), "b1": (3,), "W2": (2, 3), "b2": (2,)},
        ("W1", "b1", "W2", "b2"),
    ),
    "batch": (
        "Z1 = X @ W1 + b1\nA1 = relu(Z1)\nZ2 = A1 @ W2 + b2\nL = mean((Z2 - T)**2)",
        {"X": (4, 2), "T": (4, 1), "W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)},
        ("W1", "b1", "W2", "b2"),
    ),
    "softmax": (
        "z = W @ x + b\ne = exp(z)\np = e / sum(e)\nL = -sum(t * log(p))",
        {"x": (3,), "t": (3,), "W": (3, 3), "b": (3,)},
        ("W", "b"),
    ),
    "recurrent": (
        "h1 = tanh(Wx @ x1 + Wh @ h0)\nh2 = tanh(Wx @ x2 + Wh @ h1)\ny = V @ h2\nL = sum((y - t)**2) / 2",
        {"x1": (2,), "x2": (2,), "h0": (2,), "t": (1,), "Wx": (2, 2), "Wh": (2, 2), "V": (1, 2)},
        ("Wx", "Wh", "V"),
    ),
    "batch norm": (
        "mu = mean(x, axis=0)\nv = var(x, axis=0)\nxh = (x - mu) / sqrt(v + 0.001)\ny = g*xh + b\nL = sum((y - t)**2)",
        {"x": (4, 2), "g": (2,), "b": (2,), "t": (4, 2)},
        ("x", "g", "b"),
    ),
}
"""Statements, shapes of the inputs, parameters."""


def example(name: str, seed: int = 0) -> Network:
    """A worked example with numbers of one or two digits."""
    statements, shapes, parameters = TEXTS[name]
    random = np.random.default_rng([seed, *map(ord, name)])
    inputs: dict[str, Any] = {
        k: random.choice([-1, 1], s) * random.integers(1, 100, s) / 100 for k, s in shapes.items()
    }
    if name == "softmax":
        inputs["t"] = np.eye(3)[random.integers(3)]
    return build(statements, inputs, parameters=parameters, updated=parameters, learning_rate=0.05)


def quantities(network: Network) -> list[str]:
    """What an author prints, in order: values, gradients from the loss backwards, updated weights."""
    computed = [name for name in network.names if name not in network.inputs]
    back = [f"d{network.loss}/d{name}" for name in reversed(computed) if name != network.loss]
    slopes = [f"d{network.loss}/d{name}" for name in network.parameters]
    return [*computed, *back, *slopes, *(f"{name}_new" for name in network.updated)]


def printed(array: Any, digits: int) -> str:
    """An array as people print it, each number to so many significant digits (as decimals, no exponent)."""
    flat = np.ravel(np.asarray(array, float))

    def number(x: float) -> str:
        if not np.isfinite(x):
            return str(x)
        decimals = digits - 1 - (int(np.floor(np.log10(abs(x)))) if x else 0)
        return f"{x:.{max(decimals, 1)}f}"

    if np.ndim(array) == 0:
        return number(float(flat[0]))
    if np.ndim(array) == 1:
        return "[" + ", ".join(map(number, flat)) + "]"
    return "[" + ", ".join(printed(row, digits) for row in array) + "]"


def lesson(network: Network, digits: int, mistaken: Network | None = None) -> Lesson:
    """Every quantity of `network` printed; its value is that in `mistaken`, if given."""
    source = mistaken or network
    evaluation = Evaluation(source, value("float64"))
    claims = []
    for text in quantities(network):
        array = evaluation.quantity(read_quantity(text, source))
        claims.append(Claim(quantity=text, printed=printed(array, digits)))
    return Lesson(network, tuple(claims))


def mistaken(network: Network, mistake: Mistake) -> Iterator[Variant]:
    """The example with the mistake made at each place."""
    for variant in mistake.variants(network):
        yield replace(variant, network=variant.for_asking(network))


REAL = [mistake for mistake in MISTAKES if not mistake.planted]


def judged_lesson(lesson: Lesson) -> list[ClaimResult]:
    return judge(lesson.claims, prepared(lesson))
