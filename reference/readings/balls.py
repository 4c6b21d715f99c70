"""Truth with a certificate: ball arithmetic (python-flint's `arb`) carried in object arrays.

Every result encloses the exact value. A comparison of overlapping balls raises `Undecided`, and `certified`
then starts again with twice the bits. Needs python-flint.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Self, TypeVar

import numpy as np

from gradproof.reference.errors import GradproofError, Undecided
from gradproof.reference.operations.kernels import CONSTANTS, Kernel, is_largest
from gradproof.reference.reading import Reading
from gradproof.reference.readings.carrier import Carrier

T = TypeVar("T")

BITS = 400
"""Where precision starts: enough for about 120 digits less what the computation loses."""

MAX_BITS = 6400


@cache
def flint() -> Any:
    """The python-flint module. Raises GradproofError with the command that installs it."""
    try:
        import flint
    except ImportError:
        raise GradproofError("certified truth needs python-flint; install it with: pip install python-flint") from None
    return flint


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic with `bits` bits inside the block."""
    context = flint().ctx
    before, context.prec = context.prec, bits
    try:
        yield
    finally:
        context.prec = before


def certified(compute: Callable[[], T], bits: int = BITS, sharp: Callable[[T], bool] = lambda found: True) -> T:
    """`compute()` in ball arithmetic, with as many bits as its comparisons need, and until the result is `sharp`.

    Raises GradproofError where, at `MAX_BITS`, two numbers stay undecided or balls too wide.
    """
    while True:
        try:
            with precision(bits):
                found = compute()
                if sharp(found):
                    return found
                problem, hint = "the balls stay too wide", "the equations cancel"
        except Undecided as undecided:
            problem, hint = str(undecided), "the numbers are most likely equal"
        if bits >= MAX_BITS:
            raise GradproofError(f"{problem}, even with {bits} bits; {hint}")
        bits *= 2


def objects(values: Any, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    """An object array, also where NumPy would make a scalar of it."""
    if isinstance(values, np.ndarray):
        return values
    result = np.empty(() if shape is None else shape, dtype=object)
    result[...] = values
    return result


def to_balls(array: Any) -> np.ndarray[Any, Any]:
    """An object array of exact balls, of the shape of `array` (floats no wider than float64)."""
    array = np.asarray(array)
    result = np.empty(array.shape, dtype=object)
    flat = [flint().arb(float(x)) for x in array.ravel()]
    result.ravel()[:] = flat
    return result


def decide(question: Callable[[Any, Any], bool], opposite: Callable[[Any, Any], bool]) -> Any:
    """A comparison of balls that raises Undecided where no answer is certain, GradproofError where none ever is."""

    def answer(a: Any, b: Any) -> bool:
        if question(a, b):
            return True
        if opposite(a, b):
            return False
        if a.is_nan() or b.is_nan():
            raise GradproofError(f"{a.str(12)} and {b.str(12)} are not to be compared, one being no number")
        raise Undecided(f"cannot decide whether {a.str(12)} or {b.str(12)} is larger")

    return answer


GREATER = np.frompyfunc(decide(lambda a, b: a > b, lambda a, b: a <= b), 2, 1)
GREATER_EQUAL = np.frompyfunc(decide(lambda a, b: a >= b, lambda a, b: a < b), 2, 1)
MIDDLE = np.frompyfunc(lambda ball: float(ball.mid()), 1, 1)
RAISED = np.frompyfunc(lambda a, b: a**b, 2, 1)
LARGER = np.frompyfunc(lambda a, b: a.max(b), 2, 1)


class Balls(Carrier):
    """An array of real balls; its only part is an object array of `arb`."""

    @classmethod
    def exact(cls, number: Any) -> Self:
        return cls(to_balls(number))

    @staticmethod
    def keep(part: Any) -> Any:
        return objects(part)

    @classmethod
    def np_constant(cls, like: Self, *, name: str) -> Self:
        return cls(objects(CONSTANTS[name].ball(flint().arb)))

    @classmethod
    def kernel_rule(cls, kernel: Kernel) -> Callable[[Self], Self] | None:
        if kernel.ball is None:
            return None
        function = np.frompyfunc(kernel.ball, 1, 1)
        return lambda x: cls(objects(function(x.value)))

    @classmethod
    def np_matmul(cls, a: Any, b: Any) -> Self:
        a, b = cls.of(a).value, cls.of(b).value
        if min(a.ndim, b.ndim) < 2:
            return cls(objects(np.matmul(a, b)))
        (rows, inner), columns = a.shape[-2:], b.shape[-1]
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = np.broadcast_to(a, (*batch, rows, inner)), np.broadcast_to(b, (*batch, inner, columns))
        result = np.empty((*batch, rows, columns), dtype=object)
        matrix = flint().arb_mat
        for place in np.ndindex(batch):
            # arb_mat is 16 to 43 times faster than NumPy's loop over objects.
            product = matrix(rows, inner, list(a[place].ravel())) * matrix(inner, columns, list(b[place].ravel()))
            result[place].ravel()[:] = product.entries()
        return cls(result)

    @classmethod
    def np_power(cls, x: Self, exponent: Any) -> Self:
        power = exponent if isinstance(exponent, int) else flint().arb(exponent)
        return cls(objects(x.value**power))

    @classmethod
    def np_raised(cls, a: Any, b: Self) -> Self:
        return cls(objects(RAISED(cls.of(a).value, b.value)))

    @classmethod
    def np_sum(cls, x: Any, axis: Any = None, keepdims: bool = False) -> Self:
        return cls(objects(np.sum(cls.of(x).value, axis=axis, keepdims=keepdims)))

    @classmethod
    def np_max(cls, x: Self, axis: Any = None, keepdims: bool = False) -> Self:
        (rows,), shape = x.rows(axis, keepdims)
        return cls(np.reshape(objects(LARGER.reduce(rows, axis=-1)), shape))

    @classmethod
    def np_maximum(cls, a: Any, b: Any) -> Self:
        return cls(objects(LARGER(cls.of(a).value, cls.of(b).value)))

    @classmethod
    def np_absolute(cls, x: Self) -> Self:
        return cls(objects(np.abs(x.value)))

    @classmethod
    def np_greater(cls, a: Any, b: Any) -> Any:
        return objects(GREATER(cls.of(a).value, cls.of(b).value)).astype(bool)

    @classmethod
    def np_less(cls, a: Any, b: Any) -> Any:
        return cls.np_greater(b, a)

    @classmethod
    def np_greater_equal(cls, a: Any, b: Any) -> Any:
        return objects(GREATER_EQUAL(cls.of(a).value, cls.of(b).value)).astype(bool)

    @staticmethod
    def np_middle(x: Any) -> Any:
        return np.asarray(MIDDLE(x.value), float)

    @classmethod
    def np_is_largest(cls, x: Self, *, axis: Any) -> Any:
        """Where an entry is the maximum: those with the largest midpoint, all others being certainly less."""
        middle = MIDDLE(x.value).astype(float)
        best = is_largest(middle, axis=axis)
        top = x.pick(lambda rows: np.argmax(MIDDLE(rows).astype(float), axis=-1, keepdims=True), axis, True)
        cls.np_greater(cls.np_where(best, top + 1, top), x)
        return best


def _entrywise(name: str) -> Any:
    """The rule that applies NumPy's function `name` to the object arrays: it calls the balls' own methods."""
    function = getattr(np, name)

    def rule(cls: type[Balls], *arguments: Any) -> Balls:
        return cls(objects(function(*(cls.of(x).value for x in arguments))))

    return classmethod(rule)


for _name in ("add", "subtract", "multiply", "divide", "negative"):
    setattr(Balls, f"np_{_name}", _entrywise(_name))


def _square(cls: type[Balls], x: Balls) -> Balls:
    return cls(objects(x.value * x.value))


Balls.np_square = classmethod(_square)  # type: ignore[attr-defined]


def balls(dtype: Any) -> Reading:
    """Exact at the numbers rounded to `dtype`; use it inside `precision(bits)` or `certified`."""
    return Reading(np.dtype(dtype), Balls.exact)
