"""Sums that are exact in any order, and sums that only look so."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from gradproof.reference.readings.exact_sums import FIRST, few_bits, unit
from gradproof.reference.readings.rounded import rounded

P = {"float32": 24, "float64": 53}


def lifted(dtype: str, x: Any) -> Any:
    return rounded(dtype).lift(np.asarray(x, dtype))


@pytest.mark.parametrize("wide", [np.float64, np.longdouble])
def test_the_unit_of_numbers(wide: Any) -> None:
    assert unit(np.array([6, -4, 0, 10], wide)) == 2
    assert unit(np.array([0.75, 3], wide)) == 0.25
    assert unit(np.array([0.1], wide)) == 2.0**-55
    assert unit(np.array([2.0**-1074, 1], wide)) == 2.0**-1074
    assert unit(np.array([0, -0.0], wide)) == np.inf
    assert unit(np.array([1, np.inf], wide)) == 0
    assert unit(np.array([np.nan], wide)) == 0


@pytest.mark.parametrize("dtype", P)
def test_sums_and_products_of_integers_are_exact(dtype: str) -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(-9, 10, (20, 30)), random.integers(-9, 10, (30, 10)) / 8
    for result in (np.sum(lifted(dtype, a)), np.sum(lifted(dtype, a), axis=0), lifted(dtype, a) @ lifted(dtype, b)):
        assert not np.any(result.variance)
    assert (a.astype(dtype) @ b.astype(dtype) == a @ b).all()


@pytest.mark.parametrize("dtype", P)
def test_a_sum_that_may_need_one_bit_more_is_not_exact(dtype: str) -> None:
    top = 2.0 ** (P[dtype] - 1)
    fits, over = [top, top / 2, 1.0, -1.0], [top, top / 2, top / 2, 1.0, 1.0, -top / 2]
    assert np.sum(lifted(dtype, fits)).variance == 0
    assert np.sum(lifted(dtype, over)).variance > 0
    found = {float(np.add.accumulate(np.array(order, dtype))[-1]) for order in permutations(over)}
    assert len(found) > 1, "it does depend on the order"
    assert (lifted(dtype, [fits]) @ lifted(dtype, np.ones((4, 1)))).variance == 0
    assert (lifted(dtype, [over]) @ lifted(dtype, np.ones((6, 1)))).variance > 0


@pytest.mark.parametrize("dtype", P)
def test_one_operand_that_is_not_exact_or_not_whole_spoils_the_sum(dtype: str) -> None:
    x = np.arange(1.0, 50.0)
    whole = lifted(dtype, x)
    assert np.sum(whole).variance == 0
    for spoilt in (whole * 0.1, whole + np.where(x == 49, 2.0 ** (-P[dtype] - 3), 0), np.exp(whole * 0) * whole / 3):
        assert np.sum(spoilt).variance > 0
        assert ((spoilt[None, :] @ lifted(dtype, x[:, None])).variance > 0).all()
    late = np.append(np.ones(FIRST), [0.1, 0.7, 0.3])
    assert few_bits(P[dtype], late), "a look at the first does not tell"
    assert np.sum(lifted(dtype, late)).variance > 0


def test_products_that_do_not_fit_are_not_exact() -> None:
    a = np.array([[2.0**13 + 1, 1.0, 1.0]])
    assert np.sum(lifted("float32", a)).variance == 0
    assert (lifted("float32", a) @ lifted("float32", a.T)).variance > 0
    assert (lifted("float64", a) @ lifted("float64", a.T)).variance == 0


def test_sums_below_the_normal_numbers_are_not_exact_where_they_are_flushed() -> None:
    x = np.array([3, -2, 1]) * 2.0**-127
    assert np.sum(lifted("float32", x)).variance > 0


def test_a_matrix_of_ordinary_numbers_is_not_looked_through() -> None:
    x = np.random.default_rng(1).standard_normal(100).astype(np.float32).astype(float)
    assert not few_bits(24, x)
    assert not few_bits(24, x, np.arange(100.0))
    assert few_bits(24, np.arange(100.0))
