"""A check spread over a Dask cluster: a network is a unit, which any machine checks as this one would.

The workers of the cluster start processes for the frameworks themselves, with the variables that they have here, so
that a framework that hangs or dies is a result there as well. Versions have to be those of this machine; another
processor may be another, and what it gives says so.
"""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from gradproof.adapters.running.messages import exception_line
from gradproof.adapters.running.spread import Data, MakeExecutor, State, complete
from gradproof.adapters.running.workers import Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.input_arrays import npz
from gradproof.reference.language.network_files import dumps, load
from gradproof.reference.network import Network
from gradproof.reference.random_networks import named_network
from gradproof.reports.checking.choosing import Named, all_cases
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.machines import Asked, known_here, machine, results
from gradproof.reports.checking.results.entries import failed
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.unfinished import Unit, kept_data, kept_results, unit


class Machine(NamedTuple):
    """The machine that asks: its variables of THREADS, None where not set, the threads of its BLAS, its environment."""

    threads: Mapping[str, str | None]
    blas_threads: int | None
    environment: Data


THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that Dask sets for its workers: a sum split between threads is another sum."""

ARRAYS = "inputs.npz"
"""What the arrays of a network that is sent are called, beside it."""


def spread(named: Named, asked: Asked, state: State[Unit], executor: MakeExecutor) -> Iterator[tuple[Result, Data]]:
    """Each result with its machine, network by network as they come; what `state` has first.

    Raises GradproofError where a machine has other versions, CancelledError where the scheduler is lost.
    """
    here = Machine({name: os.environ.get(name) for name in THREADS}, blas_threads(), environment())

    def given(one: Unit) -> tuple[Any, ...]:
        return asked, one.network, sent(named.given.get(one.network)), here

    def lost(one: Unit, problem: Exception) -> Data:
        from distributed.scheduler import KilledWorker

        if isinstance(problem, GradproofError):
            raise problem
        if not isinstance(problem, KilledWorker | UnitError):  # nothing that the unit did
            raise CancelledError from problem
        message = f"gradproof itself failed on a machine of the cluster: {problem}; please report it with the file"
        if isinstance(problem, KilledWorker):
            message = "each machine of the cluster that was given it died"
        cases = all_cases(Named({one.network: named[one.network]}), asked.chosen, asked.modes, asked.dtypes)
        return kept_data([failed(case, message) for case in cases], machine(here.environment, {}), asked.tolerances)

    for one in complete(map(unit, named), perform, state, executor, given, lost):
        yield from kept_results(state.done[one])


def blas_threads() -> int | None:
    """How many threads NumPy's products have here; None where that cannot be told."""
    return max(
        (each["num_threads"] for each in threadpoolctl().threadpool_info() if each["user_api"] == "blas"), default=None
    )


def threadpoolctl() -> Any:
    """The module, which comes with the extra `cluster`."""
    import threadpoolctl as module

    return module


def sent(network: Network | None) -> tuple[str, bytes] | None:
    """A network as its file and that of its arrays, to go to another machine; None for one that is drawn there."""
    if network is None:
        return None
    return dumps(network, ARRAYS), npz(network.inputs)


def received(files: tuple[str, bytes]) -> Network:
    """The network whose files `sent` gave, as another machine has it."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "network.toml").write_text(files[0], encoding="utf-8")
        (Path(folder) / ARRAYS).write_bytes(files[1])
        return load(Path(folder) / "network.toml")


VERSIONS = ("gradproof", "numpy", "python-flint", "frameworks")
"""What the verdicts on all machines have to have in common."""

IDLE = 60.0
"""Seconds without a unit after which the frameworks' processes are ended: whoever asked may have gone."""

_one_at_a_time = threading.RLock()
_workers: dict[Asked, Workers] = {}
_idle: list[threading.Timer] = []
"""The workers of this process, from its first unit on, since starting them takes seconds; and what will end them."""


class UnitError(Exception):
    """A mistake of ours in a process of the cluster, in a line."""


def perform(asked: Asked, name: str, files: tuple[str, bytes] | None, asking: Machine) -> Data:
    """Check one network, in a process of the cluster: its results and this machine, as `kept_data`.

    Raises GradproofError where its versions are not those of the machine that asks, and UnitError for all else: what
    comes as another exception is the cluster's own.
    """
    try:
        return performed(asked, name, files, asking)
    except GradproofError:
        raise
    except Exception as problem:
        raise UnitError(exception_line(problem, whole=True)) from None


def performed(asked: Asked, name: str, files: tuple[str, bytes] | None, asking: Machine) -> Data:
    """Check one network and give its results, as `perform` does, but with exceptions as they come.

    Raises GradproofError where the versions here are not those of the machine that asks.
    """
    here = environment()
    for what in VERSIONS:
        if here[what] != asking.environment[what]:
            versions = f"{what} {here[what]}, and this one has {asking.environment[what]}"
            raise GradproofError(f"a machine of the cluster has {versions}")
    with _one_at_a_time, threadpoolctl().threadpool_limits(asking.blas_threads, "blas"):
        while _idle:
            _idle.pop().cancel()
        if asked not in _workers:
            leave()
            multiprocessing.current_process().daemon = False  # as Dask's are, which may start no processes
            settings = {**asking.threads, **asked.settings}
            # One process of each framework: what works side by side here are the processes of the cluster.
            _workers[asked] = Workers(asked.frameworks, asked.limit, settings, asked.memory, most=1)
        workers = _workers[asked]
        named = Named({name: received(files) if files else named_network(name)})
        found = list(results(named, asked, known_here(named, asked, workers), workers))
        _idle.append(threading.Timer(IDLE, leave))
        _idle[0].daemon = True
        _idle[0].start()
    return kept_data([result for result, _ in found], found[0][1], asked.tolerances)


def leave() -> None:
    """End the workers of this process."""
    with _one_at_a_time:
        while _workers:
            _workers.popitem()[1].__exit__(None, None, None)
