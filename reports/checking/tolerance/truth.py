"""What a gradient should be: in the wider dtype where that can be believed, certified otherwise, or a limit.

The wider dtype computes as the dtype under check does, with roundings that are u_wide / u times as large. So its own
lambda sigma is that much smaller than the tolerance, 2^-29 or 2^-11 of it, and moves no verdict as long as the model
holds, which is one of first order. It does not hold where a number is lost in the wider dtype too, so that not even its
sign is known, and says nothing where the equations have no value, or where numbers that are compared are equal.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.operations import SIDES
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.readings.plain import wider
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import between, cotangents, gradients, values
from gradproof.reports.checking.tolerance.believing import strange
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.certifying import (
    CERTIFIED_SECONDS,
    exact_gradients,
    exact_ties,
    midpoints,
    seconds,
)
from gradproof.reports.checking.tolerance.directions import DIRECTIONS, Direction, Point, opposite
from gradproof.reports.checking.tolerance.kinked import Winners, has_answer, is_kinked, ties, winners
from gradproof.reports.checking.tolerance.limits import DISTANCES, Tended, other, tend

WIDE, CERTIFIED, LIMIT = "wide", "certified", "limit"
TRUTHS = (WIDE, CERTIFIED, LIMIT)
"""What a truth rests on; a limit is evidence, not a certificate."""


@dataclass(frozen=True)
class Truth:
    """By parameter, the expected gradient with the variance of its error; NaN where there is no truth to expect.

    `rests_on` is `WIDE`, `CERTIFIED` or `LIMIT`. `nowhere` is True where the equations themselves have no value, so
    that draws have none either. `unjudged` is True where the gradient depends on a NaN among the inputs. `tied` are the
    nodes with exact ties that matter, and which of their candidates are equal. `tended` is what was found where limits
    were looked for, None where they were not. `loss` is its value. `stable` is the variance that the stable forms would
    have, of the loss too, by its name; empty where the declared algorithms are no others.
    """

    table: Mapping[str, Rounded]
    loss: Rounded
    rests_on: str = WIDE
    nowhere: Mapping[str, Any] = field(default_factory=dict)
    unjudged: Mapping[str, Any] = field(default_factory=dict)
    tied: Winners = field(default_factory=dict)
    tended: Tended | None = None
    stable: Mapping[str, Any] = field(default_factory=dict)


def first_truth(case: Case) -> Truth:
    """The truth of a case, with no more work than it takes to believe it."""
    reading = case.reading
    with np.errstate(all="ignore"):
        read = values(case.network, reading)
        indices = {name: case.network.index(name) for name in case.network.parameters}
        live = between(case.network, case.network.index(case.network.loss), set(indices.values()))
        tied = tied_nodes(case.network, read, live)
        found = cotangents(case.network, read, reading, {*indices.values(), *tied})
    zero = {i: reading.lift(np.zeros(case.network.nodes[i].shape)) for i in indices.values() if i not in found}
    exact = {name: found[i] if i in found else zero[i] for name, i in indices.items()}
    exact[case.network.loss] = read[case.network.index(case.network.loss)]
    table = case.tolerated(exact, read)
    stable = {} if case.declared is case.network else {name: x.variance for name, x in exact.items()}
    loss = table.pop(case.network.loss)
    tied = {i: mask for i, mask in tied.items() if matters(mask, found.get(i))}
    nowhere = {name: ~np.isfinite(x.value) for name, x in table.items()}
    truth = Truth(table, loss, nowhere=nowhere, tied=tied, stable=stable)
    if strange(case, read, live) or any(mask.any() for mask in nowhere.values()):
        return certain_truth(case, replace(truth, unjudged=hanging_on_nan(case)))
    return certain_truth(case, truth) if tied and not shown_by_chance(case, truth) else truth


def certain_truth(case: Case, truth: Truth) -> Truth:
    """The truth of a case as far as it can be had: certified, and limits where there is no value or ties matter."""
    # An infinity may be due to a dtype that is not wide enough, or have another sign on the other side of a pole.
    table = {
        name: type(x)(np.where(truth.nowhere[name], np.nan, x.value), x.variance) for name, x in truth.table.items()
    }
    truth = certified_truth(case, replace(truth, table=table))
    moved = above_ties(case.network, truth.tied)
    if any((np.isnan(x.value) & ~unjudged(truth, name)).any() for name, x in truth.table.items()):
        moved = {*case.network.parameters}  # the gradient by a factor has no value because of what else is in its term
    return with_limits(case, truth, moved) if moved else truth


def above_ties(network: Network, tied: Iterable[int]) -> set[str]:
    """The parameters that nodes with ties depend on."""
    above = network.behind(tied)
    return {name for name in network.parameters if network.index(name) in above}


def shown_by_chance(case: Case, truth: Truth) -> bool:
    """Whether random ways show, in the wider dtype, that ties make no other truth than there is already.

    They do for an entry along which two of them come apart by more than what is tolerated, and not less so as they come
    nearer, at least as the square root of the distance does: there is no common limit. Of a few ties the ways show all
    sides: then what there is already must lie between.
    """
    point = Point(case.network, case.dtype, tuple(sorted(above_ties(case.network, truth.tied))))
    draw, reading, few = np.random.default_rng(0), wider(case.dtype), ties(truth.tied) < DIRECTIONS
    away: list[Mapping[str, Any]] = []
    closer: list[Mapping[str, Any]] = []
    way: Direction = {}
    with np.errstate(all="ignore"):
        for number in range(DIRECTIONS):
            way = opposite(way) if number % 2 else point.random(draw)
            for distance, found in ((point.little, away), (point.little**2, closer)):
                found.append(gradients(case.network, reading, point.moved, point.displaced(way, distance)))
            if number and all(parted(point, truth, name, away, closer, few).all() for name in point.moved):
                return True
    return False


def parted(
    point: Point,
    truth: Truth,
    name: str,
    away: Sequence[Mapping[str, Any]],
    closer: Sequence[Mapping[str, Any]],
    surrounded: bool,
) -> Any:
    """Where gradients by an input part along ways, or are the same along all as at the point itself.

    They are given at one distance, and closer. If they are to be `surrounded`, what it is at the point lies between.
    """
    x, (near, far) = truth.table[name], (np.stack([each[name] for each in found]) for found in (closer, away))
    least, most = np.min(near, axis=0), np.max(near, axis=0)
    width, wider_off = most - least, np.max(far, axis=0) - np.min(far, axis=0)
    ends = [np.take_along_axis(far, np.expand_dims(end(near, axis=0), 0), 0)[0] for end in (np.argmin, np.argmax)]
    root, rounding = np.sqrt(point.little), np.sqrt(x.variance)
    # What a rounding of the inputs changes makes no difference: they are moved by as much.
    comes_near = (width <= wider_off * root) | (width <= rounding)
    apart = (width > np.abs(ends[1] - ends[0]) * root) & ~comes_near
    slack = rounding + np.where(comes_near, width, 0)
    between = (x.value >= least - slack) & (x.value <= most + slack)
    return between & comes_near | apart & (between | (not surrounded))


def tied_nodes(network: Network, read: list[Any], live: Iterable[int]) -> dict[int, Any]:
    """The kinked nodes among `live` that have exact ties, and which of their candidates are the largest.

    Those whose sides are given have none.
    """
    natural = [i for i in sorted(live) if is_kinked(network, i) and network.nodes[i].attributes[SIDES] is None]
    kinked = [i for i in natural if not has_answer(network, i)]
    own = [x if is_discrete(x) else x.value for x in read]
    found = winners(network, own, kinked, read[network.index(network.loss)].dtype) if kinked else {}
    return {i: mask for i, mask in found.items() if (np.sum(mask, axis=-1) > 1).any()}


def matters(mask: Any, cotangent: Rounded | None) -> bool:
    """Whether anything comes back to a node where it is tied; or at all, if it compares more entries than it gives.

    If nothing does at any tie, no tie matters: the last of them passes nothing on whatever its side, so that what comes
    back to the one before does not depend on it, and so on.
    """
    if cotangent is None:
        return False
    tied, back = np.sum(mask, axis=-1) > 1, cotangent.value != 0
    return bool((tied.ravel() & back.ravel()).any() if tied.size == back.size else tied.any() and back.any())


def hanging_on_nan(case: Case) -> dict[str, Any]:
    """By parameter, where its gradient depends on an input that is NaN.

    True where it changes as that takes numbers, or is no number's: NaN is neither larger nor smaller than any other,
    whatever sides are tried out.
    """
    inputs, nodes = case.network.inputs, case.network.nodes
    if not any(np.isnan(array).any() for array in inputs.values()):
        return {}
    sides = {i: {**node.attributes, SIDES: None} for i, node in enumerate(nodes) if SIDES in node.attributes}
    natural = tuple(replace(n, attributes=sides[i]) if i in sides else n for i, n in enumerate(nodes))
    network, found = replace(case.network, nodes=natural), []
    with np.errstate(all="ignore"):
        for number in (-2.0, 0.5, 3.0):  # of either sign, and far from equal, as two in one run are
            filled = {
                name: np.where(np.isnan(array), number * (k + np.arange(1, array.size + 1).reshape(array.shape)), array)
                for k, (name, array) in enumerate(inputs.items())
            }
            found.append(gradients(network.with_inputs(filled), wider(case.dtype)))
        own = gradients(network, wider(case.dtype))
    first, *others = found
    return {
        name: np.any([each[name] != x for each in others], axis=0) | (own[name] != x) & ~np.isnan(x)
        for name, x in first.items()
    }


def unjudged(truth: Truth, name: str) -> Any:
    """Where a parameter's gradient hangs on a NaN input; just False if nothing does."""
    return truth.unjudged.get(name, np.False_)


def certified_truth(case: Case, truth: Truth) -> Truth:
    """The same tolerance around a truth from ball arithmetic, where that has one and is affordable.

    Where balls have no value the truth stays what it was.
    """
    if seconds(case.network) > CERTIFIED_SECONDS:
        return truth
    known = {case.network.loss: truth.loss, **truth.table}
    try:
        exact = exact_gradients(case, known, case.network.parameters)
        tied = exact_ties(case, truth.tied)
    except GradproofError:
        return truth
    table = {}
    for name, x in known.items():
        middle = midpoints(exact[name], case.dtype)
        keep = np.isnan(middle)
        table[name] = type(x)(np.where(keep, x.value, middle), x.variance)
    loss = table[case.network.loss]
    return replace(truth, table={name: table[name] for name in truth.table}, loss=loss, rests_on=CERTIFIED, tied=tied)


def with_limits(case: Case, truth: Truth, moved: Iterable[str]) -> Truth:
    """The truth with limits of the gradients by `moved` where they have no value, or depend on the sides of ties."""
    moved = [name for name in case.network.parameters if name in set(moved)]
    each = seconds(case.network) * len(DISTANCES)
    affordable = [count for count in range(1, DIRECTIONS + 1) if count * each <= CERTIFIED_SECONDS]
    if len(affordable) < 2:  # there and back
        return truth
    known = {name: truth.table[name].value for name in moved}
    tended = remembered(case, tuple(moved), lambda: tend(case, known, truth.tied, len(affordable)))
    nearby = nearby_variance(case, truth, tended)
    table, rests_on = {}, truth.rests_on
    for name, x in truth.table.items():
        value = x.value
        if name in moved:
            limit = tended.truth(name)
            elsewhere = other(tended, name, value)
            value = np.where(elsewhere, limit, value)
            rests_on = LIMIT if (elsewhere | np.isnan(value)).any() else rests_on
        table[name] = type(x)(value, np.where(np.isfinite(x.variance), x.variance, nearby[name]))
    return replace(truth, table=table, rests_on=rests_on, tended=tended)


REMEMBERED: deque[tuple[Case, tuple[str, ...], Tended]] = deque(maxlen=8)
"""The last limits: they are the same in all frameworks and modes, which ask for one network in turn."""


def remembered(case: Case, moved: tuple[str, ...], found: Callable[[], Tended]) -> Tended:
    """What gradients tend to, as it was `found` for the same network and dtype before, or is now."""
    for known, names, tended in REMEMBERED:
        if (known.network is case.network, known.dtype, names) == (True, case.dtype, moved):
            return tended
    REMEMBERED.append((case, moved, tended := found()))
    return tended


def nearby_variance(case: Case, truth: Truth, tended: Tended) -> dict[str, Any]:
    """The variance of each gradient's error close by, for what has none where the equations have no value.

    0 where it tends to 0, as the gradient then does: at least as a root of the distance.
    """
    point, found = tended.point, {name: np.float64(0) for name in case.network.parameters}
    if all(np.isfinite(x.variance).all() for x in truth.table.values()):
        return found
    for way in tended.ways[:2]:
        away = case.table(point.nearby(way, point.little, case.reading))
        closer = case.table(point.nearby(way, point.little**2, case.reading))
        for name, x in away.items():
            with np.errstate(invalid="ignore"):
                vanishes = closer[name].variance <= x.variance * np.sqrt(point.little)
            variance = np.nan_to_num(np.where(vanishes, 0, x.variance), posinf=0)
            found[name] = np.maximum(found[name], variance)
    return found
