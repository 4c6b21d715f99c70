"""Digits that a framework's declared algorithm loses, and truth that does not cancel with it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.tolerance import agree, assess

Run = Callable[..., Mapping[str, Any]]


def judged(network: Network, key: str, mode: str, dtype: str, run: Run) -> Result:
    case = Case(network.title, network, FRAMEWORKS[key], mode, dtype)
    return judge(case, run(case), lambda network, dtype: run(case, network, dtype))


def at_40() -> Network:
    return build("L = binary_cross_entropy_with_logits(z, t)", {"z": 40.0, "t": 1.0}, parameters=["z"])


def tail() -> Network:
    """A softmax of which all but 5.6e-17 is in one entry (jax-ml/jax#40386)."""
    return build("p = softmax(z)\nL = p[0]", {"z": [37.42994775023705, 0.0]}, parameters=["z"])


def one_feature() -> Network:
    x = np.random.default_rng(0).uniform(1000, 2000, (40, 1))
    return build("L = sum(layer_norm(x, g) * c)", {"x": x, "g": [1.5], "c": x - 1500}, parameters=["g"])


CANCELLED: dict[str, tuple[Network, list[float]]] = {
    "cross-entropy at 40": (at_40(), [-4.248354255291589e-18]),
    "elu at -40": (build("L = elu(x)", {"x": -40.0}), [4.248354255291589e-18]),
    "sigmoid at 40": (build("L = sigmoid(x)", {"x": 40.0}), [4.248354255291589e-18]),
    "tanh at 20": (build("L = tanh(x)", {"x": 20.0}), [1.6993417021166355e-17]),
    "gelu at -6": (build("L = gelu(x)", {"x": -6.0}), [-3.5468709453901904e-08]),
    "softmax tail": (tail(), [5.551115123125775e-17, -5.551115123125775e-17]),
    "logsumexp at 0": (build("L = logsumexp(x)**2", {"x": [0.0, -40.0]}), [8.496708510583178e-18, 0.0]),
    "softmax cross-entropy at 40": (
        build("L = softmax_cross_entropy(z, t)", {"z": [40.0, 0.0], "t": [1.0, 0.0]}, parameters=["z"]),
        [-4.248354255291589e-18, 4.248354255291589e-18],
    ),
    "expm1 at -40": (build("L = expm1(x)", {"x": -40.0}), [4.248354255291589e-18]),
    "one feature": (build("L = sum(layer_norm(x, g))", {"x": [[1234.5]], "g": [2.0]}, parameters=["g"]), [0.0]),
}
"""What is right where the usual equations have no digits left."""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CANCELLED)
def test_the_reference_has_all_digits_in_the_dtype_itself(name: str, dtype: str) -> None:
    network, right = CANCELLED[name]
    (found,) = gradients(network, value(dtype)).values()
    error = np.abs(np.ravel(found).astype(float) - right)
    assert (error <= 40 * float(np.finfo(dtype).eps) * np.abs(right) + 1e-30).all(), found


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_expected_at_40_is_right(dtype: str, run: Run) -> None:
    for key, framework in FRAMEWORKS.items():
        for mode in framework.modes:
            result = judged(at_40(), key, mode, dtype, run)
            assert result.verdict == "agrees"
            assert result.worst is not None
            assert f"{result.worst.expected:.12e}" == "-4.248354255292e-18"
            exact = result.worst.got != 0  # as TensorFlow's tape and torch.func have it
            assert (result.lost == 0) == exact, f"{key} {mode} gives {result.worst.got} and loses {result.lost}"
            assert result.blind == (0 if exact and key == "tensorflow" else result.blind)


@pytest.mark.parametrize("dtype", DTYPES)
def test_layer_norm_of_one_feature_loses_everything_where_it_is_multiplied_out(dtype: str, run: Run) -> None:
    lost = judged(one_feature(), "torch", "eager", dtype, run)
    assert (lost.verdict, lost.lost, lost.blind) == ("agrees", math.inf, 1.0)
    for mode in ("eager", "xla"):  # Keras rounds both products alike, and could be off all the same
        result = judged(one_feature(), "tensorflow", mode, dtype, run)
        assert (result.verdict, result.lost, result.blind) == ("agrees", 0, 1.0)
    result = judged(one_feature(), "jax", "jit", dtype, run)
    assert (result.verdict, result.lost, result.blind) == ("agrees", 0, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_tail_of_a_softmax_is_lost_and_said_to_be(dtype: str, run: Run) -> None:
    for key in FRAMEWORKS:
        result = judged(tail(), key, FRAMEWORKS[key].default_mode, dtype, run)
        assert result.verdict == "agrees"
        assert result.lost > {"float32": 5, "float64": 14}[dtype]
        assert result.blind > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_is_not_blind_at_minus_6_where_it_is_accurate(dtype: str, run: Run) -> None:
    network = build("L = sum(gelu(x) * w)", {"x": [-6.0, -5.5], "w": [1.0, 1.0]})
    case = Case("gelu", network, FRAMEWORKS["jax"], "jit", dtype)
    got = run(case)
    assert {c.blind for c in assess(case, got).values()} == {0}
    for name in network.parameters:
        off = {**got, name: got[name] * got[name].dtype.type(1.16)}
        assert not agree(assess(case, off)), f"{name} is 16 per cent off"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("key", "mode"), [("jax", "jit"), ("jax", "eager"), ("torch", "eager")])
def test_a_layer_norm_far_from_0_is_judged_by_what_it_really_loses(key: str, mode: str, dtype: str, run: Run) -> None:
    """Short rows: how far a sum of many near-equal terms errs depends on its order, which is a framework's own."""
    draw = np.random.default_rng(1)
    inputs = {"x": 1000 + draw.normal(size=(64, 8)), "g": draw.normal(size=8), "c": draw.normal(size=(64, 8))}
    network = build("L = sum(layer_norm(x, g) * c)", inputs, parameters=["g", "x"])
    case = Case("far", network, FRAMEWORKS[key], mode, dtype)
    comparisons = assess(case, run(case))
    assert agree(comparisons)
    for comparison in map(comparisons.__getitem__, network.parameters):
        error = np.sqrt(np.mean((comparison.got.astype(comparison.expected.dtype) - comparison.expected) ** 2))
        assert np.sqrt(np.mean(comparison.sigma**2)) < 3 * error, "the tolerance is too loose"


def test_nothing_is_lost_without_another_algorithm(run: Run) -> None:
    network = build("L = sum(sigmoid(x))", {"x": [1.0, 20.0, -3.0]})
    case = Case("s", network, FRAMEWORKS["torch"], "eager", "float64")
    declared = assess(case, run(case))["x"]
    assert declared.lost > 5
    stable = replace(case, framework=replace(case.framework, algorithms={}))
    undeclared = assess(stable, run(case))["x"]
    assert not undeclared.agrees
    assert undeclared.lost == 0


def comparison(error: float, stable: Any) -> Comparison:
    return Comparison(np.array([1 + error]), np.array([1.0]), np.array([1.0]), 2.0, stable=stable)


def test_digits_are_counted_from_what_the_stable_form_tolerates() -> None:
    sigma = np.array([2.0**-20])
    assert comparison(2.0**-10, None).lost == 0
    assert comparison(2.0**-20, sigma).lost == 0
    assert comparison(2.0**-10, sigma).lost == round(math.log10(2.0**-10 / 2.0**-19), 1)
    assert comparison(2.0**-10, np.array([0.0])).lost == math.inf
    assert comparison(0.0, np.array([0.0])).lost == 0
    assert comparison(5.0, sigma).lost == 0, "a wrong number is no lost digit"
