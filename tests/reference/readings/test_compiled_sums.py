"""Sums that a compiler cuts: how they are made, and that table and draws err as a sum that is made so."""

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

from gradproof.reference.operations.axes import joins, rows
from gradproof.reference.operations.kernels import place
from gradproof.reference.reading import Reading
from gradproof.reference.readings.compiled_sums import folded, in_windows, window_of
from gradproof.reference.readings.cuts import Cuts
from gradproof.reference.readings.perturbed import draws
from gradproof.reference.readings.rounded import rounded

U = 2.0**-24
CUTS = Cuts(window=32, library=4, large=4096)
SHAPES = [((33,), (0,)), ((1000,), (0,)), ((7, 100), (1,)), ((100, 7), (0,)), ((40, 50), (0, 1)), ((9, 2, 40), (0, 2))]


def one_by_one(terms: Any) -> Any:
    return np.add.accumulate(terms, axis=-1)[..., -1]


def by_loops(x: Any, axes: tuple[int, ...], window: int) -> Any:
    """The sum as its definition has it, one result, one level and one window after another."""
    joined = rows(x, axes)
    lengths = tuple(x.shape[i] for i in axes)
    found = np.empty(joined.shape[:-1], x.dtype)
    for i in np.ndindex(found.shape):
        terms = joined[i].reshape(lengths)
        while terms.size > 1:
            sizes = [min(n, window) for n in terms.shape]
            starts = [range(-((-(-n // w) * w - n) // 2), n, w) for n, w in zip(terms.shape, sizes, strict=True)]
            sums = []
            for corner in product(*starts):
                part = terms[tuple(slice(max(a, 0), a + w) for a, w in zip(corner, sizes, strict=True))]
                sums.append(one_by_one(part.reshape(-1)))
            terms = np.array(sums, x.dtype).reshape([len(s) for s in starts])
        found[i] = terms.reshape(())
    return found


@pytest.mark.parametrize("window", [4, 32])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_windows_are_added_up_window_by_window(shape: tuple[int, ...], axes: tuple[int, ...], window: int) -> None:
    x = np.random.default_rng(1).uniform(1, 2, shape).astype(np.float32)
    assert np.array_equal(in_windows(x, axes, window, one_by_one), by_loops(x, axes, window))
    from_the_end = tuple(i - len(shape) for i in axes)
    assert np.array_equal(in_windows(x, from_the_end, window, one_by_one), by_loops(x, axes, window))


def carried(shape: tuple[int, ...], cuts: Cuts | None = CUTS) -> Any:
    return rounded("float32", cuts=cuts).lift(np.random.default_rng(2).uniform(1, 2, shape).astype(np.float32))


def window(x: Any, axis: Any, cuts: Cuts = CUTS) -> int | None:
    return window_of(folded(x, axis, keepdims=False), cuts)


def test_only_sums_that_are_longer_than_a_window_are_cut() -> None:
    assert window(carried((32, 32)), None) is None
    assert window(carried((33,)), 0) == 32
    assert window(carried((5, 33)), 0) is None
    assert window(carried((5, 33)), (0, 1)) == 32
    assert window(carried((0, 33)), 1) is None


def test_sums_over_large_arrays_are_the_librarys() -> None:
    assert window(carried((4095,)), 0) == 32
    assert window(carried((8, 512)), 0) == 4
    assert window(carried((2, 2048)), 0) is None
    assert window(carried((8, 512)), 0, Cuts(32, None, 4096)) is None


def test_what_is_put_together_of_parts_is_not_large() -> None:
    half = carried((3000,))
    assert window(half + half, 0) == 32
    assert window(np.concatenate([half, half]), 0) == 32
    assert window(np.stack([half, half]), 1) == 32
    assert window(np.broadcast_to(carried((40,)), (200, 40)), 1) == 32
    assert window(place(half, key=slice(0, 3000), shape=(6000,)), 0) == 32
    assert window(np.concatenate([half, half]) * 1, 0) == 4


def test_a_sum_over_joined_axes_may_have_larger_windows() -> None:
    assert window(np.reshape(carried((40, 50)), (2000,)), 0) is None
    assert window(np.reshape(carried((2000,)), (40, 50)), 1) == 32
    assert not joins((6, 4), (2, 3, 4))
    assert not joins((6, 1, 4), (6, 4))
    assert joins((6, 4), (3, 8))
    assert joins((2, 3, 4), (6, 4))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_of_a_sum_is_one_sum(keepdims: bool, sign: int) -> None:
    x = carried((40, 3, 50))
    first = np.sum(x, axis=2, keepdims=keepdims)
    this = folded(first if sign > 0 else -first, 0, keepdims)
    assert this.terms is x
    assert this.axes == (0, 2)
    assert this.lengths == (40, 50)
    twice = np.sum(first, axis=0, keepdims=keepdims)
    assert twice.shape == ((1, 3, 1) if keepdims else (3,))
    assert (np.reshape(twice.variance, (3,)) > np.sum(x, axis=(0, 2)).variance).all()
    assert folded(first * 2, 0, keepdims).terms is not x


def test_what_is_transposed_is_summed_as_it_was() -> None:
    first = np.sum(carried((40, 3, 50, 7)), axis=1)
    transposed: list[tuple[Any, tuple[int, ...]]] = [
        (first.T, (0, 1)),
        (np.transpose(first, (2, 1, 0)), (0, 1)),
        (np.swapaxes(first, -1, 0), (1, 0)),
        (np.swapaxes(np.swapaxes(first, 0, 1), 1, 2), (0, 1)),
    ]
    for moved, axis in transposed:
        assert folded(moved, axis, keepdims=False).lengths == (3, 50, 7)
    shapes: list[tuple[int, ...]] = [(40, 1, 50, 7), (1, 40, 50, 1, 7)]
    still: list[Any] = [first * 1, -first, first + 0, *(np.reshape(first, shape) * 1 for shape in shapes)]
    for same in still:
        assert folded(same, None, keepdims=False).lengths == (40, 3, 50, 7)
    others: list[Any] = [first * 2, np.reshape(first, (2000, 7))]
    for other in others:
        assert folded(other, None, keepdims=False).terms is other
    joined = np.reshape(carried((40, 50)), (2000, 1))
    assert window(joined, 0) is None
    assert window(joined.T, 1) is None
    assert window(np.stack([carried((3000,)), carried((3000,))]).T, 0) == 32


def errors(shape: tuple[int, ...], axes: tuple[int, ...], window: int, count: int) -> Any:
    """Of sums in float32 that are cut, over the sigma that the table has for them."""
    generator, found = np.random.default_rng(3), []
    for _ in range(count):
        x = generator.uniform(1, 2, shape).astype(np.float32)
        sums = np.sum(rounded("float32", cuts=Cuts(window, None, 2**62)).lift(x), axis=axes)
        found.append((in_windows(x, axes, window, one_by_one) - sums.value) / np.sqrt(sums.variance))
    return np.concatenate([np.ravel(each) for each in found])


@pytest.mark.parametrize("window", [4, 32])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_the_table_errs_as_such_a_sum_does(shape: tuple[int, ...], axes: tuple[int, ...], window: int) -> None:
    z = errors(shape, axes, window, 200)
    assert 0.4 < np.sqrt(np.mean(z**2)) < 1.1
    assert np.max(np.abs(z)) < 5


def drawn(reading: Reading, x: Any, axes: tuple[int, ...]) -> Any:
    sums = np.sum(reading.lift(x), axis=axes)
    return np.ravel(sums.every - sums.value)


@pytest.mark.parametrize(("shape", "axes"), SHAPES)
@pytest.mark.parametrize("kind", ["positive", "equal"])
def test_draws_err_as_such_a_sum_does(shape: tuple[int, ...], axes: tuple[int, ...], kind: str) -> None:
    generator, off, spread = np.random.default_rng(4), [], []
    for _ in range(40):
        x = generator.uniform(1, 2, () if kind == "equal" else shape) + np.zeros(shape)
        x = x.astype(np.float32)
        off.append(np.ravel(in_windows(x, axes, 32, one_by_one) - np.sum(x, axis=axes, dtype=float)))
        spread += [drawn(reading, x, axes) for reading in draws("float32", None, 8, cuts=CUTS)]
    ratio = np.sqrt(np.mean(np.concatenate(off) ** 2) / np.mean(np.concatenate(spread) ** 2))
    assert 0.5 < ratio < 1.5


def test_without_cuts_terms_are_added_one_after_another() -> None:
    x = np.random.default_rng(5).uniform(1, 2, (50, 2000)).astype(np.float32)
    uncut, cut = (np.sum(rounded("float32", cuts=cuts).lift(x), axis=1) for cuts in (None, CUTS))
    total = x.sum(axis=1, dtype=float)
    walk = U**2 / 3 * (1000 * np.square(x, dtype=float).sum(axis=1) + 2000 / 3 * total**2)
    assert np.array_equal(uncut.variance.astype(np.float32), walk.astype(np.float32))
    assert (cut.variance < uncut.variance / 100).all()


def test_terms_in_turn_are_never_cut() -> None:
    x = carried((50, 100))
    assert np.array_equal(np.add.reduce(x, axis=1).variance, np.sum(carried((50, 100), None), axis=1).variance)
    assert np.add.reduce(x, axis=1).summed is None
    (reading,), (plain,) = draws("float32", None, 1, cuts=CUTS), draws("float32", None, 1)
    in_turn, whole = np.add.reduce(reading.lift(x.value), axis=1), np.sum(plain.lift(x.value), axis=1)
    assert np.array_equal(in_turn.drawn, whole.drawn)


@pytest.mark.parametrize("shape", [(100,), (4096,), (40, 50)])
def test_sums_that_are_exact_in_any_order_stay_exact(shape: tuple[int, ...]) -> None:
    ones = rounded("float32", cuts=CUTS).lift(np.ones(shape))
    assert float(np.sum(ones).variance) == 0
    for reading in draws("float32", None, 4, cuts=CUTS):
        assert float(np.sum(reading.lift(np.ones(shape))).drawn) == math.prod(shape)


def test_terms_that_are_0_make_no_window_longer() -> None:
    """Ten terms other than 0 among a thousand err as ten that stand alone."""
    sparse = np.zeros(1000, np.float32)
    sparse[500:510] = np.random.default_rng(6).uniform(1, 2, 10)
    alone, among = (rounded("float32", cuts=CUTS).lift(x) for x in (sparse[500:510], sparse))
    assert 0.5 < float(np.sum(among).variance / np.sum(alone).variance) < 2
