"""The analytic tolerance: each value carries the variance of the rounding error it may have.

The model: local errors are independent, zero-mean and uniform within the unit roundoff u
(2^-24, 2^-53), so that one rounding of a value v adds (u v)^2 / 3, and variances propagate to first order.
Values are computed in the next wider dtype, so they serve as the truth as well.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np

from gradproof.reference.admitted import FALSE_ALARM
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kernels import CONSTANTS, Kernel
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracies, Accuracy, listed
from gradproof.reference.readings.carrier import Carrier
from gradproof.reference.readings.compiled_sums import CompiledSums, Sum, in_windows
from gradproof.reference.readings.cuts import Cuts
from gradproof.reference.readings.exact_sums import few_bits, unit
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.shared_errors import Source, common, passed_on
from gradproof.reference.readings.wide_products import RANGE, SHORT, short, wide_product

Part = Any

CORRECTLY_ROUNDED = Accuracy(0.5)

ONE = np.float64(1)

MOST = 2**24
"""Entries of one result: more than memory has room for."""

OF_TWO = math.log(2 * MOST / FALSE_ALARM) / 2
"""lambda^2 / 4: what stands beside a product of two variances, so that lambda sigma bounds a product of errors.

A product of k errors is as likely beyond (lambda / sqrt(k))^k of their sigmas as one is beyond lambda of its own: its
tail is an exponential one, heavier than that of a sum. (lambda / 2)^(k - 1) lambda, which k - 1 products of two come
to, is at least that. The square of one error needs lambda^2, four times as much in variance.
"""


class Rounded(CompiledSums, Source):
    """A value and the variance of its error, entry by entry, absolute and not in ulp.

    `rounded` makes the subclass for a dtype and a framework.
    """

    dtype: ClassVar[np.dtype[Any]]
    wide: ClassVar[np.dtype[Any]]
    unit: ClassVar[Any]
    """u, the unit roundoff: half the distance from 1 to the next number."""
    bits: ClassVar[int]
    """p, the bits of a number: u = 2^-p."""
    eta: ClassVar[Any]
    """What an underflow may cost: half the smallest subnormal, or the smallest normal number if flushed."""
    tiny: ClassVar[Any]
    """The smallest normal number."""
    accuracies: ClassVar[Mapping[str, Accuracy]]
    """Kernel accuracies c in ulp; an absent kernel counts as correctly rounded."""
    recomputes: ClassVar[bool]
    """Whether a value that is used twice may be computed twice, and not alike, so that its errors are not shared."""

    @classmethod
    def exact(cls, number: Any) -> Self:
        value = np.asarray(number).astype(cls.wide)
        if cls.eta == cls.tiny:  # a framework that flushes reads subnormal numbers as 0
            return cls(value, np.where(np.abs(value) < cls.tiny, value * value, 0))
        return cls(value, np.zeros_like(value))

    def __init__(self, value: Part, variance: Part) -> None:
        Carrier.__init__(self, value, variance)
        Source.__init__(self, variance)

    @classmethod
    def representable(cls, value: Part) -> Part:
        """Where `value` is a number of the dtype under check, so that rounding does not change it: booleans."""
        return value.astype(cls.dtype).astype(cls.wide) == value

    @classmethod
    def normal(cls, value: Part) -> Part:
        """Where `value` is 0 or not below the smallest normal number, so that it loses nothing there: booleans."""
        return (value == 0) | (np.abs(value) >= cls.tiny)

    @classmethod
    def computed(
        cls,
        value: Part,
        inherited: Part,
        exact: Part = np.False_,
        factor: Part = 1,
        passed: tuple[tuple[Part, Self], ...] = (),
        more: Part = 0,
    ) -> Self:
        """A result: the variance it inherits, and its own rounding, `factor` times u, unless it is `exact`.

        What is inherited was `passed` on by operands, each with its factor, but for some `more` of second order.
        """
        own = (factor * cls.unit * value) ** 2 / 3 + cls.eta**2 / 3
        own = more + (np.where(exact, 0, own) if exact.any() else own)
        result = cls(value, inherited + own)
        result.own, result.passed = own, passed
        return result

    @classmethod
    def binary(
        cls,
        value: Part,
        a: tuple[Part, Self],
        b: tuple[Part, Self],
        exact: Part,
        more: Part = 0,
        factor: Part = 1,
    ) -> Self:
        """A result of two operands, given with their factors: of errors that they share the factors add up."""
        (p, x), (r, y) = a, b
        shared = frozenset() if cls.recomputes else common(x, y)
        if not shared:
            inherited = p * p * x.variance + r * r * y.variance
            return cls.computed(value, inherited, exact, factor, passed=(a, b), more=more)
        # Errors that are not independent may be one, and their product its square.
        return cls.computed(value, passed_on((a, b), shared), exact, factor, passed=(a, b), more=4 * more)

    # Exact results add nothing: zero as an operand, a power of two as a factor, and exact operands whose
    # result is a number of the dtype. Most operands are not exact, so what takes time is asked where they are.

    @classmethod
    def np_add(cls, a: Any, b: Any) -> Self:
        a, b = cls.of(a), cls.of(b)
        (v, q), (w, r) = a.parts, b.parts
        value = v + w
        left, right = q == 0, r == 0
        exact = (v == 0) & left | (w == 0) & right | where(left & right, cls.representable, value)
        return cls.binary(value, (ONE, a), (ONE, b), exact | np.isinf(value))  # a mask of -inf is not off

    @classmethod
    def np_subtract(cls, a: Any, b: Any) -> Self:
        return cls.np_add(a, cls.np_negative(cls.of(b)))

    @classmethod
    def np_negative(cls, x: Self) -> Self:
        result = cls(-x.value, x.variance)
        result.own, result.passed = np.zeros(()), ((-ONE, x),)
        return result

    @classmethod
    def np_multiply(cls, a: Any, b: Any) -> Self:
        if a is b:
            return cls.np_square(a)
        a, b = cls.of(a), cls.of(b)
        (v, q), (w, r) = a.parts, b.parts
        value = v * w
        left, right = q == 0, r == 0
        exact = where(left, scales_exactly, v) | where(right, scales_exactly, w)
        exact = where(exact | where(left & right, cls.representable, value), cls.normal, value)
        return cls.binary(value, (w, a), (v, b), exact, more=OF_TWO * q * r)

    @classmethod
    def np_square(cls, x: Self) -> Self:
        v, q = x.parts
        value = v * v
        exact = where(where(q == 0, cls.representable, value), cls.normal, value)
        return cls.computed(value, 4 * value * q, exact, passed=((2 * v, x),), more=4 * OF_TWO * q * q)

    @classmethod
    def np_divide(cls, a: Any, b: Any) -> Self:
        """A quotient is taken as exact only where the divisor is a power of two: a framework may multiply by
        the rounded reciprocal.
        """
        a, b = cls.of(a), cls.of(b)
        (v, q), (w, r) = a.parts, b.parts
        value = v / w
        exact = where(r == 0, scales_exactly, w) & (np.abs(value) >= cls.tiny) | (v == 0) & (q == 0)
        return cls.binary(value, (1 / w, a), (-value / w, b), exact)

    @classmethod
    def np_reciprocal(cls, x: Self) -> Self:
        """1 / x by a kernel of its own, which need not give the reciprocal of a power of two exactly."""
        v, q = x.parts
        value = 1 / v
        slope, factor = -value * value, cls.accuracy("reciprocal").at(v, least=1)
        return cls.computed(value, of_one(slope, q), factor=factor, passed=((slope, x),))

    @classmethod
    def np_power(cls, x: Self, exponent: Any) -> Self:
        if exponent in (1, 2):
            return x if exponent == 1 else cls.np_square(x)
        v, q = x.parts
        slope = OPERATIONS["power"].rule(0)(np.ones_like(v), v**exponent, v, exponent=exponent)
        # A framework may multiply n times: n roundings, all alike, so n u at most.
        steps = abs(exponent) if isinstance(exponent, int) else 1
        factor = cls.accuracy("pow").at(v, least=steps)
        return cls.computed(v**exponent, of_one(slope, q), np.bool_(exponent == 0), factor, ((slope, x),))

    @classmethod
    def np_raised(cls, a: Any, b: Self) -> Self:
        """a ** b by the same kernel, whatever the exponents; the operation's own rules carry the variances."""
        a = cls.of(a)
        (v, q), (w, r) = a.parts, b.parts
        value = v**w
        each = np.broadcast_arrays(v, w)
        slopes = (OPERATIONS["pow"].rule(k)(np.ones_like(value), value, *each) for k in (0, 1))
        to_base, to_exponent = (np.where(known == 0, 0, s) for known, s in zip((q, r), slopes, strict=True))
        exact = (w == 0) & (r == 0) | (v == 1) & (q == 0)
        return cls.binary(value, (to_base, a), (to_exponent, b), exact, factor=cls.accuracy("pow").at(v, least=1))

    @classmethod
    def added(cls, x: Self, axis: Any, keepdims: bool, this: Sum | None = None, window: int = 0) -> Self:
        def total(array: Part) -> Part:
            return np.sum(array, axis=axis, keepdims=keepdims)

        v, q = x.parts
        value, n = total(v), total((v != 0) | (q != 0))
        exact = (n < 2) | where((n == 2) & (total(q) == 0), cls.representable, value)
        if not q.any() and not exact.all() and few_bits(cls.bits, v):
            exact = exact | cls.exact_sum(total(np.abs(v)), unit(v))
        if this is None:
            own = cls.summation(n, total(v * v), value)
        else:
            own = np.reshape(cls.by_windows(this, window), np.shape(value))
        return cls(value, total(q) + np.where(exact, 0, own))

    @classmethod
    def by_windows(cls, this: Sum, window: int) -> Part:
        """What adding terms in windows contributes, their sums in windows again, and so on."""
        levels = []

        def add(terms: Part) -> Part:
            value, n = np.sum(terms, axis=-1), np.sum(terms != 0, axis=-1)
            own = np.where(n < 2, 0, cls.summation(n, np.sum(terms * terms, axis=-1), value))
            levels.append(np.sum(own, axis=tuple(range(-len(this.axes), 0))))
            return value

        in_windows(this.terms.value, this.axes, window, add)
        return sum(levels)

    @classmethod
    def np_matmul(cls, a: Any, b: Any) -> Self:
        (v, q), (w, r) = cls.of(a).parts, cls.of(b).parts
        value = wide_product(v, w)
        factors, variances = (short(v, w), short(q, r, reach=2 * RANGE)) if cls.wide != SHORT else (None, None)
        if factors and variances:
            own, inherited = cls.product_variance(factors, variances, value.astype(SHORT))
        else:
            own, inherited = cls.product_variance((v, w), (q, r), value)
        if not q.any() and not r.any() and few_bits(cls.bits, v, w):
            own = np.where(cls.exact_sum(wide_product(np.abs(v), np.abs(w)), unit(v) * unit(w)), 0, own)
        return cls(value, (own + inherited).astype(cls.wide))

    @classmethod
    def product_variance(cls, factors: Sequence[Part], variances: Sequence[Part], value: Part) -> tuple[Part, Part]:
        """What multiplying two matrices adds, and what it passes on of their variances."""
        (v, w), (q, r) = factors, variances
        vv, ww = v * v, w * w
        squares, n = vv @ ww, terms(v, w).astype(v.dtype)
        added = cls.summation(n, squares, value)
        u, eta = v.dtype.type(cls.unit), v.dtype.type(cls.eta)
        own = u**2 / 3 * squares + (np.where(n < 2, 0, added) if (n < 2).any() else added) + n * eta**2 / 3
        return own, product(vv, r) + product(q, ww + OF_TWO * r)

    @classmethod
    def exact_sum(cls, size: Part, unit: Part) -> Part:
        """Where whole multiples of `unit`, whose absolute values sum up to `size`, are added exactly in any order.

        Every partial sum is such a multiple, and less than 2^p of them, so that p bits hold it.
        """
        return (size * cls.unit < unit) & (unit >= cls.tiny)

    @classmethod
    def summation(cls, n: Part, squares: Part, value: Part) -> Part:
        """What adding n terms contributes: `squares` is the sum of their squares, `value` their sum.

        For terms of independent signs the partial sums are a random walk from 0 to `value`; two terms are one
        addition.
        """
        last = value * value
        walk = n / 2 * squares + n / 3 * last
        walk = np.where(n == 2, last, walk) if (n == 2).any() else walk
        u, eta = squares.dtype.type(cls.unit), squares.dtype.type(cls.eta)
        return u**2 / 3 * walk + n * eta**2 / 3

    # Kernels.

    @classmethod
    def accuracy(cls, kernel: str) -> Accuracy:
        """The kernel's error bound in ulp, and so as a multiple of u |v|, where a correctly rounded one has 1."""
        return cls.accuracies.get(kernel, CORRECTLY_ROUNDED)

    @classmethod
    def kernel_rule(cls, kernel: Kernel) -> Callable[[Self], Self]:
        return lambda x: cls.kernel(kernel, x)

    @classmethod
    def kernel(cls, kernel: Kernel, x: Self) -> Self:
        """f(x): the operation's own derivative rule carries the variance, the kernel's accuracy adds to it.

        A bounded function that has come to its limit gives just that: its error is the distance from the limit.
        """
        v, q = x.parts
        value = np.asarray(kernel.function(v))
        slope = OPERATIONS[kernel.operation].rule(0)(np.ones_like(v), value, v)
        small = np.abs(value) < cls.tiny
        more = np.where(small, value * value, 0) if small.any() else 0
        accuracy = cls.accuracy(kernel.name)
        limited = accuracy.saturated(kernel.limit, v, value)
        if kernel.limit and limited.any():
            distance = np.zeros_like(value)
            distance[limited] = kernel.limit.distance(v[limited]) ** 2 + cls.eta**2 / 3
            more = more + distance
        return cls.computed(value, of_one(slope, q), limited, accuracy.at(v, least=1), ((slope, x),), more)

    @classmethod
    def np_constant(cls, like: Self, *, name: str) -> Self:
        return cls.computed(cls.wide.type(CONSTANTS[name].wide), cls.wide.type(0))


def where(condition: Part, test: Callable[[Part], Part], value: Part) -> Part:
    """Where `condition` holds and `test(value)` does; the test is not made if the condition holds nowhere."""
    return condition & test(value) if condition.any() else condition


def terms(a: Part, b: Part) -> Part:
    """How many products other than 0 each entry of a @ b is the sum of: of its shape, or one number for all."""
    if a.all() and b.all():
        return np.float64(a.shape[-1])
    return (a != 0).astype(np.float64) @ (b != 0).astype(np.float64)  # counts are exact in any dtype


def product(a: Part, b: Part) -> Part:
    """a @ b. Many variances are all 0, and in long double a product takes long: then just 0, unless 0 times
    infinity makes it NaN.
    """
    for zero, other in ((a, b), (b, a)):
        if not zero.any() and np.isfinite(other).all():
            return zero.dtype.type(0)
    return a @ b


def of_one(slope: Part, variance: Part) -> Part:
    """slope^2 variance of a single operand; an exact one passes nothing on, however steep the function is there."""
    return np.where(variance == 0, 0, slope**2 * variance)


def scales_exactly(value: Part) -> Part:
    """Where `value` is 0 or a power of two, so that a product with it is exact (unless it underflows)."""
    return np.abs(np.frexp(value)[0]) % 0.5 == 0


def rounded(
    dtype: Any,
    accuracies: Accuracies | None = None,
    flushes: bool = False,
    recomputes: bool = False,
    cuts: Cuts | None = None,
) -> Reading:
    """The analytic tolerance for programs in `dtype` (float32 or float64; KeyError for others).

    `accuracies` are a framework's kernel accuracies in ulp; `flushes` says that it flushes subnormals to zero,
    `recomputes` that it may compute a value twice, and not alike, `cuts` how its compiler cuts long sums. Values are
    carried with the variance of their rounding error (`Rounded.variance`).
    """
    kind = rounded_kind(np.dtype(dtype), listed(accuracies), flushes, recomputes, cuts)
    return Reading(np.dtype(dtype), kind.exact)


@cache
def rounded_kind(
    dtype: np.dtype[Any],
    accuracies: tuple[tuple[str, Accuracy], ...],
    flushes: bool,
    recomputes: bool,
    cuts: Cuts | None = None,
) -> type[Rounded]:
    """The subclass of `Rounded` for a dtype and a framework; arrays of the same kind can be combined."""
    info, wide = np.finfo(dtype), WIDER[dtype]
    tiny = wide.type(info.smallest_normal)
    settings = {
        "dtype": dtype,
        "wide": wide,
        "unit": wide.type(info.eps) / 2,
        "bits": info.nmant + 1,
        "eta": tiny if flushes else wide.type(info.smallest_subnormal) / 2,
        "tiny": tiny,
        "accuracies": dict(accuracies),
        "recomputes": recomputes,
        "cuts": cuts,
    }
    return type("Rounded", (Rounded,), settings)
