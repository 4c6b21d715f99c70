"""What the expressions of a document's code mean, and what its own functions give where they are called."""

import ast
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.reports.drafting.code import translation
from gradproof.reports.drafting.code.objects import Function, Shown, Thing
from gradproof.reports.drafting.meaning.exact_values import evaluate, number, same
from gradproof.reports.drafting.meaning.said import Said
from gradproof.reports.drafting.meaning.version_expressions import SLOPE, call
from gradproof.reports.drafting.meaning.versions import CODE, Version, Versions

MAX_CALLS = 10
"""Calls within each other."""
MAX_STEPS = 100_000
"""Syntax nodes that are looked at, those of a function again in each call."""


@dataclass
class Values:
    """What names mean in code. `offsets` says for each function where its text stands."""

    versions: Versions
    said: list[Said]
    names: dict[str, Any] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    last: Shown | None = None
    loss: ast.expr | None = None
    unread: list[tuple[int, str, str]] = field(default_factory=list)
    steps: int = 0
    length: int = 0
    calls: int = 0
    followed: set[tuple[int, str]] = field(default_factory=set)
    where: str = ""
    offset: int = 0
    lines: list[str] = field(default_factory=list)
    called_offset: int = 0
    offsets: dict[int, tuple[int, list[str], str]] = field(default_factory=dict)

    def statement(self, node: ast.stmt, scope: dict[str, Any]) -> Any:
        """Read a statement; what a `return` gives."""
        raise NotImplementedError

    def line(self, node: ast.stmt | ast.expr | ast.arg) -> int:
        """The line of the document on which this stands."""
        return node.lineno + (self.offset if not self.calls else self.called_offset)

    def given(self, name: str, found: Any, source: ast.expr | None, target: ast.expr | ast.arg) -> Any:
        """A new version of a name, if it is given an expression."""
        line = self.line(target)
        if found is None or not isinstance(found, ast.expr):
            if found is None and not self.calls:
                self.versions.bind(name, self.versions.define(name, None, line, CODE))
                if source is not None and not translation.is_call_of(source, "zeros", "range", "linspace", "arange"):
                    self.unread.append((line, self.source(source), f"{name} is given something that is not understood"))
            return found
        number = translation.literal(found)
        version = self.alias(name, found)
        if version is None:
            if number is not None:
                version = self.versions.define(name, None, line, CODE, number)
            else:
                version = self.versions.define(name, found, line, CODE)
        if not self.calls:
            self.versions.bind(name, version)
        key = ast.Name(version.key, ast.Load())
        if source is not None:
            literal = number is not None or (
                version.number is not None and not isinstance(source, ast.Name | ast.Attribute)
            )
            if literal:
                printed = self.source(translation.numbers_of(source))
                self.said.append(Said(line, self.where, key, printed=printed))
            elif (line, name) not in self.followed and (not isinstance(found, ast.Name) or found.id != version.key):
                if self.calls:
                    self.followed.add((line, name))  # a function's body makes its claims once
                self.said.append(Said(line, self.where, key, formula=found))
        return key

    def alias(self, name: str, found: ast.expr) -> Version | None:
        """The version that is only called by its own name again, or an array that has no name yet."""
        if isinstance(found, ast.Name) and found.id in self.versions.all:
            version = self.versions.all[found.id]
            if version.name.rstrip("_") == name or version.name == "array":
                version.name = name
                return version
        return None

    def value(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        """What an expression means: an expression over versions, a list, a function, a thing, a text, or None."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            return None
        match node:
            case ast.Name(id=name):
                return self.look_up(name, scope)
            case ast.Constant(value=str() as text):
                return text
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return node if translation.literal(node) is not None else None
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.value(element, scope) for element in elements]
            case ast.JoinedStr():
                return self.formatted(node, scope)
            case ast.Attribute():
                return self.attribute(node, scope)
            case ast.Subscript():
                return self.element(node, scope)
            case ast.Call():
                return self.call(node, scope)
        parts = translation.arithmetic(node)
        if parts is None:
            return None
        operands = [self.value(part, scope) for part in parts]
        if not all(isinstance(operand, ast.expr) for operand in operands):
            return None
        return translation.rebuilt(node, operands)

    def formatted(self, node: ast.JoinedStr, scope: dict[str, Any]) -> list[Any]:
        """What the parts of an f-string mean, in order: labels are texts."""
        return [
            self.value(part.value, scope) if isinstance(part, ast.FormattedValue) else self.value(part, scope)
            for part in node.values
        ]

    def look_up(self, name: str, scope: dict[str, Any]) -> Any:
        """What a name means in this scope; where it has not been given yet, the version it will mean later."""
        if name in scope:
            return scope[name]
        if name in self.names:
            return self.names[name]
        known = self.versions.known(name)
        return ast.Name((known or self.versions.named(name, 0)).key, ast.Load())

    def attribute(self, node: ast.Attribute, scope: dict[str, Any]) -> Any:
        """What an attribute means: of a thing, the transpose, or a gradient."""
        owner = self.value(node.value, scope)
        if isinstance(owner, Thing):
            found = owner.attributes.get(node.attr)
            if found is None and owner.kind is not None:
                method = next(
                    (m for m in owner.kind.body if isinstance(m, ast.FunctionDef) and m.name == node.attr), None
                )
                return Function(method, owner) if method else None
            return found
        if not isinstance(owner, ast.expr):
            return None
        if node.attr == "T":
            return ast.Attribute(owner, "T", ast.Load())
        if node.attr in ("grad", "gradient") and isinstance(owner, ast.Name):
            return self.derivative(self.loss, owner)
        return owner if node.attr in ("data", "value") else None

    def derivative(self, of: Any, by: Any) -> Any:
        """The derivative of what was differentiated last; None stands for it as long as that is not known."""
        if isinstance(by, list):
            return [self.derivative(of, one) for one in by]
        if not isinstance(by, ast.Name) or not (of is None or isinstance(of, ast.Name)):
            return None
        return call(SLOPE, of or ast.Name("loss of the document", ast.Load()), by)

    def element(self, node: ast.Subscript, scope: dict[str, Any]) -> Any:
        """An element of a list, or an indexed array."""
        owner, index = self.value(node.value, scope), translation.literal(node.slice)
        if isinstance(owner, list):
            return owner[index] if isinstance(index, int) and -len(owner) <= index < len(owner) else None
        if not isinstance(owner, ast.expr):
            return None
        named = any(isinstance(part, ast.Name) for part in ast.walk(node.slice))
        whole = not named and (isinstance(node.slice, ast.Slice | ast.Tuple) or (isinstance(index, int) and index >= 0))
        return ast.Subscript(owner, node.slice, ast.Load()) if whole else None

    def call(self, node: ast.Call, scope: dict[str, Any]) -> Any:
        """The value that a call gives, as `value` has it."""
        name = (translation.dotted(node.func) or [node.func.attr if isinstance(node.func, ast.Attribute) else ""])[-1]
        own = (
            self.value(node.func, scope)
            if isinstance(node.func, ast.Attribute)
            else scope.get(name, self.names.get(name))
        )
        if isinstance(own, Function):
            return self.follow(own, [self.value(argument, scope) for argument in node.args], node)
        if isinstance(own, ast.ClassDef) and not is_number(own):
            return Thing(own)
        if node.args and (isinstance(own, ast.ClassDef) or name.lower() in translation.LITERALS or holds_number(node)):
            return self.array(node.args[0], scope)
        arguments = [self.value(argument, scope) for argument in node.args]
        if name == "gradient" and len(arguments) == 2:
            return self.derivative(*arguments)
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if not (
                isinstance(owner, ast.Name)
                and owner.id not in scope
                and owner.id not in self.names
                and not self.versions.known(owner.id)
            ):
                first = self.value(owner, scope) if not translation.module(owner) else None
                if name in translation.SAME:
                    return first if isinstance(first, ast.expr) else None
                if isinstance(first, ast.expr) and len(arguments) < 2:
                    arguments = [first, *arguments]
        while arguments and not isinstance(arguments[-1], ast.expr):
            arguments.pop()  # what is no number is handed along: a device, a tape
        if not all(isinstance(argument, ast.expr) for argument in arguments):
            return None
        return translation.operation(name, arguments, node.keywords)

    def array(self, node: ast.expr, scope: dict[str, Any]) -> Any:
        """An array that is written out, or something that is made one."""
        number = translation.literal(node)
        if isinstance(number, list):
            try:
                np.asarray(number, dtype=np.float64)
            except (ValueError, OverflowError):
                return None
            version = self.versions.define("array", None, self.line(node), CODE, number)
            return ast.Name(version.key, ast.Load())
        if number is not None:
            return node
        found = self.value(node, scope)
        return found if isinstance(found, ast.expr) else None

    def follow(self, function: Function, arguments: list[Any], node: ast.Call) -> Any:
        """What a call of the document's own function gives."""
        one = function.node
        operand = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], ast.expr) else None
        if operand is not None and (standard := self.standard(one)):
            return call(standard, operand)
        parameters = [argument.arg for argument in one.args.args]
        if function.this is not None:
            arguments = [function.this, *arguments]
        if self.calls >= MAX_CALLS or len(arguments) > len(parameters) or id(one) not in self.offsets:
            return None
        kept = (self.called_offset, self.where, self.lines)
        self.calls += 1
        self.called_offset, self.lines, self.where = self.offsets[id(one)]
        scope: dict[str, Any] = {"__parameters__": None}
        try:
            for name, argument in zip(parameters, arguments, strict=False):
                simple = not isinstance(argument, ast.expr) or isinstance(argument, ast.Name | ast.Constant)
                scope[name] = argument if simple else self.given(name, argument, None, one.args.args[0])
            for keyword in node.keywords:
                if keyword.arg:
                    scope[keyword.arg] = self.value(keyword.value, self.names)
            for statement in one.body:
                found = self.statement(statement, scope)
                if isinstance(statement, ast.Return):
                    return found
            return None
        finally:
            self.calls -= 1
            self.called_offset, self.where, self.lines = kept

    def standard(self, function: ast.FunctionDef) -> str | None:
        """The operation that a document's function of one argument is, if it says so and does the same."""
        name = translation.CALLS.get(function.name.lower())
        body = function.body[-1]
        if len(function.args.args) != 1 or name is None or not isinstance(body, ast.Return) or body.value is None:
            return None
        sample = self.versions.define("sample", None, 0, CODE, [0.3, -1.2, 2.0])
        found = self.value(body.value, {function.args.args[0].arg: ast.Name(sample.key, ast.Load())})
        if sample.number is None or not isinstance(found, ast.expr):  # it has none where a document has too many
            return None
        operands = {sample.key: number(sample.number)}
        given, right = (evaluate(text, operands) for text in (ast.unparse(found), f"{name}({sample.key})"))
        return name if same(given, right) else None

    def source(self, node: ast.AST) -> str:
        """The text of a piece of code, as far as it is on lines of this piece."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None) or 0
        if not 0 < first <= last <= len(self.lines):
            return ""
        lines = [line.encode("utf-8", "replace") for line in self.lines[first - 1 : min(last, first + 50)]]
        lines[-1] = lines[-1][: node.end_col_offset] if last < first + 51 else lines[-1]  # type: ignore[attr-defined]
        lines[0] = lines[0][node.col_offset :]  # type: ignore[attr-defined]
        return b"\n".join(lines).decode("utf-8", "replace")


def is_number(one: ast.ClassDef) -> bool:
    """Whether the instances of a class of the document are numbers that record what is done to them."""
    return any(isinstance(method, ast.FunctionDef) and method.name in ("__add__", "__mul__") for method in one.body)


def holds_number(node: ast.Call) -> bool:
    """Whether this makes a node of a graph that holds a number: a class, by its capital, of a float and of no other."""
    name = (translation.dotted(node.func) or [""])[-1]
    first, *others = (translation.literal(argument) for argument in node.args)
    return name[:1].isupper() and isinstance(first, float) and others == [None] * len(others)
