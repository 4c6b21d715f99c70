"""One process that runs a framework's programs: whatever happens in it is a result."""

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from numpy.typing import NDArray

from gradproof.adapters.framework import Framework
from gradproof.adapters.running import inside
from gradproof.adapters.running.interrupts import shielded
from gradproof.adapters.running.messages import exception_line

Result = TypeVar("Result")

TIME = 300.0
"""Seconds that a task may take, unless it is said otherwise."""

START_LIMIT = 180.0
"""Seconds for a worker to start and to import its framework."""

LOOK = 0.25
"""Seconds between two looks at whether a worker lives: its pipe need not tell, where what it forked holds it open."""

LOOK_AT_MEMORY = 0.05
"""Seconds between two looks at a worker's memory, if that has a limit: it can take beyond what it fills in so long."""

STATM = "/proc/{pid}/statm"
"""Where Linux says how much memory a process has."""


@dataclass(frozen=True)
class Failed:
    """In place of a result: a framework raised, hung or died; `message` says so on one line.

    Where it `raised` it is still there, and what else it is asked may go well. Where it `died` that is so of a new one.
    """

    message: str
    raised: bool = False
    died: bool = False


class WorkerProcess:
    """A worker process, and the thread that hands it one task at a time, so that a crash has one culprit."""

    def __init__(
        self, framework: Framework, limit: float, environment: Mapping[str, str | None], memory: float | None
    ) -> None:
        self.framework, self.limit, self.memory = framework, limit, memory
        self.environment = {**environment, **framework.environment}
        self.thread = ThreadPoolExecutor(1, f"gradproof-{framework.key}", shielded)
        self.process: SpawnProcess | None = None
        self.connection: Connection | None = None
        self.answered = 0
        self.unable: Failed | None = None
        self.remarks: list[str] = []
        self.closing = False
        self.lock = threading.Lock()

    def run(self, text: str, inputs: Sequence[Sequence[NDArray[Any]]], dtype: str) -> list[list[Any]] | Failed:
        """Run one program in the process: what `inside.differentiate` gives, or why there is nothing."""
        found = self.call(inside.differentiate, text, self.framework.tensors_of(dtype), dtype, inputs)
        return Failed(found, raised=True) if isinstance(found, str) else found

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result | Failed:
        """Call a function in the process, which is started if there is none; its result, or what went wrong.

        Where a process dies that has answered before, an earlier task may have left behind what killed it: the function
        is called once more, in a fresh one.
        """
        question = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
        while True:
            problem = self.start() if self.process is None else None
            if problem:
                return problem
            first = not self.answered
            found: Result | Failed = self.ask(question, self.limit)
            if not isinstance(found, _Died):
                return found
            if first or self.closing:
                return Failed(found.message, died=not self.closing)
            self.remarks.append(f"{found.message}; what it was asked is asked of a new one")

    def start(self) -> Failed | None:
        """Start the process and have it import the framework. Returns what went wrong, or None."""
        if self.unable:
            return self.unable
        context = multiprocessing.get_context("spawn")
        self.connection, its = context.Pipe()
        process = context.Process(target=inside.serve, args=(its, self.environment), daemon=True)
        with self.lock:
            if self.closing:
                return Failed(f"the {self.framework.title} worker was closed")
            process.start()
            self.process, self.answered = process, -2  # the two questions below
        its.close()
        pid = self.ask(pickle.dumps((os.getpid, ())), START_LIMIT)
        if isinstance(pid, Failed):
            guarded = 'as it started (is the calling script guarded by `if __name__ == "__main__":`?)'
            unguarded = isinstance(pid, _Died) and not isinstance(pid, _TookTooMuch)
            return Failed(f"{pid.message} {guarded}" if unguarded else f"{pid.message} as it started")
        problem = self.ask(pickle.dumps((inside.load, (self.framework.module,))), START_LIMIT)
        if problem:
            self.stop()
        if isinstance(problem, _Died):
            failed = Failed(f"{problem.message} as it imported the framework")
            self.unable = failed if isinstance(problem, _TookTooMuch) else None  # as it would again
            return failed
        return Failed(problem) if isinstance(problem, str) else problem

    def ask(self, question: bytes, limit: float) -> Any:
        """What the process answers, or what went wrong with it, and then it is gone."""
        process, connection = self.process, self.connection
        assert process is not None
        assert connection is not None
        late = threading.Timer(limit, self.kill, (False,))  # also where the pipe has half an answer
        late.daemon = True
        late.start()
        end = time.monotonic() + limit
        try:
            connection.send_bytes(question)
            while not connection.poll(LOOK if self.memory is None else LOOK_AT_MEMORY):
                if self.memory is not None and resident(process.pid) > self.memory:
                    self.stop()
                    most = f"{self.memory / 2**30:g} GiB of memory, its limit (--worker-memory)"
                    return _TookTooMuch(f"the {self.framework.title} worker took more than {most}")
                if not process.is_alive() and not connection.poll():
                    raise EOFError
            answer = connection.recv_bytes(inside.ANSWER + 1)
        except (EOFError, OSError):
            hung = time.monotonic() >= end
            process.join(LOOK)  # it may be about to end, and then says how
            code = process.exitcode
            self.stop()
            if hung:
                return Failed(f"the {self.framework.title} worker gave no answer within {limit:g} s")
            return _Died(f"the {self.framework.title} worker {ending(code)}")
        finally:
            late.cancel()
        self.answered += 1
        if not answer.startswith(inside.GIVEN):
            return Failed(answer.removeprefix(inside.RAISED).decode(errors="replace"), raised=True)
        try:
            return pickle.loads(answer[1:])
        except BaseException as problem:  # what it sent may be anything
            return Failed(f"the {self.framework.title} worker's answer cannot be read: {exception_line(problem)}")

    def stop(self) -> None:
        """Kill the process, if it still runs."""
        self.kill(for_good=False)
        if self.process is not None:
            self.process.join()
        if self.connection is not None:
            self.connection.close()
        self.process = self.connection = None

    def kill(self, for_good: bool = True) -> None:
        """Kill the process at once, with all that it has started; whoever waits for it is told."""
        with self.lock:
            self.closing = self.closing or for_good
            if self.process is not None and self.process.pid is not None:
                with suppress(OSError, AttributeError):  # it has no group yet, or there are none on this system
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.kill()

    def close(self) -> None:
        """Drop the tasks that have not begun, and end the thread."""
        self.thread.shutdown(cancel_futures=True)
        self.stop()


class _Died(Failed):
    """A worker died, of its task or of what an earlier one left behind."""


class _TookTooMuch(_Died):
    """A worker was killed as it had more memory than it may."""


def resident(pid: int | None) -> int:
    """The bytes of the machine's memory that a process has; 0 of one that is gone."""
    try:
        with open(STATM.format(pid=pid), "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def ending(code: int | None) -> str:
    """How a process ended, in words: by its exit code, or by the signal that is the exit code's negative."""
    if code is None or code == inside.CUT_OFF:
        return "closed its pipe to gradproof"
    if code >= 0:
        return f"died: exit code {code}"
    with suppress(ValueError):
        name = signal.Signals(-code).name
        return f"died: signal {name}" + (", which the system sends where memory runs out" if name == "SIGKILL" else "")
    return f"died: signal {-code}"
