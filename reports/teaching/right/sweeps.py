"""How much is computed for the right values of claims, before any of it is."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import MAX_ENTRIES
from gradproof.reports.teaching.claims.quantity import Atom, Quantity, Value
from gradproof.reports.teaching.claims.work import CLAIM, size
from gradproof.reports.teaching.right.formulas import POINTS
from gradproof.reports.teaching.right.right import MANY_STEPS, Asked

READINGS = 8
"""Long doubles alone take about the eighth part of all readings together."""

THERE, BACK, PLAIN = "there", "back", "plain"
OVERHEAD = {THERE: 400, BACK: 800, PLAIN: 0}
"""A statement, and an operation in it, counts as so many numbers more where all readings go through it, there or back:
measured on networks of numbers, where nearly all is overhead. In long doubles alone it is what `size` says."""

ENTRY = 32
"""An entry of what is asked counts as so many numbers more: it is made an exact fraction, and one of each tolerance."""


class Sweeps:
    """What the right values of a lesson's claims are computed by: each sweep through the network counts once.

    `size` is what one sweep counts as, in numbers (see `claims.work`).
    """

    def __init__(self, network: Network) -> None:
        self.size, self.done = size(network), set[Any]()

    def more(self, asked: Asked, read: Sequence[Quantity], printed: int, formula: bool) -> int:
        """How many numbers a claim asks for that earlier ones have not asked for.

        `read` are the quantities that it names, `printed` how many numbers it prints; with `formula` it gives a
        formula, which is compared at many points.
        """
        numbers, times = CLAIM * max(1, printed), 1 + POINTS if formula else 1
        if (asked.at, asked.dtype) not in self.done:
            self.done.add((asked.at, asked.dtype))
            numbers += 2 * CLAIM
        if (asked.at, asked.dtype, asked.quantity.text) not in self.done:
            self.done.add((asked.at, asked.dtype, asked.quantity.text))
            numbers += CLAIM + ENTRY * math.prod(asked.quantity.shape)
        for quantity in read:
            numbers += times * size(Network(quantity.nodes, "", (), {}))
            for atom in quantity.atoms.values():
                new = {(asked.at, asked.dtype, times, sweep) for sweep in sweeps(asked.network, atom)} - self.done
                self.done |= new
                numbers += times * len(new) * self.size
                if not formula:
                    numbers += sum(OVERHEAD[kind] for *_, (kind, _, _) in new) * len(asked.network.nodes)
        return numbers


def sweeps(network: Network, atom: Atom) -> Iterable[tuple[str, str, int]]:
    """The sweeps that an atom is computed by, each with its kind: one for its values, and back for each entry or step.

    A step of training is a sweep there and one back.
    """
    if isinstance(atom, Value):
        if atom.steps > MANY_STEPS:
            return ((PLAIN, "", i) for i in range(1 + 2 * atom.steps // READINGS))
        return ((THERE, "", i) for i in range(1 + 2 * atom.steps))
    shape = network.nodes[network.index(atom.of)].shape
    entries = np.arange(np.prod(shape, dtype=int)).reshape(shape)[atom.of_key]
    return [(THERE, "", 0), *((BACK, atom.of, int(entry)) for entry in np.ravel(entries)[: MAX_ENTRIES + 1])]
