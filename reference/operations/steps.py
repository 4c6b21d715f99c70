"""How many steps an operation takes, there and back: the calls of NumPy that its equations make."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.table import OPERATIONS, dummies

FREE = frozenset({"shape", "ndim", "reshape", "transpose", "swapaxes", "broadcast_to", "where", "any", "argmax"})
"""Functions that compute no numbers, and round nothing."""


JOINING = frozenset({"stack", "concatenate"})
"""Functions that take a step for each array that they join."""


class Counted(np.ndarray):
    """An array that counts the calls of NumPy's functions with it, in `made`."""

    made = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: Any, *inputs: Any, **keywords: Any) -> Any:
        result = getattr(ufunc, method)(*(plain(x) for x in inputs), **keywords)
        Counted.made += result.dtype != bool
        return counted(result)

    def __array_function__(self, function: Callable[..., Any], _: Any, arguments: Any, keywords: Any) -> Any:
        several = function.__name__ in JOINING
        Counted.made += len(arguments[0]) if several else function.__name__ not in FREE
        return counted(function(*(plain(x) for x in arguments), **{name: plain(x) for name, x in keywords.items()}))


def plain(x: Any) -> Any:
    """`x`, or what it holds, as plain arrays."""
    if isinstance(x, list | tuple):
        return type(x)(plain(each) for each in x)
    return x.view(np.ndarray) if isinstance(x, Counted) else x


def counted(x: Any) -> Any:
    """A result of NumPy whose calls count again."""
    return np.asarray(x).view(Counted) if isinstance(x, np.ndarray | np.generic) else x


def steps(operation: str, shapes: Sequence[Shape], attributes: Mapping[str, Any]) -> int:
    """How many calls an operation makes for operands of these shapes, for its value and for all cotangents."""
    known, before = OPERATIONS[operation], Counted.made
    with np.errstate(all="ignore"):
        tried = dummies(known, shapes)
        operands = [x if k in known.discrete else counted(np.array(x)) for k, x in enumerate(tried)]
        result = known.forward(*operands, **attributes)
        g = counted(np.ones(np.shape(result), np.float32))
        for position in (k for k in range(len(operands)) if k not in known.discrete):
            extra = {"operand": position} if known.variadic else {}
            known.rule(position)(g, result, *operands, **attributes, **extra)
    return Counted.made - before
