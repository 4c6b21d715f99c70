"""Attention by several heads: one head of it is attention, and heads see their own features only."""

from typing import Any

import numpy as np
import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import values


def attended(heads: int, **replaced: Any) -> Any:
    """What four features of two samples give, the weights being identities, or as they are replaced."""
    draw = np.random.default_rng(0)
    inputs = {
        "q": draw.normal(size=(3, 2, 4)),
        "k": draw.normal(size=(5, 2, 4)),
        "v": draw.normal(size=(5, 2, 4)),
        "W": np.tile(np.eye(4), (3, 1)),
        "b": np.zeros(12),
        "V": np.eye(4),
        "c": np.zeros(4),
        "m": np.zeros((3, 5)),
        **replaced,
    }
    network = build(f"y = multi_head_attention(q, k, v, W, b, V, c, m, num_heads={heads})\nL = sum(y)", inputs)
    return values(network, value("float64"))[network.index("y")], inputs


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_each_head_is_attention_of_its_own_features(heads: int) -> None:
    """To the digits of float32, in float64."""
    found, inputs = attended(heads)
    size = 4 // heads
    for n in range(2):
        for head in range(heads):
            own = slice(head * size, (head + 1) * size)
            q, k, v = (inputs[name][:, n, own] for name in "qkv")
            e = np.exp(q @ k.T / np.sqrt(size))
            expected = e / e.sum(axis=-1, keepdims=True) @ v
            np.testing.assert_array_equal(found[:, n, own].astype(np.float32), expected.astype(np.float32))
    assert (found != attended(4 if heads == 1 else 1)[0]).any(), "another number of heads is seen"


def test_what_is_masked_out_is_not_seen() -> None:
    mask = np.zeros((3, 5))
    mask[:, 4] = -1e9  # exp of that is 0
    found, inputs = attended(2, m=mask)
    other = inputs["v"].copy()
    other[4] = 100
    np.testing.assert_array_equal(found, attended(2, m=mask, v=other)[0])
    assert (found != attended(2, v=other)[0]).any()


@pytest.mark.parametrize(
    ("heads", "replaced", "message"),
    [
        (3, {}, "4 features are none for 3 heads alike"),
        (2, {"W": np.eye(4)}, r"W_in has shape \(12, 4\) for queries of shape \(3, 2, 4\), not \(4, 4\)"),
        (2, {"v": np.zeros((4, 2, 4))}, r"v has shape \(5, 2, 4\)"),
        (2, {"m": np.zeros((5, 3))}, r"a mask has shape \(3, 5\) here, not \(5, 3\)"),
    ],
)
def test_what_does_not_fit_is_refused(heads: int, replaced: Any, message: str) -> None:
    with pytest.raises(StatementError, match=message):
        attended(heads, **replaced)
