"""When a printed number is a value, and when two computed numbers are one."""

from fractions import Fraction

import numpy as np
import pytest

from gradproof.reports.teaching.printed.printed import read_printed
from gradproof.reports.teaching.right.fitting import HALF_THE_BITS, Placed, agree, aligned, close

PRINTED = {"all": "[0.25, -0.5, 0.0, 1.0]", "some left out": "[0.25 ... 1.0]"}
VALUES = (Fraction(1, 4), Fraction(-1, 2), Fraction(0), Fraction(1))


def placed(text: str, slack: float = 0.0) -> Placed:
    printed = read_printed(text)
    places = aligned(printed, (4,))
    assert places is not None
    return Placed(printed, places, (Fraction(slack),) * 4)


def moved(k: int, by: float) -> tuple[Fraction, ...]:
    """The values with one of them moved."""
    return tuple(value + Fraction(by) * (i == k) for i, value in enumerate(VALUES))


@pytest.mark.parametrize("name", PRINTED)
def test_numbers_match_to_half_a_unit_and_the_slack(name: str) -> None:
    assert placed(PRINTED[name]).matches(moved(3, 0.049))
    assert not placed(PRINTED[name]).matches(moved(3, 0.051))
    assert placed(PRINTED[name], slack=0.002).matches(moved(3, 0.051))
    assert placed(PRINTED[name]).matches(moved(1, 0.051)) == (name == "some left out")
    assert not placed(PRINTED[name]).matches(VALUES[:2])


def test_cut_off_numbers_have_the_first_digits_and_no_others() -> None:
    assert placed(PRINTED["all"]).cut_off(moved(0, 0.009))
    assert not placed(PRINTED["all"]).cut_off(moved(0, 0.011))
    assert not placed(PRINTED["all"]).cut_off(moved(0, -0.009))
    assert not placed(PRINTED["all"]).matches(moved(0, 0.009))
    assert placed(PRINTED["all"]).cut_off((*moved(0, 0.009)[:3], Fraction("0.96")))


def test_between_is_between_in_every_entry() -> None:
    assert placed(PRINTED["all"]).between(moved(0, -0.1), moved(0, 0.1))
    assert placed(PRINTED["all"]).between(moved(0, 0.1), moved(0, -0.1))
    assert not placed(PRINTED["all"]).between(moved(0, 0.1), moved(0, 0.2))
    assert not placed(PRINTED["all"]).between(moved(0, -0.1), (*VALUES[:3], float("nan")))


def test_what_is_written_looks_like_what_was_printed() -> None:
    assert placed(PRINTED["all"]).written(moved(1, 0.1)) == "[0.25, -0.4, 0.0, 1.0]"
    assert placed(PRINTED["some left out"]).written(moved(3, 0.1)) == "[0.25 ... 1.1]"


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_numbers_are_one_if_they_agree_to_half_the_bits(size: float) -> None:
    exact = Fraction(size)
    for sign in (1, -1):
        assert agree(sign * exact, sign * exact * (1 + Fraction(HALF_THE_BITS) / 2))
        assert not agree(sign * exact, sign * exact * (1 + Fraction(HALF_THE_BITS) * 2))
    array = np.full(2, size, np.longdouble)
    assert close(array, array * (1 + np.longdouble(HALF_THE_BITS) / 2))
    assert not close(array, array * (1 + np.longdouble(HALF_THE_BITS) * 2))
    assert close(array, array * (1 + np.longdouble(HALF_THE_BITS) * 2), 4 * array)


def test_what_is_not_finite_is_one_with_itself_alone() -> None:
    assert agree(float("inf"), float("inf"))
    assert not agree(float("inf"), Fraction(10) ** 400)
    for other in (np.inf, -np.inf, np.nan, 1.0):
        assert not close(np.array([np.inf]), np.array([other]))
        assert not close(np.array([other]), np.array([np.inf]))


def test_half_the_bits_are_half_of_those_that_long_doubles_have_here() -> None:
    assert round(2 * np.log2(HALF_THE_BITS)) == -(np.finfo(np.longdouble).nmant + 1)
