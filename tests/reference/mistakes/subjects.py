"""Networks that mistakes are made in: every lesson, networks written for a mistake, and random ones."""

from functools import cache
from itertools import islice

import numpy as np

from gradproof.reference import load
from gradproof.reference.language.build import build
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded, random_networks

RANDOM = 9
LARGEST = 2000
"""Numbers in a random network: mistakes are made at every place of it."""

WRITTEN: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {
    "square layers": (
        """
        a1 = sigmoid(x @ W1 + b1)
        a2 = tanh(a1 @ W2 + b2) + a1
        a3 = exp(-a2 * a2) * W3
        L = mean(sum((a3 - t)**2, axis=1)) / 2
        """,
        {"x": (5, 3), "W1": (3, 3), "b1": (3,), "W2": (3, 3), "b2": (3,), "W3": (5, 3), "t": (5, 3)},
    ),
    "normalised batch": (
        """
        z = linear(x, W, b)
        n = (z - mean(z, axis=0)) / sqrt(var(z, axis=0) + 0.125)
        a = elu(n * scale + shift)
        L = half_squared_error(linear(a, V, c), t)
        """,
        {"x": (6, 4), "W": (3, 4), "b": (3,), "scale": (3,), "shift": (3,), "V": (2, 3), "c": (2,), "t": (6, 2)},
    ),
    "attention": (
        """
        q = x @ Q
        k = x @ K
        p = softmax(q @ k.T * 0.5)
        a = p @ (x @ V)
        s = log_softmax(a) - logsumexp(a, axis=1, keepdims=True)
        L = -mean(s * t) + sum(max(a, axis=1))
        """,
        {"x": (4, 3), "Q": (3, 3), "K": (3, 3), "V": (3, 3), "t": (4, 3)},
    ),
    "shared weights": (
        """
        h1 = tanh(U * x1 + W * h0 + b)
        h2 = tanh(U * x2 + W * h1 + b)
        h3 = tanh(U * x3 + W * h2 + b)
        L = 3 * square(h3 - t)
        """,
        {"x1": (), "x2": (), "x3": (), "h0": (), "U": (), "W": (), "b": (), "t": ()},
    ),
    "convolutions": (
        """
        h = tanh(conv2d(x, W1, b1, padding=1))
        y = conv2d(h, W2, stride=2)
        n = layer_norm(y, scale, shift, eps=0.125)
        L = half_squared_error(n, t)
        """,
        {
            "x": (2, 2, 5, 6),
            "W1": (3, 2, 3, 3),
            "b1": (3,),
            "W2": (2, 3, 3, 2),
            "scale": (3,),
            "shift": (3,),
            "t": (2, 2, 2, 3),
        },
    ),
}


@cache
def subjects() -> dict[str, Network]:
    """The networks by name."""
    written = {name: network(name, index) for index, name in enumerate(WRITTEN)}
    return {name: load(path) for name, path in lessons().items()} | written | small_random_networks()


def network(name: str, index: int) -> Network:
    """A network of `WRITTEN`; capital letters and b, c, scale and shift are its parameters."""
    statements, shapes = WRITTEN[name]
    draw = Seeded(index)
    inputs = {key: np.asarray(draw.numbers(shape)) for key, shape in shapes.items()}
    parameters = [key for key in shapes if key[0].isupper() or key[0] == "b" or key in ("c", "scale", "shift")]
    return build(statements, inputs, parameters=parameters, learning_rate=0.5, title=name)


def small_random_networks() -> dict[str, Network]:
    """The first of the random networks that are small, one of each graph."""
    drawn = random_networks(150, 0, sets=1)
    small = (pair for pair in drawn if sum(int(np.prod(node.shape)) for node in pair[1].nodes) <= LARGEST)
    return dict(islice(small, RANDOM))
