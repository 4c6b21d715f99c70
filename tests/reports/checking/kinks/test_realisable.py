"""Exactly at a tie: what is a convention, and what gives a gradient that the function does not have."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN, FIRST, LAST, NEITHER
from gradproof.reference.operations.more_reductions import BESIDE_0
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.kinks.sides import without_sides
from gradproof.reports.checking.tolerance.case import Case

Gradients = dict[str, Any]

LOGADDEXP = "L = maximum(a, b) + log1p(exp(-abs(a - b)))"
MEDIAN = "m = maximum(-maximum(-x, -y), -maximum(-maximum(x, y), -z))\nL = m * c"
ORIGIN = {"x": 0.0, "y": 0.0, "z": 0.0, "c": 2.0}
WHOLE = "sum(max(x, axis=1)) + sum(maximum(x, w)) + sum(relu(x * w)) + sum(leaky_relu(x - w))"
WHOLE_NUMBERS = {"x": np.arange(60.0).reshape(12, 5) ** 2 % 7 % 5 - 2, "w": np.array([-2.0, 0.0, 2.0, -1.0, 0.0])}
EACH = {"leaky_relu": LAST, "relu": NEITHER}
"""Shares as JAX has them."""


class Tie(NamedTuple):
    """A network exactly at ties, how a framework shares some of them, and the verdict on it."""

    statements: str
    inputs: dict[str, Any]
    shares: dict[str, str]
    verdict: str


TIES = {
    "x as two rectifiers": Tie("L = relu(x) - relu(-x)", {"x": 0.0}, {}, "artifact"),
    "x as two rectifiers, twice": Tie("L = relu(x) - relu(-x)", {"x": 0.0}, {"relu": LAST}, "artifact"),
    "x as two rectifiers, rightly": Tie("L = relu(x) - relu(-x)", {"x": 0.0}, {"relu": EVEN}, "agrees"),
    "x as many rectifiers": Tie("L = sum(relu(x) - relu(-x))", {"x": [0.0] * 300}, {}, "artifact"),
    "log of a sum, one side": Tie(LOGADDEXP, {"a": 1.0, "b": 1.0}, {"maximum": FIRST}, "artifact"),
    "log of a sum": Tie(LOGADDEXP, {"a": 1.0, "b": 1.0}, {}, "agrees"),
    "a tie that only the dtype has": Tie("L = relu((x - a) - (x - b))", {"x": 1e37, "a": 0.8, "b": 1.4}, {}, "agrees"),
    "a real kink": Tie("L = leaky_relu(x)", {"x": 0.0}, {"leaky_relu": LAST}, "convention"),
    "half of it": Tie("L = relu(x)", {"x": 0.0}, {"relu": EVEN}, "convention"),
    "neither side of it": Tie("L = leaky_relu(x)", {"x": 0.0}, {"leaky_relu": NEITHER}, "artifact"),
    "beside a real kink": Tie("L = 2 * relu(x) - 2 * relu(-x) + abs(x) / 4", {"x": 0.0}, {}, "artifact"),
    "many real kinks": Tie(
        "L = sum(leaky_relu(x, negative_slope=0.25))", {"x": [0.0] * 20}, {"leaky_relu": LAST}, "convention"
    ),
    "the first of many": Tie("L = max(x)", {"x": [1.0] * 400}, {"max": FIRST}, "convention"),
    "an even share of many": Tie("L = max(x)", {"x": [1.0] * 40}, {}, "agrees"),
    "the first of each column": Tie("L = sum(max(x, axis=0))", {"x": np.ones((5, 3))}, {"max": FIRST}, "convention"),
    "none of four": Tie("L = max(x)", {"x": [1.0] * 4}, {"max": NEITHER}, "artifact"),
    "a median, shared": Tie(MEDIAN, ORIGIN, {}, "agrees"),
    "a median, the first": Tie(MEDIAN, ORIGIN, {"maximum": FIRST}, "convention"),
    "dependent kinks": Tie(
        "L = sum(leaky_relu(x @ w + b))",
        {"x": np.zeros((20, 3)), "w": np.ones((3, 5)), "b": np.zeros(5)},
        {"leaky_relu": LAST},
        "convention",
    ),
    "whole numbers": Tie(f"L = {WHOLE}", WHOLE_NUMBERS, EACH, "convention"),
    "whole numbers, beside x as two rectifiers": Tie(
        f"L = {WHOLE} + relu(y) - relu(-y)", {**WHOLE_NUMBERS, "y": 0.0}, EACH, "artifact"
    ),
    "many dependent kinks": Tie(
        "L = sum(abs(x @ w + b))", {"x": np.zeros((200, 3)), "w": np.ones((3, 50)), "b": np.zeros(50)}, {}, "agrees"
    ),
    "infinities": Tie(
        "L = sum(maximum(a, b))", {"a": [np.inf, np.inf, 1], "b": [np.inf, 2.0, 1]}, {"maximum": FIRST}, "convention"
    ),
    "infinities, shared": Tie("L = max(x)", {"x": [np.inf, 1, np.inf]}, {}, "agrees"),
    "infinities, beside NaN": Tie(
        "L = sum(maximum(a, b))",
        {"a": [np.inf, np.inf, -np.inf, np.nan], "b": [np.inf, -np.inf, -np.inf, 1]},
        {},
        "agrees",
    ),
    "infinities, none": Tie("L = max(x)", {"x": [np.inf, 1, np.inf]}, {"max": NEITHER}, "artifact"),
    "an infinity and twice that": Tie("L = sum(maximum(2 * x, x))", {"x": [np.inf, 1.0]}, {}, "artifact"),
    "the first of the smallest": Tie("L = min(x)", {"x": [1.0, 1.0, 2.0]}, {"min": FIRST}, "convention"),
    "y, as the larger one of what is no larger": Tie(
        "L = maximum(minimum(x, y), y)", {"x": 1.0, "y": 1.0}, {"maximum": FIRST, "minimum": FIRST}, "artifact"
    ),
    "a sum, as the smaller and the larger one": Tie(
        "L = minimum(x, y) + maximum(x, y)", {"x": 1.0, "y": 1.0}, {"minimum": FIRST}, "artifact"
    ),
    "at both bounds": Tie("L = sum(clip(x) * c)", {"x": [0.0, 1.0], "c": [2.0, 3.0]}, {"clip": LAST}, "convention"),
    "at bounds that are rounded": Tie(
        "L = sum(clip(x, lower=0.1, upper=0.7))", {"x": [0.1, 0.7]}, {"clip": EVEN}, "convention"
    ),
    "x as what is within bounds, and what is not": Tie(
        "L = sum(hardtanh(x) + softshrink(x, lambd=1))", {"x": [-1.0, 1.0]}, {}, "artifact"
    ),
    "x as what is within bounds, and what is not, rightly": Tie(
        "L = sum(hardtanh(x) + softshrink(x, lambd=1))", {"x": [-1.0, 1.0]}, {"softshrink": LAST}, "agrees"
    ),
    "x about its lower bound": Tie("L = relu6(x) - relu6(-x)", {"x": 0.0}, {}, "artifact"),
    "x about its upper bound": Tie("L = relu6(x) - relu6(12 - x)", {"x": 6.0}, {}, "artifact"),
    "a kink at its upper bound": Tie("L = relu6(x) - relu6(12 - x) / 2", {"x": 6.0}, {"relu6": EVEN}, "convention"),
    "absolute values, summed up": Tie("L = norm(x, ord=1)", {"x": [0.0, 2.0]}, {"norm": LAST}, "convention"),
    "the largest of absolute values": Tie("L = norm(x, ord=inf)", {"x": [0.0] * 3}, {"norm": BESIDE_0}, "convention"),
    "an infinity and half of that": Tie("L = maximum(x / 2, x)", {"x": np.inf}, {"maximum": LAST}, "convention"),
}


def tied(tie: Tie) -> Network:
    """The network of a tie; infinite numbers are given once it is built."""
    inputs = {name: np.asarray(x, float) for name, x in tie.inputs.items()}
    return build(
        tie.statements, {name: np.nan_to_num(x, posinf=1, neginf=-1) for name, x in inputs.items()}
    ).with_inputs(inputs)


def sharing(shares: dict[str, str]) -> Callable[[Network, str], Gradients]:
    """A stand-in for a framework: NumPy in the dtype, ties shared in its own way."""

    def run(network: Network, dtype: str) -> Gradients:
        nodes = (
            replace(node, attributes=MappingProxyType({**node.attributes, AT_KINK: shares[node.operation]}))
            if node.operation in shares
            else node
            for node in without_sides(network).nodes
        )
        own = replace(network, nodes=tuple(nodes))
        with np.errstate(invalid="ignore"):
            return {name: np.asarray(g, dtype) for name, g in gradients(own, value(dtype)).items()}

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TIES)
def test_shares_of_ties(name: str, dtype: str) -> None:
    tie = TIES[name]
    network = tied(tie)
    case = Case(name, network, FRAMEWORKS["torch"], "eager", dtype)
    run = sharing(tie.shares)
    result = judge(case, run(network, dtype), run)
    assert (result.verdict, tie.verdict == "agrees") == (tie.verdict, result.message == ""), result.message


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name, tie in TIES.items() if tie.verdict != "agrees"])
def test_no_share_excuses_another_gradient(name: str, dtype: str) -> None:
    """Each gradient, off by a tenth of its largest entry in one entry, is nothing that a tie explains."""
    tie = TIES[name]
    network = tied(tie)
    run = sharing(tie.shares)

    def mistaken(given: Network, dtype: str) -> Gradients:
        found = run(given, dtype)
        if given is network:
            first = network.parameters[0]
            found[first] = found[first].copy()
            found[first].flat[-1] += np.asarray(0.1 * (np.max(np.abs(found[first])) or 1), dtype)
        return found

    case = Case(name, network, FRAMEWORKS["torch"], "eager", dtype)
    assert judge(case, mistaken(network, dtype), mistaken).verdict in ("disagrees", "artifact")
    assert judge(case, mistaken(network, dtype), mistaken).verdict == "disagrees" or tie.verdict == "artifact"


FOUND = {
    "x as two rectifiers": {"torch": "artifact", "tensorflow": "artifact", "jax": "artifact"},
    "log of a sum": {"torch": "agrees", "tensorflow": "artifact", "jax": "artifact"},
    "many real kinks": {"torch": "agrees", "tensorflow": "agrees", "jax": "convention"},
    "an even share of many": {"torch": "agrees", "tensorflow": "agrees", "jax": "agrees"},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FOUND)
def test_what_frameworks_take(name: str, dtype: str, framework: str, run: Callable[..., Gradients]) -> None:
    tie, chosen = TIES[name], FRAMEWORKS[framework]
    case = Case(name, tied(tie), chosen, chosen.default_mode, dtype)
    result = judge(case, run(case), lambda network, dtype: run(case, network, dtype))
    assert result.verdict == FOUND[name][framework], result.message
