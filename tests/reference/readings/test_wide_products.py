"""Long double products by three in float64 are as accurate as they say, and left alone where they are not."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.readings import wide_products
from gradproof.reference.readings.wide_products import BLOCK, LONG, SHORT, short, wide_product

SHAPES = [
    ((40, 50), (50, 60)),
    ((3, 30, 200), (200, 30)),
    ((2, 1, 64, 64), (3, 64, 64)),
    ((30, 3 * BLOCK // 2), (3 * BLOCK // 2, 40)),
]


def drawn(seed: int, *shape: int) -> Any:
    """Numbers of either sign with all bits of long double, of sizes that differ by some binades."""
    draw = np.random.default_rng(seed)
    number = draw.standard_normal(shape) * np.exp2(draw.integers(-4, 4, shape))
    return number.astype(LONG) * (1 + draw.standard_normal(shape).astype(LONG) * 2.0**-54)


def exactly(a: Any, b: Any) -> Any:
    """a @ b, added up in two long doubles: Dekker's product and Knuth's sum."""
    high, low = np.zeros((), LONG), np.zeros((), LONG)
    for k in range(a.shape[-1]):
        x, y = a[..., :, k, None], b[..., k, None, :]
        split = [v * (2.0**32 + 1) - (v * (2.0**32 + 1) - v) for v in (x, y)]
        (p, r), (q, s) = ((h, v - h) for v, h in zip((x, y), split, strict=True))
        term = x * y
        rest = ((p * q - term) + p * s + r * q) + r * s
        total = high + term
        part = total - high
        low = low + rest + ((high - (total - part)) + (term - part))
        high = total
    return high, low


def off(got: Any, a: Any, b: Any) -> float:
    """How far it is from a @ b, in units of 2^-62 |a| @ |b|."""
    high, low = exactly(a, b)
    size = np.abs(a).astype(SHORT) @ np.abs(b).astype(SHORT)
    return float(np.max(np.abs((got - high) - low) / size) * 2.0**62)


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_it_is_the_product_to_62_bits(
    left: tuple[int, ...], right: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wide_products, "PASSES", -1)
    a, b = drawn(1, *left), drawn(2, *right)
    found = wide_product(a, b)
    assert found.dtype == LONG
    assert off(found, a, b) < 1
    assert off(a.astype(SHORT) @ b.astype(SHORT), a, b) > 100, "float64 alone is seen to be less accurate"
    assert (found != a @ b).any(), "it went another way than NumPy's own"


def test_leading_bits_multiply_exactly() -> None:
    a, b = drawn(3, 20, BLOCK).astype(SHORT), drawn(4, BLOCK, 20).astype(SHORT)
    p, q = wide_products.leading(a, -1, 21), wide_products.leading(b, -2, 21)
    assert ((p @ q).astype(LONG) == p.astype(LONG) @ q.astype(LONG)).all()
    assert (np.abs(a - p) <= np.max(np.abs(a), axis=-1, keepdims=True) * 2.0**-21).all()
    more = wide_products.leading(a, -1, 40), wide_products.leading(b, -2, 40)
    assert ((more[0] @ more[1]).astype(LONG) != more[0].astype(LONG) @ more[1].astype(LONG)).any()


def test_where_three_products_would_not_do_numpy_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_products, "PASSES", -1)
    uneven = drawn(5, 40, 50)
    uneven[:, ::2] *= LONG.type(2.0) ** -60
    lone = drawn(6, 50, 60)
    lone[1::2, 0] = 0  # so that only the small numbers meet others than 0
    assert (wide_product(uneven, lone) == uneven @ lone).all()
    far = drawn(7, 50, 60) * LONG.type(2.0) ** -300
    assert short(far) is None
    assert (wide_product(drawn(5, 40, 50), far) == drawn(5, 40, 50) @ far).all()
    for bad in (np.inf, np.nan):
        far[0, 0] = bad
        assert short(far) is None


def test_other_dtypes_and_vectors_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_products, "PASSES", -1)
    a, b = drawn(8, 40, 50), drawn(9, 50, 60)
    assert (wide_product(a.astype(SHORT), b.astype(SHORT)) == a.astype(SHORT) @ b.astype(SHORT)).all()
    assert (wide_product(a[0], b) == a[0] @ b).all()


def test_little_work_is_not_split() -> None:
    a, b = drawn(10, 4, 4), drawn(11, 4, 4)
    assert (wide_product(a, b) == a @ b).all()
