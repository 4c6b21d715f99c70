"""Directions that lead away from a point where equations have no value, or where numbers that they compare are equal.

Only what is differentiated moves. A direction is an array for each input that does, in units of `scale`: an entry's own
size, or that of its array's largest where it is 0. Constants and infinities stay.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from scipy.optimize import linprog

from gradproof.reference.network import Network
from gradproof.reference.reading import Reading
from gradproof.reference.readings.plain import wider
from gradproof.reference.sweep import cotangents, values
from gradproof.reports.checking.tolerance.kinked import Winners, signs, sources, ties, winners

Direction = Mapping[str, Any]

DIRECTIONS = 16
"""Up to so many assignments of sides are looked for."""

FORMS = 128
"""Up to so many tied differences a linear program is asked for the sides that chance did not find; each is a sweep."""


@dataclass(frozen=True)
class Point:
    """A network at its inputs as `dtype` holds them, and the inputs that `moved` names."""

    network: Network
    dtype: str
    moved: tuple[str, ...]

    @cached_property
    def read(self) -> list[Any]:
        """The values of all nodes here, in the wider dtype."""
        with np.errstate(all="ignore"):
            return values(self.network, wider(self.dtype))

    @cached_property
    def scale(self) -> dict[str, Any]:
        """By what each moved entry is displaced for a direction of 1; 0 where it is infinite."""
        found = {}
        for name in self.moved:
            size = np.abs(self.network.inputs[name].astype(self.dtype).astype(float))
            size = np.where(np.isfinite(size), size, 0)
            largest = float(np.max(size, initial=0)) or 1.0
            found[name] = np.where(np.isfinite(self.network.inputs[name]), np.where(size > 0, size, largest), 0)
        return found

    def displaced(self, direction: Direction, distance: float) -> dict[str, Any]:
        """The moved inputs, `distance` along the direction, in the wider dtype."""
        lift = wider(self.dtype).lift
        return {n: lift(self.network.inputs[n]) + self.scale[n] * direction[n] * distance for n in self.moved}

    def nearby(self, direction: Direction, distance: float, reading: Reading) -> dict[str, Any]:
        """The moved inputs as numbers of a reading that carries errors, `distance` along the direction, without any."""
        kind = type(reading.lift(0))
        return {name: kind.exact(x) for name, x in self.displaced(direction, distance).items()}

    @property
    def little(self) -> float:
        """A little: half way, in digits, to where rounding begins."""
        return float(np.sqrt(np.finfo(self.dtype).eps))

    def scouted(self, direction: Direction) -> list[Any]:
        """The values of all nodes a little along the direction."""
        with np.errstate(all="ignore"):
            return values(self.network, wider(self.dtype), self.displaced(direction, self.little))

    def random(self, draw: np.random.Generator) -> dict[str, Any]:
        """A direction, any one as likely as any other."""
        return {name: draw.normal(size=scale.shape) for name, scale in self.scale.items()}

    @cached_property
    def named(self) -> Network:
        """The network with a name for each node, so that each can be a root."""
        nodes = self.network.nodes
        return replace(self.network, nodes=tuple(replace(n, name=n.name or f"node {i}") for i, n in enumerate(nodes)))

    def slope(self, read: list[Any], node: int, weights: Any) -> Any:
        """d (weighted sum of a node's entries) / d (moved inputs, in units of scale), in one vector.

        `read` are the values of all nodes. The sum is one entry where `weights` is its number.
        """
        seed = weights
        if not isinstance(weights, np.ndarray):
            seed = np.zeros(self.network.nodes[node].shape, self.read[node].dtype)
            seed.flat[weights] = 1
        indices = {name: self.network.index(name) for name in self.moved}
        with np.errstate(all="ignore"):
            found = cotangents(self.named, read, wider(self.dtype), indices.values(), node, seed)
        parts = [
            np.ravel(found[i] * self.scale[n]) if i in found else np.zeros(self.scale[n].size)
            for n, i in indices.items()
        ]
        return np.concatenate(parts).astype(float)

    def unravelled(self, vector: Any) -> dict[str, Any]:
        """A direction from all its entries in one vector."""
        ends = np.cumsum([scale.size for scale in self.scale.values()])[:-1]
        parts = np.split(vector, ends)
        return {name: part.reshape(self.scale[name].shape) for name, part in zip(self.scale, parts, strict=True)}


@dataclass(frozen=True)
class Form:
    """A difference of two numbers that is 0 at the point: each an entry of a node, or (-1, 0), times its sign.

    They may have something added, as a constant is, which has the entry (-1, 0).
    """

    first: tuple[int, int]
    second: tuple[int, int]
    signs: tuple[int, int] = (1, 1)

    def slope(self, point: Point, read: list[Any]) -> Any:
        """Its derivative by the moved inputs, in one vector, given the values `read` of all nodes."""
        (a, i), (b, j), (s, t) = self.first, self.second, self.signs
        return (s * point.slope(read, a, i) if a >= 0 else 0) - (t * point.slope(read, b, j) if b >= 0 else 0)


def flat(direction: Direction) -> Any:
    """All entries of a direction in one vector."""
    return np.concatenate([np.ravel(x) for x in direction.values()])


def tied_forms(network: Network, tied: Winners, won: Winners | None = None) -> list[Form]:
    """The differences that are 0 where more than one candidate is the largest: of one that has `won` from the others.

    That is the first, if none has won yet. The differences of the others do not matter. There are none if there are
    more than `FORMS`.
    """
    if ties(tied) > FORMS:
        return []
    found = []
    for i, mask in tied.items():
        come_from = sources(network, i)
        for place in np.argwhere(np.sum(mask, axis=-1) > 1):
            cell = tuple(place)
            best = int(np.argmax(mask[cell] if won is None else won[i][cell] & mask[cell]))
            others = (k for k in np.flatnonzero(mask[cell]) if k != best)
            sign = signs(network, i, mask.shape[-1]).tolist()
            origins = [tuple(each) for each in come_from[cell]]
            found += [
                Form(origins[best], origins[k], (sign[best], sign[k]))
                for k in others
                if max(origins[best][0], origins[k][0]) >= 0
            ]
    return found


def directions(point: Point, tied: Winners, most: int = DIRECTIONS) -> Iterator[Direction]:
    """Directions that stay in the domain: one for each assignment of sides to what is tied, or any if nothing is.

    Half of them are left to chance. The sides that it does not find linear programs look for, if there are few, each
    beside an assignment that was found.
    """
    draw = np.random.default_rng(0)
    searched = 0 < ties(tied) <= FORMS
    first = point.random(draw)
    pending: deque[Direction] = deque([first, opposite(first)])
    pending.extend(point.random(draw) for _ in range((most // 2 if searched else most) - 2))
    seen: set[bytes] = set()
    beside: deque[Iterator[Direction]] = deque()
    while len(seen) < most and (pending or beside):
        if not pending:
            pending.extend(islice(beside.popleft(), most))
            continue
        if (bent := inside(point, pending.popleft(), draw)) is None:
            continue
        direction, read, limits = bent
        won = winners(point.network, read, tied, point.dtype)
        key = b"".join(mask.tobytes() for mask in won.values())
        if tied and key in seen:
            continue
        seen.add(key)
        yield direction
        if searched:
            forms = tied_forms(point.network, tied, won)
            beside.append(flipped(point, read, forms, limits, direction, draw))


def opposite(direction: Direction) -> dict[str, Any]:
    """The direction of the same size the other way, entry by entry."""
    return {name: -x for name, x in direction.items()}


Row = tuple[Any, float]
"""A linear form in a direction's entries, and the sign that it is to have."""


def flipped(
    point: Point, read: list[Any], forms: list[Form], limits: list[Row], direction: Direction, draw: np.random.Generator
) -> Iterator[Direction]:
    """Directions in which one of the tied differences has the other sign, and all others have theirs."""
    here = flat(direction)
    rows: dict[bytes, Row] = {}
    for form in forms:
        row = form.slope(point, read)
        if np.isfinite(row).all() and (side := row @ here) != 0:
            # Forms that are multiples of each other turn their signs together.
            row = row / np.linalg.norm(row) * np.sign(side)
            rows[row.astype(np.float32).tobytes()] = row, 1.0
    kept = list(rows.values())
    for k in draw.permutation(len(kept)):
        wanted = [(row, -sign if n == k else sign) for n, (row, sign) in enumerate(kept)]
        if (found := solved([*limits, *wanted], draw)) is not None:
            yield point.unravelled(found)


def inside(
    point: Point, direction: Direction, draw: np.random.Generator
) -> tuple[Direction, list[Any], list[Row]] | None:
    """The direction, bent where it leaves the domain of some function, the values a little along it, and what bent it.

    None where no bend is found.
    """
    limits: list[Row] = []
    while True:
        read = point.scouted(direction)
        new = leaving(point, read, direction)
        if not new:
            return direction, read, limits
        limits += new
        if len(limits) > FORMS or (found := solved(limits, draw)) is None:
            return None
        direction = point.unravelled(found)


def leaving(point: Point, read: list[Any], direction: Direction) -> list[Row]:
    """What must have another sign, so that the first node that has no value in a direction gets one.

    Empty where all have one, or had none before; a form that is 0 where nothing can be said.
    """
    for i in sorted(point.network.ancestors(point.network.loss)):
        lost = np.isnan(read[i]) & ~np.isnan(point.read[i])
        if lost.any():
            here, rows = flat(direction), []
            for k in point.network.nodes[i].operands:
                entries = np.reshape(np.arange(read[k].size), read[k].shape)
                if np.shape(lost) == np.broadcast_shapes(np.shape(lost), read[k].shape):
                    for entry in np.unique(np.broadcast_to(entries, lost.shape)[lost])[: FORMS + 1]:
                        row = np.nan_to_num(point.slope(read, k, int(entry)))
                        rows.append((row, -float(np.sign(row @ here))))
            return rows or [(np.zeros_like(here), 1.0)]
    return []


def solved(rows: Sequence[Row], draw: np.random.Generator) -> Any:
    """A direction, flat, in which all forms have their signs strictly, by as much as can be; None if there is none.

    It is sought among the combinations of the forms: what is at right angles to all of them changes none.
    """
    matrix = np.stack([sign * row for row, sign in rows])
    size = np.linalg.norm(matrix, axis=1, keepdims=True)
    if not size.all():
        return None
    matrix = matrix / size
    basis, _ = np.linalg.qr(matrix.T)
    forms, (count, rank) = matrix @ basis, (len(rows), basis.shape[1])
    # Maximise t where forms @ y >= t, |y| <= 1.
    found = linprog(
        np.append(np.zeros(rank), -1.0),
        A_ub=np.hstack([-forms, np.ones((count, 1))]),
        b_ub=np.zeros(count),
        bounds=[(-1, 1)] * rank + [(0, None)],
    )
    if not found.success:
        return None
    direction = basis @ found.x[:-1]
    margin = np.min(matrix @ direction / np.sum(np.abs(matrix), axis=1))
    if not margin > 0:
        return None
    # No entry stays where it is: moved by less than the margin, whichever way.
    direction += margin / 2 * draw.uniform(1 / 2, 1, direction.shape) * draw.choice([-1, 1], direction.shape)
    return direction / np.max(np.abs(direction))
