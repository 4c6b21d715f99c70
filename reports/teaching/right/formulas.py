"""Formula claims: identities, checked at many random points in ball arithmetic.

An identity that holds at random points in 400-bit arithmetic holds; where it does not, one point shows it. Points are
small multiples of 1/4, which a reader can put into a calculator.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError, Undecided
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import BITS, balls, precision
from gradproof.reference.readings.plain import truth
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Quantity, Value
from gradproof.reports.teaching.right.right import narrow

POINTS = 12
"""How many points must agree."""

TRIES = 60
"""How many are tried: at some a logarithm has no value, or a comparison meets equal numbers."""

SEED = 20_201


@dataclass(frozen=True)
class Point:
    """Inputs, and the network evaluated there in balls.

    `constrained` says that those inputs whose rows sum to 1 in the document do so here.
    """

    network: Network
    evaluation: Evaluation
    constrained: bool


class Points:
    """The points of one network, made as they are needed and shared by all of its formula claims.

    `points[number, constrained]` is one of them: the same for the same network, since the random numbers are seeded.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.special = {
            name: kind for name, array in network.inputs.items() if (kind := distribution(network, name, array))
        }
        self.made: dict[bool, list[Point]] = {False: [], True: []}
        self.plain: dict[int, Evaluation] = {}

    def __getitem__(self, place: tuple[int, bool]) -> Point:
        number, constrained = place
        points = self.made[constrained]
        while len(points) <= number:
            random = np.random.default_rng([SEED, len(points), int(constrained)])
            inputs = {
                name: drawn(random, array, self.special.get(name, "") if constrained else "", len(points))
                for name, array in self.network.inputs.items()
                if name not in self.network.discrete
            }
            network = self.network.with_inputs(inputs)
            points.append(Point(network, Evaluation(network, balls("float64")), constrained))
        return points[number]

    def plainly(self, number: int) -> Evaluation:
        """The network at the unconstrained point `number`, in long doubles."""
        if number not in self.plain:
            self.plain[number] = Evaluation(self[number, False].network, truth("float64"))
        return self.plain[number]


def distribution(network: Network, name: str, array: Any) -> str:
    """Whether an input that no update changes has rows that sum to 1: "one-hot", "rows", or nothing."""
    if (
        name in network.updated
        or name in network.discrete
        or array.ndim == 0
        or array.shape[-1] < 2
        or (array < 0).any()
    ):
        return ""
    if not (np.abs(array.sum(axis=-1) - 1) <= array.shape[-1] * np.finfo(float).eps).all():
        return ""
    return "one-hot" if np.isin(array, (0, 1)).all() else "rows"


def drawn(random: np.random.Generator, array: Any, kind: str, number: int) -> Any:
    """Random numbers for an input: multiples of 1/4 of both signs, in every third point positive ones below 1.

    They have the shape of `array`; `number` is the point's. With a `kind` as `distribution` says it, each row along the
    last axis sums to 1.
    """
    shape = array.shape
    if kind == "one-hot":
        return np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
    if kind == "rows":
        parts = random.multinomial(2**10, np.ones(shape[-1]) / shape[-1], size=shape[:-1])
        return parts / 2.0**10
    if number % 3 == 2:
        return random.integers(1, 64, size=shape) / 64.0
    return random.choice([-1, 1], size=shape) * random.integers(1, 13 if number % 3 else 6, size=shape) / 4.0


@dataclass(frozen=True)
class Counterexample:
    """A point at which the two sides differ; `index` is the entry, both values are given there.

    `names` are the inputs that a side depends on.
    """

    point: Point
    names: frozenset[str]
    index: tuple[int, ...]
    claimed: float
    right: float

    @property
    def inputs(self) -> str:
        """The point for a reader: as many inputs as fit into a line."""
        parts = []
        for name, array in self.point.network.inputs.items():
            if name in self.names:
                shown = array if name in self.point.network.discrete else np.round(array, 6)
                parts.append(f"{name} = {shown.tolist()!r}")
        text = ", ".join(parts)
        return text if len(text) <= 200 else text[:197] + "..."


def counterexample(points: Points, quantity: Quantity, formula: Quantity) -> tuple[Counterexample | None, bool]:
    """A point where the formula is not the quantity, and whether it had to be sought among distributions.

    The point is None for an identity; a formula of shape () is compared with every entry. Raises GradproofError where
    at no point both sides have a value.
    """
    found = search(points, quantity, formula, False)
    if found is None or not points.special:
        return found, False
    # p - t is the gradient of a softmax cross-entropy only where the targets sum to 1, as the document's do.
    return search(points, quantity, formula, True), True


def search(points: Points, quantity: Quantity, formula: Quantity, constrained: bool) -> Counterexample | None:
    """A point of one kind at which the two differ, or None if they agree at `POINTS` of at most `TRIES` points.

    With fewer than `POINTS` that could be decided, those decide. Raises GradproofError where there is none.
    """
    agreed = 0
    for number in range(TRIES):
        point = points[number, constrained]
        difference = compared(point, quantity, formula)
        if difference is None:
            continue
        if isinstance(difference, Counterexample):
            return difference
        agreed += 1
        if agreed == POINTS:
            return None
    if agreed == 0:
        raise GradproofError("no random point was found at which both sides have a value")
    return None


def compared(point: Point, quantity: Quantity, formula: Quantity) -> Counterexample | bool | None:
    """Whether the two agree at a point; the counterexample where they do not, None where that cannot be told.

    It cannot where balls do not decide a comparison, are too wide or not finite, or a derivative has too many entries.
    """
    try:
        with precision(BITS), np.errstate(all="ignore"):
            right = point.evaluation.quantity(quantity)
            claimed = point.evaluation.quantity(formula)
    except (Undecided, GradproofError, ZeroDivisionError):
        return None
    ours = np.broadcast_to(right.value, quantity.shape)
    theirs = np.broadcast_to(claimed.value, quantity.shape)
    for index in np.ndindex(quantity.shape):
        a: Any = ours[index]
        b: Any = theirs[index]
        if not (a.is_finite() and b.is_finite()) or not (narrow(a) and narrow(b)):
            return None
        if not a.overlaps(b):
            names = inputs_of(point.network, quantity) | inputs_of(point.network, formula)
            return Counterexample(point, names, index, float(b.mid()), float(a.mid()))
    return True


def inputs_of(network: Network, quantity: Quantity) -> frozenset[str]:
    """The names of the inputs that a quantity depends on; all of them where it takes steps of training."""
    found: set[int] = set()
    for atom in quantity.atoms.values():
        if isinstance(atom, Value) and atom.steps:
            return frozenset(network.inputs)
        found |= network.ancestors(atom.name if isinstance(atom, Value) else atom.of)
    return frozenset(name for name in network.inputs if network.index(name) in found)


def swapped(network: Network, right: Network) -> bool:
    """Whether a mistake exchanged inputs, so that numbers cannot be fed by name."""

    def names(n: Network) -> Sequence[str | None]:
        return [node.name for node in n.nodes if node.operation == "input"]

    return names(network) != names(right)
