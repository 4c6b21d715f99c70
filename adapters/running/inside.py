"""What runs inside a worker process. Only here is a framework imported."""

import importlib
import itertools
import linecache
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_PROGRAMS = 64
"""How many programs stay compiled."""

_programs: dict[str, dict[str, Any]] = {}
_numbers = itertools.count(1)


def prepare(environment: dict[str, str]) -> None:
    """Set up a new process: its environment, no output, and no life without its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair, which kills this process
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # frameworks log from C++; what matters comes back as a result
        os.dup2(nowhere, stream)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """End with the parent, however that ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def load(module: str) -> str | None:
    """Import the framework's `module`. Returns None, or what went wrong on one line: whatever it raises is caught."""
    try:
        importlib.import_module(module)
    except Exception as problem:
        return exception_line(problem)
    return None


def differentiate(
    text: str, constant: str, dtype: str, inputs: Sequence[Sequence[NDArray[Any]]]
) -> list[list[Any]] | str:
    """What the program `text` gives for each tuple of arrays in `inputs`.

    It defines `gradients`, which gives a list; else `value_and_gradients`, whose value then stands after the gradients.

    `constant` is the framework's text that makes a tensor of `{value}` in `{dtype}`. Gradients come as NumPy arrays, in
    the order of the program; None stays None: frameworks give it where nothing leads from the loss to a parameter.
    Returns what went wrong, on one line, if the program raises.
    """
    try:
        namespace = program(text)
        tensor = eval(f"lambda value: {constant.format(value='value', dtype=dtype)}", namespace)
        found = []
        for arrays in inputs:
            if "gradients" in namespace:
                gradients = namespace["gradients"](*map(tensor, arrays))
            else:
                value, gradients = namespace["value_and_gradients"](*map(tensor, arrays))
                gradients = [*gradients, value]
            found.append([None if gradient is None else np.asarray(gradient) for gradient in gradients])
        return found
    except Exception as problem:
        return exception_line(problem)


def program(text: str) -> dict[str, Any]:
    """The namespace of the program `text`, which is run once and then kept while there is room."""
    if text not in _programs:
        while len(_programs) >= MAX_PROGRAMS:
            oldest = next(iter(_programs))
            linecache.cache.pop(_programs.pop(oldest)["__file__"], None)
        name = f"<gradproof program {next(_numbers)}>"
        # Tracebacks then show the program's lines, and TensorFlow can read the source of a function.
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        namespace = {"__name__": "gradproof_program", "__file__": name}
        exec(compile(text, name, "exec"), namespace)
        _programs[text] = namespace
    return _programs[text]


def exception_line(problem: Exception) -> str:
    """One line for an exception: its type, and the first line of its text if it has one."""
    lines = str(problem).strip().splitlines()
    return f"{type(problem).__name__}: {lines[0]}" if lines else type(problem).__name__
