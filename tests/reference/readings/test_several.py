"""Several draws at once are, to the bit, those that are made one by one: in every operation, and of any key."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES, random_networks
from gradproof.reference.readings.perturbed import Perturbed, draws
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.several import Several
from gradproof.reference.readings.wide_products import wide_product, wide_products
from gradproof.reference.sweep import as_written, gradients
from tests.reference.operations.scenarios import SCENARIOS, Tried

COUNT, START = 5, 2

NETWORKS = [network for _, network in random_networks(len(FAMILIES), 2, sets=1)]


def apart(network: Network, dtype: str) -> list[str]:
    """The names whose draws are others when some are made at once."""
    wrong = set()
    with np.errstate(all="ignore"):
        one_by_one = [gradients(network, reading, value=True) for reading in draws(dtype, {"exp": 3.0}, COUNT, START)]
        for at_once in (2, COUNT):
            for part, reading in enumerate(draws(dtype, {"exp": 3.0}, COUNT, START, at_once)):
                for name, x in gradients(network, reading, value=True).items():
                    expected = [one[name].drawn for one in one_by_one[part * at_once :][:at_once]]
                    if not np.array_equal(x.every, expected, equal_nan=True):
                        wrong.add(name)
    return sorted(wrong)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_draws_made_at_once_are_those_made_one_by_one(scenario: Tried) -> None:
    for dtype in ("float32", "float64"):
        assert apart(scenario.network(), dtype) == []


@pytest.mark.parametrize("family", range(len(FAMILIES)))
def test_draws_of_random_networks_made_at_once_are_those_made_one_by_one(family: int) -> None:
    for dtype in ("float32", "float64"):
        assert apart(as_written(NETWORKS[family]), dtype) == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_made_at_once_are_split_as_each_alone(dtype: str) -> None:
    """Of two, one is out of the range in which products in long double are split into three."""
    draw = np.random.default_rng(1)
    a, b = (draw.normal(size=(2, 64, 64)).astype(WIDER[np.dtype(dtype)]) for _ in "ab")
    a[1, 0, 0] = 2.0**-600
    for x, y in ((a, b), (a[:1], b), (a, b[:1])):
        pairs = zip(np.broadcast_to(x, a.shape), np.broadcast_to(y, b.shape), strict=True)
        assert np.array_equal(wide_products(x, y), [wide_product(p, q) for p, q in pairs])
    if dtype == "float64":
        assert (wide_product(a, b)[0] != wide_product(a[0], b[0])).any(), "all go by the numbers of any"


def test_two_sums_that_are_drawn_alike_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("L = sum(x * x)", {"x": np.linspace(0.1, 2.3, 50)})
    assert apart(network, "float32") == []
    right = Perturbed.factor.__func__  # type: ignore[attr-defined]
    alike = classmethod(lambda cls, purpose: np.full_like(found := right(cls, purpose), found[0]))
    monkeypatch.setattr(Perturbed, "factor", alike)
    assert apart(network, "float32") == ["L"]


KEYS = [
    0,
    (slice(None), 1),
    (..., 0),
    np.array([2, 0, 0]),
    (slice(None), np.array([1, 1])),
    (np.array([0, 2]), slice(None), np.array([1, 0])),
    np.array([True, False, True]),
    (None, 1, slice(None, None, -1)),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_key_takes_the_same_out_of_each(key: Any) -> None:
    draw = np.random.default_rng(0)
    value, several = draw.normal(size=(3, 4, 2)), draw.normal(size=(5, 3, 4, 2))
    found = Several(value, several)[key]
    assert np.array_equal(found.parts[0], value[key])
    assert np.array_equal(found.parts[1], [each[key] for each in several])


@pytest.mark.parametrize("key", [0, (slice(None), 1), (..., 0), (slice(0, 3, 2), slice(None), 1)], ids=str)
def test_each_is_put_where_the_value_is(key: Any) -> None:
    draw = np.random.default_rng(0)
    shape = (3, 4, 2)
    several = draw.normal(size=(5, *np.zeros(shape)[key].shape))
    found = Several.np_place(Several(several[0], several), key=key, shape=shape)
    for each, placed in zip(several, found.parts[1], strict=True):
        expected = np.zeros(shape)
        expected[key] = each
        assert np.array_equal(placed, expected)
