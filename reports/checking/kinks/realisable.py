"""Whether gradients at exact ties are the function's: those of an assignment of sides that can be had.

Sides can be had together where all tied differences can be strictly there, a little away. What lies between such
gradients is a convention where the function has a kink; where it is differentiable they are all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import nnls

from gradproof.reference.network import Network
from gradproof.reference.operations import AT_KINK, EVEN, SIDES
from gradproof.reference.operations.kinks import shares
from gradproof.reference.readings.plain import truth, wider
from gradproof.reference.sweep import gradients, values
from gradproof.reports.checking.kinks.contests import with_attribute
from gradproof.reports.checking.kinks.searching import MAX_NUMBERS
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.certifying import exact_ties
from gradproof.reports.checking.tolerance.directions import (
    DIRECTIONS,
    FORMS,
    Direction,
    Point,
    directions,
    leaving,
    tied_forms,
)
from gradproof.reports.checking.tolerance.kinked import Winners, covered, kink_of, signs, sources, winners
from gradproof.reports.checking.tolerance.limits import sigmas
from gradproof.reports.checking.tolerance.truth import Truth, above_ties, first_truth

FAR = float(np.sqrt(np.finfo(np.float32).max))
"""What stands for infinity where it is approached: squares are still numbers."""


class Approached(Point):
    """A point whose infinite inputs are approached: they stand as large finite ones, and move like others.

    What ties at infinity lies on one side or another on the way there.
    """

    @cached_property
    def read(self) -> list[Any]:
        """The values of all nodes there, in the wider dtype."""
        still = {name: np.zeros(self.network.inputs[name].shape) for name in self.moved}
        with np.errstate(all="ignore"):
            return values(self.network, wider(self.dtype), self.displaced(still, 0.0))

    @cached_property
    def scale(self) -> dict[str, Any]:
        """By what each moved entry is displaced for a direction of 1."""
        found = super().scale
        return {name: np.where(np.isinf(self.network.inputs[name]), FAR, x) for name, x in found.items()}

    def displaced(self, direction: Direction, distance: float) -> dict[str, Any]:
        """The moved inputs, `distance` along the direction, in the wider dtype."""
        lift = wider(self.dtype).lift
        start = {n: np.clip(x, -FAR, FAR) if np.isinf(x).any() else x for n, x in self.network.inputs.items()}
        return {n: lift(start[n]) + self.scale[n] * direction[n] * distance for n in self.moved}


def expected(case: Case) -> Gradients:
    """The gradients that a case has, in long double."""
    with np.errstate(all="ignore"):
        return gradients(case.network, truth(case.dtype))


def is_gradient(case: Case, found: Gradients, network: Network, most: int = DIRECTIONS) -> bool | None:
    """Whether gradients that `network`, which is that of `case` with its ties shared somehow, has are the function's.

    Where the function is differentiable they have to be its gradient, and where it has a real kink, for all entries
    together, those of an assignment of sides that can be had, or a share between such. None where `most` assignments
    do not find it out; now and then it is looked whether those that were found do.
    """
    known = truth_of_ties(case)
    if not known.tied:
        return True
    point, tied = Approached(case.network, case.dtype, tuple(sorted(above_ties(case.network, known.tied)))), known.tied
    taken: list[Winners] = []
    every: list[Gradients] = []
    for way in directions(point, tied, most):
        taken.append(winners(point.network, point.scouted(way), tied, point.dtype))
        every.append(expected(with_taken(case, taken[-1])))
        if len(taken) == 2:  # there and back: an even share is between
            if is_between(every, found, point) or is_had(point, network, tied) or are_independent(point, network, tied):
                return True
            if is_come_near(case, point, tied, every, found, most):
                return True
        elif len(taken) >= DIRECTIONS and len(taken).bit_count() == 1 and is_between(every, found, point):
            return True
    if not taken:
        return None
    if covered(tied, taken) and is_beside(every, found, tolerance_at(case, known, point)):
        return False
    if is_between(every, found, point):
        return True
    return False if len(every) < most and tied_forms(point.network, tied) else None


def truth_of_ties(case: Case) -> Truth:
    """What is known of a case without much work; of its ties, those that are certain."""
    known = first_truth(case)
    return replace(known, tied=exact_ties(case, known.tied))


def tolerance_at(case: Case, known: Truth, point: Point) -> dict[str, Any]:
    """By moved input, lambda sigma at the point or a little away, whichever is larger."""
    off = sigmas(point, next(directions(point, known.tied)))
    variance = {name: np.nan_to_num(known.table[name].variance, posinf=0) for name in point.moved}
    return {name: case.limit * np.maximum(np.sqrt(variance[name]), off[name]).astype(float) for name in point.moved}


def an_assignment(case: Case) -> Case:
    """The case under one assignment of sides that can be had."""
    tied = truth_of_ties(case).tied
    point = Approached(case.network, case.dtype, tuple(sorted(above_ties(case.network, tied))))
    way = next(directions(point, tied))
    return with_taken(case, winners(point.network, point.scouted(way), tied, point.dtype))


def with_taken(case: Case, taken: Winners) -> Case:
    """The case under an assignment of sides."""
    return replace(case, network=with_attribute(case.network, SIDES, {i: shares(m, EVEN) for i, m in taken.items()}))


def is_beside(every: Sequence[Gradients], found: Gradients, tolerance: Mapping[str, Any]) -> bool:
    """Whether an entry on which all gradients agree is another one in `found`."""
    with np.errstate(invalid="ignore"):
        for name, sigma in tolerance.items():
            rows = np.stack([each[name] for each in every])
            smooth = (np.abs(rows - rows[0]) <= sigma).all(axis=0)
            if (smooth & (np.abs(found[name] - rows[0]) > sigma)).any():
                return True
    return False


def is_come_near(
    case: Case, point: Point, tied: Winners, known: Sequence[Gradients], found: Gradients, most: int
) -> bool:
    """Whether `found` is come to by means of gradients of at most `most` assignments, those that are `known` and more.

    The nearest mean, and a step in the direction in which `found` lies from it (Wolfe 1976): of all gradients nearby,
    that of a convex function is there the one furthest in that direction, and of a concave one the other way. What the
    direction leaves tied falls by chance, one way and the other.
    """
    rows, wanted = np.stack([ravelled(each, point) for each in known]), ravelled(found, point)
    units, draw = np.concatenate([np.ravel(x) for x in point.scale.values()]), np.random.default_rng(0)
    spent = solved_for = 0
    while spent < most and solved_for < MAX_NUMBERS and np.isfinite(rows).all() and np.isfinite(wanted).all():
        size, weights = weighed(rows, wanted)
        solved_for += rows.size
        if is_mean(rows, wanted, size, weights, point.little):
            return True
        rows, weights = rows[weights > 0], weights[weights > 0]  # no more are needed than there are entries, and one
        missing = (wanted - weights @ rows / np.sum(weights)) / size
        with np.errstate(all="ignore"):
            way = np.divide(missing, size * units, out=np.zeros_like(missing), where=(units > 0) & (missing != 0))
        if not way.any() or not np.isfinite(way).all():
            return False
        way /= np.max(np.abs(way))
        chances = [sign * point.little * chance for chance in draw.normal(size=(2, way.size)) for sign in (1, -1)]
        for step in (sign * way + chance for sign in (1, -1) for chance in chances):
            direction = point.unravelled(step)
            read = point.scouted(direction)
            spent += 1
            if not leaving(point, read, direction):
                there = expected(with_taken(case, winners(point.network, read, tied, point.dtype)))
                rows = np.append(rows, ravelled(there, point)[None], axis=0)
    return False


def is_between(every: Sequence[Gradients], found: Gradients, point: Point) -> bool:
    """Whether `found` is a mean, in some weights, of the gradients, as far as all are finite.

    All entries together, each to half its digits, relative to the largest that it is.
    """
    rows, one = np.stack([ravelled(each, point) for each in every]), ravelled(found, point)
    known = np.isfinite(rows).all(axis=0) & np.isfinite(one)
    rows, one = rows[:, known], one[known]
    size, weights = weighed(rows, one)
    return is_mean(rows, one, size, weights, point.little)


def is_mean(rows: Any, one: Any, size: Any, weights: Any, little: float) -> bool:
    """Whether these weights make `one` of the rows, each entry but for a little of its `size`."""
    off = np.append(np.abs(weights @ rows - one) / size, abs(np.sum(weights) - 1))
    return bool(np.max(off) <= little)


def ravelled(found: Gradients, point: Point) -> Any:
    """The gradients by what is moved in one vector."""
    return np.concatenate([np.ravel(found[name]) for name in point.moved]).astype(float)


def weighed(rows: Any, one: Any) -> tuple[Any, Any]:
    """By entry the largest that it is, and the weights of the mean of rows that is nearest to `one`."""
    size = np.maximum(np.max(np.abs([*rows, one]), axis=0), np.finfo(float).tiny)
    matrix = np.append(rows / size, np.ones((len(rows), 1)), axis=1).T
    return size, nnls(matrix, np.append(one / size, 1))[0]


def is_had(point: Point, network: Network, tied: Winners) -> bool:
    """Whether a direction was found that leads to where ties fall as `network` takes them, if it shares none.

    A perceptron (Rosenblatt 1958): from the sum of the slopes by which what is taken leads, those that are behind are
    added until none is.
    """
    wanted = {i: shares_of(network, i, mask) for i, mask in tied.items()}
    if not all(np.isin(share, (0, 1)).all() and (np.sum(share, axis=-1) == 1).all() for share in wanted.values()):
        return False
    behind = {i: np.sum(mask, axis=-1) > 1 for i, mask in tied.items()}
    vector = np.zeros(sum(scale.size for scale in point.scale.values()))
    for _ in range(FORMS):
        lead = {i: (share - mask / np.sum(mask, axis=-1, keepdims=True)) * behind[i][..., None]
                for (i, share), mask in zip(wanted.items(), tied.values(), strict=True)}  # fmt: skip
        step = slope_of(point, lead)
        size = float(np.linalg.norm(step))
        if not 0 < size < np.inf:
            return False
        vector = vector + step / size
        if not vector.any():  # there and back
            return False
        there = point.scouted(point.unravelled(vector / np.max(np.abs(vector))))
        taken = winners(point.network, there, tied, point.dtype)
        behind = {i: ~((share > 0) <= taken[i]).all(axis=-1) for i, share in wanted.items()}
        if not any(mask.any() for mask in behind.values()):
            return True
    return False


def slope_of(point: Point, weights: Mapping[int, Any]) -> Any:
    """The slope of a weighted sum of what is compared, by node, in one vector over all moved inputs."""
    seeds: dict[int, Any] = {}
    for i, weight in weights.items():
        come_from = sources(point.network, i)
        for k in set(point.network.nodes[i].operands):
            seed = seeds.setdefault(k, np.zeros(point.network.nodes[k].shape, np.longdouble))
            here = come_from[..., 0] == k
            signed = weight * signs(point.network, i, weight.shape[-1])
            np.add.at(seed.reshape(-1), come_from[..., 1][here], signed[here])
    return sum((point.slope(point.read, k, seed) for k, seed in seeds.items()), np.zeros(1))


def are_independent(point: Point, network: Network, tied: Winners) -> bool:
    """Whether ties can fall in any way, their differences having independent slopes, and none is left out.

    Then each share is one between sides that can be had.
    """
    if any(kink_of(network, i).is_computed for i in tied):  # what these lead back to is not known
        return False
    forms = tied_forms(point.network, tied)
    whole = all((np.sum(shares_of(network, i, m), axis=-1)[np.sum(m, axis=-1) > 1] > 0).all() for i, m in tied.items())
    if not whole or not forms:
        return False
    rows = np.stack([form.slope(point, point.read) for form in forms])
    rows = rows[np.any(rows != 0, axis=1)]
    return bool(np.isfinite(rows).all() and np.linalg.matrix_rank(rows) == len(rows))


def shares_of(network: Network, node: int, tied: Any) -> Any:
    """The shares of a node's candidates: those that are given, or as it shares those that are tied."""
    attributes = network.nodes[node].attributes
    return shares(tied, attributes[AT_KINK]) if attributes[SIDES] is None else attributes[SIDES]
