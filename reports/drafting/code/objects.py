"""What a document's code defines and displays: its functions, its objects, and what it prints."""

import ast
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Function:
    """A function of the document; `this` is the object that a method belongs to."""

    node: ast.FunctionDef
    this: "Thing | None" = None


@dataclass
class Thing:
    """An instance of a class of the document, or any object that has attributes."""

    kind: ast.ClassDef | None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Shown:
    """Something that code displays: expressions, labels (text) and what is not understood (None)."""

    items: list[Any]
    line: int
