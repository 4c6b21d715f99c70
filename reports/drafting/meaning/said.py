"""What a document says, before it is known which quantity of the computation it is said of."""

import ast
from dataclasses import dataclass
from typing import Literal

Dtype = Literal["float32"] | None
"""The dtype that a number was computed in, where it is not float64."""


@dataclass
class Said:
    """What the document says of something: printed digits, a formula or a shape.

    `about` and `formula` are expressions over the keys of versions. `reason` says why it is not known what is meant; a
    machine prints what it computed, so that one it did not compute belongs to something else.
    """

    line: int
    where: str
    about: ast.expr | None
    printed: str | None = None
    formula: ast.expr | None = None
    shape: str | None = None
    expression: str | None = None
    dtype: Dtype = None
    machine: bool = False
    table: bool = False
    reason: str = ""
