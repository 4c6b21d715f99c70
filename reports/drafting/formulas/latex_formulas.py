r"""LaTeX formulas as expressions of the statement language, as far as that is clear; everything else is refused.

`\frac{\partial L}{\partial w_1}` becomes the call `D(L, w1)`, `w'_2` and `w_2^{new}` the call `NEW(w2)`; subscripts
and superscripts join their letter (`w_{1,1}^{(in)}` is w11_in), and so do hats (`\hat{y}` is y_hat). A product of
letters is a product. What could be read in two ways (an index that is a letter, a sum, an unknown command) raises
Unclear.
"""

import ast
import re

from gradproof.reports.drafting.code.translation import literal
from gradproof.reports.drafting.formulas.latex_names import (
    MATRICES,
    MAX_DEPTH,
    TRANSPOSED,
    Letters,
    Unclear,
    script_text,
    tokens,
)
from gradproof.reports.drafting.meaning.version_expressions import SLOPE, call

MAX_TEXT = 500
"""Characters of a heading or a code span that may be a formula."""
FUNCTIONS = {"sigma": "sigmoid", "exp": "exp", "ln": "log", "log": "log", "tanh": "tanh", "sqrt": "sqrt"}
TIMES = {r"\cdot", r"\times", "*", r"\ast", r"\odot", r"\circ", "·", "×"}


def read_formula(latex: str) -> ast.expr:
    """The expression that a LaTeX formula means. Raises Unclear where it is not understood, or means several things."""
    parser = Parser(tokens(latex))
    result = parser.sum(0)
    if parser.rest():
        raise Unclear(f"{parser.peek()!r} is not understood")
    return result


def binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    """An operator of two operands as a node of the syntax tree."""
    return ast.BinOp(left, operator, right)


class Parser(Letters):
    """Reads a formula's tokens from left to right, once; raises Unclear. `depth` limits how deep brackets nest."""

    def sum(self, depth: int) -> ast.expr:
        """Terms with plus and minus between them. Raises Unclear for brackets nested deeper than `MAX_DEPTH`."""
        if depth > MAX_DEPTH:
            raise Unclear("brackets nest too deep")
        negative = False
        while self.peek() in ("+", "-", "−"):
            negative ^= self.next() != "+"
        result = self.product(depth)
        if negative:
            result = ast.UnaryOp(ast.USub(), result)
        while self.peek() in ("+", "-", "−"):
            operator: ast.operator = ast.Add() if self.next() == "+" else ast.Sub()
            result = binary(result, operator, self.product(depth))
        return result

    def product(self, depth: int) -> ast.expr:
        """Factors, with signs between them or none."""
        result = self.factor(depth)
        while self.rest():
            token = self.peek()
            if token in TIMES or token == "/":
                self.next()
                operator: ast.operator = ast.Div() if token == "/" else ast.Mult()
                sign = self.peek() in ("-", "−") and bool(self.next())
                right = self.factor(depth)
                result = binary(result, operator, ast.UnaryOp(ast.USub(), right) if sign else right)
            elif token in ("+", "-", "−", ")", "]", "}", ",", "|", ";", r"\}", "=", ""):
                break
            else:
                right = self.factor(depth)
                result = binary(result, ast.MatMult() if is_matrix(result) else ast.Mult(), right)
        return result

    def factor(self, depth: int) -> ast.expr:
        """One factor with its exponents, each either a number or the sign of a transpose."""
        result = self.base(depth)
        while self.peek() == "^":
            self.next()
            result = self.raised(result, depth)
        return result

    def raised(self, base: ast.expr, depth: int) -> ast.expr:
        """A base with what is printed above it: an exponent, or the sign of a transpose. Raises Unclear for others."""
        group = self.group()
        if script_text(group) in TRANSPOSED:
            return ast.Attribute(base, "T", ast.Load())
        exponent = Parser(group).whole(depth)
        if not isinstance(literal(exponent), int | float):
            raise Unclear("an exponent that is not a number")
        return binary(base, ast.Pow(), exponent)

    def whole(self, depth: int) -> ast.expr:
        """Everything that is left, as one expression. Raises Unclear where a token remains that belongs to none."""
        result = self.sum(depth + 1)
        if self.rest():
            raise Unclear(f"{self.peek()!r} is not understood")
        return result

    def base(self, depth: int) -> ast.expr:
        """A number, a name, a call, a fraction, or something in brackets."""
        token = self.next()
        if re.match(r"\.?[0-9]", token):
            return ast.Constant(float(token) if "." in token else int(token))
        if token in ("(", "["):
            result = self.sum(depth + 1)
            self.expect(")" if token == "(" else "]")
            return result
        if token == "{":
            self.at -= 1
            return Parser(self.group()).whole(depth)
        if token == r"\keep":  # an underbrace, whose caption says nothing more
            result = Parser(self.group()).whole(depth)
            if self.peek() == "_":
                self.next()
                self.group()
            return result
        if token in (r"\frac", r"\dfrac", r"\tfrac"):
            return self.fraction(depth)
        if token == r"\partial":
            return self.inline_derivative(depth)
        if token == "e" and self.peek() == "^":
            self.next()
            return call("exp", Parser(self.group()).whole(depth))
        name = token[1:]
        if token[:1] == "\\" and name in FUNCTIONS:
            return self.applied(FUNCTIONS[name], depth)
        self.at -= 1
        return self.name(depth)

    def applied(self, function: str, depth: int) -> ast.expr:
        """A function of what follows it: of brackets, or of the next factor. Raises Unclear where nothing follows."""
        if self.peek() == "{" and function == "sqrt":
            return call(function, Parser(self.group()).whole(depth))
        if self.peek() in ("(", "["):
            return call(function, self.base(depth + 1))
        if function in ("sigmoid", "sqrt") or self.peek() in ("'", "^", "_", ""):
            raise Unclear(f"{function} of nothing")
        return call(function, self.factor(depth + 1))

    def fraction(self, depth: int) -> ast.expr:
        """A fraction, or a derivative that is written as one.

        Raises Unclear for a derivative whose function stands beside it, or by more than a name, and for empty braces.
        """
        over, under = self.group(), self.group()
        for sign in ([r"\partial"], ["d"], [r"\mathrm", "{", "d", "}"]):
            if over[: len(sign)] == sign and under[: len(sign)] == sign:
                of, by = over[len(sign) :], under[len(sign) :]
                if not of:
                    raise Unclear("a derivative whose function stands beside it")
                return derivative(Parser(of).whole(depth), Parser(by).whole(depth))
        if r"\partial" in over[:1] or not over or not under:
            raise Unclear("a fraction that is not one")
        return binary(Parser(over).whole(depth), ast.Div(), Parser(under).whole(depth))

    def inline_derivative(self, depth: int) -> ast.expr:
        r"""A derivative written in a line, `\partial L / \partial w`, behind its first sign.

        Raises Unclear where it has no denominator.
        """
        of = self.name(depth)
        if self.next() != "/" or self.next() != r"\partial":
            raise Unclear("a derivative without its denominator")
        return derivative(of, self.name(depth))


def derivative(of: ast.expr, by: ast.expr) -> ast.expr:
    """The derivative by a name, as the call D(of, by). Raises Unclear where `by` is more than a name."""
    if not isinstance(by, ast.Name):
        raise Unclear("a derivative by something that is not a name")
    return call(SLOPE, of, by)


def is_matrix(tree: ast.expr) -> bool:
    """Whether what is multiplied from the left looks like a matrix: a letter used for them, or anything transposed."""
    if isinstance(tree, ast.Attribute):
        return True
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.MatMult):
        return True
    return isinstance(tree, ast.Name) and tree.id[:1] in MATRICES and not tree.id[1:].strip("0123456789")


__all__ = ["MAX_TEXT", "Unclear", "is_matrix", "read_formula"]
