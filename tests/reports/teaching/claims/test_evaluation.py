"""Derivatives by a part of an array: an index may be a slice."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.readings.plain import truth
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation, Pins
from gradproof.reports.teaching.claims.quantity import Slope, Value, read_quantity
from tests.reports.teaching.worked import judged_lesson

NETWORK = build("z = W @ x\ny = x[0]*z**2\nL = sum(y)", {"W": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "x": [0.5, -1.0]})


def jacobian(text: str) -> Any:
    return Evaluation(NETWORK, truth("float64")).quantity(read_quantity(text, NETWORK)).astype(float).tolist()


def test_a_jacobian_of_slices_is_a_part_of_the_whole() -> None:
    whole = np.array(jacobian("dz/dW"))
    assert jacobian("dz[1:]/dW[:,0]") == whole[1:, :, 0].tolist()
    assert jacobian("dz[:]/dx[1:]") == [[2.0], [4.0], [6.0]]


def test_the_chain_rule_is_a_product_of_jacobians() -> None:
    assert jacobian("(dL/dy[:]) @ (dy[:]/dz[:]) @ (dz[:]/dW[:,1])") == jacobian("dL/dW[:,1]")


@pytest.mark.parametrize("printed", ["[2.0, 4.0, 6.0]", "[2.0, 4.0, 5.0]"])
def test_a_claim_about_a_slice_is_judged(printed: str) -> None:
    claims = (Claim(quantity="dz[:]/dx[1]", printed=printed), Claim(quantity="dz[:]/dx[1]", printed="[2, 4, 6]"))
    found = judged_lesson(Lesson(NETWORK, claims))
    assert [r.status for r in found] == ["ok" if "6.0" in printed else "wrong", "ok"]


def test_a_printed_update_is_gone_on_with() -> None:
    """0.9 printed for w_new: the loss then is that at 0.9, and the next step starts there; so with its gradient."""
    line = build("z = w*x\nL = (z - 1)**2 / 2", {"w": 0.5, "x": 2.0}, updated=["w"], learning_rate=0.1)

    def value(text: str, pins: Pins) -> float:
        return float(Evaluation(line, truth("float64"), pins).quantity(read_quantity(text, line)))

    updated = Pins().with_entry(Value("w", 1), (), (), 0.9)
    assert value("after:z", updated) == 2 * 0.9
    assert value("after[2]:w", updated) == 0.9 - 0.1 * 2 * (2 * 0.9 - 1)
    slope = Pins().with_entry(Slope("L", "w"), (), (), 2.0)
    assert value("w_new", slope) == 0.5 - 0.1 * 2


def test_equal_slopes_have_equal_hashes() -> None:
    one, other = (Slope("z", "x", (slice(None, 2),), (1,)) for _ in range(2))
    assert hash(one) == hash(other)
    assert one == other
