"""The literal arguments of the statement language: attributes of operations, exponents, indices."""

import ast
from typing import Any, TypeVar

from gradproof.reference.errors import StatementError

Number = TypeVar("Number", int, float)


class Literals:
    """Reads literals; what is none, or out of its range, is refused."""

    def error(self, message: str) -> StatementError:
        """What is wrong, with the statement that it is wrong in."""
        raise NotImplementedError

    def attribute(self, operation: str, name: str, tree: ast.expr) -> Any:
        """The literal value of an attribute, of the type that its name asks for."""
        where = f"{operation}'s {name}"
        match name, tree:
            case "keepdims", ast.Constant(value=bool() as value):
                return value
            case "layout", ast.Constant(value=str() as value):
                return value
            case "axis", ast.Constant(value=None) if operation not in ("stack", "softmax", "log_softmax"):
                return None
            case "axis", ast.Tuple(elts=elements) if elements and operation != "stack":
                return tuple(self.integer(element, where) for element in elements)
            case "axis", _:
                return self.integer(tree, where)
            case "negative_slope" | "alpha", _:
                return float(self.number_literal(tree, where))
            case "stride", _:
                return self.at_least(1, self.integer(tree, where), where)
            case "padding", _:
                return self.at_least(0, self.integer(tree, where), where)
            case "eps", _:
                return self.at_least(0.0, float(self.number_literal(tree, where)), where)
        wanted = {"keepdims": "True or False", "layout": "a text such as 'W @ x'"}.get(name, "a literal")
        raise self.error(f"{where} must be {wanted}")

    def at_least(self, least: Number, value: Number, what: str) -> Number:
        """A number that must not be smaller than another."""
        if value < least:
            raise self.error(f"{what} must be at least {least:g}")
        return value

    def integer(self, tree: ast.expr, what: str) -> int:
        """An integer."""
        value = self.number_literal(tree, what)
        if not isinstance(value, int):
            raise self.error(f"{what} must be an integer")
        return value

    def number_literal(self, tree: ast.expr, what: str) -> int | float:
        """A number, perhaps with a sign."""
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
        """The key of an indexing: integers and slices, counted from 0."""
        parts = tree.elts if isinstance(tree, ast.Tuple) else [tree]
        if not parts:
            raise self.error("an index is missing")
        return tuple(self.key_part(part) for part in parts)

    def key_part(self, tree: ast.expr) -> int | slice:
        """One axis of a key."""
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
