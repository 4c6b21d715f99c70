"""Layer normalisation by numbers that are exact: -3, -1, 1, 3 has variance 5, so eps = 11 makes the deviation 4."""

import numpy as np

from gradproof.reference.operations.normalisation import layer_norm

ROW = np.array([-3.0, -1.0, 1.0, 3.0])


def test_each_row_is_normalised_by_itself() -> None:
    got = layer_norm(np.stack([ROW, ROW + 8, 0 * ROW]), eps=11)
    np.testing.assert_array_equal(got, np.stack([ROW / 4, ROW / 4, 0 * ROW]))


def test_gamma_multiplies_and_beta_is_added() -> None:
    gamma, beta = np.array([4.0, 8.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(layer_norm(ROW, gamma, eps=11), ROW / 4 * gamma)
    np.testing.assert_array_equal(layer_norm(ROW, gamma, beta, eps=11), ROW / 4 * gamma + beta)


def test_the_variance_is_that_of_all_entries() -> None:
    """-1, 1 has variance 1, and not 2: without eps it is normalised already."""
    np.testing.assert_array_equal(layer_norm(ROW[1:3], eps=0), ROW[1:3])
