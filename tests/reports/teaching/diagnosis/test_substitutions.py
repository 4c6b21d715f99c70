"""Wrong formulas that are right but for a name."""

import pytest

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.statuses import Diagnosis
from tests.reports.teaching.test_judging import judge


def said(quantity: str, formula: str, of: Network | None = None) -> Diagnosis | None:
    (found,) = judge({"quantity": quantity, "formula": formula}, of=of)
    assert found.status == "wrong"
    return found.diagnosis


@pytest.mark.parametrize(
    ("quantity", "formula", "mistake", "explanation"),
    [
        ("w2_new", "w1 - 0.05*dL/dw2", "another quantity", "w1 stands where w2 should."),
        ("a1", "sigmoid(z2)", "another quantity", "z2 stands where z1 should."),
        ("da1/dz2", "a1*(1 - a1)", "another quantity", "This is da1/dz1, not da1/dz2."),
        ("dz1/db1", "x", "another quantity", "This is dz1/dw1, not dz1/db1."),
        ("dL/dw1", "dL/dz2*dz1/dw2*dz2/dz1", "another quantity", "dz1/dw2 stands where dz1/dw1 should."),
        ("dz1/db1", "0", "gradient cut off", "The derivative is not 0: z1 depends on b1."),
        ("dz2/da1", "w2 - w2", "gradient cut off", "The derivative is not 0: z2 depends on a1."),
    ],
)
def test_a_wrong_name_is_found(quantity: str, formula: str, mistake: str, explanation: str) -> None:
    diagnosis = said(quantity, formula)
    assert diagnosis is not None
    assert diagnosis.mistake == mistake, diagnosis
    assert diagnosis.explanation == explanation


@pytest.mark.parametrize(
    ("statements", "quantity", "formula", "wrong", "right"),
    [
        (
            "p = v*a\nq = w*a\ns = p**2\nt = q**2\nL = s + 3*t",
            *("dL/da", "dp/da*ds/dp*dL/dp + dq/da*dt/dq*dL/dq"),
            *("dL/dp and dL/dq", "dL/ds and dL/dt"),
        ),
        (
            "z = V @ W\ng = z**3\nL = sum(g)",
            *("dL/dV[0]", "dz[0]/dV[0]*dg[0]/dz[0]*dL/dz[0] + dz[1]/dV[0]*dg[1]/dz[1]*dL/dz[1]"),
            *("dL/dz[0] and dL/dz[1]", "dL/dg[0] and dL/dg[1]"),
        ),
    ],
)
def test_the_same_wrong_name_in_both_terms_of_a_sum_over_paths(
    statements: str, quantity: str, formula: str, wrong: str, right: str
) -> None:
    numbers = {"a": 0.5, "v": 1.5, "w": -0.7, "V": [0.5, 2.0], "W": [[1.0, 2.0], [3.0, 4.0]]}
    used = {name: number for name, number in numbers.items() if name in statements}
    diagnosis = said(quantity, formula, build(statements, used))
    assert diagnosis is not None
    assert diagnosis.explanation == f"{wrong} stand where {right} should."


def test_a_formula_that_is_another_quantity_by_its_name_alone_is_not_explained() -> None:
    """That a1 stands where z2 should is what the counterexample says already."""
    diagnosis = said("z2", "y")
    assert diagnosis is None or diagnosis.mistake != "another quantity"


def test_a_formula_with_two_slips_is_not_explained() -> None:
    assert said("dL/dw2", "(a1 - y)*a2*(1 - a2)*w1*7") is None
