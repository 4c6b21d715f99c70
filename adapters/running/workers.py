"""Where programs run: worker processes of each framework, frameworks side by side.

A framework that raises, hangs or dies fails its own task only; the next task finds a fresh process.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.programs.script import rounded, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.worker_process import STATM, TIME, Failed, WorkerProcess
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network

__all__ = ["TIME", "Failed", "Workers"]

Result = TypeVar("Result")

BEHIND = 10.0
"""Seconds for which a framework has always had work waiting, after which another of its processes is started.

To start one takes the longest of them 5 seconds of a processor.
"""


class Workers:
    """Processes of each framework, started when they are needed and killed at the end.

    There is one of each; where its work piles up, as where programs are compiled, there come to be up to `most` of
    them, by default as many as there are processors. A task may take `limit` seconds, and its process `memory` bytes of
    the machine's memory, the framework's own and what it keeps of earlier tasks included; what is reserved and not
    written to does not count. `environment` is set before a framework is imported, and what is None in it unset. What
    goes wrong in a worker is a result (`Failed`), no exception. Raises GradproofError where there is a limit of memory
    and this system does not tell how much a process has. Use as a context manager, and on spawning platforms as usual
    under `if __name__ == "__main__":`.
    """

    def __init__(
        self,
        frameworks: Iterable[str] = tuple(FRAMEWORKS),
        limit: float = TIME,
        environment: Mapping[str, str | None] = MappingProxyType({}),
        memory: float | None = None,
        most: int | None = None,
    ) -> None:
        if memory is not None and not os.path.exists(STATM.format(pid=os.getpid())):
            raise GradproofError("the memory of workers can be limited on Linux only")
        self._workers = {
            key: _Processes(partial(WorkerProcess, FRAMEWORKS[key], limit, environment, memory), most)
            for key in frameworks
        }

    @property
    def remarks(self) -> list[str]:
        """What went wrong and failed no task, as a text each."""
        return [remark for process in self._each() for remark in process.remarks]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in self._each():
            process.kill()
        for process in self._each():
            process.close()

    def _each(self) -> list[WorkerProcess]:
        """The processes of all frameworks."""
        return [process for processes in self._workers.values() for process in processes.all]

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
        text = source(network, FRAMEWORKS[framework], mode, dtype)
        fed = [tuple(rounded(network.with_inputs(replaced), dtype).values()) for replaced in inputs]

        def task(process: WorkerProcess) -> list[dict[str, NDArray[Any]]] | Failed:
            found = process.run(text, fed, dtype)
            if isinstance(found, Failed):
                return found
            try:
                return [named(network, arrays, dtype) for arrays in found]
            except ValueError as problem:
                return Failed(f"{process.framework.title} {problem}")

        return self._workers[framework].submit(text, task)

    def call(self, framework: str, function: Callable[..., Result], *arguments: Any) -> Future[Result | Failed]:
        """What `function(*arguments)` gives in the framework's process, or what it raises as a failure."""
        process = self._workers[framework].all[0]
        return process.thread.submit(process.call, function, *arguments)

    def submit(
        self, framework: str, text: str, inputs: Sequence[Sequence[NDArray[Any]]], dtype: str
    ) -> Future[list[list[Any]] | Failed]:
        """What `gradients(*arrays)` of the program `text` gives, each element of `inputs` made tensors of `dtype`."""
        return self._workers[framework].submit(text, lambda process: process.run(text, inputs, dtype))


class _Processes:
    """The processes of one framework: the same program always goes to the same one, where it stays compiled.

    `make` makes one that has not been started yet.
    """

    def __init__(self, make: Callable[[], WorkerProcess], most: int | None) -> None:
        self.make, self.most = make, most or os.cpu_count() or 1
        self.all = [make()]
        self.of: dict[int, WorkerProcess] = {}
        self.waiting: dict[WorkerProcess, int] = {self.all[0]: 0}
        self.since = 0.0
        self.lock = threading.Lock()

    def submit(self, text: str, task: Callable[[WorkerProcess], Result]) -> Future[Result]:
        """Hand the task of the program `text` to its process; the future's result is the task's."""
        with self.lock:
            process = self.of.get(hash(text)) or self.of.setdefault(hash(text), self.next())
            self.waiting[process] += 1
        future = process.thread.submit(task, process)

        def done(_: Future[Result]) -> None:
            with self.lock:
                self.waiting[process] -= 1

        future.add_done_callback(done)
        return future

    def next(self) -> WorkerProcess:
        """The process with the least to do: a new one, if there has been work for all of them for long."""
        least = min(self.all, key=self.waiting.__getitem__)
        now = time.monotonic()
        if not self.waiting[least]:
            self.since = now
        elif len(self.all) < self.most and now - self.since > BEHIND:
            self.since = now
            least = self.make()
            self.all.append(least)
            self.waiting[least] = 0
        return least


def named(network: Network, arrays: Sequence[Any], dtype: str) -> dict[str, NDArray[Any]]:
    """Gradients by parameter, and the loss by its own name, unless it is an input; `arrays` has the loss last.

    None, where nothing leads from the loss to a parameter, is zero of its shape. Raises ValueError where there are more
    or fewer, or one has another shape or no numbers.
    """
    *gradients, value = arrays or [None]
    if len(gradients) != len(network.parameters):
        raise ValueError(f"gives {len(gradients)} gradients for {len(network.parameters)} parameters")
    result = {}
    for name, g in zip(network.parameters, gradients, strict=True):
        shape = network.inputs[name].shape
        result[name] = np.zeros(shape, dtype) if g is None else numbers(f"the gradient by {name}", g, shape)
    if network.loss in network.inputs:
        return result
    return {**result, network.loss: numbers("the loss", value, network.nodes[network.index(network.loss)].shape)}


def numbers(what: str, array: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """The array of `what`. Raises ValueError where its dtype is not one of real numbers or its shape is not `shape`."""
    if array is None or array.dtype.kind not in REAL:
        raise ValueError(f"gives {what} as {'None' if array is None else array.dtype}, not as numbers")
    if array.shape != shape:
        raise ValueError(f"gives {what} in the shape {array.shape}, not {shape}")
    return np.asarray(array)


REAL = "biuf"
"""NumPy's letters of the kinds of dtypes whose elements are real numbers."""
