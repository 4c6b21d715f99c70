"""Workflow commands, read as GitHub's runner reads them."""

import re

import pytest

from gradproof.reports.printing.terminal import printable
from gradproof.reports.teaching.claims.statuses import PROPAGATED, WRONG, DocumentResult, Verification
from gradproof.reports.teaching.rendering.github import github
from tests.reports.teaching.samples import LESSON, MIXED, NASTY, hostile, result

PROPERTY = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
DATA = {key: PROPERTY[key] for key in ("%0D", "%0A", "%25")}


def unescaped(text: str, escapes: dict[str, str]) -> str:
    return re.sub("%(0D|0A|3A|2C|25)", lambda match: escapes.get(match[0], match[0]), text)


def read(report: str) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each command: what the runner makes of the log."""
    found = []
    for line in report.split("\n"):
        if match := re.fullmatch(r"::([^: ]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)", line):
            pairs = (each.split("=", 1) for each in match[2].split(","))
            found.append((match[1], {k: unescaped(v, PROPERTY) for k, v in pairs}, unescaped(match[3], DATA)))
    return found


def test_a_command_in_full() -> None:
    assert github(Verification([LESSON])).splitlines()[0] == (
        "::error file=docs/lesson.md,line=120,title=wrong%3A dL/dw1::Task 2, step 4%0Aprinted 0.3958   right 0.0582"
        "%0AThe sign is wrong.%0Adiagnosis: The sign is lost: (y - a2)*a1 gives 0.3958 "
        "(a chance match has probability 0.4 %25)"
    )


def test_roots_of_all_documents_come_first_then_followers_then_warnings() -> None:
    other = DocumentResult("z.md", "", (result("q", "1", "2", WRONG, line=1),))
    commands = read(github(Verification([LESSON, other])))
    assert [(level, p["title"]) for level, p, _ in commands] == [
        *(("error", f"wrong: {q}") for q in ("dL/dw1", "W (float32)", "q")),
        *(("error", f"propagated: {q}") for q in ("b1", "w1_new", "z1_new")),
        *(("warning", title) for title in ("truncated: z2", "rounded_intermediates: a2", "ok_expression_differs: L")),
    ]


def test_a_claim_without_a_line_says_which_it_is() -> None:
    (properties, message), *_ = [
        (p, m) for _, p, m in read(github(MIXED)) if p["title"] == "propagated: z1_new"
    ]  # fmt: skip
    assert sorted(properties) == ["file", "title"]
    assert message == "claim 5\nprinted 0.07   right 0.0961\nfollows from dL/dw1, line 120"


def test_matrices_keep_their_lines() -> None:
    message = next(m for _, p, m in read(github(MIXED)) if p["title"].startswith("wrong: W"))
    assert message == "printed\n| [[1, 2],\n|  [3, 4]]\nright\n| [[1, 2],\n|  [3, 5]]"


def test_strict_makes_errors_of_warnings() -> None:
    assert {level for level, _, _ in read(github(MIXED, strict=True))} == {"error"}


def test_what_is_ok_is_only_counted() -> None:
    fine = Verification([DocumentResult("a.md", "", (result("q", "1", "1", "ok"),))])
    assert github(fine) == "1 document, 1 claim: 1 ok\n"


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_hostile_texts_stay_inside_their_command(text: str) -> None:
    report = github(hostile(text))
    assert len(report.splitlines()) == 4
    commands = read(report)
    assert [level for level, _, _ in commands] == ["error", "error", "warning"]
    for _, properties, message in commands:
        assert set(properties) <= {"file", "line", "title"}
        assert all(c.isprintable() or c == "\n" for c in message)
        if text.isprintable():
            assert properties["file"] == text
            assert printable(text) in message


def test_a_propagated_claim_without_a_root_is_no_root() -> None:
    claims = (result("x", "1", "2", PROPAGATED, follows=9), result("y", "1", "2", WRONG))
    titles = [p["title"] for _, p, _ in read(github(Verification([DocumentResult("a.md", "", claims)])))]
    assert titles == ["wrong: y", "propagated: x"]
