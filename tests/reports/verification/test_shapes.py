"""Sizes by other names."""

import pytest

from gradproof.reference.build import build
from gradproof.reference.claims.claim import Claim, Lesson
from gradproof.reports.verification.judging import Judge

NETWORK = build("z = W @ x\nL = sum(z)", {"W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x": [1.0, 2.0, 3.0]})


def statuses(*shapes: tuple[str, str]) -> list[str]:
    claims = tuple(Claim(quantity=quantity, shape=shape) for quantity, shape in shapes)
    return [result.status for result in Judge(Lesson(NETWORK, claims)).results()]


def test_another_letter_for_a_size_is_wrong() -> None:
    assert statuses(("W", "(N^(1), N^(0))"), ("W", "(M^(1), M^(0))")) == ["ok", "wrong"]
    assert statuses(("x", "(N0)"), ("W", "(N1, N0)"), ("x", "(M0)")) == ["ok", "ok", "wrong"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("(m, n)", "(N^(1), N^(0))"), ("(B, n)", "(m, n)"), ("(2, 3)", "(N1, N0)"), ("(n_1, n_0)", "(n_1, K)")],
)
def test_two_names_for_a_size_are_no_mistake_otherwise(first: str, second: str) -> None:
    assert statuses(("W", first), ("W", second)) == ["ok", "ok"]


def test_other_quantities_may_have_other_letters() -> None:
    assert statuses(("W", "(N1, N0)"), ("x", "(M0)")) == ["ok", "ok"]


def test_the_right_letter_is_given() -> None:
    claims = (Claim(quantity="x", shape="(N^(0))"), Claim(quantity="x", shape="(M^(0))"))
    found = Judge(Lesson(NETWORK, claims)).results()[1]
    assert found.corrected == "(N^(0),)"
    assert found.message == "M^(0) was N^(0) before"
