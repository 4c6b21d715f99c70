"""Expressions over the keys of versions, with D(of, by) for a derivative and NEW(w) for an updated value."""

import ast
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.parsing import parse
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value as plain_value
from gradproof.reference.sweep import values
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import read_quantity

FLOAT64 = plain_value(np.float64)
CANCELLING = 2.0**-20
"""How far two ways to compute one gradient may be apart: sigmoid(16) leaves few digits of 1 - sigmoid(16)."""


def keys(tree: ast.expr | None) -> Iterable[str]:
    """The names in an expression, but for those of what it calls."""
    if tree is None:
        return
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            yield node.id


def depth(tree: ast.AST) -> int:
    """How deep an expression nests, counted without recursion."""
    deepest, todo = 0, [(tree, 1)]
    while todo:
        node, level = todo.pop()
        deepest = max(deepest, level)
        todo += [(child, level + 1) for child in ast.iter_child_nodes(node)]
    return deepest


class Put(ast.NodeTransformer):
    """Puts expressions in place of names."""

    def __init__(self, put: Mapping[str, ast.expr]) -> None:
        self.put = put

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What is put in place of a name."""
        return self.put.get(node.id, node)


def name(key: str) -> ast.Name:
    """A version in an expression."""
    return ast.Name(key, ast.Load())


def entry_of(tree: ast.expr) -> ast.expr:
    """What a tree is an entry of, or itself."""
    return tree.value if isinstance(tree, ast.Subscript) else tree


def written(tree: ast.expr, names: dict[str, str]) -> str:
    """An expression as text: derivatives and updated values in the notation of quantities."""

    class Write(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if called not in ("D", "NEW"):
                return ast.Call(node.func, [self.visit(argument) for argument in node.args], node.keywords)
            inner = [self.visit(argument) for argument in node.args]
            if not all(isinstance(entry_of(argument), ast.Name) for argument in inner):
                raise GradproofError("a derivative of an expression, which has no name")
            parts = [ast.unparse(argument) for argument in inner]
            if called == "NEW" and isinstance(inner[0], ast.Subscript):
                return ast.Subscript(name(f"{ast.unparse(inner[0].value)}_new"), inner[0].slice, ast.Load())
            return name(f"d{parts[0]}/d{parts[1]}" if called == "D" else f"{parts[0]}_new")

        def visit_Name(self, node: ast.Name) -> ast.expr:
            return name(names.get(node.id, node.id))

    return ast.unparse(Write().visit(deepcopy(tree)))


def evaluate(expression: str, operands: Mapping[str, Any]) -> Any:
    """The value of an expression of the language, computed by the reference; None where it is none."""
    shapes = {name: np.shape(value) for name, value in operands.items()}
    try:
        nodes = with_shapes(parse(f"result = {expression}", operands), shapes, [expression])
        with np.errstate(all="ignore"):
            result = values(Network(nodes, "result", (), {}), FLOAT64, dict(operands))[-1]
    except (GradproofError, ArithmeticError, RecursionError):
        return None
    return result if np.isfinite(result).all() else None


def value_of(point: Evaluation, text: str) -> Any:
    """The value of a quantity, or None where it is not finite. Raises GradproofError where there is no quantity."""
    with np.errstate(all="ignore"):
        found = point.quantity(read_quantity(text, point.network))
    return found if np.isfinite(found).all() else None


def equal(a: Any, b: Any, apart: float = 2.0**-40) -> bool:
    """Whether two values are the same number, computed in two ways, of the same shape."""
    if np.shape(a) != np.shape(b):
        return False
    size = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))))
    return bool(np.max(np.abs(np.asarray(a) - np.asarray(b))) <= size * apart)


def equal_enough(a: Any, b: Any) -> bool:
    """Whether a gradient by the reference and one by the document's own formulas, which may cancel, are one."""
    return a is not None and np.shape(a) == np.shape(b) and equal(a, b, CANCELLING)
