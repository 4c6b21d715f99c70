"""Where rounding errors correlate the table alone alarms; the sampled reading does not, and costs nothing elsewhere.

Each family is run in every framework and mode, in both dtypes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.tolerance import agree, assess


def equal_weights(depth: int = 4, width: int = 32, samples: int = 16) -> Network:
    """Every unit of a layer computes the same number, so all their errors are the same."""
    lines, value = [], "x"
    inputs: dict[str, Any] = {"x": np.full((samples, width), 0.3), "t": np.full((samples, width), 0.7)}
    for i in range(depth):
        inputs[f"W{i}"] = np.full((width, width), 0.1)
        lines.append(f"a{i} = sigmoid({value} @ W{i})")
        value = f"a{i}"
    lines.append(f"L = mean_over_outputs({value}, t)")
    return build("\n".join(lines), inputs, parameters=[f"W{i}" for i in range(depth)])


def near_equal_rows(samples: int = 4096, width: int = 8) -> Network:
    """Thousands of samples that differ in the sixth digit: sums of near-equal terms."""
    draw = np.random.default_rng(1)
    row = draw.uniform(0.1, 1, width)
    inputs = {
        "x": row * (1 + 1e-6 * draw.uniform(-1, 1, (samples, width))),
        "W": draw.uniform(-1, 1, (width, width)),
        "b": draw.uniform(-1, 1, width),
        "V": draw.uniform(-1, 1, (width, 2)),
        "t": np.zeros((samples, 2)),
    }
    return build("a = tanh(x @ W + b)\ny = a @ V\nL = mean_over_outputs(y, t)", inputs, parameters=["W", "b", "V"])


def equal_data_convolved(size: int = 32) -> Network:
    """A 3 x 3 convolution of equal data, written as a sum of shifted products."""
    terms = [f"k[{i}, {j}] * x[{i}:{i + size}, {j}:{j + size}]" for i in range(3) for j in range(3)]
    inputs = {"x": np.full((size + 2, size + 2), 0.3), "k": np.full((3, 3), 0.1)}
    return build(f"y = {' + '.join(terms)}\nL = mean(square(tanh(y)))", inputs, parameters=["k"])


def equal_images(size: int = 16) -> Network:
    """Eight equal images of three channels with eight equal kernels: all sums are sums of equal terms."""
    inputs = {"x": np.full((8, 3, size, size), 1 / 3), "w": np.full((8, 3, 3, 3), 1 / 9), "b": np.full(8, 1 / 3)}
    return build("y = conv2d(x, w, b, padding=1)\nL = mean(square(tanh(y)))", inputs, parameters=["x", "w", "b"])


def equal_rows_normalised(samples: int = 64, width: int = 128) -> Network:
    """Equal rows, each normalised."""
    draw = np.random.default_rng(3)
    row, gamma, beta = draw.normal(size=(3, width))
    inputs = {"x": np.broadcast_to(row, (samples, width)), "gamma": gamma, "beta": beta}
    return build("y = layer_norm(x, gamma, beta)\nL = mean(square(tanh(y)))", inputs)


def fixed_point(times: int = 80) -> Network:
    """One unit applied to itself many times: it settles, and then errs the same in every step."""
    lines = ["y0 = sigmoid(w * x + b)", *(f"y{i} = sigmoid(w * y{i - 1} + b)" for i in range(1, times))]
    inputs = {"x": 0.3, "w": 3.9, "b": -1.7, "t": 1.0}
    return build("\n".join([*lines, f"L = (y{times - 1} - t)**2"]), inputs, parameters=["w", "b"])


def repeated_squaring(times: int = 26) -> Network:
    """x squared again and again, x a little below 1: the errors of one step are squared with it."""
    lines = ["y0 = square(x)", *(f"y{i} = square(y{i - 1})" for i in range(1, times))]
    return build("\n".join([*lines, f"L = sum(y{times - 1})"]), {"x": 1 - 2.0**-24 * np.arange(1, 9)})


def equal_residual_blocks(times: int = 30, width: int = 8) -> Network:
    """A residual block with equal weights, shared by all layers."""
    lines, value = [], "x"
    for i in range(times):
        lines.append(f"h{i} = {value} + 0.1 * tanh({value} @ W)")
        value = f"h{i}"
    inputs = {"x": np.full((4, width), 0.2), "W": np.full((width, width), 0.05)}
    return build("\n".join([*lines, f"L = mean({value})"]), inputs, parameters=["W"])


def saturated_softmax() -> Network:
    """Logits so far apart that the probabilities are 0 and 1: all draws coincide, the table does not."""
    draw = np.random.default_rng(2)
    inputs = {"x": 10 * draw.uniform(-1, 1, (8, 8)), "W": 10 * draw.uniform(-1, 1, (8, 8)), "t": np.eye(8)}
    return build("L = softmax_cross_entropy(x @ W, t)", inputs, parameters=["W"])


FAMILIES: dict[str, Callable[[], Network]] = {
    family.__name__: family
    for family in (
        equal_weights,
        near_equal_rows,
        equal_data_convolved,
        equal_images,
        equal_rows_normalised,
        fixed_point,
        repeated_squaring,
        equal_residual_blocks,
        saturated_softmax,
    )
}

ALARMING = {"equal_weights", "near_equal_rows", "equal_images", "equal_rows_normalised"}
"""Families on which the table alone alarms in some framework and dtype."""

WAYS = [(key, mode) for key, framework in FRAMEWORKS.items() for mode in framework.measured_modes]


@pytest.mark.parametrize("family", FAMILIES)
def test_no_family_raises_an_alarm(family: str, workers: Workers) -> None:
    network = FAMILIES[family]()
    alarms, by_table_alone = [], []
    for key, mode in WAYS:
        for dtype in ("float32", "float64"):
            outcome = workers.gradients(network, key, mode, dtype).result()
            assert not isinstance(outcome, Failed), outcome.message
            case = Case(family, network, FRAMEWORKS[key], mode, dtype)
            alone = compare(outcome[0], case.table())
            if not agree(alone):
                by_table_alone.append((key, mode, dtype, max(c.largest for c in alone.values())))
            found = assess(case, outcome[0])
            alarms += [(key, mode, dtype, name, c.largest) for name, c in found.items() if not c.agrees]
    assert alarms == []
    assert bool(by_table_alone) or family not in ALARMING


def test_a_mistake_in_a_family_of_correlated_errors_is_still_found(workers: Workers) -> None:
    network = equal_weights()
    outcome = workers.gradients(network, "torch", "eager", "float32").result()
    assert not isinstance(outcome, Failed)
    got = dict(outcome[0])
    got["W2"] = got["W2"] * np.float32(1.001)
    found = assess(Case("equal", network, FRAMEWORKS["torch"], "eager", "float32"), got)
    assert [name for name, c in found.items() if not c.agrees] == ["W2"]


def test_nothing_is_drawn_where_the_table_suffices(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    network = saturated_softmax()
    outcome = workers.gradients(network, "torch", "eager", "float32").result()
    assert not isinstance(outcome, Failed)

    def never(*_: object) -> None:
        raise AssertionError("draws were made for a result that the table does not flag")

    monkeypatch.setattr(Case, "draws", never)
    assert agree(assess(Case("soft", network, FRAMEWORKS["torch"], "eager", "float32"), outcome[0]))
