"""Inputs of integers and booleans: those that statements use only where an operation needs such.

Any other input is one of floats, however its numbers are written: 1 is a float where it is added.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.errors import GradproofError, StatementError
from gradproof.reference.network import INPUT, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.attributes import BOOLEANS, INTEGERS

KINDS = {INTEGERS: "iu", BOOLEANS: "b"}
"""NumPy's letters of the kinds of dtypes that hold them."""

DTYPES = {INTEGERS: np.int64, BOOLEANS: np.bool_}


class Use(NamedTuple):
    """An operand: the node that it is, the operation that reads it, as which operand, and what that holds.

    `kind` is "" for floats; `statement` counts from 1.
    """

    node: int
    operation: str
    operand: str
    kind: str
    statement: int


def uses(nodes: Iterable[Node]) -> Iterator[Use]:
    """Every operand of every node, in order."""
    for node in nodes:
        for position, k in enumerate(node.operands):
            operation = OPERATIONS[node.operation]
            named = operation.operands[0 if operation.variadic else position]
            yield Use(k, node.operation, named, operation.discrete.get(position, ""), node.statement)


def held_by(array: Any) -> str:
    """What an array holds that is not one of floats."""
    return BOOLEANS if array.dtype == bool else INTEGERS


def as_read(nodes: Iterable[Node], inputs: Mapping[str, Any], statements: list[str]) -> dict[str, Any]:
    """The inputs as arrays of what the nodes read them as: float64, int64 or bool. `statements` are for messages.

    Raises StatementError where an operand has to be an input of integers or booleans and is not, or one is read as
    something else as well; GradproofError for booleans that are to be numbers.
    """
    nodes = [*nodes]
    first: dict[int, Use] = {}
    for use in uses(nodes):
        read = first.setdefault(use.node, use)
        if read.kind != use.kind:
            name, number = nodes[use.node].name, next(u.statement for u in (use, read) if u.kind)
            raise StatementError(
                number,
                statements[number - 1],
                f"{name!r} is read as {use.kind or 'floats'} by {use.operation}, and as {read.kind or 'floats'} by "
                f"{read.operation}; give it as two inputs",
            )
        if use.kind:
            problem = misread(nodes[use.node], use, inputs)
            if problem:
                raise StatementError(use.statement, statements[use.statement - 1], problem)
    kinds = {nodes[k].name: use.kind for k, use in first.items()}
    return {name: converted(name, given, kinds.get(name, "")) for name, given in inputs.items()}


def misread(node: Node, use: Use, inputs: Mapping[str, Any]) -> str:
    """Why a node is not what an operation needs; "" where it is an input that holds it."""
    needs = f"{use.operation} takes {use.kind} for {use.operand}"
    if node.operation != INPUT:
        return f"{needs}: an input, and not {node.name!r}" if node.name else f"{needs}: the name of an input"
    given = np.asarray(inputs[node.name or ""])
    if given.dtype.kind in KINDS[use.kind]:
        return ""
    other = next((x for x in given.flat if x != np.floor(x)), None) if given.dtype.kind == "f" else None
    holds = f"{other}" if other is not None else {"f": "floats", "b": BOOLEANS}.get(given.dtype.kind, INTEGERS)
    return f"{needs}, and {node.name!r} holds {holds}"


def converted(name: str, given: Any, kind: str) -> Any:
    """An input as it is read. Raises GradproofError for booleans among floats."""
    if kind:
        return np.array(given, DTYPES[kind])
    array = np.asarray(given)
    if array.dtype == bool and array.size:
        raise GradproofError(f"input {name!r} holds {bool(array.flat[0])}, which is not a number")
    return np.array(array, np.float64)
