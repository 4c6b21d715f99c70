"""Running a submission in a process of its own, within limits; nothing of it is left when it is done.

What the process gives up is in `confinement`, what runs in it in `harness`, what comes back in `left_behind`.
"""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.grading.sandbox.left_behind import Outcome
from gradproof.reports.grading.sandbox.libraries import installed, readable
from gradproof.reports.grading.sandbox.scratch import kill, kill_escaped, scratch
from gradproof.reports.grading.sandbox.usage import FILE_SIZE
from gradproof.reports.grading.sandbox.watch import Limits, Watch

HERE = Path(__file__).parent
OPEN_FILES = 128
LANDLOCK = 6
"""The newest version of Landlock that has more for us."""
ABSENT = ("gradproof", "flint", "mpmath", "hypothesis", "_pytest", "pytest")


@dataclass(frozen=True)
class Task:
    """What is run: named parts of source text, inputs and constants as variables, and which functions are called."""

    parts: Sequence[tuple[str, str]]
    inputs: Mapping[str, Any]
    constants: Mapping[str, float] = field(default_factory=dict)
    parameters: Sequence[str] = ()
    functions: Sequence[str] = ()
    private: Sequence[Path] = ()
    """Folders that the submission must not read, such as the lesson's, with its answers."""


def run_submission(task: Task, limits: Limits, weak: bool = False) -> Outcome:
    """Run a submission to its end; what it does wrong is told in the outcome, not raised.

    With `weak`, as on a system whose kernel has no means to confine a process.
    """
    token = uuid.uuid4().hex
    with scratch() as folder:
        reader, writer = os.pipe()
        try:
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(HERE / "harness.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=bare_environment(folder, token),
                pass_fds=(writer,),
                start_new_session=True,
            )
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        watch = Watch(child, reader, folder, limits)
        try:
            watch.until_the_end(json.dumps(setup(task, limits, folder, writer, weak)).encode())
        finally:
            kill(child)
            os.close(reader)
            if "processes" not in watch.isolation:
                kill_escaped(token)
    return watch.outcome()


def setup(task: Task, limits: Limits, folder: Path, descriptor: int, weak: bool) -> dict[str, Any]:
    """What the harness is told on its standard input; `descriptor` is where it writes results."""
    found = readable(task.private)
    return {
        "parts": list(task.parts),
        "inputs": {name: np.asarray(array).tolist() for name, array in task.inputs.items()},
        "constants": dict(task.constants),
        "parameters": list(task.parameters),
        "functions": list(task.functions),
        "tensors": [module for f in FRAMEWORKS.values() for module in (f.module, *f.tensors)],
        "absent": ABSENT,
        "site": installed(),
        "files": {
            "read": found.read,
            "listed": found.listed,
            "folders": [os.path.realpath(p) for p in (folder, folder / "config")],
        },
        "beside": [str(HERE / f"{name}.py") for name in ("confinement", "system_calls", "fence", "describing")],
        "limits": [int(limits.seconds) + 5, limits.memory, FILE_SIZE, OPEN_FILES],
        "memory": limits.memory,
        "descriptor": descriptor,
        "landlock": LANDLOCK,
        "weak": weak,
    }


def bare_environment(folder: Path, token: str) -> dict[str, str]:
    """All that the submission sees of the environment: nothing of the grader's own."""
    home = str(folder)
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    threads = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        **kept,
        **dict.fromkeys(threads, "1"),
        **dict.fromkeys(("HOME", "TMPDIR", "TMP", "TEMP"), home),
        **dict.fromkeys(("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), str(folder / "config")),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "GRADPROOF_SUBMISSION": token,
    }
