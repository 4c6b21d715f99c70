"""Arrays of another kind of number, driven by NumPy's own functions.

A `Carrier` holds one or more NumPy arrays of the same shape (its *parts*) and answers to NumPy through
`__array_ufunc__` and `__array_function__`. Functions that only move entries are written here, once; a
subclass adds the arithmetic as static methods named after the NumPy functions.

The subset of NumPy that equations may use: + - * / ** @, negative square abs maximum where sum max, comparisons, shape
queries, indexing, `MOVING`, and the kernels (`gradproof.reference.operations.kernels`). Anything else raises TypeError.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradproof.reference.operations.axes import kept, reduced, rows
from gradproof.reference.operations.kernels import KERNELS, Kernel, is_largest, middle

Part = Any

MOVING = frozenset({"reshape", "transpose", "swapaxes", "broadcast_to", "stack", "concatenate"})
"""NumPy's functions that only move entries of one array, or of a sequence of arrays: each part moves alike."""


class Carrier(NDArrayOperatorsMixin):
    """Base of the carriers. `parts` are NumPy arrays of one shape, the first of them the value."""

    parts: tuple[Part, ...]
    __array_priority__: ClassVar[float] = 1000

    def __init__(self, *parts: Part) -> None:
        self.parts = parts

    @classmethod
    def exact(cls, number: Any) -> Self:
        """A number of an equation (a Python number or boolean array) as a carrier without error."""
        raise NotImplementedError

    @classmethod
    def of(cls, x: Any) -> Self:
        """`x` itself if it is a carrier of this kind, else the number x as one without error."""
        return x if isinstance(x, cls) else cls.exact(x)

    @property
    def value(self) -> Part:
        """The values without what is carried beside them: the first part, an array of `shape`."""
        return self.parts[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape, which all parts share."""
        return np.shape(self.parts[0])

    @property
    def ndim(self) -> int:
        """How many axes the parts have."""
        return len(self.shape)

    @property
    def T(self) -> Self:
        """The carrier with its axes in reverse order."""
        return np.transpose(self)  # type: ignore[call-overload, no-any-return]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Self:
        return type(self)(*(self.keep(part[key]) for part in self.parts))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.parts))})"

    @staticmethod
    def keep(part: Any) -> Part:
        """`part` as an array, where NumPy made a scalar of one with shape ()."""
        return np.asarray(part)

    @classmethod
    def call(cls, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """What the carrier's own rule for the NumPy function or kernel called `name` gives. TypeError without one."""
        if name in MOVING:
            return cls.moved(getattr(np, name), *arguments, **keywords)
        rule = cls.rule_for(name)
        if rule is None:
            raise TypeError(f"{cls.__name__} has no rule for {name}; equations keep to a subset of NumPy")
        return rule(*arguments, **keywords)

    @classmethod
    def rule_for(cls, name: str) -> Callable[..., Any] | None:
        """The rule for one of NumPy's functions or a kernel; None where there is none, or the definition serves."""
        rule: Callable[..., Any] | None = getattr(cls, f"np_{name}", None)
        return cls.kernel_rule(KERNELS[name]) if rule is None and name in KERNELS else rule

    @classmethod
    def kernel_rule(cls, kernel: Kernel) -> Callable[[Self], Self] | None:
        """How this kind of number evaluates any kernel; None where its definition serves."""
        raise NotImplementedError

    @classmethod
    def moved(cls, function: Callable[..., Part], what: Any, *how: Any, **keywords: Any) -> Self:
        """`function`, which only moves entries, of each part of a carrier, or of a sequence of carriers."""
        if isinstance(what, cls):
            return cls(*(function(part, *how, **keywords) for part in what.parts))
        parts = zip(*(cls.of(x).parts for x in what), strict=True)
        return cls(*(function(part, *how, **keywords) for part in parts))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method == "reduce" and ufunc in (np.add, np.maximum):
            keywords = {k: v for k, v in keywords.items() if k in ("axis", "keepdims")}
            return self.call({"add": "sum_in_turn", "maximum": "max"}[ufunc.__name__], *inputs, **keywords)
        if method != "__call__":
            raise TypeError(f"{type(self).__name__} has no rule for {ufunc.__name__}.{method}")
        is_raised = ufunc is np.power and isinstance(inputs[1], Carrier)  # else the exponent is a number
        return self.call("raised" if is_raised else ufunc.__name__, *inputs, **keywords)

    def __array_function__(self, function: Callable[..., Any], _: Any, arguments: Any, keywords: Any) -> Any:
        return self.call(function.__name__, *arguments, **keywords)

    @classmethod
    def np_reciprocal(cls, x: Self) -> Any:
        """1 / x: a quotient, unless frameworks' own reciprocals are told apart from one."""
        return cls.np_divide(1, x)  # type: ignore[attr-defined]

    @classmethod
    def np_sum_in_turn(cls, x: Any, axis: Any = 0, keepdims: bool = False) -> Self:
        """A sum whose terms no compiler splits: a sum, unless the two are told apart."""
        return cls.np_sum(x, axis=axis, keepdims=keepdims)  # type: ignore[attr-defined, no-any-return]

    @classmethod
    def np_where(cls, condition: Any, a: Any, b: Any) -> Self:
        pairs = zip(cls.of(a).parts, cls.of(b).parts, strict=True)
        return cls(*(cls.keep(np.where(condition, p, q)) for p, q in pairs))

    @classmethod
    def np_place(cls, g: Self, *, key: Any, shape: tuple[int, ...]) -> Self:
        zero = cls.exact(0)
        parts = []
        for part, nought in zip(g.parts, zero.parts, strict=True):
            placed = np.empty(shape, part.dtype)
            placed[...] = nought
            placed[key] = part[()]  # NumPy would put an array of shape () into an array of objects as one of them
            parts.append(placed)
        return cls(*parts)

    @staticmethod
    def np_shape(x: Any) -> tuple[int, ...]:
        return x.shape  # type: ignore[no-any-return]

    @staticmethod
    def np_ndim(x: Any) -> int:
        return len(x.shape)

    # Comparisons look at the value only; a carrier that cannot always decide overrides them.

    @classmethod
    def np_greater(cls, a: Any, b: Any) -> Any:
        return cls.of(a).value > cls.of(b).value

    @classmethod
    def np_less(cls, a: Any, b: Any) -> Any:
        return cls.of(a).value < cls.of(b).value

    @classmethod
    def np_greater_equal(cls, a: Any, b: Any) -> Any:
        return cls.of(a).value >= cls.of(b).value

    @classmethod
    def np_maximum(cls, a: Any, b: Any) -> Self:
        a, b = cls.of(a), cls.of(b)
        return cls.np_where(a.value >= b.value, a, b)

    @classmethod
    def np_absolute(cls, x: Self) -> Self:
        return cls.np_where(x.value < 0, cls.call("negative", x), x)

    @classmethod
    def np_is_largest(cls, x: Self, *, axis: Any) -> Any:
        return is_largest(x.value, axis=axis)

    @staticmethod
    def np_middle(x: Any) -> Any:
        return middle(x.value)

    @classmethod
    def np_max(cls, x: Self, axis: Any = None, keepdims: bool = False) -> Self:
        """The entry where the value is largest, the first of equal ones, with all its parts."""
        return x.pick(cls.np_argmax, axis, keepdims)

    @staticmethod
    def np_argmax(rows: Part) -> Part:
        return np.argmax(rows, axis=-1, keepdims=True)

    def pick(self, choose: Callable[[Part], Part], axis: Any, keepdims: bool) -> Self:
        """For each entry of a reduction over `axis`, the one of its terms at the place that `choose` gives."""
        rows, shape = self.rows(axis, keepdims)
        place = choose(rows[0])
        return type(self)(*(np.reshape(np.take_along_axis(row, place, axis=-1), shape) for row in rows))

    def rows(self, axis: Any, keepdims: bool) -> tuple[list[Part], tuple[int, ...]]:
        """The parts with the axes to be reduced joined as the last one, and the shape of the reduction.

        Raises ValueError as `reduced` does.
        """
        axes = reduced(self.shape, axis)
        rest = tuple(n for i, n in enumerate(self.shape) if i not in axes)
        return [rows(part, axis) for part in self.parts], kept(self.shape, axis) if keepdims else rest
