"""Numbers that an author printed and carried on with, rounded or wrong, and what follows from them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations, product
from typing import Any

import numpy as np

from gradproof.reference.claims.evaluation import Evaluation, Pins, Rounding
from gradproof.reference.claims.quantity import Atom, Key, Slope
from gradproof.reference.network import Network
from gradproof.reports.verification.results import FAILING, PROPAGATED, ROUNDED
from gradproof.reports.verification.right import Asked, Exact, plain_truth

ALL_CHOICES = 729
"""So many combinations of printed numbers are tried: all, for up to six numbers printed once or twice each."""

Matches = Callable[[Sequence[Exact]], bool]
"""Whether values are what was printed."""


@dataclass(frozen=True)
class Earlier:
    """What later numbers may have been computed from: which entries of an atom it gives, if of one.

    It is a printed number, or what a wrong formula gives at the claim's numbers.
    """

    position: int
    asked: Asked
    atom: Atom | None
    key: Key
    numbers: Any
    status: str
    mistaken: Network | None = None
    """The network in which the wrong number is right, if that is known."""

    @property
    def failing(self) -> bool:
        """Whether it is wrong, or follows from a wrong one."""
        return self.status in FAILING

    @cached_property
    def differs(self) -> bool:
        """Whether the printed digits are another number than the computed one."""
        return self.asked.plainly(self.asked.evaluation("plain", plain_truth)) != [Fraction(x) for x in self.numbers]

    @property
    def said(self) -> str:
        """What was printed."""
        claim = self.asked.claim
        return f"{claim.quantity} = {claim.printed if claim.printed is not None else claim.formula}"

    def onto(self, pins: Pins, network: Network) -> Pins:
        """`pins` with this number."""
        if self.atom is None:
            return pins
        if isinstance(self.atom, Slope):
            name = self.atom.to
            of = network.nodes[network.index(self.atom.of)].shape
            if of and not self.atom.of_key:
                return pins
        else:
            name = self.atom.name
        shape = network.nodes[network.index(name)].shape
        return pins.with_entry(self.atom, self.key, shape, self.numbers)


def pinned(asked: Asked, entries: Sequence[Earlier], network: Network | None = None) -> Evaluation:
    """The claim's network (or another of the same names) with these numbers in place of computed ones."""
    network = network or asked.network
    if network is asked.network and not entries:
        return asked.evaluation("plain", plain_truth)
    pins = Pins()
    for entry in entries:
        pins = entry.onto(pins, network)
    return Evaluation(network, plain_truth(), pins)


def relevant(asked: Asked, earlier: Sequence[Earlier]) -> list[Earlier]:
    """Those printed numbers that change the quantity when they take the place of the computed ones."""
    if asked.step is not None or not asked.traceable:
        return []
    base = asked.plainly(asked.evaluation("plain", plain_truth))
    here = [entry for entry in earlier if entry.asked.at == asked.at and entry.atom is not None and entry.differs]
    return [entry for entry in here if asked.plainly(pinned(asked, [entry])) != base]


def carried_on(asked: Asked, matches: Matches, entries: Sequence[Earlier]) -> tuple[str, list[Earlier]] | None:
    """The status `ROUNDED` or `PROPAGATED` if what was printed follows from some of `entries`, and from which."""
    sound = [entry for entry in entries if not entry.failing]
    for group, status in ((sound, ROUNDED), (entries, PROPAGATED)):
        for chosen in choices(group):
            if status == PROPAGATED and not any(entry.failing for entry in chosen):
                continue
            if matches(asked.plainly(pinned(asked, chosen))):
                return status, chosen if status == ROUNDED else causes(asked, matches, chosen)
    return None


def causes(asked: Asked, matches: Matches, chosen: list[Earlier]) -> list[Earlier]:
    """The wrong numbers among `chosen` without which what was printed does not follow; the latest of several."""
    for entry in sorted((entry for entry in chosen if entry.failing), key=lambda entry: entry.position):
        fewer = [other for other in chosen if other is not entry]
        if any(other.failing for other in fewer) and matches(asked.plainly(pinned(asked, fewer))):
            chosen = fewer
    return [entry for entry in chosen if entry.failing]


def choices(entries: Sequence[Earlier]) -> Iterator[list[Earlier]]:
    """Which of the printed numbers an author may have carried on with: at most one for each quantity."""
    groups: dict[Any, list[Earlier]] = {}
    for entry in reversed(entries):
        groups.setdefault((entry.atom, str(entry.key)), []).append(entry)
    versions = list(groups.values())
    if not versions:
        return
    latest = [group[0] for group in versions]
    yield latest
    if np.prod([len(group) + 1 for group in versions]) <= ALL_CHOICES:
        options = [[*group, None] for group in versions]
        for choice in sorted(product(*options), key=lambda c: sum(x is None for x in c)):
            chosen = [entry for entry in choice if entry is not None]
            if chosen and chosen != latest:
                yield chosen
        return
    yield [group[-1] for group in versions]
    few = chain.from_iterable(combinations(latest, n) for n in (1, 2))
    but = chain.from_iterable(combinations(latest, len(latest) - n) for n in (1, 2))
    for _, combination in zip(range(ALL_CHOICES), chain(but, few), strict=False):
        yield list(combination)
    yield [entry for entry in latest if isinstance(entry.atom, Slope)]
    yield [entry for entry in latest if not isinstance(entry.atom, Slope)]


def rounded_throughout(asked: Asked, matches: Matches, decimals: Iterable[int]) -> int | None:
    """To how many decimals every intermediate number was rounded, if that gives what was printed."""
    if asked.step is not None or not asked.traceable:
        return None
    network = asked.network
    wanted = {atom.to if isinstance(atom, Slope) else atom.name for atom in asked.quantity.atoms.values()}
    for places in decimals:
        rounding = Rounding(places, frozenset({*network.inputs, *wanted}))
        if matches(asked.plainly(Evaluation(network, plain_truth(), rounding=rounding))):
            return places
    return None


def mistaken_too(asked: Asked, matches: Matches, earlier: Sequence[Earlier]) -> Earlier | None:
    """The earlier wrong number whose mistake, made here as well, gives what was printed."""
    for entry in earlier:
        if entry.mistaken is not None and entry.asked.at == asked.at and asked.step is None and asked.traceable:
            evaluation = Evaluation(entry.mistaken, plain_truth())
            if matches(asked.plainly(evaluation)):
                return entry
    return None
