"""Kernels in the rounding model: their accuracy by binade, and functions that have come to their limit."""

import math
from typing import Any

import numpy as np
import pytest

from gradproof.reference.operations import KERNELS
from gradproof.reference.operations.activations import sigmoid
from gradproof.reference.readings.accuracy import Accuracy, listed
from gradproof.reference.readings.balls import Balls, certified
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.rounded import rounded

TABLE = (("+2^0", 1.5), ("+2^1", 2.0), ("+2^2", 0.5), ("+2^3", 0.5), ("+2^4", 0.5), ("-2^0", 4.0), ("0", 0.5))
KNOWN = Accuracy(9.0, TABLE, -25)
FUNCTIONS = {name: kernel.function for name, kernel in KERNELS.items()}
LIMITS = {name: kernel.limit for name, kernel in KERNELS.items() if kernel.limit}


@pytest.mark.parametrize("wide", [np.float64, np.longdouble])
def test_a_binade_has_the_worst_of_itself_and_its_neighbours(wide: Any) -> None:
    x = np.array([9.9, 12, 4.1, 3.9, 2, 1.9, 0.9, 17, 40, -1, 1e300, -1e300, 1e-300, np.inf], wide)
    assert KNOWN.at(x).tolist() == [0.5, 0.5, 2.0, 2.0, 2.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
    assert KNOWN.at(x[:1].reshape(())) == 0.5
    assert KNOWN.at(x[:4], least=1).tolist() == [1, 1, 2, 2]
    both = [(f"{sign}2^{e}", c) for sign, c in (("+", 1.0), ("-", 2.0)) for e in range(-3, 4)]
    full = Accuracy(9.0, (*both, ("0", 0.5)))
    assert full.at(np.array([0.0, -0.0, 1.0, -1.0, -8.0, -16.0], wide)).tolist() == [2, 2, 1, 2, 9, 9]
    assert Accuracy(3.0).at(x) == 3


def test_what_holds_for_several_kernels_is_the_worst() -> None:
    other = Accuracy(3.0, (("+2^0", 2.5), ("+2^9", 1.0)), -30)
    both = Accuracy.worst([KNOWN, other])
    assert both.ulp == 9
    assert both.limit == -30
    assert dict(both.binades) == {**{k: max(c, 3.0) for k, c in TABLE}, "+2^0": 2.5, "+2^9": 9.0, "-2^0": 4.0}
    assert Accuracy.worst([KNOWN, Accuracy(1.0)]).limit is None
    assert listed({"tanh": KNOWN, "exp": 2.0}) == (("exp", Accuracy(2.0)), ("tanh", KNOWN))


def test_the_model_has_the_accuracy_of_the_binade() -> None:
    reading = rounded("float32", {"exp": KNOWN})
    for x, c in ((3.0, 2.0), (12.0, 1.0), (-3.0, 9.0)):
        assert np.exp(reading.lift(x)).variance == np.exp(rounded("float32", {"exp": c}).lift(x)).variance
    with_tables = [rounded("float32", {"exp": known}) for known in (KNOWN, Accuracy(9.0))]
    assert len({type(r.lift(0)) for r in with_tables}) == 2, "equal maxima, but other tables"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_err_as_the_binade_allows(dtype: str) -> None:
    x = np.asarray([3.3, 12.3, -3.3], dtype)
    exact = np.exp(x.astype(np.longdouble))
    unit = np.spacing(exact.astype(dtype)).astype(float)
    drawn = [np.exp(r.lift(x)).drawn for r in draws(dtype, {"exp": KNOWN}, 200)]
    largest = np.max([np.abs(y - exact) / unit for y in drawn], axis=0)
    assert 1 < largest[0] <= 2.5
    assert largest[1] < 1
    assert 4 < largest[2] <= 9.5


# At a limit.


@pytest.mark.parametrize("name", LIMITS)
def test_the_distance_from_the_limit_does_not_cancel(name: str) -> None:
    x = np.array([-37.5, -30, -20, -12.0] if name == "expm1" else [12.0, 20, 26, 37.5])
    if name in ("tanh", "erf"):
        x = np.concatenate([x[:3], -x[:3]]) / 2
    value, distance = LIMITS[name]
    precise = certified(lambda: abs_distance(FUNCTIONS[name](Balls.exact(x)).value, value(x)))
    for got, ball in zip(distance(x), precise, strict=True):
        assert got > 0
        assert abs(ball - float(got)) < ball * 2.0**-44


def abs_distance(balls: Any, limit: Any) -> Any:
    """|limit - ball|, entry by entry."""
    return np.array([abs(ball - float(one)) for ball, one in zip(balls, limit, strict=True)], object)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_function_at_its_limit_errs_by_the_distance_from_it(name: str, dtype: str) -> None:
    x = np.array([{"expm1": -60.0, "sigmoid": 60.0, "tanh": 21.0, "erf": 8.0}[name]])
    value, distance = LIMITS[name]
    known = {name: Accuracy(5.0, TABLE, -25 if dtype == "float32" else -54)}
    y = FUNCTIONS[name](rounded(dtype, known).lift(x))
    sigma = np.sqrt(y.variance)
    off = distance(x) * (1 - 2.0**-40)
    assert (sigma >= off).all()
    assert (sigma**2 <= off.astype(sigma.dtype) ** 2 * (1 + 2.0**-30) + float(np.finfo(dtype).tiny) ** 2).all()
    left = value(x) - y  # the error of what is left of it is that same distance
    assert (np.sqrt(left.variance) >= off).all()
    unknown = FUNCTIONS[name](rounded(dtype, {name: 5.0}).lift(x))
    assert (unknown.variance > y.variance * 100).all()
    for reading in draws(dtype, known, 10):
        assert (FUNCTIONS[name](reading.lift(x)).drawn == value(x)).all()


def test_the_limit_is_not_claimed_nearer_than_it_was_seen() -> None:
    """d = 1 - sigmoid(x) just below 2^-25 may still give 1 - 2^-24, if the input errs; half of that is asked for."""
    reading = rounded("float32", {"sigmoid": Accuracy(0.5, TABLE, -25)})
    near, far = (sigmoid(reading.lift(-math.log(d))) for d in (2.0**-25.9, 2.0**-26.1))
    u = 2.0**-24
    assert float(near.variance) > u**2 / 4
    assert float(far.variance) < (u / 4) ** 2
    for x in (-40.0, 0.0, 3.0):
        plain = sigmoid(rounded("float32", {"sigmoid": 1.0}).lift(x))
        assert sigmoid(rounded("float32", {"sigmoid": Accuracy(1.0, (), -25)}).lift(x)).variance == plain.variance
    one = np.expm1(rounded("float32", {"expm1": Accuracy(1.0, (), -25)}).lift(math.log(2)))
    assert float(one.variance) > u**2 / 4, "expm1 passes 1 on the way up, and it is no limit"


def test_a_mistake_that_hid_behind_saturation_is_seen() -> None:
    """sigmoid(20) is 1 in float32. A derivative that keeps 2^-24 there, instead of 0 or 2.1e-9, is wrong."""
    known = Accuracy(6.58, (), -25)
    wrong = 2.0**-24
    for accuracy, seen in ((known, True), (Accuracy(6.58), False)):
        s = sigmoid(rounded("float32", {"sigmoid": accuracy}).lift(20.0))
        slope = s * (1 - s)
        z = abs(wrong - float(slope.value)) / math.sqrt(float(slope.variance))
        honest = float(slope.value) / math.sqrt(float(slope.variance))
        assert (z > 8) is seen
        assert honest < 1.01
