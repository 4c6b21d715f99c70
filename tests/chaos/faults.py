"""What a framework can do to its worker, in the program of one network: that one fails and says so, the others do not.

What stands between is compared, result by result, with a run in which nothing is done.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any

import pytest

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs import script
from gradproof.adapters.running import workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.results.results import Result

FRAMEWORKS = ("torch", "jax", "tensorflow")


@dataclass(frozen=True)
class Fault:
    """Statements that a program runs before it differentiates, `right(*arguments)` being what is right.

    `message` is a pattern of what the result says; empty where the network is judged as if nothing had been done.
    """

    code: str
    message: str = ""
    limit: float = 60.0
    memory: float | None = None


ODD = "class Odd(BaseException):\n    def __str__(self): {}\n    __repr__ = __str__\nraise Odd()"

RAISED: dict[str, Fault] = {
    "an error": Fault("raise ValueError('no such luck')", "ValueError: no such luck"),
    "exit": Fault("raise SystemExit(3)", "SystemExit: 3"),
    "quiet exit": Fault("import sys\nsys.exit()", "SystemExit"),
    "interrupt": Fault("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "generator": Fault("raise GeneratorExit", "GeneratorExit"),
    "cancelled": Fault("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
    "group": Fault("raise BaseExceptionGroup('two', [SystemExit(), KeyboardInterrupt()])", "BaseExceptionGroup: two"),
    "text that raises": Fault(ODD.format("raise SystemExit"), "Odd, whose text cannot be had"),
    "text that is none": Fault(ODD.format("return 3"), "Odd, whose text cannot be had"),
    "text that recurs": Fault(ODD.format("return str(self)"), "Odd, whose text cannot be had"),
    "text without end": Fault(ODD.format("return 'ha' * 10**8"), r"Odd: (ha)+\.\.\."),
    "text of half characters": Fault(ODD.format(r"return '\ud800\x1b[31m\x00'"), r"Odd: \\ud800\\x1b\[31m\\x00"),
    "odd name": Fault("raise type('\\x1b[2J' * 10**3, (Exception,), {})('text')", r"^(\\x1b\[2J)+.*\.\.\.: text"),
    "name that raises": Fault(
        "class Meta(type):\n    @property\n    def __name__(cls): raise MemoryError\n"
        "class Odd(Exception, metaclass=Meta): pass\nraise Odd('text')",
        "an exception without a name: text",
    ),
    "cannot be pickled": Fault(
        "class Odd(Exception):\n    def __reduce__(self): raise SystemExit\nraise Odd('text')", "Odd: text"
    ),
    "cause without end": Fault("problem = ValueError('round')\nproblem.__cause__ = problem\nraise problem", "round"),
    "recursion": Fault("def f(): f()\nf()", "RecursionError"),
    "no depth": Fault("import sys\nsys.setrecursionlimit(60)\ndef f(): f()\nf()", "RecursionError"),
    "no memory": Fault("raise MemoryError", "MemoryError"),
    "too much memory": Fault("import numpy\nnumpy.ones(2**48)", "MemoryError"),
    "stop": Fault("raise StopIteration", "StopIteration"),
}

GIVEN: dict[str, Fault] = {
    "one too few": Fault("v, g = right(*arguments)\nreturn v, g[:-1]", "gives 1 gradients for 2 parameters"),
    "one too many": Fault("v, g = right(*arguments)\nreturn v, [*g, v]", "gives 3 gradients for 2 parameters"),
    "none": Fault("return None", "TypeError"),
    "another shape": Fault(
        "v, g = right(*arguments)\nreturn v, [v, g[1]]", r"gives the gradient by w in the shape \(\), not \(3,\)"
    ),
    "an array of shape none": Fault("v, g = right(*arguments)\nreturn [1.0, 2.0], g", "gives the loss in the shape"),
    "objects": Fault("v, g = right(*arguments)\nreturn v, [g[0], object()]", "no array of numbers but object"),
    "texts": Fault("v, g = right(*arguments)\nreturn v, [g[0], 'text']", "gives the gradient by b as <U4"),
    "complex": Fault("v, g = right(*arguments)\nreturn v, [g[0], 1j]", "gives the gradient by b as complex128"),
    "no loss": Fault("v, g = right(*arguments)\nreturn None, g", "gives the loss as None"),
    "array that raises": Fault(
        "class Odd:\n    def __array__(self, *a, **k): raise SystemExit('no array')\n"
        "v, g = right(*arguments)\nreturn v, [g[0], Odd()]",
        "SystemExit: no array",
    ),
    "an iterator that raises": Fault(
        "def each():\n    yield 1.0\n    raise KeyboardInterrupt\nv, g = right(*arguments)\nreturn v, each()",
        "KeyboardInterrupt",
    ),
    "huge": Fault("import numpy\nreturn 1.0, [numpy.ones(2**28), 1.0]", "bytes; at most"),
}

DIES: dict[str, Fault] = {
    "exit at once": Fault("import os\nos._exit(0)", "died: exit code 0"),
    "exit with a code": Fault("import os\nos._exit(41)", "died: exit code 41"),
    "abort": Fault("import os\nos.abort()", "died: signal SIGABRT"),
    "segfault": Fault("import ctypes\nctypes.string_at(0)", "died: signal SIGSEGV"),
    "kills itself": Fault("import os\nos.kill(os.getpid(), 9)", "died: signal SIGKILL, which the system sends"),
    "terminates itself": Fault("import os\nos.kill(os.getpid(), 15)", "died: signal SIGTERM"),
    "kills its group": Fault("import os\nos.killpg(0, 15)", "died: signal SIGTERM"),
    "hangs up its group": Fault("import os\nos.kill(0, 1)", "died: signal SIGHUP"),
    "closes everything": Fault("import os\nos.closerange(0, 1000)", "closed its pipe"),
    "hangs": Fault("import time\ntime.sleep(1000)", "gave no answer within 3 s", 3.0),
    "hangs with its signals blocked": Fault(
        "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\ntime.sleep(1000)",
        "gave no answer within 3 s",
        3.0,
    ),
    "dies beside a fork": Fault("import os, time\nif os.fork() == 0: time.sleep(1000)\nos._exit(5)", "exit code 5"),
    "memory without end": Fault(
        "import numpy\nkept = []\nwhile True: kept.append(numpy.ones(2**21))",
        r"took more than 1.5 GiB of memory, its limit",
        memory=1.5,
    ),
    "stack overflow": Fault(
        "import sys\nsys.setrecursionlimit(10**9)\nclass Odd: pass\ndef f(x): return repr([x, f([x])])\nf(0)",
        "died: signal SIGSEGV|RecursionError|no answer within 5 s",
        5.0,
    ),
}

LEFT: dict[str, Fault] = {
    "writes": Fault("import os\nfor fd in (1, 2): os.write(fd, b'\\x1b[2J' * 10**6)\nprint('out', flush=True)"),
    "closes its output": Fault("import os, sys\nos.closerange(1, 3)\nsys.stdout = sys.stderr = None"),
    "interrupts itself": Fault("import os\nos.kill(os.getpid(), 2)"),
    "leaves a fork": Fault("import os, time\nif os.fork() == 0:\n    time.sleep(1000)"),
    "another folder": Fault("import os, tempfile\nfolder = tempfile.mkdtemp()\nos.chdir(folder)\nos.rmdir(folder)"),
    "little depth": Fault("import sys\nsys.setrecursionlimit(200)", "RecursionError|^$"),
    "NumPy raises": Fault("import numpy\nnumpy.seterr(all='raise')"),
    "a thread": Fault("import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()"),
    "a late death": Fault("import os, threading\nthreading.Timer(0.5, os._exit, (6,)).start()", "died|^$"),
    "an end that hangs": Fault("import atexit, time\natexit.register(time.sleep, 1000)"),
    "signals ignored": Fault("import signal\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)"),
    "a hook": Fault("import sys\nsys.excepthook = sys.unraisablehook = sys.exit"),
}

FAULTS = {**RAISED, **GIVEN, **DIES, **LEFT}


def networks() -> dict[str, Network]:
    """Three networks; the second is the one that something is done in."""
    inputs = {"w": [1.0, 2.0, 3.0], "b": 0.5, "x": [0.25, 0.5, 0.75]}
    texts = {"first": "L = sum(w * x) + b", "second": "L = sum(w * x + b)", "third": "L = sum(sigmoid(w * x)) * b"}
    return {name: build(text, inputs, parameters=["w", "b"], title=name) for name, text in texts.items()}


def faulted(fault: Fault, network: Network) -> Any:
    """A function in place of `source`, which writes the fault into the programs of this network."""

    def source(given: Network, framework: Framework, mode: str, dtype: str) -> str:
        text = script.source(given, framework, mode, dtype)
        if given.title != network.title:
            return text
        body = indent(f"{fault.code}\nreturn right(*arguments)", "    ")
        return f"{text}\n\nright = value_and_gradients\n\n\ndef value_and_gradients(*arguments):\n{body}\n"

    return source


def run(framework: str, fault: Fault | None = None) -> list[Result]:
    """The results in a framework, with or without a fault; order and count are those of the networks."""
    every = networks()
    with pytest.MonkeyPatch.context() as patched:
        if fault:
            patched.setattr(workers, "source", faulted(fault, every["second"]))
        limit, memory = (fault.limit, fault.memory) if fault else (60.0, None)
        return check(every, frameworks=framework, limit=limit, worker_memory=memory).results


def wrong(name: str, framework: str, undisturbed: list[Result]) -> str:
    """What went wrong with a fault, if anything."""
    fault = FAULTS[name]
    try:
        results = run(framework, fault)
    except BaseException as problem:
        return f"{framework}, {name}: the run ended with {type(problem).__name__}: {problem}"
    if [(r.network, r.dtype) for r in results] != [(r.network, r.dtype) for r in undisturbed]:
        return f"{framework}, {name}: results are missing or out of order"
    for result, expected in zip(results, undisturbed, strict=True):
        if result.network == "second" and fault.message and not re.search(fault.message, ""):
            if result.verdict != "failed" or not re.search(fault.message, result.message):
                return f"{framework}, {name}: {result.verdict}, {result.message!r}"
        elif result.network == "second" and fault.message:
            if not re.search(fault.message, result.message):
                return f"{framework}, {name}: {result.verdict}, {result.message!r}"
        elif replace(result, tolerances={}) != replace(expected, tolerances={}):
            return f"{framework}, {name}: {result.network} is {result.verdict}, {result.message!r}"
    return ""


def trials(count: int, seed: int) -> Iterator[str]:
    """So many faults, drawn: in all frameworks, or in the first where there are fewer than faults."""
    draw = random.Random(seed)
    known = {framework: run(framework) for framework in FRAMEWORKS[: 1 if count < len(FAULTS) else None]}
    every = [(name, framework) for name in FAULTS for framework in known]
    for name, framework in draw.sample(every, min(count, len(every))):
        yield wrong(name, framework, known[framework])
