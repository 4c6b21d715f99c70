"""The tutorial for teachers says what is so: its commands print what it shows, and its workflow finds what is wrong."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

import gradproof.reports
from gradproof.reports.teaching.verifying import verify
from tests.reports.command_line.consoles import programs, run, says

HERE = Path(gradproof.reports.__file__).parent / "guides"
TUTORIAL, WORKFLOW, EXAMPLE = HERE / "teachers.md", HERE / "workflow.yml", HERE / "teachers"
COMMENT = re.compile(r"\s?<!--.*?-->\n*", re.DOTALL)


def test_commands_print_what_is_shown(tmp_path: Path) -> None:
    found = run(TUTORIAL, EXAMPLE, tmp_path)
    assert len(found) >= 10
    for command, printed in found:
        assert says(command.shown, printed), f"$ {command.text}\n{printed}"


def test_a_wrong_output_would_be_seen() -> None:
    assert says("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not says("a\n...\nd\n", "a\nb\nc\n")
    assert not says("0.25\n", "0.26\n")


def cells(name: str) -> list[Any]:
    return list(nbformat.read(EXAMPLE / name, as_version=4).cells)  # type: ignore[no-untyped-call]


def test_the_checked_notebook_is_the_other_one_with_comments() -> None:
    before, after = cells("backpropagation.ipynb"), cells("checked.ipynb")
    assert [COMMENT.sub("", cell.source) for cell in after] == [cell.source for cell in before]
    assert [cell.get("outputs") for cell in after] == [cell.get("outputs") for cell in before]


def test_the_outputs_are_what_the_cells_print(capsys: pytest.CaptureFixture[str]) -> None:
    """The example is a notebook that was run: here its cells are, in their order."""
    variables: dict[str, Any] = {}
    for cell in (cell for cell in cells("backpropagation.ipynb") if cell.cell_type == "code"):
        exec(cell.source, variables)
        shown = "".join(output.get("text", "") for output in cell.outputs)
        assert capsys.readouterr().out == shown
        for output in (output for output in cell.outputs if output.output_type == "execute_result"):
            assert repr(eval(cell.source.splitlines()[-1], variables)) == output.data["text/plain"]


def test_the_block_shown_is_that_of_the_notebook() -> None:
    blocks = [
        tomllib.loads(re.search(r"<!-- gradproof\n(.*?)-->", text, re.DOTALL)[1])  # type: ignore[index]
        for text in (TUTORIAL.read_text(encoding="utf-8").partition("## 3.")[2], cells("checked.ipynb")[0].source)
    ]
    assert blocks[0]["inputs"] == blocks[1]["inputs"]
    assert blocks[0]["network"] == blocks[1]["network"]


def test_the_rows_of_the_table_of_marks(tmp_path: Path) -> None:
    """What the tutorial says can be marked, can: in a document of its own, with numbers that are right."""
    block = re.search(r"<!-- gradproof\n.*?-->\n", cells("checked.ipynb")[0].source, re.DOTALL)
    assert block
    marks = re.findall(r"<!-- = (.*?) -->", TUTORIAL.read_text(encoding="utf-8"))
    quantities = [mark for mark in marks if mark != "QUANTITY"]
    inline = re.search(r"So (`100\*L`.*?) can be marked", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    assert inline
    quantities += [*re.findall("`(.*?)`", inline[1]), "after[200]:W1[0,0]"]
    assert len(quantities) >= 12
    path = tmp_path / "marks.md"
    path.write_text(block[0] + "".join(f"0.5<!-- = {mark} -->\n\n" for mark in quantities), encoding="utf-8")
    (document,) = verify([path]).documents
    assert [result.claim.printed for result in document.claims if result.claim.printed] == ["0.5"] * len(quantities)


def runs() -> dict[str, str]:
    """The commands of the workflow by the names of their steps."""
    return dict(re.findall(r"- name: (.*)\n(?: {8}if: .*\n)? {8}run: (.*)\n", WORKFLOW.read_text(encoding="utf-8")))


def test_the_workflow_is_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["verify"]
    assert {step["name"]: step["run"] for step in job["steps"] if "run" in step} == runs()


def test_the_workflow_finds_what_is_wrong(tmp_path: Path) -> None:
    """Its commands, in a repository with the notebooks: they fail, name the cell, leave the reports; and then pass."""
    assert list(runs()) == ["Install", "Annotate what is wrong", "Report"]
    place = programs(tmp_path)
    folder = tmp_path / "course"
    shutil.copytree(EXAMPLE, folder / "lessons")
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)

    def step(name: str) -> tuple[bool, str]:
        done = subprocess.run(
            ["bash", "-e", "-c", runs()[name]],
            cwd=folder,
            env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stderr == ""
        return done.returncode == 0, done.stdout

    passed, said = step("Annotate what is wrong")
    assert not passed
    assert said.startswith("::error file=lessons/checked.ipynb,line=9,title=wrong%3A dL/dz[0]::cell 8%0A")
    assert not step("Report")[0]
    assert '<testsuites name="gradproof verify" tests="14" failures="1"' in (folder / "gradproof.xml").read_text()
    assert (folder / "gradproof.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    wrong = folder / "lessons/checked.ipynb"
    wrong.write_text(wrong.read_text(encoding="utf-8").replace("-0.0564", "-0.0872"), encoding="utf-8")
    assert step("Annotate what is wrong")[0]
    assert step("Report")[0]
