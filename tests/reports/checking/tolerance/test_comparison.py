"""The comparison's arithmetic on numbers whose answer is known."""

import math

import numpy as np
import pytest

from gradproof.reference.readings.rounded import rounded
from gradproof.reports.checking.tolerance.comparison import Comparison, compare, threshold

LIMIT = 8.0


def comparison(got: object, expected: object, sigma: object) -> Comparison:
    return Comparison(np.asarray(got, np.float32), np.asarray(expected, float), np.asarray(sigma, float), LIMIT)


def test_threshold_is_the_gaussian_bound_over_all_entries() -> None:
    assert threshold(1) == math.sqrt(2 * math.log(2e9))
    assert threshold(10_000, 1e-3) == math.sqrt(2 * math.log(2e7))


def test_z_is_the_error_over_sigma() -> None:
    c = comparison([1.0, 2.0, 3.0], [1.0, 2.5, 2.0], [0.25, 0.25, 0.25])
    assert c.z.tolist() == [0.0, 2.0, 4.0]
    assert (c.agrees, c.largest, c.worst(c.flagged == c.flagged)) == (True, 4.0, (2,))


def test_an_entry_beyond_lambda_is_flagged() -> None:
    c = comparison([[1.0, 3.0625]], [[1.0, 1.0]], [[0.25, 0.25]])
    assert c.flagged.tolist() == [[False, True]]
    assert c.worst(c.flagged) == (0, 1)


def test_where_sigma_is_zero_only_equality_agrees() -> None:
    c = comparison([0.0, 1.0, 1.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0])
    assert c.z.tolist() == [0.0, 0.0, math.inf]
    assert c.flagged.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("got", "expected", "nonfinite"),
    [
        (math.nan, 1.0, True),
        (math.inf, 1.0, True),
        (1.0, math.inf, True),
        (-math.inf, math.inf, True),
        (math.nan, math.nan, True),
        (math.nan, math.inf, True),
        (math.inf, math.inf, False),
        (1.0, 1.0, False),
    ],
)
def test_nonfinite(got: float, expected: float, nonfinite: bool) -> None:
    c = comparison([got], [expected], [0.5])
    assert c.nonfinite.tolist() == [nonfinite]
    assert c.agrees is not nonfinite


@pytest.mark.parametrize(
    ("got", "verdict"), [(0.0, "undecided"), (math.nan, "nonfinite"), (math.inf, "nonfinite"), (-math.inf, "nonfinite")]
)
def test_where_there_is_no_truth_nothing_agrees(got: float, verdict: str) -> None:
    kind = type(rounded("float32").lift(0))
    nowhere = kind(np.array([np.nan, 1.0]), np.array([np.inf, 1.0]))
    found = compare({"w": np.array([got, 1.0], np.float32)}, {"w": nowhere})["w"]
    assert found.flagged.tolist() == found.where(verdict).tolist() == [True, False]


@pytest.mark.parametrize("got", [0.0, math.nan, math.inf])
def test_what_is_not_judged_is_neither_right_nor_wrong(got: float) -> None:
    kind = type(rounded("float32").lift(0))
    expected = {"w": kind(np.array([np.nan, 1.0]), np.array([0.0, 0.0]))}
    unjudged = {"w": np.array([True, False])}
    found = compare({"w": np.array([got, 1.0], np.float32)}, expected, unjudged=unjudged)["w"]
    assert (found.agrees, found.largest, found.blind) == (True, 0.0, 0)
    assert not compare({"w": np.array([got, 2.0], np.float32)}, expected, unjudged=unjudged)["w"].agrees


def test_beyond_the_range_of_the_dtype_infinity_is_expected() -> None:
    kind = type(rounded("float32").lift(0))
    huge = kind(np.array([1e39, -1e39]), np.array([1.0, 1.0]))
    got = np.array([np.inf, -np.inf], np.float32)
    assert compare({"w": got}, {"w": huge})["w"].agrees
    assert not compare({"w": -got}, {"w": huge})["w"].agrees


def test_detection_floor_is_the_smallest_relative_change_that_would_have_been_flagged() -> None:
    c = comparison([4.0, 100.0], [4.0, 100.0], [0.5, 0.5])
    assert c.detection_floor == LIMIT * 0.5 / 100
    changed = comparison([4.0, 100.0 * (1 + 1.5 * c.detection_floor)], [4.0, 100.0], [0.5, 0.5])
    assert not changed.agrees
    hidden = comparison([4.0, 100.0 * (1 + 0.5 * c.detection_floor)], [4.0, 100.0], [0.5, 0.5])
    assert hidden.agrees


def test_no_detection_floor_for_a_gradient_of_zeros() -> None:
    assert comparison([0.0], [0.0], [0.0]).detection_floor is None


def test_an_exact_gradient_has_floor_zero() -> None:
    assert comparison([1.0], [1.0], [0.0]).detection_floor == 0


def test_blind_entries_have_a_tolerance_as_large_as_themselves() -> None:
    c = comparison([4.0, 3.0, 0.0, 0.0], [4.0, 5.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.1])
    assert c.blind == 2  # 4 = 8 * 0.5, and the 0 that need not be exact
