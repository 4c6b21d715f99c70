"""Operations that lose accuracy: each one run alone, its values against certified truth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.network import INPUT, Network, Node, frozen
from gradproof.reference.operations.kernels import Array
from gradproof.reference.readings.plain import truth
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import values
from gradproof.reports.checking.comparison import Comparison


@dataclass(frozen=True)
class Loss:
    """A node whose operation, run alone on the operands it has in the network, misses the truth.

    `error` is what it misses by, entry by entry; `z`, `got` and `expected` belong to the worst entry.
    """

    node: int
    error: Any
    z: float
    got: float
    expected: float


def alone(network: Network, index: int, operands: list[Any]) -> Network:
    """The operation of one node with `operands` as inputs: L = sum(y * c), so that dL/dc is its value y."""
    node = network.nodes[index]
    inputs = {f"x{k}": operand for k, operand in enumerate(operands)} | {"c": np.ones(node.shape)}
    nodes = [Node(INPUT, name=name, shape=np.shape(value)) for name, value in inputs.items()]
    n = len(operands)
    none: Mapping[str, Any] = MappingProxyType({})
    nodes.append(replace(node, operands=tuple(range(n)), name="y", statement=1))
    nodes.append(Node("multiply", (n + 1, n), none, None, 2, node.shape))
    over = MappingProxyType({"axis": None, "keepdims": False})
    nodes.append(Node("sum", (n + 2,), over, "L", 2, ()))
    return Network(tuple(nodes), "L", ("c",), frozen(inputs))


def losses(network: Network, dtype: str, measure: Callable[[Network], Comparison]) -> list[Loss]:
    """The nodes whose values alone are flagged; `measure` runs a network that has one parameter."""
    with np.errstate(all="ignore"):
        read = values(network, truth(dtype))
    found = []
    for i in sorted(network.ancestors(network.loss)):
        node = network.nodes[i]
        if node.operands:
            with np.errstate(all="ignore"):
                operands = [np.asarray(read[k]).astype(dtype).astype(np.float64) for k in node.operands]
            c = measure(alone(network, i, operands))
            if not c.agrees and not c.nonfinite.any():
                worst = c.worst(c.flagged)
                error = c.got.astype(c.expected.dtype) - c.expected
                found.append(Loss(i, error, float(c.z[worst]), float(c.got[worst]), float(c.expected[worst])))
    return found


def with_errors(network: Network, found: list[Loss], kind: type[Rounded]) -> tuple[Network, dict[str, Array]]:
    """The same network in which each lossy node also adds the error that was measured.

    Returns the network, and the errors as inputs in `kind`. Equal operands err alike, so each has the error e that was
    measured. But in the network the operand had errors of its own, and a neighbour of it may have any other error e'
    of the node: independent, with mean 0 and the mean square of the node's errors. Then (e' - e)^2 has the mean
    e^2 + mean(e^2), which is the variance about e.
    """
    nodes: list[Node] = []
    moved: dict[int, int] = {}
    lifted: dict[str, Array] = {}
    errors = {loss.node: loss.error for loss in found}
    for i, node in enumerate(network.nodes):
        here = replace(node, operands=tuple(moved[k] for k in node.operands))
        if i in errors:
            name = f"{node.name or 'value'}_error_{i}"
            shape = node.shape
            nodes.append(replace(here, name=None))
            nodes.append(Node(INPUT, name=name, shape=shape))
            error = errors[i].astype(kind.wide)
            lifted[name] = kind(error, error**2 + np.mean(error**2))
            here = Node("add", (len(nodes) - 2, len(nodes) - 1), MappingProxyType({}), node.name, node.statement, shape)
        nodes.append(here)
        moved[i] = len(nodes) - 1
    return replace(network, nodes=tuple(nodes)), lifted
