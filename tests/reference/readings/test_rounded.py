"""The rounding model: its formulas, what it takes as exact, and that honest programs keep within it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.lessons import lessons
from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.operations.error_function import erf
from gradproof.reference.random_networks import member
from gradproof.reference.readings.plain import value
from gradproof.reference.readings.rounded import OF_TWO, Rounded, rounded
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance.comparison import compare

U = 2.0**-24
ETA = 2.0**-150
KIND: type[Rounded] = type(rounded("float32").lift(0))


def carry(value: Any, variance: Any = 0.0) -> Any:
    value = np.asarray(value, float)
    return KIND(value, np.broadcast_to(np.asarray(variance, float), value.shape))


def own(v: float, factor: float = 1.0) -> float:
    return (factor * U * v) ** 2 / 3 + ETA**2 / 3


A, B, QA, QB = 1.1, 2.7, 1e-14, 3e-14


@pytest.mark.parametrize(
    ("result", "variance"),
    [
        (carry(A, QA) + carry(B, QB), QA + QB + own(A + B)),
        (carry(A, QA) - carry(B, QB), QA + QB + own(A - B)),
        (carry(A, QA) * carry(B, QB), A * A * QB + B * B * QA + OF_TWO * QA * QB + own(A * B)),
        (carry(A, QA) / carry(B, QB), QA / (B * B) + QB * (A / B / B) ** 2 + own(A / B)),
        (np.square(carry(A, QA)), 4 * (A * A) * QA + (4 * OF_TWO * QA * QA + own(A * A))),
        (np.negative(carry(A, QA)), QA),
        (np.exp(carry(A, QA)), np.exp(A) ** 2 * QA + own(np.exp(A))),
        (sigmoid(carry(A, QA)), float(sigmoid(A) * sigmoid(-A)) ** 2 * QA + own(float(sigmoid(A)))),
    ],
)
def test_one_operation(result: Rounded, variance: float) -> None:
    assert float(result.variance) == variance


def test_a_kernel_has_the_accuracy_of_its_framework() -> None:
    kind = type(rounded("float32", {"exp": 5.5}).lift(0))
    x = kind(np.array(A), np.array(0.0))
    assert float(np.exp(x).variance) == own(np.exp(A), 5.5)


def test_sum_is_a_random_walk() -> None:
    v = np.array([1.0, -2.0, 4.0, 0.5])
    expected = 4 * QA + U**2 / 3 * (4 / 2 * (v @ v) + 4 / 3 * v.sum() ** 2) + 4 * ETA**2 / 3
    assert float(np.sum(carry(v, QA)).variance) == expected


def test_matrix_product() -> None:
    """Numbers with few bits, so that both sides are computed without rounding but for the last additions."""
    a, b, qa, qb = np.array([[1.5, 2.5, 3.5]]), np.array([[1.25], [0.5], [2.25]]), 2.0**-40, 2.0**-42
    got = (carry(a, qa) @ carry(b, qb)).variance
    p, v = (a * a) @ (b * b), a @ b
    own = U**2 / 3 * p + (U**2 / 3 * (3 / 2 * p + 3 / 3 * (v * v)) + 3 * ETA**2 / 3) + 3 * ETA**2 / 3
    assert got == (a * a).sum() * qb + qa * (b * b + OF_TWO * qb).sum() + own


EXACT = {
    "adding zero": carry(A) + 0,
    "a sum that float32 holds": carry(1.5) + carry(2.25),
    "a product with a power of two": carry(A, QA) * 4,
    "a product that float32 holds": carry(3.0) * carry(5.0),
    "a product with zero": carry(A, QA) * 0,
    "a quotient by a power of two": carry(A, QA) / 8,
    "a square that float32 holds": np.square(carry(3.0)),
    "a sum of one term and zeros": np.sum(carry([0.0, A, 0.0])),
    "a product of one-hot rows with whole numbers that are exact": np.where(np.array([True]), carry([A]), 0),
}


@pytest.mark.parametrize("case", EXACT)
def test_exact_results_add_nothing(case: str) -> None:
    inherited = {"a product with a power of two": 16 * QA, "a quotient by a power of two": QA / 64}
    assert np.all(EXACT[case].variance == inherited.get(case, 0))


def test_inexact_results_do_add() -> None:
    for x in (carry(A) + carry(B), carry(6.0) / carry(3.0), carry(0.1) * carry(3.0), carry(1.0) + carry(2.0**-30)):
        assert float(x.variance) > 0


def test_underflow_costs_what_is_lost() -> None:
    flushing = type(rounded("float32", flushes=True).lift(0))
    x = flushing(np.array(1e-30), np.array(0.0))
    assert float((x * x).variance) >= float(np.finfo(np.float32).smallest_normal) ** 2 / 3


INDEPENDENT = ("ordinary", "small weights", "powers of two", "one-hot inputs")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_itself_agrees_where_errors_are_independent(dtype: str) -> None:
    networks = [load(path) for path in lessons().values()] + [
        member(family, 5, i) for family in INDEPENDENT for i in range(50)
    ]
    flagged = []
    for network in networks:
        found = compare(gradients(network, value(dtype)), gradients(network, rounded(dtype)))
        flagged += [(network.title, name, c.largest) for name, c in found.items() if not c.agrees]
    assert flagged == []


def test_the_float32_run_of_the_worked_example_is_explained() -> None:
    """002_bbaf01ac7e86d9bc.txt, "Algorithmic calculation using an autodiff system": six per cent off, and right.

    PyTorch prints -5.6607e-08 where float64 gives -5.34381483665323e-08: sigmoid(16) is next to 1 in float32, and
    nothing is left of it in y (1 - y), which PyTorch computes.
    """
    network = load(lessons()["reference/lessons/worked_example_scalars.toml"])
    stable = gradients(network, rounded("float32"), ["w11"])["w11"]
    assert math.sqrt(float(stable.variance)) / abs(float(stable.value)) < 2**-20, "sigmoid(16) sigmoid(-16) has digits"
    nodes = (replace(n, algorithm="sigmoid': y (1 - y)") if n.operation == "sigmoid" else n for n in network.nodes)
    w11 = gradients(replace(network, nodes=tuple(nodes)), rounded("float32"), ["w11"])["w11"]
    assert f"{float(w11.value):.8e}" == "-5.34381484e-08"
    z = abs(-5.6607e-08 - float(w11.value)) / math.sqrt(float(w11.variance))
    assert z < 1, "an error of six per cent is less than one standard deviation"
    relative = math.sqrt(float(w11.variance)) / abs(float(w11.value))
    assert 0.1 < relative < 0.5, "sigma is tens of per cent of the gradient: float32 cannot resolve it better"


def test_erf_is_as_good_as_its_dtype() -> None:
    x = np.linspace(-7, 7, 1001)
    reference = np.array([math.erf(v) for v in x])
    for computed in (erf(x), erf(x.astype(np.longdouble)).astype(float)):
        assert np.max(np.abs(computed - reference) / np.spacing(np.abs(reference) + (reference == 0))) <= 1


def test_lambda_sigma_bounds_a_product_of_errors() -> None:
    """Errors alone, of nothing: their product has a tail that is heavier than each has, and so has a square.

    A product of six that has the variance of the product of six would be flagged every hundredth time.
    """
    limit, u = math.sqrt(4 * OF_TWO), 1e-8
    zero = carry(np.zeros(()), u * u)
    sigma = zero
    draws = np.random.default_rng(0).standard_normal((6, 200_000)) * u
    error = draws[0]
    for each in draws[1:]:
        sigma, error = sigma * carry(np.zeros(()), u * u), error * each
        assert np.max(np.abs(error)) < limit * np.sqrt(sigma.variance)
    squares = carry(np.zeros(()), u * u)
    for square, power in ((np.square(squares), 2), (np.square(np.square(squares)), 4)):
        assert np.max(np.abs(draws[0] ** power)) < limit * np.sqrt(square.variance)
    assert np.mean(np.abs(error) > limit * u**6) > 1e-3
