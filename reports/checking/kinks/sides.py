"""Which side of a kink rounding took: one assignment for a whole result, never entry by entry.

Candidates of a kink within their own tolerance of each other are open: an honest program may take either, or find them
equal. All gradient entries must be explained by the *same* choice of sides. Accepting entries one by one would hide
mistakes. The framework's own numbers say which sides it took, where looking at them changes nothing; else they are
searched for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gradproof.reference.language.writing import only_loss
from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN, NEITHER, SIDES
from gradproof.reference.operations.kinks import shares
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.kinks.contests import (
    Choices,
    Contest,
    Run,
    contests,
    measured_choices,
    with_attribute,
    with_shares,
)
from gradproof.reports.checking.kinks.searching import Flips, Unit, in_float64, searched, with_flips
from gradproof.reports.checking.observing import Observation
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparisons
from gradproof.reports.checking.tolerance.kinked import shared, winners
from gradproof.reports.checking.tolerance.tolerance import agree, assess


class LeftOpen(NamedTuple):
    """Comparisons with the entries that a search left open as `undecided`, and a sentence that says so."""

    comparisons: Comparisons
    told: str


class Sided(NamedTuple):
    """A case under the sides that explain most of a result, its comparisons there, and what a search left open."""

    case: Case
    comparisons: Comparisons
    left_open: LeftOpen | None = None


@dataclass(frozen=True)
class Open:
    """A case whose open sides are written out, as the truth has them, and what is open."""

    case: Case
    contests: Sequence[Contest]
    choices: Choices

    @property
    def units(self) -> list[Unit]:
        """What may lie elsewhere, each result of a kinked node by itself, nearest to its kink first."""
        return units_of(self)


def opened(case: Case, run: Run) -> Open:
    """What rounding may decide otherwise in a case; `run` runs a network in the framework."""
    case = replace(case, network=only_loss(case.network))
    found = [each for each in contests(case) if each.open.any()]
    choices = measured_choices(case, (each.node for each in found), run)
    return Open(replace(case, network=with_shares(case.network, found, choices)), found, choices)


def explaining_sides(case: Case, got: Gradients, run: Run, look: Callable[[], Observation]) -> Sided | None:
    """The case under the one assignment of sides that is likeliest to explain `got`; None if nothing is open.

    `run` runs a network in the framework, so that how it shares a tie is measured; `look` shows its own numbers.
    """
    here = opened(case, run)
    if not here.contests:
        return None
    seen = look()
    start = observed(here, seen)
    if seen.same:
        looked = with_flips(here.case, start)
        return Sided(looked, assess(looked, got))
    best, exhausted = searched(here.case, here.contests, start, [units_of(here, together=True), here.units], got)
    under = assess(best, got)
    if not exhausted or agree(under):
        return Sided(best, under)
    return Sided(best, under, undetermined(best, here.contests, under, exhausted))


def without_sides(network: Network) -> Network:
    """The network with sides as the numbers have them."""
    return with_attribute(network, SIDES, {i: None for i, node in enumerate(network.nodes) if SIDES in node.attributes})


def observed(here: Open, seen: Observation) -> Flips:
    """The sides that the framework's own numbers have, where they are open; elsewhere the truth's."""
    network = here.case.network
    with np.errstate(all="ignore"):
        read = values(without_sides(network), truth(here.case.dtype))
    own = [as_compared(here.case, seen.values.get(i, x)) for i, x in enumerate(read)]
    flips = []
    for each in here.contests:
        largest = winners(network, own, [each.node], here.case.dtype)[each.node]
        known = each.open & np.any(largest, axis=-1) & ~np.any(largest & ~each.near, axis=-1)
        taken = shared(network, each.node, largest, choice_at(here, each.node))
        flips += [Unit(each.node, (int(k),), tuple(taken[known][j])) for j, k in enumerate(np.flatnonzero(known))]
    return tuple(flips)


def as_compared(case: Case, x: Any) -> Any:
    """Numbers as the framework compares them: in its dtype, subnormal ones as 0 where it flushes them."""
    x = np.asarray(x).astype(case.dtype)
    flushed = case.framework.flushes_subnormals & (np.abs(x) < np.finfo(x.dtype).smallest_normal)
    return np.where(flushed, 0, x) if flushed.any() else x


def choice_at(here: Open, node: int) -> str:
    """How a node shares a tie: as measured, else as the reference does."""
    return here.choices.get(node, here.case.network.nodes[node].attributes[AT_KINK])


def units_of(here: Open, together: bool = False) -> list[Unit]:
    """What may lie elsewhere: each cell by itself, or `together` those that are computed from equal numbers.

    Equal pre-activations of equal weights are rounded alike wherever a framework computes them on one path.
    """
    groups: dict[tuple[Any, ...], list[int]] = {}
    nearest: dict[tuple[Any, ...], float] = {}
    for each in here.contests:
        n = each.z.shape[-1]
        near, largest, z = (array.reshape(-1, n) for array in (each.near, each.largest, each.z))
        for k in np.flatnonzero(each.open):
            alike = (each.node, *near[k], *largest[k], *z[k][near[k]], None if together else int(k))
            groups.setdefault(alike, []).append(int(k))
            nearest[alike] = float(np.min(z[k][near[k] & ~largest[k]], initial=np.inf))
    by_node = {each.node: each for each in here.contests}
    found = []
    for alike in sorted(groups, key=lambda key: nearest[key]):
        node, cells = alike[0], tuple(groups[alike])
        found += [Unit(node, cells, place) for place in other_places(by_node[node], cells[0], choice_at(here, node))]
    return found


def other_places(each: Contest, cell: int, choice: str) -> list[tuple[float, ...]]:
    """The shares that the candidates of a cell may have instead of those that the truth gives them.

    Any of those that are near may win, and any two of them, or all, may tie: where the choice shares a tie evenly that
    is a place of its own.
    """
    n = each.near.shape[-1]
    near, largest = each.near.reshape(-1, n)[cell], each.largest.reshape(-1, n)[cell]
    order = np.argsort(each.z.reshape(-1, n)[cell], kind="stable")
    contenders = [int(k) for k in order if near[k]]
    sets: list[tuple[int, ...]] = [(k,) for k in contenders]
    if choice in (EVEN, NEITHER):
        first = contenders[0]
        sets += [(first, k) for k in contenders[1:]] + ([tuple(contenders)] if len(contenders) > 2 else [])
    own = tuple(shares(largest, choice))
    found = []
    for tied in sets:
        place = tuple(shares(np.isin(np.arange(n), tied), choice))
        if place != own and place not in found:
            found.append(place)
    return found


def undetermined(case: Case, found: Sequence[Contest], comparisons: Comparisons, evaluations: int) -> LeftOpen | None:
    """The comparisons, flagged entries that depend on what is open being `undecided`; None if there is none.

    A gradient is a polynomial of the shares of open candidates, of first degree in each: where it is the same for two
    draws of them it depends on none. But its tolerance does: at its widest, with every share 1, it may still hold the
    error.
    """
    draws = [with_random_shares(case, found, seed) for seed in (1, 2)]
    one, two = (gradients(each.network, in_float64(case.dtype), value=True) for each in draws)
    every = {each.node: np.maximum(case.network.nodes[each.node].attributes[SIDES], each.near) for each in found}
    widest = replace(case, network=with_attribute(case.network, SIDES, every)).table(value=True)
    marked = {}
    for name, c in comparisons.items():
        with np.errstate(all="ignore"):
            held = np.abs(c.got - c.expected) <= c.limit * np.sqrt(widest[name].variance)
        marked[name] = replace(c, undecided=c.undecided | (c.flagged & ((one[name] != two[name]) | held)))
    count = sum(int(np.sum(c.flagged & c.undecided)) for c in marked.values())
    nodes = [case.network.nodes[each.node] for each in found]
    places = sum(int(np.sum(each.open)) for each in found)
    kinds = ", ".join(sorted({node.operation for node in nodes}))
    told = (
        f"{places} results of {kinds} are within rounding of a kink; of their sides {evaluations} assignments were "
        f"tried, none explains all: {count} entries are open"
    )
    return LeftOpen(marked, told) if count else None


def with_random_shares(case: Case, found: Sequence[Contest], seed: int) -> Case:
    """The case with random shares for all candidates that may be taken."""
    draw = np.random.default_rng(seed)
    given = {}
    for each in found:
        given[each.node] = np.array(case.network.nodes[each.node].attributes[SIDES])
        random = draw.uniform(size=each.near.shape) * each.near
        random /= np.sum(random, axis=-1, keepdims=True)
        given[each.node][each.open] = random[each.open]
    return replace(case, network=with_attribute(case.network, SIDES, given))
