"""Kinks and ties of a network: where candidates are too close to tell, and how a framework shares a tie."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.admitted import FIRST_DRAWS
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import INPUT, Network, Node, frozen
from gradproof.reference.operations import AT_KINK, OPERATIONS, SIDES
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import middle
from gradproof.reference.reading import Reading
from gradproof.reference.sweep import between, values
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.kinked import candidates, is_kinked, shared
from gradproof.reports.checking.tolerance.tolerance import Sampled, agree

Run = Callable[[Network], Gradients]
"""Runs a network in the framework, mode and dtype of a case."""

Choices = Mapping[int, str]
"""By node, how it shares a tie: one of the choices of its kink."""


@dataclass(frozen=True)
class Contest:
    """A kinked node some of whose results may come from another candidate than the truth takes.

    Arrays have the shape of the node's candidates, *cells and candidates: `largest` are those that the truth takes,
    `near` those that rounding may take, `z` how far they lie from the largest, in sigma. In `exact` cells they tie
    without any error: there a framework has no other choice than how to share the tie.
    """

    node: int
    largest: Any
    near: Any
    z: Any
    exact: Any

    @property
    def open(self) -> Any:
        """The cells in which rounding decides: an array of booleans."""
        return (np.sum(self.near, axis=-1) > 1) & ~self.exact


def kinked_nodes(network: Network) -> list[int]:
    """The nodes at whose kinks a gradient may jump: a parameter reaches the loss through them."""
    live = between(network, network.index(network.loss), {network.index(name) for name in network.parameters})
    return [i for i in sorted(live) if is_kinked(network, i)]


def gaps(network: Network, reading: Reading, kinked: Iterable[int]) -> dict[int, Any]:
    """By node, how far each of its candidates lies below the largest."""
    with np.errstate(all="ignore"):
        read = values(network, reading)
        found = {i: candidates(network, [read[k] for k in network.nodes[i].operands], i, reading.dtype) for i in kinked}
        return {i: below(each) for i, each in found.items()}


def below(compared: Any) -> Any:
    """How far each candidate lies below the largest, along the last axis: 0 also where an infinite one ties."""
    top = np.max(compared, axis=-1, keepdims=True)
    alike = np.isinf(middle(top)) & (middle(compared) == middle(top))
    return np.where(alike, 0, top) - np.where(alike, 0, compared) if np.any(alike) else top - compared


def contests(case: Case) -> list[Contest]:
    """The kinked nodes with candidates within lambda sigma of the largest.

    sigma is the table's or that of draws, whichever is larger.
    """
    kinked = kinked_nodes(case.network)
    if not kinked:
        return []
    table = gaps(case.declared, case.reading, kinked)
    sampled = Sampled(case, lambda reading: gaps(case.declared, reading, kinked)).spread(FIRST_DRAWS)
    found = (contest(i, gap, sampled[i], case.limit) for i, gap in table.items())
    return [each for each in found if each.exact.any() or each.open.any()]


def contest(node: int, gap: Any, sampled: Any, limit: float) -> Contest:
    """What is open at one node, from the gaps of its candidates."""
    with np.errstate(all="ignore"):
        sigma = np.maximum(np.sqrt(gap.variance), sampled).astype(float)
        away = np.broadcast_to(gap.value, sigma.shape).astype(float)
        winner = np.arange(sigma.shape[-1]) == np.argmin(away, axis=-1)[..., None]
        z = np.where(winner | (away == 0), 0, away / sigma)
    near = z <= limit
    exact = (np.sum(near, axis=-1) > 1) & ~np.any(near & ~winner & (sigma > 0), axis=-1)
    return Contest(node, away == 0, near, z, exact)


def with_attribute(network: Network, name: str, given: Mapping[int, Any]) -> Network:
    """The same network with the attribute `name` of these nodes as given."""
    nodes = list(network.nodes)
    for i, each in given.items():
        nodes[i] = replace(nodes[i], attributes=MappingProxyType({**nodes[i].attributes, name: each}))
    return replace(network, nodes=tuple(nodes))


def with_shares(network: Network, found: Iterable[Contest], choices: Choices) -> Network:
    """The same network, the sides of contested nodes written out: as the truth has them, ties shared as chosen."""
    given = {}
    for each in found:
        own = network.nodes[each.node].attributes[AT_KINK]
        given[each.node] = shared(network, each.node, each.largest, own)
        given[each.node][each.open] = shared(network, each.node, each.largest, choices.get(each.node, own))[each.open]
    return with_attribute(network, SIDES, given)


def measured_choices(case: Case, nodes: Iterable[int], run: Run) -> dict[int, str]:
    """By node, how a framework shares a tie of all candidates, each operation run alone by `run`.

    A node that does so as none of its kink's choices is left out.
    """
    choices: dict[int, str] = {}
    known: dict[str, str | None] = {}
    for i in nodes:
        network = alone_at_tie(case.network, i)
        text = language_text(network) + str([node.shape for node in network.nodes])
        if text not in known:
            known[text] = measured_choice(replace(case, network=network), run(network))
        if choice := known[text]:
            choices[i] = choice
    return choices


def measured_choice(case: Case, got: Gradients) -> str | None:
    """The choice that explains the gradients `got` of an operation alone at a tie; None if there is none."""
    at = case.network.index("y")
    node = case.network.nodes[at]
    kink = OPERATIONS[node.operation].kink
    assert kink is not None
    for choice in sorted(kink.choices, key=lambda each: each != node.attributes[AT_KINK]):
        chosen = replace(case, network=with_attribute(case.network, AT_KINK, {at: choice}))
        if agree(compare(got, chosen.table())):
            return choice
    return None


def alone_at_tie(network: Network, i: int) -> Network:
    """The operation of node `i` alone, y, its candidates all equal: L = sum(y), by the operands x0, x1, and so on.

    One between bounds is at each of them.
    """
    node = network.nodes[i]
    natural = MappingProxyType({**node.attributes, SIDES: None})
    operation = OPERATIONS[node.operation]
    assert operation.kink is not None
    at = np.array(operation.kink.at(**node.public), float)  # an integer would be one to frameworks
    own = [at if operation.is_elementwise else np.zeros(network.nodes[k].shape) for k in node.operands]
    for position in operation.discrete:
        own[position] = network.inputs[network.nodes[node.operands[position]].name or ""]
    if operation.kink.meets is not None:
        own = [np.asarray(x) for x in operation.kink.meets(*own, **node.public)]
    inputs = {f"x{k}": x for k, x in enumerate(own)}
    nodes = [Node(INPUT, name=name, shape=x.shape) for name, x in inputs.items()]
    shape = at.shape if operation.is_elementwise else node.shape
    operands = tuple(range(len(nodes)))
    nodes.append(Node(node.operation, operands, natural, "y", 1, shape, algorithm=node.algorithm))
    nodes.append(Node("sum", (len(nodes) - 1,), MappingProxyType({"axis": None, "keepdims": False}), "L", 2))
    moved = tuple(name for name, x in inputs.items() if not is_discrete(x))
    return Network(tuple(nodes), "L", moved, frozen(inputs))
