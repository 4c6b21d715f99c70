"""What an operation's attributes and operands take, read from the annotations of its forward expression.

`bool`, `str`, `int`, `float` and unions with `None` and tuples of integers mean themselves;
`Annotated[int, AtLeast(1)]` bounds a number, `Annotated[str, LAYOUTS]` shows the texts there are. Without an
annotation, the default's type counts. An operand is an array of floats, unless it says `Indices` or `Mask`.
"""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args, get_origin

import numpy as np

INTEGERS, BOOLEANS = "integers", "booleans"
"""What an operand may hold besides floats: numbers without a derivative, which no reading carries or rounds."""

Indices = Annotated[Any, INTEGERS]
"""An operand that is an int64 array."""

Mask = Annotated[Any, BOOLEANS]
"""An operand that is a bool array."""


def held(parameter: inspect.Parameter) -> str:
    """What the operand of this parameter holds: `INTEGERS`, `BOOLEANS`, or "" for floats."""
    parts = get_args(parameter.annotation)
    return next((part for part in parts if part in (INTEGERS, BOOLEANS)), "")


def is_discrete(array: Any) -> bool:
    """Whether it is an array of integers or booleans: such have no derivative, and are the same in every dtype."""
    return isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "bi"


class AtLeast(NamedTuple):
    """In an annotation: the least number that an attribute takes, and whether infinity is one, written `inf`."""

    least: float
    infinite: bool = False


@dataclass(frozen=True)
class Kind:
    """The literals that an attribute takes: of one of these types, tuples being of integers."""

    types: frozenset[type]
    least: float | None = None
    example: str = ""
    """One of the texts that it takes."""
    infinite: bool = False
    """Whether it takes infinity as well."""


def kind_of(parameter: inspect.Parameter) -> Kind:
    """What a keyword-only parameter takes, by its annotation, or by its default where it has none."""
    annotation, least, example, infinite = parameter.annotation, None, "", False
    if annotation is parameter.empty:
        annotation = type(parameter.default)
    if get_origin(annotation) is Annotated:
        annotation, meant = get_args(annotation)
        if isinstance(meant, AtLeast):
            least, infinite = meant
        else:
            example = next(iter(meant))
    return Kind(frozenset(plain_types(annotation)), least, example, infinite)


def plain_types(annotation: Any) -> Iterable[type]:
    """The types in an annotation, `tuple` for any tuple."""
    for part in get_args(annotation) if get_origin(annotation) not in (None, tuple) else [annotation]:
        yield get_origin(part) or part
