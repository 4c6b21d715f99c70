"""Forward mode: dual numbers over any other reading, a second road to every derivative.

A `Dual` carries a value and a tangent. It knows the derivative of each NumPy function of the subset and the slope of
each kernel, and nothing of the operation table's derivative rules, so it checks them independently.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array, Kernel, constant, is_largest, place
from gradproof.reference.reading import Reading
from gradproof.reference.readings.carrier import Carrier
from gradproof.reference.sweep import values


class Dual(Carrier):
    """value + tangent * eps with eps^2 = 0; both parts are arrays (or carriers) of one shape."""

    @classmethod
    def exact(cls, number: Any) -> Self:
        return cls(np.asarray(number), np.zeros(np.shape(number), dtype=np.int8))

    @staticmethod
    def keep(part: Any) -> Any:
        return part

    @classmethod
    def np_constant(cls, like: Self, *, name: str) -> Self:
        value = constant(like.value, name=name)
        return cls(value, value * 0)

    @classmethod
    def linear(cls, name: str, *arguments: Any, **keywords: Any) -> Self:
        """The NumPy function `name`, linear in all its arguments together: of the values, and of the tangents."""
        function = getattr(np, name)
        return cls(*(function(*parts, **keywords) for parts in zip(*(cls.of(x).parts for x in arguments), strict=True)))

    @classmethod
    def np_add(cls, a: Any, b: Any) -> Self:
        return cls.linear("add", a, b)

    @classmethod
    def np_subtract(cls, a: Any, b: Any) -> Self:
        return cls.linear("subtract", a, b)

    @classmethod
    def np_negative(cls, x: Self) -> Self:
        return cls.linear("negative", x)

    @classmethod
    def np_sum(cls, x: Any, axis: Any = None, keepdims: bool = False) -> Self:
        return cls.linear("sum", x, axis=axis, keepdims=keepdims)

    @classmethod
    def np_place(cls, g: Self, *, key: Any, shape: tuple[int, ...]) -> Self:
        return cls(*(place(part, key=key, shape=shape) for part in g.parts))

    @classmethod
    def np_multiply(cls, a: Any, b: Any) -> Self:
        (v, dv), (w, dw) = cls.of(a).parts, cls.of(b).parts
        return cls(v * w, dv * w + v * dw)

    @classmethod
    def np_divide(cls, a: Any, b: Any) -> Self:
        (v, dv), (w, dw) = cls.of(a).parts, cls.of(b).parts
        return cls(v / w, (dv - v / w * dw) / w)  # w may be a plain number, whose square would be rounded

    @classmethod
    def np_matmul(cls, a: Any, b: Any) -> Self:
        (v, dv), (w, dw) = cls.of(a).parts, cls.of(b).parts
        return cls(v @ w, dv @ w + v @ dw)

    @classmethod
    def np_power(cls, x: Self, exponent: Any) -> Self:
        v, dv = x.parts
        slope = exponent * v ** (exponent - 1) if exponent not in (0, 1) else exponent
        return cls(v**exponent, slope * dv)

    @classmethod
    def np_raised(cls, a: Any, b: Self) -> Self:
        """Where a power of a negative number or of 0 has a value, its slope by the exponent is taken to be 0."""
        (v, dv), (w, dw) = cls.of(a).parts, b.parts
        return cls(v**w, w * v ** (w - 1) * dv + v**w * np.log(np.where(v > 0, v, 1)) * dw)

    @classmethod
    def np_absolute(cls, x: Self) -> Self:
        v, dv = x.parts
        return cls(np.abs(v), np.where(v > 0, dv, np.where(v < 0, -dv, 0 * dv)))

    @classmethod
    def np_maximum(cls, a: Any, b: Any) -> Self:
        (v, dv), (w, dw) = cls.of(a).parts, cls.of(b).parts
        return cls(np.maximum(v, w), np.where(v > w, dv + 0 * dw, np.where(v < w, dw + 0 * dv, (dv + dw) / 2)))

    @classmethod
    def np_max(cls, x: Self, axis: Any = None, keepdims: bool = False) -> Self:
        v, dv = x.parts
        mask = is_largest(v, axis=axis)
        mean = np.sum(np.where(mask, dv, 0 * dv), axis=axis, keepdims=keepdims)
        return cls(np.max(v, axis=axis, keepdims=keepdims), mean / np.sum(mask, axis=axis, keepdims=keepdims))

    @classmethod
    def np_is_largest(cls, x: Self, *, axis: Any) -> Any:
        return is_largest(x.value, axis=axis)

    @classmethod
    def np_square(cls, x: Self) -> Self:
        v, dv = x.parts
        return cls(np.square(v), 2 * v * dv)

    @classmethod
    def kernel_rule(cls, kernel: Kernel) -> Callable[[Self], Self] | None:
        """The chain rule with the kernel's slope: f(v) and f'(v) dv; None for a kernel without one."""
        slope = kernel.slope
        return None if slope is None else lambda x: cls(kernel.function(x.value), slope(x.value) * x.parts[1])


def directional(network: Network, reading: Reading, direction: Mapping[str, Any]) -> Array:
    """The derivative of the loss along `direction` (name -> array of the input's shape), by forward mode.

    The result is a scalar in the number system of `reading`; inputs not named stay fixed. Raises KeyError for a name
    that is no input.
    """

    def carry(array: Any) -> Dual:
        value = reading.carry(array)
        return Dual(value, value * 0)

    tangents = {name: reading.lift(v) for name, v in direction.items()}
    lifted = {name: Dual(reading.lift(network.inputs[name]), tangent) for name, tangent in tangents.items()}
    read = values(network, Reading(reading.dtype, carry), lifted)
    return read[network.index(network.loss)].parts[1]
