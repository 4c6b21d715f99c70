"""The frameworks' own defaults, read from their signatures."""

from typing import Any

import pytest

from gradproof.reference.special_points import special_points
from gradproof.reports.atlas.framework_defaults import default_of, other_defaults


@pytest.mark.parametrize(
    ("signature", "keyword", "default"),
    [
        ("(x: 'ArrayLike', approximate: 'bool' = True) -> 'Array'", "approximate", (True,)),
        ("softplus(input, beta=1, threshold=20) -> Tensor", "threshold", (20,)),
        ("gelu(input, approximate = 'none') -> Tensor", "approximate", ("none",)),
        ("var(input, dim=None, *, correction=1, keepdim=False, out=None) -> Tensor", "correction", (1,)),
        ("(features, alpha=0.2, name=None)", "alpha", (0.2,)),
        ("(features, alpha=0.2, name=None)", "slope", None),
        ("(x, alpha)", "alpha", None),
        ("(x, alpha=<no value>)", "alpha", None),
    ],
)
def test_a_default_is_read(signature: str, keyword: str, default: tuple[Any] | None) -> None:
    """As literals; what is none says nothing."""
    assert default_of(signature, keyword) == default


def test_defaults_that_mean_something_else_are_found() -> None:
    """jax.nn.gelu approximates, and torch.var divides by n - 1, where nothing is said; relu has nothing to say."""
    points = [point for _, point in special_points(["gelu", "var", "relu"])]
    networks = {point.operation: point.network for point in reversed(points)}  # the first of each
    found = {
        (each["framework"], each["operation"], each["keyword"]) for each in other_defaults(networks, ["torch", "jax"])
    }
    assert found == {("jax", "gelu", "approximate"), ("torch", "var", "correction")}
