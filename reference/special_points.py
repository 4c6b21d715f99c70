"""Special points: every operation where it is most likely to go wrong, one operand at one point at a time.

Nothing here knows an operation: a point is a number that all entries of an operand have, or what becomes of ordinary
ones, and the operations' own scenarios say what they are tried on. Which points an operation has a value at is told by
its equations, read in float64.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.language.build import build
from gradproof.reference.network import INPUT, Network, Node
from gradproof.reference.operations import OPERATIONS, Operation
from gradproof.reference.operations.table import Scenario
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients

Numbers = NDArray[np.float64]


def full(number: float) -> Callable[[Numbers], Numbers]:
    """What replaces an array by one of its shape in which every entry is this number."""
    return lambda x: np.full(x.shape, number)


def one_entry(number: float) -> Callable[[Numbers], Numbers]:
    """The first entry is this number, the others stay."""

    def replaced(x: Numbers) -> Numbers:
        x = x.copy()
        x.flat[0] = number
        return x

    return replaced


Move = Callable[[Numbers], Numbers]

TIES: Mapping[str, Move] = {
    "0": full(0.0),  # kinks, ties, no variance, no norm
    "all alike": lambda x: np.full(x.shape, x.flat[0]),
    "1e37": full(1e37),  # whose products are beyond float32, and sums of a hundred
}
"""Where entries are equal, or beyond all bounds."""

MIXED: Mapping[str, Move] = {
    "one 0": one_entry(0.0),
    "one 60": one_entry(60.0),  # beside it, all else is lost in a softmax
    "one -1e9": one_entry(-1e9),  # as masks have it
    "mean 1000": lambda x: x + 1000,  # digits cancel in a variance
}
"""One entry apart, or all close together: for operations that mix entries."""

NUMBERS: Mapping[str, Move] = {
    text: full(float(text))
    for text in (
        "-0",
        *("1", "-1"),  # the ends of what is a probability
        *("20.5", "-20.5", "45", "-45"),  # where 1 is lost beside exp(x), in float32 and in float64
        *("89", "-89", "110", "-110", "750", "-750"),  # where exp(x) is beyond the range of float32, and of float64
        *("1e-25", "1e-40"),  # whose square is 0, and which is subnormal
        *("2e19", "-2e19"),  # whose square is infinite
    )
}
"""Every entry is this number."""


@dataclass(frozen=True)
class SpecialPoint:
    """An operation, with its attributes, whose operand is at a point; `network` is made of nothing else.

    The name of an operand is that of the statement's input.
    """

    operation: str
    attributes: Mapping[str, Any]
    operand: str
    point: str
    network: Network


def special_points(operations: Collection[str] = ()) -> Iterator[tuple[str, SpecialPoint]]:
    """Every special point by a name that is good for a file: those at which the operation has a value.

    They are those of some operations, or of all. The first operands of the first scenario are taken to all points; what
    follows, and where only attributes differ, to those of `TIES`.
    """
    for operation in map(OPERATIONS.__getitem__, operations or OPERATIONS):
        for number, scenario in enumerate(scenarios_of(operation), 1):
            for operand, point, inputs in taken_to_points(operation, scenario, is_first=number == 1):
                network = point_network(scenario, inputs)
                if has_value(network):
                    name = f"{operation.name}{f'-{number}' if number > 1 else ''}-{operand}-at-{point}"
                    found = SpecialPoint(operation.name, public(network, operation), operand, point, network)
                    yield name.replace(" ", "-"), found


def taken_to_points(
    operation: Operation, scenario: Scenario, is_first: bool
) -> Iterator[tuple[str, str, dict[str, Numbers]]]:
    """Operand, point and inputs of a scenario: each operand is taken to each point, and all to one number at once."""
    ordinary = ordinary_numbers(scenario)
    for position, (operand, x) in enumerate(ordinary.items()):
        for point, moved in points_of(operation, in_full=is_first and position < IN_FULL).items():
            yield operand, point, {**ordinary, operand: moved(x)}
    first = next(iter(ordinary.values()))
    if len(ordinary) > 1:  # where operands are compared, it is a tie
        yield ALL, "one number", {name: np.full(x.shape, first.flat[0]) for name, x in ordinary.items()}


ALL = "all"
"""What stands for all operands at once, in place of one's name."""


def points_of(operation: Operation, in_full: bool) -> Mapping[str, Move]:
    """The points for an operand, or those that matter to any; entry by entry, one entry alone is none."""
    if not in_full:
        return TIES
    return {**(MIXED if not operation.is_elementwise else {}), **TIES, **NUMBERS}


IN_FULL = 2
"""How many operands of an operation are taken to all points: what follows are weights and biases, mostly."""


def scenarios_of(operation: Operation) -> list[Scenario]:
    """The first of the operation's scenarios for each choice of attributes."""
    found: dict[str, Scenario] = {}
    for scenario in operation.scenarios:
        network = point_network(scenario, ordinary_numbers(scenario))
        found.setdefault(repr(public(network, operation)), scenario)
    return list(found.values())


def ordinary_numbers(scenario: Scenario) -> dict[str, Numbers]:
    """Numbers of three decimals from the domain of a scenario, the same on every machine."""
    low, high = scenario.domain
    random = np.random.default_rng(crc32(scenario.expression.encode()))
    return {name: np.round(random.uniform(low, high, shape), 3) for name, shape in scenario.shapes.items()}


def point_network(scenario: Scenario, numbers: Mapping[str, Numbers]) -> Network:
    """The scenario's value, entry by entry times cotangents that differ, summed up; a scalar is the loss itself.

    Of several results the first is looked at.
    """
    inputs = {**scenario.given, **numbers}
    operation = OPERATIONS.get(scenario.expression.split("(")[0])
    results = ["y", *(f"y{k}" for k in range(1, len(operation.results) if operation else 1))]
    assigned = f"{', '.join(results)} = {scenario.expression}"
    network = build(f"{assigned}\nL = sum(y)", inputs, parameters=list(numbers))
    shape = network.nodes[network.index("y")].shape
    if not shape:
        return build(f"L = {scenario.expression}", inputs, parameters=list(numbers))
    if all(OPERATIONS[node.operation].is_elementwise for node in network.nodes[:-1] if node.operation in OPERATIONS):
        return network
    weights = (1 + np.arange(np.prod(shape)) % 5).reshape(shape) / 4  # exact; they differ, so that nothing cancels
    return build(f"{assigned}\nL = sum(g*y)", {**inputs, "g": weights}, parameters=list(numbers))


def public(network: Network, operation: Operation) -> dict[str, Any]:
    """The attributes that the statement sets, of the node of the operation."""
    node = node_of(network, operation)
    return {name: node.attributes[name] for name in operation.public}


def node_of(network: Network, operation: Operation) -> Node:
    """The node of an operation in its own network: the first of it, an input where it has none."""
    named = (node for node in network.nodes if node.operation == operation.name)
    return next(named, next(node for node in network.nodes if node.operation == INPUT))


def has_value(network: Network) -> bool:
    """Whether the equations have a value there, in float64: a number or an infinity."""
    with np.errstate(all="ignore"):
        return not np.isnan(gradients(network, value("float64"), [], value=True)[network.loss])
