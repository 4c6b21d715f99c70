"""Trajectories of gradient descent in several number systems at once: the truth, and what errors are predicted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.reference.admitted import FIRST_DRAWS
from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array
from gradproof.reference.random_networks import Seeded
from gradproof.reference.reading import Reading
from gradproof.reference.readings.balls import BITS, MAX_BITS, balls, precision
from gradproof.reference.readings.dual import Dual
from gradproof.reference.readings.plain import WIDER
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.certifying import midpoints
from gradproof.reports.checking.tolerance.tolerance import at_once
from gradproof.reports.teaching.claims.evaluation import Evaluation

PREDICTIONS = ("table", "draws", "followed")

SEED = 6
"""The seed of the errors that `Followed` draws."""

RADIUS = np.frompyfunc(lambda ball: float(ball.rad()), 1, 1)

ALL = "all parameters"
"""The name under which all updated parameters, as one array, stand beside the single ones."""

State = Mapping[str, Array]
"""By name, the inputs of a network at one epoch, or their deviations."""


def as_one(state: State, network: Network) -> dict[str, Any]:
    """A state, with all updated parameters as one flat array under the name ALL besides."""
    return {**state, ALL: np.concatenate([np.ravel(state[name]) for name in network.updated])}


Predicted = tuple[State, Mapping[str, Mapping[str, list[Any]]]]
"""The truth by name; and by prediction and name, the squared deviations of each of its trajectories."""


def predictions(case: Case, kept: Sequence[int], drawn: int) -> dict[int, Predicted]:
    """The truth and the predicted squared deviations after each of the `kept` epochs, the last one last.

    "draws", one of PREDICTIONS, ends with epoch `drawn`.
    """
    roads = dict(zip(PREDICTIONS, (Tabled(case), Drawn(case, FIRST_DRAWS), Followed(case, FIRST_DRAWS)), strict=True))
    result: dict[int, Predicted] = {}
    for epoch in range(1, kept[-1] + 1):
        if epoch > drawn:
            roads.pop("draws", None)
        for road in roads.values():
            road.advance()
        if epoch in kept:
            truth = {name: np.asarray(x.value) for name, x in roads["table"].each(with_loss)[0].items()}
            result[epoch] = as_one(truth, case.network), {kind: road.squares() for kind, road in roads.items()}
    return result


class Road:
    """Trajectories at the same epoch: `states`, the inputs by name in a number system, of one or more of them each."""

    def __init__(self, case: Case, count: int) -> None:
        self.case, self.network, self.count = case, case.network, count
        self.states: list[State] = [
            {n: r.lift(a) for n, a in self.network.inputs.items()} for r in self.readings(count)
        ]

    def readings(self, count: int) -> Iterable[Reading]:
        """The number systems that hold `count` trajectories, in an epoch that is about to be computed."""
        raise NotImplementedError

    def each(self, function: Callable[[Network, Reading, State], State]) -> list[State]:
        """What `function` gives for each state, whose numbers are taken over into this epoch's system."""
        found = []
        for reading, state in zip(self.readings(self.count), self.states, strict=True):
            kind = type(reading.lift(0.0))
            found.append(function(self.network, reading, {name: kind(*x.parts) for name, x in state.items()}))
        return found

    def advance(self) -> None:
        """Go on by one step of gradient descent in every trajectory."""
        self.states = self.each(step)

    def squares(self) -> dict[str, list[Any]]:
        """By name, ALL and the loss among them, the squared deviations from the truth in each trajectory."""
        states = [as_one(state, self.network) for found in self.each(with_loss) for state in self.deviations(found)]
        return {name: [state[name] for state in states] for name in states[0]}

    def deviations(self, state: State) -> list[State]:
        """For each trajectory of a state the squared deviations from the truth."""
        return [{name: self.square(x) for name, x in state.items()}]

    def square(self, x: Any) -> Any:
        """The squared deviation from the truth, or its expectation, of each entry of `x`, a state's array."""
        raise NotImplementedError


class Tabled(Road):
    """One trajectory in the analytic reading: it carries the variance of the error through the updates."""

    def __init__(self, case: Case) -> None:
        super().__init__(case, 1)

    def readings(self, count: int) -> Iterable[Reading]:
        """The reading of the case alone: there is one trajectory."""
        return [self.case.reading]

    def square(self, x: Any) -> Any:
        """The variance that the reading has for each entry."""
        return x.variance


class Drawn(Road):
    """Trajectories that are computed on the dtype's lattice from the first step to the last, rounded at random."""

    def readings(self, count: int) -> Iterable[Reading]:
        """The same draws in every epoch: what is rounded alike in two epochs errs alike."""
        return self.case.draws(count, at_once=at_once(self.network))

    def deviations(self, state: State) -> list[State]:
        """The squared deviations from the truth of each draw, by name: a state for each trajectory."""
        squares = {name: self.square(x) for name, x in state.items()}
        return [dict(zip(squares, each, strict=True)) for each in zip(*squares.values(), strict=True)]

    def square(self, x: Any) -> Any:
        """The squared distances of the drawn numbers from the true one that they carry along, draw by draw."""
        return np.where(x.every == x.value, 0, (x.every - x.value) ** 2)


class Followed(Road):
    """Tangents to the true trajectory: each epoch carries them on, and adds its own errors as the table has them."""

    def __init__(self, case: Case, count: int) -> None:
        super().__init__(case, count)
        self.noise = Seeded(SEED)

    def readings(self, count: int) -> Iterable[Reading]:
        """Dual numbers of the wider dtype: the true number, and a tangent that is the deviation to first order."""
        wide = WIDER[np.dtype(self.case.dtype)]
        return [Reading(np.dtype(self.case.dtype), lambda array: Dual.exact(array.astype(wide)))] * count

    def each(self, function: Callable[[Network, Reading, State], State]) -> list[State]:
        """As for any road; each tangent is given random errors, as of computing `function` once from exact numbers."""
        reading = self.case.reading
        exact = {name: reading.carry(x.value) for name, x in self.states[0].items()}
        own = {name: np.sqrt(3 * x.variance) for name, x in function(self.network, reading, exact).items()}
        return [
            {name: Dual(x.value, x.parts[1] + own[name] * self.noise.numbers(x.shape)) for name, x in state.items()}
            for state in super().each(function)
        ]

    def square(self, x: Any) -> Any:
        """The square of the tangent, which is the deviation to first order."""
        return np.square(x.parts[1])


def step(network: Network, reading: Reading, state: State) -> State:
    """The inputs after one step of gradient descent from `state`, in the number system of `reading`."""
    return Evaluation(network, reading, lifted=state).state(1)


def with_loss(network: Network, reading: Reading, state: State) -> State:
    """The updated parameters of a state, and the loss that they give, by name, in the number system of `reading`."""
    loss = Evaluation(network, reading, lifted=state).values(0)[network.index(network.loss)]
    return {**{name: state[name] for name in network.updated}, network.loss: loss}


def confirmed(case: Case, kept: Sequence[int], predicted: Mapping[int, Predicted]) -> Json:
    """How far the truth may be off, relative to the size of each array and in units of u, found in ball arithmetic.

    The balls are those of the whole trajectory, with as many bits as it takes for their radius not to show in that.
    """
    bits = BITS
    while True:
        with precision(bits):
            reading = balls(case.dtype)
            state: State = {name: reading.lift(array) for name, array in case.network.inputs.items()}
            off, radius = 0.0, 0.0
            for epoch in range(1, kept[-1] + 1):
                state = step(case.network, reading, state)
                if epoch in kept:
                    truth, _ = predicted[epoch]
                    for name, x in with_loss(case.network, reading, state).items():
                        scale = norm(truth[name]) * float(np.finfo(case.dtype).eps) / 2
                        radii = np.asarray(RADIUS(x.value), float)
                        radius = max(radius, norm(radii) / scale)
                        off = max(off, norm(np.abs(truth[name] - midpoints(x.value, case.dtype)) + radii) / scale)
        if radius <= off * np.finfo(float).eps or bits >= MAX_BITS:
            return {"epochs": kept[-1], "bits": bits, "off": off}
        bits *= 2


def norm(array: Any) -> float:
    """The Euclidean norm of all entries of an array."""
    return float(np.sqrt(np.sum(np.square(array))))
