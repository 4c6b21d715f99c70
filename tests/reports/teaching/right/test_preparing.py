"""What claims say before any is judged: their texts, the document's own recipes, the decimals that it prints."""

from typing import Any

import pytest

from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.right.preparing import PreparedLesson, prepared
from tests.reports.teaching.test_judging import claim, network


def lesson(*claims: dict[str, Any]) -> PreparedLesson:
    return prepared(Lesson(network(), tuple(Claim(**each) for each in claims)))


def test_a_claim_is_one_line() -> None:
    made = lesson(
        claim("a1", "0.476"), {"quantity": "a1", "formula": "sigmoid( z1 )"}, {"quantity": "a1", "shape": "()"}
    )
    assert [each.text for each in made.claims] == ["a1 = 0.476", "a1 = sigmoid( z1 )", "a1: ()"]


def test_the_arithmetic_keeps_its_own_signs() -> None:
    (made,) = lesson(claim("z1", "-0.095", expression="0.1 × 0.05 − 0.1")).claims
    assert made.expression is not None
    assert made.expression.text == "0.1 × 0.05 − 0.1"


RECIPES: list[dict[str, Any]] = [
    {"quantity": "dL/dw2", "formula": "dL/dz2 * a1"},
    {"quantity": "dL/dw2", "formula": "dL/dz2 * a2"},
    {"quantity": "dL/dw2", "formula": "0.06792871"},
    {"quantity": "dL/dw1", "formula": "dL/dz1 * x"},
    {"quantity": " dL / dw2", "formula": "(a2 - y)*a2*(1 - a2)*a1"},
    {"quantity": "dL/dw2", "formula": "a1 * dL/dz2", "at": {"x": 0.1}},
]


def test_recipes_are_the_right_formulas_for_the_quantity() -> None:
    """Not a wrong one, a number, another quantity's, or one at other numbers."""
    made = lesson(claim("dL/dw2", "0.07"), *RECIPES)
    found = made.recipes(made.claims[0].asked)
    assert [asked.quantity.text for asked in found] == ["dL/dz2 * a1", "(a2 - y)*a2*(1 - a2)*a1"]
    assert found[0].network is made.claims[0].asked.network


def test_a_difference_quotient_has_no_recipe() -> None:
    made = lesson(claim("dL/dw2", "0.07", step="0.01"), *RECIPES)
    assert made.recipes(made.claims[0].asked) == []


def test_decimals_are_those_that_are_printed_the_most_first() -> None:
    printed = ("0.48", "0.5", "12", "0.476268", "1e-30", "1/3")
    assert lesson(*(claim("a1", text) for text in printed)).decimals == [6, 2, 1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_slack_of_printed_numbers_is_that_of_the_claim_s_dtype(dtype: str) -> None:
    made, other = lesson(claim("L", "0.18", dtype=dtype), claim("L", "0.18", dtype="float64")).claims
    assert made.placed is not None
    assert other.placed is not None
    assert (made.placed.slack[0] > 1000 * other.placed.slack[0]) == (dtype == "float32")


def test_numbers_in_another_shape_have_no_place() -> None:
    (made,) = lesson(claim("a1", "[0.4, 0.5]")).claims
    assert made.placed is None
