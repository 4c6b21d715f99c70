"""What is said of an operation that is wrong: the statement it is part of, its operands, whom to blame."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradproof.reference.language.writing import Writer
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, named_readers


def statement(network: Network, node: int) -> str:
    """The statement that a node is part of, as it is written."""
    name, lines = named_readers(network)[node], Writer(network).statements()
    return next(f"{names} = {expression}" for names, expression in lines if name in names.split(", "))


def operand_name(node: Node, position: int) -> str:
    """The name of a node's operand at a position, numbered where the operation takes any number of them."""
    operation = OPERATIONS[node.operation]
    return f"{operation.operands[0]}[{position}]" if operation.variadic else operation.operands[position]


def at_operands(node: Node, operands: Sequence[Any], entry: tuple[int, ...]) -> str:
    """The numbers that an entry of a node, or of what it passes back, is made of; "" if it works on whole arrays."""
    if not OPERATIONS[node.operation].is_elementwise:
        return ""
    at = entry_reached(node.shape, entry)
    names = OPERATIONS[node.operation].operands
    given = (float(np.broadcast_to(x, node.shape)[at]) for x in operands)
    return f" at {', '.join(f'{name} = {x!r}' for name, x in zip(names, given, strict=True))}"


def entry_reached(shape: tuple[int, ...], entry: tuple[int, ...]) -> tuple[int, ...]:
    """An entry of a result of `shape` that the `entry` of an operand, which may have been stretched, goes into."""
    return (*[0] * (len(shape) - len(entry)), *entry)


def to_blame(network: Network, dtype: str, wanted: Iterable[str]) -> str:
    """Whom to blame for what is not finite: the framework, if the equations, computed in `dtype`, are finite.

    `wanted` are the gradients that are looked at, and the loss, if it is among them.
    """
    with np.errstate(all="ignore"):
        plain = gradients(network, value(dtype), value=True)
    if all(np.isfinite(plain[name]).all() for name in wanted):
        return f"the equations are finite in {dtype}: the framework is to blame"
    return f"the equations themselves are not finite in {dtype}: {FORMULA}"


FORMULA = "the formula is to blame"
"""How the sentence ends on what is not finite by the equations themselves."""
