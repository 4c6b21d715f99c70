"""Where a known finding holds, and what is computed there instead: both tried at the operands that a finding shows.

A finding shows its operation alone: its value is y, its operands are x0, x1 ..., and c is the cotangent of y, 1 where
there is none (see `gradproof.reports.checking.explaining.localising.alone`). Conditions and statements name operands
and attributes as the operation's entry does.
"""

import ast
import inspect
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.parsing import MAX_STATEMENT, parse, split
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

LARGEST, INFINITY = "largest", "inf"
"""What a condition calls the largest finite number of the dtype under check, and what is beyond."""

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
        """What a name stands for, if it is given. Raises GradproofError where that is assigned to."""
        if node.id not in self.given:
            return node
        if not isinstance(node.ctx, ast.Load):
            raise GradproofError(f"{node.id!r} is given; call it otherwise")
        return written(self.given[node.id])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """The length of an axis; any other subscript stays. Raises GradproofError for one that is not there."""
        self.generic_visit(node)
        match node.value:
            case ast.Attribute(ast.Name(id=name), "shape") if name in self.shapes:
                return written(self.length(node, self.shapes[name]))
        return node

    def length(self, node: ast.Subscript, shape: tuple[int, ...]) -> int:
        """The length of the axis that a subscript is of."""
        try:
            axis = ast.literal_eval(node.slice)
        except (ValueError, TypeError):
            axis = None
        if not isinstance(axis, int):
            raise GradproofError(f"{ast.unparse(node)}: an axis is a number, as in x.shape[0]")
        if not -len(shape) <= axis < len(shape):
            raise GradproofError(f"{ast.unparse(node)}: there is no such axis")
        return shape[axis]


def written(value: Any) -> ast.expr:
    """A value as Python writes it; infinity has no word there."""
    return ast.Constant(value) if isinstance(value, float) else ast.parse(repr(value), mode="eval").body


def filled(text: str, given: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> list[ast.stmt]:
    """The statements of `text`, with the values that names stand for.

    Raises GradproofError for what is no Python, or too long, and for an axis that there is not.
    """
    if len(text) > MAX_STATEMENT:
        raise GradproofError(f"longer than {MAX_STATEMENT:,} characters")
    try:
        tree: ast.Module = Filled(given, shapes).visit(ast.parse(text))
    except (SyntaxError, ValueError) as problem:
        raise GradproofError(f"{shortened(text)}: {getattr(problem, 'msg', problem)}") from None
    except (RecursionError, MemoryError):
        raise GradproofError(f"{shortened(text)}: it nests too deep") from None
    return ast.fix_missing_locations(tree).body


def shortened(text: str) -> str:
    """A text in quotes, the beginning of a long one."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


def refused(tree: ast.AST) -> GradproofError:
    """What is to be said of what is no condition."""
    return GradproofError(f"{shortened(ast.unparse(tree))} is no condition, such as x > 20")


def comparisons(tree: ast.expr) -> Iterator[ast.Compare]:
    """The comparisons of a condition. Raises GradproofError for what is no condition."""
    match tree:
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from comparisons(part)
        case ast.UnaryOp(ast.Not(), part):
            yield from comparisons(part)
        case ast.Compare(ops=signs) if COMPARISONS.keys() >= {*map(type, signs)}:
            yield tree
        case ast.Constant(bool()):
            return
        case _:
            raise refused(tree)


def holding(tree: ast.expr, number: Callable[[ast.expr], Any]) -> Any:
    """Where a condition holds: an array, or one boolean. `number` gives what a side of a comparison is.

    What need not be known is not asked for.
    """
    match tree:
        case ast.BoolOp(sign, [first, *others]):
            found, both = np.asarray(holding(first, number)), isinstance(sign, ast.And)
            for part in others:
                if not found.any() if both else found.all():
                    break
                found = joined(np.logical_and if both else np.logical_or, found, np.asarray(holding(part, number)))
            return found
        case ast.UnaryOp(ast.Not(), part):
            return ~np.asarray(holding(part, number))
        case ast.Compare(left, signs, rights):
            sides = [number(side) for side in (left, *rights)]
            pairs = zip(signs, sides, sides[1:], strict=False)
            each = [np.asarray(COMPARISONS[type(sign)](a, b)) for sign, a, b in pairs]
            return np.all(np.broadcast_arrays(*each), axis=0)
        case ast.Constant(value):
            return np.asarray(bool(value))
    raise refused(tree)


def joined(how: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    """Two conditions joined entry by entry where their shapes fit, and else as to whether each holds anywhere."""
    try:
        return how(one, other)
    except ValueError:
        return how(one.any(), other.any())


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
        limits = {LARGEST: float(np.finfo(self.dtype).max), INFINITY: math.inf}
        return filled(text, {**limits, **self.attributes}, shapes)

    def holds(self, condition: str, flagged: Any) -> bool:
        """Whether a condition does: at every entry that is `flagged`, if it has entries of that shape, else anywhere.

        Raises GradproofError for what does not fit the operands and attributes.
        """
        try:
            found = np.asarray(holding(condition_of(self.filled(condition)), self.number))
        except (TypeError, ValueError):
            raise GradproofError("it compares what cannot be compared there") from None
        except (RecursionError, MemoryError):
            raise GradproofError(f"{shortened(condition)}: it nests too deep") from None
        return bool(found[flagged].all() if found.shape == np.shape(flagged) else found.any())

    def number(self, side: ast.expr) -> Any:
        """What one side of a comparison is: a value that is written, or one that is computed from the operands."""
        if is_written(side):
            return ast.literal_eval(side)
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
    return Network(nodes, nodes[-1].name or "", tuple(n for n in inputs if n not in discrete), frozen(inputs))


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
    try:
        body = filled(text, given, shapes)
        check_names(body, names, operation)
        for comparison in comparisons(condition_of(body)):
            for side in (comparison.left, *comparison.comparators):
                if not is_written(side):
                    parse(f"side = {ast.unparse(side)}", names)
        for said in ast.walk(ast.parse(text)):  # where attributes have their names
            if isinstance(said, ast.Compare):
                check_comparison(said)
    except (RecursionError, MemoryError):
        raise GradproofError(f"{shortened(text)}: it nests too deep") from None


def check_comparison(said: ast.Compare) -> None:
    """Refuse a comparison of nothing of the operation, and of what has no order. Raises GradproofError."""
    sides, ordered = (said.left, *said.comparators), {ast.Lt, ast.LtE, ast.Gt, ast.GtE} & {*map(type, said.ops)}
    values = [ast.literal_eval(side) for side in sides if is_written(side)]
    if len(values) == len(sides):
        raise GradproofError(f"{shortened(ast.unparse(said))} compares nothing of the operation")
    if not all(isinstance(value, int | float if ordered else int | float | str | tuple | None) for value in values):
        raise GradproofError(f"{shortened(ast.unparse(said))} compares what cannot be compared")


def is_written(side: ast.expr) -> bool:
    """Whether a side of a comparison is a value that stands there."""
    try:
        ast.literal_eval(side)
    except (ValueError, TypeError):
        return False
    return True


def check_statements(text: str, operation: str) -> None:
    """Refuse what are no statements on an operation's operands and attributes. Raises GradproofError."""
    names, given, shapes = vocabulary(operation)
    try:
        body = filled(text, given, shapes)
        check_names(body, names, operation)
        parse(contracted(body, names), [*names, COTANGENT])
    except (RecursionError, MemoryError):
        raise GradproofError(f"{shortened(text)}: it nests too deep") from None


def check_names(body: Iterable[ast.AST], names: Sequence[str], operation: str) -> None:
    """Refuse names that are no operand's, and that no statement gives. Raises GradproofError."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    used = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
    known = {*names, *(node.id for node in used if isinstance(node.ctx, ast.Store))}
    for node in used:
        if node.id not in known:
            has = ", ".join([*names, *OPERATIONS[operation].public, LARGEST, INFINITY])
            raise GradproofError(f"{operation} has no operand or attribute {node.id!r}; there are {has}")


def vocabulary(operation: str) -> tuple[list[str], dict[str, Any], dict[str, tuple[int, ...]]]:
    """The operands' names of an operation, and what stands for its attributes and shapes where only words matter."""
    entry = OPERATIONS[operation]
    names = operand_names(entry, MAX_AXES if entry.variadic else len(entry.operands))
    given = {name: 1 if default is inspect.Parameter.empty else default for name, default in entry.public.items()}
    return names, {LARGEST: 1.0, INFINITY: math.inf, **given}, dict.fromkeys(names, (1,) * MAX_AXES)
