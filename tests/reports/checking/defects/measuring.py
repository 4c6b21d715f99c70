"""What a check makes of planted defects: `python -m tests.reports.checking.defects.measuring [NAME ...]`."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from unittest import mock

import numpy as np

from gradproof.adapters.measuring import kept
from gradproof.adapters.programs.statements import ProgramWriter
from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.interrupts import run
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.language.network_files import load
from gradproof.reference.language.writing import only_loss
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.random_networks import random_networks
from gradproof.reports.checking import crosscheck
from tests.reports.checking.defects import planting
from tests.reports.checking.defects.catalogue import CATALOGUE, OWN, own_network, plant
from tests.reports.checking.defects.planting import Defect

ROOT = Path(__file__).parents[4]

KNOWN = ROOT / "adapters/data/known.toml"

EACH, TRIED = 2, 12
"""On how many lessons and random networks a defect is shown at most, and among how many they are sought."""

HARMLESS = frozenset({"agrees", "convention", "precision", "unavailable"})
"""The verdicts that no defect may end with where its error exceeds the floor."""

Key = tuple[str, str, str]
"""A network's name, mode and dtype."""


@lru_cache
def default_networks() -> tuple[tuple[tuple[str, Network], ...], ...]:
    """The lessons, and random networks of every family: what a default check is made of."""
    return tuple((name, load(path)) for name, path in lessons().items()), tuple(random_networks(60, seed=0, sets=1))


def candidates(defect: Defect) -> list[list[Network]]:
    """Lessons, random networks and the small one, of those whose programs call the defect's function."""
    kinds = [
        [replace(network, title=name) for name, network in islice(kind, TRIED)]
        for kind in (((n, each) for n, each in kind if calls(each, defect)) for kind in default_networks())
    ]
    return [*kinds, [own_network(defect.operation)] if defect.operation in OWN else []]


def calls(network: Network, defect: Defect) -> bool:
    """Whether the program of the network calls the defect's function, and for no other operation than the defect's."""
    needed = only_loss(network)
    writer = ProgramWriter(needed, FRAMEWORKS[defect.framework])
    nodes = [needed.nodes[i] for i in needed.ancestors(needed.loss) if needed.nodes[i].operands]
    word = defect.function if defect.function in planting.OPERATORS else f"{defect.function}("
    called = [node for node in nodes if word in writer.template(node)]
    shapes = Counter(node.shape for node in called)
    return {node.operation for node in called} == {defect.operation} and max(shapes.values()) >= defect.calls


@dataclass(frozen=True)
class Outcome:
    """A check of a framework with a defect: its JSON, and the relative size of what each gradient is off by."""

    defect: Defect
    report: Mapping[str, Any]
    sizes: Mapping[Key, Mapping[str, float]]

    @cached_property
    def escaped(self) -> list[str]:
        """The results that call a gradient right whose error exceeds the detection floor of its parameter."""
        lines = []
        for result in self.report["results"]:
            sizes = self.sizes[result["network"], result["mode"], result["dtype"]]
            floors = {name: parameter["detection_floor"] for name, parameter in result["parameters"].items()}
            over = [name for name, floor in floors.items() if floor is not None and sizes[name] > floor]
            if over and result["verdict"] in HARMLESS:
                which = f"{result['network']} {result['dtype']} {result['verdict']}"
                lines.append(f"{which}: {over[0]} is off by {sizes[over[0]]:.2g} of its size")
        return lines

    @property
    def caught(self) -> bool:
        """Whether it was seen at all, as nothing that is known, and nothing that exceeds the floor was called right."""
        return not self.escaped and bool(self.findings)

    @property
    def named(self) -> bool:
        """Whether one new finding is of the defect's operation and direction, and there is no other."""
        return self.findings == [f"{self.defect.operation} {self.defect.direction}"]

    @property
    def findings(self) -> list[str]:
        """The operation and direction of each finding that is not one of those that the framework is known for."""
        found = (finding for finding in self.report["findings"] if finding["known"] is None)
        return [f"{finding['operation']} {finding['direction']}" for finding in found]


class Lent:
    """Workers that outlast the checks that use them; what the program of each network gave first is in `given`."""

    remarks: tuple[str, ...] = ()

    def __init__(self, workers: Workers) -> None:
        self.workers, self.given = workers, dict[Key, Future[Any]]()
        self.call, self.submit = workers.call, workers.submit

    def gradients(self, network: Network, framework: str, mode: str, dtype: str, *inputs: Any) -> Future[Any]:
        """As the workers' own."""
        future = self.workers.gradients(network, framework, mode, dtype, *inputs)
        self.given.setdefault((network.title, mode, dtype), future)
        return future


class Bench:
    """Two sets of workers for one defect after another: `planted` with it, `right` without."""

    def __init__(self) -> None:
        self.planted, self.right = Workers(), Workers()
        self.known: dict[tuple[str, Key], Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: Any) -> None:
        for workers in (self.planted, self.right):
            workers.__exit__(*problem)

    def outcome(self, name: str, each: int = EACH) -> Outcome:
        """What a check finds with the defect planted.

        The networks are the small one of the operation, and the first `each` lessons and random networks whose
        gradients the defect changes.
        """
        defect = CATALOGUE[name]
        mode = defect.mode or FRAMEWORKS[defect.framework].default_mode
        lent = Lent(self.planted)
        with self.with_defect(name), mock.patch.object(crosscheck, "Workers", return_value=nullcontext(lent)):
            kinds = candidates(defect)
            shown = [one for kind in kinds for one in islice((n for n in kind if self.changed(n, defect, mode)), each)]
            shown = shown or [network for kind in kinds for network in kind[:each]]
            report = crosscheck.check(shown, frameworks=defect.framework, modes=mode, known=KNOWN).as_json()
            got = {key: future.result() for key, future in lent.given.items() if key[1] == mode}
        off = {
            key: sizes(self.clean(network, defect, key), got[key]) for network in shown for key in keys(network, mode)
        }
        return Outcome(defect, report, off)

    @contextmanager
    def with_defect(self, name: str) -> Iterator[None]:
        """A defect in its framework's worker."""
        call = partial(self.planted.call, CATALOGUE[name].framework)
        # There too the catalogue is found by the name that it has here.
        call(exec, f"import sys; {str(ROOT)!r} in sys.path or sys.path.append({str(ROOT)!r})").result()
        problem = call(plant, name).result()
        assert problem is None, problem
        try:
            yield
            assert call(planting.is_planted).result() is True, "the worker died, and the defect with it"
        finally:
            call(planting.remove).result()

    def changed(self, network: Network, defect: Defect, mode: str) -> bool:
        """Whether the defect changes any gradient of the network."""
        running = {key: self.planted.gradients(network, defect.framework, *key[1:]) for key in keys(network, mode)}
        off = [sizes(self.clean(network, defect, key), future.result()) for key, future in running.items()]
        return any(size > 0 for each in off for size in each.values())

    def clean(self, network: Network, defect: Defect, key: Key) -> Any:
        """What the program gives without a defect."""
        place = (defect.framework, key)
        if place not in self.known:
            self.known[place] = self.right.gradients(network, defect.framework, *key[1:]).result()
        return self.known[place]


def keys(network: Network, mode: str) -> list[Key]:
    """The results of one network in a mode."""
    return [(network.title, mode, dtype) for dtype in DTYPES]


def sizes(right: Any, wrong: Any) -> dict[str, float]:
    """By parameter, the largest difference over the largest entry; infinite where there is nothing to compare."""
    if isinstance(wrong, Failed):
        return dict.fromkeys(right[0], np.inf)
    with np.errstate(all="ignore"):
        off = {name: np.max(np.abs(one - wrong[0][name])) / np.max(np.abs(one)) for name, one in right[0].items()}
    same = {name for name, one in right[0].items() if np.array_equal(one, wrong[0][name], equal_nan=True)}
    return {name: 0.0 if name in same else float(size) if np.isfinite(size) else np.inf for name, size in off.items()}


def main(names: Sequence[str]) -> int:
    """Plant every defect, or those whose names contain one of `names`; say what became of each."""
    chosen = [name for name in CATALOGUE if not names or any(part in name for part in names)]
    outcomes = []
    with TemporaryDirectory() as cache, Bench() as bench:
        os.environ[kept.FOLDER] = cache  # what a function with a defect errs is not for other runs
        for name in chosen:
            outcomes.append(one := bench.outcome(name))
            verdicts = [result["verdict"] for result in one.report["results"]]
            print(f"{'caught' if one.caught else 'MISSED':8}{'named' if one.named else 'unnamed':9}{name}")
            print(f"        {', '.join(f'{verdicts.count(v)} {v}' for v in dict.fromkeys(verdicts))}; {one.findings}")
            for line in one.escaped:
                print(f"        escaped: {line}", flush=True)
    caught, named = sum(o.caught for o in outcomes), sum(o.named for o in outcomes)
    print(f"{len(outcomes)} defects: {caught} caught, {named} named exactly")
    return 0 if caught == named == len(outcomes) else 1


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
