import asyncio
import builtins
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from distributed.cfexecutor import _cascade_future

from gradproof.adapters.running import cluster
from gradproof.adapters.running.profiles import PORTABLE, PROFILES
from gradproof.adapters.running.spread import State, complete, processes
from gradproof.reference.errors import GradproofError
from gradproof.reports.analysis.analysis_command import main
from gradproof.reports.analysis.growth import measure
from gradproof.reports.analysis.growth.measure import Unit

WORK = [Unit(framework, "tanh", depth, 4, 1) for framework in ("torch", "jax") for depth in (1, 2, 3)]

SCRIPT = """
import json, os, sys, time
from pathlib import Path
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.profiles import PORTABLE, PROFILES
from gradproof.adapters.running.spread import State, complete
from gradproof.adapters.running import cluster
from gradproof.reports.analysis.growth import measure

def perform(unit):
    began = Path("/proc/self/environ").read_bytes().split(b"\\0")
    figures = measure.perform(unit)
    imported = [key for key, framework in FRAMEWORKS.items() if framework.module in sys.modules]
    names = (*PROFILES[PORTABLE], "JAX_PLATFORMS")
    return {**figures, "imported": imported, "pid": os.getpid(),
            "began": {n: v for n, v in (x.decode().split("=", 1) for x in began if x) if n in names}}

if __name__ == "__main__":
    work = [measure.Unit(*unit) for unit in json.loads(sys.argv[1])]
    state = State(Path(sys.argv[2]), measure.Unit)
    with cluster.local(1, PROFILES[PORTABLE]) as executor:
        for unit in complete(work, perform, state, executor):
            print(unit.framework, unit.depth, flush=True)
            if len(sys.argv) > 3:
                time.sleep(600)
"""
"""A process of its own, since Dask warns of what is none of ours, as of unclosed event loops at the end."""


@pytest.fixture
def script(tmp_path: Path) -> list[str]:
    path = tmp_path / "on_dask.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return [sys.executable, str(path), json.dumps(WORK), str(tmp_path / "state.jsonl")]


def environment() -> dict[str, str]:
    """This process's, without what a profile sets."""
    return {name: value for name, value in os.environ.items() if name not in PROFILES[PORTABLE]}


def by_processes(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Unit, Any]:
    for name, value in PROFILES[PORTABLE].items():
        monkeypatch.setenv(name, value)
    state = State(path, Unit)
    list(complete(WORK, measure.perform, state, processes(1)))
    return state.done


def test_a_killed_run_on_dask_goes_on_and_gives_the_figures_of_processes(
    script: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = subprocess.Popen([*script, "wait"], stdout=subprocess.PIPE, env=environment(), start_new_session=True)
    assert first.stdout is not None
    assert first.stdout.readline() == b"torch 1\n"
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    again = subprocess.run(script, stdout=subprocess.PIPE, text=True, env=environment(), check=True)
    assert sorted(again.stdout.splitlines()) == sorted(f"{unit.framework} {unit.depth}" for unit in WORK)

    done = State(tmp_path / "state.jsonl", Unit).done
    assert len({part["pid"] for unit, part in done.items() if unit.framework == "torch"}) == 2  # one was killed
    for unit, part in done.items():
        assert part.pop("imported") == [unit.framework]
        assert {**PROFILES[PORTABLE], "JAX_PLATFORMS": "cpu"}.items() >= part.pop("began").items()
        del part["pid"]
    assert done == by_processes(tmp_path / "processes.jsonl", monkeypatch)


def test_dask_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] in ("dask", "distributed"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GradproofError, match=r"needs Dask; install it with: pip install 'gradproof\[cluster\]'"):
        cluster.modules()
    asked = ["growth", "--framework", "torch", "--dask", "--state", str(tmp_path)]
    told = CliRunner().invoke(main, asked)
    assert told.exit_code == 2
    assert "pip install 'gradproof[cluster]'" in told.output


SCHEDULER = """
import sys
from dask import config
from distributed import LocalCluster
from gradproof.adapters.running.profiles import PORTABLE, PROFILES
from gradproof.adapters.running import cluster

if __name__ == "__main__":
    with config.set({cluster.PRE_SPAWN: PROFILES[PORTABLE] if sys.argv[1] == "portable" else {}}):
        workers = LocalCluster(
            n_workers=1, threads_per_worker=1, resources={"torch": 1}, dashboard_address=cluster.DASHBOARD
        )
    print(workers.scheduler_address, flush=True)
    sys.stdin.read()
    workers.close()
"""


CLIENT = """
import sys
from pathlib import Path
from gradproof.adapters.running.profiles import PORTABLE, PROFILES
from gradproof.adapters.running.spread import State, complete
from gradproof.reference.errors import GradproofError
from gradproof.adapters.running import cluster
from gradproof.reports.analysis.growth.measure import Unit, perform

if __name__ == "__main__":
    with cluster.running(sys.argv[1], PROFILES[PORTABLE]) as executor:
        for framework in sys.argv[3:]:
            try:
                work = [Unit(framework, "tanh", 1, 4, 1)]
                list(complete(work, perform, State(Path(sys.argv[2]), Unit), executor))
                print("done")
            except GradproofError as problem:
                print(problem)
"""


@pytest.mark.parametrize("profile", ["portable", "usual"])
def test_workers_of_a_running_scheduler_are_taken_if_they_have_the_profile(profile: str, tmp_path: Path) -> None:
    for name, text in (("scheduler.py", SCHEDULER), ("client.py", CLIENT)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "scheduler.py"), profile]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as scheduler:
        assert scheduler.stdout is not None
        address = scheduler.stdout.readline().strip()
        client = [sys.executable, str(tmp_path / "client.py"), address, str(tmp_path / "state.jsonl"), "torch", "jax"]
        told = subprocess.run(client, stdout=subprocess.PIPE, text=True, check=True, env=environment()).stdout
        scheduler.communicate("")
    first, second = told.splitlines()
    if profile == "portable":
        assert first == "done"
    else:
        assert first.startswith("a worker for PyTorch must be started with: OMP_NUM_THREADS='1'")
    assert second == (
        f'the scheduler has no worker for JAX; start some with: dask worker {address} --nthreads 1 --resources "jax=1"'
    )


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT", "1s")
    with (
        pytest.raises(GradproofError, match="no scheduler answers at 'nonsense://here'"),
        cluster.running("nonsense://here", {}),
    ):
        pass


class Left:
    """A task as Dask has it whose worker left when its result had been fetched, or that `raises`."""

    status = "lost"

    def __init__(self, raises: BaseException | None = None) -> None:
        self.raises = raises

    async def _result(self, raiseit: bool = True) -> dict[str, int]:
        if self.raises:
            raise self.raises
        return {"results": 1, "machine": 2}


class Client:
    """A client whose loop runs what it is given at once."""

    def __init__(self, task: Left) -> None:
        self.task, self.loop = task, self

    def submit(self, function: object, *arguments: object, **named: object) -> Left:
        return self.task

    def add_callback(self, callback: Callable[..., Any], *arguments: object) -> None:
        asyncio.run(callback(*arguments))


def test_a_worker_that_leaves_after_its_result_was_fetched_makes_no_failure_of_it() -> None:
    assert cluster.Units(Client(Left())).submit(len, "").result(0) == {"results": 1, "machine": 2}
    dask: Future[Any] = Future()  # Dask's own executor, for comparison

    async def cascade() -> None:
        await _cascade_future(Left(), dask)

    asyncio.run(cascade())
    with pytest.raises(ValueError, match="not enough values to unpack"):
        dask.result(0)


def test_what_a_unit_raises_and_a_lost_scheduler_are_told() -> None:
    class CancelledError(BaseException):
        """Dask's is no subclass of Python's."""

    with pytest.raises(OSError, match="planted"):
        cluster.Units(Client(Left(OSError("planted")))).submit(len, "").result(0)
    assert cluster.Units(Client(Left(CancelledError()))).submit(len, "").cancelled()
