"""Defects planted in a framework: one public function whose value or gradient is replaced, in the worker's process."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gradproof.adapters.registry import DTYPES
from gradproof.adapters.running import inside
from tests.reports.checking.defects.changes import Another, Array, Change, Seen

MODULES = {"F": "torch.nn.functional", "jnp": "jax.numpy", "tf": "tensorflow"}
"""The modules that programs call otherwise."""

OPERATORS = {"@": "matmul", "+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow"}
"""Python's names of the signs that programs are written with: a sign is a function of the tensors' class."""


@dataclass(frozen=True)
class Defect:
    """One public function with something wrong.

    `function` is called so in programs (`F.gelu`, or a sign such as `@`); `operation` is that of gradproof's table
    that it computes. Exactly one of `value`, `gradient` and `another` is given: what becomes of the function's value,
    which keeps the right gradient; of the cotangent of its operand `number`; or the function in place of it, value
    and gradient. It is seen in `mode`, by default the framework's first, and in the `dtypes`; in programs that call it
    `calls` times or more for the same shape.
    """

    name: str
    framework: str
    function: str
    operation: str
    value: Change | None = None
    gradient: Change | None = None
    another: Another | None = None
    number: int = 0
    mode: str = ""
    dtypes: tuple[str, ...] = DTYPES
    calls: int = 1
    memory: dict[Any, Array] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """Which of the two is wrong first: a gradient that fits a wrong value is no defect of its own."""
        return "backward" if self.gradient else "forward"


_replaced: list[tuple[Any, str, Any]] = []
"""What is replaced in this process: whose attribute, its name, and what it was."""


def plant(defect: Defect) -> None:
    """Replace the defect's function in this process, whose framework is imported."""
    remove()
    owner, name = place(defect)
    right = getattr(owner, name)
    static = isinstance(owner, type) and isinstance(vars(owner).get(name), staticmethod)
    wrong = replaced(defect, right)
    defect.memory.clear()
    setattr(owner, name, staticmethod(wrong) if static else wrong)
    _replaced.append((owner, name, staticmethod(right) if static else right))


def remove() -> None:
    """Put back what was replaced; programs are made anew, since compiled ones hold what they were made of."""
    while _replaced:
        setattr(*_replaced.pop())
    inside._programs.clear()


def is_planted() -> bool:
    """Whether a function is replaced in this process: in one that died and was started again, none is."""
    return bool(_replaced)


def place(defect: Defect) -> tuple[Any, str]:
    """Whose attribute the defect's function is, and what it is called there."""
    if defect.function in OPERATORS:
        name = OPERATORS[defect.function]
        if defect.framework == "jax":  # where arrays are traced, a sign is a function of their kind
            jax = sys.modules["jax"]
            return type(jax.typeof(jax.numpy.zeros(()))), f"_{name}"
        return sys.modules[defect.framework].Tensor, f"__{name}__"
    first, *path, name = defect.function.split(".")
    owner = sys.modules[MODULES.get(first, first)]
    for part in path:
        owner = getattr(owner, part)
    return owner, name


def replaced(defect: Defect, right: Callable[..., Array]) -> Callable[..., Array]:
    """The function with the defect, called as the `right` one is."""
    words = sys.modules["jax.numpy" if defect.framework == "jax" else defect.framework]

    def changed(
        change: Change | None, operands: Sequence[Array], transformed: bool, number: int, result: Array
    ) -> Array:
        if change is None or number != defect.number:
            return result
        seen = Seen(
            result, operands, number, words, transformed or is_compiling(defect.framework, operands), defect.memory
        )
        return change(seen) if seen.dtype in defect.dtypes else result

    def wrong(*arguments: Any, **settings: Any) -> Array:
        if defect.another:
            return defect.another(right, words, *arguments, **settings)
        operands, call = separated(right, arguments, settings, IS_ARRAY[defect.framework]())
        transformed = defect.framework == "torch" and words._C._functorch.peek_interpreter_stack() is not None

        def value(result: Array, operands: Sequence[Array]) -> Array:
            return changed(defect.value, operands, transformed, defect.number, result)

        def gradient(results: Sequence[Array], operands: Sequence[Array]) -> Sequence[Array]:
            one = partial(changed, defect.gradient, operands, transformed)
            return tuple(one(number, result) for number, result in enumerate(results))

        return RULED[defect.framework](call, value, gradient)(*operands)

    return wrong


def is_compiling(framework: str, operands: Sequence[Array]) -> bool:
    """Whether TensorFlow or JAX makes a program of what is called, and does not run it."""
    if framework == "tensorflow":
        return not sys.modules["tensorflow"].executing_eagerly()
    return framework == "jax" and any(isinstance(each, sys.modules["jax"].core.Tracer) for each in operands)


IS_ARRAY: dict[str, Callable[[], Callable[[Any], bool]]] = {
    "torch": lambda: lambda x: isinstance(x, sys.modules["torch"].Tensor),
    "tensorflow": lambda: sys.modules["tensorflow"].is_tensor,
    "jax": lambda: lambda x: isinstance(x, sys.modules["jax"].Array),
}


def separated(
    function: Callable[..., Array], arguments: Sequence[Any], settings: dict[str, Any], is_array: Callable[[Any], bool]
) -> tuple[list[Array], Callable[..., Array]]:
    """The tensors among the arguments, those in lists included, and the function as one of these alone."""
    operands: list[Array] = []

    def slot(item: Any) -> Callable[[Sequence[Array]], Any]:
        if isinstance(item, list | tuple) and any(map(is_array, item)):
            slots = [slot(each) for each in item]
            return lambda given: [each(given) for each in slots]
        if not is_array(item):
            return lambda given: item
        operands.append(item)
        place = len(operands) - 1
        return lambda given: given[place]

    positional, named = [slot(item) for item in arguments], {key: slot(item) for key, item in settings.items()}

    def call(*given: Array) -> Array:
        return function(*(each(given) for each in positional), **{key: each(given) for key, each in named.items()})

    return operands, call


# How a function gets rules of its own: `call` is the right one, `value` and `gradient` say what becomes of its results.


def in_torch(call: Callable[..., Array], value: Any, gradient: Any) -> Callable[..., Array]:
    """An `autograd.Function` that eager and functional differentiation take."""
    torch = sys.modules["torch"]

    def forward(*operands: Array) -> Array:
        return value(call(*operands), operands)

    def setup_context(ctx: Any, inputs: Sequence[Array], output: Array) -> None:
        ctx.save_for_backward(*inputs)

    def backward(ctx: Any, g: Array) -> Any:
        return gradient(torch.func.vjp(call, *ctx.saved_tensors)[1](g), ctx.saved_tensors)

    rules = {"forward": forward, "setup_context": setup_context, "backward": backward}
    rule: Any = type("Rule", (torch.autograd.Function,), {name: staticmethod(one) for name, one in rules.items()})
    return rule.apply  # type: ignore[no-any-return]


def in_tensorflow(call: Callable[..., Array], value: Any, gradient: Any) -> Callable[..., Array]:
    """A `tf.custom_gradient`."""
    tf = sys.modules["tensorflow"]

    def rule(*operands: Array) -> Any:
        def pull(g: Array) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(operands)
                again = call(*operands)
            results = tape.gradient(again, operands, g, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return gradient(results, operands)

        return value(call(*operands), operands), pull

    return tf.custom_gradient(rule)  # type: ignore[no-any-return]


def in_jax(call: Callable[..., Array], value: Any, gradient: Any) -> Callable[..., Array]:
    """A `jax.custom_vjp`."""
    jax = sys.modules["jax"]

    def forward(*operands: Array) -> Any:
        return value(call(*operands), operands)

    rule = jax.custom_vjp(forward)
    rule.defvjp(
        lambda *operands: (forward(*operands), operands),
        lambda operands, g: gradient(jax.vjp(call, *operands)[1](g), operands),
    )
    return rule  # type: ignore[no-any-return]


Ruled = Callable[[Callable[..., Array], Any, Any], Callable[..., Array]]

RULED: dict[str, Ruled] = {"torch": in_torch, "tensorflow": in_tensorflow, "jax": in_jax}
