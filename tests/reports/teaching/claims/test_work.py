"""What claims may cost is counted before they are judged, and what is sought behind wrong ones ends where it says."""

import time
from typing import Any

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.work import ASKED, SOUGHT, Work
from gradproof.reports.teaching.judging import judge
from gradproof.reports.teaching.right.preparing import prepared, step_of

NEURON = build("z = w*x\na = tanh(z)\nL = (a - y)**2", {"w": 0.3, "x": 1.5, "y": 1.0}, updated=["w"], learning_rate=0.1)
WIDE = build("L = sum(outer(x, x))", {"x": [0.5] * 1000})

MUCH: dict[str, tuple[Network, list[dict[str, Any]]]] = {
    "claims": (NEURON, [{"quantity": "L", "printed": "0.3"}] * 9000),
    "numbers": (build("L = sum(x)", {"x": [1.0] * 9000}), [{"quantity": "x", "printed": str([1] * 9000)}]),
    "steps": (build("\n".join([f"a{i} = x" for i in range(99)]), {"x": 1.0}, updated=["x"], learning_rate=0.1),
              [{"quantity": "after[100000]:x", "printed": "1"}]),
    "entries": (WIDE, [{"quantity": f"dL/dx[{i}]", "printed": "1", "at": {"x": [i] * 1000}} for i in range(3)]),
    "formulas": (NEURON, [{"quantity": "L", "formula": f"(a - y)**2 + {i}"} for i in range(2000)]),
    "points": (NEURON, [{"quantity": "L", "printed": "0.3", "at": {"x": i}} for i in range(4000)]),
}  # fmt: skip


@pytest.mark.parametrize("what", MUCH)
def test_claims_that_ask_for_too_much_are_refused_before_anything_is_computed(what: str) -> None:
    network, tables = MUCH[what]
    claims = tuple(Claim.model_validate(table) for table in tables)
    with pytest.raises(
        GradproofError, match=r"^claim [0-9]+ .*the claims up to here ask for more than 4,194,304 numbers, counting"
    ):
        prepared(Lesson(network, claims))


def found(claims: list[dict[str, Any]], work: Work) -> list[tuple[str, str]]:
    lesson = Lesson(NEURON, tuple(Claim.model_validate(claim) for claim in claims))
    return [(result.status, result.message) for result in judge(lesson.claims, prepared(lesson, work=work))]


def test_a_wrong_number_is_wrong_also_where_no_work_is_left_to_explain_it() -> None:
    claims = [
        {"quantity": "dL/dw", "printed": "0.7312"},
        {"quantity": "L", "printed": "0.334"},
        {"quantity": "dL/dw", "formula": "2*(a - y)*x"},
    ]
    plenty, little = found(claims, Work()), found(claims, Work(sought=0))
    assert [status for status, _ in plenty] == [status for status, _ in little] == ["wrong", "ok", "wrong"]
    assert little[0][1] == (
        "what is behind it was not sought any further: the document's 16,777,216 numbers are used up "
        "(each on the way to a right value counts as 4)"
    )


def test_what_right_values_take_is_missing_where_what_is_behind_wrong_ones_is_sought() -> None:
    work = Work()
    work.ask(ASKED // 2)
    assert work.sought == SOUGHT // 2
    work.ask(ASKED - ASKED // 2)
    assert work.sought == 0


def test_claims_of_one_question_share_its_answer() -> None:
    claims = tuple(Claim.model_validate({"quantity": "dL/dw", "printed": each}) for each in ("0.7312", "0.7313"))
    first, second = prepared(Lesson(NEURON, claims)).claims
    assert first.asked is second.asked
    other = Claim.model_validate({"quantity": "dL/dw", "printed": "0.7312", "at": {"w": 2.0}})
    assert prepared(Lesson(NEURON, (claims[0], other))).claims[1].asked is not first.asked


def test_many_claims_cost_no_more_than_each() -> None:
    claims = [{"quantity": "dL/dw", "printed": f"0.7{i:04}"} for i in range(1000)]
    claims += [{"quantity": "w", "shape": "()"}] * 1000
    before = time.process_time()
    statuses = [status for status, _ in found(claims, Work(sought=2**20))]
    assert time.process_time() - before < 10  # minutes, where each was compared with all before it
    assert statuses.count("wrong") + statuses.count("propagated") == 1000


def test_many_quantities_cost_no_more_than_each() -> None:
    claims = [{"quantity": f"dL/dw + {i}", "printed": "0.7"} for i in range(3000)]
    before = time.process_time()
    assert len(found(claims, Work(sought=0))) == 3000
    assert time.process_time() - before < 10  # 40 seconds, where each was looked for among all


def test_what_is_asked_at_new_inputs_counts_as_what_it_takes() -> None:
    claims = tuple(
        Claim.model_validate({"quantity": "dL/dw", "printed": "0.7", "at": {"x": float(i)}}) for i in range(400)
    )
    with pytest.raises(GradproofError, match="ask for more than"):  # 12 ms each, where a plain number takes one
        prepared(Lesson(NEURON, claims))


def test_the_entries_of_what_is_asked_count_as_what_they_take() -> None:
    network = build("L = sum(tanh(W))", {"W": [[0.5] * 30] * 30})
    claims = tuple(Claim.model_validate({"quantity": f"dL/dW + {i}", "printed": "0.3"}) for i in range(200))
    with pytest.raises(GradproofError, match="ask for more than"):  # 30 ms each, for their 900 fractions
        prepared(Lesson(network, claims))


@pytest.mark.parametrize("text", ["1e-999999999", "1e999999999", "1e-400", "1/" + "9" * 5000, "0." + "1" * 5000, "0"])
def test_steps_are_numbers_of_a_usual_size(text: str) -> None:
    with pytest.raises(GradproofError, match=r"^step is "):
        step_of(text)
