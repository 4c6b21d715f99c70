"""A student's value for a quantity: in the layout of the lesson, and as a claim that can be judged.

Rows and columns are the student's choice where nothing depends on it: axes of length 1, and samples in columns for
samples in rows. The gradient of a parameter, and its updated value, lie as the parameter itself does: where a student
transposed the parameter first, so may its gradient be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.admitted import LEAST_DIGITS, LIKELY
from gradproof.reference.network import Network
from gradproof.reports.grading.answers.names import OBJECT, Named
from gradproof.reports.teaching.claims.quantity import Quantity, Slope, Value
from gradproof.reports.teaching.printed.printed import Number, Printed, read_printed
from gradproof.reports.teaching.right.fitting import exact, fits, long_axes
from gradproof.reports.teaching.right.right import Right

Floats = NDArray[np.float64]

MISSING, TYPE, SHAPE = "missing", "type", "shape"
"""Why there is nothing to judge."""

DOUBLE, SINGLE, BY_HAND, OFF = "float64", "float32", "rounded by hand", "off"
"""How accurate a value is."""

KEPT = {dtype: int(-np.log10(np.finfo(dtype).eps) / 2) for dtype in (DOUBLE, SINGLE)}
"""Digits after the first one that a wrong value shares with what a mistake gives: half of those that the dtype has. A
program that loses more to rounding tells nothing, and two mistakes that agree so far would not be told apart anyway."""

MOST_DIGITS = int(np.log10(LIKELY / np.finfo(DOUBLE).eps))
"""A number of more digits was computed, one of fewer typed or rounded by the student, of less than `LEAST_DIGITS` it
is exact. Of the float64 near a number the share 10^digits * eps can be written in so few: at most `LIKELY` may be."""


@dataclass(frozen=True)
class Answer:
    """What a student has for a quantity.

    `array` is in the quantity's shape; None if there is nothing to judge, for the reason that `problem` says (`kind` is
    a word for it). `others` are the other ways to read the array, where the layout leaves several. `turned` is whether
    the array had to be transposed although its layout was not free. `raw` is the array as it came.
    """

    quantity: Quantity
    name: str
    kind: str = ""
    problem: str = ""
    array: Floats | None = None
    dtype: str = DOUBLE
    turned: bool = False
    others: tuple[Floats, ...] = ()
    raw: Floats | None = None

    @property
    def finite(self) -> bool:
        """Whether there is an array, and no NaN or infinity in it."""
        return self.array is not None and bool(np.all(np.isfinite(self.array)))


def answer(quantity: Quantity, shape: tuple[int, ...], named: Named, turned: bool, free: bool) -> Answer:
    """A value in the layout of the lesson, where it has this shape.

    `turned`: the student transposed the parameter that the quantity lies like. `free`: either layout will do.
    """
    made = Answer(quantity, named.name)
    value = named.value
    wanted = f"it should be {described(shape)}"
    if value["kind"] == "empty":
        return replace(made, kind=MISSING, problem=f"{named.name} is still empty")
    if value["kind"] == "large":
        return replace(made, kind=SHAPE, problem=f"{named.name} is {described(value['shape'])}; {wanted}")
    if value["kind"] != "array":
        what = value.get("type", value["kind"])
        return replace(made, kind=TYPE, problem=f"{named.name} is of type {what}, not a number or an array of numbers")
    if value["dtype"] == "float16":
        return replace(made, kind=TYPE, problem=f"{named.name} has dtype float16: compute in float32 or float64")
    array = value["array"]
    made = replace(made, dtype=SINGLE if value["dtype"] == SINGLE else DOUBLE, raw=array)
    readings = []
    if long_axes(array.shape) == long_axes(shape):
        readings.append(array.reshape(shape))
    if array.ndim == 2 and long_axes(array.T.shape) == long_axes(shape) and 1 not in array.shape:
        across = array.T.reshape(shape)
        if turned:
            readings.insert(0, across)
        elif free:
            readings.append(across)
        elif not readings:
            return replace(made, array=across, turned=True)
    if readings:
        return replace(made, array=readings[0], others=tuple(readings[1:]))
    return replace(made, kind=SHAPE, problem=f"{named.name} is {described(array.shape)}; {wanted}")


def described(shape: Sequence[int]) -> str:
    """A shape in words, for the student: "an array of shape (2, 3)", or "a single number"."""
    return f"an array of shape {tuple(shape)}" if len(shape) else "a single number"


def is_free(network: Network, quantity: Quantity) -> bool:
    """Whether the student chooses the layout of a quantity: none of the network's inputs determines it."""
    atoms = quantity.atoms.values()
    return not any((a.to if isinstance(a, Slope) else a.name) in network.inputs for a in atoms)


def lies_like(quantity: Quantity) -> str:
    """The name whose layout the quantity has: its own, or, of a derivative, what it is taken by."""
    atom = next(iter(quantity.atoms.values()))
    return atom.to if isinstance(atom, Slope) else atom.name


# Inputs that the submission has changed.


def changed(network: Network, variables: Mapping[str, Any]) -> tuple[set[str], dict[str, Named]]:
    """The inputs that a submission transposed, and those that it gave another value; attributes are like variables."""
    turned, others = changed_among(network, variables, "")
    for name, value in reversed(list(variables.items())):
        if value["kind"] == OBJECT:
            turned_there, others_there = changed_among(network, value["items"], f"{name}.")
            turned, others = turned | turned_there, others_there | others
    return turned, others


def changed_among(network: Network, variables: Mapping[str, Any], owner: str) -> tuple[set[str], dict[str, Named]]:
    """As `changed`, among the submission's variables, or an instance's attributes; `owner` is its name with a dot."""
    turned, others = set(), {}
    for name, given in network.inputs.items():
        value = variables.get(name)
        if value is None or value["kind"] != "array":
            continue
        array = value["array"]
        if array.size != given.size:
            continue
        if same_numbers(array.ravel(), given.ravel()):
            continue
        if given.ndim == 2 and same_numbers(array.ravel(), given.T.ravel()):
            turned.add(name)
        else:
            others[name] = Named(f"{owner}{name}", value)
    for name, given in network.inputs.items():  # a transpose may be seen by its shape alone
        value = variables.get(name)
        if value is None or value["kind"] != "array" or given.ndim != 2 or 1 in given.shape or name in others:
            continue
        if value["array"].shape == given.T.shape != given.shape:
            turned.add(name)
    return turned, others


def same_numbers(some: Floats, others: Floats) -> bool:
    """Whether numbers are the same, or the same rounded to single precision."""
    return bool(np.array_equal(some.astype(np.float32), others.astype(np.float32)))


# As claims.


def accuracy(answer: Answer, double: Right, single: Right) -> str:
    """How accurate a value is: DOUBLE, SINGLE, else BY_HAND (rounded to a few digits) or OFF; it must have an array."""
    assert answer.array is not None
    got = [exact(x) for x in answer.array.ravel()]
    if answer.dtype == DOUBLE and all(map(within, got, double.values, double.slack)):
        return DOUBLE
    if all(map(within, got, single.values, single.slack)) and (
        answer.dtype == SINGLE or all(map(near, got, double.values))
    ):
        return SINGLE
    return BY_HAND if rounded_by_hand(answer) is not None else OFF


def within(x: Fraction | float, value: Fraction | float, slack: Fraction) -> bool:
    """Whether a number is the right one up to `slack`, an absolute error."""
    return fits(Number(x, Fraction(0), ""), value, slack)


def near(x: Fraction | float, value: Fraction | float) -> bool:
    """Whether a number has the right first digits, as many as one rounded by hand must have.

    Where single precision loses all digits, as in 1 - a at a = 0.9999999, its tolerance allows anything: a number that
    does not say that it was computed in it is not excused by it.
    """
    if isinstance(x, float) or isinstance(value, float):
        return str(x) == str(value)
    return bool(2 * 10**LEAST_DIGITS * abs(x - value) <= abs(value))


def rounded_by_hand(answer: Answer) -> int | None:
    """To how many decimals the numbers were rounded, if they were: to several digits, but not to those of a dtype."""
    assert answer.array is not None
    if answer.dtype != DOUBLE or not answer.finite:
        return None
    decimals = decimals_of(answer.array)
    largest = Decimal(repr(float(np.max(np.abs(answer.array), initial=0))))
    digits = len(str(int(largest.scaleb(decimals)))) if largest else 0
    return decimals if LEAST_DIGITS <= digits <= MOST_DIGITS and decimals > 0 else None


def decimals_of(array: Floats) -> int:
    """The most digits after the point that it takes to write any of the numbers."""
    exponents = [Decimal(repr(float(x))).normalize().as_tuple().exponent for x in array.ravel()]
    return max((-e for e in exponents if isinstance(e, int)), default=0)


def too_few_digits(answer: Answer, right: Right) -> bool:
    """Whether the numbers are the right ones, but rounded to so few digits that a mistake could give them as well."""
    assert answer.array is not None
    decimals = decimals_of(answer.array)
    unit = Fraction(1, 10**decimals) if 0 <= decimals <= MOST_DIGITS else Fraction(0)
    numbers = [Number(exact(x), unit, "") for x in answer.array.ravel()]
    written = bool(unit) and any(n.value for n in numbers)
    return written and all(fits(n, v) for n, v in zip(numbers, right.values, strict=True))


def as_printed(answer: Answer, accurate: str, dtype: str) -> Printed:
    """The value as a printed number: one rounded by hand as it stands, a computed one exactly, its text shorter."""
    assert answer.array is not None
    decimals = rounded_by_hand(answer) if accurate == BY_HAND else None
    form = f".{KEPT[dtype]}e" if decimals is None else f".{decimals}f"
    printed = read_printed(nested_text(answer.array, form))
    if decimals is not None:
        return printed
    values = [exact(x) for x in answer.array.ravel()]
    numbers = [
        replace(n, value=v, unit=n.unit if v else Fraction(0)) if n is not None else None
        for n, v in zip(printed.numbers, values, strict=True)
    ]
    return replace(printed, numbers=tuple(numbers))


def nested_text(array: Floats, form: str) -> str:
    """An array as text, in nested brackets, each number in the format `form`."""
    if array.ndim == 0:
        return format(float(array), form)
    return "[" + ", ".join(nested_text(row, form) for row in array) + "]"


def place_in_order(network: Network, quantity: Quantity) -> tuple[float, ...]:
    """A key that sorts quantities as computed: values forward, local derivatives, gradients backward, updates."""
    stages: list[tuple[float, ...]] = []
    for atom in quantity.atoms.values():
        if isinstance(atom, Value):
            stages.append((3.0, atom.steps, network.index(atom.name)) if atom.steps else (0, network.index(atom.name)))
            continue
        at = float(network.index(atom.to))
        if atom.to in network.inputs:
            uses = [i for i, node in enumerate(network.nodes) if network.index(atom.to) in node.operands]
            at = min(uses, default=0) - 0.5
        stages.append((2.0, -at) if atom.of == network.loss else (1.0, network.index(atom.of), -at))
    return max(stages, default=(0.0,))


def abridged(array: Any) -> str:
    """The numbers of an array as text, to six digits and at most 200 characters, for a message."""
    said = nested_text(np.asarray(array), ".6g")
    return said if len(said) <= 200 else said[:197] + "..."
