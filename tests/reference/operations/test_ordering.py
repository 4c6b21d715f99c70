"""Entries in order: ties keep theirs, and sides that are taken elsewhere are taken on the way back too."""

import numpy as np
import pytest

from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.explaining.explaining import judge
from gradproof.reports.checking.tolerance.case import Case, Gradients


def test_equal_entries_keep_their_order() -> None:
    network = build("L = sum(sort(x) * c)", {"x": [2.0, 1.0, 2.0, 1.0], "c": [1, 2, 3, 4]}, parameters=["x"])
    assert gradients(network, truth("float64"))["x"].tolist() == [3, 1, 4, 2]
    network = build("L = sum(topk(x, k=3) * c)", {"x": [2.0, 1.0, 2.0, 1.0], "c": [1, 2, 3]}, parameters=["x"])
    assert gradients(network, truth("float64"))["x"].tolist() == [1, 3, 2, 0]


def test_the_candidates_of_a_result_are_nearest_at_its_rank() -> None:
    kink = OPERATIONS["topk"].kink
    assert kink is not None
    x = np.array([[1.0, 4.0], [3.0, 4.5], [2.0, 0.0]])
    assert kink.candidates(x, k=2, axis=0).tolist() == [[[-2, 0, -1], [-0.5, 0, -4.5]], [[-1, -1, 0], [0, -0.5, -4]]]


def test_results_of_equal_entries_take_them_in_turn() -> None:
    kink = OPERATIONS["sort"].kink
    assert kink is not None
    tied = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 0]], bool)
    assert kink.shared(tied, "an even share", axis=0).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert kink.shared(tied, "an even share", axis=-1).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(StatementError, match="there are no 3 entries along an axis of 2"):
        build("L = sum(topk(x, k=3))", {"x": [1.0, 2.0]})


@pytest.mark.parametrize("order", ["sort(s, axis=1)", "topk(s, axis=1)"])
def test_what_rounding_puts_into_another_order_is_right_and_a_mistake_is_not(order: str) -> None:
    """0.1 x + 0.2 x and 0.3 x are two numbers, and one in float32, or in the other order."""
    x = np.arange(1, 9) / 7
    joined = "0.3 * x * w, 0.1 * x + 0.2 * x" if order.startswith("sort") else "0.1 * x + 0.2 * x, 0.3 * x * w"
    text = f"s = stack({joined}, axis=1)\nL = sum({order} * c)"
    c = np.reshape(np.arange(16) + 0.5, (8, 2)) ** 2
    network = build(text, {"x": x, "w": np.ones(8), "c": c}, parameters=["x", "w"])
    case = Case("", network, FRAMEWORKS["torch"], "eager", "float32")

    def in_numpy(network: Network, dtype: str) -> Gradients:
        return {name: np.asarray(g) for name, g in gradients(network, value(dtype)).items()}

    got = in_numpy(network, "float32")
    exact = gradients(network, truth("float32"))
    assert any((np.abs(got[name] / exact[name] - 1) > np.sqrt(np.finfo("float32").eps)).any() for name in got)
    assert judge(case, got, in_numpy).verdict == "agrees"
    assert judge(case, {**got, "w": got["w"] * np.float32(1 + 2.0**-10)}, in_numpy).verdict != "agrees"


def test_ones_of_integers_are_numbers_of_the_dtype() -> None:
    network = build("o = one_hot(i, num_classes=3)\nL = sum(o * x)", {"i": [2, 0], "x": [1.0, 2.0, 3.0]})
    o = values(network, value("float32"))[network.index("o")]
    assert (o.dtype, o.tolist()) == (np.dtype("float32"), [[0, 0, 1], [1, 0, 0]])


def test_classes_and_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(StatementError, match="there is no index 3 from 0 to 2"):
        build("L = sum(x * one_hot(i, num_classes=3))", {"i": [3], "x": 1.0})
    with pytest.raises(StatementError, match=r"src must have shape \(2, 2\), that of take\(x, i, axis=0\)"):
        build("L = sum(scatter_add(x, i, s))", {"i": [1, 1], "x": np.ones((3, 2)), "s": np.ones(2)})
