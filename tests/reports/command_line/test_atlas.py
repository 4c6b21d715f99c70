"""`gradproof atlas`: printed, written, compared with another."""

import json
from pathlib import Path

import pytest

from gradproof.reports.command_line.main import main

POINT = ["atlas", "leaky_relu-x-at-0", "--framework", "jax", "--dtype", "float32"]


def ended(arguments: list[str]) -> int | str | None:
    """The exit code of the command."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return end.value.code


def test_a_point_is_shown_written_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice in one environment it is the same, byte for byte; what is of another class is said, with exit code 1."""
    assert ended([*POINT, "--output", str(tmp_path / "a")]) == 0
    assert "leaky_relu-x-at-0 jax jit float32: convention" in capsys.readouterr().out
    written = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert set(written) == {"atlas.json", "atlas.md", "atlas.html"}
    assert ended([*POINT, "--output", str(tmp_path / "b"), "--against", str(tmp_path / "a/atlas.json")]) == 0
    assert "every class is as in" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()} == written
    other = json.loads(written["atlas.json"])
    other["rows"][0]["class"] = "artifact"
    (tmp_path / "other.json").write_text(json.dumps(other))
    assert ended([*POINT, "--against", str(tmp_path / "other.json")]) == 1
    assert "artifact before, convention now" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "gradproof.check/2"}', "[" * 100_000])
def test_what_is_no_atlas_is_refused(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, before anything runs."""
    (tmp_path / "no.json").write_text(content)
    assert ended([*POINT, "--against", str(tmp_path / "no.json")]) == 2
    assert "is no atlas" in capsys.readouterr().err


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With one that is near."""
    assert ended(["atlas", "softplu"]) == 2
    assert "did you mean softplus?" in capsys.readouterr().err
