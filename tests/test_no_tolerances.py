"""No tolerance is picked by hand anywhere in the repository."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("reference", "adapters", "reports", "tests")
BANNED = frozenset({"rtol", "atol", "rel_tol", "abs_tol", "allclose", "isclose", "approx"}) | {
    f"assert_{name}" for name in ("allclose", "almost_equal", "array_almost_equal", "approx_equal")
}


def uses(code: str) -> list[str]:
    """Banned names that `code` uses, as a name, an attribute, an import or a keyword."""
    found = []
    for node in ast.walk(ast.parse(code)):
        names = {
            ast.Name: lambda n: [n.id],
            ast.Attribute: lambda n: [n.attr],
            ast.keyword: lambda n: [n.arg],
            ast.arg: lambda n: [n.arg],
            ast.ImportFrom: lambda n: [alias.name for alias in n.names],
        }.get(type(node), lambda n: [])(node)
        found += [name for name in names if name in BANNED]
    return found


@pytest.mark.parametrize("path", sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")), ids=str)
def test_no_hand_picked_tolerance(path: Path) -> None:
    assert uses(path.read_text(encoding="utf-8")) == []


def test_the_search_finds_them() -> None:
    assert uses("np.testing.assert_allclose(a, b, rtol=1e-5)") == ["assert_allclose", "rtol"]
    assert uses("from math import isclose") == ["isclose"]
