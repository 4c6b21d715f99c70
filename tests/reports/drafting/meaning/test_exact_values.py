"""Two values of a document are one where they are the same number, not where they are close."""

import pytest

from gradproof.reports.drafting.meaning.exact_values import evaluate, number, same

ONE = [
    ("1 - sigmoid(x)", "sigmoid(-x)"),  # of 16, a float keeps nine digits of the first
    ("a * b - c", "-0.095"),  # as decimals; as binary numbers they are 1e-17 apart
    ("(a + b)**2 - a**2 - 2*a*b", "b**2"),
    ("log(exp(c))", "c"),
]
TWO = [
    ("a", "a + 1e-13"),  # less than 2^-40 apart
    ("(1 + 1e-7) * c", "c"),
    ("x * x", "255.99999999"),
]
OPERANDS = {"x": number(16.0), "a": number(0.05), "b": number(0.1), "c": number(0.1)}


@pytest.mark.parametrize(("left", "right"), ONE)
def test_one_number(left: str, right: str) -> None:
    """However much cancels on the way, and whatever floats make of the decimals."""
    assert same(evaluate(left, OPERANDS), evaluate(right, OPERANDS))


@pytest.mark.parametrize(("left", "right"), TWO)
def test_two_numbers(left: str, right: str) -> None:
    """However close they are."""
    assert not same(evaluate(left, OPERANDS), evaluate(right, OPERANDS))


@pytest.mark.parametrize("expression", ["1 / (b - c)", "log(b - 1)", "exp(exp(x))", "x @ a", "x +", "f(x)"])
def test_no_value(expression: str) -> None:
    """Nothing is the same as what has no value, or one beyond floats."""
    assert evaluate(expression, OPERANDS) is None
    assert not same(None, None)


def test_shapes() -> None:
    """Values of two shapes are two values."""
    assert not same(number([1.0, 2.0]), number([[1.0, 2.0]]))
    assert same(number([[1.0], [0.5]]), number([[1], [0.50]]))
