"""Numbers that no person writes are refused in a line, wherever they stand."""

from pathlib import Path

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.verifying import verify

LONG = "9" * 4400
"""More digits than Python makes an integer of."""

REFUSED = {
    f'quantity = "dL/dw"\nprinted = "2.0"\nstep = "{LONG}"': "step is ",
    'quantity = "dL/dw"\nprinted = "2.0"\nstep = "1e999999999"': "step is ",
    'quantity = "dL/dw"\nprinted = "2.0"\nstep = "1e-9_99_999"': "step is ",
    'quantity = "dL/dw"\nprinted = "2.0"\nstep = "1e-999"': "step is ",
    'quantity = "dL/dw"\nprinted = "2.0"\nstep = "1e400"': "step is ",
    f'quantity = "x"\nshape = "({LONG},)"': "more than",
    f'quantity = "after[{LONG}]:L"\nprinted = "2.0"': "steps are too many",
    f'quantity = "L"\nprinted = "{LONG}"': "more than",
    f'quantity = "L"\nprinted = "2.0"\nat = {{x = {LONG}}}': "more than",
}


@pytest.mark.parametrize("claim", REFUSED, ids=lambda claim: claim[:50])
def test_what_is_too_long_is_refused(claim: str, tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(
        'network.statements = "L = w * x"\nnetwork.learning_rate = 0.1\nnetwork.updated = ["w"]\n'
        f"[inputs]\nx = 2.0\nw = 1.0\n[[claim]]\n{claim}\n",
        encoding="utf-8",
    )
    with pytest.raises(GradproofError, match=REFUSED[claim]) as problem:
        verify(path)
    assert len(str(problem.value).splitlines()) == 1


def test_a_digit_that_is_no_decimal_one_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(
        'network.statements = "L = w * x"\n[inputs]\nx = 2.0\nw = 1.0\n[[claim]]\nquantity = "x"\nshape = "(²,)"\n',
        encoding="utf-8",
    )
    assert [claim.status for claim in verify(path)] == ["wrong"]
