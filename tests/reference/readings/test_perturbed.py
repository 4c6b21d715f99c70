"""The sampled reading: a lattice, coins that fall alike for equal results, sums that err like sums."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.operations.error_function import erf
from gradproof.reference.readings.perturbed import Perturbed, draws

DTYPES = ("float32", "float64")


def kinds(dtype: str, count: int = 200, **accuracies: float) -> list[type[Perturbed]]:
    return [type(reading.lift(0)) for reading in draws(dtype, accuracies, count)]


def carry(kind: type[Perturbed], x: Any) -> Any:
    return kind.exact(np.asarray(x, kind.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_result_is_a_neighbour_of_the_exact_one_and_both_occur(dtype: str) -> None:
    a, b = np.asarray([1.1, -2.3, 1e-5], dtype), np.asarray([3.3, 0.7, -7e8], dtype)
    found = [(carry(kind, a) * carry(kind, b)).drawn for kind in kinds(dtype)]
    exact = a.astype(np.longdouble) * b.astype(np.longdouble)
    for i in range(3):
        seen = {float(x[i]) for x in found}
        assert len(seen) == 2
        low, high = sorted(seen)
        assert low < exact[i] < high
        assert np.nextafter(np.asarray(low, dtype), np.asarray(high, dtype)) == high


@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_results_stay(dtype: str) -> None:
    for kind in kinds(dtype, 20):
        assert (carry(kind, [1.5, 0.1, 0.0]) * carry(kind, [2.0, 4.0, 0.3])).drawn.tolist() == [
            *(3.0, 4 * float(np.asarray(0.1, dtype)), 0.0)
        ]
        assert np.sum(carry(kind, [1.0, 2.0, 3.0, 4.0])).drawn == 10
        assert (carry(kind, [[1.0, 2.0]]) @ carry(kind, [[3.0], [4.0]])).drawn == 11


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_results_are_rounded_alike_and_different_ones_are_not(dtype: str) -> None:
    alike, apart = 0, 0
    for kind in kinds(dtype):
        x = (carry(kind, np.full(50, 0.1)) / carry(kind, np.full(50, 3.0))).drawn
        assert len(set(x.tolist())) == 1
        spread = carry(kind, 0.1 + np.arange(50) / 64) / carry(kind, 3.0)
        up = spread.drawn > spread.value
        alike, apart = alike + int(up.sum()), apart + int((~up).sum())
    assert alike > 0
    assert apart > 0


def test_draws_are_the_same_on_every_run() -> None:
    def run() -> list[Any]:
        return [np.exp(carry(kind, [0.3, 0.7]) / 3).drawn.tolist() for kind in kinds("float32", 5, exp=2.0)]

    assert run() == run()
    assert len({tuple(x) for x in run()}) > 1


def test_a_kernel_errs_up_to_its_accuracy_and_alike_for_neighbours() -> None:
    x = np.asarray([0.5, np.nextafter(np.float32(0.5), np.float32(1))], np.float32)
    worst = 0.0
    for kind in kinds("float32", 400, exp=5.0):
        y = np.exp(carry(kind, x))
        ulps = (y.drawn - y.value) / np.spacing(np.exp(x)).astype(float)
        assert np.max(np.abs(ulps)) <= 5.5
        assert abs(ulps[0] - ulps[1]) <= 2  # one coin apart at most: they share their leading bits
        worst = max(worst, float(np.max(np.abs(ulps))))
    assert worst > 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_of_equal_terms_errs_with_their_number(dtype: str) -> None:
    """The table has a random walk, sqrt(n); a sequential sum of equal terms drifts, n."""
    unit = float(np.finfo(dtype).eps) / 2

    def error(n: int) -> float:
        sums = [np.sum(carry(kind, np.full(n, 0.1))) for kind in kinds(dtype, 50)]
        return float(np.sqrt(np.mean([float((x.drawn - x.value) / x.value / unit) ** 2 for x in sums])))

    assert error(4096) > 8 * error(256) / 2
    assert error(4096) > np.sqrt(4096)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_of_whole_numbers_err_in_one_direction(dtype: str) -> None:
    """Each is 1 more than a multiple of 8, the last place of most partial sums, and loses that 1."""
    x = 8.0 * np.random.default_rng(0).integers(2**15, size=1000) * 2.0 ** (np.finfo(dtype).nmant - 23) + 1
    exact = np.sum(x.astype(np.longdouble))
    error = np.add.accumulate(x.astype(dtype))[-1] - exact
    assert error < -500
    missed = [np.sum(carry(kind, x)).drawn - exact for kind in kinds(dtype, 24)]
    assert abs(error) < 3 * np.sqrt(np.mean(np.square(missed)))


def test_draws_take_the_side_of_the_truth_at_a_kink() -> None:
    """x = 0.1 * 0.7 * 3 - 0.21 is 0 up to rounding: draws fall on both sides of 0, relu on the truth's."""
    sides = set()
    for kind in kinds("float32"):
        x = carry(kind, 0.1) * carry(kind, 0.7) * carry(kind, 3.0) - carry(kind, 0.21)
        sides.add(float(np.sign(x.drawn)))
        assert bool(x > 0) is (float(x.value) > 0)
        y = np.maximum(x, 0)
        assert float(y.drawn) == (float(x.drawn) if float(x.value) > 0 else 0)
    assert sides >= {-1.0, 1.0}


def test_the_draws_of_one_call_share_the_truth_of_one_computation() -> None:
    first, second = kinds("float32", 2)
    a, b = carry(first, 0.1) * carry(first, 0.7), carry(second, 0.1) * carry(second, 0.7)
    assert a.value is b.value
    with pytest.raises(RuntimeError, match="same computation"):
        np.sum(carry(first, [0.1, 0.7])), np.add(carry(second, 0.1), carry(second, 0.7))


def test_the_truth_of_a_draw_is_that_of_the_computation_alone() -> None:
    """Also in the later draws, which take it from the first."""
    for kind in kinds("float32", 3):
        x = carry(kind, [[0.3, -2.0], [1.5, 0.7]])
        y = np.sum(np.tanh(x @ x) * np.exp(-x), axis=0) + erf(x)
        v = x.value
        np.testing.assert_array_equal(y.value, np.sum(np.tanh(v @ v) * np.exp(-v), axis=0) + erf(v))


SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((4, 3), (3, 2)),
    ((5, 4, 3), (3,)),
    ((3,), (5, 3, 2)),
    ((5, 4, 3), (3, 2)),
    ((4, 3), (5, 3, 2)),
    ((5, 4, 3), (5, 3, 2)),
    ((5, 1, 4, 3), (6, 3, 2)),
    ((4, 3), (2, 5, 3, 2)),
    ((3, 2, 5, 3), (3, 2)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_errs_as_its_terms_added_one_by_one_for_every_pair_of_ranks(dtype: str, shapes: Any) -> None:
    """Equal terms of one sign err much alike, so that a product of other entries would stand out."""
    random = np.random.default_rng(7)
    a, b = (random.uniform(1, 2, shape).astype(dtype) for shape in shapes)
    exact = np.matmul(a.astype(np.longdouble), b.astype(np.longdouble))
    for reading in draws(dtype, None, 4):
        x, y = reading.lift(a), reading.lift(b)
        got = x @ y
        np.testing.assert_array_equal(got.value, np.matmul(x.value, y.value))
        s, t = (type(x).factor(side)[0] for side in ("left", "right"))
        left, right = (np.atleast_2d((a * s).astype(dtype)), (b * t).astype(dtype))
        right = right[:, None] if right.ndim == 1 else right
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        left, right = (np.broadcast_to(m, (*batch, *m.shape[-2:])) for m in (left, right))
        looped = np.zeros((*batch, left.shape[-2], right.shape[-1]), np.longdouble)
        for place in np.ndindex(looped.shape):
            *where, i, j = place
            added, true = np.dtype(dtype).type(0), np.longdouble(0)
            for k in range(left.shape[-1]):
                term = left[(*where, i, k)] * right[(*where, k, j)]
                added, true = added + term, true + np.longdouble(left[(*where, i, k)]) * right[(*where, k, j)]
            looped[place] = (added - true) / (s * t)
        error = (got.drawn - exact).astype(np.longdouble).reshape(looped.shape)
        ulp = np.spacing(np.abs(exact).astype(dtype)).reshape(looped.shape)
        assert (np.abs(error - looped) <= ulp).all()  # the draw itself is a number of the dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_near_the_end_of_the_range_err_as_others_do(dtype: str) -> None:
    """Scaled up, they would overflow, and an infinite error would excuse anything."""
    top = float(np.finfo(dtype).max)
    x = np.array([0.3, 0.25, 0.4]) * top
    for reading in draws(dtype, None, 8):
        for found in (np.sum(reading.lift(x)), reading.lift(x) @ reading.lift(np.ones(3))):
            off = np.abs(found.drawn - found.value)
            assert off <= 3 * np.spacing(np.dtype(dtype).type(x.max()))


@pytest.mark.parametrize("shape", [(40, 7, 60), (2, 300, 3), (1100, 5, 4)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_added_up_term_after_term(dtype: str, shape: tuple[int, int, int]) -> None:
    """To the bit, whether several terms are held at a time or none is."""
    (reading,) = draws(dtype, None, 1)
    kind = type(reading.lift(1.0))
    rows, inner, columns = shape
    draw = np.random.default_rng(0)
    p, q = draw.normal(size=(rows, inner)).astype(dtype), draw.normal(size=(inner, columns)).astype(dtype)
    expected = np.zeros((rows, columns), dtype)
    for k in range(inner):
        expected = expected + p[:, k : k + 1] * q[k]
    assert np.array_equal(kind.sequential_product(p, q), expected)
