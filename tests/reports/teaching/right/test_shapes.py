"""Sizes by other names."""

import pytest

from gradproof.reference.language.build import build
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from tests.reports.teaching.worked import judged_lesson

NETWORK = build("z = W @ x\nL = sum(z)", {"W": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "x": [1.0, 2.0, 3.0]})


def statuses(*shapes: tuple[str, str]) -> list[str]:
    claims = tuple(Claim(quantity=quantity, shape=shape) for quantity, shape in shapes)
    return [result.status for result in judged_lesson(Lesson(NETWORK, claims))]


def test_another_letter_for_a_size_is_wrong() -> None:
    assert statuses(("W", "(N^(1), N^(0))"), ("W", "(M^(1), M^(0))")) == ["ok", "wrong"]
    assert statuses(("x", "(N0)"), ("W", "(N1, N0)"), ("x", "(M0)")) == ["ok", "ok", "wrong"]


def test_what_was_right_at_first_is_not_what_was_wrong_before() -> None:
    found = judged_lesson(Lesson(NETWORK, tuple(Claim(quantity="x", shape=s) for s in ("(N0)", "(M0)", "(N0)"))))
    assert [(r.status, r.follows) for r in found] == [("ok", None), ("wrong", None), ("wrong", None)]


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
    found = judged_lesson(Lesson(NETWORK, claims))[1]
    assert found.corrected == "(N^(0),)"
    assert found.message == "M^(0) was N^(0) before"


def test_equal_sizes_do_not_let_a_wrong_shape_pass() -> None:
    """Z = W @ X of two-by-two matrices: Z is (n, m), and only here (m, n) as well."""
    square = build("Z = W @ X\nL = sum(Z**2)", {"W": [[1.0, 2.0], [3.0, 4.0]], "X": [[0.5, 1.0], [2.0, -1.0]]})
    said = {
        "W": "(n, d)",
        "X": "(d, m)",
        "Z": "(n, m)",
        "Z.T": "(n, m)",
        "dL/dW": "(d, n)",
        "dL/dX": "(d, m)",
        "L": "()",
    }
    claims = tuple(Claim(quantity=quantity, shape=shape) for quantity, shape in said.items())
    found = judged_lesson(Lesson(square, claims))
    assert {r.claim.quantity: r.status for r in found if r.status != "ok"} == {"Z.T": "wrong", "dL/dW": "wrong"}
    assert found[4].corrected == "(n, d)"
    assert "sizes are equal here" in found[4].message


def test_one_name_for_two_equal_widths_is_no_error() -> None:
    layers = build(
        "a = W1 @ x\nb = W2 @ a\nL = sum(b)", {"W1": [[1.0, 2.0]] * 2, "W2": [[1.0, 2.0]] * 2, "x": [1.0, 2.0]}
    )
    for said in ({"a": "(n,)", "b": "(n,)"}, {"W1": "(n, n)", "W2": "(n, n)", "a": "(n,)", "b": "(n,)", "x": "(n,)"}):
        claims = tuple(Claim(quantity=quantity, shape=shape) for quantity, shape in said.items())
        assert {r.status for r in judged_lesson(Lesson(layers, claims))} == {"ok"}
