"""Every command, killed at a random moment: it ends soon, leaves no process and no half-written file, and goes on.

A moment is between the first at which the command answers to signals and the one at which, undisturbed, it ended.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gradproof.adapters.running.interrupts import CODE, LINE, descendants

ROOT = Path(__file__).parents[2]

SECONDS = 2.0
"""How long an interrupted command may go on, besides what it waits for a processor that others have."""

PATIENCE = 60.0
"""Seconds that processes may need to be gone on a busy machine before they count as left behind."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)

BEGINS_WITH = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""What starts a command that answers to every signal, though a shell's `&` and `nohup` have some ignored."""


@dataclass(frozen=True)
class Command:
    """A command, run in a folder of its own with a copy of `files` in it.

    `state`, a file of JSON lines, is what it goes on from when it is run again with `again` besides; `writes` are files
    that are then those of an undisturbed run, byte for byte.
    """

    arguments: tuple[str, ...]
    files: tuple[str, ...] = ()
    state: str = ""
    again: tuple[str, ...] = ()
    writes: str = ""
    module: str = "gradproof.reports.command_line"


LESSON = "reference/lessons/two_neurons.toml"
SUBMISSION, HOMEWORK = (f"reports/guides/graders/{name}" for name in ("submissions/anna.py", "homework.toml"))
ONE = ("--framework", "torch", "--dtype", "float32")

COMMANDS = {
    "check": Command(("check", "--random", "60", *ONE, "--output", "out"), again=("--resume",), writes="out/*"),
    "on Dask": Command(
        ("check", "--random", "24", *ONE, "--output", "out", "--dask"), again=("--resume",), writes="out/*"
    ),
    "verify": Command(("verify", "--format", "json", "--output", "report.json")),
    "draft": Command(("verify", "--suggest", "teachers.md", "--output", "draft.toml"), ("reports/guides/teachers.md",)),
    "grade": Command(("grade", "anna.py", "--lesson", "homework.toml"), (SUBMISSION, HOMEWORK)),
    "show": Command(("show", "two_neurons.toml", "--framework", "jax", "--output", "program.py"), (LESSON,)),
    "report": Command(("report", "--check")),
    "analysis": Command(
        ("growth", "--framework", "torch", "--processes", "2", "--state", "state", "--output", "out"),
        state="state/*/growth.jsonl",
        module="gradproof.reports.analysis",
    ),
    "accuracy": Command(
        ("torch", "jax", "--kernel", "pow 3", "--kernel", "pow 0.5", "--state", "done.jsonl", "--no-write"),
        state="done.jsonl",
        module="gradproof.adapters.measuring",
    ),
}


def start(command: Command, folder: Path, more: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """The command's process, in a session of its own."""
    for file in command.files:
        (folder / Path(file).name).write_bytes((ROOT / file).read_bytes())
    if command.arguments[0] == "report" and not (folder / "reports").exists():
        (folder / "reports").symlink_to(ROOT / "reports")
    return subprocess.Popen(
        [sys.executable, "-c", BEGINS_WITH, sys.executable, "-m", command.module, *command.arguments, *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, start_new_session=True,
    )  # fmt: skip


def answers(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has come to where it catches SIGTERM, waited for; False where it ended before."""
    while process.poll() is None:
        with suppress(OSError):
            (line,) = (x for x in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "SigCgt" in x)
            if int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
                return True
        time.sleep(0.002)
    return False


@cache
def undisturbed(name: str) -> tuple[float, int, Any]:
    """How long the command takes from where it answers to signals, its exit code, and its result."""
    command = COMMANDS[name]
    with tempfile.TemporaryDirectory() as place:
        process = start(command, Path(place))
        answers(process)
        began = time.monotonic()
        process.communicate()
        return time.monotonic() - began, process.returncode, result(command, Path(place))


def result(command: Command, folder: Path) -> Any:
    """What the state holds, by unit and without times, which never repeat; or the files that are written."""
    if command.writes:
        return {path.name: path.read_bytes() for path in folder.glob(command.writes)}
    files = folder.glob(command.state) if command.state else ()
    lines = [line for file in files for line in file.read_text().splitlines()]
    return sorted((json.dumps(unit), json.dumps(timeless(data))) for unit, data, _ in map(json.loads, lines))


def timeless(data: Any) -> Any:
    """The data without what is named seconds."""
    if isinstance(data, dict):
        return {key: timeless(value) for key, value in data.items() if not key.endswith("seconds")}
    return [timeless(value) for value in data] if isinstance(data, list) else data


def killed(name: str, number: signal.Signals, share: float) -> str:
    """What went wrong as the command was sent a signal when that share of its time was over."""
    command = COMMANDS[name]
    whole, code, expected = undisturbed(name)
    said = f"{name}, {number.name} at {share:.4f} of {whole:.1f} s: "
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        process = start(command, folder)
        if answers(process):
            time.sleep(share * whole)
        mine = {pid: born(pid) for pid in [process.pid, *descendants(process.pid)]}
        waited, sent = waiting(process.pid), time.monotonic()
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)  # a terminal's goes to all
        while process.poll() is None:
            waited = max(waited, waiting(process.pid)) if process.returncode is None else waited
            if time.monotonic() - sent > SECONDS + waited + PATIENCE:
                process.kill()
            time.sleep(0.005)
        took = time.monotonic() - sent
        assert process.stderr
        left = remaining(mine, process.pid)
        told = process.stderr.read().decode() if not left else ""
        process.stderr.close()
        if left:
            return f"{said}left behind {left}"
        if number != signal.SIGKILL:
            if took > SECONDS + waited:
                return f"{said}took {took:.1f} s"
            if process.returncode not in (CODE, code):
                return f"{said}exit code {process.returncode}; {told[-300:]!r}"
            if process.returncode == CODE and not told.endswith(LINE):
                return f"{said}says {told[-300:]!r}"
        if "Traceback" in told or told.count("interrupted") > 1:
            return f"{said}says {told[-300:]!r}"
        for file in folder.rglob("*.json"):
            if file.is_relative_to(folder / "reports"):
                continue
            try:
                json.loads(file.read_bytes())
            except ValueError:
                return f"{said}half of {file.name} is written"
        if command.state or command.again:
            rest = start(command, folder, command.again)
            told = rest.communicate()[1].decode()
            if rest.returncode != code:
                return f"{said}run again, exit code {rest.returncode}; {told[-300:]!r}"
            if result(command, folder) != expected:
                return f"{said}run again, it gives another result"
    return ""


def born(pid: int) -> str:
    """When a process was started, which tells it from a later one of its number; empty for one that is gone."""
    with suppress(OSError):
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else fields[18]
    return ""


def waiting(pid: int) -> float:
    """The seconds that a process has waited for a processor; 0 where nothing tells."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def remaining(mine: dict[int, str], session: int) -> list[str]:
    """The processes of these, and of the session, that are still there when `PATIENCE` is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [pid for pid, when in mine.items() if when and born(pid) == when]
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] not in "ZX" and int(fields[3]) == session:
                    found.append(int(entry.name))
        if not found or time.monotonic() > deadline:
            return sorted({named(pid) for pid in found})
        time.sleep(0.02)


def named(pid: int) -> str:
    """A process's command line, for a message."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")[:200]
    return str(pid)


def trials(count: int, seed: int) -> Iterator[str]:
    """So many kills of every command with every signal; one signal and the quick commands alone where it is one."""
    draw = random.Random(seed)
    for name in COMMANDS if count > 1 else ("show", "grade"):
        for _ in range(count):
            for number in SIGNALS if count > 1 else [draw.choice(SIGNALS)]:
                yield killed(name, number, draw.random())
