"""The atlas, measured: every class is told, and what changes is said."""

from dataclasses import replace
from typing import Any

import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import GradproofError
from gradproof.reports.atlas.atlas_rows import CLASSES, Row
from gradproof.reports.atlas.tried_points import changed, chosen_points, measure
from gradproof.reports.checking.results.results import VERDICTS


def found(atlas: dict[str, Any], name: str, framework: str, dtype: str) -> Row:
    """The one row of a point in a framework and dtype."""
    (row,) = (row for row in atlas["rows"] if (row["name"], row["framework"], row["dtype"]) == (name, framework, dtype))
    return dict(row)


def test_every_verdict_has_a_class() -> None:
    """A new verdict has to be given one."""
    assert set(CLASSES) == set(VERDICTS)


def test_a_convention_is_told_from_what_loses_digits() -> None:
    """At 0 JAX's leaky_relu takes slope 1; at 60 beside smaller entries softmax' loses digits, as is declared."""
    points = {
        name: point
        for name, point in chosen_points(["leaky_relu", "softmax"]).items()
        if name in ("leaky_relu-x-at-0", "softmax-x-at-one-60")
    }
    atlas = measure(points, frameworks=["torch", "jax"], dtypes="float64")
    convention, lost = (
        found(atlas, "leaky_relu-x-at-0", "jax", "float64"),
        found(atlas, "softmax-x-at-one-60", "torch", "float64"),
    )
    assert convention["class"] == "convention"
    assert "slope 1" in convention["condition"]
    assert found(atlas, "leaky_relu-x-at-0", "torch", "float64")["class"] == "right"
    assert lost["class"] == "digits lost"
    assert lost["condition"] == "softmax': y (g - sum(g y))"
    assert lost["lost"] > 0
    assert {each["framework"] for each in atlas["differences"]} == {"torch", "jax"}
    assert atlas["tried"] == {"leaky_relu": ["leaky_relu-x-at-0"], "softmax": ["softmax-x-at-one-60"]}


def test_another_function_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a hyperbolic tangent in place of softsign, which its entry's digits do not excuse."""
    torch = FRAMEWORKS["torch"]
    monkeypatch.setitem(FRAMEWORKS, "torch", replace(torch, templates={**torch.templates, "softsign": "F.tanh(x)"}))
    atlas = measure(chosen_points(["softsign-x-at-1"]), frameworks="torch")
    assert {row["class"] for row in atlas["rows"]} == {"another function"}
    assert {each["cause"].split()[0] for each in atlas["differences"]} == {"softsign"}


def test_a_changed_class_is_said() -> None:
    """What is in neither atlas is right in both; what was not tried before is said to be so, and not compared."""
    row = {"name": "relu-x-at-0", "framework": "jax", "mode": "jit", "dtype": "float32", "operation": "relu"}
    other = {**row, "name": "relu-x-at-1", "class": "artifact"}
    old = {"tried": {"relu": ["relu-x-at-0"]}, "rows": [{**row, "class": "convention"}]}
    new = {"tried": {"relu": ["relu-x-at-0", "relu-x-at-1"]}, "rows": [other]}
    assert changed(old, old) == []
    assert changed(new, old) == [
        "relu-x-at-0 jax jit float32: convention before, right now",
        "relu-x-at-1: not tried before",
    ]


@pytest.mark.parametrize(
    ("name", "hint"), [("sofplus", "did you mean softplus?"), ("relu-x-at-7", "gradproof atlas OPERATION")]
)
def test_a_name_of_nothing_is_refused(name: str, hint: str) -> None:
    """With what there is."""
    with pytest.raises(GradproofError, match=hint.replace("?", r"\?")):
        chosen_points([name])


def test_a_point_is_found_by_its_name() -> None:
    """Or by the beginning of it."""
    assert [*chosen_points(["softplus-x-at-20.5"])] == ["softplus-x-at-20.5"]
    assert {point.operand for point in chosen_points(["divide-b"]).values()} == {"b"}
