"""What verification finds in two of the documents: 000_3bef3881ba988d2d.txt and 004_0baf4c8abb5817b8.txt."""

import tomllib
from collections import Counter
from functools import cache

import pytest

from gradproof.reference import load
from gradproof.reference.lessons import lessons
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.statuses import ClaimResult
from tests.reports.teaching.worked import judged_lesson


@cache
def verified(name: str) -> list[ClaimResult]:
    path = lessons()[f"reference/lessons/{name}.toml"]
    claims = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
    return judged_lesson(Lesson(load(path), tuple(Claim(**claim) for claim in claims), path.parent))


COUNTS = {
    "two_neurons": (
        {"number": 63, "formula": 76},
        {"ok": 118, "rounded_intermediates": 1, "truncated": 1, "propagated": 9, "wrong": 10},
    ),
    "two_neurons_per_layer": ({"formula": 4}, {"ok": 3, "wrong": 1}),
    "two_neurons_per_layer_matrices": ({"formula": 4}, {"ok": 3, "wrong": 1}),
    "exponential_neuron": ({"formula": 47}, {"ok": 43, "propagated": 1, "wrong": 3}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_how_many_claims_of_each_kind_and_status(name: str) -> None:
    found = verified(name)
    assert (Counter(r.claim.kind for r in found), Counter(r.status for r in found)) == COUNTS[name]


ROOTS = {
    "two_neurons": [
        (48, "x", "5", None),
        (137, "dL/da2", "0.51", "decimal point shifted"),
        (178, "dL/dw2", "0.3958", "arithmetic"),
        (192, "w2_new", "w1 - 0.05*dL/dw2", "another quantity"),
        (215, "L", "(y - haty) / 2", "not squared"),
        (220, "dz2/dw2", "a2", "another value in the derivative"),
        (350, "z2", "w2*a1 + b1", "another parameter"),
        (384, "a1", "sigmoid(z2)", "another quantity"),
        (385, "da1/dz2", "sigmoid(z2) * (1 - sigmoid(z2))", "another quantity"),
        (386, "da1/dz2", "a1 * (1 - a1)", "another quantity"),
    ],
    "exponential_neuron": [
        (71, "dv/du", "0", "gradient cut off"),
        (73, "dv/db", "0", "gradient cut off"),
        (85, "du/db", "x", "another quantity"),
    ],
}
"""The documents' own errors. Of one digit, such as 5 for 0.05, nothing is said."""


@pytest.mark.parametrize("name", ROOTS)
def test_root_errors_and_their_mistakes(name: str) -> None:
    found = [r for r in verified(name) if r.status == "wrong"]
    said = [r.claim.printed or r.claim.formula for r in found]
    mistakes = [r.diagnosis.mistake if r.diagnosis else None for r in found]
    places = [(r.claim.line, r.claim.quantity) for r in found]
    assert [(*at, text, mistake) for at, text, mistake in zip(places, said, mistakes, strict=True)] == ROOTS[name]


FOLLOWING = {
    "two_neurons": [
        (91, "x", 48),
        (193, "dL/dw2", 178),
        (229, "dz2/dw2", 220),
        (250, "x", 48),
        (250, "L", 215),
        (359, "z2", 350),
        (394, "a1", 384),
        (395, "da1/dz2", 385),
        (396, "da1/dz2", 386),
    ],
    "exponential_neuron": [(75, "dv/du", 71)],
}
"""What follows from an error or repeats it, and the line of that error."""


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_follows_from_a_root_error(name: str) -> None:
    every = verified(name)
    found = [r for r in every if r.status == "propagated"]
    roots = [every[r.follows].claim.line for r in found if r.follows is not None]
    assert [(r.claim.line, r.claim.quantity, root) for r, root in zip(found, roots, strict=True)] == FOLLOWING[name]


def test_a_product_of_rounded_numbers_is_no_error() -> None:
    (rounded,) = (r for r in verified("two_neurons") if r.status == "rounded_intermediates")
    assert (rounded.claim.line, rounded.claim.printed, rounded.corrected) == (153, "0.2379", "0.2381")


@pytest.mark.parametrize(
    ("name", "explanation"),
    [
        ("two_neurons_per_layer", "dL/daH1 and dL/daH2 stand where dL/daO1 and dL/daO2 should."),
        ("two_neurons_per_layer_matrices", "dL/daH[0] and dL/daH[1] stand where dL/daO[0] and dL/daO[1] should."),
    ],
)
def test_the_sum_over_paths_ends_in_the_wrong_layer(name: str, explanation: str) -> None:
    (wrong,) = (r for r in verified(name) if r.status == "wrong")
    assert wrong.claim.line == 549
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.explanation == explanation
