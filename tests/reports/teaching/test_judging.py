"""Statuses and diagnoses of single claims: each from a slip that an author makes."""

from dataclasses import replace
from typing import Any

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.claim import Claim, Lesson
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.statuses import ClaimResult
from gradproof.reports.teaching.judging import judge as judge_claims
from gradproof.reports.teaching.right.preparing import Prepared, prepared
from tests.reports.teaching.worked import judged_lesson

STATEMENTS = "z1 = w1*x + b1\na1 = sigmoid(z1)\nz2 = w2*a1 + b2\na2 = sigmoid(z2)\nL = (y - a2)**2 / 2"
NUMBERS = {"x": 0.05, "y": 0.01, "w1": 0.1, "b1": -0.1, "w2": 0.3, "b2": 0.3}
WEIGHTS = ["w1", "b1", "w2", "b2"]


def network() -> Network:
    return build(STATEMENTS, NUMBERS, parameters=WEIGHTS, learning_rate=0.05)


def judge(*claims: dict[str, Any], of: Network | None = None) -> list[ClaimResult]:
    return judged_lesson(Lesson(of or network(), tuple(Claim(**claim) for claim in claims)))


def claim(quantity: str, printed: str, **more: Any) -> dict[str, Any]:
    return {"quantity": quantity, "printed": printed, **more}


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (claim("a1", "0.476"), "ok"),
        (claim("a1", "0.48"), "ok"),
        (claim("a1", "0.47627"), "ok"),
        (claim("a1", "0.47626"), "truncated"),
        (claim("a1", "47.6%"), "ok"),
        (claim("a1", "4.76×10⁻¹"), "ok"),
        (claim("z1", "−0.095"), "ok"),
        (claim("z1", "-0.0950"), "ok"),
        (claim("z1", "-0.09"), "ok"),
        (claim("a1", "0.4"), "truncated"),
        (claim("a1", "0.3"), "wrong"),
        (claim("dL/da2", "0.599", expression="0.609 - 0.01"), "ok"),
        (claim("dL/da2", "0.599", expression="0.609 - 0.1"), "ok_expression_differs"),
        (claim("da2/dz2", "0.2379", expression="0.61 * (1 - 0.61)"), "rounded_intermediates"),
        (claim("w1_new", "0.09997"), "ok"),
        (claim("after:w1", "0.09997"), "ok"),
        (claim("after[0]:w1", "0.10000"), "ok"),
        (claim("z1", "-0.09", at={"w1": 0.2}), "ok"),
        (claim("dL/dw2", "0.0679", step="0.001"), "ok"),
        (claim("L", "0.17936764", dtype="float32"), "ok"),
        (claim("L", "0.17936766", dtype="float32"), "ok"),
        (claim("L", "0.17936766"), "wrong"),
        (claim("x", "1/20"), "ok"),
    ],
)
def test_a_single_claim_has_its_status(made: dict[str, Any], status: str) -> None:
    (found,) = judge(made)
    assert found.status == status, found


def test_rounding_of_the_dtype_is_said_to_explain_a_difference() -> None:
    (found,) = judge(claim("L", "0.17936766", dtype="float32"))
    assert "float32" in found.message


@pytest.mark.parametrize(
    ("made", "mistake"),
    [
        (claim("L", "0.35874"), "half left out"),
        (claim("L", "-0.29947"), "not squared"),
        (claim("a1", "0.60895"), "another quantity"),
        (claim("dz2/dw2", "0.60895"), "another value in the derivative"),
        (claim("dL/da2", "-0.59895"), "sign"),
        (claim("dL/dz2", "0.59895"), "activation's derivative left out"),
        (claim("dL/dw2", "0.033964"), "half taken twice"),
        (claim("a2", "6.0895"), "decimal point shifted"),
        (claim("a2", "0.60985"), "digits swapped"),
        (claim("a2", "0.60835"), "one digit wrong"),
        (claim("w2_new", "0.3033964"), "sign"),
        (claim("w2_new", "0.0966036"), "another weight"),
        (claim("w2_new", "0.2320712"), "learning rate left out"),
        (claim("w2_new", "0.067929"), "gradient for update"),
        (claim("w2_new", "0.255846"), "another learning rate"),
        (claim("after:a2", "0.608945"), "another number of updates"),
        (claim("after:a2", "0.604755"), "another number of updates"),
        (claim("after[31]:a2", "0.546778"), "another number of updates"),
        (claim("dL/dw2", "0.3958", expression="0.48 * 0.2379 * 0.51"), "arithmetic"),
        (claim("dL/da2", "0.51", expression="0.61 - 0.1"), "decimal point shifted"),
    ],
)
def test_the_mistake_behind_a_wrong_number_is_named(made: dict[str, Any], mistake: str) -> None:
    (found,) = judge(made)
    assert found.status == "wrong"
    assert found.diagnosis is not None
    assert found.diagnosis.mistake == mistake, found.diagnosis
    assert found.diagnosis.chance <= 0.1


def test_a_number_of_few_digits_is_not_diagnosed() -> None:
    """Any of a dozen mistakes gives a number that rounds to 0.1."""
    (found,) = judge(claim("dL/dw2", "0.1"), of=build(STATEMENTS, {**NUMBERS, "y": 0.9}, parameters=WEIGHTS))
    assert found.status == "wrong"
    assert found.diagnosis is None


def test_what_follows_from_a_wrong_number_is_no_root_error() -> None:
    found = judge(
        claim("a1", "0.476"),
        claim("dz2/dw2", "0.609"),
        claim("dL/dw2", "0.08686"),
        claim("w2_new", "0.295657"),
        claim("dL/dw1", "0.000534"),
    )
    assert [r.status for r in found] == ["ok", "wrong", "propagated", "propagated", "ok"]
    assert [r.follows for r in found] == [None, None, 1, 1, None]


def test_a_number_computed_by_a_wrong_formula_is_no_root_error() -> None:
    found = judge(
        {"quantity": "L", "formula": "(y - a2) / 2"},
        {"quantity": "dz2/dw2", "formula": "a2"},
        {"quantity": "z2", "formula": "1"},
        claim("L", "-0.299"),
        claim("dz2/dw2", "0.609"),
        claim("dL/dw2", "0.0869"),
        claim("a2", "0.73"),
        claim("dL/da2", "-0.5"),
    )
    assert [r.status for r in found] == ["wrong"] * 3 + ["propagated"] * 5
    assert [r.follows for r in found[3:]] == [0, 1, 1, 2, 0]
    assert [r.message for r in found[3:5]] == ["follows from L = (y - a2) / 2", "follows from dz2/dw2 = a2"]


def test_a_formula_for_all_entries_is_carried_on_too() -> None:
    layer = build("f = 2*x\nL = sum(f**3)", {"x": [[1.0, 2.0], [3.0, 4.0]]})
    found = judge(
        {"quantity": "dL/df", "formula": "3*f[1,1]"},
        claim("dL/dx", "[[48, 48], [48, 48]]"),
        claim("L", "800"),
        of=layer,
    )
    assert [r.status for r in found] == ["wrong", "propagated", "ok"]


def test_a_wrong_formula_printed_again_is_no_second_root_error() -> None:
    found = judge(
        {"quantity": "dz2/da1", "formula": "w1*1"},
        {"quantity": "dz2/da1", "formula": "w1 * 1"},
        {"quantity": "dz2/da1", "formula": "w2"},
        {"quantity": "dz2/da1", "formula": "w1*1", "at": {"x": 0.1}},
    )
    assert [r.status for r in found] == ["wrong", "propagated", "ok", "wrong"]
    assert found[1].follows == 0


def test_the_nearest_cause_is_named_and_no_other() -> None:
    found = judge(claim("x", "5"), claim("dL/da2", "0.51"), claim("dL/dw2", "0.3958"), claim("dL/dw2", "0.3958"))
    assert [r.status for r in found] == ["wrong", "wrong", "wrong", "propagated"]
    assert (found[3].message, found[3].follows) == ("follows from dL/dw2 = 0.3958", 2)


def test_statuses_are_tried_in_their_order() -> None:
    """0.2966 cut off is 0.296, which is tried first; 0.2957, from a wrong derivative, rounds to it as well."""
    found = judge(claim("dz2/dw2", "0.609"), claim("w2_new", "0.296"), claim("a1", "0.47626"))
    assert [r.status for r in found] == ["wrong", "truncated", "truncated"]


def test_rounded_intermediates_are_recognised_from_earlier_claims() -> None:
    found = judge(claim("a2", "0.6"), claim("dL/da2", "0.59"), claim("da2/dz2", "0.2400"))
    assert [r.status for r in found] == ["ok", "truncated", "rounded_intermediates"]


def test_intermediates_that_were_rounded_on_paper_alone_are_recognised() -> None:
    """a1 = 0.48, a2 = 0.61, dL/dz2 = 0.60 * 0.61 * 0.39 = 0.14: each rounded to two decimals, none of them claimed."""
    found = judge(claim("z1", "-0.10"), claim("dL/dw2", "0.0672"))
    assert found[1].status == "rounded_intermediates"
    assert "2 decimals" in found[1].message


def test_formulas_are_checked_at_other_points_than_the_lesson_s() -> None:
    found = judge(
        {"quantity": "dL/dw2", "formula": "(a2 - y)*a2*(1 - a2)*a1"},
        {"quantity": "dL/dw2", "formula": "dL/dz2 * dz2/dw2"},
        {"quantity": "dL/dw2", "formula": "(a2 - y)*a2*(1 - a2)*a2"},
        {"quantity": "dL/dw1", "formula": "0.00053364772579853387"},
    )
    assert [r.status for r in found] == ["ok", "ok", "wrong", "wrong"]
    assert found[2].diagnosis is not None
    assert found[2].diagnosis.mistake == "another value in the derivative"
    assert "x = " in found[2].message


def test_the_gradient_of_a_cross_entropy_may_use_that_targets_sum_to_one() -> None:
    softmax = build("p = softmax(z)\nL = -sum(t*log(p))", {"z": [0.5, -1.0, 2.0], "t": [0.0, 1.0, 0.0]})
    (found,) = judge({"quantity": "dL/dz", "formula": "p - t"}, of=softmax)
    assert found.status == "ok"
    (wrong,) = judge({"quantity": "dL/dz", "formula": "t - p"}, of=softmax)
    assert wrong.status == "wrong"


def test_shapes_have_symbolic_sizes() -> None:
    layer = build("f = x @ W.T + b\nL = sum(f**2)", {"x": [[1.0, 2.0]] * 5, "W": [[1.0, 2.0]] * 3, "b": [0.0] * 3})
    found = judge(
        {"quantity": "x", "shape": "(B, N0)"},
        {"quantity": "W", "shape": "(N1, N0)"},
        {"quantity": "f", "shape": "(B, N1)"},
        {"quantity": "dL/dW", "shape": "(N0, N1)"},
        {"quantity": "b", "shape": "N1"},
        {"quantity": "b", "shape": "(3,)"},
        of=layer,
    )
    assert [r.status for r in found] == ["ok", "ok", "ok", "wrong", "ok", "ok"]
    assert found[3].corrected == "(N1, N0)"


def test_matrices_are_compared_entry_by_entry() -> None:
    layer = build("f = W @ x\nL = sum(f**2)", {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [0.5, -1.0]})
    found = judge(
        claim("dL/dW", "[[-1.5, 3.0], [-2.5, 5.0]]"),
        claim("dL/dW", "[[-1.5 -2.5]\n [ 3.0  5.0]]"),
        claim("dL/dW[0,1]", "3.0"),
        claim("dL/dW", "[[-1.5, 3.0], [-2.5, 5.1]]"),
        claim("dL/dW", "[-1.5, 3.0]"),
        of=layer,
    )
    assert [r.status for r in found] == ["ok", "wrong", "ok", "wrong", "wrong"]
    assert found[1].diagnosis is not None
    assert "transposed" in found[1].diagnosis.mistake
    assert "shape" in found[4].message


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (claim("q", "1"), "undefined name 'q'"),
        (claim("dL/dq", "1"), "no 'q'"),
        (claim("a1", "about a half"), "about"),
        (claim("a1", "0.4", at={"q": 1}), "'q' is not under [inputs]"),
        (claim("a1", "0.4", step="0.1"), "step goes with a derivative"),
        (claim("dL/dw1", "0.4", step="zero"), "step is 'zero'"),
        ({"quantity": "a1", "formula": "import os"}, "import os"),
        ({"quantity": "a1", "shape": "2 or 3"}, "is not a shape"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_names_the_claim(made: dict[str, Any], told: str) -> None:
    with pytest.raises(GradproofError, match=r"^claim 1 \(") as problem:
        judge(made)
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_updates_need_a_learning_rate() -> None:
    bare = build(STATEMENTS, NUMBERS)
    with pytest.raises(GradproofError, match="learning_rate"):
        judge(claim("w1_new", "1"), of=bare)


def test_a_learning_rate_that_is_no_simple_multiple_is_said() -> None:
    (found,) = judge(claim("w2_new", "0.255846"))
    assert found.diagnosis is not None
    assert found.diagnosis.explanation == "Another learning rate was taken: 0.65 for 0.05."
    assert found.diagnosis.value == "0.255846"


def test_a_learning_rate_is_not_guessed_from_few_digits() -> None:
    """Among hundreds of learning rates one gives any three digits."""
    (found,) = judge(claim("w2_new", "0.256"))
    assert found.status == "wrong"
    assert found.diagnosis is None


def test_how_many_updates_were_made_is_said() -> None:
    found = judge(
        claim("after:a2", "0.608945"), claim("after:a2", "0.604755"), claim("after[2]:a2", "0.606850"), of=network()
    )
    diagnoses = [r.diagnosis for r in found if r.diagnosis is not None]
    told = ["a2 before any update", "a2 after 2 updates, not 1", "a2 after 1 update, not 2"]
    assert [d.explanation for d in diagnoses] == [f"This is {each}." for each in told]
    assert [d.formula for d in diagnoses] == ["a2", "after[2]:a2", "a2_new"]


def test_a_number_with_all_digits_of_its_dtype_is_right_without_more_words() -> None:
    """The nearest float64, in the digits that Python prints; the one beside it is excused by rounding."""
    found = judge(claim("a2", "0.6089451469677643"), claim("a2", "0.6089451469677641"))
    assert [r.status for r in found] == ["ok", "ok"]
    assert [bool(r.message) for r in found] == [False, True]


def test_a_slip_in_the_arithmetic_is_shown_with_what_it_gives() -> None:
    (found,) = judge(claim("dL/da2", "0.51", expression="0.61 - 0.1"))
    assert found.diagnosis is not None
    assert (found.diagnosis.formula, found.diagnosis.value) == ("0.61 - 0.1", "0.51")


def test_few_trainings_are_tried_for_one_wrong_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong number after 1000 updates would take a training for each mistake of the catalogue."""
    trainings: list[int] = []
    state = Evaluation.state

    def counted(self: Evaluation, steps: int) -> Any:
        if steps == 1000 and len(self.inputs) == 1:
            trainings.append(steps)
        return state(self, steps)

    monkeypatch.setattr(Evaluation, "state", counted)
    (found,) = judge(claim("after[1000]:a2", "0.7"))
    assert found.status == "wrong"
    assert len(trainings) <= 60


def test_right_values_are_right_in_every_digit_that_is_shown() -> None:
    """The worked example's gradient by w11: long doubles lose all but 12 digits to 1 - sigmoid(16)."""
    (found,) = judge(claim("s", "1.1253514941371313e-07"), of=build("a = sigmoid(z)\ns = a*(1 - a)", {"z": 16.0}))
    assert found.status == "ok"
    assert found.computed == "1.1253514939093229e-07"  # 1 / (2 + 2 cosh(16))
    (zero,) = judge(claim("d", "0.1"), of=build("d = exp(z) - exp(z)", {"z": 1.0}))
    assert zero.computed == "0.0"


def test_a_value_beyond_float64_is_infinite() -> None:
    for text, number in (("exp(z)", 1000.0), ("exp(exp(z))", 10.0), ("-exp(z)", 800.0)):
        sign = "-" if text.startswith("-") else ""
        (found,) = judge(claim("e", f"{sign}inf"), of=build(f"e = {text}", {"z": number}))
        assert (found.status, found.computed) == ("ok", f"{sign}inf")


def test_numbers_are_carried_on_out_of_expressions() -> None:
    """-dL/dz2 tells dL/dz2, a2 - y is dL/da2, a2*(1 - a2) is da2/dz2: rounded or wrong, later numbers follow."""
    rounded = judge(claim("-dL/dz2", "-0.14"), claim("-dL/dw2", "-0.0667"))
    assert [r.status for r in rounded] == ["ok", "rounded_intermediates"]
    wrong = judge(claim("a2 - y", "0.699"), claim("dL/dz2", "0.16645"))
    assert [r.status for r in wrong] == ["wrong", "propagated"]
    wrong = judge(claim("a2*(1 - a2)", "0.3381"), claim("dL/dz2", "0.2025"))
    assert [(r.status, r.follows) for r in wrong] == [("wrong", None), ("propagated", 0)]


def test_an_author_may_keep_digits_behind_those_printed() -> None:
    """0.1984 was 0.198352, which times a1 = 0.476268 is 0.09447; 0.1984 times a1 is 0.09449."""
    found = judge(claim("dL/dz2", "0.1984"), claim("dL/dw2", "0.09447"), claim("w2_new", "0.21"))
    assert [r.status for r in found] == ["wrong", "propagated", "wrong"]


def test_the_document_s_own_formula_is_a_way_to_compute() -> None:
    """layer_norm is one operation, but the document says how it computes h: from the rounded xh."""
    statements = "m = mean(x)\nxh = (x - m) / sqrt(var(x) + 0.001)\nh = layer_norm(x, g, b, eps=0.001)\nL = sum(h**2)"
    inputs = {"x": [0.2, -1.3, 2.4, 0.9], "g": [1.0, 0.5, 2.0, 1.2], "b": [0.0, 0.1, -0.1, 0.3]}
    printed = [claim("xh", "[-0.26, -1.39, 1.39, 0.26]"), claim("h", "[-0.260, -0.595, 2.680, 0.612]")]
    norm = build(statements, inputs)
    assert [r.status for r in judge(*printed, of=norm)] == ["ok", "wrong"]
    found = judge({"quantity": "h", "formula": "g*xh + b"}, *printed, of=norm)
    assert [r.status for r in found] == ["ok", "ok", "rounded_intermediates"]


def test_a_wrong_sign_in_the_arithmetic_is_named() -> None:
    (found,) = judge(claim("w2_new", "0.3034", expression="0.3 + 0.05 * 0.0679"))
    assert found.diagnosis is not None
    assert found.diagnosis.mistake == "sign"


def test_positions_count_the_claims_of_the_whole_document() -> None:
    lesson = Lesson(network(), (Claim(**claim("dz2/dw2", "0.609")), Claim(**claim("dL/dw2", "0.08686"))))
    seen: list[ClaimResult] = []
    found = judge_claims(lesson.claims, prepared(lesson, first=3), seen.append)
    assert [r.follows for r in found] == [None, 3]
    assert seen == found
    with pytest.raises(GradproofError, match=r"^claim 5 \(dL/dw2\)"):
        judge_claims(lesson.claims, replace(prepared(lesson, first=3), claims=Unreadable(prepared(lesson).claims)))


class Unreadable(list[Prepared]):
    """Claims the second of which cannot be judged."""

    def __getitem__(self, position: Any) -> Any:
        if position == 1:
            raise GradproofError("planted")
        return super().__getitem__(position)


def test_what_was_wrong_before_is_repeated_only_word_for_word() -> None:
    found = judge(
        {"quantity": "x", "shape": "(2,)"},
        {"quantity": "x", "shape": "( 2, )"},
        {"quantity": "y", "shape": "(2,)"},
        {"quantity": "x", "shape": "()"},
        {"quantity": "dz2/da1", "formula": "w1"},
        claim("dz2/da1", "0.1"),
        {"quantity": "dz2/da1", "formula": " w1"},
    )
    assert [r.status for r in found] == ["wrong", "propagated", "wrong", "ok", "wrong", "propagated", "propagated"]
    assert [r.follows for r in found] == [None, 0, None, None, None, 4, 4]
