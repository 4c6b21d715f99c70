"""Each status of a printed number by itself: its function speaks where it should, and those before it do not."""

from dataclasses import replace
from typing import Any

import pytest

from gradproof.reports.teaching.claims import statuses
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.statuses import DIFFERS, OK, PROPAGATED, ROUNDED, TRUNCATED, WRONG
from gradproof.reports.teaching.diagnosis.earlier import Earlier, told
from gradproof.reports.teaching.numbers import FINDERS, Case, judge_number, rounded_on_paper
from gradproof.reports.teaching.right.preparing import PreparedLesson, prepared
from tests.reports.teaching.test_judging import claim, network


def last_case(*claims: dict[str, Any]) -> Case:
    """The last of these claims, after the others were judged."""
    lesson = prepared(Lesson(network(), tuple(Claim(**each) for each in claims)))
    earlier: list[Earlier] = []
    for position, made in enumerate(lesson.claims[:-1]):
        earlier += told(position, made, judge_number(lesson, position, earlier), lesson.points)
    placed = lesson.claims[-1].placed
    assert placed is not None
    return Case(lesson, len(claims) - 1, earlier, placed)


CASES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "ok": (OK, [claim("a1", "0.476")]),
    "ok_expression_differs": (DIFFERS, [claim("dL/da2", "0.599", expression="0.609 - 0.1")]),
    "truncated": (TRUNCATED, [claim("a1", "0.47626")]),
    "rounded_intermediates": (ROUNDED, [claim("da2/dz2", "0.2379", expression="0.61 * (1 - 0.61)")]),
    "propagated_by_number": (PROPAGATED, [claim("dz2/dw2", "0.609"), claim("dL/dw2", "0.08686")]),
    "rounded_on_paper": (ROUNDED, [claim("z1", "-0.10"), claim("dL/dw2", "0.0672")]),
    "propagated_otherwise": (PROPAGATED, [claim("a1", "0.9"), claim("dL/da2", "0.89", expression="0.9 - 0.01")]),
    "wrong": (WRONG, [claim("a1", "0.3")]),
}
"""For each function its status, and claims of which the last is its."""


@pytest.mark.parametrize("name", CASES)
def test_each_status_is_found_by_its_own_function(name: str) -> None:
    """And by none before it; a later one may have something to say as well."""
    status, claims = CASES[name]
    case = last_case(*claims)
    spoken = [(tried.__name__, found.status) for tried in FINDERS if (found := tried(case)) is not None]
    assert spoken[0] == (name, status)
    assert spoken[-1][0] == "wrong"


def test_statuses_are_tried_in_the_order_of_the_design() -> None:
    """But for rounding on paper, which gives almost any number of two digits."""
    assert [tried.__name__ for tried in FINDERS] == list(CASES)
    found = [status for name, (status, _) in CASES.items() if name != "rounded_on_paper"]
    assert tuple(dict.fromkeys(found)) == statuses.STATUSES


def test_a_number_that_would_be_0_to_its_decimals_is_corrected_to_two_digits() -> None:
    case = last_case(claim("dL/dw1", "0.0"))
    assert case.corrected == "0.00053"


def test_a_number_in_another_shape_is_wrong_whatever_it_is() -> None:
    lesson = prepared(Lesson(network(), (Claim(**claim("a1", "[0.476, 0.476]")),)))
    found = judge_number(lesson, 0, [])
    assert (found.status, found.corrected) == ("wrong", None)
    assert "shape (2,)" in found.message


def test_arithmetic_that_gives_another_number_excuses_none() -> None:
    """0.61 * (1 - 0.61) rounds the right 0.2381, but it is 0.2379, and not what is printed."""
    case = last_case(claim("da2/dz2", "0.2350", expression="0.61 * (1 - 0.61)"))
    found = judge_number(case.lesson, 0, [])
    assert found.status == WRONG
    assert found.diagnosis is not None
    assert (found.diagnosis.mistake, found.diagnosis.value) == ("arithmetic", "0.2379")


def test_nothing_is_rounded_on_paper_where_nobody_writes() -> None:
    case = last_case(*CASES["rounded_on_paper"][1])
    lesson = PreparedLesson(case.lesson.network, case.lesson.claims, decimals=())
    assert rounded_on_paper(replace(case, lesson=lesson)) is None
