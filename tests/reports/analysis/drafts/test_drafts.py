"""How drafted claims are compared with those written by hand."""

from typing import Any

import pytest

from gradproof.reports.analysis.drafts.measure import is_found

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"quantity": "x", "printed": ">>> 0.30"}, {"quantity": "x", "printed": "0.30"}),
    ({"quantity": "L", "formula": "(y - a)**2 / 2"}, {"quantity": "L", "formula": "1 / 2 * (y - a) ** 2"}),
    ({"loss": "k", "quantity": "dk/dw", "formula": "2*e"}, {"quantity": "dL/dw", "formula": "e * 2"}),
    ({"loss": "k", "quantity": "dk/dw", "formula": "k*e"}, {"quantity": "dk/dw", "formula": "e * k"}),
    ({"quantity": "dv/db", "formula": "1"}, {"quantity": "dv/db", "printed": "1"}),
    ({"quantity": "W1", "shape": "(m, n)"}, {"quantity": "W_1", "shape": "(m, n)"}),
    ({"quantity": "w_new", "formula": "w - 0.5*dL/dw"}, {"quantity": "w_new", "formula": "w - dL/dw * 0.5"}),
]
OTHER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"quantity": "x", "printed": "0.31"}, {"quantity": "x", "printed": "0.30"}),
    ({"quantity": "a", "formula": "b + c"}, {"quantity": "d", "formula": "b + c"}),
    ({"loss": "k", "quantity": "dk/dw", "formula": "e"}, {"quantity": "da/dw", "formula": "e"}),
    ({"quantity": "a", "formula": "b + c"}, {"quantity": "a", "formula": "b * c"}),
    ({"quantity": "W", "shape": "(m, n)"}, {"quantity": "W", "shape": "(n, m)"}),
    ({"quantity": "W", "shape": "(m, n)"}, {"quantity": "V", "shape": "(m, n)"}),
    ({"quantity": "x", "shape": "(1, 2)"}, {"quantity": "x", "printed": "[1, 2]"}),
]


@pytest.mark.parametrize(("hand", "draft"), SAME)
def test_found(hand: dict[str, Any], draft: dict[str, Any]) -> None:
    """One thing said in two ways, on the same line or the next; further off, it is another claim."""
    assert is_found({**hand, "line": 7}, [{**draft, "line": 8}])
    assert not is_found({**hand, "line": 7}, [{**draft, "line": 9}])


@pytest.mark.parametrize(("hand", "draft"), OTHER)
def test_not_found(hand: dict[str, Any], draft: dict[str, Any]) -> None:
    """Other digits, another quantity or another formula is another claim."""
    assert not is_found({**hand, "line": 7}, [{**draft, "line": 7}])


def test_tuple_is_found_number_by_number() -> None:
    """`w11, w21 = 6., -2.` is one claim by hand and two in a draft."""
    hand = {"line": 3, "quantity": "stack(w11, w21)", "printed": "6., -2."}
    drafted = [{"line": 3, "quantity": "w11", "printed": "6."}, {"line": 3, "quantity": "w21", "printed": "-2."}]
    assert is_found(hand, drafted)
    assert not is_found(hand, drafted[:1])
