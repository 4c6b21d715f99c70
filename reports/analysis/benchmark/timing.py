"""What checking costs: the same programs, run with and without reference and comparison, in turn."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import SETS, random_networks
from gradproof.reference.random_networks.draw import Seeded
from gradproof.reports.checking.choosing import all_cases
from gradproof.reports.checking.dispatch import judged, outcomes
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.printing.stable_json import stable_json

BATCH, INPUTS, OUTPUTS = 8, 8, 4


def chain(parameters: int, number: int = 0) -> Network:
    """A dense chain 8-H-H-4 with about so many parameters; `number` chooses the numbers, not the graph."""
    width = max(1, round(math.sqrt(parameters + 45) - 7))  # H^2 + 14 H + 4 parameters
    draw = Seeded(number)
    shapes = {
        "x": (BATCH, INPUTS),
        "W1": (INPUTS, width),
        "b1": (width,),
        "W2": (width, width),
        "b2": (width,),
        "W3": (width, OUTPUTS),
        "b3": (OUTPUTS,),
        "t": (BATCH, OUTPUTS),
    }
    inputs = {name: draw.numbers(shape) / math.sqrt(shape[0]) for name, shape in shapes.items()}
    statements = [
        "a1 = tanh(x @ W1 + b1)",
        "a2 = tanh(a1 @ W2 + b2)",
        "z = a2 @ W3 + b3",
        "L = mean_over_outputs(z, t)",
    ]
    return build("\n".join(statements), inputs, parameters=[name for name in shapes if name[0] in "Wb"])


def size(network: Network) -> int:
    """The number of entries of all parameters."""
    return sum(network.inputs[name].size for name in network.parameters)


@dataclass(frozen=True)
class Load:
    """What is run: the networks that `networks` makes, by title, in these frameworks, in both dtypes."""

    name: str
    networks: Callable[[], Mapping[str, Network]]
    frameworks: Sequence[str] = tuple(FRAMEWORKS)


def loads(count: int, seed: int, sizes: Sequence[int], frameworks: Sequence[str]) -> Iterator[Load]:
    """The random networks in all frameworks and in each, and the chains of each size."""
    for chosen in dict.fromkeys((tuple(frameworks), *((key,) for key in frameworks))):
        yield Load(f"{count} random networks", lambda: dict(random_networks(count, seed, SETS)), chosen)
    for parameters in sizes:
        name = f"chain of {size(chain(parameters)):,} parameters"
        yield Load(name, partial(chains, parameters), tuple(frameworks))


def chains(parameters: int) -> dict[str, Network]:
    """As many chains as random networks share a graph."""
    return {f"chain-{parameters}-{i}": chain(parameters, i) for i in range(SETS)}


@dataclass
class Costs:
    """Seconds of each repetition, with and without reference and comparison; `start` is the time before that."""

    load: Load
    checked: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The measurement, its medians, and the medians of the ratios of neighbouring repetitions."""
        pairs = list(zip(self.checked, self.bare, strict=True))
        starts = statistics.median(self.start)
        return {
            "load": self.load.name,
            "frameworks": list(self.load.frameworks),
            "start": self.start,
            "checked": self.checked,
            "bare": self.bare,
            "ratio": statistics.median(checked / bare for checked, bare in pairs),
            "ratio_with_start": statistics.median((starts + checked) / (starts + bare) for checked, bare in pairs),
        }


def costs(load: Load, repeats: int) -> Costs:
    """Both arms in turn, so that what else the machine does meets both alike."""
    found = Costs(load)
    frameworks = [FRAMEWORKS[key] for key in load.frameworks]
    for _, (arm, seconds) in product(range(repeats), ((check_alone, found.checked), (run_alone, found.bare))):
        # New workers each time: nothing is compiled yet, in either arm.
        begin = time.perf_counter()
        with Workers(load.frameworks) as workers:
            check_alone(lambda: {"warm-up": chain(1)}, frameworks, workers)
            ready = time.perf_counter()
            arm(load.networks, frameworks, workers)
            seconds.append(time.perf_counter() - ready)
        found.start.append(ready - begin)
    return found


Networks = Callable[[], Mapping[str, Network]]


def check_alone(networks: Networks, frameworks: Sequence[Framework], workers: Workers) -> None:
    """All that `gradproof check --format json` does once its workers stand."""
    cases = all_cases(networks(), frameworks, None, DTYPES)
    stable_json(Report({}, list(judged(cases, workers))).as_json())


def run_alone(networks: Networks, frameworks: Sequence[Framework], workers: Workers) -> None:
    """Run the programs that a check runs, with the same parameter sets and compilations, and no more.

    Raises RuntimeError where a framework fails: then there is nothing to compare.
    """
    for case, outcome in outcomes(all_cases(networks(), frameworks, None, DTYPES), workers):
        if isinstance(outcome, Failed):
            raise RuntimeError(f"{case.name}: {outcome.message}")
