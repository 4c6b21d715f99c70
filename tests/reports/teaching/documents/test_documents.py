"""Documents: Markdown and its relatives, with blocks and marks."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gradproof.reference.errors import FileError
from gradproof.reports.teaching.claims.claim import Claim, Document
from gradproof.reports.teaching.documents.documents import read_document

BLOCK = """<!-- gradproof
network.statements = "L = w*x"
inputs = {w = 1, x = 2}
-->
"""


def written(folder: Path, text: str, name: str = "lesson.md") -> Document:
    path = folder / name
    path.write_bytes(text.encode())
    return read_document(path)


def refused(folder: Path, text: str, name: str = "lesson.md") -> str:
    """What is said of a document with this text, less its path."""
    with pytest.raises(FileError) as caught:
        written(folder, text, name)
    path, said = f"{folder / name}: ", str(caught.value)
    assert said.startswith(path)
    assert "\n" not in said
    return said.removeprefix(path)


def claims(document: Document) -> list[Claim]:
    return [claim for lesson in document.lessons for claim in lesson.claims]


# Which text a mark claims

MARKED: dict[str, list[dict[str, Any]]] = {
    "We get 0.0083 <!-- = dL/dw1 -->.": [{"quantity": "dL/dw1", "printed": "0.0083", "line": 5}],
    "two\nlines: **0.5**\n<!--=a1-->": [{"quantity": "a1", "printed": "0.5", "line": 6}],
    "`0.5` <!-- = a -->, $0.6$<!-- = b -->": [
        {"quantity": "a", "printed": "0.5", "line": 5},
        {"quantity": "b", "printed": "0.6", "line": 5},
    ],
    "a = b = 0.5 <!-- = a --> <!-- = b -->": [
        {"quantity": "a", "printed": "0.5", "line": 5},
        {"quantity": "b", "printed": "0.5", "line": 5},
    ],
    r"$\frac{\partial L}{\partial w_1} = 0.48 \times 0.24 = 0.1152$<!-- = dL/dw1 -->": [
        {"quantity": "dL/dw1", "printed": "0.1152", "expression": "0.48 * 0.24", "line": 5}
    ],
    '0.5 <!-- = a; dtype = "float32"; where = "Task; 2"; at = {w = 0.2}; step = "0.01" -->': [
        {
            "quantity": "a",
            "printed": "0.5",
            "line": 5,
            "dtype": "float32",
            "where": "Task; 2",
            "at": {"w": 0.2},
            "step": "0.01",
        }
    ],
    '= 1 * 2 = 2 <!-- = a; expression = "2 * 1" -->': [
        {"quantity": "a", "printed": "2", "expression": "2 * 1", "line": 5}
    ],
    "0.5 <!-- a remark --> <!-- = a -->": [{"quantity": "a", "printed": "0.5", "line": 5}],
    "0.5 <!-- = after[200]:\n   w -->": [{"quantity": "after[200]: w", "printed": "0.5", "line": 5}],
    "# Heading 0.9 <!-- = h -->": [{"quantity": "h", "printed": "0.9", "line": 5}],
    "- > item\n  > 0.8 <!-- = e -->": [{"quantity": "e", "printed": "0.8", "line": 6}],
    "| w | value |\n|---|---:|\n| 1.5 | 0.25 <!-- = w --> |\n| v | `0.35` | <!-- = v -->": [
        {"quantity": "w", "printed": "0.25", "line": 7},
        {"quantity": "v", "printed": "0.35", "line": 8},
    ],
    "| a | 2 * 3 = 6 | <!-- = a --> |\n|---|---|---|": [
        {"quantity": "a", "printed": "6", "expression": "2 * 3", "line": 5}
    ],
    "$$\nz = 0.5 \\cdot 2\n  = 1.0\n$$\n<!-- = z -->": [
        {"quantity": "z", "printed": "1.0", "expression": "0.5 * 2", "line": 7}
    ],
    "$$ z = 1.0 $$ <!-- = z -->": [{"quantity": "z", "printed": "1.0", "line": 5}],
    "$$\nz = 1.0\n$$ (eq:z)\n\n<!-- = z -->": [{"quantity": "z", "printed": "1.0", "line": 6}],
    "$$\nz =\n- 1.0 $$<!-- = z -->\n\n$$\ny = 2\n$$ <!-- = y -->": [
        {"quantity": "z", "printed": "-1.0", "line": 7},
        {"quantity": "y", "printed": "2", "line": 10},
    ],
    "\\begin{align}\na &= 1 \\\\\nb &=\n- 2\n\\end{align}\n<!-- = a -->\n<!-- = b -->": [
        {"quantity": "a", "printed": "1", "line": 6},
        {"quantity": "b", "printed": "-2", "line": 8},
    ],
    "\\[ z = 1.5 \\] <!-- = z -->": [{"quantity": "z", "printed": "1.5", "line": 5}],
    "```{math}\n:label: x\nX = \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\n```\n<!-- = X -->": [
        {"quantity": "X", "printed": "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "line": 7}
    ],
    ":::{math}\n- 0.13\n:::\n<!-- = m -->": [{"quantity": "m", "printed": "-0.13", "line": 6}],
    ":::{note}\nA note: 0.11 <!-- = n -->\n:::": [{"quantity": "n", "printed": "0.11", "line": 6}],
    "```{note}\nA note: 0.12 <!-- = n -->\n```": [{"quantity": "n", "printed": "0.12", "line": 6}],
    "0.5 of it\n:::\n0.14\n:::\n<!-- = n -->": [{"quantity": "n", "printed": "0.14", "line": 7}],
    "```python\nprint(x.grad)\n>>> tensor([[0.1],\n        [0.3]])\n```\n<!-- = dL/dx -->": [
        {"quantity": "dL/dx", "printed": "[[0.1],\n        [0.3]]", "line": 7}
    ],
    "~~~\nloss 0.5\n0.25\n0.75\n~~~\n\n<!-- = a -->\n<!-- = b -->": [
        {"quantity": "a", "printed": "0.25", "line": 7},
        {"quantity": "b", "printed": "0.75", "line": 8},
    ],
    "text\n\n    0.25\n\n<!-- = a -->": [{"quantity": "a", "printed": "0.25", "line": 7}],
    "```{r}\nf(x)\n```\n\n    ## [1] 0.25\n\n<!-- = a -->": [{"quantity": "a", "printed": "0.25", "line": 9}],
    "<div>\n<b>0.14</b> <!-- = v -->\n</div>": [{"quantity": "v", "printed": "0.14", "line": 6}],
    "```\n0.5 <!-- = not this -->\n```\n`1 <!-- = nor this -->` \\<!-- = nor this -->\n\n    2 <!-- = nor this -->": [],
    "<!-- 0.5 is a remark -->\n<!---> 0.6 <!-- = a -->": [{"quantity": "a", "printed": "0.6", "line": 6}],
    "``1 ` 2 <!-- = not this --> `` ` 0.5 <!-- = a --> ``` ": [{"quantity": "a", "printed": "0.5", "line": 5}],
    "0.5 <!-- = a -->\n\n<!-- an open remark\n\n0.6 <!- = b ->": [{"quantity": "a", "printed": "0.5", "line": 5}],
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("text", MARKED)
def test_marks(text: str, ends: str, tmp_path: Path) -> None:
    document = written(tmp_path, (BLOCK + text + "\n").replace("\n", ends))
    assert [claim.model_dump(exclude_defaults=True) for claim in claims(document)] == MARKED[text]


@pytest.mark.parametrize("suffix", [".md", ".markdown", ".myst", ".qmd", ".rmd", ".Rmd", ".txt", ".MD"])
def test_suffixes(suffix: str, tmp_path: Path) -> None:
    assert len(claims(written(tmp_path, f"\ufeff{BLOCK}0.5 <!-- = L -->", f"lesson{suffix}"))) == 1


def test_several_blocks_are_several_lessons_in_file_order(tmp_path: Path) -> None:
    text = (
        '---\ntitle: "All of it"\n---\n# Heading\n<!-- gradproof title = "a -- b"\n'
        'network.statements = """\nL = w*x\n\nM = L\n"""\nnetwork.loss = "L"\ninputs = {w = 1, x = 2}\n'
        '[[claim]]\nquantity = "M"\nprinted = "7" # <- a remark --\n-->\n1 <!-- = w -->\n\n2 <!-- = x -->\n'
        'text <!-- GRADPROOF\nnetwork.statements = "L = v"\ninputs.v = 2 --> 3 <!-- = v -->\n'
    )
    document = written(tmp_path, text)
    assert document.title == "a -- b"
    assert [
        [(claim.quantity, claim.printed, claim.line) for claim in lesson.claims] for lesson in document.lessons
    ] == [
        [("M", "7", None), ("w", "1", 17), ("x", "2", 19)],
        [("v", "3", 22)],
    ]
    assert written(tmp_path, text.replace('title = "a -- b"', "")).title == "All of it"
    assert written(tmp_path, f"Text\n\n# A *heading* <!-- 1 -->\n{BLOCK}").title == "A *heading*"
    assert written(tmp_path, BLOCK).title == ""


def test_arrays_lie_beside_the_document(tmp_path: Path) -> None:
    text = BLOCK.replace("w = 1", "w = 'w.npy'")
    assert refused(tmp_path, text) == "line 1: input 'w': there is no w.npy beside this file"


REFUSED = {
    "": "no gradproof block; begin one with <!-- gradproof",
    "```\n" + BLOCK + "```\n": "no gradproof block; begin one with <!-- gradproof",
    "<!-- gradproof-like -->": "no gradproof block; begin one with <!-- gradproof",
    "0.5 <!-- = x -->": "line 1: the mark 'x' comes before any block; begin one with <!-- gradproof",
    "text\n<!-- gradproof\nnetwork": (
        "line 2: the gradproof block is not closed; begin it on a line of its own and end it with -->"
    ),
    "text <!-- gradproof\n\nnetwork = 1 -->": (
        "line 1: the gradproof block is not closed; begin it on a line of its own and end it with -->"
    ),
    "<!-- gradproof\nx = 1\n\n0.5 <!-- = x -->": "line 1: the gradproof block is not closed before <!-- on line 4",
    "text\n<!-- gradproof\nx = 1\ny = =\n-->": (
        "line 2: the block is not valid TOML: Invalid value (at line 4, column 5)"
    ),
    "<!-- gradproof x = = -->": "line 1: the block is not valid TOML: Invalid value (at line 1, column 6)",
    "<!-- gradproof\nx = [1,\n-->": "line 1: the block is not valid TOML: Invalid value (at end of document)",
    "<!-- gradproof\n[network]\n[network]\n-->": (
        "line 1: the block is not valid TOML: Cannot declare ('network',) twice (at line 3, column 9)"
    ),
    f"<!-- gradproof\nx = {'[' * 20_000}\n-->": "line 1: the block is not valid TOML: brackets nest too deep",
    "<!-- gradproof\nx = 1\n<<<<<<< HEAD\ny = 1\n=======\ny = 2\n>>>>>>> other\n-->": (
        "line 1: the block has merge-conflict markers (line 3)"
    ),
    "<!-- gradproof -->": "line 1: the table [network] is missing",
    "\n\n<!-- gradproof\nnetwork.statements = 'L = w'\n-->": (
        "line 3: statement 1 (L = w): undefined name 'w'; give it under [inputs]"
    ),
    "<!-- gradproof\nnetwork.statements = 'L = w'\ninputs.w = 1\nclaim = [{quantity = 'L', printed = 1}]\n-->": (
        'line 1: claim 1: printed must be a string: write "1" in quotes'
    ),
    BLOCK + "<!-- = x -->": "line 5: directly before the mark 'x' stands nothing",
    BLOCK + "text <!-- = x -->": ("line 5: directly before the mark 'x' stands 'text', which does not end in a number"),
    BLOCK + "0.5 is it <!-- = x -->": (
        "line 5: directly before the mark 'x' stands '0.5 is it', which does not end in a number"
    ),
    BLOCK + "$0.1 + 0.2$ <!-- = x -->": (
        "line 5: directly before the mark 'x' stands '$0.1 + 0.2$', which does not end in a number"
    ),
    BLOCK + "0.5 <!-- = x -->, <!-- = y -->": (
        "line 5: directly before the mark 'y' stands ',', which does not end in a number"
    ),
    BLOCK + "0.5 <!-- = x --> <!-- = x -->": ("line 5: the same mark stands twice behind one number; take one away"),
    BLOCK + "0.5 <!-- = -->": "line 5: the mark names no quantity; write <!-- = dL/dw1 -->",
    BLOCK + "0.5 <!-- = ; at = 3 -->": "line 5: the mark names no quantity; write <!-- = dL/dw1 -->",
    BLOCK + "0.5 <!-- = x\n\ny": "line 5: the mark <!-- = x is not closed; end it with -->",
    BLOCK + "0.5 <!-- = x; at = 3 -->": "line 5: at must be a table, as in at = {w1 = 0.2}",
    BLOCK + "0.5 <!-- = x; at -->": (
        "line 5: what follows 'x' in the mark is not valid TOML: "
        "Expected '=' after a key in a key/value pair (at end of document)"
    ),
    BLOCK + '0.5 <!-- = x; step = "1"; step = "1" -->': (
        "line 5: what follows 'x' in the mark is not valid TOML: Cannot overwrite a value (at end of document)"
    ),
    BLOCK + "0.5 <!-- = x; color = 3 -->": (
        "line 5: 'color' is not a key of a mark; it has expression, dtype, at, step, where"
    ),
    BLOCK + '0.5 <!-- = x; printed = "1" -->': (
        "line 5: 'printed' is not a key of a mark; it has expression, dtype, at, step, where"
    ),
    BLOCK + "```\nno number\n```\n<!-- = x -->": "line 8: there is no number in the output before the mark 'x'",
    BLOCK + "```\n1\n```\n<!-- = x -->\n<!-- = y -->": (
        "line 8: 2 marks, but 1 numbers or arrays in the output before them"
    ),
    BLOCK + "$$\nx = 1 <!-- = x -->\n$$": (
        "line 5: a mark inside displayed math is not invisible; put it after the math"
    ),
    BLOCK + "| a |\n|---|\n| 1 |\n<!-- = x -->": (
        "line 8: there is no number directly before the mark 'x'; mark a number of a table in its own row"
    ),
    BLOCK + "".join(f"{'`' * (20 - i)}{{note}}\n" for i in range(12)) + "a": "line 15: directives nest deeper than 10",
    "a\0b": "holds NUL bytes, so it is not a text",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[-50:])
def test_refused(text: str, tmp_path: Path) -> None:
    assert refused(tmp_path, text) == REFUSED[text]


def test_unreadable(tmp_path: Path) -> None:
    known = ".toml, .md, .markdown, .myst, .qmd, .rmd, .txt or .ipynb"
    assert refused(tmp_path, "", "lesson.rst") == f"has the suffix '.rst'; documents end in {known}"
    assert refused(tmp_path, "", "lesson") == f"has no suffix; documents end in {known}"
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    with (tmp_path / "large.md").open("wb") as file:
        file.truncate(17 * 2**20)
    for name, said in {
        "none.md": "no such file",
        "binary.md": "is not UTF-8 text, so it is not a document",
        "folder.md": "is a folder; name a document in it",
        "pipe.md": "is not a regular file; save the document to one first",
        "large.md": "17 MB is too large for a document (the limit is 16 MB); split it",
    }.items():
        with pytest.raises(FileError) as caught:
            read_document(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {said}"


JUNK = ("<!--", "<!-- =", "[", "](", "`", "> ", "- ", "$$ a\n", "\\begin{align}\n", "|", "<", "*", "[a\n", "<!-- x -->")


@pytest.mark.parametrize("end", ["", "\n-->", "\n\n$$\n"])
@pytest.mark.parametrize("junk", JUNK)
def test_much_of_anything_is_soon_done(junk: str, end: str, tmp_path: Path) -> None:
    text = BLOCK + "\n" + junk * (300_000 // len(junk)) + end
    begin = time.perf_counter()
    with suppress(FileError):
        written(tmp_path, text)
    assert time.perf_counter() - begin < 30  # a second or two; a quadratic search takes many minutes


@pytest.mark.parametrize(("title", "shown"), [("a <!-- b <!-- c --> d <!-- e", "a  d <!-- e"), ("<!---->a", "a")])
def test_a_title_is_what_is_visible_of_a_heading(title: str, shown: str, tmp_path: Path) -> None:
    assert written(tmp_path, f"{BLOCK}\n# {title}\n").title == shown


def test_a_heading_of_openings_is_soon_done(tmp_path: Path) -> None:
    begin = time.perf_counter()
    written(tmp_path, f"{BLOCK}\n# {'<!--' * 200_000}\n")
    assert time.perf_counter() - begin < 10  # the square of their number took minutes
