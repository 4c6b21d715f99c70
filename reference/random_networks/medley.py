"""Operations side by side, one after another on what others gave or on numbers of their own.

What an operation is given are the operands of its own scenarios; each of its results is summed up with weights that
differ, beside the loss. A medley draws from the scenarios that its operations had when it was entered, so that an entry
whose scenarios grow at their end leaves it as it is.
"""

import re
from collections.abc import Mapping

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.table import AROUND_0, Scenario
from gradproof.reference.random_networks.dense import output_layer
from gradproof.reference.random_networks.draw import Draw, chance
from gradproof.reference.random_networks.graph import Graph, Limits

DATA = {"soft_margin_loss": ("t",), "cross_entropy": ("w",), "nll_loss": ("w",)}
"""Operands that are data: there are functions that refuse to be differentiated by them."""


def medley(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """Every operation of `limits` as often as its depth says, in an order that is drawn; and an output layer."""
    values: dict[Shape, list[str]] = {}
    number = 0
    for _ in range(draw.integer(*limits.depth)):
        left = list(limits.operations.items())
        while left:
            name, count = left.pop(draw.integer(0, len(left) - 1))
            number += 1
            applied(graph, draw, name, OPERATIONS[name].scenarios[draw.integer(0, count - 1)], number, values)
    graph.term = f"s{number}"
    return output_layer(graph, draw, limits, 0, "x", width)


def applied(
    graph: Graph, draw: Draw, name: str, scenario: Scenario, number: int, values: dict[Shape, list[str]]
) -> None:
    """Add the statement of a scenario; `values` are those of each shape that it may read, to which its own is added."""
    operands = {given: graph.given(f"{given}_{number}", array) for given, array in scenario.given.items()}
    for operand, shape in scenario.shapes.items():
        is_data = operand in DATA.get(name, ())
        known = values.get(shape, []) if scenario.domain == AROUND_0 and not is_data else []
        if known and chance(draw, 2):
            operands[operand] = f"sin({draw.choose(known)})"  # bounded, and it loses no derivative far out
        else:
            operands[operand] = graph.operand(f"{operand}_{number}", shape, scenario.domain, is_data)
    results = [f"y{number}_{k}" for k in range(len(OPERATIONS[name].results))] or [f"y{number}"]
    graph.assign(", ".join(results), with_operands(scenario.expression, operands))
    terms = [f"s{number - 1}"] if number > 1 else []
    for result, shape in zip(results, shapes_of(scenario, len(results)), strict=True):
        terms.append(f"sum({result} * {graph.operand(f'c_{result}', shape, (0.5, 1.5))})")
        values.setdefault(shape, []).append(result)
    graph.assign(f"s{number}", " + ".join(terms))


def with_operands(expression: str, operands: Mapping[str, str]) -> str:
    """The expression with its names replaced, but for those of attributes."""
    names = "|".join(map(re.escape, operands))
    return re.sub(rf"\b({names})\b(?!\s*=[^=])", lambda found: operands[found[1]], expression)


def shapes_of(scenario: Scenario, count: int) -> list[Shape]:
    """The shapes of the results of a scenario."""
    inputs = {**scenario.given, **{name: np.ones(shape) for name, shape in scenario.shapes.items()}}
    results = [f"y{k}" for k in range(count)]
    network = build(
        f"{', '.join(results)} = {scenario.expression}\nL = {' + '.join(f'sum({y})' for y in results)}", inputs
    )
    return [network.nodes[network.index(y)].shape for y in results]


def counted(text: str) -> Mapping[str, int]:
    """Numbers by name, as in "abs:2 exp:1"."""
    return {name: int(number) for name, number in (each.split(":") for each in text.split())}


MEDLEYS: Mapping[str, Mapping[str, int]] = {
    "functions": counted(
        "exp:1 expm1:1 log:1 log1p:1 sqrt:1 sin:1 cos:1 reciprocal:1 rsqrt:1 logaddexp:4 logsigmoid:1 softsign:1 "
        "tanhshrink:1 mish:1 prelu:4 selu:1 celu:2 erfc:1 glu:3 clip:2 hardtanh:2 relu6:1 hardsigmoid:1 "
        "hardswish:1 softshrink:2 hardshrink:2"
    ),
    "layers": counted(
        "max_pool1d:5 avg_pool1d:8 max_pool2d:6 avg_pool2d:9 adaptive_avg_pool1d:4 adaptive_max_pool1d:4 "
        "adaptive_avg_pool2d:3 adaptive_max_pool2d:3 scaled_dot_product_attention:12 batch_norm:12 "
        "instance_norm:8 group_norm:8 dropout:7 conv1d:5 batch_norm_inference:12 rnn_cell:2 lstm_cell:2 "
        "gru_cell:2 multi_head_attention:4 rms_norm:5 conv_transpose1d:4 conv_transpose2d:9"
    ),
    "arrays": counted(
        "subtract:4 divide:4 identity:1 negative:1 power:9 pow:6 maximum:1 minimum:1 stack:3 concatenate:4 "
        "outer:1 take:5 take_along_axis:3 embedding:3 where:3 one_hot:2 scatter_add:4 flip:3 roll:3 pad:3 "
        "reshape:3 broadcast_to:3 tile:4 repeat:3 swapaxes:2 moveaxis:2"
    ),
    "reductions and choices": counted(
        "sum:5 var:4 max:5 logsumexp:4 softmax:3 softmin:2 log_softmax:2 where_greater:2 where_greater_equal:2 "
        "where_less:2 where_less_equal:2 where_equal:2 where_not_equal:2 sign:2 cumsum:3 cumprod:4 min:5 prod:6 "
        "std:4 norm:6 normalize:5 cosine_similarity:4 pairwise_distance:3 sort:3 topk:3"
    ),
    "losses": counted(
        "mean_over_outputs:3 mean_over_samples:3 binary_cross_entropy:3 huber_loss:9 smooth_l1_loss:9 l1_loss:6 "
        "kl_div:9 soft_margin_loss:6 poisson_nll_loss:6 cross_entropy:10 nll_loss:6 margin_ranking_loss:6 "
        "hinge_embedding_loss:6 hinge:4 squared_hinge:4 multi_margin_loss:6 cosine_embedding_loss:6 "
        "triplet_margin_loss:4 log_cosh:6 gaussian_nll_loss:10"
    ),
    "recurrent layers": counted("rnn:2 lstm:2 gru:2"),
    "contractions": counted("einsum:11 norm:9 split:3"),
}
"""What other networks seldom have: by the name of a medley its operations, each with the scenarios it had then.

A new operation goes into a new medley at the end: networks of one that is there keep their names and numbers.
"""
