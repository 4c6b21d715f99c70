"""Kinks and ties whose sides rounding decides: frameworks agree, and no mistake hides behind a kink."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import EVEN, OPERATIONS
from gradproof.reference.operations.table import Rule
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining import explaining
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.kinks import searching, sides
from gradproof.reports.checking.kinks.contests import alone_at_tie, contests, measured_choices
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case

Gradients = dict[str, Any]
Run = Callable[[Network, str], Gradients]

DTYPES = ("float32", "float64")


def single(array: Any) -> Any:
    return np.asarray(array, np.float32).astype(float)


def equal_maxima() -> Network:
    """The larger of two sums of the same products in another order: each pair ties but for rounding."""
    draw = np.random.default_rng(0)
    x, w, order = single(draw.normal(size=(40, 33))), single(draw.normal(size=33)), draw.permutation(33)
    text = "a = x @ w\nb = xp @ wp\ns = stack(a, b)\nm = max(s, axis=0)\nL = sum(m ** 2)"
    inputs = {"x": x, "w": w, "xp": x[:, order], "wp": w[order]}
    return build(text, inputs, parameters=["w", "wp"])


def normalised() -> Network:
    """The features of a normalised sample add up to 0, whatever they are: the truth is exactly on the kink."""
    draw = np.random.default_rng(2)
    x, v = single(draw.normal(size=(8, 8))), single(draw.normal(size=(4, 3)))
    weights = np.repeat(single(draw.normal(size=(1, 4))), 8, axis=0)
    text = "h = layer_norm(x)\nz = abs(h @ W)\nL = sum((z @ V - y) ** 2)"
    return build(text, {"x": x, "W": weights, "V": v, "y": draw.normal(size=(8, 3))}, parameters=["W", "V", "x"])


def zero_sums() -> Network:
    """512 pre-activations whose truth is 0: inputs that add up to 0, and weights that are all equal for a unit."""
    draw = np.random.default_rng(3)
    half = single(draw.normal(size=(16, 4)))
    x = np.concatenate([half, -half], axis=1)[:, draw.permutation(8)]
    weights = np.repeat(single(draw.normal(size=(1, 32))), 8, axis=0)
    inputs = {"x": x, "W": weights, "V": single(draw.normal(size=(32, 2))), "y": single(draw.normal(size=(16, 2)))}
    return build("z = relu(x @ W)\nL = sum((z @ V - y) ** 2)", inputs, parameters=["W", "V", "x"])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("network", [equal_maxima(), normalised(), zero_sums()], ids=["maxima", "normalised", "zero"])
def test_the_sides_that_a_framework_takes_are_seen(
    network: Network, dtype: str, framework: str, run: Callable[..., Gradients]
) -> None:
    chosen = FRAMEWORKS[framework]
    case = Case("kinks", network, chosen, chosen.default_mode, dtype)
    assert judge(case, run(case), lambda network, dtype: run(case, network, dtype)).verdict == "agrees"


def test_candidates_within_rounding_are_open_and_exact_ties_are_not() -> None:
    inputs = {"x": [1.0, 1.0, 3.0], "a": 0.1, "b": 0.2, "c": 0.3}
    network = build("p = a + b\nm = maximum(p, c)\nL = m * sum(max(x[0:2]) + relu(a * 0))", inputs)
    found = {network.nodes[each.node].operation: each for each in contests(numpy_case(network, "float64"))}
    assert {name: (bool(each.open.any()), bool(each.exact.any())) for name, each in found.items()} == {
        "maximum": (True, False),
        "max": (False, True),
        "relu": (False, True),
    }


def test_how_a_tie_is_shared_is_measured_on_the_operation_alone() -> None:
    network = build("L = max(x) + relu(y)", {"x": [1.0, 1.0], "y": 0.0})
    case = numpy_case(network, "float32")
    found = {network.nodes[each.node].operation: each.node for each in contests(case)}

    def choices(run: Run) -> dict[str, str]:
        got = measured_choices(case, found.values(), lambda network: run(network, "float32"))
        return {name: got[node] for name, node in found.items() if node in got}

    assert choices(right) == {"max": EVEN, "relu": "the first"}
    assert choices(defective("max", lambda g, y, x, **_: g * (x == y))) == {"relu": "the first"}
    assert choices(defective("relu", lambda g, y, x, **_: g * (x >= 0)))["relu"] == "the last"


# Planted mistakes: a stand-in for a framework, NumPy in the dtype, with one rule replaced.


def numpy_case(network: Network, dtype: str) -> Case:
    return Case("planted", network, FRAMEWORKS["torch"], "eager", dtype)


def right(network: Network, dtype: str) -> Gradients:
    """No framework is told of sides."""
    return computed(sides.without_sides(network), dtype)


def computed(network: Network, dtype: str) -> Gradients:
    return {name: np.asarray(g, dtype) for name, g in gradients(network, value(dtype)).items()}


def defective(operation: str, rule: Rule) -> Run:
    """A framework with another derivative of an operation."""

    def run(network: Network, dtype: str) -> Gradients:
        own = OPERATIONS[operation]
        OPERATIONS[operation] = replace(own, rules=(rule, *own.rules[1:]))
        try:
            return right(network, dtype)
        finally:
            OPERATIONS[operation] = own

    return run


def found_in(network: Network, dtype: str, run: Run) -> Result:
    return judge(numpy_case(network, dtype), run(network, dtype), run)


def near_kinks(seed: int) -> Network:
    """A layer with three pre-activations next to the kink, nearer than float32 resolves."""
    draw = np.random.default_rng(seed)
    x, weights = single(draw.uniform(-1, 1, (8, 16))), single(draw.normal(size=(16, 16)) / 4)
    bias = np.zeros(16)
    for unit in (1, 5, 11):
        bias[unit] = -single((x @ weights)[draw.integers(8), unit])
    inputs = {"x": x, "W1": weights, "b1": bias, "W2": draw.normal(size=(16, 3)), "t": draw.normal(size=(8, 3))}
    text = "a = relu(x @ W1 + b1)\ny = a @ W2\nL = mean_over_outputs(y, t)"
    return build(text, inputs, parameters=["W1", "b1", "W2"])


@pytest.mark.parametrize("factor", [1.5, 0.25, -1])
def test_a_wrong_slope_near_a_kink_is_not_excused(factor: float) -> None:
    """It is a slope that neither side has."""
    network = near_kinks(1)
    assert found_in(network, "float32", right).verdict == "agrees"
    near = defective("relu", lambda g, y, x, **_: np.where(np.abs(x) < 1e-5, np.float32(factor) * g, g * (x > 0)))
    result = found_in(network, "float32", near)
    assert result.verdict == "disagrees"


def test_entries_that_need_contradicting_sides_do_not_agree() -> None:
    """Each parameter has the gradient of some assignment; together they have none."""
    network = near_kinks(1)
    case = numpy_case(network, "float32")
    here = sides.opened(case, lambda network: right(network, "float32"))
    flipped = computed(searching.with_flips(here.case, (here.units[0],)).network, "float32")
    straight = computed(here.case.network, "float32")

    def mixed(network: Network, dtype: str) -> Gradients:
        if network is not case.network:
            return right(network, dtype)
        return {name: flipped[name] if name == "b1" else g for name, g in straight.items()}

    for whole in (flipped, straight):
        assert judge(case, whole, right).verdict == "agrees"
    assert judge(case, mixed(case.network, "float32"), mixed).verdict == "disagrees"


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wrong_gradient_of_a_maximum_is_found(dtype: str) -> None:
    x = [[3.0, 1.0, 2.0], [5.0, 5.0, 1.0]]
    network = build("L = sum(c * max(x, axis=1))", {"x": x, "c": [1.0, 2.0]}, parameters=["x"])
    clear = build("L = sum(c * max(x, axis=1))", {"x": x[:1], "c": [1.0]}, parameters=["x"])
    second = defective("max", lambda g, y, x, **_: g[:, None] * (x == np.sort(x, axis=1)[:, -2:-1]))
    for wrong in (second, defective("max", lambda g, y, x, **_: 2 * g[:, None] * (x == y[:, None]) / 2)):
        assert found_in(network, dtype, wrong).verdict == "disagrees"
    assert found_in(clear, dtype, second).verdict == "disagrees"
    assert found_in(network, dtype, right).verdict == "agrees"


def test_a_search_ends_and_says_what_it_leaves_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """512 open units, and a framework whose gradients change where it is looked at."""
    counted = []

    def evaluated(*given: Any) -> Any:
        counted.append(given)
        return gradients(*given)

    monkeypatch.setattr(searching, "gradients", evaluated)
    monkeypatch.setattr(explaining, "observe", lambda network, *_: Observation(network, {}, {}, {}, {}, same=False))
    case = numpy_case(zero_sums(), "float32")
    got = right(case.network, "float32")
    result = judge(case, got, right)
    assert result.verdict in ("agrees", "undecided")
    assert len(counted) <= EVALUATIONS
    if result.verdict == "undecided":
        assert "512 results of relu are within rounding of a kink" in result.message
    far = got | {"V": got["V"] + 1000}

    def run(network: Network, dtype: str) -> Gradients:
        return far if network is case.network else right(network, dtype)

    assert judge(case, far, run).verdict == "disagrees"
    loss = gradients(case.network, value("float32"), [], value=True)
    assert judge(case, far | loss, run).verdict == "disagrees"  # the value is looked at with the gradients


@pytest.mark.parametrize("text", ["relu6(x)", "hardtanh(x)", "clip(x, lower=-1, upper=2)", "hardswish(x)", "relu(x)"])
def test_what_is_run_alone_at_a_tie_is_fed_floats(text: str) -> None:
    """The bounds of an activation are integers, by which no framework differentiates."""
    network = build(f"y = {text}\nL = sum(y)", {"x": [0.0, 3.0]})
    alone = alone_at_tie(network, network.index("y"))
    assert {x.dtype.kind for x in alone.inputs.values()} == {"f"}
