"""Checking networks: every framework, mode and dtype, each result judged against the rounding model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradproof.adapters.measuring import on_the_spot
from gradproof.adapters.running.profiles import PROFILES
from gradproof.adapters.running.workers import Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reports.checking.alternatives import instead
from gradproof.reports.checking.choosing import Names, all_cases, chosen_dtypes, chosen_frameworks, with_names
from gradproof.reports.checking.dispatch import judged
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.figures_used import figures_used, refused_figures
from gradproof.reports.checking.results.grouping import findings_of, suspecting
from gradproof.reports.checking.results.known import gone, load_known, recognised
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.results.summary import Report


def check(
    networks: Network | str | Path | Mapping[str, Network] | Iterable[Network | str | Path],
    *,
    frameworks: Names = None,
    modes: Names = None,
    dtypes: Names = None,
    progress: Callable[[Result], None] | None = None,
    limit: float = 300.0,
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
    profile, and for a framework that was asked for and is missing.
    """
    if profile is not None and profile not in PROFILES:
        raise GradproofError(f"unknown profile {profile!r}; there are {', '.join(PROFILES)}")
    expected = load_known(Path(known)) if known is not None else []
    named = with_names(networks)
    cases = list(all_cases(named, chosen_frameworks(frameworks), modes, chosen_dtypes(dtypes)))
    report = Report({**environment(), **({"profile": profile} if profile else {})})
    settings = PROFILES[profile] if profile else {}
    chosen = {case.framework.key: case.framework for case in cases}
    memory = None if worker_memory is None else worker_memory * 2**30
    with Workers(chosen, limit, settings, memory) as workers:
        here = on_the_spot.known(
            chosen.values(),
            {case.mode for case in cases},
            chosen_dtypes(dtypes),
            lambda: on_the_spot.kernels(named.values()),
            workers,
            settings,
        )
        report.environment["figures"] = figures_used(here)
        report.kernels = refused_figures(here)
        report.remarks += [remark for each in here.values() for remark in each.remarks]
        for result in judged((replace(case, framework=here[case.framework.key].framework) for case in cases), workers):
            if tolerances is not None:
                where = f"{result.network}/{result.framework}/{result.mode}/{result.dtype}"
                tolerances |= {f"{where}/{name}": array for name, array in result.tolerances.items()}
            report.results.append(replace(result, tolerances={}))
            if progress:
                progress(result)
        report.remarks += workers.remarks
        report.results = suspecting(report.results)
        found = findings_of(report.results)
        report.findings = [replace(f, instead=instead(f, here[f.key.framework].framework, workers)) for f in found]
    report.findings = recognised(report.findings, expected, report.environment["frameworks"])
    report.remarks += gone(expected, report, named)
    return report
