"""The special points: all operations, at numbers that the same names mean everywhere."""

import re

import numpy as np
import pytest

from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import value
from gradproof.reference.special_points import ALL, SpecialPoint, has_value, special_points
from gradproof.reference.sweep import gradients


@pytest.fixture(scope="module")
def points() -> dict[str, SpecialPoint]:
    """All of them, by name."""
    found = [*special_points()]
    assert len(dict(found)) == len(found), "no name stands for two points"
    return dict(found)


def test_every_operation_has_points(points: dict[str, SpecialPoint]) -> None:
    """An operation is in the atlas as soon as it has scenarios."""
    assert {point.operation for point in points.values()} == set(OPERATIONS)


def test_every_network_has_its_operation_and_a_value(points: dict[str, SpecialPoint]) -> None:
    """What has no value in float64 is no point of the function; there is one node of it, or more."""
    for name, point in points.items():
        assert re.fullmatch(r"[\w.-]+", name), "a name is good for a file"
        made_of = {node.operation for node in point.network.nodes}
        assert point.operation in made_of or point.operation == "identity", name


@pytest.mark.parametrize("number", ["0", "20.5", "-750", "1e-40", "2e19"])
def test_an_operand_is_at_its_point(points: dict[str, SpecialPoint], number: str) -> None:
    """All entries of the operand are that number, and the others are ordinary."""
    network = points[f"matmul-a-at-{number}"].network
    assert (network.inputs["a"] == float(number)).all()
    assert len(set(network.inputs["b"].flat)) == network.inputs["b"].size


def test_operands_tie(points: dict[str, SpecialPoint]) -> None:
    """All operands at one number are a tie of `maximum`."""
    network = points[f"maximum-{ALL}-at-one-number"].network
    assert len({*network.inputs["a"].flat, *network.inputs["b"].flat}) == 1


def test_negative_zero_keeps_its_sign(points: dict[str, SpecialPoint]) -> None:
    """1 / -0 is another infinity than 1 / 0."""
    assert np.signbit(points["abs-x-at--0"].network.inputs["x"]).all()


def test_what_has_no_value_is_left_out(points: dict[str, SpecialPoint]) -> None:
    """The logarithm of -1 is none, that of 0 is an infinity."""
    assert "log-x-at-0" in points
    assert "log-x-at--1" not in points


def test_cotangents_differ_where_an_operation_mixes_entries(points: dict[str, SpecialPoint]) -> None:
    """The entries of a softmax sum up to 1: with equal cotangents every gradient would be 0, right or wrong."""
    network = points["softmax-x-at-one-60"].network
    assert has_value(network)
    assert np.any(gradients(network, value("float64"))["x"] != 0)


def test_points_of_one_operation_are_those_of_all(points: dict[str, SpecialPoint]) -> None:
    """A name means the same network whether others are made with it or not."""
    for name, point in special_points(["relu", "divide"]):
        same = points[name].network
        assert all(np.array_equal(x, same.inputs[key]) for key, x in point.network.inputs.items())
        assert point.network.nodes == same.nodes
