"""Functions of one array, entry by entry, that frameworks ship as one routine: accuracy figures attach to them.

A *kernel* is entered beside the operation that uses it, with all that anybody needs to know of it; each reading
evaluates any kernel by the same few lines (`apply` of a carrier, see `gradproof.reference.readings`). Equations call a
kernel as a NumPy function of an array, or, where NumPy has none, as the function that `kernel` returns.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, NamedTuple

import numpy as np

Array = Any
"""What an equation computes with: a NumPy array, or a carrier that answers to NumPy's functions."""

Function = Callable[[Array], Array]
Ball = Callable[[Any], Any]


class Limit(NamedTuple):
    """How a bounded function ends: the `value` that it tends to at the far end where x is, and `distance` from it.

    Both are functions of x, entry by entry. Distances do not cancel: they are not the difference of two close numbers.
    """

    value: Function
    distance: Function


@dataclass(frozen=True)
class Kernel:
    """All that is known of a kernel.

    `function` is its value for float32, float64 and long double arrays; `ball` that of one ball (python-flint's `arb`),
    None where the definition may run on balls; `slope` its derivative, written without the operation table's rules, so
    that forward mode checks them, None likewise. `operation` is the operation whose rule is its derivative. `limit` is
    that of a bounded function.

    The rest says where errors are measured (`gradproof.adapters.measuring`). `statement` is a program that runs the
    kernel; where it runs it inside another function, `argument(x)` is what it is applied to, and `inside(result, x)`
    its value, got back out of the result. Inputs lie above `least`, or, for a function of both signs, between `nearest`
    and `reach` in size: a number, or "exp" for where exp overflows. Beyond `ends` float32 does not tell the result from
    its limit, so that inputs may be clipped to them. `quick` is the function in float64, where another way to compute
    it is faster.
    """

    name: str
    function: Function
    slope: Function | None = None
    ball: Ball | None = None
    operation: str = ""
    limit: Limit | None = None
    statement: str = ""
    argument: Function = lambda x: x
    inside: Callable[[Array, Array], Array] = lambda result, x: result
    least: float = -np.inf
    reach: float | str = "exp"
    nearest: float = 0.0
    ends: tuple[float, float] = (-np.inf, np.inf)
    quick: Function | None = None


KERNELS: dict[str, Kernel] = {}
"""The kernels by name. Like the operation table, `gradproof.reference.operations` fills it."""


def numpy_kernel(name: str, **known: Any) -> None:
    """Enter NumPy's function `name`; balls have a method of that name, unless `ball` says otherwise."""
    enter(name, getattr(np, name), **{"ball": operator.methodcaller(name), **known})


def kernel(**known: Any) -> Callable[[Function], Function]:
    """Enter the decorated definition, which carriers may replace (see `replaceable`)."""

    def entered(definition: Function) -> Function:
        function = replaceable(definition)
        enter(definition.__name__, function, **known)
        return function

    return entered


def enter(name: str, function: Function, **known: Any) -> None:
    """Put the kernel `name` into `KERNELS`; `known` are fields of `Kernel`. By default its operation has its name."""
    KERNELS[name] = Kernel(name, function, **{"operation": name, "statement": f"{name}(x)", **known})


def replaceable(definition: Callable[..., Array]) -> Callable[..., Array]:
    """Let the first argument, if it is a carrier, replace `definition` by its own rule for that name."""

    @wraps(definition)
    def dispatch(x: Array, **attributes: Any) -> Array:
        rule = getattr(type(x), "rule_for", lambda name: None)(definition.__name__)
        return definition(x, **attributes) if rule is None else rule(x, **attributes)

    return dispatch


@dataclass(frozen=True)
class Constant:
    """An irrational constant: its value, as wide as NumPy has it, and as a ball, from the type of balls."""

    wide: np.longdouble
    ball: Callable[[Any], Any]


CONSTANTS = {
    "sqrt_half": Constant(
        np.longdouble("0.707106781186547524400844362104849039285"), lambda arb: 1 / arb(2).sqrt()
    ),
    # Klambauer, Unterthiner, Mayr and Hochreiter 2017, equation 14, with as many digits as frameworks have of them.
    "selu_scale": Constant(
        np.longdouble("1.0507009873554804934193349852946"), lambda arb: arb("1.0507009873554804934193349852946")
    ),
    "selu_alpha": Constant(
        np.longdouble("1.6732632423543772848170429916717"), lambda arb: arb("1.6732632423543772848170429916717")
    ),
    "gelu_cubic": Constant(np.longdouble("0.044715"), lambda arb: arb("0.044715")),
    "one_over_sqrt_2pi": Constant(
        np.longdouble("0.398942280401432677939946059934381868476"), lambda arb: 1 / (arb(2) * arb.pi()).sqrt()
    ),
}  # fmt: skip
"""The constants of the equations, by name."""


@replaceable
def constant(like: Array, *, name: str) -> Array:
    """The irrational constant `name` of `CONSTANTS`, in the number system of `like`; shape (). KeyError for another."""
    return np.asarray(like).dtype.type(CONSTANTS[name].wide)


@replaceable
def place(g: Array, *, key: Any, shape: tuple[int, ...]) -> Array:
    """An array of zeros of `shape` that holds `g` at `key`: the derivative of indexing, transposed.

    `g` has the shape that `key` takes out of an array of `shape`. Raises IndexError or ValueError where it does not
    fit.
    """
    result = np.zeros(shape, np.asarray(g).dtype)
    result[key] = g
    return result


@replaceable
def is_largest(x: Array, *, axis: Any) -> Array:
    """A boolean array of the shape of `x`: where it equals its maximum over `axis` (None, an integer or a tuple)."""
    return x == np.max(x, axis=axis, keepdims=True)


@replaceable
def middle(x: Array) -> Array:
    """x as plain numbers: for a choice among forms that are equal, so that no choice is wrong and none is undecided."""
    return np.asarray(x)
