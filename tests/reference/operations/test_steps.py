"""The steps of an operation: what it computes there and back, and what moves or compares counts nothing."""

import numpy as np
import pytest

from gradproof.reference.errors import StatementError
from gradproof.reference.language.build import build
from gradproof.reference.language.sizes import FEW, MAX_STATEMENTS, MAX_STEPS
from gradproof.reference.operations import OPERATIONS
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
    taken = steps(node.operation, [network.nodes[k].shape for k in node.operands], node.attributes)
    assert taken >= 0
    assert taken < MAX_STEPS / FEW or OPERATIONS[node.operation].is_sequential


def test_the_steps_of_a_sequence_are_counted_however_few_operations_there_are() -> None:
    one = build("y, h = rnn(x, s, W, V, b, d)\nL = sum(y)", sequence(1000))
    assert one.nodes[one.index("y")].shape == (1000, 2)
    with pytest.raises(StatementError, match="steps of computing; at most 30,000 are made"):
        build("y, h = rnn(x, s, W, V, b, d)\nz, g = rnn(y, h, V, V, b, d)\nL = sum(z)", sequence(1000))
    with pytest.raises(StatementError, match="a sequence has at most 1000 steps, not 1,001"):
        build("y, h = rnn(x, s, W, V, b, d)\nL = sum(y)", sequence(1001))


def sequence(steps: int) -> dict[str, np.ndarray]:
    """Operands of an `rnn` of two units over so many steps."""
    shapes = {"x": (steps, 3), "s": (2,), "W": (2, 3), "V": (2, 2), "b": (2,), "d": (2,)}
    return {name: np.ones(shape) for name, shape in shapes.items()}


def test_a_chain_of_composed_operations_is_refused_and_a_recurrent_cell_of_a_thousand_steps_is_not() -> None:
    chain = "\n".join(f"x{k + 1} = log_softmax(x{k})" for k in range(MAX_STATEMENTS - 1))
    with pytest.raises(StatementError, match="steps of computing; at most 30,000 are made"):
        build(f"{chain}\nL = sum(x{MAX_STATEMENTS - 1})", {"x0": [1.0, 2.0]})
    cell = "\n".join(f"h{k + 1} = tanh(W @ h{k} + u * x)" for k in range(999))
    inputs = {"h0": [0.0, 0.0], "W": [[0.1, 0.2], [0.3, 0.4]], "u": [1.0, 2.0], "x": 0.5}
    assert build(f"{cell}\nL = sum(h999)", inputs).loss == "L"
