"""Kinks: one assignment of sides for a whole result, no false alarm, and no mistake hidden."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Workers
from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.dispatch import judged
from gradproof.reports.checking.explaining import explaining
from gradproof.reports.checking.explaining.explaining import judge, with_sides
from gradproof.reports.checking.kinks import searching, sides
from gradproof.reports.checking.kinks.searching import assignments_of
from gradproof.reports.checking.kinks.sides import opened
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import agree, assess


def planted(seed: int, kinks: int, activation: str = "relu") -> Network:
    """A layer whose biases put several pre-activations at a distance from the kink that float32 cannot resolve."""
    draw = np.random.default_rng([seed, kinks])
    width, samples = 16, 8
    x = draw.uniform(-1, 1, (samples, width)).astype(np.float32).astype(float)
    weights = (draw.normal(size=(width, width)) / 4).astype(np.float32).astype(float)
    bias = np.zeros(width)
    for unit in draw.choice(width, kinks, replace=False):
        bias[unit] = -(x @ weights)[draw.integers(samples), unit]
    inputs: dict[str, Any] = {"x": x, "W1": weights, "b1": bias}
    inputs |= {"W2": draw.normal(size=(width, 3)), "t": draw.normal(size=(samples, 3))}
    text = f"a = {activation}(x @ W1 + b1)\ny = a @ W2\nL = mean_over_outputs(y, t)"
    return build(text, inputs, parameters=["W1", "b1", "W2"])


def numpy_case(network: Network) -> tuple[Case, dict[str, Any]]:
    """The network in NumPy's own float32, as a stand-in for a framework that takes other sides than the truth."""
    case = Case("kinks", network, FRAMEWORKS["torch"], "eager", "float32")
    return case, {name: np.asarray(g) for name, g in gradients(network, value("float32")).items()}


def mistaken(case: Case) -> Callable[[Network, str], dict[str, Any]]:
    """A framework that is right on single operations, and wrong on this network in every dtype."""

    def run(network: Network, dtype: str) -> dict[str, Any]:
        found = {name: np.asarray(g) for name, g in gradients(network, value(dtype)).items()}
        return {name: g + 1 for name, g in found.items()} if network is case.network else found

    return run


def in_its_dtype(case: Case) -> Callable[[Network], dict[str, Any]]:
    """The same framework, in the dtype of the case."""
    return lambda network: mistaken(case)(network, case.dtype)


def unseen(network: Network, *_: Any) -> Observation:
    """What is seen of a framework whose gradients change where it is looked at: nothing."""
    return Observation(network, {}, {}, {}, {}, same=False)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs", "elu"])
@pytest.mark.parametrize("kinks", [1, 3, 6])
def test_kinks_raise_no_alarm(kinks: int, activation: str) -> None:
    seen: Counter[str] = Counter()
    for seed in range(6):
        case, got = numpy_case(planted(seed, kinks, activation))
        seen["flagged without the rule"] += not agree(assess(case, got))
        seen[judge(case, got, mistaken(case)).verdict] += 1
    assert seen["agrees"] == 6
    assert seen["flagged without the rule"] > 0 or activation == "elu", "elu has no jump in its slope at 0"


def test_many_ambiguous_units_are_solved_by_least_squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "observe", unseen)
    for seed in range(3):
        case, got = numpy_case(planted(seed, 14))
        assert assignments_of(opened(case, in_its_dtype(case)).units) > EVALUATIONS
        assert judge(case, got, mistaken(case)).verdict == "agrees"


def test_a_mistake_beside_kinks_is_still_found() -> None:
    """Accepting each entry under any side would hide it.

    Which entry is the worst depends on the sides that this machine's NumPy takes: where the mistake keeps any choice of
    sides from explaining all, some units may be left on the wrong one.
    """
    missed = []
    for seed in range(8):
        case, got = numpy_case(planted(seed, 3))
        draw = np.random.default_rng(seed)
        for name in got:
            wrong = {key: g.copy() for key, g in got.items()}
            index = tuple(int(draw.integers(n)) for n in wrong[name].shape)
            wrong[name][index] += np.float32(1e-3)
            result = judge(case, wrong, mistaken(case))
            if {result.verdict, result.parameters[name].verdict} != {"disagrees"}:
                missed.append((seed, name, index, result.verdict))
    assert missed == []


def test_a_unit_on_the_wrong_side_though_not_ambiguous_is_a_mistake() -> None:
    network = build("L = sum(relu(x * w))", {"x": [0.5, -0.25, 1.0], "w": 2.0}, parameters=["x"])
    case, got = numpy_case(network)
    got["x"] = np.asarray([2, 2, 2], np.float32)
    assert judge(case, got, mistaken(case)).verdict == "disagrees"


def test_maximum_of_two_near_equal_arrays() -> None:
    """float32 takes the other operand than the truth does."""
    taken = 0
    for k in range(1, 40):
        inputs = {"a": 0.1 * k, "b": 0.7, "c": 0.21 * k, "w": [1.0, 2.0]}
        network = build("L = sum(w * maximum(a * b * 3, c))", inputs, parameters=["a", "b", "c", "w"])
        case, got = numpy_case(network)
        taken += not agree(assess(case, got))
        assert judge(case, got, mistaken(case)).verdict in ("agrees", "convention")
    assert taken > 3


def test_equal_units_change_sides_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units of equal weights are one choice, so that as many as a wide layer has can be told."""
    judged = Counter[str]()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.uniform(0.5, 1, (1, 40)).astype(np.float32).astype(float)
        weights = np.repeat(rng.uniform(-1, 1, (40, 1)).astype(np.float32).astype(float), 64, axis=1)
        inputs: dict[str, Any] = {"x": x, "W1": weights, "b1": -(x @ weights)[0]}
        inputs |= {"W2": rng.normal(size=(64, 3)), "t": rng.normal(size=(1, 3))}
        text = "a = leaky_relu(x @ W1 + b1)\ny = a @ W2\nL = mean_over_outputs(y, t)"
        network = build(text, inputs, parameters=["W1", "b1", "W2"])
        case, got = numpy_case(network)
        if not agree(assess(case, got)):
            with monkeypatch.context() as limited:
                limited.setattr(explaining, "observe", unseen)
                limited.setattr(searching, "EVALUATIONS", 12)
                judged[judge(case, got, mistaken(case)).verdict] += 1
                limited.setattr(sides, "units_of", lambda here, together=False: [])
                assert judge(case, got, mistaken(case)).verdict != "agrees"
    assert judged["agrees"] == judged.total() > 0


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_truth_exactly_on_a_kink_may_be_rounded_to_either_side(side: int) -> None:
    """The truth of z is 0, its rounding errors are not: each sign is an honest program's."""
    u, v = np.full(3, 1 / 3), np.array([0.25, 0.5, -0.75])
    network = build("L = abs(sum(exp(u) * v)) * 2", {"u": u, "v": v}, parameters=["v"])
    case = Case("kink", network, FRAMEWORKS["torch"], "eager", "float64")
    got = {"v": 2.0 * side * np.exp(u)}

    def run(network: Network, dtype: str) -> dict[str, Any]:
        return {name: np.asarray(g) for name, g in gradients(network, value(dtype)).items()}

    assert agree(with_sides(case, got, run)[1])
    assert not agree(with_sides(case, {"v": got["v"] + [0, 1e-9, 0]}, run)[1])
    assert agree(assess(case, got)) is (side == 0)


@pytest.mark.parametrize("text", ["sum(relu(x))", "sum(abs(x))", "sum(maximum(x, 0 * x))", "max(x)"])
def test_a_subnormal_number_is_0_to_what_flushes_it(text: str, workers: Workers) -> None:
    """JAX and TensorFlow compare it with 0 and find them equal; PyTorch does not, and passes 1 back."""
    network = build(f"L = {text}", {"x": [1e-40, -1e-41]})
    for framework in FRAMEWORKS.values():
        case = Case("subnormal", network, framework, framework.default_mode, "float32")
        (result,) = judged([case], workers)
        assert result.verdict == "agrees", (framework.key, result.message)


def test_a_slope_that_no_side_has_is_flagged_beside_a_subnormal_number() -> None:
    """Planted: half of relu's slope at 1e-40, which is no side's, nor what is taken at the kink."""
    network = build("L = sum(relu(x))", {"x": [1e-40, 1.0]})
    case = Case("subnormal", network, FRAMEWORKS["jax"], "jit", "float32")

    def run(network: Network, dtype: str) -> dict[str, Any]:
        return {name: np.asarray(g) / 2 for name, g in gradients(network, value(dtype)).items()}

    assert judge(case, run(network, "float32"), run).verdict == "disagrees"
