"""Runs of `check` that are ended: what there is is reported, and the same run goes on with it."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from gradproof.adapters.measuring import kept

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line.main import main; main()", "check")
NETWORKS = ("--random", "24", "--framework", "torch")


def checked(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, encoding="utf-8", cwd=cwd, timeout=300)


def ended(number: signal.Signals, state: Path | None, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A run that gets the signal when it has kept three networks, in the file that is given or is in the cache."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", cwd=cwd
    )
    while process.poll() is None and lines(state or in_cache()) < 4:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def in_cache() -> Path | None:
    return next(iter((Path(os.environ[kept.FOLDER]) / "unfinished").glob("*.jsonl")), None)


def lines(state: Path | None) -> int:
    return state.read_bytes().count(b"\n") if state and state.exists() else 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    assert checked(*NETWORKS, "--output", "out", "--tolerances", "t.npz", cwd=folder).returncode == 0
    return written(folder)


def written(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_killed_run_goes_on_and_writes_what_an_uninterrupted_one_does(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    state, asked = tmp_path / "out/unfinished.jsonl", (*NETWORKS, "--output", "out", "--tolerances", "t.npz")
    assert ended(signal.SIGKILL, state, *asked, cwd=tmp_path).returncode == -signal.SIGKILL
    with state.open("ab") as file:
        file.write(b'[["", "random-0-')  # cut off as it was written
    done = checked(*asked, "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "networks were done before" in done.stderr
    assert written(tmp_path) == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_reports_what_there_is(
    number: signal.Signals, whole: dict[str, bytes], tmp_path: Path, interruptible: None
) -> None:
    state, asked = tmp_path / "out/unfinished.jsonl", (*NETWORKS, "--output", "out", "--tolerances", "t.npz")
    stopped = ended(number, state, *asked, cwd=tmp_path)
    assert stopped.returncode == 130
    report, all_of_it = (
        json.loads(data) for data in ((tmp_path / "out/crosscheck.json").read_text(), whole["out/crosscheck.json"])
    )
    assert 3 <= 24 - report["unfinished"] < 24
    assert report["results"] == all_of_it["results"][: len(report["results"])]
    assert ("coverage" in report, "coverage" in all_of_it) == (False, True), "who ends a run waits for nothing more"
    first, last = stopped.stderr.splitlines()
    assert first.endswith("of 24 networks are done; the same command with --resume goes on")
    assert last == "gradproof: interrupted"
    assert f"not checked: {report['unfinished']} networks, as the run was ended" in stopped.stdout
    assert checked(*asked, "--resume", cwd=tmp_path).returncode == 0
    assert written(tmp_path) == whole


def test_without_a_folder_the_cache_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "cache"))
    ended(signal.SIGKILL, None, *NETWORKS, cwd=tmp_path)
    other = checked(*NETWORKS, "--seed", "3", "--resume", cwd=tmp_path)
    assert (other.returncode, other.stdout) == (2, "")
    assert other.stderr == "gradproof: --resume cannot go on with what was begun here: --seed: 0 then, 3 now\n"
    again = checked(*NETWORKS, "--resume", "--format", "json", cwd=tmp_path)
    assert (again.returncode, "networks were done before" in again.stderr) == (0, True)
    assert json.loads(again.stdout)["summary"]["networks"] == 24
    assert list((tmp_path / "cache/unfinished").iterdir()) == []


def test_another_run_does_not_go_on(tmp_path: Path) -> None:
    network = tmp_path / "n.toml"
    network.write_text('[network]\nstatements = "L = sin(w)"\n[inputs]\nw = 0.5\n', encoding="utf-8")
    state = tmp_path / "out/unfinished.jsonl"
    asked = ("n.toml", *NETWORKS, "--output", "out")
    ended(signal.SIGKILL, state, *asked, cwd=tmp_path)
    begun = state.read_bytes()

    def refused(*arguments: str) -> str:
        told = checked(*arguments, "--output", "out", "--resume", cwd=tmp_path)
        assert (told.returncode, told.stdout) == (2, "")
        assert state.read_bytes() == begun
        return told.stderr

    assert "--seed: 0 then, 1 now" in refused(*asked, "--seed", "1")
    assert 'ways: ["torch eager float32", "torch eager float64"] then, ["torch eager float32"] now' in refused(
        *asked, "--dtype", "float32"
    )
    assert "--worker-memory: not given then, 2.5 now" in refused(*asked, "--worker-memory", "2.5")
    assert "--random: 24 then, 25 now" in refused("n.toml", "--random", "25", "--framework", "torch")
    network.write_text(network.read_text(encoding="utf-8").replace("0.5", "0.25"), encoding="utf-8")
    assert "n.toml is another one now" in refused(*asked)


def test_the_same_ways_asked_for_otherwise_are_the_same_run(tmp_path: Path) -> None:
    ended(signal.SIGKILL, tmp_path / "out/unfinished.jsonl", *NETWORKS, "--output", "out", cwd=tmp_path)
    again = checked(*NETWORKS, "--mode", "eager", "--output", "out", "--resume", cwd=tmp_path)
    assert (again.returncode, "networks were done before" in again.stderr) == (0, True)


def line(unit: list[str], data: object) -> bytes:
    """A line of the file, the sum over it being right."""
    text = json.dumps([unit, data])
    return f"{text[:-1]}, {zlib.crc32(text.encode())}]\n".encode()


ABOUT = line(["", ""], {"environment": {}})
DAMAGED = {
    "nonsense": b"nonsense\n",
    "brackets": b"[" * 100_000 + b"\n",
    "no results": b'[["", "random-0-0"], null]\n',
    "results of another kind": b'[["", "random-0-0"], {"results": 5}]\n',
    "a sum that is none": b'[["", ""], {"environment": {}}, "5"]\n',
    "a sum of something else": ABOUT.replace(b"environment", b"environs"),
    "no first line": line(["", "random-0-0"], {"results": [], "machine": {}}),
    "a first line of another kind": line(["", ""], [1]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_not_the_state_of_a_run_is_refused(name: str, tmp_path: Path) -> None:
    state = tmp_path / "out/unfinished.jsonl"
    state.parent.mkdir()
    state.write_bytes(DAMAGED[name])
    told = checked("--random", "2", "--framework", "torch", "--output", "out", "--resume", cwd=tmp_path)
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert "remove it" in told.stderr
    assert state.read_bytes() == DAMAGED[name]


def test_another_version_does_not_go_on(tmp_path: Path) -> None:
    state = tmp_path / "out/unfinished.jsonl"
    ended(signal.SIGKILL, state, *NETWORKS, "--output", "out", cwd=tmp_path)
    first, rest = state.read_bytes().split(b"\n", 1)
    unit, about, _ = json.loads(first)
    about["environment"]["gradproof"] = "0.0.9"
    state.write_bytes(line(unit, about) + rest)
    told = checked(*NETWORKS, "--output", "out", "--resume", cwd=tmp_path)
    assert told.returncode == 2
    assert 'environment gradproof: "0.0.9" then, ' in told.stderr


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_is_no_file_is_neither_followed_nor_waited_for(kind: str, tmp_path: Path) -> None:
    state, precious = tmp_path / "out/unfinished.jsonl", tmp_path / "precious"
    state.parent.mkdir()
    if kind == "link":
        state.symlink_to(precious)
    elif kind == "pipe":
        os.mkfifo(state)
    else:
        state.mkdir()
    for resume in ((), ("--resume",)):
        told = checked("--random", "2", "--framework", "torch", "--output", "out", *resume, cwd=tmp_path)
        assert told.returncode == 2
        assert told.stderr.endswith("unfinished.jsonl is no file, but where gradproof keeps one; remove it\n")
    assert not precious.exists()


def test_a_file_that_somebody_removes_is_written_again(whole: dict[str, bytes], tmp_path: Path) -> None:
    state, asked = tmp_path / "out/unfinished.jsonl", (*NETWORKS, "--output", "out", "--tolerances", "t.npz")
    with subprocess.Popen([*COMMAND, *asked], cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while lines(state) < 3:
            time.sleep(0.01)
        state.unlink()
        while process.poll() is None and lines(state) < 5:
            time.sleep(0.01)
        process.kill()
    assert checked(*asked, "--resume", cwd=tmp_path).returncode == 0
    assert written(tmp_path) == whole


def test_a_run_that_did_nothing_leaves_nothing(tmp_path: Path) -> None:
    told = checked(*NETWORKS, "--output", "out", "--scheduler", "", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (2, "gradproof: no address of a scheduler is given\n")
    assert list((tmp_path / "out").iterdir()) == []


def test_one_run_at_a_time_owns_a_folder(tmp_path: Path) -> None:
    asked = (*NETWORKS, "--output", "out")
    with subprocess.Popen([*COMMAND, *asked], cwd=tmp_path, stdout=subprocess.DEVNULL) as first:
        while not lines(tmp_path / "out/unfinished.jsonl"):
            time.sleep(0.01)
        second = checked(*asked, cwd=tmp_path)
        first.kill()
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.startswith(f"gradproof: out is in use by process {first.pid} on ")
    assert second.stderr.endswith("; wait for it, or name another folder\n")
