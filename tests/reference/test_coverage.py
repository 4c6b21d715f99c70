"""What networks have of each operation: its attributes, and the special points of its operands."""

import numpy as np
import pytest

from gradproof.reference.coverage import POINTS, TIE, coverage
from gradproof.reference.language.build import build
from gradproof.reference.operations import OPERATIONS

AT: dict[str, object] = {
    "0": [0.0, 1.0],
    "-0": [-0.0, 1.0],
    "1 is lost beside exp(x) in float32": [1.0, -17.0],
    "1 is lost beside exp(x) in float64": [1.0, 38.0],
    "exp(x) beyond float32": [1.0, 89.0],
    "exp(x) beyond float64": [1.0, 710.0],
    "x^2 below float32": [1.0, 1e-20],
    "x^2 beyond float32": [1.0, 1e20],
    "subnormal in float32": [1.0, -1e-39],
    "all alike": [2.0, 2.0],
    "far from 0, close together": [1e6, 1e6 + 0.125],
    "one entry": [2.0],
}
"""Operands by the special point that they are at."""


@pytest.mark.parametrize("point", AT)
def test_an_operand_is_at_its_point(point: str) -> None:
    (row,) = coverage([build("L = sum(tanh(x))", {"x": AT[point]})])["operations"]["tanh"]
    implied = {name for name in POINTS if name in row["points"]}
    assert point in implied
    ordinary = coverage([build("L = sum(tanh(x))", {"x": [0.5, -1.25]})])["operations"]["tanh"]
    assert ordinary == [{"attributes": {}, "networks": 1, "points": {}}]


def test_every_point_is_tried() -> None:
    assert set(POINTS) - set(AT) == {"infinite", "no entry"}, "which inputs of `build` are not"
    network = build("L = sum(tanh(x))", {"x": [0.5, -1.25]}).with_inputs({"x": np.array([np.inf, 1.0])})
    assert coverage([network])["operations"]["tanh"][0]["points"] == {"infinite": 1}


@pytest.mark.parametrize(
    ("text", "x", "operation", "tied"),
    [
        ("L = sum(relu(x))", [0.0, 1.0], "relu", True),
        ("L = sum(relu(x))", [0.5, 1.0], "relu", False),
        ("L = max(x)", [1.0, 1.0, 0.0], "max", True),
        ("L = max(x)", [1.0, 0.0, 0.0], "max", False),  # what ties is not the largest
        ("L = sum(leaky_relu(x, negative_slope=1))", [0.0, 1.0], "leaky_relu", False),  # no kink
    ],
)
def test_ties_are_of_what_is_largest(text: str, x: list[float], operation: str, tied: bool) -> None:
    (row,) = coverage([build(text, {"x": x})])["operations"][operation]
    assert (TIE in row["points"]) == tied


def test_operations_are_counted_by_network_and_attributes() -> None:
    inputs = {"x": [[0.5, 1.5], [2.5, -1.0]]}
    texts = [
        "L = sum(softmax(x) + softmax(2 * x))",
        "L = sum(softmax(x, axis=0))",
        "L = sum(leaky_relu(x, negative_slope=0.3))",
        "L = norm(x, ord=inf)",
    ]
    found = coverage(build(text, inputs) for text in texts)
    assert found["operations"]["softmax"] == [
        {"attributes": {}, "networks": 1, "points": {}},
        {"attributes": {"axis": 0}, "networks": 1, "points": {}},
    ]
    assert found["operations"]["leaky_relu"][0]["attributes"] == {"negative_slope": "a number"}
    assert found["operations"]["norm"][0]["attributes"] == {"ord": "inf"}
    assert set(found["never"]) == set(OPERATIONS) - {"softmax", "leaky_relu", "norm", "sum", "add", "multiply"}
