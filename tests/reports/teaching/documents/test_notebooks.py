"""Notebooks: marks in text cells and in code cells, what they claim, and what is said of damaged files."""

import json
from pathlib import Path
from typing import Any

import pytest

from gradproof.reference.errors import FileError
from gradproof.reports.teaching.claims.claim import Claim
from gradproof.reports.teaching.documents.documents import read_document

BLOCK = '# Title\n<!-- gradproof\nnetwork.statements = "L = w*x"\ninputs = {w = 1, x = 2}\n-->\n'


def text(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": "\n".join(lines).splitlines(keepends=True)}


def code(*outputs: dict[str, Any], source: str = "") -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": list(outputs)}


def printed(lines: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": lines.splitlines(keepends=True)}


def value(plain: str, **more: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": plain, **more}}


def notebook(*cells: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [text(BLOCK), *cells]})


def claims(folder: Path, content: str) -> list[Claim]:
    path = folder / "lesson.ipynb"
    path.write_text(content, encoding="utf-8")
    document = read_document(path)
    assert document.title == "Title"
    return [claim for lesson in document.lessons for claim in lesson.claims]


def refused(folder: Path, content: str) -> str:
    path = folder / "lesson.ipynb"
    path.write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(FileError) as caught:
        read_document(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


MARKED = {
    "in text": ([text("a", "0.5 <!-- = a -->")], [("a", "0.5", 2, "cell 2")]),
    "with a place of its own": ([text('0.5 <!-- = a; where = "Task 1" -->')], [("a", "0.5", 1, "Task 1")]),
    "after the value of a cell": (
        [code(value("tensor([[0.1],\n        [0.2]])")), text("<!-- = W -->", "and so on")],
        [("W", "[[0.1],\n        [0.2]]", 1, "cell 2")],
    ),
    "after several printed numbers": (
        [code(printed("loss 0.25\ngrad 0.5\n")), text("<!-- = L -->", "<!-- = dL/dw -->")],
        [("L", "0.25", 1, "cell 2"), ("dL/dw", "0.5", 2, "cell 2")],
    ),
    "printed, then a value": (
        [code(printed("0.1\n"), value("0.2")), text("<!-- = a --><!-- = b -->")],
        [("a", "0.1", 1, "cell 2"), ("b", "0.2", 2, "cell 2")],
    ),
    "warnings are no output": (
        [code(printed("0.1"), printed("warning 3", "stderr")), text("<!-- = a -->")],
        [("a", "0.1", 1, "cell 2")],
    ),
    "nor are pictures": (
        [code(printed("0.1"), value("<Figure of size 2>", **{"image/png": "AA"})), text("<!-- = a -->")],
        [("a", "0.1", 1, "cell 2")],
    ),
    "in the code": (
        [code(printed("0.1\n0.2\n"), source="print(a)\nprint(b) # <!-- = a -->\n# <!-- = b -->")],
        [("a", "0.1", 1, "cell 2"), ("b", "0.2", 2, "cell 2")],
    ),
    "in a list, after a blank line": ([code(value("1.5")), text("", "<!-- = a -->")], [("a", "1.5", 1, "cell 2")]),
    "in a string of the code": ([code(printed("0.1"), source='print("<!-- = a -->")')], []),
    "in raw text": ([{"cell_type": "raw", "metadata": {}, "source": "0.5 <!-- = a -->"}], []),
    "table": ([text("| a | b |", "|---|---|", "| 1 | 2 <!-- = b --> |")], [("b", "2", 3, "cell 2")]),
    "colours": ([code(printed("\x1b[31m0.5\x1b[0m")), text("<!-- = a -->")], [("a", "0.5", 1, "cell 2")]),
    "half a character": ([text("\ud800 0.5 <!-- = a\ud800 -->")], [("a\ufffd", "0.5", 1, "cell 2")]),
}


@pytest.mark.parametrize("case", MARKED)
def test_marks(case: str, tmp_path: Path) -> None:
    cells, said = MARKED[case]
    found = claims(tmp_path, notebook(*cells))
    assert [(claim.quantity, claim.printed, claim.line, claim.where) for claim in found] == said


def test_an_old_notebook(tmp_path: Path) -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "markdown", "metadata": {}, "source": BLOCK},
                    {
                        "cell_type": "code",
                        "metadata": {},
                        "language": "python",
                        "collapsed": False,
                        "prompt_number": 1,
                        "input": "0.5",
                        "outputs": [
                            {"output_type": "stream", "stream": "stdout", "text": "0.25\n"},
                            {"output_type": "pyout", "prompt_number": 1, "metadata": {}, "text": "0.5"},
                        ],
                    },
                    {"cell_type": "markdown", "metadata": {}, "source": "<!-- = a --><!-- = b -->"},
                ],
            }
        ],
    }
    assert [claim.printed for claim in claims(tmp_path, json.dumps(old))] == ["0.25", "0.5"]
    del old["worksheets"][0]["cells"][1]["cell_type"]  # type: ignore[index]
    assert refused(tmp_path, json.dumps(old)).startswith("cannot be converted from version 3: ")


def document(**keys: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], **keys})


REFUSED = {
    "": "is not valid JSON: it ends too early (line 1, column 1)",
    notebook()[:50]: "is not valid JSON: it ends too early (line 1, column 51)",
    '{"nbformat": 4 "x"}': "is not valid JSON: expecting ',' delimiter (line 1, column 16)",
    "[]": "is not a notebook, but a list",
    "3": "is not a notebook, but a number",
    "{}": "is not a notebook: nbformat is missing",
    '{"nbformat": true}': "is not a notebook: nbformat is a truth value",
    '{"nbformat": 5}': "is a notebook of version 5; versions 1 to 4 are read",
    '{"nbformat": 4}': "is not a notebook: its cells are missing",
    document(cells={}): "is not a notebook: its cells are an object",
    document(): "no gradproof block; begin one with <!-- gradproof",
    notebook("text"): "cell 2 is not a cell, but a string",
    notebook({"cell_type": "markdown", "source": 3}): "the source of cell 2 is not text",
    notebook({"cell_type": "markdown", "source": ["a", None]}): "the source of cell 2 is not text",
    notebook({"cell_type": "code", "outputs": "a"}): "the outputs of cell 2 are a string",
    notebook({"cell_type": "code", "outputs": ["a"]}): "an output of cell 2 is a string",
    notebook(code({"output_type": "stream", "text": {}})): "the output of cell 2 is not text",
    notebook(code(value(3))): "the output of cell 2 is not text",  # type: ignore[arg-type]
    notebook(
        code(), text("<!-- = a -->")
    ): "cell 3, line 1: cell 2 has no output to mark; run it and save the notebook",
    notebook(code(value("no number")), text("", "<!-- = a -->")): (
        "cell 3, line 2: there is no number in the output before the mark 'a'"
    ),
    notebook(code(value("1"), source="# <!-- = a -->\n# <!-- = b -->")): (
        "cell 2, line 1: 2 marks, but 1 numbers or arrays in the output before them"
    ),
    notebook(code(value("   a\n0  1", **{"text/html": "<table>"})), text("<!-- = a -->")): (
        "cell 3, line 1: the output of cell 2 is an HTML table; print it as an array to mark it"
    ),
    notebook(text("text", "0.5 is it <!-- = a -->")): (
        "cell 2, line 2: directly before the mark 'a' stands 'text 0.5 is it', which does not end in a number"
    ),
    notebook(text("", "<!-- gradproof", "x = =", "-->")): (
        "cell 2, line 2: the block is not valid TOML: Invalid value (at line 3, column 5)"
    ),
    f'{{"nbformat": {"9" * 5000}}}': "is not a notebook: it holds an integer of thousands of digits",
    "[" * 100_000: "is not valid JSON: brackets nest too deep",
    "\udcff": "is not UTF-8 text, so it is not a notebook",
    "\0": "is not valid JSON: expecting value (line 1, column 1)",
}


@pytest.mark.parametrize("content", REFUSED, ids=lambda content: content[-50:])
def test_refused(content: str, tmp_path: Path) -> None:
    assert refused(tmp_path, content) == REFUSED[content]
