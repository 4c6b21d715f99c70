"""Expressions over the keys of versions, in which D(of, by) is a derivative and NEW(w) an updated value."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from gradproof.reference.errors import GradproofError

SLOPE, STEP = "D", "NEW"


def keys(tree: ast.expr | None) -> Iterable[str]:
    """The names in an expression, each as often as it is there, but for those of the functions it calls."""
    called = set()
    for node in ast.walk(tree) if tree is not None else ():  # a call before what it calls
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        elif isinstance(node, ast.Name) and id(node) not in called:
            yield node.id


def depth(tree: ast.AST) -> int:
    """How deep an expression nests, counted without recursion."""
    deepest, todo = 0, [(tree, 1)]
    while todo:
        node, level = todo.pop()
        deepest = max(deepest, level)
        todo += [(child, level + 1) for child in ast.iter_child_nodes(node)]
    return deepest


def call(function: str, *operands: ast.expr) -> ast.Call:
    """The call `function(*operands)`, of an operation of the language, of D (derivative) or of NEW (updated value)."""
    return ast.Call(name(function), list(operands), [])


def calls(tree: ast.expr | None, *functions: str) -> list[ast.Call]:
    """The calls of the named `functions` in an expression, at any depth."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree is not None else []
    return [node for node in found if is_of(node, *functions)]


def is_of(node: ast.Call, *functions: str) -> bool:
    """Whether a call is one of the named `functions`."""
    return isinstance(node.func, ast.Name) and node.func.id in functions


class Put(ast.NodeTransformer):
    """Puts expressions in place of names, but for those of what is called."""

    def __init__(self, found: Callable[[str], ast.expr | None]) -> None:
        self.found = found

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What `found` gives for a name, or the name as it is."""
        return self.found(node.id) or node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A call with expressions put into its arguments."""
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], node.keywords)


def put(tree: ast.expr, found: Callable[[str], ast.expr | None]) -> ast.expr:
    """A copy of an expression in which each name for which `found` gives an expression is replaced by it."""
    return Put(found).visit(copied(tree))  # type: ignore[no-any-return]


def copied(value: Any) -> Any:
    """A copy of a syntax tree, or of what a node of one holds, without where it stood: much faster than `deepcopy`."""
    if isinstance(value, list):
        return [copied(each) for each in value]
    if isinstance(value, ast.AST):
        return type(value)(**{field: copied(held) for field, held in ast.iter_fields(value)})
    return value


def name(key: str) -> ast.Name:
    """The node of the syntax tree that stands for the version with this key."""
    return ast.Name(key, ast.Load())


def entry_of(tree: ast.expr) -> ast.expr:
    """The array that an indexed expression takes an entry of; any other expression as it is."""
    return tree.value if isinstance(tree, ast.Subscript) else tree


def written(tree: ast.expr, names: dict[str, str]) -> str:
    """An expression as text in the notation of quantities, `names` in place of keys.

    Raises GradproofError for a derivative of an expression, which has no name.
    """

    class Write(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if called not in (SLOPE, STEP):
                return ast.Call(node.func, [self.visit(argument) for argument in node.args], node.keywords)
            inner = [self.visit(argument) for argument in node.args]
            if not all(isinstance(entry_of(argument), ast.Name) for argument in inner):
                raise GradproofError("a derivative of an expression, which has no name")
            parts = [ast.unparse(argument) for argument in inner]
            if called == STEP and isinstance(inner[0], ast.Subscript):
                return ast.Subscript(name(f"{ast.unparse(inner[0].value)}_new"), inner[0].slice, ast.Load())
            return name(f"d{parts[0]}/d{parts[1]}" if called == SLOPE else f"{parts[0]}_new")

        def visit_Name(self, node: ast.Name) -> ast.expr:
            return name(names.get(node.id, node.id))

    return ast.unparse(Write().visit(copied(tree)))
