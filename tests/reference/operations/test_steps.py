"""The steps of an operation: what it computes there and back, and what moves or compares counts nothing."""

import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.language.sizes import MAX_STATEMENTS, MAX_STEPS
from gradproof.reference.operations.steps import steps
from tests.reference.operations.scenarios import SCENARIOS, Tried


def test_what_is_counted() -> None:
    assert steps("exp", [(2, 3)], {}) == 2  # itself, and g * y
    assert steps("add", [(3,), (3,)], {}) == 1
    assert steps("add", [(2, 3), (3,)], {}) == 2  # the sum over the copies
    assert steps("transpose", [(2, 3)], {}) == 0
    assert steps("concatenate", [(2,)] * 5, {"axis": 0}) == 5
    assert steps("softmax", [(4,)], {"axis": -1}) > steps("multiply", [(4,), (4,)], {})


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_operation_can_be_counted(scenario: Tried) -> None:
    network = scenario.network()
    (node, *_) = [node for node in network.nodes if node.operation == scenario.operation]
    assert (
        0 <= steps(node.operation, [network.nodes[k].shape for k in node.operands], node.attributes) < MAX_STEPS / 100
    )


def test_a_chain_of_composed_operations_is_refused_and_a_recurrent_cell_of_a_thousand_steps_is_not() -> None:
    chain = "\n".join(f"x{k + 1} = log_softmax(x{k})" for k in range(MAX_STATEMENTS - 1))
    with pytest.raises(StatementError, match="steps of computing; at most 30,000 are made"):
        build(f"{chain}\nL = sum(x{MAX_STATEMENTS - 1})", {"x0": [1.0, 2.0]})
    cell = "\n".join(f"h{k + 1} = tanh(W @ h{k} + u * x)" for k in range(999))
    inputs = {"h0": [0.0, 0.0], "W": [[0.1, 0.2], [0.3, 0.4]], "u": [1.0, 2.0], "x": 0.5}
    assert build(f"{cell}\nL = sum(h999)", inputs).loss == "L"
