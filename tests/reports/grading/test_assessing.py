"""Answers become claims that nobody printed: in their own dtype, to the digits that tell."""

import math
import time
from typing import Any

import numpy as np
import pytest

from gradproof.reference.language.build import build
from gradproof.reference.mistakes import MISTAKES
from gradproof.reports.grading import assessing
from gradproof.reports.grading.answers.answers import (
    BY_HAND,
    DOUBLE,
    KEPT,
    MOST_DIGITS,
    OFF,
    SINGLE,
    Answer,
    rounded_by_hand,
)
from gradproof.reports.grading.assessing import as_claim, assessed, verdicts
from gradproof.reports.grading.everywhere import blamed_once, gives
from gradproof.reports.grading.grading import RIGHT_BUT
from gradproof.reports.teaching.claims.quantity import read_quantity
from gradproof.reports.teaching.claims.statuses import DIFFERS, FAILING, OK, PROPAGATED, STATUSES, WRONG
from gradproof.reports.teaching.claims.work import Work
from gradproof.reports.teaching.right.preparing import Prepared
from tests.reports.teaching.test_judging import network


def answer(text: str, number: Any, dtype: str = DOUBLE) -> Answer:
    quantity = read_quantity(text, network())
    return Answer(quantity, text, array=np.asarray(number, float), dtype=dtype, raw=np.asarray(number, float))


def claims(**numbers: float) -> dict[str, Prepared]:
    found = assessed(network(), {name: answer(name, number) for name, number in numbers.items()})
    return {name: as_claim(network(), each, DOUBLE, {}) for name, each in found.items()}


A1 = 1 / (1 + math.exp(0.095))
Z2 = 0.3 * A1 + 0.3
A2 = 1 / (1 + math.exp(-Z2))


@pytest.mark.parametrize(
    ("given", "dtype", "kept", "accurate"),
    [
        (answer("a1", A1), SINGLE, 8, DOUBLE),
        (answer("a1", np.float32(A1)), DOUBLE, 4, SINGLE),
        (answer("a1", 0.31234567890123456), DOUBLE, 8, OFF),
        (answer("a1", 0.31234567890123456), SINGLE, 4, OFF),
        (answer("a1", 0.31234567890123456, SINGLE), DOUBLE, 4, OFF),
        (answer("a1", 0.476), SINGLE, 3, BY_HAND),
    ],
)
def test_an_answer_is_a_claim_to_the_digits_that_tell(given: Answer, dtype: str, kept: int, accurate: str) -> None:
    each = assessed(network(), {"a1": given})["a1"]
    made = as_claim(network(), each, dtype, {})
    assert made.printed is not None
    mantissa = made.printed.text.partition("e")[0].replace(".", "").lstrip("0")
    assert (len(mantissa), each.accurate) == (kept, accurate)
    assert made.text == f"a1 = {made.printed.text}"


def test_half_of_the_digits_of_a_dtype_are_kept() -> None:
    for dtype, kept in KEPT.items():
        assert 10.0 ** (2 * kept) <= 1 / np.finfo(dtype).eps < 10.0 ** (2 * kept + 2)


def test_hardly_a_computed_number_looks_typed() -> None:
    """One digit more, and more than a tenth of all float64 would."""
    computed = np.random.default_rng(0).uniform(0.1, 1, 10_000)
    typed = [rounded_by_hand(answer("a1", float(x))) is not None for x in computed]
    assert np.mean(typed) <= 0.1
    longer = [len(repr(float(x))) - 2 <= MOST_DIGITS + 2 for x in computed]
    assert np.mean(longer) > 0.1


def test_what_follows_from_a_wrong_answer_is_found() -> None:
    found = verdicts(network(), claims(a1=0.3 + 1e-11, z2=0.3 * 0.3 + 0.3 + 3e-12, a2=A2))
    assert [(each.status, each.follows) for each in found.values()] == [(WRONG, None), (PROPAGATED, 0), (OK, None)]


def test_a_program_does_not_round_on_paper() -> None:
    """0.0672 is dL/dw2 with all numbers between rounded to two decimals, as z1 is."""
    found = verdicts(network(), claims(z1=-0.095, **{"dL/dw2": 0.0672}))
    assert [each.status for each in found.values()] == [OK, WRONG]


def test_a_mistake_made_everywhere_is_blamed_on_the_first_answer() -> None:
    mistake = MISTAKES[0]
    made = claims(z1=-0.095, a1=0.3, z2=0.39, a2=A2)
    found = blamed_once(mistake, made)
    assert [each.status for each in found.values()] == [OK, WRONG, PROPAGATED, OK]
    assert [each.follows for each in found.values()] == [None, None, 1, None]
    diagnosis = found["a1"].diagnosis
    assert diagnosis is not None
    assert (diagnosis.mistake, diagnosis.formula) == (mistake.name, f"a1, {mistake.name}")


def test_a_network_gives_answers_only_if_it_gives_them_all() -> None:
    assert gives(network(), claims(z1=-0.095, a1=A1, z2=Z2))
    assert not gives(network(), claims(z1=-0.095, a1=A1, z2=Z2 + 1e-6))


def test_answers_are_judged_also_where_no_work_is_left_to_explain_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assessing, "Work", lambda: Work(sought=0))
    found = assessed(network(), {name: answer(name, number) for name, number in (("a1", 0.31234567891234), ("a2", A2))})
    assert found["a1"].finding
    assert found["a2"].finding
    assert [each.finding.status for each in found.values() if each.finding] == [WRONG, OK]


def test_a_mistake_in_a_long_chain_is_soon_given_up() -> None:
    chain = build("\n".join(f"a{i} = 2*a{i - 1}" if i else "a0 = 2*x" for i in range(800)), {"x": 1.0})
    quantity = read_quantity("a799", chain)
    wrong = Answer(quantity, "a799", array=np.asarray(0.7312), dtype=DOUBLE, raw=np.asarray(0.7312))
    before = time.process_time()
    assert assessed(chain, {"a799": wrong})["a799"].finding
    assert time.process_time() - before < 10  # a mistake made at half a million places, each time in a new network


def test_every_status_of_a_claim_has_its_points() -> None:
    """One that is not listed would be a slip that is paid for."""
    assert set(RIGHT_BUT) == set(STATUSES) - {OK, DIFFERS, *FAILING}, "a value has no expression that could differ"
