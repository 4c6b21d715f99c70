"""The search for an assignment of sides that explains a result, with a budget that is counted in evaluations.

To decide whether some assignment explains a result is as hard as the subset sum problem, so a search may end without an
answer: then the entries that depend on what is open are `undecided`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.operations import EVEN, SIDES
from gradproof.reference.operations.kinks import shares
from gradproof.reference.reading import Reading
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.kinks.contests import Contest, with_attribute
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.tolerance import agree

MAX_NUMBERS = 20_000_000
"""The largest system of effects (entries times changes) that is solved: 160 MB."""


@dataclass(frozen=True)
class Unit:
    """Cells of a kinked node whose candidates may have other shares than the truth gives them: all the same `place`."""

    node: int
    entries: tuple[int, ...]
    place: tuple[float, ...]

    @property
    def where(self) -> tuple[int, tuple[int, ...]]:
        """What can be in one place only."""
        return self.node, self.entries


Flips = tuple[Unit, ...]

Deviation = tuple[int, float]
"""How many entries an assignment leaves flagged, and the sum of their z: each unit put right lowers one of them."""


class OutOfBudget(Exception):
    """No evaluation is left in the budget: the search ends without an answer."""


@dataclass
class Budget:
    """How many evaluations of a network's gradients may still be made."""

    left: int

    def spend(self) -> None:
        """One evaluation. Raises OutOfBudget if there is none left."""
        if self.left < 1:
            raise OutOfBudget
        self.left -= 1


def with_flips(case: Case, flips: Flips) -> Case:
    """The same case with these units placed elsewhere than the truth has them; its open sides are written out."""
    given = {}
    for unit in flips:
        if unit.node not in given:
            given[unit.node] = np.array(case.network.nodes[unit.node].attributes[SIDES])
        sides = given[unit.node]
        sides.reshape(-1, sides.shape[-1])[list(unit.entries)] = unit.place
    return replace(case, network=with_attribute(case.network, SIDES, given)) if given else case


class Search:
    """One search: a case under the truth's own sides, what a framework gave, and the evaluations that are left.

    Errors are in units of a sigma that only says where to look first: each assignment has its own, this one is the
    largest of the truth's own and of that with all shares even.
    """

    def __init__(self, case: Case, found: Sequence[Contest], got: Gradients, budget: Budget) -> None:
        self.case, self.got, self.budget = case, got, budget
        given = {each.node: even_shares(case, each) for each in found}
        even = replace(case, network=with_attribute(case.network, SIDES, given))
        budget.spend()
        budget.spend()
        variances = [{name: x.variance for name, x in each.table().items()} for each in (case, even)]
        self.sigma = {
            name: rooted(np.fmax(*(each[name] for each in variances)), np.asarray(got[name])) for name in variances[0]
        }
        self.target = self.weighted(got)

    def weighted(self, found: Mapping[str, Any]) -> Any:
        """All gradient entries in one vector, in units of their sigma."""
        parts = [(np.asarray(found[name], float) / sigma).ravel() for name, sigma in self.sigma.items()]
        return np.concatenate(parts)

    def expected(self, flips: Flips, case: Case | None = None) -> Any:
        """The gradients under an assignment, in units of sigma: in float64, which is enough to choose one.

        The units are put in place in `case`, by default that under the truth's own sides. It costs an evaluation, and
        raises OutOfBudget if none is left.
        """
        self.budget.spend()
        network = with_flips(case or self.case, flips).network
        with np.errstate(all="ignore"):
            return self.weighted(gradients(network, in_float64(self.case.dtype)))

    def deviation(self, flips: Flips) -> Deviation:
        """How many entries an assignment leaves flagged, and the sum of their z; it costs an evaluation.

        Raises OutOfBudget if none is left.
        """
        return self.left(self.expected(flips))

    def left(self, expected: Any) -> Deviation:
        """How many entries these gradients, in units of sigma, leave flagged, and the sum of their z."""
        with np.errstate(all="ignore"):
            z = np.abs(expected - self.target)
            beyond = ~(z <= self.case.limit)
            return int(np.sum(beyond)), float(np.sum(z[beyond]))

    def explains(self, flips: Flips) -> bool:
        """Whether all entries agree under an assignment; it costs an evaluation. Raises OutOfBudget if none is left."""
        self.budget.spend()
        return agree(compare(self.got, with_flips(self.case, flips).table()))


def even_shares(case: Case, each: Contest) -> Any:
    """The shares of a kinked node's candidates, those that are open to rounding evenly among all that are near."""
    given = np.array(case.network.nodes[each.node].attributes[SIDES])
    given[each.open] = shares(each.near, EVEN)[each.open]
    return given


def rooted(variance: Any, got: Any) -> Any:
    """Sigma from a variance, as float64; where nothing may err, a rounding of what the framework gave."""
    with np.errstate(all="ignore"):
        sigma = np.sqrt(np.asarray(variance, float))
    least = np.finfo(got.dtype).eps * np.abs(got.astype(float)) + np.finfo(float).tiny
    return np.where((sigma > 0) & np.isfinite(sigma), sigma, least)


def in_float64(dtype: str) -> Reading:
    """The reading that computes in float64, at the numbers rounded to `dtype`."""
    return Reading(np.dtype(dtype), lambda array: array.astype(np.float64))


def searched(
    case: Case, found: Sequence[Contest], start: Flips, ways: Sequence[Sequence[Unit]], got: Gradients
) -> tuple[Case, int]:
    """The case under the likeliest assignment found, and after how many evaluations the search gave up.

    0 if an assignment explains all, or if all assignments of the last of `ways` were tried: each way has units that
    change together. `start` is an assignment to begin at, besides none.
    """
    entries = sum(np.size(got[name]) for name in case.network.parameters)
    budget = Budget(min(EVALUATIONS, MAX_NUMBERS // entries))
    granted = budget.left
    best: list[tuple[Deviation, Flips]] = []
    complete = False
    try:
        search = Search(case, found, got, budget)
        for units in ways:
            complete = 2 * assignments_of(units) <= budget.left
            for tried in enumerated(search, units) if complete else descended(search, units, start):
                best = [min([*best, tried], key=lambda each: each[0])]
                if search.explains(tried[1]):
                    return with_flips(case, tried[1]), 0
    except OutOfBudget:
        complete = False
    flips = best[0][1] if best else start
    return with_flips(case, flips), 0 if complete else max(1, granted - budget.left)


def assignments_of(units: Sequence[Unit]) -> int:
    """How many assignments of places to these units there are, each unit in its own place or elsewhere."""
    places: dict[Any, int] = {}
    for unit in units:
        places[unit.where] = places.get(unit.where, 1) + 1
    return math.prod(places.values())


def assignments(units: Sequence[Unit]) -> Iterator[Flips]:
    """Every choice of other places for some of the units, or for none: sides written out may be others than before."""
    places: dict[Any, list[Flips]] = {}
    for unit in units:
        places.setdefault(unit.where, [()]).append((unit,))
    for parts in product(*places.values()):
        yield tuple(unit for part in parts for unit in part)


def enumerated(search: Search, units: Sequence[Unit]) -> list[tuple[Deviation, Flips]]:
    """All assignments, likeliest first.

    The sigma here is that of the sides left behind, so it only says where to look first.
    """
    found = [(search.deviation(flips), flips) for flips in assignments(units)]
    return sorted(found, key=lambda each: each[0])


def descended(search: Search, units: Sequence[Unit], start: Flips) -> Iterator[tuple[Deviation, Flips]]:
    """Better and better assignments: least squares over the effects of single changes, again from where they lead."""
    after, flips = min(((search.deviation(each), each) for each in {start, ()}), key=lambda each: each[0])
    yield after, flips
    while units:
        here, placed = with_flips(search.case, flips), set(flips)
        changes = [back(search.case, unit) if unit in placed else unit for unit in units]
        base = search.expected((), here)
        effects = np.stack([search.expected((change,), here) - base for change in changes], axis=1)
        steps = [flips]
        # To be on the kink is half of being on the other side: one place of each cell at a time.
        for some in one_place_each(units):
            share = least_squares(effects[:, some], search.target - base)
            chosen = [units[k] for s, k in sorted(zip(share, some, strict=True)) if 2 * s > 1]
            steps.append(changed_by(flips, chosen))
        best = min(((search.deviation(each), each) for each in steps), key=lambda each: each[0])
        single = min(range(len(units)), key=lambda k: search.left(base + effects[:, k]))
        alone = search.left(base + effects[:, single]), changed_by(flips, [units[single]])
        best = min(best, alone, key=lambda each: each[0])
        if best[0] >= after:
            return
        after, flips = best
        yield best


ROOM = float(np.sqrt(np.sqrt(np.finfo(float).max)))
"""Sums of squares of such numbers are still finite."""


def least_squares(effects: Any, missing: Any) -> Any:
    """How much of each effect, a column, is in what is missing."""
    known = np.isfinite(missing) & np.all(np.isfinite(effects), axis=1)
    effects, missing = effects[known], missing[known]
    # An entry that may not err counts as much as its square has room for.
    large = np.maximum(np.max(np.abs(np.column_stack([effects, missing])), axis=1, initial=0) / ROOM, 1)
    effects, missing = effects / large[:, None], missing / large
    share, *_ = np.linalg.lstsq(effects.T @ effects, effects.T @ missing, rcond=None)
    return share


def one_place_each(units: Sequence[Unit]) -> Iterator[list[int]]:
    """Which units have the first place of each cell, then which the second of those that have two, and so on."""
    places: list[list[int]] = []
    seen: dict[Any, int] = {}
    for k, unit in enumerate(units):
        nth = seen[unit.where] = seen.get(unit.where, -1) + 1
        places += [[]] if nth == len(places) else []
        places[nth].append(k)
    yield from places


def back(case: Case, unit: Unit) -> Unit:
    """The unit where the truth has it."""
    sides = case.network.nodes[unit.node].attributes[SIDES]
    return replace(unit, place=tuple(sides.reshape(-1, sides.shape[-1])[unit.entries[0]]))


def changed_by(flips: Flips, units: Sequence[Unit]) -> Flips:
    """The assignment with units placed, in place of any other place they had; or back where the truth has them."""
    placed, places = set(flips), {(unit.node, cell): unit for unit in flips for cell in unit.entries}
    for unit in units:
        for cell in unit.entries:
            places.pop((unit.node, cell), None)
        if unit not in placed:
            places |= {(unit.node, cell): unit for cell in unit.entries}
    return tuple(dict.fromkeys(places.values()))
