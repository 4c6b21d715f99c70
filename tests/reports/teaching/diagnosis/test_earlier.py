"""What a claim tells the claims after it."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.quantity import atom_text
from gradproof.reports.teaching.claims.statuses import OK, PROPAGATED, WRONG, Finding
from gradproof.reports.teaching.diagnosis.earlier import Earlier, told
from gradproof.reports.teaching.right.preparing import prepared
from tests.reports.teaching.test_judging import claim, network

LAYER = build("f = 2*x\nL = sum(f**3)", {"x": [[1.0, 2.0], [3.0, 4.0]]})


def tells(made: dict[str, Any], finding: Finding, of: Network | None = None) -> list[Earlier]:
    lesson = prepared(Lesson(of or network(), (Claim(**made),)))
    return list(told(5, lesson.claims[0], finding, lesson.points))


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (claim("a1", "0.48"), {"a1": 0.48}),
        (claim("dL/dw2", "0.07"), {"dL/dw2": 0.07}),
        (claim("-dL/dw2", "-0.07"), {"dL/dw2": 0.07}),
        (claim("w2 - dL/dw2", "0.2"), {"dL/dw2": 0.1}),
        (claim("a2 - y", "0.6"), {"a2": 0.61, "dL/da2": 0.6}),
        (claim("a2*(1 - a2)", "0.24"), {"da2/dz2": 0.24}),
        (claim("a1*a2", "0.3"), {}),
        (claim("dL/dw2", "0.07", step="0.01"), {}),
        (claim("a1", "inf"), {}),
        (claim("a1", "[0.4, 0.5]"), {}),
    ],
)
def test_a_printed_number_tells_what_it_is_solved_for(made: dict[str, Any], found: dict[str, float]) -> None:
    earlier = tells(made, Finding(OK))
    known = {atom_text(each.atom): round(float(each.numbers[0]), 12) for each in earlier if each.atom is not None}
    assert known == found


def test_half_a_unit_goes_with_the_solved_number() -> None:
    (earlier,) = tells(claim("0.1*dL/dw2", "0.007"), Finding(OK))
    assert earlier.printed == [0.007]
    assert [round(float(x), 12) for x in (*earlier.numbers, *earlier.half)] == [0.07, 0.005]
    assert [round(float(x), 12) for x in earlier.shifted(1).numbers] == [0.075]


def test_entries_that_are_left_out_tell_nothing() -> None:
    row = build("f = 2*x\nL = sum(f)", {"x": [1.0, 2.0, 3.0]})
    assert tells(claim("f", "[2 ... 6]"), Finding(OK), row) == []
    assert len(tells(claim("f", "[2 4 6]"), Finding(OK), row)) == 1


def test_a_wrong_formula_tells_what_it_gives_here() -> None:
    (earlier,) = tells({"quantity": "dz2/dw2", "formula": "a2"}, Finding(WRONG))
    assert [round(x, 6) for x in earlier.numbers] == [0.608945]
    (filled,) = tells({"quantity": "dL/df", "formula": "3*f[1,1]"}, Finding(WRONG), LAYER)
    assert filled.numbers == [24.0] * 4


@pytest.mark.parametrize(
    ("made", "finding"),
    [
        ({"quantity": "dz2/dw2", "formula": "a1"}, Finding(OK)),
        ({"quantity": "dz2/dw2", "formula": "a2"}, Finding(PROPAGATED, follows=0)),
        ({"quantity": "a1 + a2", "formula": "a2"}, Finding(WRONG)),
        ({"quantity": "a1", "formula": "log(-x)"}, Finding(WRONG)),
        ({"quantity": "a1", "shape": "(1,)"}, Finding(WRONG)),
    ],
)
def test_other_claims_tell_nothing(made: dict[str, Any], finding: Finding) -> None:
    with np.errstate(all="ignore"):
        assert tells(made, finding) == []


def test_the_root_is_what_a_wrong_number_follows_from() -> None:
    (root,) = tells(claim("a1", "0.3"), Finding(WRONG))
    assert (root.position, root.root, root.failing) == (5, 5, True)
    (follower,) = tells(claim("a1", "0.3"), Finding(PROPAGATED, follows=2))
    assert (follower.position, follower.root, follower.failing) == (5, 2, True)
    (right,) = tells(claim("a1", "0.48"), Finding(OK))
    assert not right.failing
    assert right.said == "a1 = 0.48"
