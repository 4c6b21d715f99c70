"""Kinks and ties: where a slope is a convention, and which one a framework chose."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import AT_KINK, HIDDEN, OPERATIONS
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import values

Gradients = Mapping[str, Any]


def nodes_at_kink(network: Network, dtype: str) -> list[int]:
    """The indices of the kinked nodes that have an entry exactly at their kink (0, or a tie of `maximum`)."""
    read = values(network, truth(dtype))
    found = []
    for i, node in enumerate(network.nodes):
        if node.operation in OPERATIONS and OPERATIONS[node.operation].kink is not None:
            operands = [read[k] for k in node.operands]
            if np.any(operands[0] == (operands[1] if len(operands) > 1 else 0)):
                found.append(i)
    return found


def probe(node: Node) -> Network:
    """The operation of `node` alone, at its kink: the gradient of `x` is the slope taken there."""
    operation = OPERATIONS[node.operation]
    operands = [replace(node, operation="input", operands=(), name=name, shape=()) for name in ("x", "y")]
    operands = operands[: len(operation.operands)]
    alone = replace(node, operands=tuple(range(len(operands))), name="L", statement=1, shape=())
    shell = Network((*operands, alone), "L", ("x",), {})
    return build(language_text(shell), {name.name or "": 0.0 for name in operands}, parameters=["x"])


def measured_choices(network: Network, nodes: Iterable[int], run: Callable[[Network], Gradients]) -> dict[int, float]:
    """By node, the slope that a framework takes at the kinks of `nodes`, each operation run alone by `run`.

    Slopes outside the two one-sided derivatives are no convention and left out.
    """
    choices = {}
    for i in nodes:
        low, high = sorted(slopes(network.nodes[i]))
        slope = float(np.asarray(run(probe(network.nodes[i]))["x"]))
        if low <= slope <= high:
            choices[i] = slope
    return choices


def slopes(node: Node) -> tuple[float, float]:
    """The one-sided derivatives of a kinked node at its kink: left and right."""
    kink = OPERATIONS[node.operation].kink
    assert kink is not None
    return kink(**{k: v for k, v in node.attributes.items() if k not in HIDDEN})


def with_choices(network: Network, choices: Mapping[int, float]) -> Network:
    """The same network, its reference taking the given slopes at the kinks of these nodes."""
    nodes = list(network.nodes)
    for i, slope in choices.items():
        nodes[i] = replace(nodes[i], attributes=MappingProxyType({**nodes[i].attributes, AT_KINK: slope}))
    return replace(network, nodes=tuple(nodes))
