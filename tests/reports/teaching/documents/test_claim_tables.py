"""Network files with claims."""

from pathlib import Path

import pytest

from gradproof.reference.errors import FileError
from gradproof.reports.teaching.claims.claim import Document
from gradproof.reports.teaching.documents.documents import read_document


def written(folder: Path, text: str) -> Document:
    path = folder / "product.toml"
    path.write_text(text, encoding="utf-8")
    return read_document(path)


def refused(folder: Path, text: str) -> str:
    """What is said of a network file with this text, less its path."""
    with pytest.raises(FileError) as caught:
        written(folder, text)
    return str(caught.value).removeprefix(f"{folder / 'product.toml'}: ")


TOML = """title = "A product"
network.statements = "L = w*x"
inputs = {w = 1, x = 2}
"""


def test_a_network_file_with_claims(tmp_path: Path) -> None:
    text = TOML + (
        '[[claim]]\nquantity = "dL/dw"\nprinted = "2.0"\nline = 7\n'
        '[[claim]]\nquantity = "dL/dw"\nformula = "x"\n[[claim]]\nquantity = "L"\nshape = "()"\n'
    )
    document = written(tmp_path, text)
    (lesson,) = document.lessons
    assert (document.path, document.title, lesson.folder) == (
        str(tmp_path / "product.toml"),
        "A product",
        tmp_path,
    )
    assert [(claim.kind, claim.line) for claim in lesson.claims] == [("number", 7), ("formula", None), ("shape", None)]


def test_a_network_file_needs_no_claims(tmp_path: Path) -> None:
    assert written(tmp_path, TOML).lessons[0].claims == ()


GOOD = '[[claim]]\nquantity = "w"\nprinted = "1"\n'

BAD_CLAIMS = {
    "printed = 0.0083": 'claim 2: printed must be a string: write "0.0083" in quotes',
    "printed = [1, 2]": 'claim 2: printed must be a string: write "[1, 2]" in quotes',
    "printed = true": 'claim 2: printed must be a string: write "text" in quotes',
    "": "claim 2: says nothing: give it printed, formula or shape",
    'printed = "1"\nformula = "x"': "claim 2: has both printed and formula; write two claims",
    'formula = "x"\nstep = "0.1"': "claim 2: step goes with printed only",
    'printed = "1"\nstep = 0.01': 'claim 2: step must be a string: write "0.01" in quotes',
    'printd = "1"': "claim 2: printd is not a key of a claim",
    'printed = "1"\ndtype = "float16"': 'claim 2: dtype must be "float32" or "float64"',
    'printed = "1"\nat = 3': "claim 2: at must be a table, as in at = {w1 = 0.2}",
    'printed = "1"\nline = 0': "claim 2: line must be an integer from 1",
    'printed = "1"\nline = "7"': "claim 2: line must be an integer from 1",
}


@pytest.mark.parametrize("keys", BAD_CLAIMS)
def test_claims_refused(keys: str, tmp_path: Path) -> None:
    said = BAD_CLAIMS[keys]
    assert refused(tmp_path, f'{TOML}{GOOD}[[claim]]\nquantity = "L"\n{keys}\n') == said


def test_claims_without_a_quantity_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, f'{TOML}[[claim]]\nprinted = "1"') == "claim 1: quantity is missing"
    assert refused(tmp_path, f'{TOML}[[claim]]\nquantity = ""\nprinted = "1"') == "claim 1: quantity is empty"
    assert refused(tmp_path, f"{TOML}[claim]\n") == "claim: write claims as tables [[claim]], in two brackets"
    assert refused(tmp_path, f'{TOML}"a\\nb" = 1') == "a b: is not a key of a network file"
    assert refused(tmp_path, f"claim = [1]\n{TOML}") == "claim.0: must be a table"


def test_merge_conflicts_in_network_files(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{TOML}<<<<<<< HEAD\n") == "has merge-conflict markers (line 4)"
