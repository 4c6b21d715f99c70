"""Which earlier numbers a number was computed from, rounded or wrong."""

from collections.abc import Sequence
from typing import Any

import pytest

from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.statuses import OK, WRONG, Finding
from gradproof.reports.teaching.diagnosis.carried import (
    choices,
    from_rounded,
    from_wrong,
    mistaken_too,
    relevant,
    rounded_throughout,
)
from gradproof.reports.teaching.diagnosis.earlier import Earlier, told
from gradproof.reports.teaching.right.preparing import Prepared, prepared
from tests.reports.teaching.test_judging import claim, network


def after(*claims: dict[str, Any], wrong: Sequence[int] = ()) -> tuple[Prepared, list[Earlier]]:
    """The last of these claims and what those before it tell, some of which are wrong."""
    lesson = prepared(Lesson(network(), tuple(Claim(**each) for each in claims)))
    earlier: list[Earlier] = []
    for k, made in enumerate(lesson.claims[:-1]):
        earlier += told(k, made, Finding(WRONG if k in wrong else OK), lesson.points)
    return lesson.claims[-1], earlier


def positions(found: Sequence[Earlier]) -> list[int]:
    return [entry.position for entry in found]


def test_relevant_are_numbers_that_differ_and_matter_at_the_same_inputs() -> None:
    made, earlier = after(
        claim("z1", "-0.10"),
        claim("x", "0.05"),
        claim("a2", "0.61"),
        claim("a1", "0.48", at={"x": 0.1}),
        claim("a1 + a2", "1.1"),
        claim("z2", "0.44"),
    )
    assert positions(relevant(made.asked, earlier)) == [0]


def test_a_number_from_rounded_ones_names_them() -> None:
    made, earlier = after(claim("L", "0.2"), claim("dL/dz2", "0.14"), claim("dL/dw2", "0.0667"))
    assert made.placed is not None
    assert positions(from_rounded([made.asked], made.placed, relevant(made.asked, earlier))) == [1]
    assert from_wrong([made.asked], made.placed, earlier) == []


def test_a_cut_off_number_may_come_from_rounded_ones() -> None:
    made, earlier = after(claim("dL/dz2", "0.14"), claim("dL/dw2", "0.06667"))  # 0.0666775 cut off
    assert made.placed is not None
    assert positions(from_rounded([made.asked], made.placed, earlier)) == [0]


def test_wrong_numbers_are_no_rounded_ones() -> None:
    made, earlier = after(claim("dL/dz2", "0.2"), claim("dL/dw2", "0.0953"), wrong=[0])
    assert made.placed is not None
    assert from_rounded([made.asked], made.placed, earlier) == []
    assert positions(from_wrong([made.asked], made.placed, earlier)) == [0]


def test_only_the_wrong_numbers_that_are_needed_are_causes() -> None:
    made, earlier = after(claim("dL/da2", "0.7"), claim("dL/dz2", "0.2"), claim("dL/dw2", "0.0953"), wrong=[0, 1])
    assert made.placed is not None
    assert positions(from_wrong([made.asked], made.placed, earlier)) == [1]


def test_what_follows_from_a_wrong_number_alone_follows_from_it_whatever_follows_from_right_ones() -> None:
    """0.07 from a1 = 0.5, which is right, and from dL/dz2 = 0.152, which is not; from both it would be 0.08."""
    made, earlier = after(claim("dL/dz2", "0.152"), claim("a1", "0.5"), claim("dL/dw2", "0.07"), wrong=[0])
    assert made.placed is not None
    assert positions(from_rounded([made.asked], made.placed, earlier)) == [1]
    assert positions(from_wrong([made.asked], made.placed, earlier)) == [0]


def test_further_digits_of_a_wrong_number_may_have_been_kept() -> None:
    made, earlier = after(claim("dL/dz2", "0.2"), claim("dL/dw2", "0.1100"), wrong=[0])  # from 0.231
    assert made.placed is not None
    assert positions(from_wrong([made.asked], made.placed, earlier)) == [0]
    (too_far, earlier) = after(claim("dL/dz2", "0.2"), claim("dL/dw2", "0.1300"), wrong=[0])
    assert too_far.placed is not None
    assert from_wrong([too_far.asked], too_far.placed, earlier) == []


def test_every_choice_has_each_quantity_at_most_once_and_the_latest_first() -> None:
    _, earlier = after(claim("a1", "0.48"), claim("a1", "0.476"), claim("a2", "0.61"), claim("L", "0.18"))
    found = [positions(chosen) for chosen in choices(earlier)]
    assert sorted(found[0]) == [1, 2]
    assert sorted(map(sorted, found)) == [[0], [0, 2], [1], [1, 2], [2]]


@pytest.mark.parametrize(("decimals", "found"), [([4, 2], 2), ([4], None), ([], None)])
def test_rounding_on_paper_is_tried_for_the_decimals_that_are_printed(decimals: list[int], found: int | None) -> None:
    made, _ = after(claim("dL/dw2", "0.0672"))
    assert made.placed is not None
    assert rounded_throughout(made.asked, made.placed, decimals) == found


def test_a_mistake_made_before_may_be_made_again() -> None:
    """The network in which the earlier number is right gives this one too; without one, nothing is said."""
    made, (earlier, *_) = after(claim("dL/da2", "0.61"), claim("dL/dw2", "0.0679"), wrong=[0])
    assert made.placed is not None
    assert mistaken_too(made.asked, made.placed, [earlier]) is None
    lesson = prepared(Lesson(network(), ()))
    known = list(told(0, after(claim("a1", "0.3"))[0], Finding(WRONG, mistaken=network()), lesson.points))
    assert mistaken_too(made.asked, made.placed, known) is known[0]
