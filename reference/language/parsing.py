"""The statement language: a whitelist over Python's expression syntax, lowered to graph nodes.

Nothing here executes or evaluates what it reads: statements are parsed with `ast`, and every syntax that is
not listed is refused by name.
"""

import ast
import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from gradproof.reference.errors import GradproofError, StatementError
from gradproof.reference.language.literals import Literals
from gradproof.reference.language.sizes import MAX_STATEMENTS
from gradproof.reference.network import INPUT, LITERAL, Node
from gradproof.reference.operations import OPERATIONS, Operation

INFIX: Mapping[type[ast.operator], str] = {
    type(syntax.op): name
    for name, operation in OPERATIONS.items()
    if isinstance(syntax := operation.syntax, ast.BinOp) and not operation.attributes
}
"""The operation that an operator between two operands means."""

CONDITIONS: Mapping[tuple[str, type[ast.cmpop]], str] = {
    (syntax.func.id, type(syntax.args[0].ops[0])): name
    for name, operation in OPERATIONS.items()
    if isinstance(syntax := operation.syntax, ast.Call)
    and isinstance(syntax.func, ast.Name)
    and isinstance(syntax.args[0], ast.Compare)
}
"""The operation that a call means whose first argument is a comparison, by its name and the comparison's sign."""

ALIASES = {operation.alias: name for name, operation in OPERATIONS.items() if operation.alias}
"""Names that mean another operation with one operand: `maximum(x, axis=0)` is a reduction."""

UNNAMED = "_"
"""What stands for a result of several that is not needed."""

MAX_DEPTH = 100
"""How deep expressions may nest. No one reads a deeper one, and the parser's own stack ends not far beyond."""

TOO_DEEP = f"expressions may nest {MAX_DEPTH} deep at most; split it into several statements"

MAX_STATEMENT = 20_000
"""Characters in one statement."""


def check_name(name: str) -> str | None:
    """What is wrong with `name` as the name of a value, or None."""
    if not name.isidentifier():
        return f"{name!r} is not a name: use letters, digits and _, not starting with a digit"
    if keyword.iskeyword(name):
        return f"{name!r} is a reserved word"
    if unicodedata.normalize("NFKC", name) != name:
        return f"{name!r} is not in normal form: write {unicodedata.normalize('NFKC', name)!r}"
    if name in OPERATIONS or name in ALIASES:
        return f"{name!r} is the name of an operation; choose another name"
    return None


def split(text: str) -> list[str]:
    """The statements of `text`: lines without comments, joined while a bracket is open; blank ones dropped."""
    result: list[str] = []
    pieces: list[str] = []
    opened = length = 0
    for line in text.splitlines():
        line = re.sub(r"""("[^"]*"|'[^']*')|#.*""", lambda match: match[1] or "", line).strip()
        if line:
            pieces.append(line)
        opened += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        length += len(line)
        if opened <= 0 or length > MAX_STATEMENT:
            result.append(" ".join(pieces))
            pieces, opened, length = [], 0, 0
    return [statement for statement in [*result, " ".join(pieces)] if statement]


def parse(text: str, inputs: Iterable[str]) -> tuple[Node, ...]:
    """The graph of the statements in `text` over the named `inputs`; shapes are not yet filled in.

    Raises StatementError, naming the statement, for anything outside the language; GradproofError for an
    input whose name is not usable.
    """
    graph = _Graph()
    for name in inputs:
        problem = check_name(name)
        if problem:
            raise GradproofError(f"input {problem}")
        graph.add(Node(INPUT, name=name))
    statements = split(text)
    trees = [_assignment(number, statement) for number, statement in enumerate(statements[:MAX_STATEMENTS], 1)]
    if len(statements) > MAX_STATEMENTS:  # only now: the first may have a bracket that is never closed
        raise GradproofError(f"there are {len(statements):,} statements; at most {MAX_STATEMENTS:,} are read")
    assigned = [(number, name) for number, (targets, _) in enumerate(trees, 1) for name in named(targets)]
    graph.later = {name: number for number, name in reversed(assigned)}
    for number, (statement, (targets, expression)) in enumerate(zip(statements, trees, strict=True), 1):
        graph.number, graph.text = number, statement
        for target in named(targets):
            if target in graph.indices:
                earlier = graph.nodes[graph.indices[target]].statement
                where = f"in statement {earlier}" if earlier else "as an input"
                raise graph.error(f"{target!r} is assigned a second time; it was first given {where}")
        graph.assign(targets, expression)
        if graph.operations > MAX_STATEMENTS:
            raise graph.error(f"with it, there are more than {MAX_STATEMENTS:,} operations; no more are computed")
    return tuple(graph.nodes)


def named(targets: tuple[str, ...]) -> Iterable[str]:
    """The names that a statement gives: of several, `UNNAMED` is none."""
    return targets if len(targets) == 1 else (name for name in targets if name != UNNAMED)


def _assignment(number: int, text: str) -> tuple[tuple[str, ...], ast.expr]:
    """Names and expression of one statement."""

    def error(message: str) -> StatementError:
        return StatementError(number, text, message)

    if len(text) > MAX_STATEMENT:
        depths = accumulate((c in "([{") - (c in ")]}") for c in text[:MAX_STATEMENT])
        raise error(
            TOO_DEEP if max(depths) > MAX_DEPTH else f"longer than {MAX_STATEMENT} characters; split it into several"
        )
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as refused:
        raise error(f"not an assignment of an expression: {getattr(refused, 'msg', refused)}") from None
    except (RecursionError, MemoryError):
        raise error(TOO_DEEP) from None
    if len(body) != 1:
        raise error("one statement a line, please")
    statement = body[0]
    if not isinstance(statement, ast.Assign):
        kind = "an expression" if isinstance(statement, ast.Expr) else _kind(statement)
        raise error(f"a statement has the form `name = expression`; this is {kind}")
    (target, *more) = statement.targets
    several = target.elts if isinstance(target, ast.Tuple) else [target]
    names = tuple(each.id for each in several if isinstance(each, ast.Name))
    if more or not several or len(names) < len(several):
        raise error("a statement assigns one name, or several to the results of one operation")
    for name in named(names):
        problem = check_name(name)
        if problem:
            raise error(problem)
        if names.count(name) > 1:
            raise error(f"{name!r} is assigned twice in it")
    return names, statement.value


def _kind(tree: ast.AST) -> str:
    """What a refused piece of syntax is called."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", type(tree).__name__).lower()
    called = {
        "list comp": "a comprehension",
        "set comp": "a comprehension",
        "dict comp": "a comprehension",
        "generator exp": "a comprehension",
        "joined str": "an f-string",
        "lambda": "a lambda",
        "named expr": "an assignment inside an expression",
        "if exp": "a conditional expression",
        "bool op": "a logical expression",
        "aug assign": "an augmented assignment",
        "list": "a list (use stack(...))",
        "tuple": "a tuple (use stack(...))",
    }
    return called.get(words, f"a Python {words}")


class _Graph(Literals):
    """Nodes so far, and the statement being lowered. All that it refuses is a StatementError about that statement."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.indices: dict[str, int] = {}
        self.later: Mapping[str, int] = {}
        self.number, self.text, self.operations = 0, "", 0

    def error(self, message: str) -> StatementError:
        return StatementError(self.number, self.text, message)

    def add(self, node: Node) -> int:
        """Append a node, and give its index."""
        self.nodes.append(node)
        if node.name is not None:
            self.indices[node.name] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def assign(self, targets: tuple[str, ...], tree: ast.expr) -> None:
        """Lower `tree` and call its results so; a second name for a value is an operation of its own.

        Raises StatementError for more or fewer names than there are results, and for what is outside the language.
        """
        index = self.lower(tree, 0)
        results = self.results(index)
        if results:
            if len(targets) != len(results) or not [*named(targets)]:
                raise self.error(several_results(self.nodes[index], alone=True))
            for target, key in zip(targets, results.values(), strict=True):
                if target != UNNAMED:
                    keys = MappingProxyType({"key": key})
                    self.add(Node("index", (index,), keys, target, self.number))
            return
        if len(targets) > 1:
            raise self.error(f"{len(targets)} names for one result")
        (target,) = targets
        if isinstance(tree, ast.Name):
            index = self.apply("identity", [index])
        node = self.nodes.pop(index)
        self.add(Node(node.operation, node.operands, node.attributes, target, self.number))

    def results(self, index: int) -> Mapping[str, Any]:
        """The several results of a node; nothing for one that is a single value.

        Raises StatementError for more than a statement can name.
        """
        node = self.nodes[index]
        try:
            return OPERATIONS[node.operation].results_of(node.attributes) if node.operation in OPERATIONS else {}
        except ValueError as problem:
            raise self.error(str(problem)) from None

    def lower(self, tree: ast.expr, depth: int) -> int:
        """The index of the node that `tree` becomes; its operands are lowered before it.

        Raises StatementError for syntax outside the language, and for expressions that nest deeper than `MAX_DEPTH`.
        """
        if depth > MAX_DEPTH:
            raise self.error(TOO_DEEP)
        match tree:
            case ast.Name(id=name):
                return self.lookup(name)
            case ast.Constant(value=value):
                if isinstance(value, int | float) and not isinstance(value, bool):
                    return self.literal(value)
                raise self.error(f"{value!r} is not a number")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.apply("negative", [self.lower(operand, depth + 1)])
            case ast.BinOp(left, ast.Pow(), ast.Constant() | ast.UnaryOp(operand=ast.Constant()) as right):
                exponent = self.number_literal(right, "an exponent")
                return self.apply("power", [self.lower(left, depth + 1)], {"exponent": exponent})
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in INFIX:
                operands = [self.lower(left, depth + 1), self.lower(right, depth + 1)]
                return self.apply(INFIX[type(operator)], operands)
            case ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
                raise self.error(f"the operator {_kind(operator)[9:]!r} is not in the language (+ - * / ** @ are)")
            case ast.Attribute(attr="T", value=value):
                return self.apply("transpose", [self.lower(value, depth + 1)])
            case ast.Attribute(attr=attribute):
                raise self.error(f"attribute access .{attribute} is not in the language; only .T (transpose) is")
            case ast.Subscript(value=value, slice=key):
                return self.apply("index", [self.lower(value, depth + 1)], {"key": self.key(key)})
            case ast.Call(ast.Name(id=name), [ast.Compare(left, [sign], [right]), *others], []) if (
                name,
                type(sign),
            ) in CONDITIONS and len(others) == len(OPERATIONS[name].operands) - 1:
                operands = [self.lower(each, depth + 1) for each in (left, right, *others)]
                return self.apply(CONDITIONS[name, type(sign)], operands)
            case ast.Call():
                return self.call(tree, depth)
            case ast.Compare():
                raise self.error("a comparison of two numbers stands in where(a > b, u, v), and nowhere else")
        raise self.error(f"{_kind(tree)} is not in the language")

    def lookup(self, name: str) -> int:
        """The index of the node called `name`.

        Raises StatementError for a name that is not known yet, or an operation's.
        """
        if name in self.indices:
            return self.indices[name]
        if name in self.later and self.later[name] == self.number:
            raise self.error(f"{name!r} is used in its own definition")
        if name in self.later:
            raise self.error(f"{name!r} is used before statement {self.later[name]} assigns it")
        if name in OPERATIONS:
            raise self.error(f"{name!r} is an operation: call it, as in {name}(...)")
        raise self.error(f"undefined name {name!r}{_suggest(name, self.indices)}; give it under [inputs]")

    def literal(self, value: float) -> int:
        """The index of a new node for a number. Raises StatementError for one beyond the range of float64."""
        try:
            finite = math.isfinite(float(value))
        except OverflowError:
            finite = False
        if not finite:
            raise self.error("a number beyond the range of float64")
        return self.add(Node(LITERAL, attributes=MappingProxyType({"value": value}), statement=self.number))

    def apply(self, name: str, operands: list[int], attributes: Mapping[str, Any] = MappingProxyType({})) -> int:
        """A node of operation `name`, with every attribute that it has.

        Raises StatementError for operands with several results.
        """
        self.operations += 1
        for k in operands:
            if self.results(k):
                raise self.error(several_results(self.nodes[k], alone=False))
        full = MappingProxyType({**OPERATIONS[name].attributes, **attributes})
        return self.add(Node(name, tuple(operands), full, statement=self.number))

    def call(self, tree: ast.Call, depth: int) -> int:
        """The index of the node that a call becomes.

        Raises StatementError for an operation that is not known or is not written as a call, another number of
        operands, and attributes that it does not take.
        """
        if not isinstance(tree.func, ast.Name):
            raise self.error("only an operation can be called, by its name")
        name = tree.func.id
        name = ALIASES.get(name, name) if len(tree.args) == 1 else name
        if name not in OPERATIONS:
            callable_names = [known for known, each in OPERATIONS.items() if each.notation is None or each.leading]
            raise self.error(f"unknown operation {name!r}{_suggest(name, callable_names)}")
        operation = OPERATIONS[name]
        arguments, attributes = tree.args, {}
        if operation.notation is not None and not (operation.leading and arguments):
            raise self.error(f"{name!r} is written {operation.example or operation.notation}")
        if any(isinstance(argument, ast.Starred) for argument in arguments):
            raise self.error("a starred argument is not in the language")
        if operation.leading:
            attributes[operation.leading] = self.attribute(operation, operation.leading, arguments[0])
            arguments = arguments[1:]
        self.check_arity(operation, len(arguments))
        for pair in tree.keywords:
            known = list(operation.public)
            if pair.arg not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                raise self.error(f"{name} has no attribute {pair.arg!r}; {has}")
            if pair.arg in attributes:
                raise self.error(f"{name} is given {pair.arg!r} twice")
            attributes[pair.arg] = self.attribute(operation, pair.arg, pair.value)
        return self.apply(name, [self.lower(argument, depth + 1) for argument in arguments], attributes)

    def check_arity(self, operation: Operation, given: int) -> None:
        """Raises StatementError for a number of operands that the operation does not take."""
        least, most = operation.minimum, len(operation.operands)
        if operation.variadic:
            if given < least:
                raise self.error(f"{operation.name} takes at least {least} operand, {given} given")
        elif not least <= given <= most:
            takes = f"{least}" if least == most else f"{least} to {most}"
            names = ", ".join(operation.operands)
            raise self.error(f"{operation.name} takes {takes} operand{'s' * (most > 1)} ({names}), {given} given")


def several_results(node: Node, alone: bool) -> str:
    """How a statement names the results of a node that has several; `alone` if it is no part of another's."""
    operation = OPERATIONS[node.operation]
    names = operation.results_of(node.attributes)
    given = (f"{name}={node.attributes[name]!r}" for name in operation.public if operation.parts)
    written = f"{', '.join(names)} = {node.operation}({', '.join((*operation.operands, *given))})"
    unless = f"; {UNNAMED} stands for a result without a name" if alone else " in a statement of its own"
    return f"{node.operation} has {len(names)} results ({', '.join(names)}): write {written}{unless}"


def _suggest(name: str, known: Iterable[str]) -> str:
    """A question that names the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
