"""A network's statements in a framework's words.

Numbers stay plain only in arithmetic with arrays, and in arithmetic that Python does as well as the framework would.
"""

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from gradproof.adapters.framework import Applied, Framework
from gradproof.adapters.plain_words import COMPOSED, PLAIN
from gradproof.reference.language.build import result_shape
from gradproof.reference.language.parsing import parse
from gradproof.reference.language.writing import STATEMENTS, Writer, substituted, written
from gradproof.reference.network import INPUT, LITERAL, Network, Node, Shape
from gradproof.reference.operations import OPERATIONS

LARGEST_NUMBER = 2**31
"""Arithmetic between numbers is left to Python up to here; larger integers are written as floats."""

ARITHMETIC = frozenset(name for name, operation in OPERATIONS.items() if operation.is_arithmetic)
"""The operations whose operands may be plain numbers in every framework."""


def expression(statement: str, framework: Framework, shapes: Mapping[str, Shape]) -> str:
    """An expression of gradproof's language in a framework's words; `shapes` are those of the names in it.

    Raises StatementError for text outside the language, MisfitError for operands that do not fit each other.
    """
    nodes = shaped(statement, tuple(shapes.items()))
    return written(ProgramWriter(Network(nodes, "", (), {}), framework).expression(len(nodes) - 1))


@lru_cache(maxsize=1024)
def shaped(statement: str, shapes: tuple[tuple[str, Shape], ...]) -> tuple[Node, ...]:
    """The nodes of an expression over names of these shapes, each with its shape.

    Raises StatementError and MisfitError as `expression` does.
    """
    known, nodes = dict(shapes), list[Node]()
    for node in parse(f"value = {statement}", known):
        if node.operation != LITERAL:
            operands = [nodes[k].shape for k in node.operands]
            shape = known[node.name or ""] if node.operation == INPUT else result_shape(node, operands)
            node = replace(node, shape=shape)
        nodes.append(node)
    return tuple(nodes)


class ProgramWriter(Writer):
    """Writes a network in a framework's words; `rename` maps names to those to write instead."""

    def __init__(self, network: Network, framework: Framework, rename: Mapping[str, str] | None = None) -> None:
        super().__init__(network, rename)
        self.framework, self.numbers = framework, plain_numbers(network)

    def template(self, node: Node) -> str:
        """How the operation of `node` is written.

        By the framework's own template; else in words that all frameworks share; else as the function of its name.
        """
        operation, shapes = OPERATIONS[node.operation], tuple(self.network.nodes[k].shape for k in node.operands)
        applied = Applied(node.attributes, shapes)
        for templates in (self.framework.templates, PLAIN):
            if text := applied.filled(templates.get(operation.name)):
                return text
        if statement := applied.filled(COMPOSED.get(operation.name)):
            named = dict(zip(operation.operands, shapes, strict=False))
            return expression(statement.format(**node.attributes), self.framework, named)
        called = STATEMENTS[operation.name]
        in_signs = operation.notation and not isinstance(operation.syntax, ast.Call)
        own = in_signs or operation.name in self.framework.definitions
        return called if own else f"{self.framework.namespace}.{called}".replace("(*", "(")

    def joined(self, node: Node) -> str:
        """The array that holds the results of `node`, whose shapes are those of its parts."""
        operation, whole = OPERATIONS[node.operation], np.broadcast_to(0, node.shape)
        shapes = {name: whole[key].shape for name, key in operation.results_of(node.attributes).items()}
        return expression(operation.joined(node.attributes), self.framework, shapes)

    def expression(self, i: int) -> ast.expr:
        """What node `i` is computed by; a loss is an array, since no framework differentiates a plain number."""
        tree = super().expression(i)
        return self.array(tree) if i in self.numbers and self.network.nodes[i].name == self.network.loss else tree

    def operand(self, i: int, position: int) -> ast.expr:
        """The operand of node `i` at `position`, as an array where a plain number would not do."""
        tree = super().operand(i, position)
        return self.array(tree) if self.must_be_array(i, position) else tree

    def literal(self, value: float) -> ast.expr:
        """A number; no large integer, which some frameworks refuse."""
        return super().literal(float(value) if abs(value) >= LARGEST_NUMBER else value)

    def must_be_array(self, i: int, position: int) -> bool:
        """Whether the operand of node `i` at `position` is a number where an array is needed."""
        node = self.network.nodes[i]
        if node.operands[position] not in self.numbers or i in self.numbers:
            return False
        if node.operation in OPERATIONS and position in OPERATIONS[node.operation].compared:
            return all(node.operands[k] in self.numbers for k in OPERATIONS[node.operation].compared)
        if node.operation not in ARITHMETIC:
            return True
        return position == 0 and all(k in self.numbers for k in node.operands)

    def array(self, tree: ast.expr) -> ast.expr:
        """The plain number `tree` as an array."""
        return substituted(self.framework.number, {"number": tree, **self.besides()})

    def besides(self) -> Mapping[str, ast.expr]:
        """An input of floats, `like` which arrays are made that come of no other; none where there is no such input."""
        return {} if self.first_of_floats is None else {"like": ast.Name(self.names[self.first_of_floats])}

    @cached_property
    def first_of_floats(self) -> str | None:
        """The first input that holds floats."""
        discrete = self.network.discrete
        inputs = (node.name for node in self.network.nodes if node.operation == INPUT)
        return next((name for name in inputs if name and name not in discrete), None)


def plain_numbers(network: Network) -> dict[int, float]:
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
