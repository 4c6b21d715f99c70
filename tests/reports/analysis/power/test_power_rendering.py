"""Power, checkers and advice rendered: what the sentences and tables say follows from the figures."""

import math
from typing import Any

from gradproof.reports.analysis.advice import render as advice
from gradproof.reports.analysis.assembly import rendered_files
from gradproof.reports.analysis.checkers import render as checkers
from gradproof.reports.analysis.paper.sections import Figure, Section, Table
from gradproof.reports.analysis.power import render as power
from gradproof.reports.analysis.power.measure import COLUMNS, JUDGES, USED


def row(derived: int, others: int, escaped: int = 0) -> list[int]:
    """Of ten mutants of which five are above lambda + 5 sigma."""
    return [10, 1, 6, 5, escaped, derived, *[others] * (len(JUDGES) - 1)]


def result(dtype: str, scale: str, derived: int = 9, others: int = 4, escaped: int = 0) -> dict[str, Any]:
    return {
        "family": "ordinary",
        "framework": "torch",
        "dtype": dtype,
        "scale": scale,
        "advised": [1e-9, 1e-6],
        "verdicts": {"agrees": 3, "precision": 1},
        "entries": 30,
        "alarms": {"derived": [0, 0], **{judge: [2, 7] for judge in JUDGES[1:]}},
        "mistakes": {"sign": row(derived, others, escaped)},
        "errors": {"0.1": row(derived, others), "0.01": row(0, 0)},
        "told": [["ordinary 1.0", "sign", "in dL/dz"]] * escaped,
    }


def measured(**changed: Any) -> dict[str, Any]:
    results = [result(dtype, scale, **changed) for dtype in ("float32", "float64") for scale in ("0.001", "1", "1000")]
    return {"judges": list(JUDGES), "columns": list(COLUMNS), "used": USED, "results": results}


CALIBRATION = {
    "relative": [1e-3, 0.0],
    "results": [
        {"family": "ordinary", "framework": "torch", "dtype": dtype, "absolute": [0.0, 1e-3], "sizes": SIZES}
        for SIZES in [{"first": -3, "counts": [1, 2]}]
        for dtype in ("float32", "float64")
    ],
}


def checked(checker: str, caught: int) -> dict[str, Any]:
    figures = {"mutants": {"catalogue": [4, 4, caught], "0.1": [2, 2, caught // 2]}, "right": [5, 1]}
    times = {"timed": 4, "right_seconds": 1.0, "wrong_seconds": 2.0}
    return {"framework": "torch", "checker": checker, "scale": "1", **figures, **times}


CHECKERS = {"columns": [], "results": [checked("gradproof check, PyTorch", 4), checked("gradcheck, fast mode", 2)]}


def table(section: Section, name: str) -> list[list[Any]]:
    """The rows of a table."""
    return next(
        [list(row) for row in part.rows] for part in section.parts if isinstance(part, Table) and part.name == name
    )


def said(section: Section) -> str:
    return " ".join(part for part in section.parts if isinstance(part, str))


def test_all_is_rendered_twice_the_same() -> None:
    everything = {"power": measured(), "calibration": CALIBRATION, "checkers": CHECKERS}
    sections = [power.section(measured(), everything), checkers.section(CHECKERS, {}), advice.section(None, everything)]
    assert sections == [
        power.section(measured(), everything),
        checkers.section(CHECKERS, {}),
        advice.section(None, everything),
    ]
    names = [(type(part), part.name) for s in sections for part in s.parts if isinstance(part, Table | Figure)]
    assert len(names) == len(set(names))


def test_shares_and_alarms() -> None:
    rows = table(power.section(measured(), {}), "power")
    assert ["float32", "1", "derived", 3, 0, 0, 10, 90.0, 20, 45.0] in rows
    assert ["float64", "1000", "gradcheck", 3, 2, 7, 10, 40.0, 20, 20.0] in rows


def test_an_escape_is_said() -> None:
    whole, broken = (power.section(measured(escaped=n), {}) for n in (0, 1))
    assert "90 are caught (100 %): 0 escape" in said(whole)
    assert "84 are caught (93.3333 %): 6 escape" in said(broken)
    assert len(table(broken, "escaped")) == 6
    assert "18 more exceed it only where sigma is that of the table" in said(whole)
    assert "6 precision" in said(whole)


def test_where_derived_tolerances_lose_is_said() -> None:
    assert "No fixed tolerance without a false alarm catches more" in said(power.section(measured(), {}))
    lost = measured(derived=3)
    lost["results"][0]["alarms"] = {}
    text = said(power.section(lost, {}))
    assert "in 1 of 6 groups" in text
    assert "2 of 30 mutants more" in text


def test_checkers_have_their_time_and_false_alarms() -> None:
    rows = table(checkers.section(CHECKERS, {}), "checkers")
    assert rows == [
        ["gradcheck, fast mode", "1", 5, 1, 4, 50.0, 2, 50.0, 0.2, 0.5],
        ["gradproof check, PyTorch", "1", 5, 1, 4, 100.0, 2, 100.0, 0.2, 0.5],
    ]


def test_advice_says_what_it_misses() -> None:
    section = advice.section(None, {"power": measured(), "calibration": CALIBRATION})
    rows = table(section, "advice")
    assert rows[0][:5] == ["ordinary", "torch", "float32", 0.0, 1e-3]
    assert math.log2(rows[0][5] * 1e3) == 0
    assert rows[0][6:] == [10, 6, 1, 20, 16, 11]
    assert "float32, loss times 1: 73.3 % of the mutants missed (40 % by derived tolerances), 2 of 3 right" in said(
        section
    )


def test_advice_needs_calibration_and_power() -> None:
    where = {"environment": {"frameworks": {}, "numpy": "", "python": "", "system": "", "machine": "", "processor": ""}}
    files = rendered_files({"power": {**where, "profile": "portable", **measured()}})
    assert "power.csv" in files
    assert "advice.csv" not in files
