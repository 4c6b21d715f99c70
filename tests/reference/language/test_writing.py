"""Graphs as text: statements parse back to the graph they came from."""

from dataclasses import replace

import pytest

from gradproof.reference.language.build import build
from gradproof.reference.language.writing import STATEMENTS, Writer, language_text, only_loss
from gradproof.reference.network import Node
from gradproof.reference.operations import OPERATIONS
from tests.reference.operations.scenarios import SCENARIOS, Tried


def test_the_language_writes_every_operation() -> None:
    assert set(STATEMENTS) == set(OPERATIONS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_text_parses_back_to_the_same_graph(scenario: Tried) -> None:
    network = scenario.network()
    again = build(language_text(network), network.inputs, parameters=network.parameters, title=network.title)
    assert again.nodes == network.nodes


@pytest.mark.parametrize(
    "expression",
    [
        "a - (b - c)",
        "(a - b) - c",
        "a / (b * c)",
        "-a ** 2",
        "(-a) ** 2",
        "(a ** 2) ** 3",
        "a ** (-1)",
        "a ** 0.5",
        "-(a + b)",
        "a * -2",
        "(a + b).T",
        "-a.T",
        "(-a).T",
        "stack(a, b)[1]",
        "sum(stack(a, b, c)[::2] * 3)",
        "exp(2) * a",
        "1e-300 * a + 1e+22",
        "mean(stack(a, b), axis=0, keepdims=True)[0]",
        "leaky_relu(a) + leaky_relu(a, negative_slope=0.2)",
        'linear(stack(a, b), stack(stack(a, b), stack(b, c)), layout="W @ x")[0]',
    ],
)
def test_brackets_survive(expression: str) -> None:
    network = build(f"L = {expression}", {"a": 1, "b": 2, "c": 3.0})
    again = build(language_text(network), network.inputs)
    assert again.nodes == network.nodes


def test_defaults_are_left_out_and_others_written() -> None:
    text = "y = sum(x)\nz = sum(x, axis=0)\nq = softmax(x, axis=-1)\nL = y + sum(z) + sum(q)"
    network = build(text, {"x": [[1.0, 2.0]]})
    assert language_text(network) == text.replace(", axis=-1", "")


class Twice(Writer):
    def template(self, node: Node) -> str:
        return "x * x" if node.operation == "square" else super().template(node)


def test_an_expression_that_a_template_needs_twice_gets_a_line_of_its_own() -> None:
    network = build("x_ = x + 1\nL = sum(square(x_ * 2)) + sum(square(x_ * 3))", {"x": [1.0]})
    assert Twice(network).statements() == [
        ("x_", "x + 1"),
        ("x__", "x_ * 2"),
        ("x___", "x_ * 3"),
        ("L", "sum(x__ * x__) + sum(x___ * x___)"),
    ]


def test_what_the_loss_does_not_need_is_left_out() -> None:
    network = build("a = x * w\nb = a + v\nL = a * 2", {"x": 1, "u": 2, "w": 3, "v": 4}, loss="L")
    network = replace(network, parameters=("w", "v"))
    needed = only_loss(network)
    assert language_text(needed) == "a = x * w\nL = a * 2"
    assert list(needed.inputs) == ["x", "w", "v"]
    assert [node.shape for node in needed.nodes] == [()] * len(needed.nodes)
