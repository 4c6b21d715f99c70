"""The same network at other sizes: where two sizes happen to be equal, a wrong shape would pass for a right one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.quantity import Value, read_quantity
from gradproof.reports.teaching.claims.statuses import OK, Finding
from gradproof.reports.teaching.right.preparing import Prepared
from gradproof.reports.teaching.right.shapes import judge_shape

MAX_AXES = 12
"""Networks whose inputs have more axes of one size are left at their sizes: the ways to group them grow too fast."""

MAX_NUMBERS = 5000
"""Larger networks are left at their sizes too."""

Axis = tuple[str, int]


class Elsewhere:
    """The shapes of a lesson's claims where the network has other sizes, different wherever its statements allow.

    Which sizes the document calls by one name is taken from its claims about inputs; a name that none of them has is
    left alone, since an author may call two equal widths by one name. `network` is the one with other sizes, None where
    there is none, and `known` what each name stands for in it.
    """

    def __init__(self, claims: Sequence[Prepared], network: Network) -> None:
        names = named_axes(claims, network)
        sizes = distinct(network, names)
        self.network = resized(network, sizes) if sizes else None
        self.known = {name: sizes[axis] for axis, name in names.items() if axis in sizes} if self.network else {}

    def judged(self, made: Prepared) -> Finding | None:
        """The result of a shape that only equal sizes made right; None if it is right everywhere, or cannot be told."""
        if self.network is None or made.shape is None or not all(n in self.known for n in made.shape):
            return None
        try:
            shape = read_quantity(made.asked.quantity.text, self.network).shape
        except GradproofError:
            return None
        result = judge_shape(made.said, made.shape, shape, self.known)
        if result.status == OK:
            return None
        here = str(made.asked.quantity.shape)
        message = f"{result.message.split(', here')[0]}; it fits only because sizes are equal here, {here}"
        return replace(result, computed=here, message=message)


def named_axes(claims: Sequence[Prepared], network: Network) -> dict[Axis, str]:
    """What the document calls the sizes of inputs: for each axis the name in the first claim about it.

    An axis is the name of an input and the number of the axis in it, counted from 0.
    """
    found: dict[Axis, str] = {}
    for made in claims:
        atom, said = made.asked.quantity.atom, made.shape
        of_input = isinstance(atom, Value) and atom.name in network.inputs and atom.name
        if of_input and said is not None and len(said) == network.inputs[of_input].ndim:
            for axis, name in enumerate(said):
                if isinstance(name, str):
                    found.setdefault((of_input, axis), name)
    return found


def distinct(network: Network, names: Mapping[Axis, str]) -> dict[Axis, int]:
    """Another size for each axis of the inputs, the same where the statements or the names ask for it.

    `names` are those that the document has for axes. There are none for axes of length 1, nor in a network that is too
    large.
    """
    if sum(array.size for array in network.inputs.values()) > MAX_NUMBERS:
        return {}
    axes: dict[int, list[Axis]] = {}
    for name, array in network.inputs.items():
        for axis, n in enumerate(array.shape):
            if n > 1:
                axes.setdefault(n, []).append((name, axis))
    largest = max(axes, default=0)
    groups = [group for n, together in axes.items() for group in grouped(network, together, largest + 1)]
    merged: list[set[Axis]] = []
    for group in map(set, groups):
        called = {names[axis] for axis in group if axis in names}
        alike = [other for other in merged if called & {names[axis] for axis in other if axis in names}]
        merged = [other for other in merged if other not in alike] + [group.union(*alike)]
    return {axis: largest + 2 + i for i, group in enumerate(merged) for axis in group}


def grouped(network: Network, axes: list[Axis], other: int) -> Iterator[list[Axis]]:
    """The least groups of axes, all of one size, that can be given the size `other` together."""
    left = list(axes)
    if len(left) > MAX_AXES:
        yield left
        return
    while left:
        first, rest = left[0], left[1:]
        group = next(
            (
                [first, *more]
                for count in range(len(rest) + 1)
                for more in combinations(rest, count)
                if resized(network, dict.fromkeys([first, *more], other)) is not None
            ),
            left,
        )
        yield group
        left = [axis for axis in left if axis not in group]


def resized(network: Network, sizes: Mapping[Axis, int]) -> Network | None:
    """The network with these sizes of axes of its inputs, which are ones; None if its statements do not fit them.

    Axes that are not in `sizes` keep their length; inputs of integers hold the index 0 everywhere, those of booleans
    False.
    """

    def shape(name: str, array: Any) -> tuple[int, ...]:
        return tuple(sizes.get((name, axis), n) for axis, n in enumerate(array.shape))

    inputs = {
        name: np.full(shape(name, array), name not in network.discrete, array.dtype)  # index 0 is always there
        for name, array in network.inputs.items()
    }
    try:
        return build(language_text(network), inputs, loss=network.loss, parameters=network.parameters)
    except GradproofError:
        return None
