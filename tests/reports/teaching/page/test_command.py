"""`gradproof verify --html FILE` as a user meets it."""

import json
import os
from pathlib import Path

import pytest

from gradproof.reports.command_line.main import main
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.page.page import page
from gradproof.reports.teaching.verifying import verify
from tests.reports.teaching.page.pages import read
from tests.reports.teaching.page.test_page import NETWORK, claim


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(NETWORK + claim("a1", "0.9"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(NETWORK + claim("a1", "0.731"), encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["verify", *arguments])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_the_page_is_written_and_the_report_printed_as_ever(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = run(capsys, "a.toml", "b.toml")
    assert run(capsys, "a.toml", "b.toml", "--html", "page.html") == without
    paths = ["a.toml", "b.toml"]
    assert (folder / "page.html").read_bytes() == page(verify(paths), list(map(read_document, paths)))
    assert without[0] == 1


def test_with_another_format_and_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "b.toml", "--format", "json", "--html", "page.html")
    assert code == 0
    assert json.loads(out)["summary"]["claims"] == 1
    run(capsys, "b.toml", "--format", "json", "--output", "r.json", "--html", "page.html")
    assert (folder / "r.json").exists()


def test_the_built_in_lessons_have_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = run(capsys, "--html", "page.html")
    html = (folder / "page.html").read_bytes()
    assert code == 1
    assert b"reference/lessons/two_neurons.toml" in html
    assert str(Path(__file__).parents[4]).encode() not in html
    assert len(read(html).all("svg")) == len(read(html).all("section", class_="document"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--html", "a.toml"), "--html a.toml is one of the documents"),
        (("--html", "no/page.html"), "no/page.html"),
        (("--html", "x", "--output", "./x"), "--output and --html both name x"),
    ],
)
def test_refused_before_anything_is_verified(
    folder: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(os.listdir(folder))
    code, out, err = run(capsys, "a.toml", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert sorted(os.listdir(folder)) == before
