"""Whatever does not agree is traced to the operation that is wrong given the framework's own operands."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.programs.statements import expression
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.dispatch import judged
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case

Run = Callable[..., Mapping[str, Any]]

DTYPES = ("float32", "float64")
MODULES = {"torch": "torch", "tensorflow": "tf", "jax": "jnp"}

BACKWARD = {
    "negated": "2 * {held} - {f}",
    "zero": "{held}",
    "scaled": "1.01 * {f} - 0.01 * {held}",
    "of another function": "{held} + {other} - {held_other}",
}
"""Programs of the right value and a wrong derivative; `held` is the value as a constant."""


def deep(operation: str) -> Network:
    """The operation between two others, at operands of both signs."""
    draw = np.random.default_rng(5)
    inputs = {"x": draw.normal(size=(4, 3)), "W": draw.normal(size=(3, 5)), "V": draw.normal(size=(5, 2))}
    return build(f"h = {operation}(x @ W)\nL = sum(exp(-(h @ V)**2))", inputs, parameters=["W", "V"])


def planted(network: Network, framework: str, dtype: str, operation: str, text: str, run: Run, how: Any) -> Result:
    """The verdict on a framework in whose words `text` is the operation."""
    known = FRAMEWORKS[framework]
    how.setitem(FRAMEWORKS, framework, replace(known, templates={**known.templates, operation: text}))
    case = Case("planted", network, FRAMEWORKS[framework], known.default_mode, dtype)
    return judge(case, run(case), lambda network, dtype: run(case, network, dtype))


@pytest.mark.parametrize("kind", BACKWARD)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_wrong_derivative_is_named(
    kind: str, dtype: str, framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FRAMEWORKS[framework]
    f, other = (expression(f"{name}(x)", known, {"x": (4, 5)}) for name in ("silu", "sigmoid"))
    held, held_other = (known.detached.format(tensor=f"({text})") for text in (f, other))
    text = BACKWARD[kind].format(f=f"({f})", other=f"({other})", held=held, held_other=held_other)
    result = planted(deep("silu"), framework, dtype, "silu", text, run, monkeypatch)
    assert result.verdict == "disagrees"
    (cause,) = result.causes
    assert (cause.operation, cause.direction, cause.condition) == ("silu", "backward", "any operand")
    assert cause.network is not None
    assert "silu alone passes back to x" in result.message


def test_a_derivative_that_is_wrong_in_float32_alone_is_named(
    framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FRAMEWORKS[framework]
    f = expression("silu(x)", known, {"x": (4, 5)})
    held = known.detached.format(tensor=f"({f})")
    text = f"(2 * {held} - ({f}) if x.dtype == {MODULES[framework]}.float32 else {f})"
    for dtype, verdict in (("float32", "disagrees"), ("float64", "agrees")):
        result = planted(deep("silu"), framework, dtype, "silu", text, run, monkeypatch)
        monkeypatch.undo()
        assert result.verdict == verdict
        assert [(c.operation, c.direction) for c in result.causes] == [("silu", "backward")] * (dtype == "float32")


def test_a_derivative_that_is_wrong_on_one_side_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "torch.where(x < 0, 2 * F.silu(x).detach() - F.silu(x), F.silu(x))"
    result = planted(deep("silu"), "torch", "float64", "silu", text, run, monkeypatch)
    (cause,) = result.causes
    assert (cause.operation, cause.direction, cause.condition) == ("silu", "backward", "x < 0")


def test_a_mistake_that_depends_on_the_operand_is_named_and_nothing_after_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond 3 it returns 3, and all that follows works with wrong operands, rightly."""
    network = build("h = tanh(x)\ns = exp(x)\nL = sum(log(s + 1) * h)", {"x": [0.5, 2.0, -1.0]})
    result = planted(network, "torch", "float32", "exp", "torch.exp(x).clamp(max=3)", run, monkeypatch)
    (cause,) = result.causes
    assert cause.worst is not None
    assert (cause.operation, cause.direction, cause.worst.index) == ("exp", "forward", (1,))


def test_a_mistake_is_named_beside_entries_that_are_nan(
    framework: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FRAMEWORKS[framework]
    f = expression("silu(x)", known, {"x": (3,)})
    held = known.detached.format(tensor=f"({f})")
    inputs = {"x": [0.5, 2.0, -1.0], "c": [1.0, 0.5, -0.25]}
    network = build("h = silu(3 * x)\nL = sum(c * h)", inputs, parameters=["x"])
    network = network.with_inputs({"x": np.array([0.5, np.nan, -1.0])})
    text = f"(1.01 * ({f}) - 0.01 * {held})"
    result = planted(network, framework, "float64", "silu", text, run, monkeypatch)
    (cause,) = result.causes
    assert (cause.operation, cause.direction) == ("silu", "backward")
    assert result.unjudged == 1


@pytest.mark.parametrize(
    ("operation", "text", "direction"),
    [
        ("sum", "torch.sum(x).detach() + torch.sum(x[:-1]) - torch.sum(x[:-1]).detach()", "backward"),
        ("sum", "torch.sum(x) * 1.01", "forward"),
        ("multiply", "a * b.detach()", "backward"),
        ("add", "a + b.detach()", "backward"),
    ],
)
def test_what_observing_is_written_with_is_tried_first(
    operation: str, text: str, direction: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be observed with what is wrong, and everything blamed."""
    network = build(
        "h = tanh(x * w) + x\nL = sum(h)", {"x": [[0.5, -1.0], [2.0, 0.25]], "w": [[1.5, 0.5], [-1.0, 2.0]]}
    )
    result = planted(network, "torch", "float64", operation, text, run, monkeypatch)
    assert [(c.operation, c.direction, c.verdict) for c in result.causes] == [(operation, direction, "disagrees")]
    assert f"{operation} is wrong by itself" in result.message
    with_findings = check({"planted": network}, frameworks="torch", dtypes="float64").findings
    assert [(f.key.operation, f.key.direction, f.instead) for f in with_findings] == [(operation, direction, None)]


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_lost_elsewhere_is_no_proof(dtype: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a matrix it is half of what it should be: alone, at vectors, it is right but for its rounding."""
    network = build("L = sum(tanh(x) * c)", {"x": [[0.3, -0.6], [0.2, 0.9]], "c": [[1.0, 2.0], [3.0, 0.5]]})
    text = "torch.tanh(x) if x.ndim != 2 else (torch.tanh(x) + torch.tanh(x).detach()) / 2"
    result = planted(network, "torch", dtype, "tanh", text, run, monkeypatch)
    assert (result.verdict, [(c.operation, c.direction) for c in result.causes]) == (
        "disagrees",
        [("tanh", "backward")],
    )


def test_lost_accuracy_of_a_value_does_not_excuse_the_derivative(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's elu loses digits next to 0; here nothing comes back through it at negative operands."""
    network = build("L = sum(elu(x) * c)", {"x": [-1e-5, -3e-7, -0.5, 0.5], "c": [1.0, 2.0, 3.0, 4.0]})
    text = "tf.nn.elu(tf.where(x < 0, tf.stop_gradient(x), x))"
    result = planted(network, "tensorflow", "float32", "elu", text, run, monkeypatch)
    assert result.verdict == "disagrees"
    assert ("elu", "backward", "disagrees") in [(c.operation, c.direction, c.verdict) for c in result.causes]


@pytest.mark.parametrize(("operation", "direction"), [("gelu", "forward"), ("exp", "backward")])
def test_what_vanishes_when_it_is_looked_at_is_traced_to_where_looking_cures_it(
    operation: str, direction: str, run: Run
) -> None:
    network = deep("gelu")
    i = next(i for i, node in enumerate(network.nodes) if node.operation == operation)
    case = Case("fused", network, FRAMEWORKS["torch"], "eager", "float64")
    cure = f"seen_value_{i}" if direction == "forward" else f"seen_passed_{i}_0"

    def mistaken(asked: Network, dtype: str) -> Mapping[str, Any]:
        found = dict(run(case, asked, dtype))
        return found | {"W": found["W"] * 1.01} if "W" in found and cure not in asked.parameters else found

    result = judge(case, mistaken(network, "float64"), mistaken)
    (cause,) = result.causes
    assert (result.verdict, cause.operation, cause.direction) == ("disagrees", operation, direction)
    assert cause.condition == "operands that are fused with it"


def test_an_operation_that_cuts_off_all_parameters_is_named(run: Run, workers: Workers) -> None:
    """PyTorch raises there: nothing requires a gradient."""
    network = build("h = exp(x)\nL = sum(h)", {"x": [0.5, 1.0]})
    cut = replace(FRAMEWORKS["torch"], templates={**FRAMEWORKS["torch"].templates, "exp": "torch.exp(x).detach()"})
    with pytest.MonkeyPatch.context() as how:
        how.setitem(FRAMEWORKS, "torch", cut)
        (result,) = judged([Case("cut", network, cut, "eager", "float32")], workers)
    assert result.verdict == "failed"
    assert "does not require grad" in result.message
    assert [(cause.operation, cause.direction) for cause in result.causes] == [("exp", "backward")]


def test_a_range_that_is_left_on_the_way_is_lost_accuracy(run: Run) -> None:
    """JAX's quotient rule squares b first: 1e20 squared is beyond float32, and nothing is left of the gradient."""
    network = build("L = sum(a / b)", {"a": [1e20, 2.0], "b": [1e20, 3.0]})
    case = Case("range", network, FRAMEWORKS["jax"], "jit", "float32")
    for dtype, verdict in (("float32", "precision"), ("float64", "agrees")):
        here = replace(case, dtype=dtype)
        result = judge(here, run(here), lambda network, dtype: run(case, network, dtype))
        assert result.verdict == verdict, result
        assert [(c.operation, c.direction) for c in result.causes] == [("divide", "backward")] * (dtype == "float32")
        assert dtype == "float64" or "it loses what divide': -g a / b^2 loses" in result.message


def test_what_is_right_by_itself_is_told(run: Run) -> None:
    """A mistake that is no operation's."""
    network = deep("gelu")
    case = Case("stale", network, FRAMEWORKS["torch"], "eager", "float64")

    def mistaken(asked: Network, dtype: str) -> Mapping[str, Any]:
        found = dict(run(case, asked, dtype))
        return found | {"W": found["W"] * 1.01} if "W" in found else found

    result = judge(case, mistaken(network, "float64"), mistaken)
    assert (result.verdict, result.causes) == ("disagrees", ())
    assert "each operation is right given the framework's own operands" in result.message
