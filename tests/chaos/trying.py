"""A file through the commands, many of them in one process that is watched: what each says, how long, in what memory.

`python -m tests.chaos.trying` reads paths, one a line, and writes what went wrong with each.
"""

import contextlib
import io
import json
import os
import resource
import selectors
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

SECONDS, MEGABYTES = 10, 2000
"""What a command may take for a file below a megabyte, of the processor and of memory."""

FRESH = 600
"""Megabytes after which a process is replaced, so that what one file takes is not put down to the next."""

MAIN = "from gradproof.reports.command_line.main import main; main()"

LOOKED_EVERY = 0.2
"""Seconds between two looks at a process that works on a file."""

Tried = str
"""What went wrong with a file; empty if nothing did."""


def said(arguments: list[str]) -> tuple[int, str]:
    """The exit code of a command in this process, and what is on its standard error."""
    from gradproof.reports.command_line.main import main

    output, error = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
        try:
            main(arguments)
        except SystemExit as end:
            error.seek(0)
            return int(end.code or 0), error.read()
    return -1, "did not end with an exit code"


def judged(path: str) -> tuple[int, str]:
    """`check` on NumPy's side: gradients that a framework could have given, judged in both dtypes."""
    from gradproof.adapters.registry import FRAMEWORKS
    from gradproof.reference.errors import GradproofError
    from gradproof.reference.language.network_files import load
    from gradproof.reference.readings.plain import value
    from gradproof.reference.sweep import gradients
    from gradproof.reports.checking.tolerance.case import Case
    from gradproof.reports.checking.tolerance.tolerance import assess

    try:
        network = load(path)
    except GradproofError as problem:
        return 2, f"gradproof: {problem}\n"
    framework = FRAMEWORKS["torch"]
    for dtype in ("float32", "float64"):
        with np.errstate(all="ignore"):
            plain = gradients(network, value(dtype))
            got = {name: np.asarray(array).astype(dtype) for name, array in plain.items()}
        assess(Case("it", network, framework, framework.default_mode, dtype), got)
    return 0, ""


def known(path: str) -> tuple[int, str]:
    """A file of known findings, read."""
    from gradproof.reference.errors import GradproofError
    from gradproof.reports.checking.results.known import load_known

    try:
        load_known(Path(path))
    except GradproofError as problem:
        return 2, f"gradproof: {problem}\n"
    return 0, ""


def commands(path: str) -> Mapping[str, Callable[[], tuple[int, str]]]:
    """What a file goes through, by name."""
    if path.endswith("known.toml"):
        return {"known": lambda: known(path)}
    verify = {"verify": lambda: said(["verify", path])}
    if path.endswith(".toml"):
        program = str(Path(path).with_name("program.py"))
        show = ["show", path, "--framework", "torch", "--output", program]
        return {**verify, "show": lambda: said(show), "check": lambda: judged(path)}
    return {**verify, "draft": lambda: said(["verify", "--suggest", path])}


def complaint(code: int, error: str) -> str:
    """What is wrong with an exit code and standard error: 2 goes with one line, none with a traceback."""
    lines = error.splitlines()
    if code not in (0, 1, 2):
        return f"exit code {code}: {error[-200:]!r}"
    if "Traceback" in error or "Warning" in error:
        return f"a traceback or a warning: {error[-300:]!r}"
    if code == 2 and (len(lines) != 1 or not error.startswith("gradproof: ")):
        return f"{len(lines)} lines on standard error for exit code 2: {error[:200]!r}"
    return ""


def tried(path: str) -> Tried:
    """What went wrong with a file, in this process."""
    for name, run in commands(path).items():
        began = time.process_time()
        try:
            wrong = complaint(*run())
        except BaseException as problem:
            import traceback

            where = traceback.extract_tb(problem.__traceback__)[-1]
            wrong = f"{type(problem).__name__} in {Path(where.filename).name}:{where.lineno}: {str(problem)[:200]!r}"
        taken = time.process_time() - began
        if taken > SECONDS:
            wrong = wrong or f"took {taken:.0f} s"
        if peak() > MEGABYTES:
            wrong = wrong or f"took {peak()} MB"
        if wrong:
            return f"{name}: {wrong}"
    return ""


def peak() -> int:
    """The most memory that this process had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@dataclass
class Trying:
    """Tries files in a process, which is killed where it takes too much, and replaced."""

    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def __call__(self, path: Path) -> Tried:
        """What goes wrong with a file; empty if nothing does."""
        process = self.process = self.process or start()
        assert process.stdin
        assert process.stdout
        before, _ = taken(process.pid)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(f"{path}\n".encode())
            process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while not waiting.select(LOOKED_EVERY):
                seconds, megabytes = taken(process.pid)
                if seconds - before > SECONDS * len(commands(str(path))) or megabytes > MEGABYTES:
                    self.stop()
                    return f"killed after {seconds - before:.0f} s, at {megabytes:.0f} MB"
        answer = process.stdout.readline()
        if not answer:
            self.stop()
            return f"the process died with {process.returncode}"
        found = json.loads(answer)
        if found["peak"] > FRESH:
            self.stop()
        return str(found["wrong"])


def taken(pid: int) -> tuple[float, float]:
    """Seconds of the processor, and megabytes of memory, that a process has; nothing where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0, 0
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return (int(fields[11]) + int(fields[12])) / ticks, int(fields[21]) * page / 2**20


def start() -> subprocess.Popen[bytes]:
    """A process that tries files."""
    command = [sys.executable, "-m", "tests.chaos.trying"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2])


def as_process(path: Path, number: int) -> Tried:
    """What goes wrong with a file that is given to a command in a process of its own."""
    if path.name == "known.toml":
        arguments = ["check", "--known", str(path), "--framework", "torch"]
    elif path.suffix == ".toml":
        ways = [["check", str(path), "--framework", "torch"], ["verify", str(path), "--format", "json"]]
        arguments = ways[number % len(ways)]
    else:
        ways = [["verify", str(path), "--html", str(path.with_name("page.html"))], ["verify", "--suggest", str(path)]]
        arguments = ways[number % len(ways)]
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=path.parent
    )
    assert process.stderr
    with process.stderr:
        error = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss >> 10
    wrong = complaint(process.returncode, error.decode(errors="replace"))
    if seconds > SECONDS or megabytes > MEGABYTES:
        wrong = wrong or f"took {seconds:.0f} s and {megabytes} MB"
    return f"{' '.join(arguments[:2])}: {wrong}" if wrong else ""


def main() -> None:
    """Try the files whose paths come on standard input."""
    warnings.simplefilter("always")
    for line in sys.stdin:
        answer = {"wrong": tried(line.rstrip("\n")), "peak": peak()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
