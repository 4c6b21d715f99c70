"""What frameworks make of points where the equations have no value: NaN never agrees, and what is right does."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.kinks.ties import SIDES_OF_NO_VALUE
from gradproof.reports.checking.results.entries import MESSAGES
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.tolerance import assess
from gradproof.reports.checking.tolerance.truth import first_truth

Run = Callable[..., Mapping[str, Any]]

DTYPES = ("float32", "float64")


def attention(masked: float) -> Network:
    """Two rows of logits, all of the first masked: by logarithms of 0, as inputs are finite, or by a large number."""
    draw = np.random.default_rng(0)
    inputs = {name: draw.normal(size=(2, 3)) for name in ("q", "k", "v")} | {"m": np.array([[masked] * 2, [1, 1]])}
    mask = "log(m)" if masked == 0 else "m"
    return build(f"p = softmax(q @ k.T + {mask})\nL = sum((p @ v)**2)", inputs, parameters=["q", "k", "v"])


def on(statements: str, **inputs: Any) -> Network:
    return build(statements, {name: np.asarray(value, float) for name, value in inputs.items()})


NOWHERE = {
    "a norm": on("L = sqrt(sum(x**2))", x=[0, 0]),
    "a deviation": on("L = sum(sqrt(var(x, axis=1)))", x=[[1, 1, 1], [1, 2, 4]]),
    "logsumexp of log 0": on("L = logsumexp(log(x))", x=[0, 0]),
    "a cross-entropy": on("L = binary_cross_entropy(x, 0 * x)", x=[1, 0.5]),
    "attention": attention(0.0),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NOWHERE)
def test_a_nan_does_not_agree_with_the_reference_s_own(framework: str, dtype: str, name: str, run: Run) -> None:
    chosen = FRAMEWORKS[framework]
    case = Case(name, NOWHERE[name], chosen, chosen.default_mode, dtype)
    got = run(case)
    found = {key: c for key, c in assess(case, got).items() if key in case.network.parameters}
    for key, c in found.items():
        assert c.flagged[np.isnan(got[key])].all()
        assert c.where("nonfinite")[np.isnan(got[key])].all()
    assert not all(c.agrees for c in found.values())


@pytest.mark.parametrize("dtype", DTYPES)
def test_attention_with_a_large_mask_agrees(framework: str, dtype: str, run: Run) -> None:
    chosen = FRAMEWORKS[framework]
    case = Case("attention", attention(-1e9), chosen, chosen.default_mode, dtype)
    assert all(c.agrees for c in assess(case, run(case)).values())


ZEROS = on(
    "L = sum(relu(x @ W) * sqrt(abs(x @ W)))",
    x=[[-0.98, -2.19, 1.02], [2.43, 1.42, -1.73], [0.82, -1.13, 1.76]],
    W=np.zeros((3, 2)),
)
TRIPLET = on(
    "near = sqrt(sum((a - p)**2))\nfar = sqrt(sum((a - n)**2))\nL = relu(near - far + 1)", a=[1, 2], p=[1, 2], n=[4, 6]
)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("network", [ZEROS, TRIPLET], ids=["zeros", "triplet"])
def test_a_zero_is_right_where_the_reference_has_none(dtype: str, network: Network, run: Run) -> None:
    """TensorFlow's 0 is what the function has; so is it where others give NaN, which is theirs to answer for."""
    tensorflow, torch = (FRAMEWORKS[key] for key in ("tensorflow", "torch"))
    case = Case("zeros", network, tensorflow, "eager", dtype)
    found = assess(case, run(case))
    assert all(c.agrees for c in found.values())
    assert sum(c.blind for c in found.values()) == 0
    case = Case("zeros", network, torch, "eager", dtype)
    assert any(c.where("nonfinite").any() for c in assess(case, run(case)).values())
    smallest = np.finfo(dtype).smallest_normal
    wrong = {name: np.full(network.inputs[name].shape, smallest, dtype) for name in network.parameters}
    assert all(c.flagged.all() for c in assess(case, wrong).values())


DISTANCES = """
n = sum(x ** 2, axis=1, keepdims=True)
d = sqrt(n + n.T - 2 * (x @ x.T) + e)
L = sum(d * (1 - e))
"""
NEAR = np.array([[0.3294812738895416, 0.2838132679462433], [0.3296269476413727, 0.28398779034614563], [1.33, 0.81]])
FOCAL = "p = sigmoid(x * w)\nL = -mean(t * (1 - p)**2 * log(p) + (1 - t) * p**2 * log(1 - p))"


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_formula_that_fails_by_rounding_has_a_truth(framework: str, run: Run) -> None:
    """A squared distance that cancels below 0, and a probability that rounds to 1: in float32, not in float64."""
    chosen = FRAMEWORKS[framework]
    near = build(DISTANCES, {"x": NEAR.astype(np.float32) * 9, "e": np.eye(3)}, parameters=["x"])
    focal = on(FOCAL, x=[20.0, -1.0], w=[1.0, 1.0], t=[1.0, 0.0])
    for network in (near, focal):
        for dtype in DTYPES:
            case = Case("formula", network, chosen, chosen.default_mode, dtype)
            assert all(np.isfinite(x.value).all() for x in first_truth(case).table.values())
            found = assess(case, run(case))
            if dtype == "float64":
                assert all(c.agrees for c in found.values())
            for key, c in found.items():
                assert c.where("nonfinite").tolist() == (~np.isfinite(run(case)[key])).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_without_a_truth_accuses_nobody(dtype: str, run: Run) -> None:
    """|x| as the square of a root: TensorFlow gives 0 at 0, between its sides. Another number stays undecided there.

    Beside it a tie, of which TensorFlow gives all to the first: no share of two ways has both.
    """
    tensorflow = FRAMEWORKS["tensorflow"]
    alone = Case("alone", on("L = sum(sqrt(abs(x))**2)", x=[0, 4]), tensorflow, "eager", dtype)
    result = judge(alone, run(alone), lambda network, dtype: run(alone, network, dtype))
    assert (result.verdict, result.causes) == ("convention", ())
    assert result.message == f"exactly at a kink: {SIDES_OF_NO_VALUE}"
    other = {"x": run(alone)["x"] + np.asarray([2, 0], dtype)}
    result = judge(alone, other, lambda network, dtype: run(alone, network, dtype))
    assert (result.verdict, result.message, result.causes) == ("undecided", MESSAGES["undecided"], ())
    both = on("L = sum(sqrt(abs(x))**2) + maximum(y, z)", x=[0, 4], y=1, z=1)
    beside = Case("beside", both, tensorflow, "eager", dtype)
    result = judge(beside, run(beside), lambda network, dtype: run(beside, network, dtype))
    assert result.verdict == "undecided"
    assert {name: p.verdict for name, p in result.parameters.items()} == {
        "x": "undecided", "y": "convention", "z": "convention"
    }  # fmt: skip
    wrong = {**run(beside), "z": np.asarray(3, dtype)}
    found = judge(beside, wrong, lambda network, dtype: run(beside, network, dtype))
    assert found.parameters["z"].verdict == "disagrees"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_tie_of_a_loss_in_one_number_is_judged(dtype: str, reduction: str) -> None:
    """|p - t| where p is t: 0 is its even share, and half a slope more is flagged."""
    network = on(f"L = l1_loss(p, t, reduction='{reduction}')", p=[0.5, 0.5, 0.25], t=[0.5, 0.5, 0.5])
    case = Case("network", network, FRAMEWORKS["torch"], "eager", dtype)
    right = {name: np.asarray(g) for name, g in gradients(network, value(dtype)).items()}
    assert all(c.agrees for c in assess(case, right).values())
    wrong = right | {"p": right["p"] + np.array([0.25, 0, 0], dtype)}
    assert not assess(case, wrong)["p"].agrees


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("statement", "x"), [("norm(x)", [0, 0, 0]), ("std(x)", [2, 2, 2, 2]), ("sum(norm(x, axis=1))", [[0, 0], [3, 4]])]
)
def test_no_slope_at_the_tip_of_a_cone_is_a_convention(statement: str, x: Any, dtype: str) -> None:
    """0 is the middle of what the gradients tend to; one of them, and NaN, are what they were."""
    case = Case("cone", on(f"L = {statement}", x=x), FRAMEWORKS["torch"], "eager", dtype)
    rest = np.where(np.asarray(x, float) > 2, np.asarray(x, float) / 5, 0).astype(dtype)
    for change, verdict in ((0, "convention"), (np.nan, "nonfinite"), (0.25, "undecided")):
        got = {"x": np.where(rest == 0, np.asarray(change, dtype), rest)}
        result = judge(
            case, got, lambda network, dtype: {name: np.zeros(a.shape, dtype) for name, a in network.inputs.items()}
        )
        assert result.verdict == verdict, result.message
