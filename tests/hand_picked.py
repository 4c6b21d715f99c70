"""Where a number that somebody picked decides: what is compared with it, and what is clipped at it.

A number is picked if it is no whole number, or if something is multiplied or divided by it and it is above `FEW`. Names
are followed to what they stand for: in the function, its defaults and the arguments that it is called with, in the
module, in fields of its classes, in what a function returns, and in the modules of the project that these come from;
but not into `gradproof.reference.admitted`, whose numbers are admitted. What numbers alone do not give, such as
`np.finfo(dtype).eps`, is derived.
"""

import ast
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[1]
ADMITTED = "gradproof.reference.admitted"

FEW = 2
"""Halves, quarters, and the factors of formulas, are no tolerance."""

ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
CLIPS = frozenset({"min", "max", "minimum", "maximum", "fmin", "fmax", "clip"})
NUMBERS = {
    "__builtins__": {},
    **dict.fromkeys(("float", "Decimal", "Fraction"), Fraction),
    "np": SimpleNamespace(float32=float, float64=float, longdouble=float),
}
"""What may be called to write a number."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Bindings = dict[str, list[ast.expr | None]]
"""What is assigned to each name; None where it is taken apart, changed in place or runs through something."""


class Module:
    """A module's names: what is assigned to them and to fields of its classes, its functions, what it imports."""

    def __init__(self, code: str) -> None:
        self.tree = ast.parse(code)
        nodes = list(ast.walk(self.tree))
        self.names = bound(self.tree.body)
        self.fields = bound(line for node in nodes if isinstance(node, ast.ClassDef) for line in node.body)
        self.functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
        imports = (node for node in nodes if isinstance(node, ast.ImportFrom))
        self.imports = {a.asname or a.name: (node.module or "", a.name) for node in imports for a in node.names}

    def origin(self, name: str) -> tuple["Module", str] | None:
        """The module of the project that an imported name comes from, and its name there; None for any other."""
        origin, name = self.imports.get(name, ("", ""))
        base = ROOT.joinpath(*origin.split(".")[1:])
        files = [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
        return (module(files[0]), name) if files and origin.startswith("gradproof.") and origin != ADMITTED else None


@cache
def module(path: Path) -> Module:
    """The module of a file."""
    return Module(path.read_text(encoding="utf-8"))


def bound(nodes: Iterable[ast.AST]) -> Bindings:
    """What is assigned to names here."""
    found: Bindings = {}
    for node in nodes:
        value = getattr(node, "value", None)
        if isinstance(node, ast.AugAssign | ast.For | ast.comprehension):
            value = None
        elif not isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
                pairs = list(zip(target.elts, value.elts, strict=True))
            for part, given in pairs:
                for name in (n for n in ast.walk(part) if isinstance(n, ast.Name)):
                    found.setdefault(name.id, []).append(given if name is part else None)
    return found


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands: in a module, and in functions with names of their own."""

    module: Module
    names: Bindings

    def inside(self, function: Function) -> "Scope":
        """The scope of a function's body."""
        a = function.args
        positional = [*a.posonlyargs, *a.args]
        names: Bindings = {p.arg: [] for p in (*positional, *a.kwonlyargs)}
        defaults = zip(positional[len(positional) - len(a.defaults) :], a.defaults, strict=True)
        for p, default in (*defaults, *zip(a.kwonlyargs, a.kw_defaults, strict=True)):
            names[p.arg] += [default] if default else []
        for name, values in bound(ast.walk(function)).items():
            names[name] = [*names.get(name, []), *values]
        return Scope(self.module, {**self.names, **names})

    def values(self, e: ast.Name | ast.Attribute) -> list[tuple[ast.expr, "Scope"]]:
        """What a name or a field may stand for; nothing in particular, if it is changed on the way."""
        top = Scope(self.module, {})
        if isinstance(e, ast.Attribute):
            found, scope = self.module.fields.get(e.attr, []), top
        elif e.id in self.names:
            found, scope = self.names[e.id], self
        elif e.id in self.module.imports:
            origin = self.module.origin(e.id)
            return Scope(origin[0], {}).values(ast.Name(origin[1])) if origin else []
        else:
            found, scope = self.module.names.get(e.id, []), top
        return [] if None in found else [(value, scope) for value in found if value]

    def function(self, call: ast.expr) -> tuple[ast.FunctionDef, "Scope"] | None:
        """The function of the project that is called by its name, and the scope of its body."""
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return None
        home, name = self.module.origin(call.func.id) or (self.module, call.func.id)
        function = home.functions.get(name)
        return (function, Scope(home, {}).inside(function)) if function else None


class Written(dict[str, Any]):
    """Names that stand for one number each, found as they are asked for."""

    def __init__(self, scope: Scope, seen: frozenset[ast.expr]) -> None:
        self.scope, self.seen = scope, seen

    def __missing__(self, name: str) -> Any:
        """The number. Raises KeyError where there is none."""
        if (value := only(self.scope.values(ast.Name(name)), self.seen)) is None:
            raise KeyError(name)
        return value


def only(found: Sequence[tuple[ast.expr, Scope]], seen: frozenset[ast.expr]) -> Any:
    """The number that a name stands for, if it stands for one thing and that is a number."""
    return number(*found[0], seen) if len(found) == 1 else None


def number(e: ast.expr, scope: Scope, seen: frozenset[ast.expr] = frozenset()) -> Any:
    """The number that an expression writes, or None."""
    if e in seen or any(isinstance(n, ast.Lambda | ast.GeneratorExp | ast.ListComp) for n in ast.walk(e)):
        return None
    if isinstance(e, ast.Attribute):
        return only(scope.values(e), seen | {e})
    try:
        value = eval(compile(ast.Expression(e), "", "eval"), NUMBERS, Written(scope, seen | {e}))
    except (ArithmeticError, AttributeError, NameError, SyntaxError, TypeError, ValueError):
        return None
    return value if isinstance(value, int | float | Fraction) and math.isfinite(value) else None


def picked(
    e: ast.expr, scope: Scope, parameters: set[str], scaled: bool = False, seen: frozenset[ast.expr] = frozenset()
) -> list[str]:
    """The picked numbers in an expression, as they are written; `parameters` gathers the parameters that are in it."""
    if e in seen:
        return []
    value = number(e, scope)
    if value is not None:
        return [ast.unparse(e)] if value != int(value) or (scaled and abs(value) > FEW) else []
    seen |= {e}
    scaled = scaled or (isinstance(e, ast.BinOp) and isinstance(e.op, ast.Mult | ast.Div))
    parts: list[tuple[ast.expr, Scope]] = []
    match e:
        case ast.BinOp(left=base, op=ast.Pow()):
            scaled, parts = False, [(base, scope)]
        case ast.BinOp(left=left, right=right):
            parts = [(left, scope), (right, scope)]
        case ast.UnaryOp(operand=one) | ast.NamedExpr(value=one):
            parts = [(one, scope)]
        case ast.IfExp(body=one, orelse=other):
            parts = [(one, scope), (other, scope)]
        case ast.Call() if called(e) != "len":
            scaled = False
            parts = [(a, scope) for a in (*e.args, *(k.value for k in e.keywords))]
            if found := scope.function(e):
                returns = (n.value for n in ast.walk(found[0]) if isinstance(n, ast.Return) and n.value)
                parts = [(value, found[1]) for value in returns]
        case ast.Name() | ast.Attribute():
            parts = scope.values(e)
            if isinstance(e, ast.Name) and e.id in scope.names:
                parameters.add(e.id)
    return [text for part, where in parts for text in picked(part, where, parameters, scaled, seen)]


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def nodes(tree: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    """Every node below, with its scope."""
    for node in ast.iter_child_nodes(tree):
        here = scope.inside(node) if isinstance(node, Function) else scope
        yield node, here
        yield from nodes(node, here)


def decisive(node: ast.AST) -> Sequence[ast.expr]:
    """What decides in a node: the sides of a comparison by size, or what is clipped."""
    if isinstance(node, ast.Compare) and any(isinstance(op, ORDERED) for op in node.ops):
        return [node.left, *node.comparators]
    return node.args if isinstance(node, ast.Call) and called(node) in CLIPS else []


def arguments(call: ast.Call, function: ast.FunctionDef, scope: Scope) -> Sequence[ast.expr]:
    """The arguments of a call that decide in the function that is called."""
    decide: set[str] = set()
    for node, here in nodes(function, scope):
        for side in decisive(node):
            picked(side, here, decide)
    names = [p.arg for p in (*function.args.posonlyargs, *function.args.args)]
    given = [*zip(names, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    return [value for name, value in given if name in decide]


def hand_picked(code: Module) -> list[str]:
    """Every decision by a picked number: its line, what decides, and the number."""
    found = []
    for node, scope in nodes(code.tree, Scope(code, {})):
        if isinstance(node, ast.Compare | ast.Call):
            sides = decisive(node)
            if isinstance(node, ast.Call) and not sides and (function := scope.function(node)):
                sides = arguments(node, *function)
            if numbers := [text for side in sides for text in picked(side, scope, set())]:
                found.append(f"line {node.lineno}: {ast.unparse(node)} ({', '.join(numbers)})")
    return found
