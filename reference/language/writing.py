"""A network as text: the graph back into statements, each operation by a template.

A template is a Python expression over the operation's own operand and attribute names, such as
`"torch.mean(x, dim=axis)"`, or a function of `Applied` that gives one. Operands and attributes are put in as
syntax trees, and `ast.unparse` writes the result, so precedence and brackets are Python's own business.
"""

import ast
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from gradproof.reference.network import INPUT, LITERAL, Network, Node, Shape
from gradproof.reference.operations import HIDDEN, OPERATIONS

LARGEST_NUMBER = 2**31
"""Arithmetic between numbers is left to Python up to here; larger integers are written as floats."""

ARITHMETIC = frozenset(name for name, operation in OPERATIONS.items() if operation.is_arithmetic)
"""The operations whose operands may be plain numbers in every framework."""


@dataclass(frozen=True)
class Applied:
    """An operation where it is applied: what a template may depend on."""

    node: Node
    shapes: tuple[Shape, ...]

    @property
    def ranks(self) -> tuple[int, ...]:
        """The ranks of the operands."""
        return tuple(map(len, self.shapes))

    def __getitem__(self, attribute: str) -> Any:
        """The value of an attribute."""
        return self.node.attributes[attribute]


Template = str | Callable[[Applied], str]
Templates = Mapping[str, Template]

STATEMENTS: Templates = {
    name: operation.notation
    or f"{name}({', '.join((f'*{operation.operands[0]}',) if operation.variadic else operation.operands)}"
    + "".join(f", {attribute}={attribute}" for attribute in operation.public)
    + ")"
    for name, operation in OPERATIONS.items()
}
"""The templates of gradproof's own statement language."""


def language_text(network: Network) -> str:
    """The statements of `network`, one a line; they parse back to the same graph."""
    return "\n".join(f"{name} = {expression}" for name, expression in statements(network, STATEMENTS))


def statements(
    network: Network, templates: Templates, rename: Mapping[str, str] | None = None, number: str | None = None
) -> list[tuple[str, str]]:
    """Name and expression of each statement, in order.

    `rename` maps names to those to write instead. `number`, a template over `number`, makes an array of a
    number; where it is given, numbers stay plain only in arithmetic with arrays and in arithmetic that Python
    does as well as the framework would. An expression that a template needs twice becomes a statement of its
    own.
    """
    renderer = _Renderer(network, templates, rename or {}, number)
    for i, node in enumerate(network.nodes):
        if node.name is not None and node.operation != INPUT:
            renderer.assign(renderer.names[node.name], renderer.expression(i))
    return renderer.lines


def only_loss(network: Network) -> Network:
    """The part of `network` that its loss and parameters need, and no other statement or input."""
    needed = sorted(network.ancestors(network.loss).union(map(network.index, network.parameters)))
    position = {old: new for new, old in enumerate(needed)}
    kept = (network.nodes[i] for i in needed)
    nodes = tuple(replace(node, operands=tuple(position[k] for k in node.operands)) for node in kept)
    inputs = {node.name: network.inputs[node.name] for node in nodes if node.operation == INPUT and node.name}
    return replace(network, nodes=nodes, inputs=inputs, updated=())


class _Renderer:
    """The statements so far, and what is known about plain numbers."""

    def __init__(self, network: Network, templates: Templates, rename: Mapping[str, str], number: str | None) -> None:
        self.network, self.templates, self.number = network, templates, number
        self.names = {name: rename.get(name, name) for name in network.names}
        self.taken = {*self.names.values()}
        self.lines: list[tuple[str, str]] = []
        self.numbers = _numbers(network)

    def assign(self, name: str, tree: ast.expr) -> None:
        # The only quotes are those around a word of a template, never inside one.
        self.lines.append((name, ast.unparse(tree).replace("'", '"')))

    def read(self, i: int) -> ast.expr:
        """Node `i` as its reader writes it: by its name, or in place."""
        name = self.network.nodes[i].name
        return self.expression(i) if name is None else ast.Name(self.names[name])

    def expression(self, i: int) -> ast.expr:
        """What node `i` is computed by."""
        node = self.network.nodes[i]
        if node.operation == LITERAL:
            tree = self.literal(node)
            return self.array(tree) if self.is_loss(i) else tree
        operands = [self.read(k) for k in node.operands]
        if self.number is not None:
            operands = [
                self.array(tree) if self.must_be_array(i, position) else tree for position, tree in enumerate(operands)
            ]
        tree = self.apply(node, operands)
        return self.array(tree) if self.is_loss(i) else tree

    def is_loss(self, i: int) -> bool:
        """Whether node `i` is a loss that would be a plain number, which no framework differentiates."""
        is_number = self.number is not None and i in self.numbers
        return is_number and self.network.nodes[i].name == self.network.loss

    def literal(self, node: Node) -> ast.expr:
        value = node.attributes["value"]
        return _literal(float(value) if self.number is not None and abs(value) >= LARGEST_NUMBER else value)

    def must_be_array(self, i: int, position: int) -> bool:
        """Whether the operand of node `i` at `position` is a number where an array is needed."""
        node = self.network.nodes[i]
        if node.operands[position] not in self.numbers or i in self.numbers:
            return False
        if node.operation not in ARITHMETIC:
            return True
        return position == 0 and all(k in self.numbers for k in node.operands)

    def array(self, tree: ast.expr) -> ast.expr:
        """The plain number `tree` as an array."""
        assert self.number is not None
        like = next(node.name for node in self.network.nodes if node.operation == INPUT and node.name)
        return _substitute(self.number, {"number": tree, "like": ast.Name(self.names[like])})

    def apply(self, node: Node, operands: list[ast.expr]) -> ast.expr:
        """The template of `node`'s operation with its operands and attributes put in."""
        operation = OPERATIONS[node.operation]
        shapes = tuple(self.network.nodes[k].shape for k in node.operands)
        template = self.templates[node.operation]
        text = template if isinstance(template, str) else template(Applied(node, shapes))
        if operation.variadic:
            bindings: dict[str, ast.expr] = {operation.operands[0]: ast.List(operands)}
        else:
            bindings = {
                name: self.once(name, tree) if _uses(text, name) > 1 else tree
                for name, tree in zip(operation.operands, operands, strict=False)
            }
        absent = set(operation.operands[len(operands) :]) if not operation.variadic else set()
        attributes = {k: _literal(v) for k, v in node.attributes.items() if k not in HIDDEN}
        default = {k for k in attributes if node.attributes[k] == operation.attributes[k]}
        return _substitute(text, {**bindings, **attributes}, absent | default)

    def once(self, name: str, tree: ast.expr) -> ast.expr:
        """`tree`, computed once: as a statement of its own if it is more than a name or number."""
        if isinstance(tree, ast.Name | ast.Constant):
            return tree
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.assign(name, tree)
        return ast.Name(name)


def _numbers(network: Network) -> dict[int, float]:
    """The nodes that may stay Python numbers: literals, and arithmetic on them that Python does as well.

    That is arithmetic on numbers that float32 holds: Python then rounds only once more than the dtype would,
    which changes nothing, or less often.
    """
    numbers: dict[int, float] = {}
    exact: set[int] = set()
    for i, node in enumerate(network.nodes):
        if node.operation == LITERAL:
            numbers[i] = value = node.attributes["value"]
            if abs(value) <= LARGEST_NUMBER and float(np.float32(value)) == value:
                exact.add(i)
        elif node.operation in ARITHMETIC and all(k in numbers for k in node.operands):
            sign = node.operation in ("negative", "identity")
            if not sign and not exact.issuperset(node.operands):
                continue
            operands = [float(numbers[k]) for k in node.operands]
            try:
                value = OPERATIONS[node.operation].forward(*operands, **node.attributes)
            except (ZeroDivisionError, OverflowError):
                continue
            if sign or (isinstance(value, float) and abs(value) <= LARGEST_NUMBER):
                numbers[i] = value
                if exact.issuperset(node.operands):
                    exact.add(i)
    return numbers


def _literal(value: Any) -> ast.expr:
    """A number, text, None, tuple or key of an indexing as a syntax tree."""
    if isinstance(value, slice):
        bounds = (value.start, value.stop, value.step)
        return ast.Slice(*(None if bound is None else _literal(bound) for bound in bounds))
    if isinstance(value, tuple):
        return ast.Tuple([_literal(part) for part in value])
    return _parse(repr(value))


def _parse(text: str) -> ast.expr:
    """The syntax tree of an expression, the caller's own: parsing again is faster than copying."""
    return ast.parse(text, mode="eval").body


@lru_cache(maxsize=1024)
def _uses(text: str, name: str) -> int:
    """How often the template `text` uses `name`."""
    return sum(isinstance(part, ast.Name) and part.id == name for part in ast.walk(_parse(text)))


def _substitute(text: str, bindings: Mapping[str, ast.expr], omitted: Set[str] = frozenset()) -> ast.expr:
    """The template `text` with trees for names; arguments that are just an omitted name are left out."""
    tree = _Substitution(bindings, omitted).visit(_parse(text))
    assert isinstance(tree, ast.expr)
    return tree


class _Substitution(ast.NodeTransformer):
    def __init__(self, bindings: Mapping[str, ast.expr], omitted: Set[str]) -> None:
        self.bindings, self.omitted = bindings, omitted

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.bindings.get(node.id, node)

    def visit_Starred(self, node: ast.Starred) -> Any:
        """`*arrays` among arguments: the arrays themselves."""
        value = self.visit(node.value)
        return value.elts if isinstance(value, ast.List) else ast.Starred(value)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`x[key]`; a key of one part is written without its tuple."""
        self.generic_visit(node)
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 1:
            node.slice = node.slice.elts[0]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        def kept(value: ast.expr) -> bool:
            return not (isinstance(value, ast.Name) and value.id in self.omitted)

        node.args = [argument for argument in node.args if kept(argument)]
        node.keywords = [pair for pair in node.keywords if kept(pair.value)]
        return self.generic_visit(node)
