"""Inputs of integers and booleans: what they are, what they are not, and how they are kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.errors import GradproofError, StatementError
from gradproof.reference.language.build import build
from gradproof.reference.language.network_files import MAX_INLINE, save
from gradproof.reference.network import Network

STATEMENTS = "L = sum(where(c, take(x, i), n * take(x, i)))"
INPUTS: dict[str, Any] = {"x": [0.5, 1, 2], "i": [0, 2], "c": [True, False], "n": 3}


def dtypes(network: Network) -> dict[str, str]:
    return {name: array.dtype.name for name, array in network.inputs.items()}


def test_what_is_an_index_or_a_condition_is_no_float() -> None:
    network = build(STATEMENTS, INPUTS)
    assert dtypes(network) == {"x": "float64", "i": "int64", "c": "bool", "n": "float64"}
    assert network.discrete == {"i", "c"}
    assert network.parameters == ("x", "n"), "an integer that is multiplied is a float"


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.int32])
def test_any_integers_will_do(dtype: Any) -> None:
    network = build(STATEMENTS, {**INPUTS, "i": np.array([0, 2], dtype)})
    assert network.inputs["i"].dtype == np.int64


def test_other_numbers_are_taken_in_their_dtype() -> None:
    others = {"i": np.array([1.0, 1.0]), "c": np.array([0, 1]), "x": np.array([1, 2, 3])}
    network = build(STATEMENTS, INPUTS).with_inputs(others)
    assert dtypes(network) == dtypes(build(STATEMENTS, INPUTS))


@pytest.mark.parametrize("longer", [False, True])
def test_a_file_gives_back_what_was_saved(longer: bool, tmp_path: Path) -> None:
    """Inline, and in an archive beside it."""
    count = MAX_INLINE if longer else 2
    network = build(STATEMENTS, {**INPUTS, "i": np.arange(count) % 3, "c": np.arange(count) % 2 == 0})
    again = load(save(network, tmp_path / "network.toml"))
    assert (tmp_path / "network.npz").exists() == longer
    assert dtypes(again) == dtypes(network)
    assert again.parameters == network.parameters
    assert all(np.array_equal(again.inputs[name], array) for name, array in network.inputs.items())


FILE = """
[network]
statements = "L = sum({statement})"
{more}
[inputs]
x = [0.5, 1, 2]
i = {i}
c = {c}
n = 1
"""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"i": "[0.5, 1]"}, "take takes integers for i, and 'i' holds 0.5"),
        ({"i": "[1.0, 2.0]"}, "take takes integers for i, and 'i' holds floats"),
        ({"i": "[true, false]"}, "take takes integers for i, and 'i' holds booleans"),
        ({"i": "[0, 3]"}, "there is no index 3 from 0 to 2"),
        ({"statement": "take(x, i) * i"}, "'i' is read as floats by multiply, and as integers by take; give it as two"),
        ({"statement": "i * take(x, i)"}, "'i' is read as floats by multiply, and as integers by take; give it as two"),
        ({"statement": "take(x, 1)"}, "take takes integers for i: the name of an input"),
        ({"statement": "take(x, i + 1)"}, "take takes integers for i: the name of an input"),
        ({"statement": "where(i, x, 1)"}, "where takes booleans for c, and 'i' holds integers"),
        ({"statement": "where(c, take(x, c), 1)"}, "take takes integers for i, and 'c' holds booleans"),
        ({"statement": "where(i, take(x, i), 1)"}, "'i' is read as booleans by where, and as integers by take"),
        ({"statement": "c * x[:2]"}, "input 'c' holds True, which is not a number"),
        ({"c": "[true, 1]"}, "input 'c' holds booleans among numbers"),
        ({"more": 'parameters = ["i"]'}, "parameters names 'i', which is read as integers: it has no gradient"),
        (
            {"more": 'updated = ["c"]', "statement": "where(c, x[:2], 1)"},
            "updated names 'c', which is read as booleans",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_line(changes: dict[str, str], message: str, tmp_path: Path) -> None:
    written = {"statement": "take(x, i)", "i": "[0, 2]", "c": "[true, false]", "more": "", **changes}
    path = tmp_path / "network.toml"
    if "c" not in changes and "c" not in written["statement"]:
        written["c"] = "1"
    path.write_text(FILE.format(**written))
    with pytest.raises(GradproofError) as raised:
        load(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_computed_value_is_no_index() -> None:
    with pytest.raises(StatementError, match="take takes integers for i: an input, and not 'j'"):
        build("j = 2 * n\nL = sum(take(x, j))", {"x": [1.0, 2.0], "n": 0})


def test_a_network_of_nothing_else_has_no_gradient() -> None:
    with pytest.raises(GradproofError, match="depends on no input"):
        build("L = where(c, 1, 2)", {"c": True})
