"""Dropout: what the mask keeps is scaled up."""

import numpy as np

from gradproof.reference.operations.regularisation import dropout


def test_what_is_kept_is_scaled_up() -> None:
    np.testing.assert_array_equal(dropout(np.array([1.0, 2, 3]), np.array([1.0, 0, 1]), p=0.75), [4, 0, 12])
