"""Every number, formula and shape that the worked example prints, and each error in it with its cause."""

from collections import Counter
from functools import cache
from importlib.resources import files

import pytest

from gradproof.reports.teaching.claims.statuses import ClaimResult
from gradproof.reports.teaching.documents.documents import read_document
from tests.reports.teaching.worked import judged_lesson

COUNTS = {
    "difference_quotient": ({"number": 32, "formula": 10}, {"ok": 42}),
    "partial_derivatives": ({"number": 8, "formula": 8}, {"ok": 16}),
    "analogy": ({"number": 7}, {"ok": 6, "wrong": 1}),
    "scalars": ({"number": 66, "formula": 50}, {"ok": 115, "truncated": 1}),
    "tape": ({"number": 41, "formula": 20}, {"ok": 61}),
    "matrices": ({"number": 15, "formula": 36, "shape": 23}, {"ok": 73, "wrong": 1}),
    "network": ({"formula": 12, "shape": 7}, {"ok": 19}),
    "two_instances": ({"number": 28, "formula": 6, "shape": 5}, {"ok": 35, "truncated": 1, "wrong": 3}),
}
"""By lesson: how many claims of each kind there are, and how many of each status."""

FOUND = [
    ("analogy", 334, "co2", "wrong", "decimal point shifted", "0.03 stands where dco2/dfaster = 3 belongs"),
    ("scalars", 107, "h1_out", "truncated", None, "1.00"),
    ("matrices", 598, "H", "wrong", "another activation", "x for sigmoid in H"),
    ("two_instances", 823, "dL[0,0]/dV[1,1]", "truncated", None, "0.0005"),
    ("two_instances", 833, "V_new", "wrong", "another learning rate", "0.65 for 0.5"),
    ("two_instances", 926, "after[201]:Y[0]", "wrong", "another number of updates", "after 200 updates, not 201"),
    ("two_instances", 927, "after[201]:Y[1]", "wrong", "another number of updates", "after 200 updates, not 201"),
]
"""All that is not right: lesson, line, quantity, status, mistake, and what is said of it."""


@cache
def results(name: str) -> list[ClaimResult]:
    path = str(files("gradproof.reference.lessons") / f"worked_example_{name}.toml")
    (lesson,) = read_document(path).lessons
    return judged_lesson(lesson)


@pytest.mark.parametrize("name", COUNTS)
def test_the_claims_are_as_many_as_they_were(name: str) -> None:
    kinds, statuses = COUNTS[name]
    found = results(name)
    assert Counter(result.claim.kind for result in found) == kinds
    assert Counter(result.status for result in found) == statuses


def test_every_lesson_of_the_document_is_pinned() -> None:
    lessons = (path.name for path in files("gradproof.reference.lessons").iterdir())
    assert {f"worked_example_{name}.toml" for name in COUNTS} == {n for n in lessons if n.startswith("worked_example_")}


@pytest.mark.parametrize("name", COUNTS)
def test_a_claim_says_where_it_was_printed(name: str) -> None:
    claims = [result.claim for result in results(name)]
    assert all(claim.where for claim in claims)
    lines = [claim.line or 0 for claim in claims]
    assert lines == sorted(lines)
    assert min(lines) >= 1
    assert max(lines) <= 947


@pytest.mark.parametrize(("name", "line", "quantity", "status", "mistake", "words"), FOUND)
def test_an_error_of_the_document_is_found(
    name: str, line: int, quantity: str, status: str, mistake: str | None, words: str
) -> None:
    (found,) = (r for r in results(name) if r.claim.line == line and r.claim.quantity == quantity and r.status != "ok")
    assert found.status == status
    assert found.follows is None
    assert (found.diagnosis.mistake if found.diagnosis else None) == mistake
    assert words in (found.diagnosis.explanation if found.diagnosis else f"{found.message} {found.corrected}")


def test_nothing_else_is_found() -> None:
    off = [(name, r.claim.line, r.claim.quantity) for name in COUNTS for r in results(name) if r.status != "ok"]
    assert Counter(off) == Counter((name, line, quantity) for name, line, quantity, *_ in FOUND)


def test_what_was_printed_after_the_step_is_right_although_the_weights_printed_before_are_not() -> None:
    after = [r for r in results("two_instances") if r.claim.quantity.startswith("after:")]
    assert [r.claim.line for r in after] == [844, 857, 866, 872]
    assert {r.status for r in after} == {"ok"}


def test_single_precision_explains_six_per_cent() -> None:
    """PyTorch prints -5.6607e-08 where the truth is -5.3438e-08: 1 - sigmoid(16) cancels nearly all digits."""
    (found,) = (r for r in results("tape") if r.claim.printed == "tensor(-5.6607e-08)")
    assert found.status == "ok"
    assert found.message.startswith("the rounding of float32 explains the difference from -5.3438148")


def test_a_number_printed_to_all_digits_of_float64_needs_no_excuse() -> None:
    """The exact value has more digits; the printed ones are those of the nearest float64."""
    (found,) = (r for r in results("scalars") if r.claim.printed == "0.8813624223958589")
    assert (found.status, found.message) == ("ok", "")


def test_the_right_number_stands_in_the_print_out_as_it_was_pasted() -> None:
    (found,) = (r for r in results("two_instances") if r.claim.line == 833)
    assert found.corrected == ">>> [[ 1.05259373 -2.01327451]\n>>>  [ 0.11257513  2.01227682]]"
