"""Measuring: into a folder for each environment, going on where it was, and compared with what is committed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gradproof.adapters.running.profiles import PORTABLE, USUAL
from gradproof.reports.analysis import committed
from gradproof.reports.analysis.analysis_command import main
from gradproof.reports.analysis.calibration import measure as calibration
from gradproof.reports.analysis.calibration.measure import Unit
from gradproof.reports.command_line.report import ACCURACY, MEASURED, renderings, run

WORK = [Unit("torch", "one unit", 0, 1), Unit("torch", "ordinary", 0, 2)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calibration, "units", lambda frameworks: WORK)
    return tmp_path


def measure(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["calibration", "--framework", "torch", "--processes", "1", *arguments])


def the_file(here: Path) -> Path:
    (path,) = here.glob("reports/published/tolerances/*/calibration.json")
    return path


def test_it_measures_compares_and_notices_a_difference(here: Path) -> None:
    result = measure()
    assert result.exit_code == 0, result.output
    path = the_file(here)
    assert path.parent.name.endswith("-portable")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == "gradproof.calibration/1"
    assert sum(sum(row["verdicts"].values()) for row in data["results"]) == 6
    before = path.read_bytes()

    for state in ("gradproof-analysis", "elsewhere"):  # what is done is taken as it is; measured afresh, it is the same
        result = measure("--check", "--state", state)
        assert result.exit_code == 0, result.output
        assert "calibration: the same figures" in result.output
    assert path.read_bytes() == before

    data["results"][0]["entries"] += 1
    path.write_text(json.dumps(data), encoding="utf-8")
    result = measure("--check")
    assert result.exit_code == 1
    assert "calibration: 1 figures differ" in result.output
    assert "results[0].entries" in result.output


def test_one_run_at_a_time_measures_a_subject(here: Path) -> None:
    assert measure("--state", "state").exit_code == 0
    (state,) = (here / "state").glob("*/calibration.jsonl")
    holds = "import sys; from pathlib import Path; from gradproof.adapters.running.owner import owned\n"
    holds += "with owned(Path(sys.argv[1]), 'it'): print('owned', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holds, str(state.with_suffix(".lock"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "owned\n"
        refused = measure("--state", "state")
        other.communicate("")
    assert refused.exit_code == 2
    assert f"calibration.jsonl is in use by process {other.pid} on " in refused.output
    assert measure("--state", "state").exit_code == 0


def test_what_was_never_measured_here_cannot_be_compared(here: Path) -> None:
    result = measure("--check")
    assert result.exit_code == 1
    assert "nothing is committed for this environment" in result.output
    assert not (here / "reports").exists()


def test_what_is_measured_elsewhere_is_rendered_there(here: Path) -> None:
    assert "index.html: written" in measure("--output", "build/tolerances").output
    assert {"calibration.json", "index.html", "README.md"} <= {path.name for path in here.glob("build/tolerances/*/*")}
    assert not (here / "reports").exists()


def test_profiles_are_apart(here: Path) -> None:
    measure()
    assert measure("--profile", USUAL).exit_code == 0
    assert {folder.name.rsplit("-", 1)[1] for folder in committed.folders()} == {PORTABLE, USUAL}


def test_times_are_not_compared() -> None:
    old: dict[str, Any] = {"rows": [{"x": 1, "seconds": 2.0, "median_seconds": 1}], "environment": {"python": "3.11"}}
    new: dict[str, Any] = {"rows": [{"x": 1, "seconds": 3.0, "median_seconds": 2}], "environment": {"python": "3.12"}}
    assert committed.differences(old, new) == []
    new["rows"][0]["x"] = 2
    assert committed.differences(old, new) == ["rows[0].x: 1 before, 2 now"]
    new["rows"].append({})
    assert len(committed.differences(old, new)) == 1


def test_a_rendering_is_a_pure_function_of_the_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measure()
    folder = the_file(here).parent
    root = Path(__file__).parents[3]
    for name in MEASURED:
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes((root / name).read_bytes())
    (here / ACCURACY).parent.mkdir()
    first, second = (
        {path.name: text for path, _, text in renderings() if path.parent == folder.relative_to(here)} for _ in range(2)
    )
    assert first == second
    assert {"README.md", "index.html", "z.svg", "families.csv"} <= set(first)
    assert run(compare=False) == 0
    assert run(compare=True) == 0
    (folder / "old.svg").touch()
    assert run(compare=True) == 1
    assert "old.svg: is rendered from nothing; delete it" in capsys.readouterr().out
    (folder / "old.svg").unlink()
    (folder / "z.svg").write_text("another", encoding="utf-8")
    assert run(compare=True) == 1
    assert "<script" not in first["index.html"]
    assert 'src="' not in first["index.html"]
