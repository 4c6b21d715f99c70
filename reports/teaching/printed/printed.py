r"""Printed numbers as authors paste them: one number, a list, a print-out of NumPy or a framework, a LaTeX matrix.

Every number is read exactly (`printed_number`). What stands around the numbers says their shape and is kept, so that
the same text can be written with other numbers. The rules that the text alone does not settle:

- A comma within a text that is one number belongs to it: `1,234` has a thousands separator, `0,5` a decimal comma.
  Among numbers and within brackets commas separate; where that leaves two readings, the text is refused.
- NumPy prints the numbers of an array to a common precision and then cuts off zeros: in `[1. 2.53125]`, `1.` says
  1.00000. So where all numbers in brackets have a point and no exponent, and one ends in its point, all of them have
  the unit of the finest. In any other list, such as `[0.5, 1.25]`, each keeps its own unit.
- `...` stands for numbers that nobody can see. It counts as one element, `None`; between rows, as one row of them.
- Lines of numbers without brackets are the rows of a matrix; with one number on each, a vector.
- A LaTeX matrix and MATLAB rows have two axes, be it with one row or one column. Parentheses and braces around one
  thing, and brackets around one LaTeX matrix, are no axis.

Reading takes time proportional to the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from gradproof.reference.errors import GradproofError
from gradproof.reports.teaching.printed.printed_layout import Reader
from gradproof.reports.teaching.printed.printed_number import ALONE, Number, excerpt, read_number

__all__ = ["Number", "Printed", "read_printed"]

MAX_TEXT = 1_000_000
"""Characters."""
SAME = ("```", "`", "**", "__", "*", "_")
AROUND = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), *((mark, mark) for mark in SAME))
"""What may stand around the whole text."""
LEAD = re.compile(
    r"(?:[\s=≈≃≅~&]|>>>|\\(?:approx|simeq|sim|cong|doteq)(?![A-Za-z])|Out\[[0-9]+\]:|Parameter containing:)++"
)
CUT_OFF = re.compile(r"[+−–-]?[0-9]*\.[0-9]*")
"""A number as NumPy prints it beside others to a common precision."""


@dataclass(frozen=True)
class Printed:
    """Printed numbers, with the shape in which they stand."""

    shape: tuple[int, ...]
    """() for a scalar; of the elements that are printed."""
    numbers: tuple[Number | None, ...]
    """In row-major order; `None` where `...` stands for numbers that are not printed."""
    text: str
    starts: tuple[int, ...]
    """Where in the text each number begins."""

    def written(self, values: Sequence[Fraction | float]) -> str:
        """The text with each number replaced by one of `values`, in its own notation.

        `values` are as many as `numbers`, in the same row-major order; those for elements that are not printed are not
        used.
        """
        pieces, done = [], 0
        for number, start, value in zip(self.numbers, self.starts, values, strict=True):
            if number is not None:
                pieces += [self.text[done:start], number.written(value)]
                done = start + len(number.text)
        return "".join(pieces) + self.text[done:]


def read_printed(text: str) -> Printed:
    """The numbers of a text, exactly, and the shape in which they stand.

    Raises GradproofError, in one line, where the text is not numbers alone, has more than `MAX_TEXT` characters, rows
    of different lengths, brackets that do not match or commas that can be read in two ways.
    """
    try:
        if len(text) > MAX_TEXT:
            raise GradproofError(f"it has {len(text)} characters; at most {MAX_TEXT} are read")
        start, stop = peeled(text)
        alone = ALONE.fullmatch(text, start, stop)
        if alone:
            return Printed((), (read_number(alone),), text, (start,))
        return read_list(text, start, stop)
    except GradproofError as error:
        raise GradproofError(f"printed {excerpt(text)}: {error}") from None


def read_list(text: str, start: int, stop: int) -> Printed:
    """The numbers of `text[start:stop]`, which is more than a number alone.

    Raises GradproofError for a list without a number, commas that can be read in two ways, and what `Reader.read`
    refuses.
    """
    reader = Reader(text, start, stop)
    shape = reader.read()
    read = [number for number in reader.numbers if number is not None]
    if not read:
        raise GradproofError("there is no number")
    if reader.bare:
        refuse_unclear_commas(text[start:stop], read)
    finest = common_unit(read) if "[" in text else None
    numbers = reader.numbers if finest is None else [n and with_unit(n, finest) for n in reader.numbers]
    return Printed(shape, tuple(numbers), text, tuple(reader.starts))


def peeled(text: str) -> tuple[int, int]:
    """The positions at which the numbers begin and end, without what stands around them: `= $…$`, `**…**`, spaces."""
    start, stop, before = 0, len(text), (-1, -1)
    while (start, stop) != before:
        before = start, stop
        lead = LEAD.match(text, start, stop)
        start = lead.end() if lead else start
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        for left, right in AROUND:
            if (
                stop - start >= len(left + right)
                and text.startswith(left, start, stop)
                and text.endswith(right, start, stop)
            ):
                start, stop = start + len(left), stop - len(right)
                break
    return start, stop


def refuse_unclear_commas(text: str, numbers: Sequence[Number]) -> None:
    """Raises GradproofError for a list without brackets whose commas may be decimal commas: `0,5; 0,7` and `1.234,5`.

    A comma between two digits separates for sure where all numbers have a point, and where nothing else separates and
    none has one.
    """
    glued = len(re.findall("[0-9],(?=[0-9])", text))
    points = ["." in number.text for number in numbers]
    if glued and not all(points) and (any(points) or glued < len(numbers) - 1):
        raise GradproofError("its commas may separate numbers or be part of them; put brackets around a list")


def common_unit(numbers: Sequence[Number]) -> Fraction | None:
    """The finest unit where NumPy cut off zeros (see the rule above), else None."""
    finite = [number for number in numbers if isinstance(number.value, Fraction)]
    if not any(number.text.endswith(".") for number in finite):
        return None
    if not all(CUT_OFF.fullmatch(number.text) for number in finite):
        return None
    return min(number.unit for number in finite)


def with_unit(number: Number, unit: Fraction) -> Number:
    """The number, said to this unit of its last digit; nan and inf have none."""
    return replace(number, unit=unit) if isinstance(number.value, Fraction) else number
