"""Where a document's text ends and code, outputs and tables begin."""

from pathlib import Path

import pytest

from gradproof.reports.drafting.pieces.lines import is_table
from gradproof.reports.drafting.pieces.pieces import CODE, OUTPUT, read_pieces

FENCES = {
    "a session": (">>> x = 2\n>>> def f(x):\n...     return x\n>>> x\n2", [(CODE, 1), (OUTPUT, 5)]),
    "results behind a prompt": ("x = 2\nprint(x)\n>>> 2\ny = 3", [(CODE, 1), (OUTPUT, 3), (CODE, 4)]),
    "results as comments": ("print(x)\n# => 2\nprint(y)\n# => 3", [(CODE, 1), (OUTPUT, 2), (CODE, 3), (OUTPUT, 4)]),
    "knitr": ("x\n\n## [1] 2.5", [(CODE, 1), (OUTPUT, 3)]),
    "a comment is none": ("# the loss\nx = 2  # => two", [(CODE, 1)]),
}


@pytest.mark.parametrize("name", FENCES)
def test_code_and_what_it_printed(tmp_path: Path, name: str) -> None:
    """Prompts and marks say what was typed in and what was printed; lines are kept."""
    text, expected = FENCES[name]
    (tmp_path / "document.md").write_text(f"```python\n{text}\n```\n", encoding="utf-8")
    found = [(piece.kind, piece.line - 1) for piece in read_pieces(tmp_path / "document.md")]
    assert found == expected


TABLES = {
    "| a | b |\n| - | - |\n| 1 | 2 |": True,
    "w,b,L\n0.1,,2.5\n,1e-3,2": True,
    '$x$,"$L(w,b)$"\n5,': True,
    "w,b,L\n0.1,2.5": False,
    "We take x, y\n1, 2 and 3": False,
    "one\n1": False,
}


@pytest.mark.parametrize("text", TABLES)
def test_table(text: str) -> None:
    """A table has bars and a rule, or rows of numbers with as many commas as its headings."""
    assert is_table(text.split("\n")) == TABLES[text]
