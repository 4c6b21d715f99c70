"""Which operation is wrong: each one judged by itself, given the framework's own operands and cotangents.

Operands taken from the truth would hide a mistake that depends on them, and blame an operation for those before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.adapters.programs.script import in_dtype
from gradproof.reference.network import INPUT, Network, Node, frozen
from gradproof.reference.operations import OPERATIONS, SIDES
from gradproof.reference.operations.kernels import Array
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import values
from gradproof.reports.checking.explaining.sentences import operand_name
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.results.results import Wrong
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison, Comparisons

Settle = Callable[[Case, Gradients], Comparisons]
"""Compares gradients with their expectation, under the choices that the framework has at kinks and ties."""

VALUE = "c"
"""The parameter of an operation alone whose gradient is the operation's value: the cotangent that it is given."""


@dataclass(frozen=True)
class Fault:
    """An operation that is wrong given the framework's own operands.

    `case` is the operation `alone`, and `found` what the framework computed in the network; `key` is the parameter of
    the worst of it, `VALUE` or an operand "x0", "x1" ..., and `comparison` belongs to that. `node` is that of the
    network that was observed.
    """

    node: int
    case: Case
    found: Gradients
    key: str
    comparison: Comparison

    @property
    def operation(self) -> str:
        """The name of the operation, as the table has it."""
        return self.applied.operation

    @property
    def applied(self) -> Node:
        """The node of the operation in the network that it is alone in."""
        network = self.case.network
        return network.nodes[network.index("y")]

    @property
    def operands(self) -> list[Any]:
        """The operands that the framework gave to the operation, as arrays, without the cotangent."""
        return [array for name, array in self.case.network.inputs.items() if name != VALUE]

    @property
    def direction(self) -> str:
        """Whether its value is wrong, "forward", or what it passes back, "backward"."""
        return "forward" if self.key == VALUE else "backward"

    @property
    def of(self) -> str:
        """What is wrong: "value", or the name of the operand whose cotangent is."""
        return "value" if self.key == VALUE else operand_name(self.applied, int(self.key[1:]))

    @property
    def where(self) -> tuple[int, ...]:
        """The index of the worst entry."""
        return self.comparison.worst(self.comparison.flagged)


def alone(node: Node, operands: Sequence[Any], cotangent: Any, passed: Sequence[int]) -> Network:
    """The operation of one node with `operands` as inputs: L = sum(y * c), where c is the cotangent of its value y.

    Then dL/dc is the value, and dL/dx0 what the operation passes back to its first operand, exactly: the parameters are
    c, and the operands at the positions `passed`.
    """
    inputs = {f"x{k}": operand for k, operand in enumerate(operands)} | {VALUE: cotangent}
    nodes = [Node(INPUT, name=name, shape=np.shape(value)) for name, value in inputs.items()]
    n = len(operands)
    none: Mapping[str, Any] = MappingProxyType({})
    natural = MappingProxyType({name: None if name == SIDES else value for name, value in node.attributes.items()})
    nodes.append(replace(node, operands=tuple(range(n)), attributes=natural, name="y", statement=1))
    product = Node("multiply", (n + 1, n), none, None if node.shape else "L", 2, node.shape)
    nodes.append(product)
    if node.shape:
        over = MappingProxyType({"axis": None, "keepdims": False})
        nodes.append(Node("sum", (n + 2,), over, "L", 2, ()))
    return Network(tuple(nodes), "L", (VALUE, *(f"x{k}" for k in passed)), frozen(inputs))


MOST = 2**18
"""How many numbers are kept of what is wrong of one operation, besides what it shows alone."""


def wrong_of(network: Network, key: str, got: Any, expected: Any, flagged: Any) -> Wrong:
    """What is wrong, where it is `flagged`, of an operation that is alone in `network`, by `key`."""
    node, flagged = network.nodes[network.index("y")], np.asarray(flagged)
    got, expected = (np.asarray(x, np.float64) for x in (got, expected))
    if not (OPERATIONS[node.operation].is_elementwise and node.shape and flagged.shape == node.shape):
        return Wrong(network, key, got, expected, flagged)
    at = np.flatnonzero(flagged)
    with np.errstate(invalid="ignore"):
        off = np.nan_to_num(np.abs(got - expected), nan=np.inf).ravel()[at]
    # Of too many, some all over the array, and the one that is farthest off.
    at = np.union1d(at[:: -(-at.size * (len(network.inputs) + 1) // MOST)], at[[np.argmax(off)]])
    operands = [x for name, x in network.inputs.items() if name != VALUE]
    few, *operands, cotangent = entries(node, (*operands, network.inputs[VALUE]), at)
    network = alone(few, operands, cotangent, [] if key == VALUE else [int(key[1:])])
    return Wrong(network, key, got.ravel()[at], expected.ravel()[at], np.ones(at.shape, bool))


def entries(node: Node, arrays: Iterable[Any], at: Array) -> tuple[Any, ...]:
    """A node that works entry by entry for some of its entries, at flat indices, and its operands' numbers there."""
    return replace(node, shape=at.shape), *(np.broadcast_to(array, node.shape).ravel()[at] for array in arrays)


def steps(case: Case, seen: Observation) -> Iterator[tuple[int, Case, Gradients]]:
    """Every operation of an observed run alone: its node, the case, and what the framework computed for it.

    Operands and cotangents that are NaN say nothing: entry by entry the other entries are looked at, and an operation
    that mixes entries is left out.
    """
    network = seen.network
    with np.errstate(all="ignore"):
        read = values(network, truth(case.dtype))
    known = {i: seen.values.get(i, value) for i, value in enumerate(read)}
    for i, node in enumerate(network.nodes):
        if i not in seen.values or not node.operands:
            continue
        with np.errstate(over="ignore"):
            operands = [in_dtype(np.asarray(known[k]), case.dtype) for k in node.operands]
        passed = [position for position in range(len(operands)) if (i, position) in seen.passed]
        cotangent = np.ones(node.shape) if i not in seen.received else seen.received[i].astype(np.float64)
        found = {VALUE: seen.values[i], **{f"x{k}": seen.passed[i, k] for k in passed}}
        if any(np.isnan(array).any() for array in (*operands, cotangent)):
            if not OPERATIONS[node.operation].is_elementwise:
                continue
            unknown = [np.broadcast_to(np.isnan(array), node.shape) for array in (*operands, cotangent)]
            at = np.flatnonzero(~np.any(unknown, axis=0))
            if not at.size:
                continue
            found = {key: array.ravel()[at] for key, array in found.items() if array.shape == node.shape}
            node, *operands, cotangent = entries(node, (*operands, cotangent), at)
            passed = [k for k in passed if f"x{k}" in found]
        yield i, replace(case, network=alone(node, operands, cotangent, passed)), found


def faults(case: Case, seen: Observation, settle: Settle) -> list[Fault]:
    """The operations that are wrong in an observed run of `case`, in the network's order, their values first."""
    found = []
    for i, step, computed in steps(case, seen):
        comparisons = settle(step, computed)
        wrong = {key: c for key, c in comparisons.items() if not c.agrees}
        if VALUE in wrong:
            found.append(Fault(i, step, computed, VALUE, wrong.pop(VALUE)))
        if wrong:
            key = max(wrong, key=lambda key: wrong[key].largest)
            found.append(Fault(i, step, computed, key, wrong[key]))
    return found
