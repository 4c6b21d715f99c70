"""What draws must not excuse, and what only they or the order of a sum explains; the value reading is the framework."""

from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance import tolerance
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import assess, sampled_gradients


def matrices(x: tuple[int, ...], w: tuple[int, ...]) -> Network:
    """A layer of stacked matrices; (3, 7, 3) with (3, 3) once made its own batch of the inner axis."""
    draw = np.random.default_rng(3)
    inputs: dict[str, Any] = {"x": draw.uniform(-2, 2, x), "W": draw.uniform(-1, 1, w)}
    return build("h = sigmoid(x @ W)\nL = mean((h - 0.25) ** 2)", inputs, parameters=["W"])


def near_the_end_of_the_range() -> Network:
    """A sum of half the largest float32: scaled up, it overflows."""
    inputs = {"a": np.full(3, 6e37), "w": [1.1, 1.2, 1.05], "c": 1e-30}
    return build("s = sum(a * w)\nL = s * c", inputs)


def flagged(network: Network, dtype: str, name: str = "", factor: float = 1.0) -> list[str]:
    """The parameters that are flagged, one gradient being off by a factor."""
    found = gradients(network, value(dtype))
    got = {key: np.asarray(g) * np.dtype(dtype).type(factor if key == name else 1) for key, g in found.items()}
    case = Case("network", network, FRAMEWORKS["torch"], "eager", dtype)
    return [key for key, comparison in assess(case, got).items() if not comparison.agrees]


STACKS = [((3, 7, 3), (3, 3)), ((2, 5, 8), (8, 4)), ((2, 3, 7, 3), (3, 3)), ((4, 3), (2, 3, 5)), ((7,), (2, 7, 3))]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("x", "w"), STACKS)
def test_a_factor_on_the_gradient_of_a_stacked_product_is_found(
    x: tuple[int, ...], w: tuple[int, ...], dtype: str
) -> None:
    network = matrices(x, w)
    assert flagged(network, dtype) == []
    assert flagged(network, dtype, "W", 1.3) == ["W"]


def test_a_factor_beside_a_sum_near_the_end_of_the_range_is_found() -> None:
    network = near_the_end_of_the_range()
    assert flagged(network, "float32") == []
    assert flagged(network, "float32", "c", 1.5) == ["c"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cotangents_of_three_readers_may_be_added_in_any_order(dtype: str) -> None:
    big = 2.0 ** (30 if dtype == "float32" else 59)
    inputs = {"w": 0.3, "a": big, "b": 1.1, "c": -big}
    network = build("h = tanh(w)\nL = h * b + h * a + h * c", inputs, parameters=["w"])  # the sweep meets c, then a
    slope = 1 - np.tanh(0.3) ** 2
    case = Case("network", network, FRAMEWORKS["tensorflow"], "eager", dtype)
    for met in (0.0, 1.1):  # what is left of big + 1.1 - big
        got = {"w": np.array(slope * met, dtype)}
        assert assess(case, got)["w"].agrees
    assert not assess(case, {"w": np.array(big, dtype)})["w"].agrees


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_digits_that_the_wider_dtype_loses_too_are_seen_by_draws(dtype: str) -> None:
    """Hundreds of equal units lose the same digits, all of them, of elu' = y + 1: by the table their errors average."""
    inputs = {"x": np.full(200, 0.25), "w": np.full((200, 200), -1.0), "b": np.float64(0.125)}
    network = build("h = elu(w @ x + b)\nL = mean(h)", inputs, parameters=["b"])
    case = Case("equal units", network, FRAMEWORKS["jax"], "jit", dtype)
    got = {"b": np.asarray(gradients(case.declared, value(dtype))["b"])}
    expected = np.asarray(gradients(network, value(dtype))["b"])
    assert got["b"] == 0 < expected
    assert assess(case, got)["b"].agrees
    assert assess(case, {"b": expected})["b"].agrees
    assert not assess(case, {"b": 100 * expected})["b"].agrees


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_spread_does_not_depend_on_how_many_draws_are_made_at_once(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build("h = tanh(w * x)\nL = sum(h) * b", {"w": 0.3, "x": [0.5, 1.1, 0.7], "b": 1.3})
    case = Case("network", network, FRAMEWORKS["torch"], "eager", dtype)
    spreads = []
    for held in (1, 7 * network.size, tolerance.HELD):
        monkeypatch.setattr(tolerance, "HELD", held)
        sampled = sampled_gradients(case)
        spreads.append([sampled.spread(24), sampled.spread(64)])
    for each in spreads[1:]:
        for a, b in zip(each, spreads[0], strict=True):
            assert all(np.array_equal(a[name], b[name]) for name in b)
