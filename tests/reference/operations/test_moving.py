"""Operations that have NumPy's names move entries as NumPy does, and refuse what does not fit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gradproof.reference.operations import OPERATIONS

X = np.arange(24.0).reshape(2, 3, 4)

CALLS: list[tuple[str, dict[str, Any]]] = [
    *(("flip", {"axis": axis}) for axis in (None, 0, -1, (0, 2))),
    *(("roll", {"shift": shift, "axis": axis}) for shift in (-7, -1, 0, 2, 5) for axis in (0, 1, -1)),
    *(("reshape", {"shape": shape}) for shape in (-1, 24, (4, -1), (4, 3, 2))),
    *(("broadcast_to", {"shape": shape}) for shape in ((2, 3, 4), (5, 2, 3, 4))),
    *(("tile", {"reps": reps}) for reps in (2, (2,), (2, 1, 3), (3, 1, 2), (2, 1, 1, 2))),
    *(("repeat", {"repeats": repeats, "axis": axis}) for repeats in (1, 3) for axis in (0, 1, -1)),
    *(("swapaxes", {"axis1": a, "axis2": b}) for a in (0, 1, -1) for b in (0, -2, 2)),
    *(("moveaxis", {"source": a, "destination": b}) for a in (0, 1, -1) for b in (0, -2, 2)),
    *(("cumsum", {"axis": axis}) for axis in (0, -1)),
    *(("cumprod", {"axis": axis}) for axis in (0, -1)),
]


def differs(name: str, attributes: dict[str, Any]) -> bool:
    """Whether an operation gives something else than NumPy's function of its name."""
    return not np.array_equal(OPERATIONS[name].forward(X, **attributes), getattr(np, name)(X, **attributes))


@pytest.mark.parametrize(("name", "attributes"), CALLS, ids=str)
def test_entries_go_where_numpy_has_them(name: str, attributes: dict[str, Any]) -> None:
    assert not differs(name, attributes)


def test_another_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other way round, which is the same for a shift by half the axis."""
    roll = OPERATIONS["roll"]
    turned = replace(roll, forward=lambda x, *, shift, axis: roll.forward(x, shift=-shift, axis=axis))
    monkeypatch.setitem(OPERATIONS, "roll", turned)
    found = [differs(name, attributes) for name, attributes in CALLS if name == "roll" and attributes["axis"] == 1]
    assert found == [True, True, False, True, True]


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (1, 0), (2, 3)])
def test_borders_are_where_numpy_has_them(axis: int, before: int, after: int) -> None:
    widths = [(0, 0)] * X.ndim
    widths[axis] = (before, after)
    found = OPERATIONS["pad"].forward(X, before=before, after=after, axis=axis, value=-0.5)
    assert np.array_equal(found, np.pad(X, widths, constant_values=-0.5))


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("glu", {"axis": 1}, "axis 1 has 3 entries"),
        ("clip", {"lower": 1.0, "upper": 1.0}, "the upper bound must be above the lower one"),
        ("hardtanh", {"min_val": 1.0, "max_val": -1.0}, "the upper bound must be above the lower one"),
        ("roll", {"axis": 3}, "out of bounds"),
        ("cumprod", {"axis": 3}, "out of bounds"),
        ("pad", {"axis": -4}, "out of bounds"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OPERATIONS[name].forward(X, **attributes)
