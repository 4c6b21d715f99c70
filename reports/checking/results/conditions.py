"""Where a known finding holds, and what is computed there instead: both tried at the operands that a finding shows.

A finding shows its operation alone: its value is y, its operands are x0, x1 ..., and c is the cotangent of y, 1 where
there is none (see `gradproof.reports.checking.explaining.localising.alone`). Conditions and statements name operands
and attributes as the operation's entry does.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.parsing import parse, split
from gradproof.reference.language.sizes import MAX_AXES
from gradproof.reference.network import Network, frozen
from gradproof.reference.operations import OPERATIONS, Operation
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import Array
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import values

COTANGENT = "cotangent"
"""What the cotangent of the value is called where statements compute that value."""

CONTRACTED = "contracted"
"""The sum of that value times its cotangent."""

LARGEST = "largest"
"""What a condition calls the largest finite number of the dtype under check."""

COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
    }
)


def operand_names(operation: Operation, count: int) -> list[str]:
    """What `count` operands are called: as the entry says, numbered from 0 where the operation takes any number."""
    names = operation.operands
    return [f"{names[0]}{k}" for k in range(count)] if operation.variadic else list(names[:count])


class Filled(ast.NodeTransformer):
    """Puts what is `given` by name, and the lengths of axes, `x.shape[0]`, in the place of their names."""

    def __init__(self, given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.given, self.shapes = given, shapes

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """What a name stands for, if it is given."""
        return written(self.given[node.id]) if node.id in self.given else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """The length of an axis; any other subscript stays."""
        match node.value:
            case ast.Attribute(ast.Name(id=name), "shape") if name in self.shapes:
                try:
                    return written(self.shapes[name][ast.literal_eval(node.slice)])
                except (ValueError, TypeError):
                    raise GradproofError(f"{ast.unparse(node)}: an axis is a number, as in x.shape[0]") from None
                except IndexError:
                    raise GradproofError(f"{ast.unparse(node)}: there is no such axis") from None
        return self.generic_visit(node)


def written(value: Any) -> ast.expr:
    """A value as Python writes it."""
    return ast.parse(repr(value), mode="eval").body


def filled(text: str, given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[ast.stmt]:
    """The statements of `text`, with the values that names stand for.

    Raises GradproofError for what is no Python, and for an axis that there is not.
    """
    try:
        tree: ast.Module = Filled(given, shapes).visit(ast.parse(text))
    except (SyntaxError, ValueError) as problem:
        raise GradproofError(f"{text!r}: {getattr(problem, 'msg', problem)}") from None
    return tree.body


def sides(tree: ast.expr) -> Iterator[ast.expr]:
    """Both sides of every comparison of a condition. Raises GradproofError for what is no condition."""
    match tree:
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from sides(part)
        case ast.UnaryOp(ast.Not(), part):
            yield from sides(part)
        case ast.Compare(left, signs, rights) if COMPARISONS.keys() >= {*map(type, signs)}:
            yield from (left, *rights)
        case ast.Constant(bool()):
            return
        case _:
            raise GradproofError(f"{ast.unparse(tree)!r} is no condition, such as x > 20")


def holds(tree: ast.expr, number: Callable[[ast.expr], Any]) -> bool:
    """Whether a condition does; a comparison holds that does at some entry. `number` gives what a side is."""
    match tree:
        case ast.BoolOp(ast.And(), parts):
            return all(holds(part, number) for part in parts)
        case ast.BoolOp(ast.Or(), parts):
            return any(holds(part, number) for part in parts)
        case ast.UnaryOp(ast.Not(), part):
            return not holds(part, number)
        case ast.Compare(left, signs, rights):
            found = [number(side) for side in (left, *rights)]
            pairs = zip(signs, found, found[1:], strict=False)
            each = [np.asarray(COMPARISONS[type(sign)](a, b)) for sign, a, b in pairs]
            return bool(np.any(np.all(np.broadcast_arrays(*each), axis=0)))
        case ast.Constant(value):
            return bool(value)
    raise GradproofError(f"{ast.unparse(tree)!r} is no condition")


@dataclass(frozen=True)
class Shown:
    """An operation alone in a dtype: its operands by name, the cotangent of its value, and its attributes."""

    operands: Mapping[str, Array]
    cotangent: Array
    attributes: Mapping[str, Any]
    dtype: str

    def filled(self, text: str) -> list[ast.stmt]:
        """The statements of `text` with the numbers of this operation. Raises GradproofError as `filled` does."""
        shapes = {name: np.shape(array) for name, array in self.operands.items()}
        return filled(text, {LARGEST: float(np.finfo(self.dtype).max), **self.attributes}, shapes)

    def holds(self, condition: str) -> bool:
        """Whether a condition does. Raises GradproofError for what does not fit the operands and attributes."""
        try:
            return holds(condition_of(self.filled(condition)), self.number)
        except (TypeError, ValueError):
            raise GradproofError("it compares what cannot be compared there") from None

    def number(self, side: ast.expr) -> Any:
        """What one side of a comparison is: a value that is written, or one that is computed from the operands."""
        try:
            return ast.literal_eval(side)
        except ValueError:
            network = network_of(f"side = {ast.unparse(side)}", self.operands)
        with np.errstate(all="ignore"):
            return values(network, truth(self.dtype))[-1]

    def computed_by(self, statements: str) -> Network:
        """The operation alone by `statements`, whose last name has its value: that is the derivative by `COTANGENT`.

        Raises GradproofError for what is outside the language, or does not fit the operands.
        """
        text = contracted(self.filled(statements), self.operands)
        return network_of(text, {**self.operands, COTANGENT: self.cotangent})


def condition_of(body: list[ast.stmt]) -> ast.expr:
    """The one expression that a condition is. Raises GradproofError for anything else."""
    match body:
        case [ast.Expr(tree)]:
            return tree
    raise GradproofError("a condition is one expression, such as x > 20")


def contracted(statements: Sequence[ast.stmt], names: Iterable[str]) -> str:
    """Statements on operands of these names, and the sum of their last value times its cotangent.

    Raises GradproofError for what is outside the language, and where there is no statement.
    """
    text = "\n".join(map(ast.unparse, statements))
    last = parse(text, names)[-1]
    if not last.statement:
        raise GradproofError("there is no statement, such as y = x")
    return f"{text}\n{CONTRACTED} = sum({last.name} * {COTANGENT})"


def network_of(text: str, inputs: Mapping[str, Array]) -> Network:
    """Statements on inputs. Raises GradproofError for what is outside the language, or does not fit."""
    discrete = {name: array for name, array in inputs.items() if is_discrete(array)}
    shapes = {name: np.shape(array) for name, array in inputs.items()}
    nodes = with_shapes(parse(text, inputs), shapes, split(text), discrete)
    return Network(nodes, nodes[-1].name or "", tuple(shapes.keys() - discrete), frozen(inputs))


def shown(network: Network, dtype: str) -> Shown:
    """What a finding shows, whose operation is alone in `network`."""
    node = network.nodes[network.index("y")]
    operation = OPERATIONS[node.operation]
    names = operand_names(operation, len(node.operands))
    operands = {name: network.inputs[f"x{k}"] for k, name in enumerate(names)}
    cotangent = network.inputs.get("c", np.ones(node.shape))
    return Shown(operands, cotangent, {name: node.attributes[name] for name in operation.public}, dtype)


def check_condition(text: str, operation: str) -> None:
    """Refuse what is no condition on an operation's operands and attributes. Raises GradproofError."""
    names, given, shapes = vocabulary(operation)
    body = filled(text, given, shapes)
    check_names(body, names, operation)
    for side in sides(condition_of(body)):
        try:
            ast.literal_eval(side)
        except ValueError:
            parse(f"side = {ast.unparse(side)}", names)


def check_statements(text: str, operation: str) -> None:
    """Refuse what are no statements on an operation's operands and attributes. Raises GradproofError."""
    names, given, shapes = vocabulary(operation)
    body = filled(text, given, shapes)
    check_names(body, names, operation)
    parse(contracted(body, names), [*names, COTANGENT])


def check_names(body: Iterable[ast.AST], names: Sequence[str], operation: str) -> None:
    """Refuse names that are no operand's, and that no statement gives. Raises GradproofError."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    used = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
    known = {*names, *(node.id for node in used if isinstance(node.ctx, ast.Store))}
    for node in used:
        if node.id not in known:
            has = ", ".join([*names, *OPERATIONS[operation].public, LARGEST])
            raise GradproofError(f"{operation} has no operand or attribute {node.id!r}; there are {has}")


def vocabulary(operation: str) -> tuple[list[str], dict[str, Any], dict[str, tuple[int, ...]]]:
    """The operands' names of an operation, and what stands for its attributes and shapes where only words matter."""
    entry = OPERATIONS[operation]
    names = operand_names(entry, MAX_AXES if entry.variadic else len(entry.operands))
    return names, {LARGEST: 1.0, **entry.public}, dict.fromkeys(names, (1,) * MAX_AXES)
