"""The sampled tolerance: whole evaluations on the dtype's own lattice, with other roundings than the nearest.

Rounding is deterministic, so errors correlate: equal operands err alike, iterations settle on fixed points, sums of
near-equal terms err linearly in their number. A draw keeps these correlations: an elementwise
result is rounded down or up by a coin that depends on the draw and on the result's own cell of the lattice, so that
equal results are rounded alike; a kernel errs within its accuracy, alike for neighbouring results; a sum errs as a
sequential sum in the dtype does on operands that are scaled by a common factor, or as they are.

A `Perturbed` carries the truth beside the draws, and comparisons look at the truth: all draws take the same side of
every kink. Several draws are made at once, along a leading axis.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np

from gradproof.reference.admitted import AS_GIVEN, LEADING_BITS
from gradproof.reference.operations.kernels import CONSTANTS, Kernel, Limit
from gradproof.reference.reading import Reading
from gradproof.reference.readings.accuracy import Accuracies, Accuracy, listed
from gradproof.reference.readings.compiled_sums import CompiledSums, Sum, in_windows
from gradproof.reference.readings.cuts import Cuts
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.several import Several
from gradproof.reference.readings.wide_products import wide_product, wide_products

Part = Any

BITS: dict[np.dtype[Any], tuple[Any, int]] = {
    np.dtype(np.float32): (np.uint32, 23),
    np.dtype(np.float64): (np.uint64, 52),
}
"""The unsigned integers that hold a float's bits, and how many of them are its mantissa."""

TERMS = 2**20
"""Products that are held at a time while a matrix product is added up."""


class Replay:
    """Truth is the same in every draw: the first computes and keeps it, the others take it in the same order."""

    def __init__(self, known: list[tuple[Any, Part]]) -> None:
        self.known, self.position = known, 0

    def __call__(self, function: Callable[..., Part], *operands: Part) -> Part:
        """function(*operands), from an earlier draw if there was one."""
        shapes = [np.shape(x) for x in operands]
        if self.position == len(self.known):
            self.known.append((shapes, np.asarray(function(*operands))))
        before, truth = self.known[self.position]
        if before != shapes:
            raise RuntimeError("the draws of one call of draws() must evaluate the same computation")
        self.position += 1
        return truth


class Perturbed(CompiledSums, Several):
    """The truth and some draws, both in the wider dtype; a draw's numbers are numbers of the dtype under check."""

    dtype: ClassVar[np.dtype[Any]]
    wide: ClassVar[np.dtype[Any]]
    numbers: ClassVar[tuple[int, ...]]
    """Which draws these are; everything random is a hash of its number."""
    accuracies: ClassVar[Mapping[str, Accuracy]]
    truth: ClassVar[Replay]

    @classmethod
    def exact(cls, number: Any) -> Self:
        value = np.asarray(number).astype(cls.wide)
        return cls(value, value[None])

    @property
    def every(self) -> Part:
        """The values of every draw: the draws along the first axis, and those of the value."""
        return np.broadcast_to(self.parts[1], (len(self.numbers), *self.shape))

    @property
    def drawn(self) -> Part:
        """The values of the draw, if there is one. Raises ValueError where there are more."""
        (only,) = self.every
        return np.asarray(only)

    # Roundings.

    @classmethod
    def nearest(cls, x: Part) -> Part:
        """`x` as the dtype under check rounds it, in the wider dtype."""
        return np.asarray(x).astype(cls.dtype).astype(cls.wide)

    @classmethod
    def rounded(cls, x: Part) -> Part:
        """`x` rounded down or up by the coin of its cell; numbers of the dtype stay."""
        x, (unsigned, _) = np.asarray(x), BITS[cls.dtype]
        near = x.astype(cls.dtype)
        # The bits of neighbours differ by 1, of 0 and of infinity too, whatever the sign.
        toward_zero = (near.view(unsigned) - (np.abs(near.astype(cls.wide)) > np.abs(x))).view(cls.dtype)
        away = (toward_zero.astype(cls.wide) != x) & ~cls.coin(toward_zero)
        return (toward_zero.view(unsigned) + away).view(cls.dtype).astype(cls.wide)

    @classmethod
    def coin(cls, cell: Part) -> Part:
        """A random bit for each number of the dtype under check."""
        return cls.hashed(cell, 0, "round") >> np.uint64(63) == 0

    @classmethod
    def hashed(cls, number: Part, dropped: int, purpose: str) -> Part:
        """64 random bits for each draw, of the purpose and the bits of `number` but the last `dropped`.

        `number` has the shape (1, ...) or (draws, ...), the result (draws, ...).
        """
        unsigned, _ = BITS[cls.dtype]
        bits = np.asarray(number, cls.dtype).view(unsigned).astype(np.uint64) >> np.uint64(dropped)
        return mixed(bits ^ over(keys(cls.numbers, purpose), bits))

    @classmethod
    def factor(cls, purpose: str) -> Any:
        """A factor in [1, 2) for a kind of operation, a number of the dtype, for each draw; 1 for each `AS_GIVEN`th.

        Multiples of one number, as whole ones are, lose alike when they are added to what is large, and in one
        direction: scaled, they are no such multiples, and lose by chance.
        """
        fraction = cls.hashed(np.zeros(1, cls.dtype), 0, purpose) >> np.uint64(40)
        drawn = fraction.astype(cls.wide) * cls.wide.type(2.0**-24)
        given = np.reshape([number % AS_GIVEN == 0 for number in cls.numbers], (-1, *[1] * (drawn.ndim - 1)))
        return cls.wide.type(1) + np.where(given, 0, drawn)

    # Elementwise operations: computed in the wider dtype, then rounded by a coin.

    @classmethod
    def elementwise(cls, function: Callable[..., Part], *arguments: Any) -> Self:
        """An operation on both parts; the draws are rounded."""
        carriers = [cls.of(x) for x in arguments]
        truth, rank = cls.truth(function, *(x.value for x in carriers)), max(x.ndim for x in carriers)
        return cls(truth, cls.rounded(function(*(x.aligned(rank) for x in carriers))))

    @classmethod
    def np_negative(cls, x: Self) -> Self:
        return cls(-x.value, -x.parts[1])

    @classmethod
    def np_reciprocal(cls, x: Self) -> Self:
        return cls.kernel("reciprocal", lambda v: 1 / v, x)

    @classmethod
    def np_power(cls, x: Self, exponent: Any) -> Self:
        if exponent in (1, 2):
            return x if exponent == 1 else cls.elementwise(np.square, x)
        steps = abs(exponent) if isinstance(exponent, int) else 0
        return cls.kernel("pow", lambda v: v**exponent, x, least=steps)

    @classmethod
    def np_raised(cls, a: Any, b: Self) -> Self:
        return cls.kernel("pow", np.power, cls.of(a), b)

    @classmethod
    def kernel(
        cls, name: str, function: Callable[..., Part], *operands: Self, least: float = 0, limit: Limit | None = None
    ) -> Self:
        """f(x), or f(x, y), first off by up to c - 1/2 ulp, alike for results that agree in their leading bits.

        A bounded function that has come to its limit gives just that.
        """
        truth, rank = cls.truth(function, *(x.value for x in operands)), max(x.ndim for x in operands)
        drawn, *others = (x.aligned(rank) for x in operands)
        value = np.asarray(function(drawn, *others))
        _, mantissa = BITS[cls.dtype]
        xi = cls.hashed(value.astype(cls.dtype), mantissa - LEADING_BITS, name).astype(cls.wide) * 2.0**-63 - 1
        accuracy = cls.accuracies.get(name)
        excess = accuracy.at(drawn, least=least + 0.5) - 0.5 if accuracy else least
        unit = cls.wide.type(np.finfo(cls.dtype).eps) / 2
        found = cls.rounded(value + excess * unit * value * xi)
        limited = accuracy.saturated(limit, drawn, value) if accuracy else np.False_
        return cls(truth, np.where(limited, cls.nearest(value), found) if limited.any() else found)

    @classmethod
    def kernel_rule(cls, kernel: Kernel) -> Callable[[Self], Self]:
        return lambda x: cls.kernel(kernel.name, kernel.function, x, limit=kernel.limit)

    @classmethod
    def np_constant(cls, like: Self, *, name: str) -> Self:
        value = np.asarray(cls.wide.type(CONSTANTS[name].wide))
        return cls(value, cls.rounded(value[None]))

    # Sums: the error of a sequential sum of scaled operands, scaled back.

    @classmethod
    def added(cls, x: Self, axis: Any, keepdims: bool, this: Sum | None = None, window: int = 0) -> Self:
        (_, rows), shape = x.rows(axis, keepdims)
        terms = rows if this is None else this.terms.rows(this.axes, keepdims=False)[0][1]

        def sequential(terms: Part) -> Part:
            return np.add.accumulate(terms.astype(cls.dtype), axis=-1)[..., -1].astype(cls.wide)

        def computed(terms: Part) -> Part:
            if this is None:
                return sequential(terms)
            split = np.reshape(terms, (*np.shape(terms)[:-1], *this.lengths))
            return in_windows(split, tuple(range(-len(this.axes), 0)), window, sequential)

        def like_total(sums: Part) -> Part:
            return np.reshape(sums, (len(sums), *np.shape(total)[1:]))  # a sum of a sum may have axes of length 1

        total = rows.sum(axis=-1)
        room = cls.room(np.abs(terms).sum(axis=-1, keepdims=True))
        s = over(cls.factor("sum"), room) * room
        scaled = cls.nearest(terms * s)
        error = like_total((computed(scaled) - scaled.sum(axis=-1)) / s[..., 0])
        drawn = cls.rounded(total + cls.unless_exact(error, total, lambda: like_total(computed(terms))))
        truth = cls.truth(lambda value: np.sum(value, axis=axis, keepdims=keepdims), x.value)
        return cls(truth, np.reshape(drawn, (len(drawn), *shape)))

    @classmethod
    def np_matmul(cls, a: Any, b: Any) -> Self:
        a, b = cls.of(a), cls.of(b)
        rank = max(a.ndim, b.ndim, 2)
        left = a.aligned(rank)
        right = b.aligned(rank) if b.ndim > 1 else np.swapaxes(b.aligned(rank), -1, -2)

        total = wide_products(left, right)
        each = tuple(range(1, right.ndim))
        largest = np.max(np.abs(left), axis=-1, keepdims=True) * np.max(np.abs(right), axis=each, keepdims=True)
        room = cls.room(left.shape[-1] * largest)
        s, t = over(cls.factor("left"), room) * room, over(cls.factor("right"), right)
        p, q = cls.nearest(left * s), cls.nearest(right * t)
        error = (cls.sequential_product(p, q) - wide_products(p, q)) / (s * t)
        drawn = cls.rounded(total + cls.unless_exact(error, total, lambda: cls.sequential_product(left, right)))
        truth = cls.truth(wide_product, a.value, b.value)
        return cls(truth, np.reshape(drawn, (len(drawn), *truth.shape)))

    @classmethod
    def room(cls, size: Part) -> Part:
        """The power of two, 1 at most, that keeps sums of this `size` in range when both operands grow to twice theirs.

        Exact, but for terms that become subnormal: they are too small beside such a sum to matter.
        """
        _, exponent = np.frexp(size)
        largest = np.finfo(cls.dtype).maxexp - 3  # two factors below 2, and a partial sum rounded up
        return np.ldexp(np.ones_like(size), np.minimum(largest - exponent, 0))

    @classmethod
    def sequential_product(cls, p: Part, q: Part) -> Part:
        """p @ q, of one rank, as the dtype adds it up term after term, several at a time to spare Python's loop."""
        p, q = np.moveaxis(p.astype(cls.dtype), -1, 0)[..., None], np.moveaxis(q.astype(cls.dtype), -2, 0)[..., None, :]
        shape = np.broadcast_shapes(p.shape[1:], q.shape[1:])
        step = max(1, TERMS // max(1, math.prod(shape)))
        total = np.zeros(shape, cls.dtype)
        if step * step < TERMS:  # more results than terms at a time: no need to hold any
            term = np.empty(shape, cls.dtype)
            for k in range(len(p)):
                np.add(total, np.multiply(p[k], q[k], out=term), out=total)
            return total.astype(cls.wide)
        for k in range(0, len(p), step):
            terms = p[k : k + step] * q[k : k + step]
            terms[0] += total
            total = np.add.accumulate(terms, axis=0)[-1]
        return total.astype(cls.wide)

    @classmethod
    def unless_exact(cls, error: Part, total: Part, computed: Callable[[], Part]) -> Part:
        """`error`, but 0 where what is `computed` from the operands themselves is the exact `total`."""
        if not (cls.nearest(total) == total).any():
            return error
        return np.where(computed() == total, 0, error)


@cache
def keys(numbers: tuple[int, ...], purpose: str) -> Any:
    """64 random bits of one purpose for each draw, by its number."""
    salt = int.from_bytes(purpose.encode()[:6].ljust(6, b"\0"), "little")
    return mixed(np.uint64(salt) ^ mixed(np.array(numbers, np.uint64)))


def over(each: Part, x: Part) -> Part:
    """A number for each draw, as an array that broadcasts with x, whose first axis is that of draws."""
    return np.reshape(each, (-1, *(1,) * (np.ndim(x) - 1)))


def mixed(x: Any) -> Any:
    """64 bits scrambled, of each entry (the finalizer of splitmix64; Steele, Lea and Flood 2014, fig. 15)."""
    x = x ^ (x >> np.uint64(30))
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x += np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


def _elementwise(name: str) -> Any:
    function = getattr(np, name)

    def rule(cls: type[Perturbed], *arguments: Any) -> Perturbed:
        return cls.elementwise(function, *arguments)

    return classmethod(rule)


for _name in ("add", "subtract", "multiply", "divide", "square"):
    setattr(Perturbed, f"np_{_name}", _elementwise(_name))


def draws(
    dtype: Any,
    accuracies: Accuracies | None,
    count: int,
    start: int = 0,
    at_once: int = 1,
    cuts: Cuts | None = None,
) -> Iterator[Reading]:
    """Readings of `count` draws, so many of them in each; `accuracies` are a framework's kernel accuracies in ulp.

    All must evaluate one computation, whose truth they share. `cuts` says how the framework's compiler cuts long
    sums.
    """
    dtype = np.dtype(dtype)
    known: list[tuple[Any, Part]] = []
    every: Sequence[int] = range(start + 1, start + count + 1)
    for first in range(0, count, at_once):
        settings = {
            "dtype": dtype,
            "wide": WIDER[dtype],
            "numbers": tuple(every[first : first + at_once]),
            "accuracies": dict(listed(accuracies)),
            "truth": Replay(known),
            "cuts": cuts,
        }
        kind: type[Perturbed] = type("Perturbed", (Perturbed,), settings)
        yield Reading(dtype, kind.exact)
