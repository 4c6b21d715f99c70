"""Python's expressions as expressions of the statement language: a whitelist, as the language itself is.

Code is parsed with `ast` and never executed. An operation is known by its name in the language and by what NumPy,
SciPy, PyTorch, TensorFlow and JAX call it, whatever the capitals (a tape's nodes are classes); what has no such name
has no meaning here (None).
"""

import ast
import sys
from typing import Any

from gradproof.reference.operations import OPERATIONS

KEYWORDS = {"axis": "axis", "dim": "axis", "keepdims": "keepdims", "keepdim": "keepdims"}
"""NumPy's and PyTorch's keywords, and the language's."""
ARITY = {"outer": 2, "maximum": 2}
DIFFERENT = frozenset({"var"})
"""Functions that divide by another number in one framework than in the other."""
CALLS = {
    **{name: name for name in ARITY},
    **{
        name: name
        for name, operation in OPERATIONS.items()
        if len(operation.operands) == 1 and not operation.variadic and set(operation.public) <= set(KEYWORDS)
        if operation.syntax is None and name not in DIFFERENT
    },
    "fabs": "abs",
    "absolute": "abs",
    "amax": "max",
    "expit": "sigmoid",
    "logistic": "sigmoid",
    "sigma": "sigmoid",
    "reduce_sum": "sum",
    "reduce_mean": "mean",
    "reduce_max": "max",
}
"""What a function is called, and the operation that it is: sigma is the sign of the sigmoid in print."""
INFIX: dict[str, type[ast.operator]] = {
    "dot": ast.MatMult, "matmul": ast.MatMult, "mm": ast.MatMult, "mv": ast.MatMult,
    "multiply": ast.Mult, "mul": ast.Mult,
    "add": ast.Add, "subtract": ast.Sub, "sub": ast.Sub, "divide": ast.Div, "div": ast.Div, "truediv": ast.Div,
}  # fmt: skip
NEGATIVE = frozenset({"negative", "neg"})
LITERALS = frozenset({
    "array", "asarray", "matrix", "tensor", "as_tensor", "parameter", "constant", "variable", "convert_to_tensor",
    "float", "float32", "float64",
})  # fmt: skip
"""Functions of a literal that are an array with these numbers, in small letters."""
SAME = frozenset({
    "numpy", "item", "copy", "detach", "clone", "cpu", "double", "float", "tolist", "requires_grad_", "to", "astype",
    "squeeze_", "contiguous",
})  # fmt: skip
"""Methods that leave the numbers as they are."""
MODULES = frozenset(["np", "numpy", "torch", "tf", "jnp", "jax", "math", "F", "nn", "K", "keras"])
"""What libraries are called where they are used."""
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)


def dotted(tree: ast.expr) -> list[str]:
    """The parts of a dotted name: `tf.math.exp` gives three; empty for anything else."""
    parts: list[str] = []
    while isinstance(tree, ast.Attribute):
        parts.append(tree.attr)
        tree = tree.value
    return [*reversed([*parts, tree.id])] if isinstance(tree, ast.Name) else []


def literal(tree: ast.AST) -> Any:
    """A number, or nested lists of numbers, as they are written; None for anything else, or beyond floats."""
    match tree:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return value if abs(value) <= sys.float_info.max else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = literal(operand)
            return -value if isinstance(value, int | float) else None
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            found = [literal(element) for element in elements]
            return found if found and None not in found else None
    return None


def operation(name: str, arguments: list[ast.expr], keywords: list[ast.keyword]) -> ast.expr | None:
    """The expression of the language for a call of a library's function `name`; None where there is none."""
    small = name.lower()
    if small in INFIX and len(arguments) >= 2:
        return ast.BinOp(arguments[0], INFIX[small](), arguments[1])
    if small in NEGATIVE and arguments:
        return ast.UnaryOp(ast.USub(), arguments[0])
    if small == "transpose" and len(arguments) == 1:
        return ast.Attribute(arguments[0], "T", ast.Load())
    if small in ("power", "pow") and len(arguments) == 2 and isinstance(literal(arguments[1]), int | float):
        return ast.BinOp(arguments[0], ast.Pow(), arguments[1])
    called = CALLS.get(small)
    if small == "max":
        called = "maximum" if len(arguments) == 2 and literal(arguments[1]) == 0 else "max"
    if called is None:
        return None
    wanted = ARITY.get(called, 2 if called == "maximum" else 1)
    given = [ast.keyword(KEYWORDS[k.arg], k.value) for k in keywords if k.arg in KEYWORDS and constant(k.value)]
    if len(arguments) == 2 and "axis" in OPERATIONS[called].public and literal(arguments[1]) is not None:
        given.append(ast.keyword("axis", arguments[1]))
        arguments = arguments[:1]
    if len(arguments) < wanted or len(given) < len([k for k in keywords if k.arg in KEYWORDS]):
        return None
    return ast.Call(ast.Name(called, ast.Load()), arguments[:wanted], given)


def constant(tree: ast.expr) -> bool:
    """Whether the value of a keyword argument is written out, not computed."""
    return isinstance(tree, ast.Constant) or literal(tree) is not None


def arithmetic(tree: ast.expr) -> tuple[ast.expr, ...] | None:
    """The operands of an arithmetic operator of the language (of a power, its base alone); None for anything else."""
    match tree:
        case ast.BinOp(op=ast.Pow(), left=left, right=right) if isinstance(literal(right), int | float):
            return (left,)
        case ast.BinOp(op=operator, left=left, right=right) if isinstance(operator, OPERATORS):
            return (left, right)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return (operand,)
    return None


def rebuilt(tree: ast.expr, operands: list[ast.expr]) -> ast.expr:
    """The operator of `tree`, applied to other operands: as many as `arithmetic` gives."""
    match tree:
        case ast.BinOp(op=ast.Pow(), right=right):
            return ast.BinOp(operands[0], ast.Pow(), right)
        case ast.BinOp(op=operator):
            return ast.BinOp(operands[0], operator, operands[1])
        case ast.UnaryOp(op=ast.UAdd()):
            return operands[0]
    return ast.UnaryOp(ast.USub(), operands[0])


def numbers_of(node: ast.expr) -> ast.expr:
    """The literal inside `np.array(...)` and the like: the first argument, however often it is wrapped."""
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    return node


def is_call_of(node: ast.expr, *names: str) -> bool:
    """Whether this calls a function whose name, without its modules, begins with one of `names`."""
    return isinstance(node, ast.Call) and (dotted(node.func) or [""])[-1].startswith(names)


def module(node: ast.expr) -> bool:
    """Whether this is the name of a library's module, or begins with one: `np`, `torch.nn.functional`."""
    return (dotted(node) or [""])[0] in MODULES
