"""The network: an immutable, named graph of operations with a scalar loss, and the numbers it is fed."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kinks import HIDDEN

INPUT, LITERAL = "input", "literal"
"""The two kinds of node that are not operations of the table."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Derivative:
    """How a cotangent goes from a node to one of its operands.

    `rule` is a vjp as in the operation table; `reads` are the nodes whose values it is given as the result and
    the operands. They may come later than the node: the sweep has all values before it goes back.
    """

    rule: Callable[..., Any]
    reads: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One value of the computation.

    `operation` is a key of the operation table, `INPUT` or `LITERAL`; `operands` are the indices of earlier
    nodes; `name` is None for a value inside a statement (it then has exactly one reader); `statement` counts
    from 1 and is 0 for inputs; a literal has its number in `attributes["value"]`. `wrong` maps the position
    of an operand to a derivative that takes the place of the operation's own: a mistake, made on purpose by
    `gradproof.reference.mistakes` and by nothing else. `algorithm` is one of the operation's other algorithms, "" the
    stable one.
    """

    operation: str
    operands: tuple[int, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    name: str | None = None
    statement: int = 0
    shape: Shape = ()
    wrong: Mapping[int, Derivative] = field(default_factory=lambda: MappingProxyType({}))
    algorithm: str = ""

    @property
    def public(self) -> dict[str, Any]:
        """The attributes that a statement sets."""
        return {name: given for name, given in self.attributes.items() if name not in HIDDEN}


@dataclass(frozen=True)
class Network:
    """A computation with a scalar loss (see `gradproof.reference.load` and `gradproof.reference.language.parsing`).

    `nodes` come in an order in which operands precede their readers; `inputs` maps each input to its array
    (read-only), of any shape: of float64, or of int64 or bool where operations need such (see `is_discrete`), which are
    never among the parameters and never rounded; `parameters` are the names whose gradients are compared, in order;
    `updated` are those that an update step replaces, with step size `learning_rate`.
    """

    nodes: tuple[Node, ...]
    loss: str
    parameters: tuple[str, ...]
    inputs: Mapping[str, NDArray[Any]]
    title: str = ""
    source: str = ""
    updated: tuple[str, ...] = ()
    learning_rate: float | None = None

    def index(self, name: str) -> int:
        """The node called `name`. Raises KeyError if there is none."""
        return self.places[name]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The index in `nodes` of each node that has a name, by its name."""
        return {node.name: i for i, node in enumerate(self.nodes) if node.name is not None}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names, inputs first, in order."""
        return tuple(node.name for node in self.nodes if node.name is not None)

    @cached_property
    def size(self) -> int:
        """How many numbers all its values have."""
        return sum(math.prod(node.shape) for node in self.nodes)

    def ancestors(self, name: str) -> frozenset[int]:
        """The nodes that `name` is computed from, itself among them."""
        return self.behind([self.index(name)])

    def behind(self, nodes: Iterable[int]) -> frozenset[int]:
        """The nodes that some nodes are computed from, these among them."""
        found: set[int] = set()
        pending = [*nodes]
        while pending:
            i = pending.pop()
            if i not in found:
                found.add(i)
                pending.extend(self.nodes[i].operands)
        return frozenset(found)

    @property
    def discrete(self) -> frozenset[str]:
        """The inputs that hold integers or booleans."""
        return frozenset(name for name, array in self.inputs.items() if is_discrete(array))

    def with_inputs(self, inputs: Mapping[str, NDArray[Any]]) -> "Network":
        """The same graph, fed other numbers of the same shapes, each in the dtype that its input has."""
        fed = {name: np.asarray(array).astype(self.inputs[name].dtype) for name, array in inputs.items()}
        return replace(self, inputs=frozen({**self.inputs, **fed}))


def frozen(inputs: Mapping[str, Any]) -> Mapping[str, NDArray[Any]]:
    """Read-only copies of `inputs`: float64, but for arrays of integers or booleans."""
    arrays = {
        name: np.array(value, dtype=value.dtype if is_discrete(value) else np.float64) for name, value in inputs.items()
    }
    for array in arrays.values():
        array.flags.writeable = False
    return MappingProxyType(arrays)
