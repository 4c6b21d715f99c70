"""A network as text: the graph back into statements, each operation by a template.

A template is a Python expression over the operation's own operand and attribute names. These are put in as syntax
trees, and `ast.unparse` writes the result, so precedence and brackets are Python's own business.
"""

import ast
from collections.abc import Mapping, Set
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gradproof.reference.language.parsing import UNNAMED
from gradproof.reference.network import INPUT, LITERAL, Network, Node
from gradproof.reference.operations import HIDDEN, OPERATIONS

STATEMENTS: Mapping[str, str] = {
    name: operation.notation
    or f"{name}({', '.join((f'*{operation.operands[0]}',) if operation.variadic else operation.operands)}"
    + "".join(f", {attribute}={attribute}" for attribute in operation.public)
    + ")"
    for name, operation in OPERATIONS.items()
}
"""The templates of gradproof's own statement language."""


def language_text(network: Network) -> str:
    """The statements of `network`, one a line; they parse back to the same graph."""
    return "\n".join(f"{name} = {expression}" for name, expression in Writer(network).statements())


def only_loss(network: Network) -> Network:
    """The part of `network` that its loss and parameters need, without other statements, inputs and the update step."""
    needed = sorted(network.ancestors(network.loss).union(map(network.index, network.parameters)))
    position = {old: new for new, old in enumerate(needed)}
    kept = (network.nodes[i] for i in needed)
    nodes = tuple(replace(node, operands=tuple(position[k] for k in node.operands)) for node in kept)
    inputs = {node.name: network.inputs[node.name] for node in nodes if node.operation == INPUT and node.name}
    return replace(network, nodes=nodes, inputs=inputs, updated=())


class Writer:
    """Writes a network in gradproof's language; `rename` maps names to those to write instead."""

    def __init__(self, network: Network, rename: Mapping[str, str] | None = None) -> None:
        self.network = network
        self.names = {name: (rename or {}).get(name, name) for name in network.names}
        self.taken = {*self.names.values()}
        self.lines: list[tuple[str, str]] = []

    def statements(self) -> list[tuple[str, str]]:
        """Name and expression of each statement, in order; several names have commas between them.

        An expression that a template needs twice becomes a statement of its own.
        """
        for i, node in enumerate(self.network.nodes):
            if several(node):
                self.assign_results(i)
            elif node.name is not None and node.operation != INPUT and not self.is_part(i):
                self.assign(self.names[node.name], self.expression(i))
        return self.lines

    def assign_results(self, i: int) -> None:
        """Add the statement that assigns the results of node `i`, which has several.

        Where the array that holds them has a name itself, it is put together again.
        """
        node, operation = self.network.nodes[i], OPERATIONS[self.network.nodes[i].operation]
        if node.name is None:
            parts = [part for k, part in enumerate(self.network.nodes) if self.is_part(k, i)]
            found = {repr(part.attributes["key"]): self.names[part.name or ""] for part in parts}
            names = (found.get(repr(key), UNNAMED) for key in operation.results_of(node.attributes).values())
            self.assign(", ".join(names), self.expression(i))
            return
        fresh = {result: self.fresh(result) for result in operation.results_of(node.attributes)}
        self.assign(", ".join(fresh.values()), self.expression(i))
        joined = {result: ast.Name(name) for result, name in fresh.items()}
        self.assign(self.names[node.name], substituted(self.joined(node), joined))

    def is_part(self, k: int, of: int | None = None) -> bool:
        """Whether node `k` is one of several results, of node `of` if it is given, and named in its statement."""
        node = self.network.nodes[k]
        if node.operation != "index" or (of is not None and node.operands != (of,)):
            return False
        whole = self.network.nodes[node.operands[0]]
        return several(whole) and whole.name is None

    def joined(self, node: Node) -> str:
        """The array that holds the results of `node`, as a template over their names."""
        return OPERATIONS[node.operation].joined(node.attributes)

    def assign(self, name: str, tree: ast.expr) -> None:
        """Add the statement that assigns the expression `tree` to `name`."""
        self.lines.append((name, written(tree)))

    def expression(self, i: int) -> ast.expr:
        """The expression that node `i` is computed by, over names and the unnamed nodes in it."""
        node = self.network.nodes[i]
        if node.operation == LITERAL:
            return self.literal(node.attributes["value"])
        return self.apply(node, [self.operand(i, position) for position in range(len(node.operands))])

    def operand(self, i: int, position: int) -> ast.expr:
        """The operand of node `i` at `position`: its name, or its expression in place."""
        k = self.network.nodes[i].operands[position]
        name = self.network.nodes[k].name
        return self.expression(k) if name is None else ast.Name(self.names[name])

    def literal(self, value: float) -> ast.expr:
        """The syntax tree of a number, as statements write it."""
        return _literal(value)

    def template(self, node: Node) -> str:
        """The template that the operation of `node` is written by."""
        return STATEMENTS[node.operation]

    def apply(self, node: Node, operands: list[ast.expr]) -> ast.expr:
        """The template of `node`'s operation with its operands and attributes put in."""
        operation, text = OPERATIONS[node.operation], self.template(node)
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
        return substituted(text, {**self.besides(), **bindings, **attributes}, absent | default)

    def besides(self) -> Mapping[str, ast.expr]:
        """What stands in templates besides an operation's own names."""
        return {}

    def once(self, name: str, tree: ast.expr) -> ast.expr:
        """`tree`, computed once: as a statement of its own if it is more than a name or number."""
        if isinstance(tree, ast.Name | ast.Constant):
            return tree
        name = self.fresh(name)
        self.assign(name, tree)
        return ast.Name(name)

    def fresh(self, name: str) -> str:
        """`name`, with a `_` behind as long as it is taken; it is taken from now on."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def several(node: Node) -> bool:
    """Whether a node holds several results."""
    return node.operation in OPERATIONS and bool(OPERATIONS[node.operation].results)


def written(tree: ast.expr) -> str:
    """The text of an expression. The only quotes are those around a word of a template, never inside one."""
    return ast.unparse(tree).replace("'", '"')


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


def substituted(text: str, bindings: Mapping[str, ast.expr], omitted: Set[str] = frozenset()) -> ast.expr:
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
