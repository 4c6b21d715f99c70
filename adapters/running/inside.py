"""What runs inside a worker process. Only here is a framework imported."""

import ast
import contextvars
import importlib
import itertools
import linecache
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.running.interrupts import ENDING
from gradproof.adapters.running.messages import exception_line

MAX_PROGRAMS = 64
"""How many programs stay compiled."""

ANSWER = 2**30
"""Bytes that an answer may have: the parent has to hold it, and no gradient of an admitted network is so large."""

GIVEN, RAISED = b"=", b"!"
"""What an answer begins with: before a pickled result, and before the line of what was raised instead."""

CUT_OFF = 73
"""The exit code of a worker that cannot answer, its end of the pipe being closed."""

_programs: dict[str, tuple[dict[str, Any], CodeType]] = {}
_numbers = itertools.count(1)


def prepare(environment: dict[str, str | None]) -> None:
    """Set up a new process: its environment, no output, and no life without its parent.

    It leads a group of its own: a signal to its parent's group does not meet it, one that it sends to its group meets
    nobody else, and what it starts can be ended with it.
    """
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
        for number in ENDING:  # kept from it since it was started; to ignore them drops those that have come since
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair, which kills this process
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # frameworks log from C++; what matters comes back as a result
        os.dup2(nowhere, stream)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    """End with the parent, however that ends, and take along what was started here."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)


def serve(connection: Connection, environment: dict[str, str | None]) -> None:
    """Answer what the parent asks, one question after the other, until it is gone."""
    prepare(environment)
    try:
        while True:
            connection.send_bytes(answer(connection.recv_bytes()))
    except (OSError, EOFError):
        os._exit(CUT_OFF)  # whatever threads are left, and whatever would be done at the end


def answer(question: bytes) -> bytes:
    """The answer to a pickled function and its arguments: what it gives, or what it raises, whatever that is.

    What of the process it changes, and the next answer hangs on, is put back.
    """
    folder, depth = os.getcwd(), sys.getrecursionlimit()
    try:
        function, arguments = pickle.loads(question)
        with np.errstate():
            result = pickle.dumps(contextvars.copy_context().run(function, *arguments), pickle.HIGHEST_PROTOCOL)
        if len(result) > ANSWER:
            raise ValueError(f"the answer has {len(result):,} bytes; at most {ANSWER:,} are taken")
        return GIVEN + result
    except BaseException as problem:
        sys.setrecursionlimit(depth)
        return RAISED + exception_line(problem).encode()
    finally:
        sys.setrecursionlimit(depth)
        os.chdir(folder)


def load(module: str) -> str | None:
    """Import the framework's `module`. Returns None, or what went wrong on one line: whatever it raises is caught."""
    try:
        importlib.import_module(module)
    except BaseException as problem:
        return exception_line(problem)
    return None


def differentiate(
    text: str, constants: Mapping[str, str], dtype: str, inputs: Sequence[Sequence[NDArray[Any]]]
) -> list[list[Any]] | str:
    """What the program `text` gives for each tuple of arrays in `inputs`.

    It defines `gradients`, which gives a list; else `value_and_gradients`, whose value then stands after the gradients.

    `constants` are the framework's texts that make a tensor of `value`, by the dtype of the array; what is none of
    these is made one of `dtype`.
    Gradients come as NumPy arrays, in the order of the program; None stays None: frameworks give it where nothing leads
    from the loss to a parameter. Returns what went wrong, on one line, if the program raises, whatever it raises.
    """
    depth = sys.getrecursionlimit()
    try:
        namespace = program(text)
        made = {kind: eval(f"lambda value: {constant}", namespace) for kind, constant in constants.items()}

        def tensor(array: NDArray[Any]) -> Any:
            return made[array.dtype.name if array.dtype.name in made else dtype](array)

        found = []
        for arrays in inputs:
            if "gradients" in namespace:
                gradients = namespace["gradients"](*map(tensor, arrays))
            else:
                value, gradients = namespace["value_and_gradients"](*map(tensor, arrays))
                gradients = [*gradients, value]
            found.append([None if gradient is None else array_of(gradient) for gradient in gradients])
        return found
    except BaseException as problem:
        sys.setrecursionlimit(depth)
        return exception_line(problem)


def array_of(gradient: Any) -> NDArray[Any]:
    """A gradient as an array of plain values.

    Raises TypeError where it holds Python objects, which can be anything, and ValueError where it is too large.
    """
    array = np.asarray(gradient)
    if array.nbytes > ANSWER:
        raise ValueError(f"a gradient has {array.nbytes:,} bytes; at most {ANSWER:,} are taken")
    if array.dtype.hasobject:
        raise TypeError(f"a gradient is no array of numbers but {type(gradient).__name__}, of dtype {array.dtype}")
    return array


def program(text: str) -> dict[str, Any]:
    """The namespace of the program `text`, which is run once and then kept while there is room.

    Its statements that are calls alone, which set the framework up, run each time: another program may have set it up
    otherwise in between.
    """
    if text in _programs:
        namespace, calls = _programs[text]
        exec(calls, namespace)
    else:
        while len(_programs) >= MAX_PROGRAMS:
            oldest = next(iter(_programs))
            linecache.cache.pop(_programs.pop(oldest)[0]["__file__"], None)
        name = f"<gradproof program {next(_numbers)}>"
        # Tracebacks then show the program's lines, and TensorFlow can read the source of a function.
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        namespace = {"__name__": "gradproof_program", "__file__": name}
        tree = ast.parse(text, name)
        exec(compile(tree, name, "exec"), namespace)
        tree.body = [line for line in tree.body if isinstance(line, ast.Expr)]
        _programs[text] = namespace, compile(tree, name, "exec")
    return namespace
