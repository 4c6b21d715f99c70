"""`gradproof verify --suggest` as a user meets it."""

from pathlib import Path

import pytest

from gradproof.reports.command_line.main import main
from tests.reports.drafting.unmarked import NEURONS


def run(*arguments: str | Path) -> int:
    """The exit code of `gradproof verify --suggest`."""
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--suggest", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document without marks."""
    path = tmp_path / "neurons.md"
    path.write_text(NEURONS, encoding="utf-8")
    return path


def test_draft_is_printed_and_can_be_verified(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The draft goes to standard output; `gradproof verify` reads it."""
    assert run(document) == 0
    printed, errors = capsys.readouterr()
    assert printed.startswith("# Drafted by gradproof from neurons.md")
    assert not errors
    draft = document.with_suffix(".toml")
    draft.write_text(printed, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(draft)])
    assert ended.value.code == 1  # what is wrong in the document is a finding of its draft


def test_draft_goes_to_a_file(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --output the draft is written and nothing is printed."""
    assert run(document, "--output", document.with_suffix(".toml")) == 0
    assert capsys.readouterr() == ("", "")
    assert "[[claim]]" in document.with_suffix(".toml").read_text(encoding="utf-8")


def test_document_is_not_overwritten(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The draft never takes the place of its document."""
    assert run(document, "--output", document) == 2
    assert document.read_text(encoding="utf-8") == NEURONS
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ""),
        (["--framework", "torch"], "--framework does not go with --suggest"),
        (["--format", "json"], "--format json does not go with --suggest"),
        (["--strict"], "--strict does not go with --suggest"),
        (["--html", "page.html"], "--html does not go with --suggest"),
        (["--verbose"], "--verbose does not go with --suggest"),
    ],
)
def test_options_that_do_not_go_together(
    document: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """Options of a verification are refused in one line."""
    assert run(document, *options) == (2 if said else 0)
    assert said in capsys.readouterr().err


def test_one_document_at_a_time(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """None or several documents are refused in one line."""
    for files in ([], [document, document]):
        assert run(*files) == 2
        assert capsys.readouterr().err == "gradproof: --suggest drafts the lesson of one document: name one FILE\n"


def test_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is said in one line, with exit code 2."""
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    for name, said in (("missing.md", "no such file"), ("picture.png", "is no text to draft a lesson from")):
        assert run(tmp_path / name) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
