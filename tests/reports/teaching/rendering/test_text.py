"""The report for a reader."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from gradproof.reports.teaching.claims.statuses import OK, PROPAGATED, WRONG, Diagnosis, DocumentResult, Verification
from gradproof.reports.teaching.rendering.findings import probability_text
from gradproof.reports.teaching.rendering.text import report_text, show
from tests.reports.teaching.samples import FINE, MIXED, NASTY, hostile, result

REPORT = """\
docs/lesson.md: Two sigmoid neurons
  9 claims: 1 ok, 2 wrong, 3 propagated, 1 rounded_intermediates, 1 truncated, 1 ok_expression_differs
  torch agrees on 2 of 2 claims, jax agrees on 1 of 2 claims
  docs/lesson.md:120  jax  dL/dw1: disagrees: 0.0583

docs/lesson.md:120  wrong  Task 2, step 4  dL/dw1
    printed 0.3958   right 0.0582
    The sign is wrong.
    diagnosis: The sign is lost: (y - a2)*a1 gives 0.3958 (a chance match has probability 0.4 %)
    and 2 claims that follow from it: line 130; claim 5

docs/lesson.md:140  wrong  W (float32)
    printed       right
    | [[1, 2],    | [[1, 2],
    |  [3, 4]]    |  [3, 5]]

docs/lesson.md:150  propagated  b1
    printed 0.1   right 0.2

docs/lesson.md:90  truncated  z2
    printed 0.44   right 0.4429
    Cut off instead of rounded.

docs/lesson.md:160  rounded_intermediates  a2
    printed 0.61   right 0.609

docs/lesson.md:170  ok_expression_differs  L
    printed 0.2   right 0.2
    printed arithmetic 0.5 * 0.5

fine.toml
  1 claim: 1 ok

2 documents, 10 claims: 2 ok, 2 wrong, 3 propagated, 1 rounded_intermediates, 1 truncated, 1 ok_expression_differs
"""


def only(*claims: object, **more: object) -> str:
    """The report on a document with these claims."""
    return report_text(Verification([DocumentResult("a.md", "", claims)]), **more)  # type: ignore[arg-type]


def on_terminal(verification: Verification, width: int) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system="standard", no_color=False)
    show(verification, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_report_in_full() -> None:
    assert report_text(MIXED) == REPORT


def test_verbose_shows_followers_and_what_is_ok() -> None:
    shown = report_text(MIXED, verbose=True)
    assert "and 2 claims" not in shown
    follower = (
        "docs/lesson.md:130  propagated  w1_new\n    printed 0.08   right 0.0971\n    follows from dL/dw1, line 120\n"
    )
    assert follower in shown
    assert "docs/lesson.md  claim 5  propagated  z1_new\n" in shown
    assert "docs/lesson.md:80  ok  a1\n    printed 0.48   right 0.4763\n" in shown
    assert shown.count("printed ") == len(list(MIXED)) + 1  # the arithmetic


@pytest.mark.parametrize("width", [20, 60, 80, 300])
def test_a_terminal_wraps_sentences_and_nothing_else(width: int) -> None:
    number = "0." + "123456789" * 12
    formula = "*".join(["(a2-y)"] * 30)
    said = f"The value that is printed is {number} and not what the formula {formula} gives."
    matrix = "[[1, 2, 3],\n [4, 5, 6]]"
    claims = (result("x", number, number, WRONG, message=said), result("W", matrix, matrix, WRONG))
    shown = on_terminal(Verification([DocumentResult("a.md", "", claims)]), width)
    text = re.sub("\x1b\\[[0-9;]*m", "", shown)
    assert text != shown
    for whole in (f"printed {number}", f"right {number}", formula, "|  [4, 5, 6]]    |  [4, 5, 6]]"):
        assert whole in text
    assert " ".join(text.split()) == " ".join(only(*claims).split())


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_hostile_texts_are_shown_and_do_nothing(text: str) -> None:
    for shown in (report_text(hostile(text), verbose=True), report_text(hostile(text))):
        assert all(c.isprintable() or c == "\n" for c in shown)
        assert shown.isascii() or not text.isascii()
        shown.encode()
    coloured = on_terminal(hostile(text), 80)
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured).split() == report_text(hostile(text)).split()


@pytest.mark.parametrize("text", ["[bold]x[/]", "[/]", "a::b", "%0A", "]]>", ":smile:", "\\x1b"])
def test_markup_is_shown_literally(text: str) -> None:
    assert f"  wrong  Task  {text}\n" in only(result(text, "1", "2", WRONG, where="Task"))
    assert text in on_terminal(Verification([DocumentResult("a.md", text, ())]), 80)


def test_no_line_of_a_printed_block_is_read_as_a_command_by_a_log() -> None:
    shown = only(result("W", "::error::x\n::stop-commands::y", "1\n2", WRONG))
    assert not re.search(r"^\s*::", shown, re.MULTILINE)


def test_a_block_keeps_its_lines_and_loses_its_margin() -> None:
    shown = only(result("W", "\r\n\t[[1,\t2],\r\n\t [3,\u00a04]]\r\n", "[[1, 2],\n [3, 4]]", WRONG))
    assert "| [[1,    2],    | [[1, 2],\n" in shown
    assert "|  [3, 4]]       |  [3, 4]]\n" in shown


def test_what_is_wide_or_long_stands_below_each_other_or_is_cut() -> None:
    wide = "1 " * 30 + "\n2"
    assert f"    printed\n    | {'1 ' * 29}1\n    | 2\n    right\n    | " in only(result("W", wide, wide, WRONG))
    assert f"    printed {'1' * 80}\n    right {'2' * 80}\n" in only(result("W", "1" * 80, "2" * 80, WRONG))
    long = "\n".join(map(str, range(1, 101)))
    shown = re.sub(" +\\|", "    |", only(result("W", long, long, WRONG)))
    assert "| 40    | 40\n    | (60 more lines)    | (60 more lines)\n" in shown


def test_the_corrected_text_is_shown_where_it_says_more() -> None:
    one = result("W", "1.52", "1.4812", WRONG, corrected="1.48")
    assert "    corrected 1.48\n" in only(one)
    for same in ("1.52", "1.4812", None, ""):
        assert "corrected" not in only(replace(one, corrected=same))


@pytest.mark.parametrize("follows", [None, 7, -1, 1, 2])
def test_a_propagated_claim_without_a_root_is_not_lost(follows: int | None) -> None:
    claims = (
        result("ok", "1", "1", OK),
        result("x", "1", "2", PROPAGATED, follows=follows),
        result("y", "1", "2", PROPAGATED, follows=1),
    )
    shown = only(*claims)
    assert "propagated  x\n" in shown
    assert "propagated  y\n" in shown


def test_many_followers_are_counted_and_some_named() -> None:
    followers = [result("x", "1", "2", PROPAGATED, line=n, follows=0) for n in range(1, 31)]
    shown = only(result("a", "1", "2", WRONG), *followers, followers[0])
    assert "    and 31 claims that follow from it: lines 1, 2, 3, " in shown
    assert shown.splitlines()[5].endswith(", 20 and 10 more")
    assert "    and 1 claim that follows from it: line 1\n" in only(result("a", "1", "2", WRONG), followers[0])


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        *((0.004, "0.4 %"), (0.0042, "0.42 %"), (0.5, "50 %"), (0.999, "100 %"), (1.0, "100 %"), (0.0, "0 %")),
        *((1e-9, "under 0.01 %"), (1e-4, "0.01 %"), (float("nan"), "nan %")),
    ],
)
def test_chances(probability: float, shown: str) -> None:
    assert probability_text(probability) == shown


def test_a_diagnosis_without_a_formula() -> None:
    shown = only(result("a", "1", "2", WRONG, diagnosis=Diagnosis("m", "Swapped.", "", "", 0.25)))
    assert "    diagnosis: Swapped (a chance match has probability 25 %)\n" in shown


def test_conditions_tell_claims_apart() -> None:
    shown = only(result("a", "1", "2", WRONG, at={"w": 0.2, "W": [[1.0] * 50]}, step="0.01", dtype="float32"))
    assert "wrong  a (w = 0.2, W = [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, ..., float32, step 0.01)\n" in shown


@pytest.mark.parametrize(
    ("verification", "line"),
    [
        (Verification(), "0 documents, 0 claims"),
        (Verification([FINE]), "1 document, 1 claim: 1 ok"),
        (Verification([FINE, FINE]), "2 documents, 2 claims: 2 ok"),
    ],
)
def test_the_sum(verification: Verification, line: str) -> None:
    assert report_text(verification).splitlines()[-1] == line


def test_formulas_and_shapes() -> None:
    claim = result("a", "1", "2", WRONG).claim
    for key, text in (("formula", "(a2 - y)*a1"), ("shape", "(B, N1)")):
        other = claim.model_copy(update={"printed": None, key: text})
        assert f"printed {text}   right X\n" in only(replace(result("a", "1", "X", WRONG), claim=other))
