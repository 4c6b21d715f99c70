"""Which entries share a mean: by exact numbers: -3, -1, 1, 3 has variance 5, and eps = 11 makes it 16."""

import numpy as np
import pytest

from gradproof.reference.operations.channel_norms import batch_norm, group_norm, instance_norm
from gradproof.reference.operations.given_statistics import batch_norm_inference
from gradproof.reference.operations.rms_norm import rms_norm

ROW = np.array([-3.0, -1.0, 1.0, 3.0])
GAMMA, BETA = np.array([2.0, 4.0]), np.array([1.0, -1.0])


def affine(n: np.ndarray) -> np.ndarray:
    """What both channels of n (N, 2, L) become by GAMMA and BETA."""
    return np.asarray(n * GAMMA[:, None] + BETA[:, None])


def test_a_batch_shares_the_mean_of_each_channel() -> None:
    x = np.stack([[ROW[:2], ROW[:2] + 8], [ROW[2:], ROW[2:] + 8]])  # (samples, channels, places)
    expected = np.stack([[ROW[:2], ROW[:2]], [ROW[2:], ROW[2:]]]) / 4
    np.testing.assert_array_equal(batch_norm(x, eps=11), expected)
    np.testing.assert_array_equal(batch_norm(x, GAMMA, BETA, eps=11), affine(expected))
    np.testing.assert_array_equal(batch_norm(ROW[:, None], eps=11), ROW[:, None] / 4)


def test_an_instance_has_a_mean_for_each_channel() -> None:
    x = np.stack([[ROW, ROW + 8], [ROW - 4, -ROW]])
    expected = np.stack([[ROW, ROW], [ROW, -ROW]]) / 4
    np.testing.assert_array_equal(instance_norm(x, eps=11), expected)
    np.testing.assert_array_equal(instance_norm(x, GAMMA, BETA, eps=11), affine(expected))


def test_a_group_of_channels_shares_its_mean() -> None:
    x = np.stack([[ROW[:2], ROW[2:]], [ROW[:2] + 8, ROW[2:] + 8]])
    expected = np.stack([[ROW[:2], ROW[2:]]] * 2) / 4
    np.testing.assert_array_equal(group_norm(x, eps=11), expected)
    np.testing.assert_array_equal(group_norm(x, GAMMA, BETA, eps=11), affine(expected))
    four = np.stack([[ROW, ROW + 8]])
    np.testing.assert_array_equal(group_norm(four, num_groups=2, eps=11), np.stack([[ROW, ROW]]) / 4)


def test_given_statistics_are_those_that_are_taken() -> None:
    x = np.stack([[ROW + 1, ROW + 2]])
    got = batch_norm_inference(x, np.array([1.0, 2.0]), np.array([5.0, 53.0]), GAMMA, BETA, eps=11)
    np.testing.assert_array_equal(got, affine(np.stack([[ROW / 4, ROW / 8]])))


def test_the_root_of_the_mean_square() -> None:
    np.testing.assert_array_equal(rms_norm(np.stack([ROW, 0 * ROW]), eps=11), np.stack([ROW / 4, 0 * ROW]))
    np.testing.assert_array_equal(rms_norm(ROW, ROW, eps=11), ROW / 4 * ROW)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: batch_norm(ROW), "at least 2 axes"),
        (lambda: instance_norm(np.ones((2, 2))), "at least 3 axes"),
        (lambda: batch_norm(np.ones((2, 3)), GAMMA), r"gamma must have shape \(3,\)"),
        (lambda: group_norm(np.ones((2, 3)), num_groups=2), "3 channels are no 2 groups"),
        (lambda: batch_norm_inference(np.ones((2, 3)), GAMMA, GAMMA), "mu must have shape"),
        (lambda: rms_norm(np.ones(())), "a scalar has no axes"),
        (lambda: rms_norm(np.ones(3), GAMMA), r"gamma must have shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(attempt: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attempt()  # type: ignore[operator]
