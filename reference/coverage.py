"""What networks have of each operation: with which attributes, and at which special points its operands are.

Nothing here knows an operation; values are those of the equations, read in float64.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.reference.network import Network, Node
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kinks import largest
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import values

Numbers = NDArray[np.float64]

NARROW, WIDE = np.finfo(np.float32), np.finfo(np.float64)


def beyond(number: float) -> Callable[[Numbers], bool]:
    """Whether an entry is finite and further from 0 than a number."""
    return lambda x: bool(np.any((np.abs(x) > number) & np.isfinite(x)))


def below(number: float) -> Callable[[Numbers], bool]:
    """Whether an entry is nearer to 0 than a number, and not 0."""
    return lambda x: bool(np.any((np.abs(x) < number) & (x != 0)))


POINTS: Mapping[str, Callable[[Numbers], bool]] = {
    "0": lambda x: bool(np.any((x == 0) & ~np.signbit(x))),
    "-0": lambda x: bool(np.any((x == 0) & np.signbit(x))),
    "infinite": lambda x: bool(np.isinf(x).any()),
    "1 is lost beside exp(x) in float32": beyond(float(np.log(2 / NARROW.eps))),
    "1 is lost beside exp(x) in float64": beyond(float(np.log(2 / WIDE.eps))),
    "exp(x) beyond float32": beyond(float(np.log(NARROW.max))),
    "exp(x) beyond float64": beyond(float(np.log(WIDE.max))),
    "x^2 below float32": below(float(np.sqrt(NARROW.tiny))),
    "x^2 beyond float32": beyond(float(np.sqrt(NARROW.max))),
    "subnormal in float32": below(float(NARROW.tiny)),
    "all alike": lambda x: x.size > 1 and bool(np.all(x == x.flat[0])),
    "far from 0, close together": lambda x: x.size > 1 and bool(np.abs(np.mean(x)) * NARROW.eps > np.std(x) ** 2 > 0),
    "one entry": lambda x: x.ndim > 0 and x.size == 1,
    "no entry": lambda x: x.size == 0,
}
"""What an operand may be, by a name: that of some entry of it, or of all."""

TIE = "a tie"
"""Where a kinked operation compares numbers that are equal."""


def coverage(networks: Iterable[Network]) -> dict[str, Any]:
    """What some networks have of each operation, as JSON data.

    `operations` has by operation a row for each choice of its attributes, its defaults left out: how many `networks`
    have it, and at how many of them an operand is at each of `points`. `never` are the operations that none has.
    """
    found: dict[str, dict[str, tuple[dict[str, Any], Counter[str]]]] = {}
    for network in networks:
        seen: dict[tuple[str, str], tuple[dict[str, Any], set[str]]] = {}
        for node, points in applied(network):
            attributes = set_attributes(node)
            _, known = seen.setdefault((node.operation, repr(sorted(attributes.items()))), (attributes, set()))
            known |= points
        for (operation, text), (attributes, points) in seen.items():
            _, counts = found.setdefault(operation, {}).setdefault(text, (attributes, Counter()))
            counts.update(["", *points])
    return {
        "operations": {
            operation: [
                {"attributes": attributes, "networks": counts[""], "points": {p: n for p, n in counts.items() if p}}
                for attributes, counts in rows.values()
            ]
            for operation, rows in sorted(found.items())
        },
        "never": sorted(set(OPERATIONS) - set(found)),
    }


def applied(network: Network) -> Iterator[tuple[Node, set[str]]]:
    """The nodes of operations of the table, each with the special points at which its operands are."""
    with np.errstate(all="ignore"):
        read = values(network, value("float64"))
        for node in network.nodes:
            if operation := OPERATIONS.get(node.operation):
                operands = [np.asarray(read[k]) for k in node.operands]
                floats = [x for k, x in enumerate(operands) if k not in operation.discrete]
                yield node, {*points_of(floats), *([TIE] if is_tied(node, operands) else [])}


def points_of(operands: Iterable[Numbers]) -> set[str]:
    """The names of the special points that some operand is at."""
    return {name for x in operands for name, is_at in POINTS.items() if is_at(x)}


def is_tied(node: Node, operands: list[Any]) -> bool:
    """Whether a node has a kink, and two of what it compares are equal and the largest."""
    kink = OPERATIONS[node.operation].kink
    if kink is None or kink.is_smooth(**node.public):
        return False
    compared = kink.candidates(*operands, **node.public)
    return compared.size > 0 and bool(np.any(np.sum(largest(compared), axis=-1) > 1))


def set_attributes(node: Node) -> dict[str, Any]:
    """The attributes of a node that are not its operation's defaults, as JSON data; numbers of any size as "a number".

    How many different numbers were drawn for a slope says nothing of what was tried.
    """
    defaults = OPERATIONS[node.operation].attributes
    return {
        name: "a number" if is_measured(given) else given if isinstance(given, int | str) else repr(given)
        for name, given in node.public.items()
        if given != defaults.get(name)
    }


def is_measured(given: Any) -> bool:
    """Whether an attribute is a number of which any other would do; infinity is a choice, as of the order of a norm."""
    return isinstance(given, float) and np.isfinite(given)
