"""Slips of the pen: the right number, but for its sign, its point or one of its digits."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gradproof.reference.admitted import SLIPS
from gradproof.reports.teaching.printed.printed import Number

SHIFTS = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True)
class Slip:
    """What the pen did, and the probability that any number of so many digits looks like some slip by accident."""

    mistake: str
    explanation: str
    chance: float


def slips(number: Number, value: Fraction) -> Iterator[Slip]:
    """The slips that turn `value`, the right one, into the printed number; none for a fraction, nan, inf or 0."""
    if isinstance(number.value, float) or number.unit == 0 or value == 0 or number.value == 0:
        return
    got, unit = number.value, number.unit
    random = float(unit / abs(got))
    if abs(got + value) <= unit / 2:
        yield Slip("sign", "The sign is wrong.", random * len(SHIFTS))
    for shift in SHIFTS:
        factor = Fraction(10) ** shift
        if abs(got * factor - value) <= unit * factor / 2:
            places = f"{abs(shift)} place{'s' * (abs(shift) > 1)}"
            moved = f"The decimal point is {places} too far to the {'left' if shift > 0 else 'right'}."
            yield Slip("decimal point shifted", moved, random * len(SHIFTS))
    if (got > 0) != (value > 0):
        return
    digits = digit_text(abs(got) / unit)
    right = {power: nearest(abs(value) / (unit * Fraction(10) ** power)) for power in (-1, 0, 1)}
    width = len(digits)
    swapped = {swap(pad(right[0], width), i) for i in range(width - 1)} - {pad(right[0], width)}
    dropped = {pad(right[-1], width + 1)[:i] + pad(right[-1], width + 1)[i + 1 :] for i in range(width + 1)}
    doubled = {pad(right[1], width - 1)[: i + 1] + pad(right[1], width - 1)[i:] for i in range(width - 1)}
    chance = min(1.0, SLIPS * width / 10 ** len(digits.lstrip("0")))
    for mistake, explanation, found in (
        ("digits swapped", "Two neighbouring digits are swapped.", swapped),
        ("digit left out", "A digit was left out.", dropped),
        ("digit doubled", "A digit was written twice.", doubled),
    ):
        if digits in found:
            yield Slip(mistake, explanation, chance)
    one = pad(right[0], width)
    if len(one) == width and sum(a != b for a, b in zip(one, digits, strict=True)) == 1:
        place = next(i for i, (a, b) in enumerate(zip(one, digits, strict=True)) if a != b)
        if abs(int(one[place]) - int(digits[place])) > 1 or width - place > 1:
            explanation = f"One digit is wrong: {digits[place]} for {one[place]}."
            yield Slip("one digit wrong", explanation, chance)


def nearest(x: Fraction) -> str:
    """A fraction rounded to an integer, half away from zero."""
    return digit_text(Fraction(int(x + Fraction(1, 2))))


def digit_text(x: Fraction) -> str:
    """The digits of a whole number."""
    return str(int(x))


def pad(digits: str, width: int) -> str:
    """Digits with as many zeros before them as make them `width` long."""
    return digits.zfill(width)


def swap(digits: str, i: int) -> str:
    """Digits with the i-th, counted from 0, and the next exchanged."""
    return digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
