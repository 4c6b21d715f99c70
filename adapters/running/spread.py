"""Units of work spread over processes, each kept as soon as it is done: a killed run loses those in work, no more.

A unit is a NamedTuple of plain values, `framework` among them: no process should import two frameworks. Any
`concurrent.futures.Executor` does the work, a cluster's as well.
"""

import errno
import json
import multiprocessing
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import groupby, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running import inside
from gradproof.adapters.running.interrupts import mask_restored, shielded
from gradproof.adapters.running.messages import exception_line
from gradproof.reference.errors import GradproofError

Data = dict[str, Any]
"""What a unit gives: whatever a JSON object can hold."""

AHEAD = 1_000
"""How many units are handed in at once at most: enough for a large cluster, and no wait before the first result."""

MakeExecutor = Callable[[Framework | None], Executor]
"""Makes the executor that a framework's units run in, or those of none; `complete` shuts it down."""


class Unit(Protocol):
    """What can be spread: hashable, and the same again after a round trip through JSON."""

    @property
    def framework(self) -> str:
        """The key of the framework that is to be imported; "" where any process does."""
        ...


U = TypeVar("U", bound=Unit)


class State(Generic[U]):
    """Results by unit (`done`), and the file of JSON lines that holds them; `kind` makes a unit of its values.

    What `path` holds is read first, but for a last line that was cut off as it was written. Raises GradproofError
    for a file that holds something else.
    """

    def __init__(self, path: Path, kind: Callable[..., U]) -> None:
        self.path = path
        self.done: dict[U, Data] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            lines = path.read_bytes().split(b"\n")
            try:
                self.done = {kind(*unit): result for unit, result in map(checked, lines[:-1])}
            except (ValueError, TypeError):
                raise GradproofError(f"{path} is not a file that gradproof keeps, or damaged; remove it") from None
            if lines[-1]:  # cut off as it was written
                os.truncate(path, path.stat().st_size - len(lines[-1]))

    def add(self, unit: U, result: Data) -> None:
        """Keep a result: it is on the disk, whole, before this returns. Raises OSError where it cannot be written."""
        with self.path.open("ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            new = {unit: result}
            added = new if end else {**self.done, **new}  # somebody may have removed the file
            lines = b"".join(kept(each) for each in added.items())
            try:
                if file.write(lines) != len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
                os.fsync(file.fileno())
            except BaseException as problem:
                file.truncate(end)
                if isinstance(problem, OSError):
                    raise OSError(problem.errno, problem.strerror, str(self.path)) from None  # which file it is
                raise
        self.done[unit] = result


def kept(done: tuple[U, Data]) -> bytes:
    """A unit and its result as a line that ends with a sum over it: what is damaged is not to be taken for a result."""
    text = json.dumps(done)
    return f"{text[:-1]}, {zlib.crc32(text.encode())}]\n".encode()


def checked(line: bytes) -> tuple[list[Any], Data]:
    """What is `kept` in a line: the unit's values, and its result. Raises ValueError or TypeError for anything else."""
    try:
        unit, result, said = json.loads(line)
    except RecursionError:
        raise ValueError("too many brackets") from None
    if zlib.crc32(json.dumps([unit, result]).encode()) != said or not isinstance(result, dict):
        raise ValueError("the sum is another one")
    return unit, result


class Processes(ProcessPoolExecutor):
    """Processes of this machine that are killed when they are shut down: nobody waits for what is then in work."""

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:
        """As any executor does; the processes that it starts are kept from signals that are meant for this one."""
        with mask_restored():
            shielded()
            return super().submit(*arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Kill the processes, those that are still starting among them; futures that are in work break."""
        for process in list((self._processes or {}).values()):
            process.kill()
        super().shutdown(wait=False, cancel_futures=cancel_futures)


def processes(count: int) -> MakeExecutor:
    """Executors of `count` processes on this machine, without output and ended with their parent."""

    def executor(framework: Framework | None) -> Executor:
        context = multiprocessing.get_context("spawn")
        environment: dict[str, str | None] = {**framework.environment} if framework else {}
        return Processes(count, context, inside.prepare, (environment,))

    return executor


def complete(
    units: Iterable[U],
    perform: Callable[..., Data],
    state: State[U],
    executor: MakeExecutor,
    given: Callable[[U], tuple[Any, ...]] = lambda unit: (unit,),
    lost: Callable[[U, Exception], Data] | None = None,
) -> Iterator[U]:
    """Do the units that `state` lacks, keeping each as soon as it is done; gives them all, those known first.

    A unit is done by `perform`, which gets what is `given` for it. Raises what `perform` raises, unless `lost`
    has a result for it, `BrokenExecutor` where a process dies, and CancelledError where a cluster goes away; whatever
    ends it, an interrupt among them, every result that is there by then is kept.
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
            pool = pools[key] = pools.get(key) or executor(FRAMEWORKS.get(key))
            done: SimpleQueue[Future[Data]] = SimpleQueue()
            while True:
                for unit in islice(group, AHEAD - len(running)):
                    future = pool.submit(perform, *given(unit))
                    running[future] = unit
                    future.add_done_callback(done.put)
                if not running:
                    break
                future = done.get()
                problem = future.exception()
                if problem is None:
                    result = future.result()
                elif not isinstance(problem, Exception):  # a framework's own, and no interrupt
                    raise RuntimeError(exception_line(problem)) from problem
                elif lost is None:
                    raise problem
                else:
                    result = lost(running[future], problem)
                state.add(running[future], result)
                yield running.pop(future)
    finally:
        try:
            for future, unit in running.items():
                if future.done() and not future.cancelled() and not future.exception():
                    state.add(unit, future.result())
        finally:
            for pool in pools.values():  # each cancels its own: one of processes stumbles over what others cancelled
                pool.shutdown(wait=False, cancel_futures=True)
