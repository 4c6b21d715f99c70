"""A network while it is drawn: statements, and inputs with their numbers, every one of them one of float32."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from gradproof.reference.random_networks.draw import Numbers

T = TypeVar("T")


class Sketch:
    """A network while it is drawn: statements, and inputs with their numbers.

    `shape` chooses sizes and what else a program depends on, `draw` the numbers that it is fed.
    """

    def __init__(self, draw: Seeded, shape: Seeded) -> None:
        self.draw, self.shape = draw, shape
        self.lines: list[str] = []
        self.inputs: dict[str, Numbers] = {}
        self.data: set[str] = set()

    def size(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self.shape.integer(low, high)

    def choose(self, options: Sequence[T]) -> T:
        """One of `options`, which the program may depend on."""
        return self.shape.choose(options)

    def rows(self, most: int, least: int = 1) -> int:
        """How many samples: every other time at most 8, else up to `most`."""
        return self.shape.integer(least, self.shape.choose((8, most)))

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

    def labels(self, *shape: int) -> str:
        """Zeros and ones, "t"."""
        return self.constant("t", np.where(self.draw.numbers(shape) < 0, 0.0, 1.0))

    def network(self, title: str) -> Network:
        """What was drawn."""
        parameters = [name for name in self.inputs if name not in self.data]
        return build("\n".join(self.lines), self.inputs, parameters=parameters, title=title)
