"""Which explanation of a wrong number is named, and when none is."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from gradproof.reference.admitted import LIKELY, NEAR
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.statuses import Diagnosis
from gradproof.reports.teaching.diagnosis import diagnose as module
from gradproof.reports.teaching.diagnosis.candidate import FIRST, Candidate
from gradproof.reports.teaching.diagnosis.candidates import MAX_PAIRS
from gradproof.reports.teaching.diagnosis.diagnose import Wrong, best, chance, clearer, diagnose, single_precision
from gradproof.reports.teaching.right.preparing import prepared
from tests.reports.teaching.test_judging import claim, network


def wrong(**made: Any) -> Wrong:
    """A wrong number that no other claim speaks for or against."""
    (read,) = prepared(Lesson(network(), (Claim(**made),))).claims
    assert read.placed is not None
    return Wrong(read.asked, read.placed, [], lambda _: 0, lambda _: (0, 1.0))


def named(mistake: str, probability: float) -> Diagnosis:
    return Diagnosis(mistake, "", "", "", probability)


@pytest.mark.parametrize(
    ("slip", "other", "found"),
    [
        (named("digits swapped", 0.01), None, "digits swapped"),
        (named("digits swapped", 0.01), named("half left out", 0.0001), "half left out"),
        (named("digits swapped", 0.0001), named("half left out", 0.01), "digits swapped"),
        (named("digits swapped", 0.001), named("half left out", 0.005), None),
        (named("digits swapped", 0.005), named("half left out", 0.001), None),
        (named("sign", 0.0001), named("gradients exchanged", 0.01), "gradients exchanged"),
    ],
)
def test_the_clearer_explanation_is_named(slip: Diagnosis, other: Diagnosis | None, found: str | None) -> None:
    chosen = clearer(slip, None if other is None else (other, None))
    assert (chosen and chosen[0].mistake) == found


def test_the_odds_are_those_at_which_the_other_is_unlikely() -> None:
    slip = named("digits swapped", 1e-6)
    odds = (1 - LIKELY) / LIKELY
    assert clearer(slip, (named("half left out", 1e-6 * odds * 0.99), None)) is None
    assert clearer(slip, (named("half left out", 1e-6 * odds * 1.01), None)) == (slip, None)


@pytest.mark.parametrize(("text", "digits"), [("1/3", 2), ("101/303", 6)])
def test_a_fraction_is_met_by_chance_as_often_as_there_are_fractions_of_its_digits(text: str, digits: int) -> None:
    asked = wrong(**claim("a1", text))
    (number,) = asked.placed.printed.numbers
    right = asked.asked.right.values[0]
    assert number is not None
    met = Candidate("half left out", "", "", (number.value,), FIRST)
    around = 2 * Fraction(NEAR) * Fraction(right)
    assert chance(asked, [met]) == float(Fraction(number.value) / 10**digits / around)


def test_two_mistakes_at_once_are_sought_where_their_number_does_not_meet_any_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sought: list[str] = []

    def pairs(asked: Any, *_: Any) -> Iterator[Candidate]:
        sought.append(asked.quantity.text)
        return iter(())

    monkeypatch.setattr(module, "in_pairs", pairs)
    assert 10**3 < MAX_PAIRS < 10**4
    assert diagnose(wrong(**claim("dL/dw2", "0.0711"))) is None
    assert sought == []
    assert diagnose(wrong(**claim("dL/dw2", "0.07113"))) is None
    assert sought == ["dL/dw2"]


def test_single_precision_is_tried_beside_the_claim_s_own_dtype() -> None:
    asked = wrong(**claim("L", "0.17936766"))
    found = single_precision(asked)
    assert found is not None
    assert found.mistake == "single precision"
    assert (asked.asked.dtype, asked.asked.right.slack[0] < 1e-12) == ("float64", True)
    assert single_precision(wrong(**claim("L", "0.17936766", dtype="float32"))) is None
    assert single_precision(wrong(**claim("L", "0.17937"))) is None


def test_values_that_are_one_are_no_two_explanations() -> None:
    """Two mistakes with one value to half the bits are one explanation, with different values of one print two."""
    asked = wrong(**claim("a1", "0.312345"))
    value = Fraction("0.312345")

    def given(mistake: str, apart: float) -> Candidate:
        return Candidate(mistake, mistake, mistake, (value + Fraction(apart),), FIRST)

    one = best(asked, [given("half left out", 0), given("not squared", 1e-12)])
    assert one is not None
    assert one[0].mistake == "half left out"
    assert best(asked, [given("half left out", 0), given("not squared", 1e-8)]) is None
