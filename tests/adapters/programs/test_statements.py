"""Statements in a framework's words: what is inherited, and where numbers stay plain."""

from dataclasses import replace

import pytest

from gradproof.adapters.programs.statements import ProgramWriter
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import STATEMENTS

LANGUAGE = replace(FRAMEWORKS["torch"], templates=STATEMENTS, number="array(number)")


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("1 / 2 * x", "1 / 2 * x"),
        ("0.1 / 3 * x", "array(0.1) / 3 * x"),  # Python would round 0.1 less than float32 does
        ("1 / 0 * x", "array(1) / 0 * x"),  # Python would raise
        ("2 ** 99 * x", "array(2) ** 99 * x"),
        ("-2 * x", "-2 * x"),
        ("exp(-2) * x", "exp(array(-2)) * x"),
        ("x + 4294967296", "x + 4294967296.0"),  # beyond what every framework takes as an integer
        ("2", "array(2)"),
        ("1 + 2", "array(1 + 2)"),
    ],
)
def test_numbers_stay_plain_where_python_computes_as_the_dtype_would(expression: str, written: str) -> None:
    network = build(f"y = x\nL = {expression}", {"x": 1.0}, loss="L", parameters=["x"])
    assert ProgramWriter(network, LANGUAGE).statements()[-1] == ("L", written)


def test_names_of_numbers_become_arrays_where_one_is_needed() -> None:
    network = build("c = 0.1\nd = exp(c)\ne = c * x\nL = c / 3 + d + e", {"x": 1.0})
    assert [expression for _, expression in ProgramWriter(network, LANGUAGE).statements()] == [
        "0.1",
        "exp(array(c))",
        "c * x",
        "array(c) / 3 + d + e",
    ]
