"""Units of work spread over processes, each kept as soon as it is done: a killed run loses those in work, no more.

A unit is a NamedTuple of plain values, `framework` among them: no process should import two frameworks. Any
`concurrent.futures.Executor` does the work, a cluster's as well.
"""

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running import inside

Data = dict[str, Any]
"""What a unit gives: whatever a JSON object can hold."""

MakeExecutor = Callable[[Framework], Executor]
"""Makes the executor that a framework's units run in; `complete` shuts it down."""


class Unit(Protocol):
    """What can be spread: hashable, and the same again after a round trip through JSON."""

    @property
    def framework(self) -> str:
        """The key of the framework that is to be imported."""
        ...


U = TypeVar("U", bound=Unit)


class State(Generic[U]):
    """Results by unit (`done`), and the file of JSON lines that holds them; `kind` makes a unit of its values.

    What `path` holds is read first, but for a last line that was cut off as it was written.
    """

    def __init__(self, path: Path, kind: Callable[..., U]) -> None:
        self.path = path
        self.done: dict[U, Data] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            lines = path.read_bytes().split(b"\n")
            if lines[-1]:  # cut off as it was written
                os.truncate(path, path.stat().st_size - len(lines[-1]))
            for line in lines[:-1]:
                unit, result = json.loads(line)
                self.done[kind(*unit)] = result

    def add(self, unit: U, result: Data) -> None:
        """Keep a result: it is on the disk before this returns. Raises OSError where it cannot be written."""
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps([unit, result]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.done[unit] = result


def processes(count: int) -> MakeExecutor:
    """Executors of `count` processes on this machine, without output and ended with their parent."""

    def executor(framework: Framework) -> Executor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count, context, inside.prepare, (dict(framework.environment),))

    return executor


def complete(units: Iterable[U], perform: Callable[[U], Data], state: State[U], executor: MakeExecutor) -> Iterator[U]:
    """Do the units that `state` lacks, keeping each as soon as it is done; gives them all, those known first.

    Raises what `perform` raises, and `BrokenExecutor` where a process dies.
    """
    missing = []
    for unit in units:
        if unit in state.done:
            yield unit
        else:
            missing.append(unit)
    pools: dict[str, Executor] = {}
    running: dict[Future[Data], U] = {}
    try:
        for key, group in groupby(missing, lambda unit: unit.framework):
            pool = pools[key] = pools.get(key) or executor(FRAMEWORKS[key])
            running = {pool.submit(perform, unit): unit for unit in group}
            for future in as_completed(running):
                unit = running.pop(future)
                state.add(unit, future.result())
                yield unit
    finally:
        for future in running:  # not every executor's shutdown can
            future.cancel()
        for pool in pools.values():
            pool.shutdown()
