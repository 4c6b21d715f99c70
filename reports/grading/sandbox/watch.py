"""Watching a running submission: what it writes, how long it takes, what it uses; and what is left of it."""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradproof.reference.admitted import LOOKED_EVERY
from gradproof.reports.grading.sandbox.left_behind import Outcome, left_values, means
from gradproof.reports.grading.sandbox.usage import FILE_SIZE, readable_size, too_full

STARTUP = 60.0
"""Seconds that Python and NumPy may take to start before the submission's own time begins."""
MAX_RESULT = 32 << 20
SHOWN = 10_000
"""Characters of what a submission prints that are kept."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of its own time, and bytes."""

    seconds: float = 10.0
    memory: int = 4 << 30
    """Bytes of address space."""
    output: int = 1 << 20
    """Bytes that may be printed."""


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
                    self.ended = self.ended or too_full(self.child.pid, self.folder)

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
