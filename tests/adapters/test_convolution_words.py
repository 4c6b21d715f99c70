"""What a framework dies of while it differentiates a convolution, so that it is noticed when it no longer does."""

import pytest

from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from tests.reference.operations.scenarios import of


def spread(rows: int, columns: int) -> Network:
    """An image of two rows and three columns, spread out over twice as many by a kernel of this size."""
    return of(
        "conv_transpose2d", "conv_transpose2d(x, w, stride=2, padding=1)", x=(1, 1, 2, 3), w=(1, 1, rows, columns)
    ).network()


@pytest.mark.parametrize(("rows", "columns", "dies"), [(3, 2, True), (2, 2, False), (3, 4, False)])
def test_a_kernel_that_is_higher_than_the_image_and_less_wide(
    rows: int, columns: int, dies: bool, workers: Workers
) -> None:
    """XLA's algebraic_simplifier.cc: "Window dimensions do not match RHS shape", by the kernel's gradient."""
    outcome = workers.gradients(spread(rows, columns), "jax", "jit", "float32").result()
    assert (isinstance(outcome, Failed) and "died" in outcome.message) == dies
