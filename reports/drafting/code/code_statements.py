"""Going through a document's code, piece by piece: what it gives names to, prints and differentiates.

Assignments become versions of names. Functions and methods that do nothing but assign and return are followed where
they are called, with their arguments in place of their parameters; loops and branches make what they assign unknown.
"""

import ast
from dataclasses import dataclass
from typing import Any

from gradproof.reports.drafting.code import translation
from gradproof.reports.drafting.code.code_expressions import MAX_STEPS, Values
from gradproof.reports.drafting.code.objects import Function, Shown, Thing


@dataclass
class Code(Values):
    """The reader of code: it goes on from piece to piece, with what names mean so far and what is displayed."""

    def read(self, body: list[ast.stmt], text: str, line: int, where: str) -> None:
        """Read statements of a piece of code that begins on this line, under the heading or cell `where`."""
        self.where, self.offset, self.lines = where, line - 1, text.split("\n")
        for statement in body:
            try:
                self.statement(statement, self.names)
            except RecursionError:
                self.unread.append((self.line(statement), "code", "it nests too deep"))

    def statement(self, node: ast.stmt, scope: dict[str, Any]) -> Any:
        """Read one statement: what names mean in `scope` is changed; what a `return` gives is returned, else None."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            return None
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value, scope)
                for target in targets:
                    self.assign(target, found, value, scope)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self.assign(target, self.value(value, scope), value, scope)
            case ast.AugAssign(target=target, op=op, value=value):
                whole = ast.copy_location(ast.BinOp(as_read(target), op, value), value)
                self.assign(target, self.value(whole, scope), whole, scope)
            case ast.Expr(value=value):
                self.expression(value, scope)
            case ast.Return(value=value):
                return self.value(value, scope) if value is not None else None
            case ast.FunctionDef():
                scope[node.name] = Function(node)
                self.offsets[id(node)] = (self.offset, self.lines, self.where)
            case ast.ClassDef():
                scope[node.name] = node
                for inner in node.body:
                    self.offsets[id(inner)] = (self.offset, self.lines, self.where)
            case ast.With(body=body):
                for inner in body:
                    self.statement(inner, scope)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=body):
                for inner in body:
                    self.statement(inner, scope)
            case ast.Import() | ast.ImportFrom() | ast.Pass():
                pass
            case _:
                self.forget(node, scope)
        return None

    def forget(self, node: ast.stmt, scope: dict[str, Any]) -> None:
        """Nothing is known any more of what a loop or a branch assigns."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Store):
                self.assign(inner, None, None, scope)
        self.unread.append((self.line(node), self.source(node), "loops and branches are not followed"))

    def assign(self, target: ast.expr, found: Any, source: ast.expr | None, scope: dict[str, Any]) -> None:
        """Give what was found to a name, an attribute, or the parts of a tuple."""
        if isinstance(target, ast.Tuple | ast.List):
            parts = found if isinstance(found, list) and len(found) == len(target.elts) else [None] * len(target.elts)
            written = source.elts if isinstance(source, ast.Tuple | ast.List) else []
            sources: list[ast.expr | None] = [*written, *[None] * len(parts)]
            for one, part, text in zip(target.elts, parts, sources, strict=False):
                self.assign(one, part, text, scope)
            self.last = Shown([self.known(t, scope) for t in target.elts], self.line(target))
            return
        if isinstance(found, str):
            return  # an empty text is for the student to fill in
        if isinstance(target, ast.Attribute):
            owner = self.value(target.value, scope)
            if isinstance(owner, Thing):
                owner.attributes[target.attr] = self.given(target.attr, found, source, target)
                self.last = Shown([owner.attributes[target.attr]], self.line(target))
        elif isinstance(target, ast.Name):
            scope[target.id] = self.given(target.id, found, source, target)
            self.last = Shown([scope[target.id]], self.line(target))

    def known(self, target: ast.expr, scope: dict[str, Any]) -> Any:
        """What the name that was just given a value means; None for another target."""
        return scope.get(target.id) if isinstance(target, ast.Name) else None

    def expression(self, node: ast.expr, scope: dict[str, Any]) -> None:
        """An expression as a statement: a print, a backward pass, or what a cell displays."""
        if isinstance(node, ast.Call):
            name = (translation.dotted(node.func) or [""])[-1]
            if name in ("print", "display") and isinstance(node.func, ast.Name):
                self.shown.append(Shown([self.value(argument, scope) for argument in node.args], self.line(node)))
                return
            if name == "backward" and isinstance(node.func, ast.Attribute):
                owner = self.value(node.func.value, scope)
                if isinstance(owner, ast.Name):
                    self.loss = owner
                    return
        self.last = Shown([self.value(node, scope)], self.line(node))


def as_read(target: ast.expr) -> ast.expr:
    """The target of `w -= ...` as the expression that reads it."""
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attribute):
            return ast.copy_location(ast.Attribute(value, attribute, ast.Load()), target)
    return target
