"""The tolerance of a case: the table first, and whole sampled evaluations where the table alone would flag.

Neither suffices alone: the table takes errors as independent, and draws can all coincide.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.admitted import ALL_DRAWS, FALSE_ALARM, FIRST_DRAWS
from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.plain import wider
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison, Comparisons, compare, tabled, threshold
from gradproof.reports.checking.tolerance.student import quantile
from gradproof.reports.checking.tolerance.truth import WIDE, Truth, certain_truth, first_truth

HELD = 2**20
"""How many numbers of draws are held at a time, 16 MB of them: more are no faster than what a processor has near."""


def assess(case: Case, got: Gradients) -> dict[str, Comparison]:
    """The gradients `got` beside their expectation, with no more work than the answer needs."""
    for comparisons in stages(case, got, enough=beyond_doubt):
        if agree(certain(comparisons)):
            break
    return comparisons


def certain(comparisons: Comparisons) -> Comparisons:
    """The same comparisons, as strict as more draws may make them: their quantile is smaller. What agrees so agrees."""
    entries, draws = sum(c.entries for c in comparisons.values()), max(c.draws for c in comparisons.values())
    if not draws:
        return comparisons
    share = quantile(FALSE_ALARM / (2 * entries), ALL_DRAWS) / quantile(FALSE_ALARM / (2 * entries), draws)
    return {name: replace(c, sigma=share * c.sigma) for name, c in comparisons.items()}


def beyond_doubt(comparisons: Comparisons) -> bool:
    """Whether draws flag an entry even at the square of the false-alarm probability: they confirm themselves."""
    entries, draws = sum(c.entries for c in comparisons.values()), max(c.draws for c in comparisons.values())
    twice = (FALSE_ALARM**2, FALSE_ALARM)
    table = [threshold(entries, p) for p in twice]
    drawn = [quantile(p / (2 * entries), draws) for p in twice]
    ratio = max(table[0] / table[1], drawn[0] / drawn[1])
    return any(bool((c.z > ratio * c.limit).any()) for c in comparisons.values())


def stages(
    case: Case,
    got: Gradients,
    sampled: "Sampled | None" = None,
    enough: Callable[[Comparisons], bool] = lambda comparisons: False,
) -> Iterator[dict[str, Comparison]]:
    """The comparisons of an assessment, each more work than the one before: only what all of them flag is flagged.

    Expectation and tolerance do not depend on `got`. `sampled` holds draws that have been made already; where these are
    `enough`, no more are made.
    """
    truth = first_truth(case)
    yield compared(got, truth)
    sampled = sampled or sampled_gradients(case)
    stable = Sampled(case, lambda reading: gradients(case.network, reading, value=True)) if truth.stable else None
    for count in (FIRST_DRAWS, ALL_DRAWS):
        found = compared(got, truth, sampled, count, stable)
        yield found
        if enough(found):
            break
    if truth.rests_on == WIDE:
        yield compared(got, certain_truth(case, truth), sampled, count, stable)


def compared(
    got: Gradients,
    truth: Truth,
    sampled: "Sampled | None" = None,
    draws: int = 0,
    stable: "Sampled | None" = None,
) -> dict[str, Comparison]:
    """The gradients `got`, and the loss if it is among them, beside their truth, and what stable forms would tolerate.

    Draws say nothing where the equations have no value, and a loss that has none is not judged.
    """
    table, unjudged = truth.table, truth.unjudged
    for name in set(got) - set(table):
        table, unjudged = {**table, name: truth.loss}, {**unjudged, name: np.isnan(truth.loss.value)}
    spread = None if sampled is None else spread_of(truth, sampled, draws)
    found = compare(got, table, spread, draws, unjudged, truth.rests_on)
    if truth.tied:
        found = {name: replace(c, tied=True) for name, c in found.items()}
    return with_stable(found, got, replace(truth, table=table), draws, stable) if truth.stable else found


def with_stable(
    found: dict[str, Comparison], got: Gradients, truth: Truth, draws: int, stable: "Sampled | None"
) -> dict[str, Comparison]:
    """The same comparisons with what the stable forms would tolerate, which tells the digits lost.

    Draws of the stable forms are made only where digits may be lost: first they are taken to be as much narrower than
    those of the declared algorithms as the table has it.
    """
    if not draws or not agree(found):
        return {name: replace(c, stable=tabled(truth.stable[name])) for name, c in found.items()}
    likely = {name: replace(c, stable=c.sigma * narrower(truth, name)) for name, c in found.items()}
    if stable is None or not any(c.lost for c in likely.values()):
        return likely
    exact = {name: type(x)(x.value, truth.stable[name]) for name, x in truth.table.items()}
    tolerated = compare(got, exact, spread_of(truth, stable, draws), draws)
    return {name: replace(c, stable=tolerated[name].sigma) for name, c in found.items()}


def narrower(truth: Truth, name: str) -> Any:
    """By what the stable forms' sigma is smaller than the declared algorithms', entry by entry, as the table has it."""
    declared, stable = truth.table[name].variance, truth.stable[name]
    with np.errstate(all="ignore"):
        return np.where((declared > 0) & np.isfinite(declared), np.sqrt(stable / declared), 1)


def spread_of(truth: Truth, sampled: "Sampled", draws: int) -> Mapping[str, Any]:
    """The spread of so many draws; they say nothing where the equations have no value."""
    spread = sampled.spread(draws)
    if truth.tended is None:
        return spread
    nowhere = {name: truth.nowhere.get(name, False) for name in spread}
    return {name: np.where(nowhere[name] | ~np.isfinite(x), 0, x) for name, x in spread.items()}


def agree(comparisons: Comparisons) -> bool:
    """Whether no entry of any of the comparisons is flagged."""
    return all(comparison.agrees for comparison in comparisons.values())


def at_once(network: Network) -> int:
    """How many draws of all values of a network are made at a time."""
    return max(1, HELD // network.size)


def sampled_gradients(case: Case) -> "Sampled":
    """Draws of the gradients, and of the loss, by the declared algorithms, about what the stable forms give.

    An algorithm may lose all digits in the wider dtype as well: then its draws say nothing about its own value there.
    """
    right: Mapping[str, Any] = {}
    if case.declared is not case.network:
        with np.errstate(all="ignore"):
            right = gradients(case.network, wider(case.dtype), value=True)
    return Sampled(case, lambda reading: gradients(case.declared, reading, value=True), right)


class Sampled:
    """The squared deviations of draws from the truth, added up as more are made.

    `read` evaluates something in a reading and gives carriers by name (or any other key); the truth is what they carry,
    but for what is `right` by key.
    """

    def __init__(
        self, case: Case, read: Callable[[Reading], Mapping[Any, Any]], right: Mapping[Any, Any] = MappingProxyType({})
    ) -> None:
        self.case, self.read, self.right, self.made = case, read, right, 0
        self.squares: dict[Any, Any] = {}
        self.spreads: dict[int, dict[Any, Any]] = {}

    def spread(self, count: int) -> dict[Any, Any]:
        """The root mean square deviation over the first `count` draws; infinite where one is not finite.

        More draws are asked for later, not fewer, unless that has been asked before.
        """
        if count in self.spreads:
            return self.spreads[count]
        with np.errstate(all="ignore"):
            more, each = count - self.made, at_once(self.case.network)
            for reading in self.case.draws(more, self.made, each):
                for key, x in self.read(reading).items():
                    # A draw that is not finite where the truth is says that an honest program may fail there.
                    truth = self.right.get(key, x.value)
                    square = np.where(x.every == truth, 0, (x.every - truth) ** 2)
                    square = np.where(np.isnan(square), np.inf, square)
                    square[0] += self.squares.get(key, 0)
                    self.squares[key] = np.add.accumulate(square)[-1]  # one by one, however many are made at once
        self.made = count
        self.spreads[count] = {key: np.sqrt(total / count) for key, total in self.squares.items()}
        return self.spreads[count]
