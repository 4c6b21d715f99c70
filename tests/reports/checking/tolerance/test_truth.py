"""Certified truth: a ball is looked at, not only its middle."""

from fractions import Fraction

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.readings.balls import MIDDLE, Balls, certified, flint
from gradproof.reports.checking.tolerance import truth as truth_module
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.certifying import CERTIFIED_SECONDS, exact_ties, seconds
from gradproof.reports.checking.tolerance.tolerance import assess
from gradproof.reports.checking.tolerance.truth import certain_truth, first_truth


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_slope_that_cancels_to_nothing_is_nothing(dtype: str) -> None:
    """expm1' at -4988429 is y + 1 with y = -1 to more bits than any ball begins with."""
    inputs = {"x": [-4988429.0, 4988429.0], "c": [0.453, -0.019]}
    network = build("y = expm1(x)\nL = sum(y * c)", inputs, parameters=["x"])
    case = Case("network", network, FRAMEWORKS["torch"], "eager", dtype)
    with np.errstate(all="ignore"):
        assert assess(case, {"x": np.array([0, -np.inf], dtype)})["x"].agrees
        smallest = np.finfo(dtype).smallest_normal
        assert not assess(case, {"x": np.array([smallest * 8, -np.inf], dtype)})["x"].agrees


def test_a_tie_of_the_wider_dtype_alone_is_none() -> None:
    """x - 0.8 and x - 1.4 are one number far from 0, where the function has but one side."""
    for x in (1e37, 2.0):
        network = build("L = maximum(x - a, x - b)", {"x": x, "a": 0.8, "b": 1.4})
        case = Case("network", network, FRAMEWORKS["torch"], "eager", "float64")
        assert not exact_ties(case, {network.index("L"): np.ones(2, bool)})
        assert [float(g.value) for g in certain_truth(case, first_truth(case)).table.values()] == [1, -1, 0]
    network = build("L = maximum(x - a, x - b)", {"x": 1e37, "a": 0.8, "b": 0.8})
    case = Case("network", network, FRAMEWORKS["torch"], "eager", "float64")
    assert exact_ties(case, first_truth(case).tied)


def test_a_ball_that_stays_wide_is_said_to_be_so() -> None:
    with pytest.raises(GradproofError, match=r"the balls stay too wide, even with 6400 bits; the equations cancel"):
        certified(lambda: flint().arb(0, 1), sharp=lambda ball: float(ball.rad()) < 1)
    assert certified(lambda: flint().arb(2).sqrt(), sharp=lambda ball: float(ball.rad()) < 2.0**-1000) > 1


def test_a_number_that_is_lost_in_the_wider_dtype_is_certified() -> None:
    """x y v less its two leading parts: long double's own rounding is 10^12 times what is left."""
    x, y, v = 1 / 3, 0.7, 1.1
    exact = Fraction(x) * Fraction(y) * Fraction(v)
    high = float(exact)
    low = float(exact - Fraction(high))
    left = exact - Fraction(high) - Fraction(low)
    network = build("L = log(abs(x * y * v - z - w))", {"x": x, "y": y, "v": v, "z": high, "w": low}, parameters=["w"])
    case = Case("lost", network, FRAMEWORKS["torch"], "eager", "float64")
    with np.errstate(all="ignore"):
        (wide,) = (float(table.value) for table in case.table().values())
    truth = first_truth(case)
    assert truth.rests_on == "certified"
    assert float(truth.table["w"].value) == float(-1 / left)
    assert abs(wide * left) < 1 / 1000  # not even its size is right


def test_a_million_parameters_can_be_certified() -> None:
    shapes = {"x": (64, 1000), "W": (1000, 500), "V": (500, 1000)}
    inputs = {name: np.zeros(shape) for name, shape in shapes.items()}
    network = build("L = mean(square(tanh(x @ W) @ V))", inputs, parameters=["W", "V"])
    assert seconds(network) < CERTIFIED_SECONDS


def test_what_is_too_much_to_certify_stays_as_the_wider_dtype_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("L = sum(x * x)", {"x": [1.0, 2.0]})
    case = Case("large", network, FRAMEWORKS["torch"], "eager", "float32")
    right = {"x": np.array([2, 4], np.float32)}
    wrong = {"x": np.array([2, 5], np.float32)}
    assert [c.truth for c in (assess(case, right)["x"], assess(case, wrong)["x"])] == ["wide", "certified"]
    monkeypatch.setattr(truth_module, "CERTIFIED_SECONDS", 0.0)
    found = assess(case, wrong)["x"]
    assert (found.truth, found.flagged.tolist()) == ("wide", [False, True])


def test_nan_is_not_compared_with_any_number_of_bits() -> None:
    nan = Balls.exact(np.array(np.nan))
    with pytest.raises(GradproofError, match="not to be compared"):
        certified(lambda: nan > 0)


@pytest.mark.parametrize(
    "shapes", [((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((4,), (4, 5))]
)
def test_stacks_of_matrices_are_multiplied_as_numpy_does(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    draw = np.random.default_rng(0)
    a, b = (draw.integers(-9, 10, shape).astype(float) for shape in shapes)
    assert np.array_equal(MIDDLE((Balls.exact(a) @ Balls.exact(b)).value).astype(float), a @ b)


@pytest.mark.parametrize(("entry", "shape"), [((0,), (3,)), ((1, 0), (2, 2)), ((0,), (1,))])
def test_what_comes_back_to_one_entry_is_certified(entry: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """A cotangent of shape () that no other is added to."""
    network = build(f"L = square(z[{', '.join(map(str, entry))}])", {"z": np.full(shape, 1.5)})
    case = Case("network", network, FRAMEWORKS["torch"], "eager", "float32")
    right = np.zeros(shape, "float32")
    right[entry] = 3
    assert assess(case, {"z": right})["z"].agrees
    assert not assess(case, {"z": right * np.float32(1.01)})["z"].agrees
