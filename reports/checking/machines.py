"""The networks of a check in this machine's workers: each result judged, and kept network by network."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from gradproof.adapters.framework import Framework
from gradproof.adapters.measuring import on_the_spot
from gradproof.adapters.measuring.on_the_spot import Known
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.profiles import PROFILES
from gradproof.adapters.running.spread import Data, State
from gradproof.adapters.running.workers import Workers
from gradproof.reports.checking.choosing import Named, all_cases, chosen_ways
from gradproof.reports.checking.dispatch import judged
from gradproof.reports.checking.environment import environment
from gradproof.reports.checking.figures_used import figures_used, refused_figures
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.results.summary import Report
from gradproof.reports.checking.unfinished import Unit, kept_data, kept_results, unit


@dataclass(frozen=True)
class Asked:
    """How networks are checked: `frameworks` by key, `modes` (a framework's first if none), `dtypes`, `profile`.

    A framework may take `limit` seconds for one network, and its process `memory` bytes. `tolerances` says whether
    those of all entries are wanted.
    """

    frameworks: tuple[str, ...]
    modes: tuple[str, ...]
    dtypes: tuple[str, ...]
    profile: str | None
    limit: float
    memory: float | None
    tolerances: bool

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment variables of the profile, by name; none without a profile."""
        return PROFILES[self.profile] if self.profile else {}

    @property
    def chosen(self) -> list[Framework]:
        """The frameworks that are asked for, each as the registry has it."""
        return [FRAMEWORKS[key] for key in self.frameworks]

    @property
    def ways(self) -> list[tuple[Framework, str]]:
        """The pairs of framework and mode that are asked for.

        Raises GradproofError for a framework with none of the modes.
        """
        return chosen_ways(self.chosen, self.modes)


def known_here(named: Named, asked: Asked, workers: Workers) -> dict[str, Known]:
    """By framework, what its kernels' accuracies are on this machine."""
    return on_the_spot.known(
        asked.chosen,
        {mode for _, mode in asked.ways},
        asked.dtypes,
        lambda: on_the_spot.kernels(named.values()),
        workers,
        asked.settings,
    )


def results(
    named: Named, asked: Asked, here: Mapping[str, Known], workers: Workers, state: State[Unit] | None = None
) -> Iterator[tuple[Result, Data]]:
    """Each result with its machine, network by network; what `state` has is taken from it, and what it lacks is added.

    Raises OSError where that cannot be written: the results so far are not lost to whoever takes them.
    """
    about = machine(environment(), here)
    done = {name: state.done[unit(name)] for name in named if state and unit(name) in state.done}
    cases = all_cases(named.without(done), asked.chosen, asked.modes, asked.dtypes)
    fresh = judged((replace(case, framework=here[case.framework.key].framework) for case in cases), workers)
    each = len(asked.ways) * len(asked.dtypes)
    for name in named:
        if name in done:
            yield from kept_results(done[name])
            continue
        found: list[Result] = []
        for _ in range(each):
            found.append(next(fresh))
            yield found[-1], about
        if state:
            state.add(unit(name), kept_data(found, about, asked.tolerances))


def machine(about: Data, known: Mapping[str, Known]) -> Data:
    """What a machine is, and what was taken for the accuracies of its kernels."""
    return {
        "environment": about,
        "figures": figures_used(known),
        "kernels": refused_figures(known),
        "remarks": [remark for each in known.values() for remark in each.remarks],
    }


def on_machines(names: Iterable[str], machines: Mapping[str, Data], report: Report) -> None:
    """Say in the report on what its results ran, where that is another kind of machine than the one that asked.

    `machines` are those of networks, as `machine` has them; `names` say in which order. The environment lists those of
    other kinds, and a result of theirs has the number of its own. What was taken for the accuracies of kernels, and
    what was refused, goes beside.
    """
    kinds: list[Data] = [environment()]
    taken: list[Data] = [report.environment]
    number: dict[str, int] = {}
    for name in filter(machines.__contains__, names):
        found = machines[name]
        if found["environment"] not in kinds:
            kinds.append(found["environment"])
            taken.append(dict(found["environment"]))
        number[name] = kinds.index(found["environment"])
        kind = taken[number[name]]
        kind["figures"] = merged(kind.get("figures", {}), found["figures"])
        report.kernels += [kernel for kernel in found["kernels"] if kernel not in report.kernels]
        report.remarks += [remark for remark in found["remarks"] if remark not in report.remarks]
    if others := taken[1:]:
        report.environment["machines"] = others
        report.results = [replace(result, machine=number.get(result.network, 0)) for result in report.results]


def merged(some: Data, more: Data) -> Data:
    """What was taken for two networks on one kind of machine: the larger figure of each kernel that was measured."""
    found: Data = {}
    for key in dict.fromkeys((*some, *more)):
        every = [each[key] for each in (some, more) if key in each]
        measured: dict[str, dict[str, float]] = {}
        for dtype, name, ulp in (
            (dtype, name, ulp)
            for each in every
            for dtype, figures in each["measured"].items()
            for name, ulp in figures.items()
        ):
            kernels = measured.setdefault(dtype, {})
            kernels[name] = max(ulp, kernels.get(name, ulp))
        found[key] = {**every[0], "measured": {dtype: dict(sorted(each.items())) for dtype, each in measured.items()}}
    return found
