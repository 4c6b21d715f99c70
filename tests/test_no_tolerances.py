"""No tolerance is picked by hand anywhere in the repository."""

import ast
from pathlib import Path

import pytest

from gradproof.reference import admitted
from tests.hand_picked import FEW, Module, hand_picked, module

ROOT = Path(__file__).parents[1]
ROOMS = ("reference", "adapters", "reports", "tests")
BANNED = frozenset({"rtol", "atol", "rel_tol", "abs_tol", "allclose", "isclose", "approx"}) | {
    f"assert_{name}" for name in ("allclose", "almost_equal", "array_almost_equal", "approx_equal")
}

FILES = {path.relative_to(ROOT).as_posix(): path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}
OURS = [name for name in FILES if not name.startswith("tests/")]
"""A number in a test decides nothing but whether the test passes."""


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


@pytest.mark.parametrize("name", FILES)
def test_no_function_that_takes_a_tolerance_is_used(name: str) -> None:
    assert uses(FILES[name].read_text(encoding="utf-8")) == []


def test_the_search_for_names_finds_them() -> None:
    assert uses("np.testing.assert_allclose(a, b, rtol=1e-5)") == ["assert_allclose", "rtol"]
    assert uses("from math import isclose") == ["isclose"]


@pytest.mark.parametrize("name", OURS)
def test_no_picked_number_decides(name: str) -> None:
    found = hand_picked(module(FILES[name]))
    assert found == [], f"derive it, or admit it in reference/admitted.py: {'; '.join(found)}"


PLANTED = {
    "a literal": "abs(a - b) < 1e-6",
    "on the left": "0.25 >= abs(a - b)",
    "a half": "x < 0.5",
    "a power of two": "x <= 2.0**-40 * y",
    "a quotient by a power of two": "abs(a - b) <= abs(a) / 2**40",
    "a factor": "1000 * abs(a - b) < abs(a)",
    "a small factor": f"a < {FEW + 1} * b",
    "a fraction": "abs(a - b) > half * Fraction(1001, 1000)",
    "a text": "abs(a - b) > Fraction('1e-6') * a",
    "a power in another type": "np.abs(a - b) <= size * np.longdouble(2) ** -50",
    "a sum": "abs(a - b) <= limit * sigma + 1e-12",
    "either of two": "x < (1e-3 if single else 1e-9) * y",
    "a clip": "p = np.maximum(p, 1e-7)",
    "a constant": "NEAR = 0.5\nx < NEAR",
    "one of two constants": "LOW, HIGH = 0.3, 1.2\nLOW <= x",
    "a constant of another": "NEAR = 2.0**-40\nTWICE = 2 * NEAR\nabs(a - b) < TWICE * a",
    "a constant of another module": "from gradproof.reports.analysis.sums.summed import NEAR\nx < NEAR",
    "a name of the function": "def f(x):\n    slack = 2.0**-20 * x\n    return x < slack",
    "a default": "def near(a, b, apart=2.0**-40):\n    return abs(a - b) <= apart",
    "bits by default": "def near(a, b, *, bits=40):\n    return abs(a - b) <= 2.0**-bits",
    "an argument": "def near(a, b, apart):\n    return abs(a - b) <= apart * a\nnear(x, y, 2.0**-30)",
    "an argument by name": "def near(a, b, apart):\n    return abs(a - b) <= apart\nnear(x, y, apart=1e-3)",
    "a result": "def slack(x):\n    return 1e-9 * abs(x)\nabs(a - b) < slack(a)",
    "a field": "class C:\n    near: float = 0.1\n    def f(self, x):\n        return x < self.near",
    "in a lambda": "flagged = lambda x: x > 1e-3",
}

HONEST = {
    "a count": "len(names) > 20 or depth < MAX_DEPTH",
    "a limit": "MAX_BITS = 6400\nbits >= MAX_BITS",
    "a sign": "x > 0.0 and y < 1.0",
    "half a unit": "abs(a - b) <= unit / 2",
    "lambda sigma": "np.abs(got - truth) <= limit * sigma",
    "roundings": "abs(a - b) <= n * np.finfo(dtype).eps * abs(a)",
    "what is admitted": "from gradproof.reference.admitted import FALSE_ALARM\np < FALSE_ALARM / n",
    "a digit": "x < 10**k",
    "bisection": "low, high = 0.0, 40.0\nwhile low < (x := (low + high) / 2) < high:\n    low, high = x, high",
    "data": "scales = (0.25, 1.0)\nplace < len(scales)",
    "no comparison by size": "x == 0.5",
}


@pytest.mark.parametrize("code", PLANTED.values(), ids=PLANTED)
def test_the_search_for_numbers_finds_them(code: str) -> None:
    assert len(hand_picked(Module(code))) == 1


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
def test_the_search_for_numbers_finds_nothing_else(code: str) -> None:
    assert hand_picked(Module(code)) == []


def test_what_is_admitted_is_explained_and_used() -> None:
    tree = ast.parse(Path(admitted.__file__).read_text(encoding="utf-8"))
    assert unexplained(tree) == []
    imported = {
        name for name in OURS for origin, name in module(FILES[name]).imports.values() if origin == admitted.__name__
    }
    assert imported == {name for name in vars(admitted) if name.isupper()}


def unexplained(tree: ast.Module) -> list[str]:
    """Assignments that no text follows."""
    after = [*tree.body[1:], None]
    told = [isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in after]
    return [
        ast.unparse(line)
        for line, said in zip(tree.body, told, strict=True)
        if isinstance(line, ast.Assign) and not said
    ]


def test_a_number_without_a_reason_is_found() -> None:
    assert unexplained(ast.parse('A = 1\nB = 2\n"""Why."""\nC = 3')) == ["A = 1", "C = 3"]
