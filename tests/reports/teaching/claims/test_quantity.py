"""Quantities: which atoms an expression has, what they are worth, and what is refused."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reports.teaching.claims.evaluation import Evaluation, Pins
from gradproof.reports.teaching.claims.quantity import Slope, Value, atom_text, read_quantity


def network(statements: str = "h = W @ x\ny = tanh(h)\nL = sum((y - t)**2)", **inputs: Any) -> Network:
    given = {"W": [[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]], "x": [0.5, 1.0], "t": [0.0, 1.0, -1.0]}
    return build(statements, {**given, **inputs}, parameters=["W", "x"], learning_rate=0.1)


def worth(text: str, of: Network | None = None, pins: Pins | None = None) -> Any:
    of = of or network()
    return Evaluation(of, value("float64"), pins).quantity(read_quantity(text, of))


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("y", Value("y")),
        ("W_new", Value("W", 1)),
        ("after:W", Value("W", 1)),
        ("after[1]:W", Value("W", 1)),
        ("after[200]:L", Value("L", 200)),
        ("after[0]:W", Value("W")),
        ("dL/dW", Slope("L", "W")),
        ("∂L/∂W", Slope("L", "W")),
        ("dL / dW", Slope("L", "W")),
        ("dy[1]/dx[0]", Slope("y", "x", (1,), (0,))),
    ],
)
def test_atoms_are_recognised(text: str, atom: Value | Slope) -> None:
    quantity = read_quantity(text, network())
    assert quantity.atom == atom
    assert read_quantity(atom_text(atom), network()).atom == atom


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("dy/dx", (3, 2)),
        ("dy[1]/dx", (2,)),
        ("dL/dW[0,1]", ()),
        ("dy/dW", (3, 3, 2)),
        ("W_new[0,1]", ()),
        ("W.T @ y", (2,)),
    ],
)
def test_a_derivative_has_the_shape_of_the_one_followed_by_the_other(text: str, shape: tuple[int, ...]) -> None:
    assert read_quantity(text, network()).shape == shape
    assert np.shape(worth(text)) == shape


def test_values_are_those_of_a_direct_computation() -> None:
    n = network()
    W, x, t = (n.inputs[name] for name in ("W", "x", "t"))
    y = np.tanh(W @ x)
    back = 2 * (y - t) * (1 - y**2)
    np.testing.assert_array_equal(worth("dL/dW").round(12), np.outer(back, x).round(12))
    np.testing.assert_array_equal(worth("dy/dx").round(12), ((1 - y**2)[:, None] * W).round(12))
    np.testing.assert_array_equal(worth("dy[2]/dx[0]").round(12), ((1 - y[2] ** 2) * W[2, 0]).round(12))
    np.testing.assert_array_equal(worth("W - 0.1*dL/dW"), worth("W_new"))
    np.testing.assert_array_equal(worth("dx/dy"), np.zeros((2, 3)))


def test_an_update_takes_all_gradients_first_and_training_repeats_it() -> None:
    n = network()
    one = n.with_inputs({"W": worth("W_new"), "x": worth("x_new")})
    np.testing.assert_array_equal(worth("after:L"), worth("L", one))
    np.testing.assert_array_equal(worth("after[2]:W"), worth("W_new", one))


def test_lr_times_a_derivative_is_a_product() -> None:
    n = network("h = W @ x\nL = sum(h**2) * lr", lr=0.5)
    np.testing.assert_array_equal(worth("lr*dL/dx", n), 0.5 * worth("dL/dx", n))


def test_a_name_with_two_meanings_is_refused_and_real_names_divide() -> None:
    both = network("dL = sum(W @ x)\ndW = sum(x)\nL = dL * dW")
    with pytest.raises(GradproofError, match="two meanings"):
        read_quantity("dL/dW", both)
    division = network("dq = sum(W @ x)\ndr = sum(x)\nL = dq * dr")
    assert float(worth("dq/dr", division)) == float(worth("dq", division)) / 1.5
    clash = network("W_new = W * 2\nL = sum(W_new @ x)")
    with pytest.raises(GradproofError, match="rename"):
        read_quantity("W_new", clash)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "q",
            "dL/dq",
            "dq/dW",
            "y[7]",
            "dL/dW[9,9]",
            "dy[9]/dx",
            "after:q",
            "after[-1]:W",
            "after[99999999]:W",
        ),
        *("import os", "y; x", "y = x", "__import__('os')", "y if x else t", "lambda: 0", "y\nx", "# y", "dL/dW[i,j]"),
        *("(" * 500, "y + " * 9000 + "y", "dy/dx" * 50, "open('f')", "y.shape", "after[2]", "d/d", "1e999"),
    ],
)
def test_what_is_no_quantity_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(GradproofError) as problem:
        read_quantity(text, network())
    assert "\n" not in str(problem.value)
    assert len(str(problem.value)) < 500


def test_pinned_numbers_are_carried_on() -> None:
    """In a chain of scalars every kind of printed number changes what comes after it, and nothing before."""
    n = build("a = w*x\nb = a**2\nL = b/2", {"w": 3.0, "x": 2.0}, parameters=["w"], learning_rate=0.5)
    printed = Pins().with_entry(Value("b"), (), (), 30.0)
    assert [float(worth(t, n, printed)) for t in ("a", "b", "L", "dL/dw")] == [6, 30, 15, 12]
    printed = Pins().with_entry(Value("a"), (), (), 5.0)
    assert [float(worth(t, n, printed)) for t in ("a", "b", "L", "dL/dw")] == [5, 25, 12.5, 10]
    printed = Pins().with_entry(Slope("L", "a"), (), (), 7.0)
    assert [float(worth(t, n, printed)) for t in ("L", "dL/da", "dL/dw", "w_new")] == [18, 7, 14, -4]
    printed = Pins().with_entry(Slope("b", "a"), (), (), 10.0)
    assert [float(worth(t, n, printed)) for t in ("db/da", "dL/da", "dL/dw")] == [10, 5, 10]
    printed = Pins().with_entry(Value("w", 1), (), (), 1.0)
    assert [float(worth(t, n, printed)) for t in ("w", "w_new", "after:L", "dL/dw")] == [3, 1, 2, 12]


def test_an_entry_is_pinned_alone() -> None:
    printed = Pins().with_entry(Value("y"), (1,), (3,), 0.5)
    plain = worth("y")
    assert worth("y", pins=printed).tolist() == [plain[0], 0.5, plain[2]]
