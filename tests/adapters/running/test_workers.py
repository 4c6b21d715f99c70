"""Workers: what goes wrong in one task stays in it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running import workers as running
from gradproof.adapters.running.worker_process import ending
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build

GOOD = "import torch\n\n\ndef gradients(x):\n    return [2 * x]\n"
RAISES = "import torch\n\n\ndef gradients(x):\n    raise ValueError('no such\\nluck')\n"
DIES = "import os\n\nimport torch\n\n\ndef gradients(x):\n    os.abort()\n"
HANGS = "import time\n\nimport torch\n\n\ndef gradients(x):\n    time.sleep(1000)\n"
X = [(np.array(3.0),)]


def numbers(result: Any) -> Any:
    """Arrays as lists; a failure as it is."""
    return result if isinstance(result, Failed) else [[array.tolist() for array in arrays] for arrays in result]


def test_failures_stay_where_they_happen() -> None:
    with Workers(["torch"], limit=5) as workers:
        texts = [GOOD, RAISES, GOOD, DIES, GOOD, HANGS, GOOD, "1 +", GOOD]
        results = [task.result() for task in [workers.submit("torch", text, X, "float64") for text in texts]]
    messages = [result.message for result in results if isinstance(result, Failed)]
    assert messages == [
        "ValueError: no such",
        "the PyTorch worker died: signal SIGABRT",
        "the PyTorch worker gave no answer within 5 s",
        "SyntaxError: invalid syntax (<gradproof program 2>, line 1)",
    ]
    assert [numbers(result) for result in results if not isinstance(result, Failed)] == [[[6.0]]] * 5


def test_one_failure_does_not_hold_up_another_framework() -> None:
    with Workers(["torch", "jax"]) as workers:
        hanging = workers.submit("torch", HANGS, X, "float64")
        assert numbers(workers.submit("jax", GOOD.replace("torch", "jax.numpy as jnp"), X, "float64").result()) == [
            [6.0]
        ]
        assert not hanging.done()


def test_leaving_does_not_wait_for_work() -> None:
    with Workers(["torch"]) as workers:
        workers.submit("torch", GOOD, X, "float64").result()
        begun, waiting = (workers.submit("torch", HANGS, X, "float64") for _ in range(2))
        start = time.monotonic()
    assert time.monotonic() - start < 5
    assert begun.cancelled() or isinstance(begun.result(), Failed)
    assert waiting.cancelled()


PROCESS = "import os, time\n\nimport torch\n\n\ndef gradients(x):\n    time.sleep(0.2)\n    return [x + os.getpid()]\n"


def run_by(workers: Workers, texts: list[str]) -> list[float]:
    """In which processes programs like `PROCESS` run that are handed in at once, each with a 0."""
    zero = [(np.array(0.0),)]
    return [numbers(task.result())[0][0] for task in [workers.submit("torch", t, zero, "float64") for t in texts]]


def test_where_work_piles_up_there_are_more_processes_and_a_program_stays_in_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    programs = [f"{PROCESS}# {number}\n" for number in range(6)]
    monkeypatch.setattr(running, "BEHIND", 0.0)
    with Workers(["torch"], most=2) as workers:
        first, again = (run_by(workers, programs) for _ in range(2))
        assert len({*first}) == 2
        assert again == first
    with Workers(["torch"], most=1) as workers:
        assert len({*run_by(workers, programs)}) == 1


def test_a_few_tasks_start_no_further_process() -> None:
    with Workers(["torch"], most=2) as workers:
        assert len({*run_by(workers, [f"{PROCESS}# {number}\n" for number in range(6)])}) == 1


def test_a_program_is_run_once_for_many_inputs(workers: Workers) -> None:
    text = "import torch\n\ncalls = []\n\n\ndef gradients(x):\n    calls.append(1)\n    return [x + len(calls)]"
    many = [(np.array(float(i)),) for i in range(3)]
    assert numbers(workers.submit("torch", text, many, "float32").result()) == [[1.0], [3.0], [5.0]]
    assert numbers(workers.submit("torch", text, X, "float32").result()) == [[7.0]]


def test_a_program_that_is_wrong_about_the_framework_fails_in_one_line(workers: Workers) -> None:
    text = "import torch\n\n\ndef gradients(x):\n    return [torch.ones(2, 3) @ torch.ones(2)]\n"
    result = workers.submit("torch", text, X, "float32").result()
    assert isinstance(result, Failed)
    assert result.message.startswith("RuntimeError: ")
    assert "\n" not in result.message


GROWS = "import torch\n\n\ndef gradients(x):\n    kept = []\n    while True:\n        kept.append(torch.ones(2**22))\n"

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="nothing tells how much memory a process has")


@linux
def test_a_program_that_takes_memory_without_bound_fails_alone() -> None:
    with Workers(["torch"], memory=2**30) as workers:
        results = [
            task.result() for task in [workers.submit("torch", text, X, "float64") for text in (GOOD, GROWS) * 2]
        ]
    most = Failed("the PyTorch worker took more than 1 GiB of memory, its limit (--worker-memory)", died=True)
    assert [numbers(result) for result in results] == [[[6.0]], most, [[6.0]], most]
    assert workers.remarks == [f"{most.message}; what it was asked is asked of a new one"] * 2


@linux
def test_memory_that_a_framework_cannot_start_in_is_told_and_not_tried_again() -> None:
    with Workers(["torch"], memory=2**26) as workers:
        for _ in range(2):
            assert workers.submit("torch", GOOD, X, "float64").result() == Failed(
                "the PyTorch worker took more than 0.0625 GiB of memory, its limit (--worker-memory) as it imported "
                "the framework"
            )


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "died: exit code 0"),
        (-11, "died: signal SIGSEGV"),
        (-9, "died: signal SIGKILL, which the system sends where memory runs out"),
        (-40, "died: signal 40"),
        (None, "closed its pipe to gradproof"),
    ],
)
def test_how_a_worker_ended_is_said_in_words(code: int | None, words: str) -> None:
    assert ending(code) == words


def test_a_framework_that_cannot_be_imported_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    missing = replace(FRAMEWORKS["torch"], module="no_such_framework", distributions=("no-such-framework",))
    monkeypatch.setitem(FRAMEWORKS, "torch", missing)
    assert version(missing) is None
    with Workers(["torch"]) as workers:
        result = workers.submit("torch", GOOD, X, "float64").result()
    assert result == Failed("ModuleNotFoundError: No module named 'no_such_framework'")


def alive(session: int) -> bool:
    """Whether a process of this session is left; one that only waits to be read is none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, its = stat.read_text().rpartition(")")[2].split()[:4]
            if int(its) == session and state != "Z":
                return True
    return False


MAIN = """
import numpy as np
from gradproof.adapters.running.workers import Workers
if __name__ == "__main__":
    with Workers(["torch"]) as workers:
        inputs = [(np.array(1.0),)]
        workers.submit("torch", "import torch\\ndef gradients(x): return [x]", inputs, "float64").result()
        print("ready", flush=True)
        text = "import time, torch\\ndef gradients(x): time.sleep(1000)"
        workers.submit("torch", text, inputs, "float64").result()
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="nothing tells of which session a process is")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGKILL, -signal.SIGKILL)])
def test_ctrl_c_and_sudden_death_leave_no_process_behind(
    number: signal.Signals, code: int, tmp_path: object, interruptible: None
) -> None:
    script = f"{tmp_path}/main.py"
    with open(script, "w") as file:
        file.write(MAIN)
    process = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)  # CPython sees a signal late that comes in the moment in which it begins to wait
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does: to parent and worker
    else:
        process.kill()
    start = time.monotonic()
    assert process.wait(timeout=120) == code  # seconds: a machine may be busy
    while alive(process.pid):
        assert time.monotonic() - start < 120, "a worker outlives its parent"
        time.sleep(0.1)
    assert process.stderr.read().count("Traceback") == (1 if number == signal.SIGINT else 0)
    process.stdout.close()
    process.stderr.close()


def test_nothing_is_imported_to_find_out_what_is_there() -> None:
    code = (
        "import sys\n"
        "from gradproof.adapters import registry\n"
        "from gradproof.adapters.programs import script\n"
        "from gradproof.adapters.running import workers\n"
        "assert all(map(registry.version, registry.FRAMEWORKS.values()))\n"
        "heavy = [name for f in registry.FRAMEWORKS.values() for name in (f.module, *f.tensors)]\n"
        "print(sorted({'keras', *heavy} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_program_that_is_kept_runs_under_its_own_settings(workers: Workers, framework: str) -> None:
    """JAX has x64 on in float64 and off in float32, whatever another program has set in between."""
    one, other = (build(f"L = sum(w * w) / {n}", {"w": [1.1, 2.3]}) for n in (3, 7))
    mode = FRAMEWORKS[framework].default_mode
    for network, dtype in ((one, "float64"), (other, "float32"), (one, "float64"), (other, "float32")):
        (found,) = workers.gradients(network, framework, mode, dtype).result()  # type: ignore[misc]
        assert found["w"].dtype == dtype
        assert np.array_equal(found["w"], found["w"].astype("float32")) == (dtype == "float32")
