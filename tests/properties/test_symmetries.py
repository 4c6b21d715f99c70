"""What the gradient must have in common with the network: the sweep, in 400-bit balls, no tolerance."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.products import LAYOUTS, ROWS, TRANSPOSED
from gradproof.reference.readings.balls import BITS, Balls, precision
from tests.properties.balls import differing, swept
from tests.properties.finding import finds, patched
from tests.properties.layered import Layered, layered
from tests.properties.strategies import SMALL, networks

# The gradient of a batch is the sum of its samples' gradients (their mean, if the loss is a mean).

SUMS = ("half_squared_error", "sum_of_squares")
TOGETHER = (
    *("attention", "transformer", "pooled images", "reduced layers", "tied layers", "moved layers"),
    *("recurrent", "cells", "words", "metrics", "heads", "ordered layers", "compared layers", "medley"),
)
"""Bodies whose samples, or rows, read one another, or that have other inputs by sample: states, indices."""

BATCHES = [
    replace(family, limits=replace(family.limits, batch=(2, 4), decay=False))
    for family in SMALL
    if family.limits.batch[1] > 1 and family.limits.body not in TOGETHER
]


def single_samples(network: Network) -> list[Network]:
    """The network on each of its samples alone."""
    transposed = samples_are_columns(network)
    axes = {"x": int(transposed), "t": int(transposed and network.nodes[-1].operation != "softmax_cross_entropy")}
    count = network.inputs["x"].shape[axes["x"]]
    return [
        build(
            language_text(network),
            {**network.inputs, **{name: np.take(network.inputs[name], [i], axis) for name, axis in axes.items()}},
            parameters=weights(network),
        )
        for i in range(count)
    ]


def samples_are_columns(network: Network) -> bool:
    """Whether the network reads its samples from columns: only `linear` can."""
    first = next(
        (n for n in network.nodes if n.operation == "linear" and network.nodes[n.operands[0]].name == "x"), None
    )
    return first is not None and first.attributes["layout"] in ("W @ x", "W.T @ a")


def weights(network: Network) -> list[str]:
    """The parameters but for the samples."""
    return [name for name in network.parameters if name != "x"]


def unlike_the_sum(network: Network) -> list[str]:
    """The parameters whose gradient is not the samples' together."""
    parts = [swept(sample) for sample in single_samples(network)]
    loss, reduction = network.nodes[-1].operation, network.nodes[-1].attributes.get("reduction")
    is_sum = loss in SUMS or reduction == "sum" or (loss == "mean_over_samples" and samples_are_columns(network))
    factor = 1 if is_sum else len(parts)
    whole = swept(replace(network, parameters=tuple(weights(network))))
    with precision(BITS):
        total = {name: sum((part[name] for part in parts), Balls.exact(0)) for name in parts[0]}
        return differing({name: g * factor for name, g in whole.items()}, total)


@given(networks(BATCHES))
def test_the_gradient_of_a_batch_is_the_sum_of_its_samples(network: Network) -> None:
    assert unlike_the_sum(network) == []


def test_a_bias_that_forgets_a_sample_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "linear", last_sample_forgotten, operand=2)
    assert finds(networks(BATCHES), unlike_the_sum)


def last_sample_forgotten(right: Array, g: Array, *_: Array, layout: str) -> Array:
    """The gradient of a bias without the last sample's part, where samples are rows."""
    return right - g[-1] if g.ndim == 2 and layout in ROWS else right


def test_a_missing_mean_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "softmax_cross_entropy", lambda right, *_: right * right.shape[0])
    assert finds(networks(BATCHES), unlike_the_sum)


# Permuting hidden units permutes gradients.


@st.composite
def permuted(draw: Callable[[Any], Any]) -> tuple[Layered, int, Any]:
    """A network, one of its hidden layers, and an order of that layer's units."""
    network = draw(layered(hidden=1))
    layer = draw(st.integers(0, len(network.weights) - 2))
    return network, layer, np.array(draw(st.permutations(range(network.weights[layer].shape[1]))))


def unlike_the_permuted(example: tuple[Layered, int, Any]) -> list[str]:
    """The parameters whose gradient is not permuted as the units are."""
    network, layer, order = example
    g = swept(network.network())
    W, b, V = f"W{layer + 1}", f"b{layer + 1}", f"W{layer + 2}"
    moved = {**g, W: g[W][:, order], b: g[b][order], V: g[V][order]}
    return differing(moved, swept(network.permuted(layer, order).network()))


@given(permuted())
def test_permuting_hidden_units_permutes_gradients(example: tuple[Layered, int, Any]) -> None:
    assert unlike_the_permuted(example) == []


def test_a_unit_that_is_treated_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, "tanh", first_unit_forgotten)
    assert finds(permuted(), unlike_the_permuted)


def first_unit_forgotten(right: Array, *_: Array) -> Array:
    """No gradient for the first unit of a layer."""
    return right * (np.arange(right.shape[-1]) > 0).astype(float)


# The layouts are transposes of each other.


def unlike_the_transpose(network: Layered) -> list[tuple[str, str]]:
    """Layout and parameter where the gradient is not that of the first layout, transposed where W is."""
    expected = swept(network.network())
    found = []
    for layout in LAYOUTS:
        turned = {k: g.T if layout not in TRANSPOSED and k.startswith("W") else g for k, g in expected.items()}
        found += [(layout, name) for name in differing(turned, swept(network.network(layout)))]
    return found


@given(layered())
def test_the_layouts_are_transposes_of_each_other(network: Layered) -> None:
    assert unlike_the_transpose(network) == []


def test_a_missing_transpose_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def untransposed(right: Array, *_: Array, layout: str) -> Array:
        return right.T if layout == "W.T @ a" and right.shape[0] == right.shape[1] else right

    patched(monkeypatch, "linear", untransposed, operand=1)
    assert finds(layered(), unlike_the_transpose)
