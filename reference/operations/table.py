"""What an operation is: a forward expression, and beside it the derivative rule for each operand.

A derivative rule is a *vjp* (vector-Jacobian product): `rule(g, y, *operands, **attributes)` takes the
cotangent `g` of the result (same shape as the result `y`) and gives the cotangent of one operand. Rules are
written with NumPy functions of the subset listed in `gradproof.reference.readings`, so that every reading
runs the same rule.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.reference.operations.kernels import Array

Rule = Callable[..., Array]

AT_KINK = "at_kink"
"""The attribute that says which slope a kinked operation takes exactly at its kink."""

SIDES = "sides"
"""The attribute that says where entries of a kinked operation lie: `LEFT`, `RIGHT` or `ON_KINK`; 0 as they are."""

LEFT, RIGHT, ON_KINK = -1, 1, 2

HIDDEN = frozenset({AT_KINK, SIDES})
"""Attributes that no statement sets and no framework is told: the reference reads a result under them."""


@dataclass(frozen=True)
class Operation:
    """One entry of the table.

    `attributes` maps each attribute to its default; `optional` operands may be left out at the end; `kink`
    gives the slopes on the two sides of the operation's kink (for `maximum`: of its first operand), as a
    function of the attributes, or is None where the operation has no kink.
    """

    name: str
    forward: Callable[..., Array]
    rules: tuple[Rule, ...]
    operands: tuple[str, ...]
    optional: int = 0
    variadic: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    kink: Callable[..., tuple[float, float]] | None = None

    def rule(self, operand: int) -> Rule:
        """The vjp for operand number `operand`, counted from 0."""
        return self.rules[0] if self.variadic else self.rules[operand]

    @property
    def public(self) -> dict[str, Any]:
        """The attributes that a statement may set, with their defaults."""
        return {name: default for name, default in self.attributes.items() if name not in HIDDEN}

    @property
    def minimum(self) -> int:
        """The least number of operands."""
        return 1 if self.variadic else len(self.operands) - self.optional


OPERATIONS: dict[str, Operation] = {}
"""The operation table, by name. `gradproof.reference.operations` fills it."""


def define(
    name: str,
    forward: Callable[..., Array],
    *rules: Rule,
    kink: Callable[..., tuple[float, float]] | None = None,
) -> None:
    """Enter an operation; operands, attributes and defaults are read from the signature of `forward`."""
    parameters = inspect.signature(forward).parameters.values()
    positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    attributes = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    OPERATIONS[name] = Operation(
        name,
        forward,
        rules,
        operands=tuple(p.name for p in positional),
        optional=sum(p.default is not p.empty for p in positional),
        variadic=any(p.kind is p.VAR_POSITIONAL for p in positional),
        attributes=attributes,
        kink=kink,
    )


def elementwise(
    name: str,
    forward: Callable[..., Array],
    *rules: Rule,
    kink: Callable[..., tuple[float, float]] | None = None,
) -> None:
    """Enter an operation that broadcasts: its rules may ignore that operands were stretched."""
    define(name, forward, *(broadcasting(rule, k) for k, rule in enumerate(rules)), kink=kink)


def broadcasting(rule: Rule, operand: int) -> Rule:
    """Sum what `rule` gives over the axes along which operand number `operand` was stretched."""

    def summed(g: Array, y: Array, *operands: Array, **attributes: Any) -> Array:
        return unbroadcast(rule(g, y, *operands, **attributes), np.shape(operands[operand]))

    return summed


def placed(sides: Array, right: Array, left: Array, on_kink: Array, natural: Array) -> Array:
    """`natural`, but where `sides` says otherwise."""
    if sides is None:
        return natural
    elsewhere = np.where(sides == LEFT, left, np.where(sides == RIGHT, right, on_kink))
    return np.where(sides == 0, natural, elsewhere)


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The cotangent of an operand of `shape` that was broadcast to the shape of `g`: sum over its copies."""
    extra = np.ndim(g) - len(shape)
    if extra:
        g = np.sum(g, axis=tuple(range(extra)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(g)[i] != 1)
    return np.sum(g, axis=stretched, keepdims=True) if stretched else g
