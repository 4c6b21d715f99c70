"""Wrong formulas: what is said of them, and which formula was meant."""

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.statuses import ClaimResult
from tests.reports.teaching.worked import judged_lesson

NETWORK = build(
    """
    z1 = W1 @ x + b1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = sigmoid(z2)
    L1 = sum((a2 - y)**2)/2
    L2 = sum(a1*a1)
    L3 = sum(x)
    C = mean(stack(L1, L2, L3))
    D = -sum(log(a2)*y) + sum(log(x))
    """,
    {
        "x": [0.5, 1.0, 2.0],
        "W1": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.2, 0.1, 0.3], [0.3, -0.1, 0.2]],
        "b1": [0.1, 0.2, 0.3, 0.4],
        "W2": [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]],
        "b2": [0.1, 0.2],
        "y": [0.25, 0.5],
    },
    loss="L1",
)


def judged(quantity: str, formula: str, network: Network = NETWORK) -> ClaimResult:
    (result,) = judged_lesson(Lesson(network, (Claim(quantity=quantity, formula=formula),)))
    return result


@pytest.mark.parametrize(
    ("quantity", "formula", "mistake", "corrected"),
    [
        ("dL1/dW2", "dL1/dz2.T @ a1", "transposed", "outer(dL1/dz2, a1)"),
        ("dL1/dW2", "outer(a1, dL1/dz2)", "transposed", "outer(dL1/dz2, a1)"),
        ("dL1/da1", "W2 @ dL1/dz2", "transposed", "W2.T @ dL1/dz2"),
        ("dL1/da1", "0.5*W2 @ dL1/dz2*2", "transposed", "(0.5 * W2).T @ dL1/dz2 * 2"),
        ("z1[3]", "W1[3,0]*x[0] + W1[3,1]*x[1] + W1[3,2]*x[2] + W1[3,3]*x[3] + b1[3]", "term too many", None),
        ("dL1/dz2", "dL1/da2*a1*(1 - a1)", "another quantity", "dL1/da2*a2*(1 - a2)"),
        ("dL1/dz2", "dL1/da1*a2*(1 - a2)", "another quantity", "dL1/da2*a2*(1 - a2)"),
        ("dL1/dW1", "outer(dL1/dz2, a1)", "another quantity", None),
        ("C", "L1 + L2 + L3", "sum for mean", None),
        ("dL1/dz2[1]", "dL1/da2[1]", "activation's derivative left out", None),
        ("dD/dx", "1/a1", None, None),
        ("dD/dz2", "-y*(1 - a2) + 1", "term too many", "-y * (1 - a2)"),
    ],
)
def test_wrong_formulas(quantity: str, formula: str, mistake: str | None, corrected: str | None) -> None:
    result = judged(quantity, formula)
    assert result.status == "wrong"
    assert (result.diagnosis and result.diagnosis.mistake) == mistake
    if corrected:
        assert result.corrected == corrected
        assert judged(quantity, corrected).status == "ok"


def test_what_a_formula_is_written_in_terms_of_is_taken_to_be_right() -> None:
    """Half left out in L1 would give this cost too, but then L1 itself would be another number."""
    two = build(
        "L1 = half_squared_error(a, y)\nL2 = half_squared_error(b, y)\nC = mean(stack(L1, L2))",
        {"a": [1.0, 2.0], "b": [3.0, 5.0], "y": [0.5, 0.25]},
    )
    found = judged("C", "L1 + L2", two)
    assert found.diagnosis is not None
    assert found.diagnosis.mistake == "sum for mean"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("W2.T @ a1", "the formula has no value: matmul does not fit operands of shape (4, 2) and (4,)"),
        ("a1[4]*W2[0]", "the formula has no value: index does not fit operands of shape (4,)"),
        ("dL1[0]/da1", "the formula has no value: the index of L1 does not fit its shape ()"),
        ("z1", "the formula has shape (4,), z2 has shape (2,)"),
    ],
)
def test_a_formula_that_does_not_fit_is_wrong(formula: str, message: str) -> None:
    result = judged("z2", formula)
    assert result.status == "wrong"
    assert result.message.startswith(message)


@pytest.mark.parametrize("formula", ["W3 @ a1", "W2 @", "z2 z2", "da3/dW2", "foo(a1)"])
def test_a_formula_that_cannot_be_read_stops(formula: str) -> None:
    with pytest.raises(GradproofError, match="claim 1 "):
        judged("z2", formula)


def test_a_counterexample_names_the_inputs_that_matter() -> None:
    message = judged("z1[0]", "W1[0] @ x").message
    assert all(f"{name} = " in message for name in ("x", "W1", "b1"))
    assert not any(f" {name} = " in message for name in ("W2", "b2", "y"))


def test_a_formula_may_have_no_value_at_some_points() -> None:
    """Logarithms of negative numbers: points where they have none are passed over."""
    result = judged("dD/dx[0]", "W1[0,0]*dD/dz1[0] + W1[1,0]*dD/dz1[1] + W1[2,0]*dD/dz1[2] + W1[3,0]*dD/dz1[3]")
    assert result.status == "wrong"
