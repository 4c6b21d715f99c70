"""Formulas that differ from a wrong one by a transpose, a term or a name: one of them may have been meant."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.quantity import AFTER, DERIVATIVE, UPDATED, WORD


@dataclass(frozen=True)
class Meant:
    """A formula that was perhaps meant, and the mistake that was made if so."""

    mistake: str
    explanation: str
    formula: str


class Formula:
    """A formula as Python's parser reads it, with a name in place of each derivative and each updated value.

    `atoms` are these as they were written, `bare` is the text with names.
    """

    def __init__(self, text: str) -> None:
        self.atoms: list[str] = []
        self.bare = text.strip()
        for pattern in (AFTER, DERIVATIVE, UPDATED):
            self.bare = pattern.sub(self.put, self.bare)

    def put(self, match: re.Match[str]) -> str:
        """The name that stands for the atom of this match in the text that is parsed."""
        self.atoms.append(match[0])
        return f"ATOM{len(self.atoms) - 1}_"

    def tree(self) -> ast.expr:
        """A fresh syntax tree, to be changed in place. Raises SyntaxError for a text that is no expression."""
        return ast.parse(self.bare, mode="eval").body

    def written(self, tree: ast.expr) -> str:
        """A syntax tree as a formula again, with the derivatives and updated values as they were written."""
        return re.sub(r"ATOM(\d+)_", lambda match: self.atoms[int(match[1])], ast.unparse(tree))


# A transpose elsewhere: one product, or all of them, the other way round.


def transposes(text: str) -> Iterator[Meant]:
    """The formula with a transpose elsewhere, or with outer products; its own transpose."""
    formula = Formula(text)
    products = sum(map(is_product, ast.walk(formula.tree())))
    for change in CHANGES:
        for number in (None, *range(products)) if products > 1 else range(products):
            changed = formula.written(Turned(change, number).visit(formula.tree()))
            sentence = f"A transpose is in the wrong place: {changed} is meant."
            if change in OUTER:
                sentence = f"The product of two vectors is one number; their outer product is meant: {changed}."
            yield Meant("transposed", sentence, changed)
    yield Meant("transposed", "Rows and columns are exchanged.", formula.written(turn(formula.tree())))


def is_product(node: ast.AST) -> bool:
    """Whether a node is a matrix or an outer product."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id == "outer" and len(node.args) == 2
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def matmul(a: ast.expr, b: ast.expr) -> ast.expr:
    """The expression `a @ b`, as a syntax tree."""
    return ast.BinOp(a, ast.MatMult(), b)


def turn(a: ast.expr) -> ast.expr:
    """The transpose of an expression, as a syntax tree; of a transpose what it is the transpose of."""
    return without_transpose(a) if is_transpose(a) else ast.Attribute(a, "T")


def without_transpose(a: ast.expr) -> ast.expr:
    """What an expression is the transpose of; the expression itself if it is none."""
    return a.value if isinstance(a, ast.Attribute) and a.attr == "T" else a


def is_transpose(a: ast.expr) -> bool:
    """Whether an expression is a transpose, `a.T`."""
    return isinstance(a, ast.Attribute) and a.attr == "T"


def outer(a: ast.expr, b: ast.expr) -> ast.expr:
    """The outer product of two vectors, less the transposes that they are written with."""
    return ast.Call(ast.Name("outer"), [without_transpose(a), without_transpose(b)], [])


OUTER: tuple[Callable[[ast.expr, ast.expr], ast.expr], ...] = (outer, lambda a, b: outer(b, a))

CHANGES: tuple[Callable[[ast.expr, ast.expr], ast.expr], ...] = (
    lambda a, b: matmul(turn(a), b),
    lambda a, b: matmul(a, turn(b)),
    lambda a, b: matmul(turn(a), turn(b)),
    *OUTER,
    lambda a, b: matmul(b, a),
    lambda a, b: matmul(b, turn(a)),
    lambda a, b: matmul(turn(b), a),
    lambda a, b: matmul(turn(b), turn(a)),
)
"""Products that may have been meant, those with the least changed first."""


class Turned(ast.NodeTransformer):
    """One product of an expression changed, or all of them.

    `change` makes a product from two operands; `number` says which product it is for, counted from 0, and None for all.
    """

    def __init__(self, change: Callable[[ast.expr, ast.expr], ast.expr], number: int | None) -> None:
        self.change, self.number, self.seen = change, number, 0

    def visit(self, node: ast.AST) -> Any:
        """The node, with its products changed, if it is their turn."""
        if not is_product(node):
            return self.generic_visit(node)
        here = self.number in (None, self.seen)
        self.seen += 1
        node = self.generic_visit(node)
        operands = node.args if isinstance(node, ast.Call) else [node.left, node.right]  # type: ignore[attr-defined]
        return self.change(*operands) if here else node


# A term less.


def shortened(text: str) -> Iterator[Meant]:
    """The formula without one of its terms."""
    formula = Formula(text)
    for number in range(sum(map(is_sum, ast.walk(formula.tree())))):
        for side in ("left", "right"):
            shorter = Shortened(side, number)
            changed = formula.written(shorter.visit(formula.tree()))
            yield Meant("term too many", f"There is a term too many: {formula.written(shorter.dropped)}.", changed)


def is_sum(node: ast.AST) -> bool:
    """Whether a node is a sum or a difference."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


class Shortened(ast.NodeTransformer):
    """An expression with one of its sums replaced by what stands on one side.

    `side` is the one that stays, "left" or "right", `number` says which sum, counted from 0; `dropped` is what went.
    """

    def __init__(self, side: str, number: int) -> None:
        self.side, self.number, self.seen = side, number, 0
        self.dropped: ast.expr = ast.Constant(0)

    def visit(self, node: ast.AST) -> Any:
        """The node, or the side of it that stays, if it is the sum whose turn it is."""
        if not isinstance(node, ast.BinOp) or not is_sum(node):
            return self.generic_visit(node)
        self.seen += 1
        if self.seen - 1 != self.number:
            return self.generic_visit(node)
        if self.side == "left":
            self.dropped = node.right
            return node.left
        self.dropped = node.left
        return ast.UnaryOp(ast.USub(), node.right) if isinstance(node.op, ast.Sub) else node.right


# Another name.


def renamed(text: str, network: Network) -> Iterator[Meant]:
    """The formula with another name in place of one, everywhere or in one derivative."""
    inside = [match.span() for match in DERIVATIVE.finditer(text)]
    outside = [
        match[0]
        for match in WORD.finditer(text)
        if match[0] in network.names and not any(a <= match.start() < b for a, b in inside)
    ]
    for name in dict.fromkeys(outside):
        for other in network.names:
            if other != name:
                explanation = f"{name} stands where {other} should."
                yield Meant("another quantity", explanation, with_name(text, name, other))
    for derivative in dict.fromkeys(match[0] for match in DERIVATIVE.finditer(text)):
        match = DERIVATIVE.fullmatch(derivative)
        assert match is not None
        of, of_index, to, to_index = match.groups()
        for other in network.names:
            for meant in (f"d{of}{of_index}/d{other}{to_index}", f"d{other}{of_index}/d{to}{to_index}"):
                if meant != derivative:
                    explanation = f"{derivative} stands where {meant} should."
                    yield Meant("another quantity", explanation, text.replace(derivative, meant))


def with_name(text: str, name: str, other: str) -> str:
    """The formula with a name replaced outside of derivatives."""
    parts, end = [], 0
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for match in DERIVATIVE.finditer(text):
        parts += [word.sub(other, text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, word.sub(other, text[end:])])
