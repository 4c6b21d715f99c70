"""Sums: the exact truth, the units, and mistakes that the figures must show."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.spread import processes
from gradproof.reports.analysis.paper.sections import Table, files
from gradproof.reports.analysis.sums import exact, measure, sum_runs
from gradproof.reports.analysis.sums.render import section
from gradproof.reports.analysis.sums.summed import KINDS, OPERATIONS
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.truth import certified_truth, first_truth
from gradproof.reports.printing.stable_json import stable_json

Json = dict[str, Any]


def subject(operation: str = "sum along rows", length: int = 64, dtype: str = "float32", kind: str = "equal") -> Any:
    return measure.Subject(measure.Unit("torch", operation, length), dtype, kind)


def case(of: Any, dtype: str) -> Case:
    return Case("sums", of.network, FRAMEWORKS["torch"], "eager", dtype)


def fractions(of: Any, got: Any) -> list[str]:
    """The errors of a sum along rows in u |A||B|, by rational arithmetic."""
    found = []
    for row, total in zip(of.left.tolist(), got.tolist(), strict=True):
        terms = list(map(Fraction, row))
        unit = Fraction(1, 2 ** (24 if of.dtype == np.float32 else 53))
        found.append(digits(abs(Fraction(total) - sum(terms)) / (unit * sum(map(abs, terms)))))
    return found


def digits(x: Any) -> str:
    return f"{float(x):.9g}"


def sequential(of: Any) -> Any:
    return np.add.accumulate(of.left.astype(of.dtype), axis=-1)[:, -1]


def in_lanes(of: Any, lanes: int) -> Any:
    """Each lane in sequence, then the lanes in pairs."""
    total = np.add.accumulate(of.left.astype(of.dtype).reshape(len(of.left), -1, lanes), axis=1)[:, -1]
    while total.shape[-1] > 1:
        total = total[:, ::2] + total[:, 1::2]
    return total[:, 0]


def in_half(of: Any) -> Any:
    """Partial sums in half precision."""
    return np.add.accumulate(of.left.astype(np.float16), axis=-1)[:, -1].astype(of.dtype)


def figures(of: Any, got: Any, dtype: str, **row: Any) -> Json:
    judged = measure.PathJudge(case(of, dtype), of)(got)
    kind = {"framework": "torch", "mode": "eager", "operation": "sum along rows", "dtype": dtype}
    return {**kind, "length": of.left.shape[1], "data": "equal", **of.figures(got), **judged, **row}


def test_products_are_exact() -> None:
    generator = np.random.default_rng(0)
    left, right = (np.ldexp(generator.normal(size=s), generator.integers(-40, 40, s)) for s in ((3, 50), (50, 2)))
    parts = exact.product(left, right)
    for i, j in np.ndindex(3, 2):
        terms = (Fraction(a) * Fraction(b) for a, b in zip(left[i].tolist(), right[:, j].tolist(), strict=True))
        assert sum(terms) == sum(Fraction(float(part[i, j])) for part in parts)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_exact_sum_is_the_gradient(operation: str, dtype: str) -> None:
    """The network's own gradient in ball arithmetic, entry by entry."""
    for kind, length in zip(KINDS, (4, 7, 16, 9), strict=True):
        of = subject(operation, length, dtype, kind)
        table = case(of, dtype).table()
        (certified,) = certified_truth(case(of, dtype), first_truth(case(of, dtype))).table.values()
        assert certified is not next(iter(table.values())), "too large to be certified"
        assert (certified.value == of.truth).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_in_units_of_the_rounded_terms(dtype: str, kind: str) -> None:
    of = subject(length=10, dtype=dtype, kind=kind)
    got = sequential(of)
    assert list(map(digits, of.errors(got))) == fractions(of, got)


def no_unit(of: Any) -> None:
    of.unit = 1.0


def ulp(of: Any) -> None:
    of.unit *= 2


def wrong_truth(of: Any) -> None:
    of.parts = [of.left.astype(of.dtype).sum(axis=1, keepdims=True)]


def signed(of: Any) -> None:
    of.sizes = np.abs(of.left.sum(axis=1))


@pytest.mark.parametrize("mistake", [no_unit, ulp, wrong_truth, signed])
def test_a_wrong_unit_or_truth_is_noticed(mistake: Callable[[Any], None]) -> None:
    of = subject(length=10, kind="random")
    got = sequential(of)
    mistake(of)
    assert list(map(digits, of.errors(got))) != fractions(of, got)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_run_is_that_of_the_blocks(dtype: str) -> None:
    of = subject(length=1024, dtype=dtype)
    assert sum_runs.run_length(figures(of, sequential(of), dtype)) == 1024
    for lanes in (4, 16):
        found = sum_runs.run_length(figures(of, in_lanes(of, lanes), dtype))
        assert found is not None
        assert 1024 / lanes / 2 < found < 1024 / lanes * 2


def test_a_sum_worse_than_a_sequential_one_is_flagged() -> None:
    of = subject(kind="positive")
    honest, worse = figures(of, sequential(of), "float32"), figures(of, in_half(of), "float32")
    assert honest["flagged"] == 0 < worse["flagged"]
    run = sum_runs.run_length(worse)
    assert run is not None
    assert run > 64
    assert "none is flagged" in section({"results": [honest]}, {}).parts[1]  # type: ignore[operator]
    assert "1 is flagged" in section({"results": [honest, worse]}, {}).parts[1]  # type: ignore[operator]


def test_a_rendering_is_a_pure_function() -> None:
    rows = []
    for length in (2, 64):
        for dtype in DTYPES:
            for kind in ("positive", "equal"):
                of = subject(length=length, dtype=dtype, kind=kind)
                for mode, got in (("eager", sequential(of)), ("other", in_lanes(of, 2))):
                    rows.append(figures(of, got, dtype, data=kind, mode=mode))
    data = {"results": rows}
    before = json.dumps(data)
    first, again = (section(given, {}) for given in (data, json.loads(stable_json(data))))
    assert files([first]) == files([again])
    assert first.markdown == again.markdown
    assert first.html == again.html
    assert json.dumps(data) == before
    for table in (part for part in first.parts if isinstance(part, Table)):
        assert all(len(row) == len(table.head) for row in table.rows)
        assert not any("|" in title for title in table.head), "a bar ends a cell of a Markdown table"


def test_units_survive_json() -> None:
    units = measure.units(list(FRAMEWORKS), (2, 33))
    assert [measure.Unit(*json.loads(json.dumps(unit))) for unit in units] == units
    assert len(set(units)) == len(units) == 2 * len(FRAMEWORKS) * len(OPERATIONS)


def test_a_framework_is_measured(framework: str) -> None:
    """Every path, both dtypes, all data; and the same again in another process."""
    units = [measure.Unit(framework, "A @ B", 33), measure.Unit(framework, "dL/dw of conv2d", 8)]
    found = []
    for _ in range(2):
        with processes(1)(FRAMEWORKS[framework]) as pool:
            found.append(measure.measured(dict(zip(units, pool.map(measure.perform, units), strict=True))))
    assert found[0] == found[1] == json.loads(stable_json(found[0]))
    results = found[0]["results"]
    assert len(results) == len(units) * len(DTYPES) * len(KINDS) * len(FRAMEWORKS[framework].measured_modes)
    for row in results:
        assert row["flagged"] == 0
        assert 0 < row["rms"] <= row["largest"] <= row["length"]
