"""What is read from a document, before it is known what it belongs to."""

import ast
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Function:
    """A function of the document; `this` is what a method belongs to."""

    node: ast.FunctionDef
    this: "Thing | None" = None


@dataclass
class Thing:
    """An instance of a class of the document, or any object that has attributes."""

    kind: ast.ClassDef | None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Said:
    """What the document says of something: printed digits, a formula or a shape.

    `about` and `formula` are expressions over the keys of versions. `told` says how the number was placed; a machine
    prints what it computed, so that one it did not compute belongs to something else.
    """

    line: int
    where: str
    about: ast.expr | None
    printed: str | None = None
    formula: ast.expr | None = None
    shape: str | None = None
    expression: str | None = None
    dtype: str | None = None
    machine: bool = False
    reason: str = ""


@dataclass
class Shown:
    """Something that code displays: expressions, labels (text) and what is not understood (None)."""

    items: list[Any]
    line: int
