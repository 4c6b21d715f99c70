"""Every verdict, produced by something real, and every planted mistake caught, in each framework."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.programs.statements import expression
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference import load
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case

Gradients = Mapping[str, Any]
Run = Callable[..., Gradients]

DTYPES = ("float32", "float64")


def layers() -> Network:
    """Two dense layers with biases, five samples, cost as a mean over samples."""
    draw = np.random.default_rng(0)
    inputs = {"x": (5, 3), "W1": (3, 4), "b1": (4,), "W2": (4, 4), "b2": (4,), "t": (5, 4)}
    return build(
        """
        a1 = sigmoid(x @ W1 + b1)
        a2 = tanh(a1 @ W2 + b2)
        L = mean_over_samples(a2, t)
        """,
        {name: draw.uniform(-1, 1, shape) for name, shape in inputs.items()},
        parameters=["W1", "b1", "W2", "b2"],
        title="layers",
    )


def case_of(network: Network, framework: str, dtype: str) -> Case:
    chosen = FRAMEWORKS[framework]
    return Case(network.title, network, chosen, chosen.default_mode, dtype)


def undeclared(case: Case) -> Case:
    """The case as if the framework's adapter declared no algorithms."""
    return replace(case, framework=replace(case.framework, algorithms={}))


def verdict(case: Case, got: Gradients, run: Run) -> Result:
    return judge(case, got, lambda network, dtype: run(case, network, dtype))


def with_mistake(case: Case, run: Run, parameter: str, change: Callable[[Any], Any]) -> Result:
    """The verdict on a framework that makes the mistake whenever it runs this network, in any dtype."""

    def mistaken(network: Network, dtype: str) -> Gradients:
        got = dict(run(case, network, dtype))
        return got | {parameter: change(got[parameter])} if network is case.network else got

    return judge(case, mistaken(case.network, case.dtype), mistaken)


@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees(framework: str, dtype: str, run: Run) -> None:
    case = case_of(layers(), framework, dtype)
    result = verdict(case, run(case), run)
    assert result.verdict == "agrees"
    assert result.entries == 12 + 4 + 16 + 4
    assert result.blind == 0


MISTAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "a transposed weight gradient": ("W2", lambda g: g.T),
    "a missing bias gradient": ("b1", np.zeros_like),
    "a missing 1/m": ("W1", lambda g: 5 * g),
    "a relative error of 1e-4": ("W1", lambda g: g * g.dtype.type(1 + 1e-4)),
    "a wrong sign": ("b2", np.negative),
    "one wrong entry": ("W1", lambda g: g + (np.arange(12).reshape(3, 4) == 7) * g.dtype.type(1e-3)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mistake_in_a_framework_is_caught(framework: str, dtype: str, mistake: str, run: Run) -> None:
    case = case_of(layers(), framework, dtype)
    parameter, change = MISTAKES[mistake]
    result = with_mistake(case, run, parameter, change)
    assert result.verdict == "disagrees"
    assert result.worst is not None
    assert result.worst.parameter == parameter
    assert [name for name, p in result.parameters.items() if p.verdict != "agrees"] == [parameter]
    if mistake == "one wrong entry":
        assert result.worst.index == (1, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wrong_derivative_rule_is_caught(
    framework: str, dtype: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sigmoid' = y in place of y(1 - y), in all algorithms of the reference: then every framework contradicts it."""
    case = case_of(layers(), framework, dtype)
    got = run(case)
    wrong = replace(OPERATIONS["sigmoid"], rules=(lambda g, y, x: g * y,))
    wrong = replace(wrong, algorithms=dict.fromkeys(wrong.algorithms, wrong))
    monkeypatch.setitem(OPERATIONS, "sigmoid", wrong)
    result = verdict(case, got, run)
    assert result.verdict == "disagrees"
    assert {name for name, p in result.parameters.items() if p.verdict == "disagrees"} == {"W1", "b1"}


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wrong_derivative_in_a_framework_is_caught(
    framework: str, dtype: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that computes the right loss with another network's gradient: tanh taken for the identity."""
    case = case_of(layers(), framework, dtype)
    skipped = build(
        "a1 = sigmoid(x @ W1 + b1)\na2 = tanh(a1 @ W2 + b2)\nL = sum((a2 - t) * (a1 @ W2 + b2)) * 0.4",
        case.network.inputs,
        parameters=case.network.parameters,
    )

    def mistaken(network: Network, dtype: str) -> Gradients:
        return run(case, skipped if network is case.network else network, dtype)

    result = judge(case, mistaken(case.network, dtype), mistaken)
    assert result.verdict == "disagrees"


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_smallest_error_above_the_detection_floor_is_caught(framework: str, dtype: str, run: Run) -> None:
    """The floor is honest: twice it is caught in the parameter, whatever the framework's own rounding."""
    case = case_of(layers(), framework, dtype)
    got = dict(run(case))
    floor = verdict(case, got, run).parameters["W2"].detection_floor
    assert floor is not None
    got["W2"] = (got["W2"].astype(np.longdouble) * (1 + 2 * np.longdouble(floor))).astype(dtype)
    assert verdict(case, got, run).parameters["W2"].verdict in ("disagrees", "precision")


def test_convention(framework: str, run: Run) -> None:
    """At 0 the slope of leaky_relu is a choice: JAX takes 1, the others take the negative slope."""
    network = build(
        "L = sum(leaky_relu(x * w, negative_slope=0.25))", {"x": [0.0, 1.0, -1.0], "w": 2.0}, parameters=["x"]
    )
    case = case_of(network, framework, "float32")
    got = run(case)
    result = verdict(case, got, run)
    chose_one = float(got["x"][0]) == 2.0
    assert chose_one == (framework == "jax")
    assert result.verdict == ("convention" if chose_one else "agrees")
    if chose_one:
        assert result.worst is not None
        assert (result.worst.parameter, result.worst.index) == ("x", (0,))
        assert "leaky_relu takes slope 1 there" in result.message


def test_a_slope_outside_the_one_sided_derivatives_is_no_convention(framework: str, run: Run) -> None:
    network = build("L = sum(relu(x))", {"x": [0.0, 1.0]})
    case = case_of(network, framework, "float32")
    assert with_mistake(case, run, "x", lambda g: g + np.array([1.5, 0.0], g.dtype)).verdict == "disagrees"


@pytest.mark.parametrize("dtype", DTYPES)
def test_precision(dtype: str, run: Run) -> None:
    """TensorFlow computes elu(x) as exp(x) - 1, which loses the digits of a small x; the culprit is named."""
    network = build("L = sum(elu(x) * w)", {"x": [-1e-4, -3.1e-5], "w": [1.0, 2.0]}, parameters=["w"])
    case = case_of(network, "tensorflow", dtype)
    assert verdict(case, run(case), run).verdict == "agrees", "it is declared"
    result = verdict(undeclared(case), run(case), run)
    assert result.verdict == "precision"
    assert "elu alone gives" in result.message
    for other in ("torch", "jax"):
        case = case_of(network, other, dtype)
        assert verdict(case, run(case), run).verdict == "agrees"


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mistake_beside_a_lossy_operation_is_still_a_mistake(dtype: str, run: Run) -> None:
    network = build("L = sum(elu(x) * w)", {"x": [-1e-4, -3.1e-5], "w": [1.0, 2.0]})
    case = case_of(network, "tensorflow", dtype)
    assert with_mistake(case, run, "x", lambda g: g * g.dtype.type(1.01)).verdict == "disagrees"


def test_one_dtype_does_not_acquit_another(framework: str, run: Run) -> None:
    case = case_of(layers(), framework, "float32")
    got = dict(run(case))
    got["W1"] = got["W1"] * np.float32(1 + 1e-4)

    def wider(network: Network, dtype: str) -> Gradients:
        return run(case, network, dtype)

    assert judge(case, got, wider).verdict == "disagrees"


ANOTHER = {
    "softplus": "{0} + 1e-3",
    "sigmoid": "1.001 * {0}",
    "tanh": "0.999 * {0}",
    "exp": "0.5 * {0}",
    "relu": "{0} - {1}",  # relu6
}
"""Other functions in place of an operation."""


@pytest.mark.parametrize("operation", ANOTHER)
@pytest.mark.parametrize("dtype", DTYPES)
def test_another_function_is_no_lost_accuracy(
    operation: str, dtype: str, framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its value enters the gradient of w, as in any layer that follows: the error would explain itself."""
    inputs = {"x": [0.3, -0.7, 8.5, 1.1], "w": [1.0, 2.0, -1.0, 0.5]}
    network = build(f"L = sum({operation}(x) * w)", inputs, parameters=["w"])
    assert verdict(case_of(network, framework, dtype), run(case_of(network, framework, dtype)), run).verdict == "agrees"
    known = FRAMEWORKS[framework]
    wrong = ANOTHER[operation].format(*(expression(f"{operation}({x})", known, {"x": (4,)}) for x in ("x", "x - 6")))
    planted = {**known.templates, operation: wrong}
    monkeypatch.setitem(FRAMEWORKS, framework, replace(known, templates=planted))
    case = case_of(network, framework, dtype)
    result = verdict(case, run(case), run)
    assert result.verdict == "disagrees"
    assert f"{operation} alone gives" in result.message
    assert ("another function" if operation == "relu" else "at ordinary operands it is wrong as well") in result.message
    (cause,) = result.causes
    assert (cause.operation, cause.direction) == (operation, "forward")
    assert cause.condition == ("special operands" if operation == "relu" else "any operand")


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loss_is_judged_though_no_gradient_shows_it(
    dtype: str, framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build("L = sum(softplus(x))", {"x": [0.3, -0.7, 8.5, 1.1]})
    case = case_of(network, framework, dtype)
    right = verdict(case, run(case), run)
    assert right.verdict == "agrees"
    assert right.value is not None
    assert (right.value.parameter, right.value.index, right.entries) == ("L", (), 4)
    known = FRAMEWORKS[framework]
    off = f"{expression('softplus(x)', known, {'x': (4,)})} + 1e-3"
    monkeypatch.setitem(FRAMEWORKS, framework, replace(known, templates={**known.templates, "softplus": off}))
    case = case_of(network, framework, dtype)
    result = verdict(case, run(case), run)
    assert (result.verdict, result.parameters["x"].verdict) == ("disagrees", "agrees")
    assert [(cause.operation, cause.direction) for cause in result.causes] == [("softplus", "forward")]


def test_a_defect_of_float32_is_no_lost_accuracy(framework: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("L = sum(tanh(x) * w)", {"x": [0.3, -0.7], "w": [1.0, 2.0]}, parameters=["w"])
    known = FRAMEWORKS[framework]
    module = {"torch": "torch", "tensorflow": "tf", "jax": "jnp"}[framework]
    tanh = expression("tanh(x)", known, {"x": (2,)})
    off = f"{tanh} * (1.001 if x.dtype == {module}.float32 else 1.0)"
    monkeypatch.setitem(FRAMEWORKS, framework, replace(known, templates={**known.templates, "tanh": off}))
    for dtype, expected in (("float32", "disagrees"), ("float64", "agrees")):
        case = case_of(network, framework, dtype)
        assert verdict(case, run(case), run).verdict == expected
    case = case_of(network, framework, "float32")
    assert "at ordinary operands it is wrong as well" in verdict(case, run(case), run).message


def test_nonfinite(framework: str, run: Run) -> None:
    case = case_of(layers(), framework, "float32")
    for bad in (np.nan, np.inf):
        got = {name: array.copy() for name, array in run(case).items()}
        got["b2"][2] = bad
        result = verdict(case, got, run)
        assert (result.verdict, result.parameters["b2"].verdict) == ("nonfinite", "nonfinite")
        assert result.worst is not None
        assert (result.worst.parameter, result.worst.index, result.worst.z) == ("b2", (2,), None)


def test_a_gradient_of_the_wrong_shape_failed(framework: str, run: Run) -> None:
    case = case_of(layers(), framework, "float32")
    got = dict(run(case))
    got["b1"] = got["b1"][None]
    result = verdict(case, got, run)
    assert (result.verdict, result.message) == ("failed", "the gradient of b1 has shape (1, 4), expected (4,)")


@pytest.mark.parametrize("name", lessons())
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_lesson_agrees(framework: str, dtype: str, name: str, run: Run) -> None:
    case = case_of(load(lessons()[name]), framework, dtype)
    result = verdict(case, run(case), run)
    assert result.verdict == "agrees", result


@pytest.mark.parametrize("power", [-60, -20, -1, 1, 20, 60])
@pytest.mark.parametrize("error", [0.0, 3e-6, 1e-4])
def test_the_verdict_is_the_same_for_every_scale_of_the_loss(power: int, error: float, run: Run) -> None:
    """A fixed tolerance is not: an absolute one hides all mistakes in a small loss."""
    plain = layers()
    scaled = build(
        f"{language_text(plain)}\nS = L * {2.0**power!r}", plain.inputs, parameters=plain.parameters, title="scaled"
    )

    def result(network: Network) -> Result:
        case = case_of(network, "torch", "float32")
        return with_mistake(case, run, "W1", lambda g: g * g.dtype.type(1 + error))

    assert result(scaled).verdict == result(plain).verdict
    assert result(plain).verdict == ("agrees" if error == 0 else "disagrees")
