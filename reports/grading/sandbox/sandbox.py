"""Running a submission in a process of its own, within limits; nothing of it is left when it is done.

What the process gives up is in `confinement`, what runs in it in `harness`, what comes back in `left_behind`.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.admitted import LOOKED_EVERY
from gradproof.reports.grading.sandbox.left_behind import Outcome, left_values, means
from gradproof.reports.grading.sandbox.libraries import installed, readable
from gradproof.reports.grading.sandbox.scratch import kill, kill_escaped, scratch

HERE = Path(__file__).parent
STARTUP = 60.0
"""Seconds that Python and NumPy may take to start before the submission's own time begins."""
MAX_RESULT = 32 << 20
SHOWN = 10_000
"""Characters of what a submission prints that are kept."""
FILE_SIZE = 8 << 20
FOLDER_SIZE, FOLDER_FILES = 64 << 20, 1000
OPEN_FILES = 128
ABSENT = ("gradproof", "flint", "mpmath", "hypothesis", "_pytest", "pytest")


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of its own time, and bytes."""

    seconds: float = 10.0
    memory: int = 4 << 30
    """Bytes of address space."""
    output: int = 1 << 20
    """Bytes that may be printed."""


@dataclass(frozen=True)
class Task:
    """What is run: named parts of source text, with inputs and constants as variables; and which functions are called.

    Arrays of more than `entries` entries come back by their shape alone.
    """

    parts: Sequence[tuple[str, str]]
    inputs: Mapping[str, Any]
    constants: Mapping[str, float] = field(default_factory=dict)
    parameters: Sequence[str] = ()
    functions: Sequence[str] = ()
    private: Sequence[Path] = ()
    """Folders that the submission must not read, such as the lesson's, with its answers."""
    entries: int = 100_000


def run_submission(task: Task, limits: Limits = Limits(), weak: bool = False) -> Outcome:
    """Run a submission to its end; what it does wrong is told in the outcome, not raised.

    With `weak`, as on a system whose kernel has no means to confine a process.
    """
    token = uuid.uuid4().hex
    with scratch() as folder:
        reader, writer = os.pipe()
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(HERE / "harness.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=bare_environment(folder, token),
                pass_fds=(writer,),
                start_new_session=True,
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        watch = Watch(child, reader, folder, limits)
        try:
            watch.until_the_end(json.dumps(setup(task, limits, folder, writer, weak)).encode())
        finally:
            kill(child)
            os.close(reader)
            if "processes" not in watch.isolation:
                kill_escaped(token)
    return watch.outcome()


def setup(task: Task, limits: Limits, folder: Path, descriptor: int, weak: bool) -> dict[str, Any]:
    """What the harness is told on its standard input; `descriptor` is where it writes results."""
    found = readable(task.private)
    return {
        "parts": list(task.parts),
        "inputs": {name: np.asarray(array).tolist() for name, array in task.inputs.items()},
        "constants": dict(task.constants),
        "parameters": list(task.parameters),
        "functions": list(task.functions),
        "entries": task.entries,
        "tensors": [module for f in FRAMEWORKS.values() for module in (f.module, *f.tensors)],
        "absent": ABSENT,
        "site": installed(),
        "files": {
            "read": found.read,
            "listed": found.listed,
            "folders": [os.path.realpath(p) for p in (folder, folder / "config")],
        },
        "beside": [str(HERE / f"{name}.py") for name in ("confinement", "fence", "describing")],
        "limits": [int(limits.seconds) + 5, limits.memory, FILE_SIZE, OPEN_FILES],
        "memory": limits.memory,
        "descriptor": descriptor,
        "weak": weak,
    }


def bare_environment(folder: Path, token: str) -> dict[str, str]:
    """All that the submission sees of the environment: nothing of the grader's own."""
    home = str(folder)
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        **kept,
        **dict.fromkeys(threads, "1"),
        **dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP"), home),
        **dict.fromkeys(("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(folder / "config")),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "GRADPROOF_SUBMISSION": token,
    }


class Watch:
    """A running submission, watched until it ends or is ended."""

    def __init__(self, child: subprocess.Popen[bytes], reader: int, folder: Path, limits: Limits) -> None:
        self.child, self.reader, self.folder, self.limits = child, reader, folder, limits
        self.output, self.result = bytearray(), bytearray()
        self.isolation: dict[str, str] = {}
        self.ended = ""
        self.started = time.monotonic()
        self.ready: float | None = None

    def until_the_end(self, told: bytes) -> None:
        """Feed and read the process until it is gone, or has used up what it may."""
        assert self.child.stdin
        assert self.child.stdout
        left = memoryview(told)
        with selectors.DefaultSelector() as pipes:
            for stream in (self.child.stdin.fileno(), self.child.stdout.fileno(), self.reader):
                os.set_blocking(stream, False)
            pipes.register(self.child.stdin, selectors.EVENT_WRITE)
            pipes.register(self.child.stdout, selectors.EVENT_READ, self.output)
            pipes.register(self.reader, selectors.EVENT_READ, self.result)
            looked = 0.0
            while not self.ended:
                gone = self.child.poll() is not None
                for key, _ in pipes.select(0 if gone else LOOKED_EVERY):
                    if key.data is None:
                        left = self.feed(left, pipes)
                    elif not self.read(key.fd, key.data):
                        pipes.unregister(key.fileobj)
                if gone:
                    while self.read(self.child.stdout.fileno(), self.output) and not self.too_much():
                        pass
                    while self.read(self.reader, self.result) and not self.too_much():
                        pass
                    return
                now = time.monotonic()
                self.ended = self.too_much() or self.too_long(now)
                if now > looked + LOOKED_EVERY:
                    looked = now
                    self.ended = self.ended or self.too_full()

    def feed(self, left: memoryview, pipes: selectors.BaseSelector) -> memoryview:
        """Write on to standard input; it is closed when all is written, or nobody reads it."""
        assert self.child.stdin
        done = False
        try:
            left = left[os.write(self.child.stdin.fileno(), left[: 1 << 16]) :]
        except BlockingIOError:
            return left
        except OSError:
            done = True
        if done or not left:
            pipes.unregister(self.child.stdin)
            with suppress(OSError):
                self.child.stdin.close()
        return left

    def read(self, descriptor: int, buffer: bytearray) -> bool:
        """Read what there is; False if there is nothing any more."""
        try:
            data = os.read(descriptor, 1 << 16)
        except OSError:
            return False
        buffer += data
        if buffer is self.result and self.ready is None and b"\n" in buffer:
            self.ready = time.monotonic()
            self.isolation = means(bytes(buffer).split(b"\n", 1)[0])
        return bool(data)

    def too_much(self) -> str:
        """What to say if more is written than may be."""
        if len(self.output) > self.limits.output:
            return f"printed more than {readable_size(self.limits.output)} and was stopped"
        if len(self.result) > MAX_RESULT:
            return f"left more than {readable_size(MAX_RESULT)} of results and was stopped"
        return ""

    def too_long(self, now: float) -> str:
        """What to say if the time is over."""
        if self.ready is None:
            return f"Python and NumPy did not start within {STARTUP:g} seconds" if now > self.started + STARTUP else ""
        over = now > self.ready + self.limits.seconds
        return f"did not end within {self.limits.seconds:g} seconds: is there an endless loop?" if over else ""

    def too_full(self) -> str:
        """What to say if the submission's folder holds more than it may."""
        total = files = 0
        for place in (self.folder, self.folder / "config"):
            with suppress(OSError), os.scandir(place) as entries:
                for entry in entries:
                    with suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                    files += 1
                    if files > FOLDER_FILES or total > FOLDER_SIZE:
                        return f"wrote more than {FOLDER_FILES} files or {readable_size(FOLDER_SIZE)} and was stopped"
        return ""

    def outcome(self) -> Outcome:
        """What is left, once the process is gone."""
        output = self.output.decode("utf-8", "replace")
        output = output if len(output) <= SHOWN else output[:SHOWN] + "\n..."
        found: dict[str, Any] = {}
        problem = self.ended
        try:
            found = left_values(bytes(self.result))
        except ValueError as wrong:
            problem = problem or (str(wrong) if self.child.returncode == 0 else "")
        if not found and not problem:
            problem = ending(self.child.returncode, self.limits)
        if self.ended:
            found = {}
        return Outcome(
            found.get("variables", {}),
            found.get("returned", {}),
            problem or found.get("problem", ""),
            found.get("notes", ()),
            output,
            self.isolation,
        )


def ending(code: int | None, limits: Limits) -> str:
    """How a process ended that left no result."""
    if code is not None and code < 0:
        if -code in (signal.SIGXCPU, signal.SIGKILL):
            return f"used more than {limits.seconds:g} seconds of processor time: is there an endless loop?"
        if -code == signal.SIGXFSZ:
            return f"wrote a file of more than {readable_size(FILE_SIZE)} and was stopped"
        with suppress(ValueError):
            return f"crashed ({signal.Signals(-code).name}); too deep a recursion or too little memory can be the cause"
        return f"crashed (signal {-code})"
    return f"ended its process itself (exit code {code}) before there was a result"


def readable_size(count: int) -> str:
    """A number of bytes for a reader."""
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count >> 10} kB"
