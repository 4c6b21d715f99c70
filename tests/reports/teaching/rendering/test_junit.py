"""JUnit XML, parsed back."""

import pytest
from junitparser import Failure, JUnitXml

from gradproof.reports.printing.terminal import printable
from gradproof.reports.teaching.claims.statuses import TRUNCATED, WRONG, DocumentResult, Verification
from gradproof.reports.teaching.rendering.junit import junit
from tests.reports.teaching.samples import LESSON, MIXED, NASTY, hostile, result


def parsed(verification: Verification, **more: bool) -> JUnitXml:
    return JUnitXml.fromstring(junit(verification, **more))


def test_a_suite_for_each_document_and_a_case_for_each_claim() -> None:
    root = parsed(MIXED)
    assert (root.tests, root.failures, root.errors, root.skipped) == (10, 5, 0, 0)
    lesson, fine = root
    assert (lesson.name, lesson.tests, lesson.failures) == ("docs/lesson.md", 9, 5)
    assert (fine.name, fine.tests, fine.failures) == ("fine.toml", 1, 0)
    assert [case.name for case in lesson][:5] == [
        *("claim 1: a1 (line 80)", "claim 2: z2 (line 90)", "claim 3: dL/dw1 (line 120)"),
        *("claim 4: w1_new (line 130)", "claim 5: z1_new"),
    ]
    assert {case.classname for case in lesson} == {"docs/lesson.md"}
    assert b'<property name="title" value="Two sigmoid neurons"/>' in junit(MIXED)


def test_a_failure_says_everything() -> None:
    cases = list(next(iter(parsed(MIXED))))
    (failure,) = cases[2].result
    assert isinstance(failure, Failure)
    assert (failure.type, failure.message) == ("wrong", "The sign is wrong.")
    for part in ("docs/lesson.md:120  wrong", "printed 0.3958   right 0.0582", "probability 0.4 %"):
        assert part in str(failure.text)
    (follower,) = cases[3].result
    assert (follower.type, follower.message) == ("propagated", "propagated: printed 0.08, right 0.0971")
    assert "follows from dL/dw1, line 120" in str(follower.text)
    (matrix,) = cases[5].result
    assert "| [[1, 2],    | [[1, 2],\n    |  [3, 4]]    |  [3, 5]]\n" in str(matrix.text)


@pytest.mark.parametrize(("strict", "failing"), [(False, [2, 3, 4, 5, 6]), (True, [1, 2, 3, 4, 5, 6, 7, 8])])
def test_what_fails_is_what_the_exit_code_counts(strict: bool, failing: list[int]) -> None:
    cases = list(next(iter(parsed(MIXED, strict=strict))))
    assert [i for i, case in enumerate(cases) if case.is_failure] == failing
    assert (cases[1].system_out is None) == strict
    assert cases[0].system_out is None


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_hostile_texts_come_back_from_the_parser(text: str) -> None:
    (suite,) = parsed(hostile(text))
    cases = list(suite)
    assert len({case.name for case in cases}) == len(cases) == 4
    if text.isprintable():
        shown = printable(text)
        assert cases[0].name == f"claim 1: {shown} (line 3)"
        assert cases[0].result[0].message == shown
        assert f"printed {shown}   right {shown}\n" in str(cases[0].result[0].text)


def test_documents_that_are_named_alike_stay_apart() -> None:
    assert [suite.tests for suite in parsed(Verification([LESSON, LESSON]))] == [9, 9]


def test_names_are_unique_where_claims_are_alike() -> None:
    claims = (result("a", "1", "2", WRONG, line=1), result("a", "1", "2", TRUNCATED, line=1))
    (suite,) = parsed(Verification([DocumentResult("a.md", "", claims)]))
    assert [case.name for case in suite] == ["claim 1: a (line 1)", "claim 2: a (line 1)"]


def test_nothing_to_say() -> None:
    assert list(parsed(Verification())) == []
    assert [suite.tests for suite in parsed(Verification([DocumentResult("a.md", "", ())]))] == [0]
