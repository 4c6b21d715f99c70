"""Checking networks: every framework, mode and dtype, each result judged against the rounding model."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.workers import Failed, Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.files import load
from gradproof.reference.network import Network
from gradproof.reports.environment import environment
from gradproof.reports.outcome import failed
from gradproof.reports.results import Report, Result
from gradproof.reports.tolerance import Case, Gradients
from gradproof.reports.verdicts import judge

DTYPES = ("float32", "float64")

LOOKAHEAD = 24
"""How many cases are under way in the workers while one is judged here."""


def check(
    networks: Network | str | Path | Mapping[str, Network] | Iterable[str | Path],
    *,
    frameworks: Sequence[str] | None = None,
    modes: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    progress: Callable[[Result], None] | None = None,
    limit: float = 300.0,
) -> Report:
    """Check the gradients of one or several networks.

    `networks` is a network, the path of a network file, several paths, or a mapping of names to networks.
    `frameworks` defaults to all that are installed, `modes` to each framework's first, `dtypes` to both.
    `progress` is called with each result as it comes. A framework that takes longer than `limit` seconds for
    one network has failed on it. Raises GradproofError for a file that cannot be read,
    and for a framework that was asked for and is missing.
    """
    named = with_names(networks)
    ordered = [dtype for dtype in DTYPES if dtypes is None or dtype in dtypes]
    cases = list(all_cases(named, chosen_frameworks(frameworks), modes, ordered))
    report = Report(environment())
    with Workers(dict.fromkeys(case.framework.key for case in cases), limit) as workers:
        for result in judged(cases, workers):
            report.results.append(result)
            if progress:
                progress(result)
    return report


def with_names(networks: Any) -> dict[str, Network]:
    """The networks to check, each with a unique name."""
    if isinstance(networks, Network):
        return {networks.title or "network": networks}
    if isinstance(networks, Mapping):
        return dict(networks)
    paths = [networks] if isinstance(networks, str | Path) else list(networks)
    return {Path(path).as_posix(): load(path) for path in paths}


def missing() -> list[Framework]:
    """The frameworks that are not installed."""
    return [framework for framework in FRAMEWORKS.values() if version(framework) is None]


def chosen_frameworks(keys: Sequence[str] | None) -> list[Framework]:
    """The frameworks asked for, or all that are installed; a missing one is named with its install command."""
    for key in keys or ():
        if key not in FRAMEWORKS:
            raise GradproofError(f"unknown framework {key!r}; there are {', '.join(FRAMEWORKS)}")
        if version(FRAMEWORKS[key]) is None:
            raise GradproofError(
                f"{FRAMEWORKS[key].title} is not installed; install it with: {FRAMEWORKS[key].install}"
            )
    chosen = [f for key, f in FRAMEWORKS.items() if (key in keys if keys else version(f) is not None)]
    if not chosen:
        raise GradproofError("no framework is installed; install all with: pip install 'gradproof[all]'")
    return chosen


def all_cases(
    networks: Mapping[str, Network],
    frameworks: Sequence[Framework],
    modes: Sequence[str] | None,
    dtypes: Sequence[str],
) -> Iterator[Case]:
    """Every combination, network by network."""
    ways = [(f, m) for f in frameworks for m in f.modes if (m in modes if modes else m == f.default_mode)]
    without = [f for f in frameworks if not any(f is g for g, _ in ways)]
    if without:
        raise GradproofError(
            f"{without[0].title} has no mode {' or '.join(modes or ())}; it has {', '.join(without[0].modes)}"
        )
    for name, network in networks.items():
        for dtype in dtypes:
            check_range(name, network, dtype)
    for name, network in networks.items():
        for framework, mode in ways:
            for dtype in dtypes:
                yield Case(name, network, framework, mode, dtype)


def check_range(name: str, network: Network, dtype: str) -> None:
    """Refuse inputs that the dtype under check can only hold as infinity."""
    highest = np.finfo(dtype).max
    for key, array in network.inputs.items():
        if np.max(np.abs(array)) > highest:
            raise GradproofError(f"{name}: input {key!r} is beyond the range of {dtype}; check it with --dtype float64")


def judged(cases: Iterable[Case], workers: Workers) -> Iterator[Result]:
    """The result of each case, in order, while the workers run ahead."""
    for case, outcome in outcomes(cases, workers):

        def rerun(network: Network, dtype: str, case: Case = case) -> Gradients | Failed:
            return first(start(replace(case, network=network, dtype=dtype), workers))

        yield verdict(case, outcome, rerun)


def outcomes(cases: Iterable[Case], workers: Workers) -> Iterator[tuple[Case, Gradients | Failed]]:
    """What the workers give back for each case, in order; they run ahead of whoever takes it."""
    waiting = iter(cases)
    under_way = deque((case, start(case, workers)) for case in islice(waiting, LOOKAHEAD))
    while under_way:
        case, future = under_way.popleft()
        outcome = first(future)
        under_way.extend((case, start(case, workers)) for case in islice(waiting, 1))
        yield case, outcome


def start(case: Case, workers: Workers) -> Future[Any]:
    """Hand the case to its worker."""
    return workers.gradients(case.network, case.framework.key, case.mode, case.dtype)


def first(future: Future[Any]) -> Gradients | Failed:
    """The gradients that a worker gives back for the only set of inputs."""
    outcome = future.result()
    return outcome if isinstance(outcome, Failed) else outcome[0]


def verdict(case: Case, outcome: Gradients | Failed, rerun: Callable[[Network, str], Gradients | Failed]) -> Result:
    """The result for what a worker gave back."""

    def run(network: Network, dtype: str) -> Gradients:
        again = rerun(network, dtype)
        if isinstance(again, Failed):
            raise RerunError(again.message)
        return again

    if isinstance(outcome, Failed):
        return failed(case, outcome.message)
    try:
        return judge(case, outcome, run)
    except RerunError as problem:
        return failed(case, f"when run again to explain a difference: {problem}")


class RerunError(Exception):
    """A framework failed while a difference was being explained."""
