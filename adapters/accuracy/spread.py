"""The units spread over processes: by default here, or by whatever executor is handed in."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from itertools import groupby

from gradproof.adapters import inside
from gradproof.adapters.accuracy.measure import Unit, perform
from gradproof.adapters.accuracy.state import State
from gradproof.adapters.accuracy.tally import Data
from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS

MakeExecutor = Callable[[Framework], Executor]
"""Gives the executor for a framework's units; no process should import two frameworks."""


def processes(count: int) -> MakeExecutor:
    """Executors of `count` processes on this machine, without output and ended with their parent."""

    def executor(framework: Framework) -> Executor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(count, context, inside.prepare, (dict(framework.environment),))

    return executor


def complete(units: Iterable[Unit], state: State, executor: MakeExecutor) -> Iterator[Unit]:
    """Do the units that `state` lacks, keeping each as soon as it is done; gives them all, those known first."""
    missing = []
    for unit in units:
        if unit in state.done:
            yield unit
        else:
            missing.append(unit)
    pools: dict[str, Executor] = {}
    running: dict[Future[Data], Unit] = {}
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
