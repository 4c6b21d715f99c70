"""Checking networks: every framework, mode and dtype, each result judged against the rounding model."""

import os
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.framework import Framework
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.profiles import PROFILES
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.network_files import load
from gradproof.reference.network import Network
from gradproof.reports.checking.entries import failed
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.explaining import judge
from gradproof.reports.checking.results import Report, Result
from gradproof.reports.checking.tolerance import Case, Gradients

DTYPES = ("float32", "float64")

TRACEBACK = "GRADPROOF_TRACEBACK"
"""The environment variable that, set to 1, shows where gradproof itself failed."""

Names = str | Sequence[str] | None

LOOKAHEAD, HELD = 240, 2**24
"""How many cases are under way in the workers while one is judged here, and how many numbers they may have in all.

Judging one result can take seconds; a worker whose queue runs dry meanwhile stands idle.
"""


def check(
    networks: Network | str | Path | Mapping[str, Network] | Iterable[Network | str | Path],
    *,
    frameworks: Names = None,
    modes: Names = None,
    dtypes: Names = None,
    progress: Callable[[Result], None] | None = None,
    limit: float = 300.0,
    profile: str | None = None,
) -> Report:
    """Check the gradients of one or several networks.

    `networks` is a network, the path of a network file, several of these, or a mapping of names to networks.
    `frameworks` defaults to all that are installed, `modes` to each framework's first, `dtypes` to both.
    `progress` is called with each result as it comes. A framework that takes longer than `limit` seconds for
    one network has failed on it. `profile` names settings of the frameworks' own (see
    `gradproof.adapters.running.profiles`), which the report's environment then names. Raises GradproofError for a file
    that cannot be read, for an unknown profile, and for a framework that was asked for and is missing.
    """
    if profile is not None and profile not in PROFILES:
        raise GradproofError(f"unknown profile {profile!r}; there are {', '.join(PROFILES)}")
    named = with_names(networks)
    cases = list(all_cases(named, chosen_frameworks(frameworks), modes, chosen_dtypes(dtypes)))
    report = Report({**environment(), **({"profile": profile} if profile else {})})
    settings = PROFILES[profile] if profile else {}
    with Workers(dict.fromkeys(case.framework.key for case in cases), limit, settings) as workers:
        for result in judged(cases, workers):
            report.results.append(result)
            if progress:
                progress(result)
    return report


def with_names(networks: Any) -> dict[str, Network]:
    """The networks to check, each with a unique name: its path or title, numbered where that is not enough."""
    if isinstance(networks, Mapping):
        return dict(networks)
    if isinstance(networks, Network):
        return {networks.title or "network": networks}
    result: dict[str, Network] = {}
    for i, item in enumerate([networks] if isinstance(networks, str | Path) else networks):
        if not isinstance(item, Network):
            result[Path(item).as_posix()] = load(item)
            continue
        name = base = item.title or f"network-{i}"
        again = 2
        while name in result:
            name, again = f"{base}-{again}", again + 1
        result[name] = item
    return result


def missing() -> list[Framework]:
    """The frameworks that are not installed."""
    return [framework for framework in FRAMEWORKS.values() if version(framework) is None]


def names(given: Names) -> tuple[str, ...]:
    """The names that were asked for; one text is one name."""
    return (given,) if isinstance(given, str) else tuple(given or ())


def chosen_dtypes(asked: Names) -> list[str]:
    """The dtypes asked for, or both."""
    for dtype in names(asked):
        if dtype not in DTYPES:
            raise GradproofError(f"unknown dtype {dtype!r}; there are {', '.join(DTYPES)}")
    return [dtype for dtype in DTYPES if dtype in (names(asked) or DTYPES)]


def chosen_frameworks(asked: Names) -> list[Framework]:
    """The frameworks asked for, or all that are installed; a missing one is named with its install command."""
    keys = names(asked)
    for key in keys:
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


def chosen_ways(frameworks: Sequence[Framework], asked: Names) -> list[tuple[Framework, str]]:
    """The frameworks, each with its modes among those asked for, or its first. Every one must have one."""
    modes = names(asked)
    ways = [(f, m) for f in frameworks for m in f.modes if (m in modes if modes else m == f.default_mode)]
    for framework in frameworks:
        if not any(framework is f for f, _ in ways):
            have = dict.fromkeys(f.key for f, _ in ways) or [
                key for key, f in FRAMEWORKS.items() if any(m in f.modes for m in modes)
            ]
            raise GradproofError(
                f"{framework.title} has no mode {' or '.join(modes)}; it has {', '.join(framework.modes)}"
                + (f"; --framework {' '.join(have)} narrows the choice" if have else "")
            )
    return ways


def all_cases(
    networks: Mapping[str, Network], frameworks: Sequence[Framework], modes: Names, dtypes: Sequence[str]
) -> Iterator[Case]:
    """Every combination, network by network."""
    ways = chosen_ways(frameworks, modes)
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
    waiting, under_way, held = iter(cases), deque[tuple[Case, Future[Any]]](), 0
    more = True
    while more or under_way:
        while more and (not under_way or (len(under_way) < LOOKAHEAD and held < HELD)):
            if more := (case := next(waiting, None)) is not None:
                under_way.append((case, start(case, workers)))
                held += numbers(case)
        if under_way:
            case, future = under_way.popleft()
            held -= numbers(case)
            yield case, first(future)


def numbers(case: Case) -> int:
    """How many numbers a case hands to its worker."""
    return sum(array.size for array in case.network.inputs.values())


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
    except Exception as problem:  # a mistake of ours, and no reason to lose the other results
        if os.environ.get(TRACEBACK) == "1":
            traceback.print_exc()
        text = " ".join(f"{type(problem).__name__}: {problem}".split())
        return failed(case, f"gradproof itself failed: {text}; please report it with the file")


class RerunError(Exception):
    """A framework failed while a difference was being explained."""
