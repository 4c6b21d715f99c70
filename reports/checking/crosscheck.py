"""Checking networks: every framework, mode and dtype, each result judged against the rounding model."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.running import interrupts
from gradproof.adapters.running.profiles import PROFILES
from gradproof.adapters.running.spread import Data, MakeExecutor, State
from gradproof.adapters.running.workers import TIME, Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.checking.alternatives import instead
from gradproof.reports.checking.choosing import Named, Names, asked_names, chosen_dtypes, chosen_frameworks, with_names
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.machines import Asked, known_here, on_machines, results
from gradproof.reports.checking.results.grouping import findings_of, suspecting
from gradproof.reports.checking.results.known import Known, gone, load_known, recogniser, unlike
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.spreading import spread
from gradproof.reports.checking.unfinished import Unit


class Interrupted(KeyboardInterrupt):
    """A check was interrupted; `report` is of what was done by then."""

    def __init__(self, report: Report) -> None:
        super().__init__("interrupted")
        self.report = report


GONE = "the scheduler of the cluster went away"


class SchedulerLost(GradproofError):
    """The scheduler of a cluster went away; `report` is of what was done by then."""

    def __init__(self, report: Report) -> None:
        super().__init__(GONE)
        self.report = report


def check(
    networks: Network | str | Path | Mapping[str, Network] | Iterable[Network | str | Path],
    *,
    frameworks: Names = None,
    modes: Names = None,
    dtypes: Names = None,
    progress: Callable[[Result], None] | None = None,
    limit: float = TIME,
    profile: str | None = None,
    known: str | Path | None = None,
    tolerances: dict[str, Any] | None = None,
    worker_memory: float | None = None,
) -> Report:
    """Check the gradients of one or several networks.

    `networks` is a network, the path of a network file, several of these, or a mapping of names to networks.
    `frameworks` defaults to all that are installed, `modes` to each framework's first, `dtypes` to both.
    `progress` is called with each result as it comes. A framework that takes longer than `limit` seconds for
    one network has failed on it, and so has one whose process then has more than `worker_memory` GiB of memory (see
    `gradproof.adapters.running.workers`). `profile` names settings of the frameworks' own (see
    `gradproof.adapters.running.profiles`), which the report's environment then names. On a machine whose kernels
    have no committed figures, those that are needed are measured first, for a few seconds, and kept in the user's
    cache folder. `known` is a TOML file of findings that are known (see
    `gradproof.reports.checking.results.known`). Into `tolerances`, if given, every entry's tolerance is put, by
    "network/framework/mode/dtype/parameter". Raises GradproofError for a file that cannot be read, for an unknown
    profile, and for a framework that was asked for and is missing; Interrupted, which has a report of what there is,
    when it is interrupted.
    """
    asked = how(frameworks, modes, dtypes, profile, limit, worker_memory, tolerances is not None)
    expected = load_known(Path(known)) if known is not None else []
    return checked(with_names(networks), asked, expected, progress=progress, tolerances=tolerances)


def how(
    frameworks: Names,
    modes: Names,
    dtypes: Names,
    profile: str | None,
    limit: float,
    worker_memory: float | None,
    tolerances: bool,
) -> Asked:
    """How networks are to be checked, as `check` is asked: `limit` in seconds, `worker_memory` in GiB.

    Raises GradproofError for an unknown framework, mode, dtype or profile, and for a framework that is not installed.
    """
    if profile is not None and profile not in PROFILES:
        raise GradproofError(f"unknown profile {profile!r}; there are {', '.join(PROFILES)}")
    keys = tuple(framework.key for framework in chosen_frameworks(frameworks))
    memory = None if worker_memory is None else worker_memory * 2**30
    asked = Asked(keys, asked_names(modes), tuple(chosen_dtypes(dtypes)), profile, limit, memory, tolerances)
    _ = asked.ways  # which refuses unknown ones
    return asked


def checked(
    named: Named,
    asked: Asked,
    expected: Sequence[Known] = (),
    *,
    progress: Callable[[Result], None] | None = None,
    tolerances: dict[str, Any] | None = None,
    state: State[Unit] | None = None,
    executor: MakeExecutor | None = None,
) -> Report:
    """The report on some networks. `state` keeps what is done, and has what was done before.

    `executor` is that of a cluster, which then does the work and needs a `state`; `expected` are the findings that are
    known. Raises Interrupted and SchedulerLost, which have a report of what there is.
    """
    report = Report({**environment(), **({"profile": asked.profile} if asked.profile else {})})
    found: dict[str, list[Result]] = {}
    machines: dict[str, Data] = {}
    arrays: dict[str, dict[str, Any]] = {}
    stopped: BaseException | None = None
    with Workers(asked.frameworks, asked.limit, asked.settings, asked.memory) as workers:
        try:
            for result, machine in done(named, asked, workers, state, executor):
                machines[result.network] = machine
                if tolerances is not None:
                    where = f"{result.network}/{result.framework}/{result.mode}/{result.dtype}"
                    of_network = arrays.setdefault(result.network, {})
                    of_network |= {f"{where}/{name}": np.asarray(x, order="C") for name, x in result.tolerances.items()}
                found.setdefault(result.network, []).append(replace(result, tolerances={}))
                if progress:
                    progress(result)
        except KeyboardInterrupt as problem:
            if not found:
                raise  # there is nothing to report
            interrupts.report_first()
            stopped = problem
        except CancelledError as problem:
            if not found:
                raise GradproofError(GONE) from problem
            stopped = problem
        report.remarks += workers.remarks
        report.results = suspecting([result for name in named for result in found.get(name, ())])
        on_machines(named, machines, report)
        if tolerances is not None:
            tolerances |= {key: array for name in named for key, array in arrays.get(name, {}).items()}
        recognise = recogniser(expected, report.environment["frameworks"])
        report.findings = findings_of(report.results, recognise)
        if report.findings and stopped is None:
            here = known_here(Named({f.network: named[f.network] for f in report.findings}), asked, workers)
            report.findings = [
                replace(f, instead=instead(f, here[f.key.framework].framework, workers)) for f in report.findings
            ]
    report.unfinished = sum(len(found.get(name, ())) < len(asked.ways) * len(asked.dtypes) for name in named)
    if isinstance(stopped, KeyboardInterrupt):
        raise Interrupted(report) from stopped
    if stopped:
        raise SchedulerLost(report) from stopped
    report.remarks += gone(expected, report, named) + unlike(expected, report)
    return report


def done(
    named: Named, asked: Asked, workers: Workers, state: State[Unit] | None, executor: MakeExecutor | None
) -> Iterator[tuple[Result, Data]]:
    """Each result as it comes, and the machine that it ran on: of a cluster, if there is an executor of one."""
    if executor and state:
        return spread(named, asked, state, executor)
    return results(named, asked, known_here(named, asked, workers), workers, state)
