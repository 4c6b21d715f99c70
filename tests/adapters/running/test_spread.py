"""Work that is spread over an executor, killed and taken up again."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gradproof.adapters.framework import Framework
from gradproof.adapters.measuring.work_units import Unit, units
from gradproof.adapters.running.spread import AHEAD, State, complete, processes
from tests.adapters.running import hanging


def fake(unit: Unit) -> dict[str, Any]:
    """A result, at once."""
    return {"start": unit.start}


def test_a_user_can_hand_in_an_executor(tmp_path: Path) -> None:
    asked: list[str] = []

    def executor(framework: Framework | None) -> ThreadPoolExecutor:
        assert framework is not None
        asked.append(framework.key)
        return ThreadPoolExecutor(3)

    work = units(["torch", "jax"], ["exp", "log"], 2**30)
    assert set(complete(work, fake, State(tmp_path / "state", Unit), executor)) == set(work)
    assert asked == ["torch", "jax"]  # one each, although the frameworks take turns


def test_no_more_units_are_handed_in_than_the_executor_can_be_busy_with(tmp_path: Path) -> None:
    handed: list[Unit] = []

    class Slow(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Any:
            handed.append(arguments[1])
            return super().submit(*arguments, **named)

    kinds = units(["torch"], ["exp"], 2**20)
    work = [unit for unit in kinds if unit.size][: AHEAD + 50]
    assert len(work) == AHEAD + 50
    state = State(tmp_path / "state", Unit)
    counts = [len(handed) for _ in complete(work, fake, state, lambda _: Slow(2))]
    assert counts[0] == AHEAD
    assert counts[:51] == list(range(AHEAD, AHEAD + 51))
    assert set(state.done) == set(work)


def test_what_is_done_is_not_done_again_and_a_line_cut_off_is(tmp_path: Path) -> None:
    path = tmp_path / "state"
    done: list[Unit] = []

    def perform(unit: Unit) -> dict[str, Any]:
        done.append(unit)
        return fake(unit)

    def run(some: Iterable[Unit]) -> None:
        list(complete(some, perform, State(path, Unit), lambda _: ThreadPoolExecutor(1)))

    work = units(["torch"], ["exp"], 2**30)
    run(work[:3])
    path.write_bytes(path.read_bytes()[:-20])  # killed while it was writing the third
    run(work)
    assert done == [*work[:3], *work[2:]]
    assert list(State(path, Unit).done) == work
    run(work)
    assert len(done) == len(work) + 1


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    command = [sys.executable, "-c", KILLED, str(path)]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 120
        while not (path.exists() and path.read_bytes().count(b"\n") >= 2) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    kept = State(path, Unit).done
    assert 2 <= len(kept) < 32
    subprocess.run(command, check=True, timeout=120)
    whole = State(path, Unit).done
    assert len(whole) == 32
    assert list(whole.items())[: len(kept)] == list(kept.items())


KILLED = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from gradproof.adapters.measuring.work_units import Unit, units
from gradproof.adapters.measuring.tally import Tally
from gradproof.adapters.running.spread import State, complete

def perform(unit):
    time.sleep(0.05)
    return {"eager long": Tally(unit.dtype).data}

work = [unit for unit in units(["torch"], ["exp"], 2**27) if unit.dtype == "float32" and unit.size]
list(complete(work, perform, State(Path(sys.argv[1]), Unit), lambda _: ThreadPoolExecutor(1)))
"""


def test_a_worker_that_raises_is_not_lost_silently(tmp_path: Path) -> None:
    def perform(unit: Unit) -> dict[str, Any]:
        raise MemoryError

    state = State(tmp_path / "state", Unit)
    with pytest.raises(MemoryError):
        list(complete(units(["torch"], ["exp"]), perform, state, lambda _: ThreadPoolExecutor(1)))
    assert state.done == {}


def test_what_is_done_when_an_interrupt_comes_is_kept_and_nobody_waits_for_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "state.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "some are done, one is not\n"
    began = time.monotonic()
    process.terminate()
    assert process.communicate(timeout=60) == ("", "gradproof: interrupted\n")
    assert process.returncode == 130
    assert time.monotonic() - began < HANGING
    assert len(State(path, Unit).done) == 3


def test_what_waits_when_processes_are_killed_breaks_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    monkeypatch.syspath_prepend(Path(__file__).parents[3])  # where a process finds what it is to perform
    work = [unit for unit in units(["torch"], ["exp"], 2**20) if not unit.start or unit.start >= 3 * 2**30][:50]
    done = complete(work, hanging.perform, State(tmp_path / "state", Unit), processes(1))
    next(done)
    before = {thread for thread in threading.enumerate() if "Executor" in type(thread).__name__}
    assert len(before) == 1
    assert isinstance(done, Generator)
    done.close()  # as an interrupt does
    before.pop().join()
    assert said == []


HANGING = 30
"""Seconds that a unit below takes: whoever waited for it would be this late."""

INTERRUPTED = f"""
import sys, time
from pathlib import Path
from gradproof.adapters.measuring.work_units import Unit, units
from gradproof.adapters.running.interrupts import run
from gradproof.adapters.running.spread import State, complete, processes

work = [unit for unit in units(["torch"], ["exp"], 2**30) if unit.dtype == "float32" and unit.size]

def main():
    from tests.adapters.running.hanging import perform
    state = State(Path(sys.argv[1]), Unit)
    for unit in complete(work, perform, state, processes(len(work))):
        time.sleep(3)  # all but the last are done meanwhile
        print("some are done, one is not", flush=True)
        time.sleep({HANGING})

run(main)
"""


def test_a_line_that_cannot_be_written_whole_leaves_the_others_whole(tmp_path: Path) -> None:
    state = State(tmp_path / "state.jsonl", Unit)
    first, second = units(["torch"], ["exp"], 2**30)[:2]
    state.add(first, {"start": 1})
    with pytest.raises(OSError, match="No space left on device"), limited(tmp_path / "state.jsonl", 20):
        state.add(second, {"start": 2})
    state.add(second, {"start": 3})
    assert State(tmp_path / "state.jsonl", Unit).done == {first: {"start": 1}, second: {"start": 3}}


@contextmanager
def limited(path: Path, more: int) -> Iterator[None]:
    """Let the file have so many bytes more, as a disk that fills up does."""
    resource = pytest.importorskip("resource")  # POSIX's
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
