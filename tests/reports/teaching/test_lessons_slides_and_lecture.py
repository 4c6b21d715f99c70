"""The slides' and the lecture's equations: all are claimed, and what is wrong is what the documents misprint."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from gradproof.reference import load
from gradproof.reference.lessons import FOLDER
from gradproof.reports.teaching.claims.statuses import ClaimResult
from gradproof.reports.teaching.documents.documents import read_document
from tests.reports.teaching.worked import judged_lesson


@cache
def judged(name: str) -> tuple[ClaimResult, ...]:
    (lesson,) = read_document(FOLDER / f"{name}.toml").lessons
    return tuple(judged_lesson(lesson))


COUNTS = {
    "slides_neuron": {("formula", "ok"): 3, ("formula", "wrong"): 1, ("shape", "ok"): 2},
    "slides_layer": {},
    "slides_chain_rule": {("formula", "ok"): 27},
    "slides_graph": {("formula", "ok"): 5},
    "slides_forward_pass": {("formula", "ok"): 35, ("shape", "ok"): 24},
    "slides_network": {
        ("formula", "ok"): 214,
        ("formula", "wrong"): 3,
        ("formula", "propagated"): 4,
        ("shape", "ok"): 8,
        ("shape", "wrong"): 6,
        ("shape", "propagated"): 8,
    },
    "slides_network_batched": {("formula", "ok"): 4, ("shape", "ok"): 48},
    "lecture_chain_rule": {("formula", "ok"): 7},
    "lecture_three_hidden_layers": {("formula", "ok"): 64, ("formula", "wrong"): 4, ("shape", "ok"): 23},
    "lecture_cross_entropy": {("formula", "ok"): 8},
    "lecture_gradient_descent": {("formula", "ok"): 6},
    "lecture_constant_initialisation": {},
    "lecture_same_value": {("formula", "ok"): 13},
}

TRANSPOSED_VECTOR = ("transposed", "outer product")
M_FOR_N = ("another name", "had another letter")

WRONG: dict[str, list[tuple[int, str, tuple[str, str]]]] = {
    "slides_neuron": [(11, "f0", ("term too many", "W0[3] * x[3]"))],
    "slides_network": [
        *((958, f"dL/dW{k}", found) for k in (3, 2, 1) for found in (TRANSPOSED_VECTOR, M_FOR_N)),
        *((960, f"dL/db{k}", M_FOR_N) for k in (3, 2, 1)),
    ],
    "lecture_three_hidden_layers": [
        (176, "x1.T", ("transposed", "Rows and columns")),
        (178, "cost", ("sum for mean", "factor 1/m is missing")),
        (312, "dz13[0,0]/dW3[1,0]", ("another quantity", "a13 stands where a12 should")),
        (327, "dcost/dW3", ("another quantity", "This is dcost/dW2, not dcost/dW3")),
    ],
}
"""Every error of the two documents where it is first made: line, quantity, and the diagnosis."""


def test_every_lesson_of_the_two_documents_is_here() -> None:
    assert set(COUNTS) == {path.stem for prefix in ("slides", "lecture") for path in FOLDER.glob(f"{prefix}_*.toml")}


@pytest.mark.parametrize("name", COUNTS)
def test_so_many_claims_of_each_kind_and_status(name: str) -> None:
    assert Counter((result.claim.kind, result.status) for result in judged(name)) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_wrong_is_what_the_document_misprints(name: str) -> None:
    found = [result for result in judged(name) if result.status not in ("ok", "propagated")]
    expected = WRONG.get(name, [])
    assert [(result.claim.line, result.claim.quantity) for result in found] == [(n, q) for n, q, _ in expected]
    for result, (_, _, (mistake, words)) in zip(found, expected, strict=True):
        assert result.message
        assert result.diagnosis is not None
        assert result.diagnosis.mistake == mistake
        assert words in result.diagnosis.explanation


def test_the_slides_repeat_their_errors() -> None:
    results = judged("slides_network")
    for result in results:
        if result.status == "propagated":
            assert result.follows is not None
            root = results[result.follows]
            assert root.status == "wrong"
            assert (root.claim.quantity, root.claim.formula, root.claim.shape) == (
                result.claim.quantity,
                result.claim.formula,
                result.claim.shape,
            )
    lines = [result.claim.line for result in results if result.status == "propagated"]
    assert lines == [980, 980, 984, 1006, 1006, 1010, 1034, 1034, 1038, 1062, 1062, 1066]


@pytest.mark.parametrize(
    ("name", "line", "corrected"),
    [
        ("slides_neuron", 11, ["W0[0] * x[0] + W0[1] * x[1] + W0[2] * x[2] + b0"]),
        ("slides_network", 960, ["(N^(3),)", "(N^(2),)", "(N^(1),)"]),
        ("lecture_three_hidden_layers", 176, ["stack(stack(x1[0, 0], x1[1, 0], x1[2, 0], x1[3, 0], x1[4, 0]))"]),
        ("lecture_three_hidden_layers", 312, ["a12[1,0]"]),
    ],
)
def test_what_was_meant_is_given(name: str, line: int, corrected: list[str]) -> None:
    assert [r.corrected for r in judged(name) if r.claim.line == line and r.status == "wrong"] == corrected


@pytest.mark.parametrize("name", COUNTS)
def test_every_claim_says_where_it_was_printed(name: str) -> None:
    claims = [result.claim for result in judged(name)]
    assert all(claim.line and claim.where for claim in claims)
    assert [claim.line for claim in claims] == sorted(claim.line or 0 for claim in claims)


@pytest.mark.parametrize("name", COUNTS)
def test_the_note_at_the_end_counts_the_claims(name: str) -> None:
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    kinds = Counter(result.claim.kind for result in judged(name))
    counted = f"# Claims: {kinds.total()}, of them {kinds['formula']} formulas and {kinds['shape']} shapes."
    assert (counted if kinds else "# Claims: none.") in text


SIZES: dict[str, dict[str, Any]] = {
    "slides_network": {"x": 0, "b1": 0, "b2": 0, "b3": 0},
    "slides_network_batched": {"x": slice(None), "b1": 0, "b2": 0, "b3": 0},
    "slides_forward_pass": {"x": 0, "b1": 0, "b2": 0},
    "lecture_three_hidden_layers": {"x1": 0, "b1": 0, "b2": 0, "b3": 0, "b4": 0},
}


@pytest.mark.parametrize("name", SIZES)
def test_no_wrong_shape_fits_by_accident(name: str) -> None:
    """The sizes that have names all differ, and none is 1, which would broadcast."""
    inputs = load(FOLDER / f"{name}.toml").inputs
    sizes = [inputs[key].shape[axis] for key, axis in SIZES[name].items()]
    flat = [n for size in sizes for n in (size if isinstance(size, tuple) else (size,))]
    assert len(set(flat)) == len(flat)
    assert 1 not in flat
