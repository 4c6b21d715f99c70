"""Kinks and ties: on each side of every kink a rule is the derivative of what is taken there, and ties are shared."""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN, FIRST, LAST, NEITHER, OPERATIONS, SIDES, Kink
from gradproof.reference.operations.axes import from_rows, rows
from gradproof.reference.operations.kinks import CHOICES, shares
from gradproof.reference.operations.more_reductions import BESIDE_0
from gradproof.reference.readings.balls import balls, precision
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients, values
from tests.reference.operations.derivative_free import unconfirmed
from tests.reference.operations.scenarios import SCENARIOS, Tried

KINKED = [scenario for scenario in SCENARIOS if OPERATIONS[scenario.operation].kink is not None]


def with_attribute(network: Network, operation: str, name: str, given: Any) -> Network:
    nodes = (
        replace(node, attributes=MappingProxyType({**node.attributes, name: given}))
        if node.operation == operation
        else node
        for node in network.nodes
    )
    return replace(network, nodes=tuple(nodes))


def candidates(network: Network, operation: str) -> Any:
    """What the operation compares in the network."""
    read = values(network, truth("float64"))
    node = next(node for node in network.nodes if node.operation == operation)
    kink = OPERATIONS[operation].kink
    assert kink is not None
    return kink.candidates(*(read[k] for k in node.operands), **public(node.attributes))


def public(attributes: Any) -> dict[str, Any]:
    return {name: given for name, given in attributes.items() if name not in (AT_KINK, SIDES)}


def sided(scenario: Tried) -> Iterator[Any]:
    """Shares to try: each candidate alone in every result, all evenly, and at random."""
    found = candidates(scenario.network(), scenario.operation)
    n = found.shape[-1]
    for k in range(n):
        yield np.broadcast_to(np.arange(n) == k, found.shape).astype(float)
    yield np.full(found.shape, 1 / n)
    yield np.random.default_rng(n).uniform(0, 1, found.shape)


def test_every_operation_that_compares_says_so() -> None:
    assert {scenario.operation for scenario in KINKED} == {
        *("relu", "leaky_relu", "elu", "abs", "maximum", "max", "l1_loss"),
        *(
            "max_pool1d",
            "max_pool2d",
            "adaptive_max_pool1d",
            "adaptive_max_pool2d",
            "min",
            "minimum",
            "norm",
            "normalize",
            "prelu",
        ),
        *("hinge", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss"),
        *("cosine_embedding_loss", "triplet_margin_loss"),
        *("clip", "hardtanh", "relu6", "hardsigmoid", "hardswish", "softshrink", "selu"),
        *(f"where_{name}" for name in ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")),
        *("sort", "topk", "hardshrink", "sign"),
    }


@pytest.mark.parametrize("scenario", KINKED, ids=str)
def test_a_rule_is_the_derivative_of_what_is_taken(scenario: Tried) -> None:
    """Near the kinks: only there another side is ever taken."""
    network = scenario.network()
    network = network.with_inputs({name: network.inputs[name] / 16 for name in network.parameters})
    for share in sided(scenario):
        assert unconfirmed(with_attribute(network, scenario.operation, SIDES, share)) == []


@pytest.mark.parametrize("scenario", KINKED, ids=str)
def test_sides_as_the_numbers_have_them_change_nothing(scenario: Tried) -> None:
    network = scenario.network()
    found = candidates(network, scenario.operation)
    largest = found == np.max(found, axis=-1, keepdims=True)
    same = with_attribute(network, scenario.operation, SIDES, shares(largest, EVEN))
    with precision(400):
        one, two = (gradients(each, balls("float64")) for each in (network, same))
        assert all((a - b).contains(0) for name in one for a, b in pairs(one[name], two[name]))


def pairs(one: Any, two: Any) -> Iterator[tuple[Any, Any]]:
    return zip(one.value.flat, two.value.flat, strict=True)


THIRD = np.longdouble(1) / 3

TIES: dict[str, tuple[list[float], dict[str, list[Any]]]] = {
    "relu(x)": ([0.0], {FIRST: [0], LAST: [1], EVEN: [0.5], NEITHER: [0]}),
    "leaky_relu(x, negative_slope=0.25)": ([0.0], {FIRST: [0.25], LAST: [1], EVEN: [0.625], NEITHER: [0]}),
    "elu(x, alpha=0.5)": ([0.0], {FIRST: [0.5], LAST: [1], EVEN: [0.75], NEITHER: [0]}),
    "abs(x)": ([0.0], {FIRST: [-1], LAST: [1], EVEN: [0], NEITHER: [0]}),
    "maximum(x, 2)": ([2.0], {FIRST: [1], LAST: [0], EVEN: [0.5], NEITHER: [0]}),
    "minimum(x, 2)": ([2.0], {FIRST: [1], LAST: [0], EVEN: [0.5], NEITHER: [0]}),
    "norm(x, ord=1)": ([0.0, -2.0], {FIRST: [-1, -1], LAST: [1, -1], EVEN: [0, -1], NEITHER: [0, -1]}),
    "norm(x, ord=inf)": (
        [2.0, 1.0, -2.0],
        {FIRST: [1, 0, 0], LAST: [0, 0, -1], EVEN: [0.5, 0, -0.5], NEITHER: [0, 0, 0]},
    ),
    "norm(2 * x, ord=inf)": ([0.0], {FIRST: [2], LAST: [-2], EVEN: [0], NEITHER: [0], BESIDE_0: [1]}),
    "norm(x, ord=inf, axis=0)": ([0.0, -0.0], {EVEN: [0, 0], BESIDE_0: [0.25, 0.25]}),
    "clip(x, lower=-0.5, upper=0.25)": (
        [-0.5, 0.0, 0.25, 1.0],
        {FIRST: [1, 1, 1, 0], LAST: [0, 1, 0, 0], EVEN: [0.5, 1, 0.5, 0], NEITHER: [0, 1, 0, 0]},
    ),
    "hardtanh(x)": ([1.0], {FIRST: [1], LAST: [0], EVEN: [0.5], NEITHER: [0]}),
    "relu6(x)": ([0.0, 6.0], {FIRST: [1, 1], LAST: [0, 0], EVEN: [0.5, 0.5], NEITHER: [0, 0]}),
    "hardswish(x)": ([-3.0, 3.0], {FIRST: [-0.5, 1.5], LAST: [0, 1], EVEN: [-0.25, 1.25], NEITHER: [0, 0]}),
    "softshrink(x)": ([-0.5, 0.5], {FIRST: [0, 0], LAST: [1, 1], EVEN: [0.5, 0.5], NEITHER: [0, 0]}),
    "sign(x)": ([0.0, 2.0], {choice: [0, 0] for choice in CHOICES}),
    "min(x)": (
        [1.0, 3.0, 1.0, 1.0],
        {FIRST: [1, 0, 0, 0], LAST: [0, 0, 0, 1], EVEN: [THIRD, 0, THIRD, THIRD], NEITHER: [0, 0, 0, 0]},
    ),
    "l1_loss(x, stack(2))": ([2.0], {FIRST: [1], LAST: [-1], EVEN: [0], NEITHER: [0]}),
    "max(x)": (
        [3.0, 1.0, 3.0, 3.0],
        {FIRST: [1, 0, 0, 0], LAST: [0, 0, 0, 1], EVEN: [THIRD, 0, THIRD, THIRD], NEITHER: [0, 0, 0, 0]},
    ),
    "max_pool1d(stack(stack(x)), kernel_size=3, stride=2, padding=1)": (
        [3.0, 3.0, 1.0, 1.0],
        {FIRST: [1, 1, 0, 0], LAST: [0, 2, 0, 0], EVEN: [0.5, 1.5, 0, 0], NEITHER: [0, 1, 0, 0]},
    ),
}


@pytest.mark.parametrize(("expression", "choice"), [(each, choice) for each in TIES for choice in TIES[each][1]])
def test_a_tie_is_shared_as_chosen(expression: str, choice: str) -> None:
    """The same whether the choice is an attribute or comes as shares."""
    x, expected = TIES[expression]
    network = build(f"L = sum({expression})", {"x": x}, parameters=["x"])
    operation = expression.partition("(")[0]
    found = candidates(network, operation)
    largest = found == np.max(found, axis=-1, keepdims=True)
    (node,) = (node for node in network.nodes if node.operation == operation)
    for name, given in ((AT_KINK, choice), (SIDES, kink(operation).shared(largest, choice, **public(node.attributes)))):
        chosen = with_attribute(network, operation, name, given)
        np.testing.assert_array_equal(gradients(chosen, truth("float32"))["x"], np.array(expected[choice]))
    narrow = gradients(with_attribute(network, operation, AT_KINK, choice), value("float32"))["x"]
    assert narrow.dtype == np.float32


def test_no_slope_jumps_where_both_are_equal() -> None:
    assert kink("elu").is_smooth(alpha=1.0)
    assert not kink("elu").is_smooth(alpha=0.5)
    assert kink("leaky_relu").is_smooth(negative_slope=1.0)
    assert not kink("relu").is_smooth()
    assert not kink("max").is_smooth(axis=None, keepdims=False)


def test_what_is_taken_is_said_in_slopes_or_by_place() -> None:
    assert [kink("abs").said(choice) for choice in CHOICES] == ["slope 0", "slope -1", "slope 1", "slope 0"]
    assert kink("leaky_relu").said(LAST, negative_slope=0.25) == "slope 1"
    assert kink("maximum").said(FIRST) == "the first"


def kink(operation: str) -> Kink:
    found = OPERATIONS[operation].kink
    assert found is not None
    return found


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 0), (0, 1, 2)])
def test_rows_come_back(axis: Any) -> None:
    x = np.arange(24).reshape(2, 3, 4)
    assert np.array_equal(np.max(rows(x, axis), axis=-1), np.max(x, axis=axis))
    assert np.array_equal(from_rows(rows(x, axis), x.shape, axis), x)
