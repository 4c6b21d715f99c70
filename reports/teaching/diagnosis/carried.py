"""Numbers that an author printed and carried on with, rounded or wrong, and what follows from them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain, combinations, islice, product
from typing import Any, Protocol

import numpy as np

from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import Evaluation, Pins, Rounding, hand_derivatives
from gradproof.reports.teaching.claims.quantity import Atom, Key, Slope, Value
from gradproof.reports.teaching.claims.statuses import FAILING, PROPAGATED, ROUNDED
from gradproof.reports.teaching.right.fitting import Exact
from gradproof.reports.teaching.right.formulas import Points, close
from gradproof.reports.teaching.right.right import Asked, plain_truth

ALL_CHOICES = 729
"""So many combinations of printed numbers are tried: all, for up to six numbers printed once or twice each."""

FEW_CHOICES = 40
"""So many are tried where what was printed may also be cut off, or come from digits behind those printed."""

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
    printed: Any = None
    """What was printed; `numbers` may be solved from it, as dL/dw from -dL/dw."""
    half: Any = 0.0
    """Half a unit of the last digit of each of `numbers`: an author may have gone on with the digits behind it."""

    @property
    def failing(self) -> bool:
        """Whether it is wrong, or follows from a wrong one."""
        return self.status in FAILING

    @cached_property
    def differs(self) -> bool:
        """Whether the printed digits are another number than the computed one."""
        printed = self.numbers if self.printed is None else self.printed
        return self.asked.plainly(self.asked.evaluation("plain", plain_truth)) != [Fraction(x) for x in printed]

    def shifted(self, ends: int) -> "Earlier":
        """The same with the least or the greatest numbers that are rounded to those printed."""
        return replace(self, numbers=np.asarray(self.numbers, float) + ends * np.asarray(self.half))

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


def derivatives_called(asked: Asked, points: Points) -> Iterator[Slope]:
    """The derivatives that an expression is another way to write: y - t is dL/dy, and a*(1 - a) is da/dz."""
    quantity, network = asked.quantity, asked.network
    if quantity.entry is not None or quantity.steps or not quantity.atoms or asked.step is not None:
        return
    here, there = asked.evaluation("plain", plain_truth), points.plainly(0)
    for slope in hand_derivatives(network):
        k = network.index(slope.to)
        fitting = network.nodes[k].shape == quantity.shape and k in network.ancestors(slope.of)
        if fitting and all(close(e.atom(slope), e.quantity(quantity)) for e in (here, there)):
            yield slope


def pinned(asked: Asked, entries: Sequence[Earlier], network: Network | None = None) -> Evaluation:
    """The claim's network (or another of the same names) with these numbers in place of computed ones."""
    network = network or asked.network
    if network is asked.network and not entries:
        return asked.evaluation("plain", plain_truth)
    pins = Pins()
    for entry in entries:
        pins = entry.onto(pins, network)
    return Evaluation(network, plain_truth(), pins)


def relevant(asked: Asked, earlier: Sequence[Earlier], ways: Sequence[Asked] = ()) -> list[Earlier]:
    """Those printed numbers that change the quantity, or a formula for it, in place of computed ones."""
    if asked.step is not None or not asked.traceable:
        return []
    base = asked.plainly(asked.evaluation("plain", plain_truth))
    here = [entry for entry in earlier if entry.asked.at == asked.at and entry.atom is not None and entry.differs]
    changing = [entry for entry in here if asked.plainly(pinned(asked, [entry])) != base]
    for way in ways:
        value = way.plainly(way.evaluation("plain", plain_truth))
        changing += [e for e in here if e not in changing and way.plainly(pinned(way, [e])) != value]
    return sorted(changing, key=lambda entry: entry.position)


class Test(Protocol):
    """How values compare to what was printed."""

    def matches(self, values: Sequence[Exact]) -> bool:
        """Whether they are what was printed."""

    def cut_off(self, values: Sequence[Exact]) -> bool:
        """Whether they are what was printed, or that is cut off from them."""

    def between(self, some: Sequence[Exact], others: Sequence[Exact]) -> bool:
        """Whether what was printed lies between them."""


def carried_on(ways: Sequence[Asked], test: Test, entries: Sequence[Earlier]) -> tuple[str, list[Earlier]] | None:
    """The status `ROUNDED` or `PROPAGATED` if what was printed follows from some of `entries`, and from which.

    `ways` are the quantity and the formulas for it that the document gives.
    """
    sound = [entry for entry in entries if not entry.failing]
    for group, status in ((sound, ROUNDED), (entries, PROPAGATED)):
        for chosen in choices(group):
            if status == PROPAGATED and not any(entry.failing for entry in chosen):
                continue
            for asked in ways:
                if test.matches(asked.plainly(pinned(asked, chosen))):
                    return status, chosen if status == ROUNDED else causes(asked, test.matches, chosen)
        for chosen in islice(choices(group), FEW_CHOICES):
            for asked in ways:
                if status == ROUNDED and test.cut_off(asked.plainly(pinned(asked, chosen))):
                    return ROUNDED, chosen
                if status == PROPAGATED and follows_hidden(asked, test, chosen):
                    return PROPAGATED, [entry for entry in chosen if entry.failing]
    return None


def follows_hidden(asked: Asked, test: Test, chosen: Sequence[Earlier]) -> bool:
    """Whether what was printed follows from wrong numbers whose further digits the author kept."""
    if not any(entry.failing for entry in chosen):
        return False
    ends = [[entry.shifted(end) if entry.failing else entry for entry in chosen] for end in (-1, 1)]
    return test.between(*(asked.plainly(pinned(asked, end)) for end in ends))


def solved(entry: Earlier) -> Earlier:
    """The same as numbers of an atom, where the expression printed is linear in one computed atom.

    So -dL/dw, 0.1*dL/dw and y - t tell dL/dw and y, if t was given.
    """
    asked = entry.asked
    quantity, network = asked.quantity, asked.network
    given = {n for n, a in quantity.atoms.items() if isinstance(a, Value) and a.name in network.inputs and not a.steps}
    computed = [(name, atom) for name, atom in quantity.atoms.items() if name not in given]
    if len(computed) != 1 or not asked.traceable:
        return entry
    (name, atom), evaluation = computed[0], asked.evaluation("plain", plain_truth)
    value = np.asarray(evaluation.atom(atom))
    if value.shape != quantity.shape:
        return entry

    def at(x: Any) -> Any:
        return np.asarray(evaluation.quantity(quantity, {name: x}))

    with np.errstate(all="ignore"):
        start, line = at(0 * value), at(0 * value + 1)
        factor = line - start
        expected = start + factor * value
        linear = np.abs(at(value) - expected) <= (np.abs(start) + np.abs(factor * value)) * np.longdouble(2) ** -50
        if not (np.all(linear) and np.all(factor) and np.all(np.isfinite(factor))):
            return entry
        numbers = np.ravel((np.reshape(entry.numbers, value.shape) - start) / factor).astype(float)
        half = np.ravel(np.reshape(entry.half, value.shape) / np.abs(factor)).astype(float)
    return replace(entry, atom=atom, numbers=numbers, half=half)


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
