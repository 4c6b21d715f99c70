"""The programs that are measured: one kernel on one path."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.framework import Framework
from gradproof.adapters.programs.script import identifiers
from gradproof.adapters.running import inside
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import statements

Array = NDArray[Any]

DECORATORS = {"jit": "@jax.jit\n", "function": "@tf.function\n", "xla": "@tf.function(jit_compile=True)\n"}
"""How a mode compiles a function; a mode that is not listed runs it as it stands."""

MODES = {"torch": ("eager",), "tensorflow": ("eager", "xla"), "jax": ("jit",)}
"""The modes that are measured."""

CASTS = {"torch": "x.to(torch.{})", "tensorflow": "tf.cast(x, tf.{})", "jax": "x.astype(jnp.{})"}
"""How a framework converts to a dtype: outside of what is compiled, which could leave it out."""

SHAPES = ("long", "short", "strided")
"""Arrays that a mode may treat differently: a long one takes the vector path, three numbers are one tail."""

ROW = 3
"""Numbers in a short array."""


def forward(framework: Framework, path: str, statement: str, dtype: str) -> str:
    """A program whose `gradients(x)` gives not gradients but the value of `statement` on `path` in `dtype`.

    float16 and bfloat16 numbers go in and come out as float32.
    """
    mode, shape = path.split()
    network = build(f"y = {statement}\nL = sum(y)", {"x": [0.0]})
    names = identifiers(network, framework)
    (_, expression), _ = statements(network, framework.templates, names, framework.number)
    head = "\n".join([*framework.imports, *framework.setup])
    stride = "    x = x[::2]\n" if shape == "strided" else ""
    fed, taken = "x", "kernel(x)"
    if dtype in ("float16", "bfloat16"):
        fed = CASTS[framework.key].format(dtype)
        taken = f"[{CASTS[framework.key].format('float32')} for x in [kernel({fed})]][0]"
    return (
        f"{head}\n\n\n{DECORATORS.get(mode, '')}def kernel(x):\n{stride}    return {expression}\n\n\n"
        f"def gradients(x):\n    return [{taken}]\n"
    )


def runner(framework: Framework, path: str, statement: str, dtype: str) -> Callable[[Array], Array]:
    """A function that evaluates the program in this process, whatever `path` does to the array."""
    return running(forward(framework, path, statement, dtype), framework.constant, path, dtype)


def running(text: str, constant: str, path: str, dtype: str) -> Callable[[Array], Array]:
    """Likewise for the program's text; `constant` is the framework's text that makes a tensor."""
    namespace = inside.program(text)
    carried = dtype if dtype == "float64" else "float32"
    tensor = eval(f"lambda value: {constant.format(value='value', dtype=carried)}", namespace)

    def run(x: Array) -> Array:
        return np.asarray(namespace["gradients"](tensor(x))[0])

    if path.endswith("short"):
        return lambda x: np.concatenate([run(row) for row in x.reshape(-1, ROW)])
    if path.endswith("strided"):
        return lambda x: run(np.repeat(x, 2))
    return run
