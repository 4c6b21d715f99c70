"""Advice on a made-up calibration."""

import pytest

from gradproof.reports.analysis.calibration.advised import Pair, advised, allowance, by_group, upwards

LARGE, SMALL = {"first": 0, "counts": [8]}, {"first": -30, "counts": [8]}


def result(sizes: object, *absolute: float) -> dict[str, object]:
    return {"family": "f", "framework": "torch", "dtype": "float32", "absolute": [*absolute], "sizes": sizes}


def test_the_pair_that_allows_least_depends_on_the_sizes_of_the_gradients() -> None:
    relatives = [1e-3, 1e-6, 0.0]
    assert advised(result(LARGE, 0.0, 2e-6, 1e-4), relatives) == Pair(2e-6, 1e-6)
    assert advised(result(SMALL, 0.0, 2e-6, 1e-4), relatives) == Pair(0.0, 1e-3)


def test_what_has_to_be_equal_is_told_so() -> None:
    assert advised(result(LARGE, 0.0, 0.0), [1e-6, 0.0]) == Pair(0.0, 0.0)


def test_what_is_allowed_is_a_mean_of_logarithms() -> None:
    assert allowance(Pair(0.25, 0.0), {"first": -3, "counts": [1, 0, 7]}) == -2
    assert allowance(Pair(0.0, 1.0), {"first": -3, "counts": [1, 0, 1]}) == -1.5


@pytest.mark.parametrize(
    ("number", "typed"), [(0.0, 0.0), (1e-4, 1e-4), (10**-2.5, 3.2e-3), (1.01e-7, 1.1e-7), (9.91e-300, 1e-299)]
)
def test_two_digits_are_not_below(number: float, typed: float) -> None:
    assert upwards(number) == typed >= number


def test_a_family_whose_gradients_are_all_zero_gets_no_advice() -> None:
    calibration = {"relative": [0.0], "results": [result({"first": 0, "counts": []}, 0.0)]}
    assert by_group(calibration) == {}
