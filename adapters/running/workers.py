"""Where programs run: one worker process per framework, frameworks side by side.

A framework that raises, hangs or dies fails its own task only; the next task finds a fresh worker.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import resource_tracker
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.script import rounded, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running import inside
from gradproof.reference.network import Network

Result = TypeVar("Result")

START_LIMIT = 180.0
"""Seconds for a worker to start and to import its framework."""


@dataclass(frozen=True)
class Failed:
    """In place of a result: a framework raised, hung or died; `message` says so on one line.

    Where it `raised` it is still there, and what else it is asked may go well.
    """

    message: str
    raised: bool = False


class Workers:
    """One worker for each framework, started when first needed and killed at the end.

    A task may take `limit` seconds; `environment` is set before a framework is imported. What goes wrong in a worker is
    a result (`Failed`), no exception. Use as a context manager, and on spawning platforms as usual under `if __name__
    == "__main__":`.
    """

    def __init__(
        self,
        frameworks: Iterable[str] = tuple(FRAMEWORKS),
        limit: float = 300.0,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._workers = {key: _Worker(FRAMEWORKS[key], limit, environment) for key in frameworks}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            worker.kill()
        for worker in self._workers.values():
            worker.close()

    def gradients(
        self,
        network: Network,
        framework: str,
        mode: str,
        dtype: str,
        inputs: Sequence[Mapping[str, NDArray[Any]]] = ({},),
    ) -> Future[list[dict[str, NDArray[Any]]] | Failed]:
        """The gradients of the parameters by name, each of its parameter's shape, and the loss by its own.

        There is one for each element of `inputs`.

        An element replaces inputs of `network` by others of the same shape; `{}` means its own. All are rounded to
        `dtype`. Raises KeyError for a framework without a worker, or a mode that it does not have.
        """
        text = source(network, FRAMEWORKS[framework], mode)
        fed = [tuple(rounded(network.with_inputs(replaced), dtype).values()) for replaced in inputs]
        worker = self._workers[framework]

        def task() -> list[dict[str, NDArray[Any]]] | Failed:
            found = worker.run(text, fed, dtype)
            if isinstance(found, Failed):
                return found
            return [named(network, arrays, dtype) for arrays in found]

        return worker.thread.submit(task)

    def call(self, framework: str, function: Callable[..., Result], *arguments: Any) -> Future[Result | Failed]:
        """What `function(*arguments)`, which must raise nothing, gives in the framework's process."""
        worker = self._workers[framework]
        return worker.thread.submit(worker.call, function, *arguments)

    def submit(
        self, framework: str, text: str, inputs: Sequence[Sequence[NDArray[Any]]], dtype: str
    ) -> Future[list[list[Any]] | Failed]:
        """What `gradients(*arrays)` of the program `text` gives, each element of `inputs` made tensors of `dtype`."""
        worker = self._workers[framework]
        return worker.thread.submit(worker.run, text, inputs, dtype)


def named(network: Network, arrays: Sequence[Any], dtype: str) -> dict[str, NDArray[Any]]:
    """Gradients by parameter, and the loss by its own name, unless it is an input; `arrays` has the loss last.

    None, where nothing leads from the loss to a parameter, is zero of its shape.
    """
    *gradients, value = arrays
    found = zip(network.parameters, gradients, strict=True)
    result = {name: np.zeros(network.inputs[name].shape, dtype) if g is None else g for name, g in found}
    return result if network.loss in network.inputs else {**result, network.loss: value}


def shielded() -> None:
    """Keep Ctrl-C from this thread and from the processes that it starts, from their first moment on."""
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # which would let Ctrl-C through again if it were started later
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


class _Worker:
    """A worker process, and the thread that hands it one task at a time, so that a crash has one culprit."""

    def __init__(self, framework: Framework, limit: float, environment: Mapping[str, str]) -> None:
        self.framework, self.limit = framework, limit
        self.environment = {**environment, **framework.environment}
        self.thread = ThreadPoolExecutor(1, f"gradproof-{framework.key}", shielded)
        self.pool: ProcessPoolExecutor | None = None
        self.pid: int | None = None
        self.closing = False

    def run(self, text: str, inputs: Sequence[Sequence[NDArray[Any]]], dtype: str) -> list[list[Any]] | Failed:
        """Run one program in the process: what `inside.differentiate` gives, or why there is nothing."""
        found = self.call(inside.differentiate, text, self.framework.constant, dtype, inputs)
        return Failed(found, raised=True) if isinstance(found, str) else found

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result | Failed:
        """Call a function in the process, which is started if there is none; its result, or what went wrong."""
        problem = None if self.pool else self.start()
        if problem or self.pool is None:
            return problem or Failed(f"the {self.framework.title} worker was closed")
        return self.wait(self.pool.submit(function, *arguments), self.limit, "died")

    def start(self) -> Failed | None:
        """Start the process and have it import the framework. Returns what went wrong, or None."""
        context = multiprocessing.get_context("spawn")
        self.pool = ProcessPoolExecutor(1, context, inside.prepare, (self.environment,))
        died = 'died as it started (is the calling script guarded by `if __name__ == "__main__":`?)'
        pid = self.wait(self.pool.submit(os.getpid), START_LIMIT, died)
        if isinstance(pid, Failed):
            return pid
        self.pid = pid
        if self.closing:
            self.stop()
            return None
        work = self.pool.submit(inside.load, self.framework.module)
        problem = self.wait(work, START_LIMIT, "died as it imported the framework")
        if problem:
            self.stop()
        return Failed(problem) if isinstance(problem, str) else problem

    def wait(self, work: Future[Result], limit: float, died: str) -> Result | Failed:
        """The result of `work`, or what went wrong with the process, which is then gone."""
        try:
            return work.result(limit)
        except BrokenExecutor:
            problem = died
        except TimeoutError:
            problem = f"gave no answer within {limit:g} s"
        self.stop()
        return Failed(f"the {self.framework.title} worker {problem}")

    def stop(self) -> None:
        """Kill the process, if it still runs."""
        self.kill(for_good=False)
        if self.pool is not None:
            self.pool.shutdown(wait=self.pid is not None)  # a process without a pid may never answer
        self.pool = self.pid = None

    def kill(self, for_good: bool = True) -> None:
        """Kill the process at once; whoever waits for it is told."""
        self.closing = self.closing or for_good
        for process in multiprocessing.active_children():
            if process.pid == self.pid:
                process.kill()

    def close(self) -> None:
        """Drop the tasks that have not begun, and end the thread."""
        self.thread.shutdown(cancel_futures=True)
        self.stop()
