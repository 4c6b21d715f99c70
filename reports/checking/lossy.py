"""Operations that lose accuracy: each one run alone, its values against certified truth."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.admitted import ALIKE
from gradproof.reference.network import INPUT, Network, Node, frozen
from gradproof.reference.operations import OPERATIONS, SIDES
from gradproof.reference.operations.kernels import Array
from gradproof.reference.readings.plain import truth
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import values
from gradproof.reports.checking.comparison import Comparison


@dataclass(frozen=True)
class Loss:
    """A node whose operation, run alone on the operands it has in the network, misses the truth.

    `operands` are those that it was run on; `error` is what it misses by, entry by entry; `z`, `got` and `expected`
    belong to the worst entry, which is at `where`.
    """

    node: int
    operands: list[Any]
    where: tuple[int, ...]
    error: Any
    z: float
    got: float
    expected: float

    def said(self, network: Network) -> str:
        """What the operation alone gave."""
        operation = network.nodes[self.node].operation
        return f"{operation} alone gives {self.got!r} for {self.expected!r}, z {self.z:.3g}"


def alone(node: Node, operands: list[Any]) -> Network:
    """The operation of one node with `operands` as inputs: L = sum(y * c), so that dL/dc is its value y."""
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
            c = measure(alone(node, operands))
            if not c.agrees and not c.nonfinite.any():
                worst = c.worst(c.flagged)
                error = c.got.astype(c.expected.dtype) - c.expected
                z, got, expected = float(c.z[worst]), float(c.got[worst]), float(c.expected[worst])
                found.append(Loss(i, operands, worst, error, z, got, expected))
    return found


def with_algorithms(
    network: Network, found: list[Loss], measure: Callable[[Network], Comparison]
) -> tuple[Network, list[Loss]]:
    """The network with the algorithms that lossy operations were found to run, and the losses of all others."""
    chosen: dict[str, str] = {}
    unlisted = []
    for loss in found:
        node = network.nodes[loss.node]
        for name in OPERATIONS[node.operation].algorithms:
            if measure(alone(replace(node, algorithm=name), loss.operands)).agrees:
                chosen[node.operation] = name
                break
        else:
            unlisted.append(loss)
    nodes = (replace(node, algorithm=chosen.get(node.operation, node.algorithm)) for node in network.nodes)
    return replace(network, nodes=tuple(nodes)), unlisted


NEIGHBOURS = 256
"""How many results at neighbouring operands tell how an operation loses: their root mean square scatters little."""


def unlike_rounding(network: Network, loss: Loss, run: Callable[[Network, str], Mapping[str, Any]]) -> str:
    """Why what an operation loses is no loss by rounding; "" if it is one.

    It is run alone at neighbours of its operands, float32 numbers all of them, in both dtypes, and the root mean
    squares of its errors are compared, each in its own u. Rounding loses alike many in both; an error that only float32
    has is a defect of float32, and one that is as large in float64 makes another function.
    """
    root: dict[str, float] = {}
    for dtype in ("float32", "float64"):
        squares, u = [], float(np.finfo(dtype).eps) / 2
        for near in neighbours(network, loss):
            with np.errstate(all="ignore"):
                read = values(near, truth(dtype))
                expected = np.asarray(read[near.index("y")])
                error = (np.asarray(run(near, dtype)["c"]) - expected).astype(float) / u
            squares.append(np.ravel(error) ** 2)
        root[dtype] = float(np.sqrt(np.mean(np.concatenate(squares))))
    narrow, wide = root["float32"], root["float64"]
    if not np.isfinite(narrow) or not np.isfinite(wide):
        return "at neighbouring operands it is not finite"
    misses = f"at neighbouring operands it misses by {narrow:.3g} u in float32 and by {wide:.3g} u in float64"
    if narrow > ALIKE * wide:
        return f"{misses}: a defect of float32"
    if wide > ALIKE * narrow:
        return f"{misses}: another function"
    return ""


def neighbours(network: Network, loss: Loss) -> Iterator[Network]:
    """The operation of a loss alone at operands around its own, with `NEIGHBOURS` results in all.

    Of an operation that works entry by entry only the worst entry is taken, many times.
    """
    node, draw = network.nodes[loss.node], np.random.default_rng(loss.node)
    natural = {name: None if name == SIDES else value for name, value in node.attributes.items()}
    node = replace(node, attributes=MappingProxyType(natural))
    operands, count = loss.operands, -(-NEIGHBOURS // math.prod(node.shape))
    if OPERATIONS[node.operation].is_elementwise:
        operands = [np.full(NEIGHBOURS, np.broadcast_to(x, node.shape)[loss.where]) for x in operands]
        node, count = replace(node, shape=(NEIGHBOURS,)), 1
    template = alone(node, operands)
    for _ in range(count):
        yield template.with_inputs({f"x{k}": stepped(x, draw) for k, x in enumerate(operands)})


def stepped(x: Array, draw: np.random.Generator) -> Array:
    """Float32 numbers around x, up to an eighth of it away: far enough that each result is rounded otherwise."""
    return (x * draw.uniform(7 / 8, 9 / 8, np.shape(x))).astype(np.float32).astype(np.float64)


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
