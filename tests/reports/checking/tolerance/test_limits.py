"""Truth where the equations have no value, or where it matters which side a tie falls on: what gradients tend to.

What is right is written beside each network by hand: a number, an infinity, or None where nothing is to be expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.tolerance import directions
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.directions import Point, solved
from gradproof.reports.checking.tolerance.kinked import is_kinked, winners
from gradproof.reports.checking.tolerance.limits import Tended, limit_of, tend
from gradproof.reports.checking.tolerance.tolerance import agree, assess
from gradproof.reports.checking.tolerance.truth import certain_truth, first_truth

DTYPES = ("float32", "float64")

LOGADDEXP = "L = sum(maximum(a, b) + log1p(exp(-abs(a - b))))"
MEDIAN = "L = maximum(-maximum(-x, -y), -maximum(-maximum(x, y), 0 * x))"
ATTENTION = "p = softmax(q @ k.T + m_)\nL = sum((p @ v) ** 2)"
Q, K, V = [[1.0, 2.0], [0.5, -0.5]], [[0.1, 0.2], [0.3, -0.4]], [[1.0, 2.0], [3.0, 5.0]]


def at_kink(tended: Tended, name: str) -> Any:
    """True where two assignments have different limits: a real kink, where a convention may choose."""
    known = [~np.isnan(limit[name]) for limit in tended.limits]
    return np.all(known, axis=0) & np.isnan(tended.truth(name)) & bool(known)


def network(statements: str, **inputs: Any) -> Network:
    """The statements at these numbers, any of which may be infinite or NaN; those with names in _ are no parameters."""
    numbers = {name: np.asarray(value, float) for name, value in inputs.items()}
    parameters = [name for name in inputs if not name.endswith("_")]
    finite = {name: np.where(np.isfinite(value), value, 1) for name, value in numbers.items()}
    return build(statements, finite, parameters=parameters).with_inputs(numbers)


def case_of(statements: str, dtype: str, **inputs: Any) -> Case:
    return Case("network", network(statements, **inputs), FRAMEWORKS["torch"], "eager", dtype)


@dataclass(frozen=True)
class Right:
    """A network, and what its gradients should be: None for an entry where nothing is to be expected."""

    statements: str
    inputs: Mapping[str, Any]
    right: Mapping[str, Any]


RIGHT = {
    # The equations have no value, the function does.
    "the square of a norm": Right("L = sqrt(sum(x**2))**2", {"x": [0, 0]}, {"x": [0, 0]}),
    "an inactive triplet": Right(
        "near = sqrt(sum((a - p)**2))\nfar = sqrt(sum((a - n)**2))\nL = relu(near - far + 1)",
        {"a": [1, 2], "p": [1, 2], "n": [4, 6]},
        {"a": [0, 0], "p": [0, 0], "n": [0, 0]},
    ),
    "a root under a rectifier": Right("L = sum(relu(x) * sqrt(abs(x)))", {"x": [0, 0, 0]}, {"x": [0, 0, 0]}),
    "a root of a square that is scaled": Right("L = sum(sqrt(x) * sqrt(x))", {"x": [0, 4]}, {"x": [1, 1]}),
    "a cross-entropy of 0": Right("L = binary_cross_entropy(p, t_)", {"p": [1, 0.5], "t_": [1, 0]}, {"p": [-0.5, 1]}),
    "log of exp of log": Right("L = logsumexp(log(p))", {"p": [0, 0.5]}, {"p": [2, 2]}),
    "sin x / x": Right("L = sin(x) / x", {"x": 0}, {"x": 0}),
    "x ** 0": Right("L = sum(x**0)", {"x": [0, 1]}, {"x": [0, 0]}),
    "x ** 1.5": Right("L = sum(x**1.5)", {"x": [0, 4]}, {"x": [0, 3]}),
    "a product with a zero norm": Right("L = c * sqrt(sum(x**2))", {"x": [0, 0], "c": 0}, {"x": [0, 0], "c": 0}),
    # Infinities.
    "a root": Right("L = sum(sqrt(x))", {"x": [0, 0.25]}, {"x": [inf, 1]}),
    "many roots": Right("L = sum(sqrt(x))", {"x": [0] * 20}, {"x": [inf] * 20}),
    "1 / x": Right("L = 1 / x", {"x": 0}, {"x": -inf}),
    "the power of 0": Right("L = sum(x**0.5)", {"x": [0, 0.25]}, {"x": [inf, 1]}),
    # Nothing is to be expected: every direction has another limit, or none.
    "a norm": Right("L = sqrt(sum(x**2))", {"x": [0, 0]}, {"x": [None, None]}),
    "norms of rows": Right(
        "L = sum(sqrt(sum(x**2, axis=1)))", {"x": [[0, 0], [3, 4]]}, {"x": [[None, None], [0.6, 0.8]]}
    ),
    "a cosine": Right(
        "L = sum(a * b) / (sqrt(sum(a**2)) * sqrt(sum(b**2)))",
        {"a": [0, 0], "b": [1, -1]},
        {"a": [None, None], "b": [None, None]},
    ),
    "a deviation": Right("L = sqrt(var(x))", {"x": [1, 1, 1]}, {"x": [None, None, None]}),
    "the deviation of one": Right("L = sqrt(var(x))", {"x": [3]}, {"x": [None]}),
    "x log x": Right("L = x * log(x)", {"x": 0}, {"x": None}),
    "an entropy": Right("L = -sum(p * log(p))", {"p": [0, 1]}, {"p": [None, -1]}),
    "x / log x": Right("L = x / log(x)", {"x": 0}, {"x": None}),
    "log |x|": Right("L = log(abs(x))", {"x": 0}, {"x": None}),
    "1 / x ** 2": Right("L = 1 / x**2", {"x": 0}, {"x": None}),
    "a cross-entropy": Right("L = binary_cross_entropy(p, t_)", {"p": [1, 0.5], "t_": [0, 0]}, {"p": [inf, 1]}),
    "a quotient": Right("L = a / (a + b)", {"a": 0, "b": 0}, {"a": None, "b": None}),
    "a row that is masked": Right(
        ATTENTION,
        {"q": Q, "k": K, "v": V, "m_": [[0, 0], [-inf, -inf]]},
        {"q": [[0.0, 0.0], [None, None]]},
    ),
    # Ties that a smooth function has.
    "logaddexp": Right(LOGADDEXP, {"a": [1, 2], "b": [1, 2]}, {"a": [0.5, 0.5], "b": [0.5, 0.5]}),
    "x as two rectifiers": Right("L = sum(relu(x) - relu(-x))", {"x": [0, 2]}, {"x": [1, 1]}),
    "x as many rectifiers": Right("L = sum(relu(x) - relu(-x))", {"x": [0] * 300}, {"x": [1] * 300}),
    "the square of |x|": Right("L = abs(x) ** 2", {"x": 0}, {"x": 0}),
    "x relu x": Right("L = x * relu(x)", {"x": 0}, {"x": 0}),
    "a + b as the larger and the smaller": Right(
        "L = maximum(a, b) - maximum(-a, -b)", {"a": 1, "b": 1}, {"a": 1, "b": 1}
    ),
    "logsumexp by its maximum": Right(
        "m = max(x)\nL = m + log(sum(exp(x - m)))", {"x": [1, 1, 1, 1]}, {"x": [0.25, 0.25, 0.25, 0.25]}
    ),
    "a sum by its maximum": Right("L = max(x) - max(-x)", {"x": [2, 2]}, {"x": [1, 1]}),
    "a mean of 2000 by their maximum": Right(
        "m = max(x)\nL = m + log(sum(exp(x - m)))", {"x": [1] * 2048}, {"x": [1 / 2048] * 2048}
    ),
    "a rectifier of a rectifier": Right("L = relu(relu(x)) - relu(-x)", {"x": 0}, {"x": 1}),
}


def expected_of(case: Case) -> dict[str, Any]:
    return {name: np.asarray(x.value) for name, x in first_truth(case).table.items()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RIGHT)
def test_the_limit(name: str, dtype: str) -> None:
    of = RIGHT[name]
    case = case_of(of.statements, dtype, **of.inputs)
    truth = first_truth(case)
    for parameter, right in of.right.items():
        expected = np.asarray(right, float)
        found = truth.table[parameter].value
        if name == "a row that is masked":  # its first row has a gradient of its own
            assert np.isfinite(found[0]).all()
            assert np.isnan(found[1]).all()
        else:
            assert np.array_equal(np.asarray(found, dtype), np.asarray(expected, dtype), equal_nan=True), found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_agrees_and_nothing_else_does(name: str, dtype: str) -> None:
    """NaN is never right; where a number is, another is not; where nothing is expected, a number stays undecided."""
    of = RIGHT[name]
    case = case_of(of.statements, dtype, **of.inputs)
    best = {key: np.asarray(x, dtype) for key, x in expected_of(case).items()}
    filled = {key: np.where(np.isnan(x), 0, x).astype(dtype) for key, x in best.items()}
    undecided = assess(case, filled)
    for key, c in undecided.items():
        assert c.flagged.tolist() == c.where("undecided").tolist() == np.isnan(best[key]).tolist()
    for key in best:
        missing = assess(case, filled | {key: np.full_like(filled[key], np.nan)})[key]
        assert missing.where("nonfinite").all()
        other = np.where(np.isinf(filled[key]), -filled[key], filled[key] * 3 + 7).astype(dtype)
        wrong = assess(case, filled | {key: other})[key]
        assert wrong.flagged.all()
        assert not wrong.where("nonfinite")[np.isfinite(best[key])].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("one_sided", [(1.0, 0.0), (0.0, 1.0)])
def test_a_choice_of_sides_does_not_excuse_a_wrong_gradient_of_a_smooth_function(
    dtype: str, one_sided: tuple[float, float]
) -> None:
    case = case_of(LOGADDEXP, dtype, a=[1.0], b=[1.0])
    a, b = one_sided
    found = assess(case, {"a": np.array([a], dtype), "b": np.array([b], dtype)})
    assert all(c.flagged.all() for c in found.values())


def tied(point: Point) -> dict[int, Any]:
    kinked = [i for i in range(len(point.network.nodes)) if is_kinked(point.network, i)]
    found = winners(point.network, point.read, kinked, point.dtype)
    return {i: mask for i, mask in found.items() if (np.sum(mask, axis=-1) > 1).any()}


def sides(case: Case) -> list[list[Any]]:
    """For each direction that is found, by kinked node where the second candidate is the largest."""
    point = Point(case.network, case.dtype, case.network.parameters)
    ties = tied(point)
    found = [winners(case.network, point.scouted(way), ties, case.dtype) for way in directions.directions(point, ties)]
    return [[mask[..., 1].ravel() for mask in each.values()] for each in found]


@pytest.mark.parametrize("seed", range(20))
def test_a_median_is_a_kink_in_every_seed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two directions call it smooth in 38 of 100 draws."""
    generator = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda _: generator(seed))
    case = case_of(MEDIAN, "float64", x=0.0, y=0.0)
    tended = certain_truth(case, first_truth(case)).tended
    assert tended is not None
    assert at_kink(tended, "x")
    assert at_kink(tended, "y")


def test_every_assignment_of_sides_that_can_be_had_is_found() -> None:
    """Three lines through a point of the plane have six sectors between them, not eight."""
    found = sides(case_of(MEDIAN, "float64", x=0.0, y=0.0))
    assert len(found) == len({tuple(map(tuple, each)) for each in found}) == 6


def test_all_assignments_of_independent_ties_are_found() -> None:
    found = sides(case_of("L = sum(relu(x) * c)", "float64", x=[0.0, 0.0, 0.0], c=[1.0, 2.0, 4.0]))
    assert {tuple(right) for (right,) in found} == set(product((False, True), repeat=3))


def test_directions_keep_to_the_domain() -> None:
    case = case_of("L = sum(sqrt(x) * sqrt(1 - x - y))", "float64", x=[0.0, 0.0, 1.0], y=[0.5, 1.0, 0.0])
    point = Point(case.network, case.dtype, case.network.parameters)
    found = list(directions.directions(point, {}))
    assert found
    for way in found:
        assert np.isfinite(point.scouted(way)[-1])


def test_a_program_finds_what_chance_does_not() -> None:
    """A cone of one part in 10^4: between x and x (1 + 1e-4) y."""
    rows = [(np.array([1.0, -1.0]), 1.0), (np.array([-1.0, 1.0 + 1e-4]), 1.0)]
    found = solved(rows, np.random.default_rng(0))
    assert all(row @ found > 0 for row, _ in rows)
    assert solved([(np.array([1.0, 2.0]), 1.0), (np.array([1.0, 2.0]), -1.0)], np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("power", "limit"), [(0.5, 0.0), (1.0, 0.0), (0.25, nan), (-0.5, inf), (-1.0, inf), (-0.25, nan), (0.0, 1.0)]
)
def test_what_is_taken_for_a_limit(power: float, limit: float) -> None:
    """Powers of the distance are, from the root on; what goes as its logarithm is not."""
    from gradproof.reference.readings.balls import flint

    arb = flint().arb
    seen = [np.array([arb(2) ** (-distance * arb(power))], object) for distance in (60, 120, 240)]
    found = limit_of(seen, np.array([2.0**-30]), "float64")
    assert np.array_equal(found, [limit], equal_nan=True)
    slow = [np.array([arb(distance) * k for k in (1, -1)], object) for distance in (60, 120, 240)]
    assert np.isnan(limit_of(slow, np.array([1.0, 1.0]), "float64")).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_of_infinity_stay_and_hide_nothing(dtype: str) -> None:
    inputs = {"q": Q, "k": [*K, [1, 2]], "v": [*V, [7, 1]], "m_": [[0.0, -inf, 0.0], [0.0, 0.0, -inf]]}
    case = case_of(ATTENTION, dtype, **inputs)
    truth = first_truth(case)
    assert truth.rests_on == "wide"
    right = {name: np.asarray(x.value, dtype) for name, x in truth.table.items()}
    found = assess(case, right)
    assert all(c.agrees for c in found.values())
    assert sum(c.blind for c in found.values()) == 0
    for name in right:
        assert not assess(case, right | {name: right[name] * np.asarray(1.001, dtype)})[name].agrees


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_hangs_on_a_nan_is_not_judged_and_all_else_is(dtype: str) -> None:
    case = case_of("L = sum(relu(x) * c)", dtype, x=[nan, 1.0, -1.0], c=[2.0, 3.0, 4.0])
    for number in (nan, 0.0, 2.0):
        got = {"x": np.array([number, 3, 0], dtype), "c": np.array([number, 1, 0], dtype)}
        found = assess(case, got)
        assert all(c.agrees for c in found.values())
        assert [int(np.sum(c.unjudged)) for c in found.values()] == [1, 1]
        assert not assess(case, got | {"x": np.array([number, 3, 1], dtype)})["x"].agrees
    judged = assess(case_of("L = sum(x * c_)", dtype, x=[nan, 1.0], c_=[2.0, 3.0]), {"x": np.array([5, 3], dtype)})
    assert judged["x"].flagged.tolist() == [True, False]  # d(x c)/dx = c, whatever x is


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_comparison_with_nan_leaves_both_sides_unjudged(dtype: str) -> None:
    """NaN is neither larger nor smaller, nor equal to another: of a tie with it nothing is to be expected."""
    case = case_of("L = sum(maximum(a, b))", dtype, a=[inf, nan, nan, 2.0], b=[nan, 1.0, nan, 1.0])
    for wins in (0.0, 1.0):
        found = assess(case, {"a": np.array([wins, wins, wins, 1], dtype), "b": np.array([1, 1, 1, 0], dtype) - wins})
        assert [c.unjudged.tolist() for c in found.values()] == [[True, True, True, False]] * 2
        assert [c.flagged[-1] for c in found.values()] == [False, bool(wins)]


def test_a_kink_that_two_directions_show_costs_no_balls() -> None:
    case = case_of("L = sum(relu(x) * c)", "float32", x=[0.0, 1.0], c=[1.0, 2.0])
    truth = first_truth(case)
    assert (truth.rests_on, truth.tended) == ("wide", None)
    tended = certain_truth(case, truth).tended
    assert tended is not None
    assert at_kink(tended, "x").tolist() == [True, False]


def test_a_comparison_with_nan_is_not_judged_beside_a_tie_either() -> None:
    """At the tie sides are tried out, and NaN is on none."""
    network = build("L = sum(maximum(a, b))", {"a": [1.0] * 3, "b": [1.0] * 3})
    network = network.with_inputs({"a": np.array([inf, inf, nan]), "b": np.array([inf, nan, nan])})
    (result,) = check({"maximum": network}, frameworks="torch", dtypes="float32").results
    assert result.verdict in ("agrees", "convention")


def test_ties_that_nothing_comes_back_to_do_not_matter() -> None:
    truth = first_truth(case_of("L = sum(relu(x) * c_)", "float32", x=[0.0, 1.0], c_=[0.0, 2.0]))
    assert (truth.rests_on, truth.tended) == ("wide", None)


@pytest.mark.parametrize("dtype", DTYPES)
def test_padding_and_biases_of_0_are_kinks_whatever_is_drawn(dtype: str) -> None:
    """Two rectified layers, a quarter of the rows 0: chance may see one of many ties on one side only."""
    draw = np.random.default_rng(1)
    inputs = {"x": draw.normal(size=(16, 32)), "W": draw.normal(size=(32, 32)), "V": draw.normal(size=(32, 32))}
    inputs["x"][:4] = 0
    inputs |= {"b": np.zeros(32), "d": np.zeros(32), "t": draw.normal(size=(16, 32))}
    layers = "a = relu(x @ W + b)\nc = relu(a @ V + d)\nL = mean(square(c - t))"
    network = build(layers, inputs, parameters=["W", "b", "V", "d"])
    case = Case("padded", network, FRAMEWORKS["torch"], "eager", dtype)
    first = first_truth(case)
    assert (first.rests_on, first.tended) == ("wide", None)
    known = {name: np.asarray(x.value, dtype) for name, x in case.table().items()}
    certain = certain_truth(case, first)
    assert certain.tended is not None
    assert certain.rests_on == "certified"
    assert agree(compare(known, certain.table))


def test_a_side_that_was_never_seen_claims_nothing() -> None:
    """Of 300 ties in two ways a few are seen on one side only: where that is so, nothing is said of any."""
    network = build("L = sum(relu(x) + relu(y))", {"x": np.zeros(200), "y": np.zeros(200)})
    case = Case("many", network, FRAMEWORKS["torch"], "eager", "float64")
    point = Point(case.network, case.dtype, case.network.parameters)
    known = {name: np.zeros(200) for name in ("x", "y")}
    assert not np.isfinite(tend(case, known, tied(point), most=1).truth("x")).any()
    assert at_kink(tend(case, known, tied(point), most=16), "x").all()
