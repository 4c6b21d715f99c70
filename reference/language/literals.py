"""The literal arguments of the statement language: attributes of operations, exponents, indices."""

import ast
import math
from typing import Any, TypeVar

from gradproof.reference.errors import StatementError
from gradproof.reference.operations import Operation

Number = TypeVar("Number", int, float)


class Literals:
    """Reads literals out of syntax trees. Raises `error`, a StatementError, for what is none, or out of its range."""

    def error(self, message: str) -> StatementError:
        """An error with this message, about the statement that is being read."""
        raise NotImplementedError

    def attribute(self, operation: Operation, name: str, tree: ast.expr) -> Any:
        """The literal value of an attribute of `operation`, of a type that it takes.

        Raises StatementError for a value of another type, and for one below the least that it takes.
        """
        where, kind = f"{operation.name}'s {name}", operation.kinds[name]
        match tree:
            case ast.Constant(value=bool() | str() | None as given) if type(given) in kind.types:
                return given
            case ast.Name(id="inf") if kind.infinite:
                return math.inf
            case ast.Tuple(elts=elements) if elements and tuple in kind.types:
                return tuple(self.integer(element, where) for element in elements)
        for wanted, one in ((bool, "True or False"), (str, f"a text such as {kind.example!r}")):
            if wanted in kind.types and not {int, float} & kind.types:
                raise self.error(f"{where} must be {one}")
        value = float(self.number_literal(tree, where)) if float in kind.types else self.integer(tree, where)
        return value if kind.least is None else self.at_least(kind.least, value, where)

    def at_least(self, least: Number, value: Number, what: str) -> Number:
        """`value`, if it is not smaller than `least`.

        Raises StatementError, in which `what` names it, for one that is.
        """
        if value < least:
            raise self.error(f"{what} must be at least {least:g}")
        return value

    def integer(self, tree: ast.expr, what: str) -> int:
        """An integer, of at most 2^31 in size; `what` names it in messages. Raises StatementError for anything else."""
        value = self.number_literal(tree, what)
        if not isinstance(value, int):
            raise self.error(f"{what} must be an integer")
        return value

    def number_literal(self, tree: ast.expr, what: str) -> int | float:
        """A number, perhaps with a minus, of at most 2^31 in size; `what` names it in messages.

        Raises StatementError for anything else.
        """
        sign = 1
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            sign, tree = -1, tree.operand
        value = tree.value if isinstance(tree, ast.Constant) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = sign * value
            if abs(number) <= 2**31:
                return number
            raise self.error(f"{what} must be at most 2**31 in size")
        raise self.error(f"{what} must be a literal number")

    def key(self, tree: ast.expr) -> tuple[int | slice, ...]:
        """The key of an indexing, as NumPy takes it: for each axis an integer or a slice, counted from 0.

        Raises StatementError for an empty one, and for a part that `key_part` refuses.
        """
        parts = tree.elts if isinstance(tree, ast.Tuple) else [tree]
        if not parts:
            raise self.error("an index is missing")
        return tuple(self.key_part(part) for part in parts)

    def key_part(self, tree: ast.expr) -> int | slice:
        """What a key says of one axis: an integer from 0 on, or a slice with bounds from 0 on and a positive step.

        Raises StatementError for anything else.
        """
        if isinstance(tree, ast.Slice):
            start, stop, step = (
                None if bound is None else self.integer(bound, "a bound of a slice")
                for bound in (tree.lower, tree.upper, tree.step)
            )
            if step is not None and step < 1:
                raise self.error("a slice's step must be at least 1")
            if min(start or 0, stop or 0) < 0:
                raise self.error("a slice's bounds count from 0; negative ones are not in the language")
            return slice(start, stop, step)
        index = self.integer(tree, "an index")
        if index < 0:
            raise self.error("an index counts from 0; negative ones are not in the language")
        return index
