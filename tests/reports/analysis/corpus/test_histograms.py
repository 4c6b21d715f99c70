"""Histograms add up, and quantiles are where the numbers are."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from gradproof.reports.analysis.corpus.histograms import BINS, REACH, added, binned, edge, independent, quantile

RANDOM = np.random.default_rng(0)


def test_histograms_add_up_in_any_order() -> None:
    values = RANDOM.lognormal(size=1000)
    whole = binned(values)
    parts = [binned(values[i::3]) for i in range(3)]
    assert added(parts) == added(reversed(parts)) == whole
    assert sum(whole["counts"]) == 1000
    assert added([]) == binned(np.array([])) == added([binned(np.array([]))])


def test_what_is_out_of_reach_is_counted_at_the_ends() -> None:
    histogram = binned(np.array([2.0**-40, 2.0**40]))
    assert histogram["first"] == -REACH * BINS
    assert len(histogram["counts"]) == 2 * REACH * BINS + 1


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.001])
def test_a_quantile_is_within_a_bin_of_the_numbers_own(share: float) -> None:
    values = np.sort(np.abs(RANDOM.normal(size=20_000)))
    zeros = 5_000
    exceeded = np.concatenate([np.zeros(zeros), values])[-int(share * 25_000)]
    found = quantile(binned(values), share, zeros)
    assert found is not None
    assert abs(math.log2(found / exceeded)) < 2 / BINS


def test_fewer_values_than_one_have_no_quantile() -> None:
    assert quantile(binned(np.ones(99)), 0.01) is None
    assert quantile(binned(np.ones(100)), 0.01) is not None
    assert quantile(binned(np.array([])), 0.5, 10) == 0


@pytest.mark.parametrize("share", [0.5, 1e-3, 1e-6])
def test_independent_errors_have_the_normal_distributions_quantiles(share: float) -> None:
    """Confirmed by Python's own inverse, which is another algorithm."""
    assert abs(math.log2(independent(share) / -NormalDist().inv_cdf(share / 2))) < 2.0**-30


def test_edges_are_where_bins_begin() -> None:
    for number in range(-5, 5):
        assert binned(np.array([edge(number) * 1.001]))["first"] == number
