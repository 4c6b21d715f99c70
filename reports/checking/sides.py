"""Which side of a kink rounding took: one assignment for a whole result, never entry by entry.

A pre-activation within its own tolerance of a kink is ambiguous: an honest program may have it on either side. All
gradient entries must be explained by the *same* choice of sides. Accepting entries one by one would hide mistakes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.admitted import FIRST_DRAWS
from gradproof.reference.network import Network, Node
from gradproof.reference.operations import AT_KINK, LEFT, ON_KINK, OPERATIONS, RIGHT, SIDES
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.case import Case, Gradients
from gradproof.reports.checking.comparison import Comparison, compare
from gradproof.reports.checking.kinks import measured_choices, slopes, with_choices
from gradproof.reports.checking.tolerance import Sampled, agree

ENUMERATED = 9
"""Up to so many ambiguous units, all assignments are tried; beyond, least squares proposes one."""

MAX_NUMBERS = 50_000_000
"""The largest system of effects (entries times ambiguous units) that is solved."""


class Near(NamedTuple):
    """An entry of a kinked node's operand, `z` sigma away from the kink, and its side: `LEFT`, `RIGHT` or `ON_KINK`."""

    z: float
    node: int
    entry: int
    side: int


@dataclass(frozen=True)
class Ambiguous:
    """Entries of a kinked node's operand that may lie elsewhere: on the other side, or on the kink."""

    node: int
    entries: tuple[int, ...]
    place: int


Flips = tuple[Ambiguous, ...]

Deviation = tuple[int, float]
"""How many entries an assignment leaves flagged, and the sum of their z: each unit put right lowers one of them."""


def ambiguous(case: Case) -> list[Near]:
    """The entries within lambda sigma of their kink, nearest first.

    sigma is the table's or that of draws, whichever is larger. A unit exactly at its kink without any error is not
    ambiguous: there the slope is a convention.
    """
    kinked = [i for i, node in enumerate(case.network.nodes) if is_kinked(node)]
    if not kinked:
        return []
    with np.errstate(all="ignore"):
        table = values(case.network, case.reading)
    distances = {i: distance(case.network, table, i) for i in kinked}
    sampled = Sampled(case, lambda reading: drawn_distances(case.network, reading, kinked)).spread(FIRST_DRAWS)
    found = []
    for i, x in distances.items():
        shape = case.network.nodes[i].shape
        sigma = np.broadcast_to(np.maximum(np.sqrt(x.variance), sampled[i]), shape)
        away = np.broadcast_to(x.value, shape)
        for k in np.flatnonzero((np.abs(away) <= case.limit * sigma) & (sigma > 0)):
            z = float(np.abs(away.flat[k]) / sigma.flat[k])
            found.append(Near(z, i, int(k), int(np.sign(away.flat[k])) or ON_KINK))
    return sorted(found)


def other_places(node: Node, side: int) -> list[int]:
    """Where else than at `side` an entry may lie: wherever the slope is another."""
    left, right = slopes(node)
    at_kink = node.attributes[AT_KINK]
    taken = {LEFT: left, RIGHT: right, ON_KINK: left if at_kink is None else at_kink}
    own = taken[ON_KINK] not in (left, right) and side != ON_KINK
    return [place for place in (LEFT, RIGHT) if taken[place] != taken[side]] + [ON_KINK] * own


def is_kinked(node: Node) -> bool:
    """Whether the operation of `node` has a kink."""
    operation = OPERATIONS.get(node.operation)
    return operation is not None and operation.kink is not None


def distance(network: Network, read: list[Any], i: int) -> Any:
    """How far the operand of node `i` lies from its kink: its value, or the difference of two operands."""
    first, *second = (read[k] for k in network.nodes[i].operands)
    return first - second[0] if second else first


def drawn_distances(network: Network, reading: Any, kinked: Iterable[int]) -> dict[int, Any]:
    """The distances of all kinked nodes in one draw."""
    read = values(network, reading)
    return {i: distance(network, read, i) for i in kinked}


def with_flips(case: Case, flips: Flips) -> Case:
    """The same case with these units placed elsewhere than the truth has them."""
    nodes = list(case.network.nodes)
    for i in {unit.node for unit in flips}:
        sides = np.zeros(nodes[i].shape, np.int8)
        for unit in flips:
            if unit.node == i:
                sides.flat[list(unit.entries)] = unit.place
        nodes[i] = replace(nodes[i], attributes=MappingProxyType({**nodes[i].attributes, SIDES: sides}))
    return replace(case, network=replace(case.network, nodes=tuple(nodes)))


def consistent(flips: Flips) -> bool:
    """Whether no entry is given two places."""
    return len({(unit.node, unit.entries) for unit in flips}) == len(flips)


def explaining_sides(
    case: Case, got: Gradients, comparisons: Mapping[str, Comparison], run: Callable[[Network], Gradients]
) -> Case | None:
    """The case under the one assignment of sides that is likeliest to explain `got`, if there is another.

    `run` runs a network in the framework: what it does exactly at a kink is measured.
    """
    case, near = with_choices_near(case, run)
    singly, together = units_of(case, near), units_of(case, near, together=True)
    best = None
    for units in [together, singly] if len(together) < len(singly) else [singly]:
        if units and len(units) * sum(c.entries for c in comparisons.values()) <= MAX_NUMBERS:
            best = likeliest(case, units, got, comparisons)
            if agree(compare(got, best.table())):
                break
    return best


def likeliest(case: Case, units: list[Ambiguous], got: Gradients, comparisons: Mapping[str, Comparison]) -> Case:
    """The case under the assignment of `units` that is likeliest to explain `got`."""
    reading = truth(case.dtype)

    def expected(flips: Flips) -> Any:
        return weighted(gradients(with_flips(case, flips).network, reading), comparisons)

    target = weighted(got, comparisons)
    if len(units) <= ENUMERATED:
        # The sigma here is that of the sides left behind, so it only says where to look first.
        first = sorted(assignments(units), key=lambda flips: deviation(expected(flips) - target, case.limit))
    else:
        # To be on the kink is half of being on the other side: one place of each entry at a time.
        starts = [proposed(some, expected, target) for some in one_place_each(units)]
        start = min(starts, key=lambda flips: deviation(expected(flips) - target, case.limit))
        first = [*refined(start, units, case, got)][::-1]  # the last repair is the best
    cases = [with_flips(case, flips) for flips in first]
    return next((sided for sided in cases if agree(compare(got, sided.table()))), cases[0])


def one_place_each(units: Sequence[Ambiguous]) -> Iterator[list[Ambiguous]]:
    """The units by the order of their places: the first place of each entry, then the second of those that have two."""
    left = list(units)
    while left:
        first = {(unit.node, unit.entries): unit for unit in reversed(left)}
        yield [unit for unit in left if first[unit.node, unit.entries] is unit]
        left = [unit for unit in left if first[unit.node, unit.entries] is not unit]


def with_units(case: Case, run: Callable[[Network], Gradients]) -> tuple[Case, list[Ambiguous]]:
    """The units that may lie elsewhere, nearest to their kink first, and the case with the framework's slopes there."""
    case, near = with_choices_near(case, run)
    return case, units_of(case, near)


def with_choices_near(case: Case, run: Callable[[Network], Gradients]) -> tuple[Case, list[Near]]:
    """The case with the framework's slopes exactly at the kinks, and the entries that are near them."""
    near = ambiguous(case)
    choices = measured_choices(case.network, {each.node for each in near}, run)
    return replace(case, network=with_choices(case.network, choices)), near


def units_of(case: Case, near: Sequence[Near], together: bool = False) -> list[Ambiguous]:
    """What may lie elsewhere: each entry by itself, or `together` those that are computed from equal numbers.

    Equal pre-activations of equal weights are rounded alike wherever a framework computes them on one path.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    for each in near:
        groups.setdefault((each.z, each.node, each.side, None if together else each.entry), []).append(each.entry)
    return [
        Ambiguous(node, tuple(entries), place)
        for (_, node, side, _), entries in groups.items()
        for place in other_places(case.network.nodes[node], side)
    ]


def assignments(units: Sequence[Ambiguous]) -> Iterator[Flips]:
    """Every choice of other places for some of the units, the fewest first."""
    every = (flips for count in range(1, len(units) + 1) for flips in combinations(units, count))
    return filter(consistent, every)


def deviation(z: Any, limit: float) -> Deviation:
    """How badly an assignment does, from the errors that it leaves in sigma."""
    z = np.abs(z)
    beyond = ~(z <= limit)
    return int(np.sum(beyond)), float(np.sum(z[beyond]))


def weighted(found: Mapping[str, Any], comparisons: Mapping[str, Comparison]) -> Any:
    """All gradient entries in one vector, in units of their sigma; those that must be exact, as they are."""
    parts = []
    for name, c in comparisons.items():
        sigma = np.where((c.sigma > 0) & np.isfinite(c.sigma), c.sigma, 1)
        parts.append((np.asarray(found[name], c.expected.dtype) / sigma).ravel())
    return np.concatenate(parts)


def proposed(units: list[Ambiguous], expected: Any, got: Any) -> Flips:
    """Least squares over the effects of the single flips, rounded to flipped or not."""
    base = expected(())
    effects = np.stack([expected((unit,)) - base for unit in units], axis=1).astype(float)
    share, *_ = np.linalg.lstsq(effects, (got - base).astype(float), rcond=None)
    flips: Flips = ()
    for s, unit in sorted(zip(share, units, strict=True), key=lambda pair: float(pair[0])):
        flips = moved(flips, unit) if 2 * s > 1 else flips
    return flips


def moved(flips: Flips, unit: Ambiguous) -> Flips:
    """The assignment with one more unit placed, in place of any other place it had."""
    return (*(u for u in flips if (u.node, u.entries) != (unit.node, unit.entries)), unit)


def refined(flips: Flips, units: list[Ambiguous], case: Case, got: Gradients) -> Iterator[Flips]:
    """An assignment and its repairs: in each step the one unit is changed that helps most, while any does."""

    def left(flips: Flips) -> Deviation:
        z = [c.z.ravel() for c in compare(got, with_flips(case, flips).table()).values()]
        return deviation(np.concatenate(z), case.limit)

    best = left(flips)
    while True:
        yield flips
        if best[0] == 0:
            return
        changed = [tuple(u for u in flips if u != unit) if unit in flips else moved(flips, unit) for unit in units]
        flips = min(changed, key=left)
        if (after := left(flips)) >= best:
            return
        best = after
