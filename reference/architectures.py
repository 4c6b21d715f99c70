"""Random architectures: one builder, whatever draws the choices.

`Draw` is what the builder asks; `Seeded` answers from a seeded generator whose stream is the same on every
machine and in every version, so that network `random-S-i` is a function of (S, i) alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations.products import TRANSPOSED

T = TypeVar("T")


class Draw(Protocol):
    """Where choices come from."""

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        ...

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        ...

    def numbers(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Numbers between -1 and 1 that float32 holds exactly."""
        ...


class Seeded:
    """Choices from the raw bits of PCG64, whose stream NumPy guarantees (its distributions it does not)."""

    def __init__(self, *seed: int) -> None:
        self.bits = np.random.PCG64(np.random.SeedSequence(seed))

    def integer(self, low: int, high: int) -> int:
        """An integer from low to high, both included (the bias of the remainder is below 2^-50)."""
        return low + int(self.bits.random_raw() % (high - low + 1))

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.integer(0, len(options) - 1)]

    def numbers(self, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Odd multiples of 2^-21 between -1 and 1: symmetric, never 0, exact in float32."""
        raw = self.bits.random_raw(int(np.prod(shape, dtype=int)))
        steps = (np.asarray(raw, dtype=np.uint64) >> np.uint64(43)).astype(np.float64)
        return ((2 * steps + 1) * 2.0**-21 - 1).reshape(shape)


def random_network(seed: int, index: int) -> Network:
    """Network `random-SEED-INDEX`."""
    return dense(Seeded(seed, index), title=f"random-{seed}-{index}")


ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "gelu", "silu", "elu", "leaky_relu")

# Each loss with the function that turns the last pre-activation into what it takes.
LOSSES = {
    "half_squared_error": ("", "sigmoid", "tanh"),
    "sum_of_squares": ("", "sigmoid", "tanh"),
    "mean_over_outputs": ("", "sigmoid", "softplus"),
    "mean_over_samples": ("", "sigmoid", "silu"),
    "binary_cross_entropy": ("sigmoid",),
    "binary_cross_entropy_with_logits": ("",),
    "softmax_cross_entropy": ("",),
}


@dataclass(frozen=True)
class Layout:
    """How a layer is written: samples as rows, as columns, or one sample as a vector."""

    name: str
    samples: str
    operators: str | None
    """The layer in plain operators, where they can write it; otherwise only `linear` can."""


LAYOUTS = (
    Layout("X @ W", "rows", "{x} @ {W}{b}"),
    Layout("(W @ X.T).T", "rows", "({W} @ {x}.T).T{b}"),
    Layout("W @ x", "vector", "{W} @ {x}{b}"),
    Layout("W.T @ a", "vector", "{W}.T @ {x}{b}"),
    Layout("W @ x", "columns", None),
    Layout("W.T @ a", "columns", None),
)


def dense(draw: Draw, title: str = "") -> Network:
    """A dense network: up to four hidden layers, any activations, layout, biases and loss."""
    layout = draw.choose(LAYOUTS)
    batch = draw.integer(1, 16)
    widths = [draw.integer(1, 32) for _ in range(draw.integer(0, 4) + 2)]
    loss = draw.choose(tuple(LOSSES))
    scale = draw.choose((0.25, 1.0, 2.0))
    inputs: dict[str, Any] = {"x": oriented(draw.numbers((batch, widths[0])), layout)}
    lines, value = [], "x"
    for number, (fan_in, fan_out) in enumerate(pairwise(widths), 1):
        weight, bias = f"W{number}", f"b{number}"
        spread = scale * 2.0 ** -(fan_in.bit_length() // 2)  # about 1 / sqrt(fan_in), exactly
        drawn = draw.numbers((fan_in, fan_out)) * spread
        inputs[weight] = drawn if layout.name in TRANSPOSED else drawn.T
        biased = draw.choose((True, True, False))
        if biased:
            inputs[bias] = draw.numbers((fan_out,)) * spread
        lines.append(f"z{number} = {layer(draw, layout, value, weight, bias if biased else None)}")
        value = f"z{number}"
        if number < len(widths) - 1:
            lines.append(f"a{number} = {draw.choose(ACTIVATIONS)}({value})")
            value = f"a{number}"
    parameters = [name for name in inputs if name != "x"]
    output = draw.choose(LOSSES[loss])
    if output:
        lines.append(f"p = {output}({value})")
        value = "p"
    if layout.samples == "columns" and loss == "softmax_cross_entropy":
        lines.append(f"q = {value}.T")
        value = "q"
        inputs["t"] = target(draw, loss, (batch, widths[-1]))
    else:
        inputs["t"] = oriented(target(draw, loss, (batch, widths[-1])), layout)
    lines.append(f"L = {loss}({value}, t)")
    return build("\n".join(lines), inputs, parameters=parameters, title=title)


def oriented(samples: NDArray[np.float64], layout: Layout) -> NDArray[np.float64]:
    """Samples given as rows, as the layout has them; a vector is the first of them."""
    return np.asarray({"rows": samples, "columns": samples.T, "vector": samples[0]}[layout.samples])


def layer(draw: Draw, layout: Layout, x: str, weight: str, bias: str | None) -> str:
    """A layer's pre-activation as an expression: in operators, or as one `linear`."""
    if layout.operators and draw.choose((True, False)):
        return layout.operators.format(x=x, W=weight, b=f" + {bias}" if bias else "")
    return f"linear({x}, {weight}{f', {bias}' if bias else ''}, layout={layout.name!r})"


def target(draw: Draw, loss: str, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Targets that the loss takes: one-hot rows, probabilities, or any numbers."""
    numbers = draw.numbers(shape)
    if loss == "softmax_cross_entropy":
        return np.asarray(numbers == numbers.max(axis=1, keepdims=True), np.float64)
    return np.asarray(np.abs(numbers) if loss.startswith("binary") else numbers)
