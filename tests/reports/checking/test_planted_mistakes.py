"""Every mistake of the catalogue in each framework's own gradients: caught, or too small to be seen."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.mistakes import MISTAKES
from gradproof.reports.analysis.corpus.mutants import joined, mistaken, outcome_of
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import Comparison, compare
from tests.reference.mistakes.subjects import subjects

OUTCOMES = ("caught", "below the floor", "within 5 sigma above", "equal", "escaped")


def run(workers: Workers, case: Case) -> Future[Any]:
    return workers.gradients(case.network, case.framework.key, case.mode, case.dtype)


def table(counts: Mapping[tuple[str, str], Counter[str]]) -> str:
    """Mistake by framework: mutants, and what became of them."""
    lines = [f"{'':38}" + "".join(f"{title:>24}" for title in OUTCOMES)]
    for mistake in MISTAKES:
        cells = [[str(counts[mistake.name, key][outcome]) for key in FRAMEWORKS] for outcome in OUTCOMES]
        lines.append(f"{mistake.name:38}" + "".join(f"{' / '.join(cell):>24}" for cell in cells))
    total = [[str(sum(counts[m.name, key][o] for m in MISTAKES)) for key in FRAMEWORKS] for o in OUTCOMES]
    lines.append(f"{'in all':38}" + "".join(f"{' / '.join(cell):>24}" for cell in total))
    return "\n".join(lines)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a mistaken computation may overflow, or divide by 0
def test_no_mistake_escapes(dtype: str, workers: Workers) -> None:
    cases = {
        (name, key): Case(name, network, framework, framework.default_mode, dtype)
        for name, network in subjects().items()
        for key, framework in FRAMEWORKS.items()
    }
    running = {key: run(workers, case) for key, case in cases.items()}
    counts: dict[tuple[str, str], Counter[str]] = {(m.name, key): Counter() for m in MISTAKES for key in FRAMEWORKS}
    escaped, alarms = [], []
    for name, network in subjects().items():
        right: dict[str, Comparison] = {}
        for key in FRAMEWORKS:
            outcome = running[name, key].result()
            assert not isinstance(outcome, Failed), outcome.message
            comparisons = compare(outcome[0], cases[name, key].table())
            right[key] = joined(comparisons)
            if not right[key].agrees:
                alarms.append((name, key, right.pop(key).largest))
        for mistake, variant, change in mistaken(network, dtype):
            for key, comparison in right.items():
                found = outcome_of(comparison, change)
                counts[mistake, key][found] += 1
                if found == "escaped":
                    escaped.append((name, key, mistake, variant.place, variant.detail))
    print(f"\n{dtype}: {' / '.join(FRAMEWORKS)}; without {alarms}\n{table(counts)}")
    assert escaped == []
    assert len(alarms) * 10 <= len(cases)
    assert all(counts[m.name, key]["caught"] for m in MISTAKES for key in FRAMEWORKS)


@pytest.mark.parametrize(
    ("own", "change", "outcome"),
    [
        (0, 20, "caught"),
        (0, 2, "below the floor"),
        (-3, 10, "within 5 sigma above"),
        (0, 0, "equal"),
        (-8, 15, "escaped"),  # a rounding error of 8 sigma hides what the tolerance should have seen
        (20, 0, "escaped"),  # and this entry is flagged, in which there is no mistake
    ],
)
def test_an_escape_would_be_seen(own: int, change: int, outcome: str) -> None:
    """In units of sigma, of which lambda is 9: the error of a framework, and what a mistake adds to it."""
    right = Comparison(np.array([0.0, 64 + own]), np.array([0.0, 64.0]), np.ones(2), 9.0)
    assert outcome_of(right, np.array([0.0, change], np.longdouble)) == outcome
