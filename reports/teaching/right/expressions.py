"""The arithmetic printed beside a number: what it gives, and what its numbers stand for."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.reference.network import LITERAL, Network
from gradproof.reports.teaching.claims.quantity import Quantity, read_quantity
from gradproof.reports.teaching.right.fitting import Exact, as_float, exact, flat
from gradproof.reports.teaching.right.right import Asked

EXACTLY: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
    "identity": operator.pos,
}

MAX_POWER = 64
"""Powers beyond it are not taken: as exact numbers they take more memory than they say."""

SIGNS = {"×": "*", "·": "*", "⋅": "*", "∗": "*", "−": "-", "–": "-", "^": "**", "÷": "/", r"\times": "*", r"\cdot": "*"}
"""How arithmetic is printed, and what the statement language writes."""


def read_expression(text: str, network: Network) -> Quantity:
    """The arithmetic as a quantity of `network`, its text as printed.

    Raises GradproofError, one line that begins with the text, for what `read_quantity` refuses.
    """
    bare = text
    for printed, written in SIGNS.items():
        bare = bare.replace(printed, written)
    return replace(read_quantity(bare, network), text=text)


def value(expression: Quantity, asked: Asked) -> list[Exact]:
    """What the arithmetic gives, entry by entry: exactly, where it is arithmetic of numbers alone.

    With names in it, they have their values at the claim's numbers, in long doubles.
    """
    numbers = literals(expression)
    result = compute(expression, numbers) if not expression.atoms else None
    if result is not None:
        return [result]
    return flat(asked.plain.quantity(expression))


def literals(expression: Quantity) -> dict[int, Fraction]:
    """The numbers written in the arithmetic, by the index of their node, as decimals: 0.1 means a tenth."""
    return {
        i: Fraction(repr(node.attributes["value"]))
        for i, node in enumerate(expression.nodes)
        if node.operation == LITERAL
    }


def compute(expression: Quantity, numbers: Mapping[int, Exact]) -> Exact | None:
    """The arithmetic with these numbers for its literals, in fractions; None where it is more than arithmetic.

    `numbers` are by the index of their node. Powers and functions are computed in floats, the rest exactly. It is None
    as well for a division by zero and for names whose values are not given.
    """
    found: dict[int, Any] = dict(numbers)
    for i, node in enumerate(expression.nodes):
        if i in found:
            continue
        operands = [found.get(k) for k in node.operands]
        if any(x is None for x in operands):
            return None
        try:
            if node.operation == "power" and abs(node.attributes["exponent"]) <= MAX_POWER:
                found[i] = operands[0] ** node.attributes["exponent"]
                found[i] = found[i] if isinstance(found[i], Fraction) else exact(np.float64(found[i]))
            elif node.operation in EXACTLY:
                found[i] = EXACTLY[node.operation](*operands)
            elif node.operation in ("exp", "log", "sqrt", "tanh"):
                with np.errstate(all="ignore"):
                    found[i] = exact(getattr(np, node.operation)(np.longdouble(as_float(operands[0] or 0))))
            else:
                return None
        except (ZeroDivisionError, OverflowError):
            return None
    result = found[len(expression.nodes) - 1]
    return result if isinstance(result, Fraction | float) else None
