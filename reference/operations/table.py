"""What an operation is: a forward expression, beside it the derivative rule for each operand, and all else about it.

A derivative rule is a *vjp* (vector-Jacobian product): `rule(g, y, *operands, **attributes)` takes the
cotangent `g` of the result (same shape as the result `y`) and gives the cotangent of one operand. Rules are
written with NumPy functions of the subset listed in `gradproof.reference.readings`, so that every reading
runs the same rule.
"""

import ast
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.operations.attributes import BOOLEANS, INTEGERS, Kind, held, kind_of
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.kinks import HIDDEN, Kink

Rule = Callable[..., Array]
"""(cotangent, result, *operands, **attributes) -> what is passed back to an operand; a tuple of parts, if a framework
writes the operation out in several terms, each of which passes its own back."""
Sizes = Callable[..., int]


def nothing(*shapes: Shape, **attributes: Any) -> int:
    """The size of what an operation does not have."""
    return 0


Domain = tuple[float, float]
AROUND_0: Domain = (-2, 2)
POSITIVE: Domain = (0.5, 3.0)
PROBABILITY: Domain = (0.05, 0.95)


@dataclass(frozen=True)
class Scenario:
    """What an operation is tried on: `expression` over inputs of the given shapes, entries from the open `domain`.

    `given` are inputs of integers or booleans, as nested lists.
    """

    expression: str
    shapes: Mapping[str, Shape]
    domain: Domain = AROUND_0
    given: Mapping[str, Any] = field(default_factory=dict)


def tried(
    *expressions: str,
    domain: Domain = AROUND_0,
    given: Mapping[str, Any] = MappingProxyType({}),
    **shapes: Shape,
) -> tuple[Scenario, ...]:
    """Scenarios that share inputs, their shapes as keywords."""
    return tuple(Scenario(expression, shapes, domain, given) for expression in expressions)


@dataclass(frozen=True)
class Operation:
    """One entry of the table.

    `attributes` maps each attribute to its default, `kinds` to the literals that it takes; `optional` operands may be
    left out at the end. `discrete` says which operands, counted from 0, hold integers or booleans: they have no
    derivative. `unrounded` attributes are not rounded to the dtype: a program computes others of them. `kink` says what
    the operation takes the largest of, or is None where it has no kink. Operands that are `compared`, counted from 0,
    are looked at, and nothing else: frameworks see no path back to them.

    `algorithms` are other ways to compute the same function that lose accuracy somewhere: what frameworks run. A name
    says what is computed how, "elu: exp(x) - 1" the result and "softplus': exp(x - y)" the derivative. `written` is the
    one of them whose rule is the equation that documents have, "" where that is the stable form. One that computes in a
    narrower dtype is there for the wider one `only`: in its own dtype it would excuse whatever is computed.

    An operation with a `notation`, such as `a + b` over its operands and attributes, is written so in statements, and
    not called by its name, or not as others are; `example` shows it. `alias` is another name for it with one operand.

    An operation with several `results` computes one array, in which they are one behind the other: each result by its
    usual name is the key of where it is along the first axis, whole there or a single entry. A statement names them
    all, `y, h = rnn(...)`, and each name is an `index` of that array. Where `parts(**attributes)` are given, they are
    the results, whose number depends on attributes; `results` are then those of the defaults.

    `size(*shapes, **attributes)` gives the entries of a result that can outgrow its operands, and `patches` the numbers
    that it copies out to compute with, before anything is computed; 0 where neither can be large. `products` is how
    many products of numbers it adds up, if it multiplies matrices. All of them, and `forward`, may raise ValueError or
    IndexError for operands that do not fit each other, and for attributes that do not fit these.
    """

    name: str
    forward: Callable[..., Array]
    rules: tuple[Rule, ...]
    operands: tuple[str, ...]
    optional: int = 0
    discrete: Mapping[int, str] = field(default_factory=dict)
    variadic: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    unrounded: frozenset[str] = frozenset()
    kink: Kink | None = None
    compared: frozenset[int] = frozenset()
    algorithms: Mapping[str, "Operation"] = field(default_factory=dict)
    only: str = ""
    written: str = ""
    notation: str | None = None
    example: str | None = None
    alias: str | None = None
    is_elementwise: bool = False
    is_sequential: bool = False
    """Whether it computes step by step, so that its own size says little about how long it takes."""
    results: Mapping[str, Any] = field(default_factory=dict)
    parts: Callable[..., Mapping[str, Any]] | None = None
    size: Sizes = nothing
    patches: Sizes = nothing
    products: Sizes = nothing
    scenarios: Sequence[Scenario] = ()

    def rule(self, operand: int) -> Rule:
        """The vjp for operand number `operand`, counted from 0."""
        return self.rules[0] if self.variadic else self.rules[operand]

    def algorithms_in(self, dtype: str) -> list[str]:
        """The names of the algorithms that there are in a dtype."""
        return [name for name, other in self.algorithms.items() if other.only in ("", dtype)]

    @property
    def public(self) -> dict[str, Any]:
        """The attributes that a statement may set, with their defaults."""
        return {name: default for name, default in self.attributes.items() if name not in HIDDEN}

    def results_of(self, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        """The several results under these attributes, each with its key; nothing for a single value."""
        return self.parts(**{name: attributes[name] for name in self.public}) if self.parts else self.results

    def joined(self, attributes: Mapping[str, Any]) -> str:
        """The array that several results are held in, as an expression over their names."""
        results = self.results_of(attributes)
        parts = (name if isinstance(key[0], slice) else f"stack({name})" for name, key in results.items())
        return f"concatenate({', '.join(parts)})"

    @property
    def minimum(self) -> int:
        """The least number of operands that a call may have."""
        return 1 if self.variadic else len(self.operands) - self.optional

    @property
    def syntax(self) -> ast.expr | None:
        """The syntax tree of the notation, or None."""
        return None if self.notation is None else ast.parse(self.notation, mode="eval").body

    @property
    def leading(self) -> str:
        """The attribute that a call of it begins with, before the operands and without its name; "" for none."""
        tree = self.syntax
        first = tree.args[0] if isinstance(tree, ast.Call) else None
        return first.id if isinstance(first, ast.Name) and first.id in self.attributes else ""

    @property
    def is_arithmetic(self) -> bool:
        """Whether it is written with operators alone, so that Python computes it of plain numbers as well."""
        parts = (ast.BinOp, ast.UnaryOp, ast.Name, ast.operator, ast.unaryop, ast.expr_context)
        tree = self.syntax
        if tree is None or isinstance(getattr(tree, "op", None), ast.MatMult):
            return False
        return all(isinstance(part, parts) for part in ast.walk(tree))


DUMMIES = {INTEGERS: np.int64, BOOLEANS: np.bool_, "": np.float32}
"""The dtypes of what an operation is tried on where numbers do not matter."""


def dummies(operation: Operation, shapes: Sequence[Shape]) -> list[Array]:
    """Operands of these shapes that any operation takes whose indices are not compared with one another.

    Ones, indices of 0 and True.
    """
    kinds = [operation.discrete.get(position, "") for position in range(len(shapes))]
    return [np.broadcast_to(DUMMIES[kind](kind != INTEGERS), shape) for kind, shape in zip(kinds, shapes, strict=True)]


OPERATIONS: dict[str, Operation] = {}
"""The operation table, by name. `gradproof.reference.operations` fills it."""


@dataclass(frozen=True)
class Algorithm:
    """What an algorithm has of its own, as it is entered: a forward expression, or rules, by operand; or both.

    `only` is the dtype that it is there for, "" for all.
    """

    forward: Callable[..., Array] | None = None
    rules: Mapping[int, Rule] = field(default_factory=dict)
    only: str = ""

    def of(self, stable: Operation) -> Operation:
        """The operation computed so: all else is as in the stable form."""
        rules = tuple(self.rules.get(k, rule) for k, rule in enumerate(stable.rules))
        return replace(stable, forward=self.forward or stable.forward, rules=rules, only=self.only)


def derivative(rule: Rule) -> Algorithm:
    """The algorithm that differs from the stable form in the rule of the first operand."""
    return Algorithm(rules={0: rule})


def whole(forward: Callable[..., Array], *rules: Rule) -> Algorithm:
    """The algorithm that has a forward expression and the rules of all operands of its own."""
    return Algorithm(forward, dict(enumerate(rules)))


Algorithms = Mapping[str, Algorithm]
"""Other algorithms by name, as they are entered."""


def define(
    name: str, forward: Callable[..., Array], *rules: Rule, algorithms: Algorithms = MappingProxyType({}), **known: Any
) -> None:
    """Enter an operation; operands, attributes and defaults are read from the signature of `forward`.

    There is a rule for each operand that is not discrete. Raises TypeError for an attribute without a default where the
    operation is called by its name: there a statement may leave any attribute out.
    """
    parameters = inspect.signature(forward).parameters.values()
    positional = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    discrete = discrete_operands(forward)
    keywords = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    if (needed := [p.name for p in keywords if p.default is p.empty]) and not known.get("notation"):
        raise TypeError(f"attributes of {name} without a default: {', '.join(needed)}")
    attributes = {p.name: p.default for p in keywords}
    if parts := known.get("parts"):
        known["results"] = parts(**attributes)
    stable = Operation(
        name,
        forward,
        every_rule(rules, discrete),
        operands=tuple(p.name for p in positional),
        optional=sum(p.default is not p.empty for p in positional),
        discrete=discrete,
        variadic=any(p.kind is p.VAR_POSITIONAL for p in positional),
        attributes=attributes,
        kinds={p.name: kind_of(p) for p in keywords if p.name not in HIDDEN},
        **known,
    )
    OPERATIONS[name] = replace(stable, algorithms={name: other.of(stable) for name, other in algorithms.items()})


def discrete_operands(forward: Callable[..., Array]) -> dict[int, str]:
    """Which operands of a forward expression are discrete, and what they hold."""
    kinds = map(held, inspect.signature(forward).parameters.values())
    return {position: kind for position, kind in enumerate(kinds) if kind}


def every_rule(rules: Sequence[Rule], discrete: Mapping[int, str]) -> tuple[Rule, ...]:
    """The rules of all operands, from those of the operands that are not `discrete`."""
    own = iter(rules)
    count = len(rules) + len(discrete)
    return tuple(no_rule if position in discrete else next(own) for position in range(count))


def no_rule(*operands: Array, **attributes: Any) -> Array:
    """In the place of a rule for a discrete operand. Raises TypeError, as nothing is differentiated by that."""
    raise TypeError("there is no derivative by integers or booleans")


SPREADS: Sequence[tuple[Shape, ...]] = (((), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((2,), ()))
"""Shapes of two operands that broadcast, or need not."""


def elementwise(
    name: str, forward: Callable[..., Array], *rules: Rule, domain: Domain | None = AROUND_0, **known: Any
) -> None:
    """Enter an operation that broadcasts: its rules may ignore that operands were stretched.

    It is tried on operands with entries from `domain`, if there is one, and on the scenarios that are given besides.
    """
    operands = [p.name for p in inspect.signature(forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    text = known.get("notation") or f"{name}({', '.join(operands)})"
    spreads = () if domain is None else SPREADS if len(operands) > 1 else [((2, 3),)]
    own = [Scenario(text, dict(zip(operands, shapes, strict=True)), domain or AROUND_0) for shapes in spreads]
    stretched = {"size": broadcast_size} if len(operands) > 1 else {}
    discrete = discrete_operands(forward)
    places = (k for k in range(len(operands)) if k not in discrete)
    rules = tuple(broadcasting(rule, k) for k, rule in zip(places, rules, strict=True))
    scenarios = (*own, *known.get("scenarios", ()))
    others = {
        algorithm: replace(other, rules={k: broadcasting(rule, k) for k, rule in other.rules.items()})
        for algorithm, other in known.get("algorithms", {}).items()
    }
    define(
        name,
        forward,
        *rules,
        **{**stretched, **known, "is_elementwise": True, "algorithms": others, "scenarios": scenarios},
    )


def broadcast_size(*shapes: Shape, **attributes: Any) -> int:
    """The entries of operands stretched over each other."""
    return math.prod(np.broadcast_shapes(*shapes))


def broadcasting(rule: Rule, operand: int) -> Rule:
    """Sum what `rule` gives over the axes along which operand number `operand` was stretched."""

    def summed(g: Array, y: Array, *operands: Array, **attributes: Any) -> Array:
        return unbroadcast(rule(g, y, *operands, **attributes), np.shape(operands[operand]))

    return summed


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """The cotangent of an operand of `shape` that was broadcast to the shape of `g`: sum over its copies."""
    extra = np.ndim(g) - len(shape)
    if extra:
        g = np.sum(g, axis=tuple(range(extra)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and np.shape(g)[i] != 1)
    return np.sum(g, axis=stretched, keepdims=True) if stretched else g
