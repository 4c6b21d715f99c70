"""What a framework computes on its way: every value, and what every operation passes back, from one run.

The program is run again with zeros added where something is to be seen. The gradient by a zero that is added to an
operand is what the operation passes back to it; the gradient by a zero factor of a value that is added to the loss is
that value. Adding zeros changes no bit, unless a compiler fuses otherwise for them: `Observation.same` says so.
"""

import sys
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.adapters.programs.script import rounded
from gradproof.reference.language.writing import only_loss
from gradproof.reference.network import INPUT, LITERAL, Network, Node, Shape, frozen
from gradproof.reference.sweep import between
from gradproof.reports.checking.tolerance.case import Gradients

Edge = tuple[int, int]
"""A node, and the position of one of its operands."""


ALL = range(sys.maxsize)
"""All nodes of a network."""


@dataclass(frozen=True)
class Observation:
    """What one run computed, in the dtype under check; nodes are those of `network`, which has no other statements.

    `values` are those of the nodes, each of the node's shape, that depend on an input; `received` the cotangents of
    nodes, `passed` the ones that operations pass back, each of its operand's shape, where a parameter depends on it.
    `same` says whether the gradients of the parameters are those of the unobserved run, bit for bit.
    """

    network: Network
    values: Mapping[int, Any]
    received: Mapping[int, Any]
    passed: Mapping[Edge, Any]
    gradients: Gradients
    same: bool


def observe(
    network: Network,
    got: Gradients,
    dtype: str,
    run: Callable[[Network], Gradients],
    at: Container[int] = ALL,
    values_only: bool = False,
) -> Observation:
    """Everything that `run`, which gave `got` for `network`, computes for it. Raises what `run` raises.

    Only the nodes `at` are observed, and of these, if so asked, only the values: what is not observed may be fused.
    """
    probe = Probed(only_loss(network), at, values_only)
    found = run(probe.network)
    gradients = {name: np.asarray(found[name]) for name in network.parameters}
    needed = probe.source
    fed = rounded(needed, dtype)
    inputs = {i: fed[n.name or ""] for i, n in enumerate(needed.nodes) if n.operation == INPUT}
    return Observation(
        needed,
        inputs | {i: np.asarray(found[name]) for i, name in probe.values.items()},
        {i: np.asarray(found[name]) for i, name in probe.received.items()},
        {edge: np.asarray(found[name]) for edge, name in probe.passed.items()},
        gradients,
        all(same_bits(array, np.asarray(got[name])) for name, array in gradients.items()),
    )


def same_bits(a: Any, b: Any) -> bool:
    """Whether two arrays of one shape hold the same numbers; a NaN is the same as another, 0 as -0."""
    return bool(np.array_equal(a, b, equal_nan=True))


class Probed:
    """A network to which zeros are added where it is to be observed; the names that it then has as parameters.

    `values`, `received` and `passed` name them by node and edge of `source`, as in `Observation`.
    """

    def __init__(self, source: Network, at: Container[int], values_only: bool) -> None:
        self.source, self.at, self.values_only = source, at, values_only
        self.prefix = "seen"
        while any(name.startswith(self.prefix) for name in source.names):
            self.prefix += "_"
        self.nodes: list[Node] = []
        self.zeros: dict[str, Shape] = {}
        self.values: dict[int, str] = {}
        self.received: dict[int, str] = {}
        self.passed: dict[Edge, str] = {}
        self.network = self.built()

    def built(self) -> Network:
        """The network with its zeros: inputs first, then every node, then the loss that also holds the values."""
        source, root = self.source, self.source.index(self.source.loss)
        parameters = {source.index(name) for name in source.parameters}
        live, varying = between(source, root, parameters), depending(source)
        moved: dict[int, int] = {}
        for i, node in enumerate(source.nodes):
            if node.operation == INPUT:
                moved[i] = self.add(node)
        tapped = [i for i, node in enumerate(source.nodes) if node.operands and i in varying and i in self.at]
        for i in tapped:
            self.values[i] = self.zero(f"value_{i}", source.nodes[i].shape)
            if self.values_only:
                continue
            if i in live and i != root:
                self.received[i] = self.zero(f"cotangent_{i}", source.nodes[i].shape)
            for position, k in enumerate(source.nodes[i].operands):
                if k in live and i in live:
                    self.passed[i, position] = self.zero(f"passed_{i}_{position}", source.nodes[k].shape)
        at = {node.name: k for k, node in enumerate(self.nodes)}
        statement = 0
        for i, node in enumerate(source.nodes):
            if node.operation == INPUT:
                continue
            operands = [moved[k] for k in node.operands]
            for position in range(len(operands)):
                if (i, position) in self.passed:
                    shape = self.nodes[operands[position]].shape
                    operands[position] = self.plus(operands[position], at[self.passed[i, position]], shape)
            statement += 1
            name = node.name if i not in varying else f"{self.prefix}_{i}"
            moved[i] = self.add(replace(node, operands=tuple(operands), name=name, statement=statement))
            if i in self.received:
                statement += 1
                moved[i] = self.plus(moved[i], at[self.received[i]], node.shape, f"{self.prefix}_{i}_read", statement)
        total = moved[root]
        for i in tapped:
            product = self.add(Node("multiply", (at[self.values[i]], moved[i]), shape=source.nodes[i].shape))
            over = MappingProxyType({"axis": None, "keepdims": False})
            part = self.add(Node("sum", (product,), over)) if source.nodes[i].shape else product
            statement += 1
            name = f"{self.prefix}_with_{i}"
            total = self.add(Node("add", (total, part), name=name, statement=statement))
        zeros = {name: np.zeros(shape) for name, shape in self.zeros.items()}
        loss = self.nodes[total].name or source.loss
        wanted = (*source.parameters, *zeros)
        return Network(tuple(self.nodes), loss, wanted, frozen({**source.inputs, **zeros}))

    def add(self, node: Node) -> int:
        """Append a node to those so far, and give its index."""
        self.nodes.append(node)
        return len(self.nodes) - 1

    def plus(self, a: int, b: int, shape: Shape, name: str | None = None, statement: int = 0) -> int:
        """Append the sum of two nodes; its index."""
        return self.add(Node("add", (a, b), name=name, statement=statement, shape=shape))

    def zero(self, name: str, shape: Shape) -> str:
        """Append an input of zeros; its name."""
        name = f"{self.prefix}_{name}"
        self.add(Node(INPUT, name=name, shape=shape))
        self.zeros[name] = shape
        return name


def depending(network: Network) -> frozenset[int]:
    """The nodes that depend on an input: what is left are numbers, which a program may leave to Python."""
    found: set[int] = set()
    for i, node in enumerate(network.nodes):
        if node.operation == INPUT or (node.operation != LITERAL and any(k in found for k in node.operands)):
            found.add(i)
    return frozenset(found)
