"""Numbers that an author printed and carried on with, rounded or wrong, and what follows from them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations, islice, product
from typing import Any

import numpy as np

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import Evaluation, Pins, Rounding
from gradproof.reports.teaching.claims.quantity import Slope
from gradproof.reports.teaching.claims.work import seek
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.right.fitting import Placed
from gradproof.reports.teaching.right.right import Asked, plain_truth

ALL_CHOICES = 729
"""So many combinations of printed numbers are tried: all, for up to six numbers printed once or twice each."""

FEW_CHOICES = 40
"""So many are tried where what was printed may also be cut off, or come from digits behind those printed."""


def pinned(asked: Asked, entries: Sequence[Earlier], network: Network | None = None) -> Evaluation:
    """The claim's network (or another of the same names) with these numbers in place of computed ones.

    It is evaluated in long doubles. Of two numbers for the same entry the later in `entries` counts.
    """
    if network is None and not entries:
        return asked.plain
    network = network or asked.plain.network  # in which the equations stand as they are written
    pins = Pins()
    for entry in entries:
        pins = entry.onto(pins, network)
    return Evaluation(network, plain_truth(), pins)


def relevant(asked: Asked, earlier: Sequence[Earlier], ways: Sequence[Asked] = ()) -> list[Earlier]:
    """Those earlier numbers that change the quantity, or a formula for it, in place of computed ones; by position.

    `ways` are the formulas. There are none for a difference quotient, nor after many steps of training.
    """
    if asked.step is not None or not asked.traceable:
        return []
    base = asked.found_plainly
    seek(len(earlier))  # looked at one by one
    here = [entry for entry in earlier if entry.asked.at == asked.at and entry.atom is not None and entry.differs]
    changing = [entry for entry in here if asked.plainly(pinned(asked, [entry])) != base]
    for way in ways:
        value = way.found_plainly
        changing += [e for e in here if e not in changing and way.plainly(pinned(way, [e])) != value]
    return sorted(changing, key=lambda entry: entry.position)


def from_rounded(ways: Sequence[Asked], placed: Placed, entries: Sequence[Earlier]) -> list[Earlier]:
    """The right numbers, as they were printed, from which what was printed follows; none if it does not.

    `ways` are the quantity and the formulas for it that the document gives, `entries` all earlier numbers that it may
    rest on.
    """
    sound = [entry for entry in entries if not entry.failing]
    for chosen, asked in ((c, way) for c in choices(sound) for way in ways):
        if placed.matches(asked.plainly(pinned(asked, chosen))):
            return chosen
    for chosen, asked in ((c, way) for c in islice(choices(sound), FEW_CHOICES) for way in ways):
        if placed.cut_off(asked.plainly(pinned(asked, chosen))):
            return chosen
    return []


def from_wrong(ways: Sequence[Asked], placed: Placed, entries: Sequence[Earlier]) -> list[Earlier]:
    """The wrong numbers from which what was printed follows, perhaps with digits behind those printed; else none.

    `ways` and `entries` are as for `from_rounded`.
    """
    for chosen, asked in ((c, way) for c in with_wrong(choices(entries)) for way in ways):
        if placed.matches(asked.plainly(pinned(asked, chosen))):
            return causes(asked, placed, chosen)
    for chosen, asked in ((c, way) for c in with_wrong(islice(choices(entries), FEW_CHOICES)) for way in ways):
        ends = [[entry.shifted(end) if entry.failing else entry for entry in chosen] for end in (-1, 1)]
        if placed.between(*(asked.plainly(pinned(asked, end)) for end in ends)):
            return [entry for entry in chosen if entry.failing]
    return []


def with_wrong(choices: Iterable[list[Earlier]]) -> Iterator[list[Earlier]]:
    """Those choices that have a wrong number among them."""
    return (chosen for chosen in choices if any(entry.failing for entry in chosen))


def causes(asked: Asked, placed: Placed, chosen: list[Earlier]) -> list[Earlier]:
    """The wrong numbers among `chosen` without which what was printed does not follow; the latest of several.

    They are in the order of `chosen`.
    """
    for entry in sorted((entry for entry in chosen if entry.failing), key=lambda entry: entry.position):
        fewer = [other for other in chosen if other is not entry]
        if any(other.failing for other in fewer) and placed.matches(asked.plainly(pinned(asked, fewer))):
            chosen = fewer
    return [entry for entry in chosen if entry.failing]


def choices(entries: Sequence[Earlier]) -> Iterator[list[Earlier]]:
    """Which of the printed numbers an author may have carried on with: at most one for each quantity.

    The latest of each come first. There are at most some more than `ALL_CHOICES`.
    """
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


def rounded_throughout(asked: Asked, placed: Placed, decimals: Iterable[int]) -> int | None:
    """To how many decimals every intermediate number was rounded, if that gives what was printed; else None.

    `decimals` are tried in order.
    """
    if asked.step is not None or not asked.traceable:
        return None
    network = asked.network
    wanted = {atom.to if isinstance(atom, Slope) else atom.name for atom in asked.quantity.atoms.values()}
    for places in decimals:
        rounding = Rounding(places, frozenset({*network.inputs, *wanted}))
        if placed.matches(asked.plainly(Evaluation(network, plain_truth(), rounding))):
            return places
    return None


def mistaken_too(asked: Asked, placed: Placed, earlier: Sequence[Earlier]) -> Earlier | None:
    """The first earlier wrong number whose mistake, made here as well, gives what was printed; else None."""
    for entry in earlier:
        if entry.mistaken is not None and entry.asked.at == asked.at and asked.step is None and asked.traceable:
            evaluation = Evaluation(entry.mistaken, plain_truth())
            if placed.matches(asked.plainly(evaluation)):
                return entry
    return None
