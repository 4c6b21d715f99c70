"""The recipe for a class says what is so: its commands print what it shows, and Gradescope's files do their work."""

import json
import re
import subprocess
from pathlib import Path

import gradproof.reports
from tests.reports.command_line.consoles import programs, run, says

HERE = Path(gradproof.reports.__file__).parent / "guides"


def test_commands_print_what_is_shown(tmp_path: Path) -> None:
    found = run(HERE / "graders.md", HERE / "graders", tmp_path)
    assert len(found) >= 9
    for command, printed in found:
        assert says(command.shown, printed), f"$ {command.text}\n{printed}"


def test_gradescope(tmp_path: Path) -> None:
    """`run_autograder`, with its folders moved here: results for a right submission and a wrong one."""
    example = HERE / "graders"
    script = (example / "gradescope/run_autograder").read_text(encoding="utf-8")
    script = script.replace("/autograder/venv/bin", str(programs(tmp_path))).replace("/autograder", str(tmp_path))
    for folder in ("source", "submission", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "source/homework.toml").write_bytes((example / "homework.toml").read_bytes())
    for name, score in (("anna", 4), ("ben", 3)):
        (tmp_path / "submission/backprop.py").write_bytes((example / f"submissions/{name}.py").read_bytes())
        done = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stderr) == (0, "")
        results = json.loads((tmp_path / "results/results.json").read_text(encoding="utf-8"))
        assert results["score"] == score
    (tmp_path / "source/homework.toml").write_text("[network]")
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=False).returncode == 1


def test_scripts_are_bash() -> None:
    for name in ("setup.sh", "run_autograder"):
        path = HERE / "graders/gradescope" / name
        assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
        assert re.match("#!/usr/bin/env bash\n", path.read_text(encoding="utf-8"))
