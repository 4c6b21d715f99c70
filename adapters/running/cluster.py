"""The work on a Dask cluster: one on this machine, or one whose scheduler runs already. Needs the extra `cluster`.

Every framework has workers of its own, of one thread each, which begin with the profile's variables: a library reads
some of them as it is loaded. Work that is of no framework, or starts processes for them by itself, goes to any worker.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from gradproof.adapters.framework import Framework
from gradproof.adapters.running.interrupts import mask_restored, shielded
from gradproof.adapters.running.spread import MakeExecutor
from gradproof.reference.errors import GradproofError

PRE_SPAWN = "distributed.nanny.pre-spawn-environ"
"""Dask's setting for variables that a worker process begins with; the others come after NumPy."""

DASHBOARD = "127.0.0.1:0"
"""Any free port, and nobody else's business."""

WAIT = "60s"
"""For a scheduler to answer: a wrong address should not hang."""


@contextmanager
def local(count: int, profile: Mapping[str, str], at_end: Callable[[], None] | None = None) -> Iterator[MakeExecutor]:
    """Executors of a cluster of `count` processes on this machine for each framework, ended with the block.

    Where all went well, each process then calls `at_end`. Raises GradproofError where Dask is not installed.
    """
    dask, distributed = modules()
    clients: list[Any] = []
    with ExitStack() as stack:

        def executor(framework: Framework | None) -> Executor:
            environment = variables_of(framework, profile)
            with dask.config.set({PRE_SPAWN: environment}), mask_restored():
                shielded({signal.SIGINT})  # a terminal's Ctrl-C is for the client, which ends its cluster
                cluster = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=count,
                        threads_per_worker=1,
                        processes=True,
                        dashboard_address=DASHBOARD,
                        silence_logs=logging.CRITICAL,  # it tells of each connection that ends with a run
                    )
                )
            client = stack.enter_context(distributed.Client(cluster))
            clients.append(client)
            return prepared(client, framework, environment, list(client.scheduler_info(n_workers=-1)["workers"]))

        yield executor
        for client in clients:
            ended(client, at_end)


@contextmanager
def running(
    address: str, profile: Mapping[str, str], at_end: Callable[[], None] | None = None
) -> Iterator[MakeExecutor]:
    """Executors of the workers that a running scheduler has for each framework: those with a resource of its key.

    Where all went well, each worker then calls `at_end`. Raises GradproofError where Dask is not installed, no
    scheduler answers, or there is no such worker.
    """
    if not address:
        raise GradproofError("no address of a scheduler is given")
    _, distributed = modules()
    with ExitStack() as stack:
        try:
            client = stack.enter_context(distributed.Client(address, timeout=WAIT))
        except (OSError, ValueError) as problem:
            raise GradproofError(f"no scheduler answers at {address!r}: {problem}") from None

        def executor(framework: Framework | None) -> Executor:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            own = [worker for worker, about in workers.items() if not framework or framework.key in about["resources"]]
            if not own:
                whose = f" for {framework.title}" if framework else ""
                resources = f' --resources "{framework.key}=1"' if framework else ""
                command = f"dask worker {address} --nthreads 1{resources}"
                raise GradproofError(f"the scheduler has no worker{whose}; start some with: {command}")
            return prepared(client, framework, variables_of(framework, profile), own)

        yield executor
        ended(client, at_end)


def ended(client: Any, at_end: Callable[[], None] | None) -> None:
    """Have each worker call `at_end`, where the scheduler is still there."""
    with suppress(OSError):
        if at_end and client.status == "running":
            client.run(at_end, on_error="ignore")


def variables_of(framework: Framework | None, profile: Mapping[str, str]) -> dict[str, str]:
    """The variables that a worker for the framework begins with; none where that is left to the processes it starts."""
    return {**profile, **framework.environment} if framework else {}


def prepared(client: Any, framework: Framework | None, environment: Mapping[str, str], workers: list[str]) -> Executor:
    """The executor of these workers; for no framework in particular, of all there are and will be.

    Raises GradproofError where one began without variables of the environment.
    """
    if framework is None:
        return Units(client)
    for found in client.run(variables, list(environment), workers=workers).values():
        lacking = " ".join(f"{name}={value!r}" for name, value in environment.items() if found[name] != value)
        if lacking:
            raise GradproofError(f"a worker for {framework.title} must be started with: {lacking}")
    return Units(client, workers)


class Units(Executor):
    """An executor of these workers of a cluster, or of all.

    Dask's own looks at a unit's state again when it has the result, and takes that for a failure if the worker has left
    in between.
    """

    def __init__(self, client: Any, workers: list[str] | None = None) -> None:
        self.client, self.workers = client, workers

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """As any executor does. A future is cancelled where the scheduler is lost."""
        task = self.client.submit(function, *arguments, **named, workers=self.workers, pure=False)
        found: Future[Any] = Future()
        self.client.loop.add_callback(self.told, task, found)
        return found

    async def told(self, task: Any, found: Future[Any]) -> None:
        """Give the future what becomes of the task, once."""
        result, problem = None, None
        try:
            result = await task._result()
        except BaseException as raised:
            problem = raised
        if type(problem).__name__ == "CancelledError":  # Dask has a class of its own
            found.cancel()
        if not found.set_running_or_notify_cancel():
            return
        if problem is None:
            found.set_result(result)
        else:
            found.set_exception(problem)


def variables(names: list[str]) -> dict[str, str | None]:
    """The environment variables of these names in the process that calls this; None for one that is not set."""
    return {name: os.environ.get(name) for name in names}


def modules() -> tuple[Any, Any]:
    """The modules `dask` and `distributed`. Raises GradproofError with the command that installs them."""
    try:
        import dask
        import distributed
    except ModuleNotFoundError:
        raise GradproofError("a cluster needs Dask; install it with: pip install 'gradproof[cluster]'") from None
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is told by whoever asked
    return dask, distributed
