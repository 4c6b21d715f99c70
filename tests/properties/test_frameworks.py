"""Properties of every framework: agreement with the reference, exact scaling, exact zeros."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, example, given, settings, target
from hypothesis import strategies as st

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.language.network_files import load
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES, Family
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import cotangents, gradients, values
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case
from tests.adapters.known_here import agrees_or_is_known
from tests.properties import finding
from tests.properties.finding import finds, patched, saved
from tests.properties.strategies import SMALL, Drawn, networks

Gradients = Mapping[str, Any]
Sets = list[Mapping[str, Any]]

DTYPES = ("float32", "float64")
WAYS = [(framework, dtype) for framework in FRAMEWORKS for dtype in DTYPES]

EXAMPLES = settings.get_profile(settings.get_current_profile_name()).max_examples
FEWER = settings(max_examples=max(1, EXAMPLES // 4))
"""For properties that compile a program for each example, in each framework and dtype."""


Ways = Sequence[tuple[str, str]]


def run_all(
    workers: Workers, network: Network, sets: Sets, ways: Ways = WAYS
) -> dict[tuple[str, str], list[Gradients]]:
    """The gradients in every framework and dtype, side by side, for each element of `sets` (replaced inputs)."""
    started = {
        (framework, dtype): workers.gradients(network, framework, FRAMEWORKS[framework].default_mode, dtype, sets)
        for framework, dtype in ways
    }
    found = {}
    for way, future in started.items():
        outcome = future.result()
        assert not isinstance(outcome, Failed), f"{way}: {outcome.message}"
        found[way] = list[Gradients](outcome)
    return found


# Frameworks agree with the reference.

Change = Callable[[Network, Gradients], Gradients]


def unchanged(network: Network, got: Gradients) -> Gradients:
    """What an honest framework says."""
    return got


def verdicts(workers: Workers, network: Network, change: Change, ways: Ways) -> list[Result]:
    """The verdict on every framework in both dtypes, its gradients `change`d as they come."""
    results = []
    for (framework, dtype), (got,) in run_all(workers, network, [{}], ways).items():
        mode = FRAMEWORKS[framework].default_mode

        def run(again: Network, dtype: str, framework: str = framework, mode: str = mode) -> Gradients:
            outcome = workers.gradients(again, framework, mode, dtype).result()
            assert not isinstance(outcome, Failed), outcome.message
            return change(network, outcome[0]) if again is network else outcome[0]

        case = Case(network.title, network, FRAMEWORKS[framework], mode, dtype)
        results.append(judge(case, change(network, got), run))
    return results


def check_agreement(workers: Workers, network: Network, change: Change = unchanged, ways: Ways = WAYS) -> None:
    """Fail, and save the network, if a framework's gradients are wrong, and not known to be.

    Lost accuracy is a finding of its own, and no wrong gradient, where an operation alone is shown to lose it.
    """
    with saved(network, "test_frameworks_agree"):
        for result in verdicts(workers, network, change, ways):
            if result.verdict == "agrees" and result.worst and math.isfinite(z := result.worst.z or 0):
                target(z, label=f"z {result.framework} {result.dtype}")
            lossy = result.verdict == "precision" and "alone gives" in result.message
            assert result.verdict == "convention" or lossy or agrees_or_is_known(result), (
                f"{result.framework} {result.dtype} {result.verdict}: {result.message}; {result.worst}"
            )


FINITE = [family for family in FAMILIES if family.limits.body != "medley"]
"""But for medleys: of the equal numbers that examples are shrunk to, deviations and norms have no slope."""


@pytest.mark.parametrize("family", FINITE, ids=lambda family: family.name)
@settings(max_examples=max(1, EXAMPLES // 20))
@given(data=st.data())
def test_frameworks_agree_with_the_reference(workers: Workers, family: Family, data: st.DataObject) -> None:
    check_agreement(workers, data.draw(networks([family])))


@settings(phases=[Phase.explicit])
@given(network=networks())
@example(network=build("L = leaky_relu(x * w)", {"x": 0.0, "w": 3.0}))  # at the kink JAX takes the other slope
@example(network=build("L = sum(elu(x))", {"x": [-1e-5, -3e-7, 0.5]}))  # TensorFlow computes exp(x) - 1
def test_a_known_convention_and_a_known_loss_are_no_bugs(workers: Workers, network: Network) -> None:
    check_agreement(workers, network)


def test_a_framework_that_forgets_a_bias_is_found_shrunk_and_saved(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "FOLDER", tmp_path)

    def forgetful(network: Network, got: Gradients) -> Gradients:
        return {name: np.zeros_like(g) if name.startswith("b") else g for name, g in got.items()}

    @settings(max_examples=50, phases=[Phase.generate, Phase.shrink], derandomize=True, database=None, deadline=None)
    @given(network=networks(SMALL[:1]))
    def agree(network: Network) -> None:
        check_agreement(workers, network, forgetful, [("torch", "float64")])

    with pytest.raises(AssertionError, match=r"disagrees.*\n.*gradproof check .*test_frameworks_agree\.toml"):
        agree()
    network = load(tmp_path / "test_frameworks_agree.toml")
    assert sum(array.size for array in network.inputs.values()) <= 6, "it was not shrunk"
    assert any(name.startswith("b") for name in network.parameters)


# Scaling the loss by a power of two scales every gradient exactly, unless it underflows.


def scaled(network: Network) -> Network:
    """The same network with its loss times an input c: one program for every scale."""
    text = f"{language_text(network)}\nS = {network.loss} * c"
    return build(text, {**network.inputs, "c": 1.0}, parameters=network.parameters, title=network.title)


def in_range(network: Network, dtype: str, scale: float) -> bool:
    """Whether neither scale leads out of the normal range, in a cotangent or in a product with values.

    A rule multiplies a cotangent by at most three values or their complements, none of them in size outside
    the range that the values and the roundings next to 1 span.
    """
    with np.errstate(all="ignore"):
        reading = truth(dtype)
        read = values(network, reading)
        found = cotangents(network, read, reading, range(len(network.nodes)))
    info = np.finfo(dtype)
    low_g, high_g = span(found.values())
    low_v, high_v = span([*read, np.array([1.0, info.eps])])
    low, high = low_g * low_v**3 * min(1, scale), high_g * high_v**3 * max(1, scale)
    return bool(low >= info.smallest_normal and high <= info.max)


def span(arrays: Any) -> tuple[Any, Any]:
    """The smallest and the largest size of the numbers that are not 0."""
    sizes = np.concatenate([np.abs(np.ravel(np.asarray(array, np.longdouble))) for array in arrays])
    sizes = sizes[sizes > 0]
    return sizes.min(), sizes.max()


def unscaled(one: Gradients, other: Gradients, scale: float) -> list[str]:
    """The parameters whose gradient is not exactly `scale` times as large in `other`."""
    return [name for name in one if not np.array_equal(one[name] * one[name].dtype.type(scale), other[name])]


SCALES = st.integers(-30, 30).map(lambda k: 2.0**k)


def unscaled_values(example: tuple[Network, float], dtype: str = "float32") -> list[str]:
    """The parameters whose gradient does not scale in the value reading."""
    network, scale = scaled(example[0]), example[1]
    assume(in_range(network, dtype, scale))
    one, other = (gradients(network.with_inputs({"c": np.array(c)}), value(dtype)) for c in (1.0, scale))
    return unscaled(one, other, scale)


@given(example=st.tuples(networks(SMALL), SCALES), dtype=st.sampled_from(DTYPES))
def test_scaling_the_loss_scales_the_values(example: tuple[Network, float], dtype: str) -> None:
    assert unscaled_values(example, dtype) == []


def test_a_gradient_that_is_bounded_does_not_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clipping, as against exploding gradients."""
    patched(monkeypatch, "linear", lambda right, *_, layout: np.maximum(right, -0.125), operand=1)
    assert finds(st.tuples(networks(SMALL), SCALES), unscaled_values)


@FEWER
@given(network=networks(SMALL), scale=SCALES)
def test_scaling_the_loss_scales_every_framework(workers: Workers, network: Network, scale: float) -> None:
    network = scaled(network)
    assume(in_range(network, "float32", scale))
    with saved(network, "test_scaling"):
        for way, (one, other) in run_all(workers, network, [{}, {"c": np.array(scale)}]).items():
            assert unscaled(one, other, scale) == [], f"{way} does not scale with {scale}"


def test_one_rounding_is_no_exact_scaling() -> None:
    one = {"w": np.array([1.0, 0.1], np.float32), "b": np.array(3.0)}
    eight = {name: g * g.dtype.type(8) for name, g in one.items()}
    assert unscaled(one, eight, 8.0) == []
    assert unscaled(one, {**eight, "w": np.nextafter(eight["w"], np.float32(9))}, 8.0) == ["w"]


# An unused parameter has gradient exactly 0.


@st.composite
def with_unused(draw: Callable[[Any], Any]) -> Network:
    """A network with one more parameter, which the loss does not depend on though a statement may."""
    network = draw(networks(SMALL))
    drawn = Drawn(draw)
    shape = tuple(drawn.integer(1, 4) for _ in range(drawn.integer(0, 3)))
    text = language_text(network) + drawn.choose(("", "\nv = tanh(u) * 3"))
    inputs = {**network.inputs, "u": drawn.numbers(shape)}
    return build(text, inputs, loss=network.loss, parameters=["u", *network.parameters], title=network.title)


def touched(network: Network, got: Gradients) -> bool:
    """Whether the unused parameter has a gradient other than zeros of its shape."""
    return got["u"].shape != network.inputs["u"].shape or bool(np.any(got["u"] != 0))


@FEWER
@given(network=with_unused())
def test_an_unused_parameter_has_gradient_zero(workers: Workers, network: Network) -> None:
    with saved(network, "test_unused"):
        for way, (got,) in run_all(workers, network, [{}]).items():
            assert not touched(network, got), f"{way}: {got['u']}"
        assert not touched(network, gradients(network, value("float32"), ["u"]))


def test_the_smallest_gradient_is_not_zero() -> None:
    network = replace(build("L = x * x", {"x": 1.0, "u": [0.0, 1.0]}), parameters=("u", "x"))
    zero = gradients(network, value("float32"))
    assert not touched(network, zero)
    assert touched(network, {"u": zero["u"] + np.float32(1e-45)})
    assert touched(network, {"u": zero["u"][0]})
