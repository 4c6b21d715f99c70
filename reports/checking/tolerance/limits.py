"""What gradients tend to where the equations have no value, or where it matters which side an exact tie falls on.

Truth is a property of the function, not of one way to evaluate it: the gradient of norm(x)^2 at 0 is 0, though 0/0 has
no value. Certified gradients at points that approach the input along straight lines are evidence of a limit, and no
certificate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from gradproof.reference.admitted import AT_LEAST_ROOT, ON_ITS_WAY, SETTLED
from gradproof.reference.errors import GradproofError
from gradproof.reference.operations.kinks import largest
from gradproof.reference.readings.balls import MIDDLE, balls, certified, flint, precision
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.readings.rounded import rounded
from gradproof.reference.sweep import cotangents, gradients, values
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.certifying import is_nan, midpoints
from gradproof.reports.checking.tolerance.directions import DIRECTIONS, FORMS, Direction, Point, directions
from gradproof.reports.checking.tolerance.kinked import Winners, candidates, covered, ties

Array = Any

DISTANCES = (60, 120, 240, 480)
"""How far away, as powers of 1/2: each is the square of the one before, so that what tends to a limit as any power of
the distance does comes nearer each time by the square of the time before. The last two suffice but for square roots."""


@dataclass(frozen=True)
class Tended:
    """What the gradients by some inputs tend to, for each assignment of sides to ties that was found realisable.

    `sides` and `limits` are parallel. A limit maps each of the inputs to an array of its shape in the wider dtype, NaN
    where nothing is known; `sides` say by node which of its candidates is the largest. `tolerance` is by input lambda
    sigma a little away from the point, of correctly rounded functions: what differs by far less is the same. `ways` are
    the directions that were taken, from `point`, and `along` what was found along each of them; `tied` says which
    candidates are equal there.
    """

    point: Point
    tied: Winners
    ways: tuple[Direction, ...]
    sides: tuple[Winners, ...]
    limits: tuple[Mapping[str, Array], ...]
    tolerance: Mapping[str, Array]
    along: tuple[Mapping[str, Array], ...] = ()

    def truth(self, name: str) -> Array:
        """What all assignments agree on for an input; NaN where they do not, or where one has no limit."""
        if not self.limits:
            return np.full(self.tolerance[name].shape, np.nan)
        return agreed([limit[name] for limit in self.limits], self.tolerance[name])


def tend(case: Case, known: Mapping[str, Array], tied: Winners, most: int = DIRECTIONS) -> Tended:
    """What gradients tend to as some inputs come near to the values that they have in `case`.

    `known` has these inputs, and what their gradients are at the point itself, NaN where they have no value. `tied` are
    the nodes with exact ties that matter, and which of their candidates are equal. Gradients are taken along at most
    `most` directions, and along no more once there is nothing left that is known otherwise.
    """
    point = Point(case.network, case.dtype, tuple(known))
    tolerance = {name: np.zeros(x.shape) for name, x in known.items()}
    found = Tended(point, tied, (), (), (), tolerance)
    outside: list[Direction] = []
    for direction in directions(point, tied, most):
        for name, sigma in sigmas(point, direction).items():
            tolerance[name] = np.maximum(tolerance[name], np.asarray(case.limit * sigma, float))
        if has_no_value(point, direction):
            outside.append(direction)
            continue
        found = with_way(found, direction, tied)
        if len(found.ways) > 1 and not any(other(found, name, x).any() for name, x in known.items()):
            break
    if not found.ways:
        return replace(found, ways=tuple(outside))
    # Where directions ran out before each candidate has won, nothing says that those that did not would give the same.
    is_cut = (len(found.ways) + len(outside) >= most or ties(tied) > FORMS) and not covered(tied, found.sides)
    return replace(found, sides=(), limits=()) if is_cut else found


def has_no_value(point: Point, direction: Direction) -> bool:
    """Whether a node that the loss depends on has none along a direction: that leads out of a function's domain."""
    read = point.scouted(direction)
    return any(np.isnan(read[i]).any() for i in point.network.ancestors(point.network.loss))


def with_way(found: Tended, direction: Direction, tied: Winners) -> Tended:
    """What has been found, and what is found along another direction."""
    sides, limit = approached(found.point, direction, tied, found.tolerance)
    known = [key_of(each) for each in found.sides]
    found = replace(found, ways=(*found.ways, direction), along=(*found.along, limit))
    if key_of(sides) not in known:
        return replace(found, sides=(*found.sides, sides), limits=(*found.limits, limit))
    # Two ways with the same sides: what they do not agree on has no limit.
    place, limits = known.index(key_of(sides)), list(found.limits)
    limits[place] = {name: agreed([x, limit[name]], found.tolerance[name]) for name, x in found.limits[place].items()}
    return replace(found, limits=tuple(limits))


def key_of(sides: Winners) -> bytes:
    """What tells an assignment of sides from others."""
    return b"".join(mask.tobytes() for mask in sides.values())


def other(found: Tended, name: str, known: Array) -> Array:
    """Where the limits agree on something else than what is `known`."""
    limit = found.truth(name)
    return ~np.isnan(limit) & ~is_same(limit, known, found.tolerance[name])


def is_same(one: Array, other: Array, tolerance: Array) -> Array:
    """Where two numbers differ by far less than a tolerance, or are the same infinity."""
    with np.errstate(invalid="ignore"):
        return (one == other) | (np.abs(one - other) <= tolerance * SETTLED)


def agreed(limits: Sequence[Array], tolerance: Array) -> Array:
    """What limits agree on, entry by entry; NaN where two differ, or one is NaN."""
    first, *others = limits
    return np.where(np.all([is_same(x, first, tolerance) for x in others], axis=0), first, np.nan)


def sigmas(point: Point, direction: Direction) -> dict[str, Array]:
    """By moved input, sigma a little along a direction, one rounding at least; 0 where that is not finite either."""
    reading = rounded(point.dtype)
    with np.errstate(all="ignore"):
        table = gradients(point.network, reading, point.moved, point.nearby(direction, point.little, reading))
        found = {
            name: np.sqrt(np.maximum(x.variance, x.computed(x.value, np.zeros_like(x.value)).variance))
            for name, x in table.items()
        }
    return {name: np.nan_to_num(sigma, posinf=0) for name, sigma in found.items()}


def approached(
    point: Point, direction: Direction, tied: Winners, tolerance: Mapping[str, Array]
) -> tuple[Winners, dict[str, Array]]:
    """The sides that a direction takes of what is tied, and the limits along it."""
    found: list[dict[str, Array]] = []
    sides: Winners = {}
    for exponent in DISTANCES:
        try:
            sides, here = exactly(point, direction, tied, tolerance, exponent)
        except GradproofError:  # numbers stay undecided, or balls too wide
            break
        found.append(here)
        if exponent >= DISTANCES[2]:
            limits = {
                name: limit_of([each[name] for each in found], tolerance[name], point.dtype) for name in point.moved
            }
            if not any(np.isnan(limit).any() for limit in limits.values()):
                break
    if len(found) < len(DISTANCES[:3]):
        wide = WIDER[np.dtype(point.dtype)]
        return sides, {name: np.full(np.shape(sigma), np.nan, wide) for name, sigma in tolerance.items()}
    return sides, limits


def exactly(
    point: Point, direction: Direction, tied: Winners, tolerance: Mapping[str, Array], exponent: int
) -> tuple[Winners, dict[str, Array]]:
    """The sides of what is tied, and balls of the gradients, 2^-exponent along a direction."""
    reading = balls(point.dtype)
    indices = {name: point.network.index(name) for name in point.moved}
    with precision(bits_at(exponent)):
        lifted = {name: displaced(point, name, direction[name], exponent) for name in point.moved}

    def compute() -> tuple[Winners, dict[str, Array]]:
        read = values(point.network, reading, {name: reading.lift(0).__class__(x) for name, x in lifted.items()})
        found = cotangents(point.network, read, reading, indices.values())
        zero = reading.lift(0).value
        sides = {}
        for i in tied:
            operands = [read[k] for k in point.network.nodes[i].operands]
            sides[i] = largest(middles(candidates(point.network, operands, i, point.dtype).value))
        return sides, {
            name: found[i].value if i in found else np.full(point.scale[name].shape, zero)
            for name, i in indices.items()
        }

    def sharp(found: tuple[Winners, dict[str, Array]]) -> bool:
        return all(narrow(x, tolerance[name], exponent, point.dtype).all() for name, x in found[1].items())

    return certified(compute, bits=bits_at(exponent), sharp=sharp)


def bits_at(exponent: int) -> int:
    """With how many bits to begin at 2^-exponent: what is as small as its square is told with 128."""
    return 2 * exponent + 128


def displaced(point: Point, name: str, direction: Array, exponent: int) -> Array:
    """A moved input as exact balls, 2^-exponent along a direction: its number, and a multiple of it added."""
    here = np.asarray(point.network.inputs[name], np.float64).astype(point.dtype).astype(float)
    step = np.asarray(point.scale[name] * direction, float)
    arb = flint().arb
    tiny = arb(1).mul_2exp(-exponent) if hasattr(arb, "mul_2exp") else arb(2) ** -exponent
    result = np.empty(here.shape, dtype=object)
    result.ravel()[:] = [
        arb(x) + arb(d) * tiny for x, d in zip(here.ravel().tolist(), step.ravel().tolist(), strict=True)
    ]
    return result


def middles(array: Array) -> Array:
    """The midpoints of balls, exactly: balls without a radius."""
    return np.asarray(np.frompyfunc(lambda ball: ball.mid(), 1, 1)(array), object)


def narrow(array: Array, tolerance: Array, exponent: int, dtype: str) -> Array:
    """Where balls tell what happens at 2^-exponent of their size from rounding; NaN is as narrow as it gets."""
    smallest = float(np.finfo(dtype).smallest_subnormal)
    size = np.maximum(np.maximum(np.abs(np.asarray(MIDDLE(array), float)), tolerance), smallest)
    radius = np.asarray(np.frompyfunc(lambda ball: float(ball.rad()), 1, 1)(array), float)
    return ~(radius > np.ldexp(size, -exponent - 64)) | is_nan(array)


def limit_of(approaching: Sequence[Array], tolerance: Array, dtype: str) -> Array:
    """The limits of gradients at ever smaller distances, entry by entry: a number, an infinity, or NaN for none.

    A number is the last that was seen, but 0 where that is no more than the last change.
    """
    one = np.frompyfunc(lambda tolerance, *seen: entry_limit(float(tolerance), seen), 1 + len(approaching), 1)
    with precision(bits_at(DISTANCES[-1])):
        return midpoints_or_infinite(np.asarray(one(tolerance, *approaching), object), dtype)


def entry_limit(tolerance: float, seen: Sequence[Any]) -> Any:
    """The limit of one entry, as a ball or a float: of the last three balls that were seen."""
    if any(x.is_nan() for x in seen):
        return np.nan
    earliest, before, last = (x.mid() for x in seen[-3:])
    change, whole = abs(last - before), abs(last - earliest)
    if change <= sum(x.rad() for x in seen[-2:]):
        change = change * 0
    if change <= tolerance * SETTLED and change <= whole * AT_LEAST_ROOT:
        return last * 0 if abs(last) <= change else last
    steps = list(pairwise(x.mid() for x in seen))
    if all(a * b > 0 and abs(b) >= abs(a) * ON_ITS_WAY for a, b in steps):
        return np.inf if last > 0 else -np.inf
    return np.nan


def midpoints_or_infinite(array: Array, dtype: str) -> Array:
    """Balls and floats as numbers of the dtype that truth is compared in."""
    infinite = np.asarray(np.frompyfunc(lambda x: x if isinstance(x, float) else 0.0, 1, 1)(array), float)
    finite = np.asarray(np.frompyfunc(lambda x: flint().arb(0) if isinstance(x, float) else x, 1, 1)(array), object)
    return np.where(infinite != 0, infinite, midpoints(finite, dtype))
