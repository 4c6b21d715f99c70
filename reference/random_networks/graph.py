"""What a graph is before it has numbers: statements, and what each of their inputs stands for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.operations.products import TRANSPOSED
from gradproof.reference.random_networks.draw import Numbers

# What the families that there are draw from. One more entry would change every choice, so these tuples stay as they
# are: whatever is new is named in the limits of a new family. `LOSSES` may grow; what it says of a loss stays.

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "gelu", "silu", "elu", "leaky_relu", "abs", "erf")
BOUNDED = ("sigmoid", "tanh", "erf")
KINKED = ("relu", "leaky_relu", "abs")
REGRESSION = ("half_squared_error", "sum_of_squares", "mean_over_outputs", "mean_over_samples")
OF_LABELS = ("cross_entropy", "nll_loss")
BY_ENTRY = ("huber_loss", "smooth_l1_loss", "l1_loss", "kl_div", "soft_margin_loss", "poisson_nll_loss")
WITH_MARGINS = (
    *("hinge", "squared_hinge", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss"),
    *("log_cosh", "gaussian_nll_loss", "triplet_margin_loss", "cosine_embedding_loss"),
)
COMMON_LOSSES = (*REGRESSION, "binary_cross_entropy", "binary_cross_entropy_with_logits", "softmax_cross_entropy")


class Loss(NamedTuple):
    """A loss: the functions that may turn the last pre-activation into what it takes, and what its targets are.

    Targets are "numbers", "probabilities", "signs", "one-hot" rows or "labels", some of which are ignored; "sides" are
    signs as integers, "pairs" one of them for each sample, and "classes" labels of which none is ignored. It is told
    one of its `settings`. `written` is the call, where the loss takes more than `{p}` and t.
    """

    functions: tuple[str, ...] = ("",)
    targets: str = "numbers"
    settings: tuple[str, ...] = ("",)
    written: str = "{loss}({p}, t{told})"


LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(("", "sigmoid", "tanh")),
    "sum_of_squares": Loss(("", "sigmoid", "tanh")),
    "mean_over_outputs": Loss(("", "sigmoid", "softplus")),
    "mean_over_samples": Loss(("", "sigmoid", "silu")),
    "binary_cross_entropy": Loss(("sigmoid",), "probabilities"),
    "binary_cross_entropy_with_logits": Loss(targets="probabilities"),
    "softmax_cross_entropy": Loss(targets="one-hot"),
    "huber_loss": Loss(("", "tanh")),
    "smooth_l1_loss": Loss(("", "tanh")),
    "l1_loss": Loss(("", "tanh")),
    "kl_div": Loss(("log_softmax",), "probabilities"),
    "soft_margin_loss": Loss(targets="signs"),
    "poisson_nll_loss": Loss(("tanh",), "probabilities"),
    "cross_entropy": Loss(targets="labels", settings=("", ", label_smoothing=0.125", ", reduction='sum'")),
    "nll_loss": Loss(("log_softmax",), "labels", ("", ", reduction='sum'")),
    "hinge": Loss(("", "tanh"), "sides", ("", ", reduction='sum'")),
    "squared_hinge": Loss(("", "tanh"), "sides"),
    "hinge_embedding_loss": Loss(("", "softplus"), "sides", ("", ", margin=0.25")),
    "margin_ranking_loss": Loss(("", "tanh"), "sides", ("", ", margin=0.5"), "{loss}({p}, flip({p}), t{told})"),
    "multi_margin_loss": Loss(("", "tanh"), "classes", ("", ", margin=0.5", ", reduction='sum'")),
    "triplet_margin_loss": Loss(
        ("", "normalize"), settings=("", ", margin=0.25"), written="{loss}({p}, t, flip({p}){told})"
    ),
    "cosine_embedding_loss": Loss(("", "tanh"), "pairs", ("", ", margin=0.25"), "{loss}({p}, flip({p}), t{told})"),
    "log_cosh": Loss(("", "tanh"), settings=("", ", reduction='sum'")),
    "gaussian_nll_loss": Loss(
        ("", "tanh"), settings=("", ", full=True"), written="{loss}({p}, t, 0.25 + square({p}){told})"
    ),
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

TRANSPOSE = {"X @ W": "(W @ X.T).T", "W @ x": "W.T @ a", "(W @ X.T).T": "X @ W", "W.T @ a": "W @ x"}
"""The layout that reads the same samples with the transposed weights."""


@dataclass(frozen=True)
class Limits:
    """The graphs that a family is shown on; ranges include both ends.

    `body` is "layers", "block" (one layer, `depth` times), "squares" (squaring, `depth` times), "convolutions" (of
    images of `widths` rows and columns), "normalised", "attention" or "transformer" (`depth` blocks), "recurrent" or
    "cells" (`depth` layers of `widths` units). With `twin`, the
    output is the difference of two layers; without `skip_input`, no layer adds the samples themselves; without
    `decay`, the loss is never more than the sum or mean of what samples lose; without `samples_too`, no gradient by
    the samples is asked. A "medley" is of `operations`, each with the number of its scenarios that are drawn from.
    """

    body: str = "layers"
    depth: tuple[int, int] = (0, 8)
    widths: tuple[int, int] = (1, 64)
    batch: tuple[int, int] = (1, 32)
    activations: tuple[str, ...] = ACTIVATIONS
    losses: tuple[str, ...] = COMMON_LOSSES
    biases: tuple[bool, ...] = (True, True, False)
    twin: bool = False
    skip_input: bool = True
    decay: bool = True
    samples_too: bool = True
    operations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Slot:
    """An input that is to be filled with numbers.

    `role` is samples, first (weights that read the samples), weight, gates (weights of a recurrent layer), bias, scale
    (of a normalised value), mask (of attention, which is added to logits), state (of a recurrent layer, before its
    first step), zeros (the same, where it is 0), output (weights of the last layer), output bias, twin (weights whose
    product is subtracted from the last layer's), target, indices (integers from 0 to `below` - 1), choice (booleans),
    operand or data (entries from `domain`) or given (this `array` of integers or booleans).
    `shape` is (batch, width), (batch, channels, height, width) or (steps, batch, width), (inputs, outputs), (outputs,
    inputs, height, width) of kernels, or (outputs,). Numbers of a `bounded` slot must not saturate the loss.
    """

    role: str
    shape: tuple[int, ...]
    bounded: bool = False
    below: int = 0
    domain: tuple[float, float] | None = None
    array: Any = None

    @property
    def is_discrete(self) -> bool:
        """Whether it holds integers or booleans, which have no gradient."""
        return self.role in ("indices", "choice", "given")

    @property
    def inputs(self) -> int:
        """How many numbers of the layer before each output reads."""
        return {1: 1, 2: self.shape[0]}.get(len(self.shape), math.prod(self.shape[1:]))


@dataclass
class Graph:
    """Statements, and the slots of their inputs by name; `layout` says how the network has them."""

    layout: Layout
    loss: str
    lines: list[str] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    term: str = ""
    """What is added to the loss, if anything is."""

    def assign(self, name: str, expression: str) -> str:
        """Add the statement `name = expression`; returns `name`."""
        self.lines.append(f"{name} = {expression}")
        return name

    def slot(self, name: str, role: str, *shape: int, bounded: bool = False, below: int = 0) -> str:
        """Add an input of this role and shape (see `Slot`); returns `name`."""
        self.slots[name] = Slot(role, shape, bounded, below)
        return name

    def operand(self, name: str, shape: tuple[int, ...], domain: tuple[float, float], is_data: bool = False) -> str:
        """Add an input with entries between the two numbers of `domain`, one of the parameters but for data."""
        self.slots[name] = Slot("data" if is_data else "operand", shape, domain=domain)
        return name

    def given(self, name: str, array: Any) -> str:
        """Add an input of these integers or booleans."""
        self.slots[name] = Slot("given", np.shape(array), array=array)
        return name

    @property
    def distributions_in_columns(self) -> bool:
        """Whether samples are columns, though the loss wants a distribution in each row."""
        return self.layout.samples == "columns" and LOSSES[self.loss].targets == "one-hot"

    def oriented(self, name: str, numbers: Numbers) -> Numbers:
        """The numbers of a slot as the layout has them: rows, columns or a vector; weights transposed or not.

        Weights of recurrent layers are (outputs, inputs) in any layout.
        """
        role = self.slots[name].role
        if role == "samples" or (role == "target" and not self.distributions_in_columns):
            return np.asarray({"rows": numbers, "columns": numbers.T, "vector": numbers[0]}[self.layout.samples])
        if role == "gates":
            return numbers.T
        return numbers if numbers.ndim < 2 or role == "target" or self.layout.name in TRANSPOSED else numbers.T
