"""The programs that are measured: one kernel on one path."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.statements import expression
from gradproof.adapters.running import inside

Array = NDArray[Any]

SHAPES = ("long", "short", "strided")
"""Arrays that a mode may treat differently: a long one takes the vector path, three numbers are one tail."""

ROW = 3
"""How many numbers a short array has."""


def forward(framework: Framework, path: str, statement: str, dtype: str) -> str:
    """A program whose `gradients(x)` gives not gradients but the value of `statement` on `path` in `dtype`.

    float16 and bfloat16 numbers go in and come out as float32.
    """
    mode, shape = path.split()
    head = "\n".join(framework.head(framework.imports, dtype))
    decorator = f"{framework.modes[mode].decorator}\n".lstrip()
    stride = "    x = x[::2]\n" if shape == "strided" else ""
    value = framework.shipped.get(statement) or expression(statement, framework, {"x": (1,)})
    taken = "kernel(x)"
    if dtype in ("float16", "bfloat16"):  # converted outside of what is compiled, which could leave it out
        narrow = framework.cast.format(tensor="x", dtype=dtype)
        taken = framework.cast.format(tensor=f"kernel({narrow})", dtype="float32")
    return (
        f"{head}\n\n\n{decorator}def kernel(x):\n{stride}    return {value}\n\n\n"
        f"def gradients(x):\n    return [{taken}]\n"
    )


def runner(framework: Framework, path: str, statement: str, dtype: str) -> Callable[[Array], Array]:
    """A function that evaluates the program in this process, whatever `path` does to the array.

    It takes one array (n,) of float64, or of float32 for the other dtypes, and gives one of that shape. It raises what
    the framework does.
    """
    return running(forward(framework, path, statement, dtype), framework.constant, path, dtype)


def running(text: str, constant: str, path: str, dtype: str) -> Callable[[Array], Array]:
    """As `runner`, for the text of a program; `constant` is the framework's text that makes a tensor."""
    namespace = inside.program(text)
    carried = dtype if dtype == "float64" else "float32"
    tensor = eval(f"lambda value: {constant.format(value='value', dtype=carried)}", namespace)

    def run(x: Array) -> Array:
        inside.program(text)  # which sets the framework up for it again
        return np.asarray(namespace["gradients"](tensor(x))[0])

    if path.endswith("short"):
        return lambda x: np.concatenate([run(row) for row in x.reshape(-1, ROW)])
    if path.endswith("strided"):
        return lambda x: run(np.repeat(x, 2))
    return run
