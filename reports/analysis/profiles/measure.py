"""What the frameworks' own settings change: a slice of the corpus under each profile, in processes of its own, twice.

A profile is set before anything is imported, so each run is a new process (this module as a program).
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradproof.adapters.registry import DTYPES
from gradproof.adapters.running.profiles import PORTABLE, PROFILES, USUAL, under
from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import Json, binned
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.checking.explaining.explaining import compared

PARTS = 4
"""Parts of the families: a process has to start for each, four times."""

GRAPHS, SETS = 2, 2
"""Graphs of each family, and sets of numbers of each."""

RUNS = ((USUAL, 0), (USUAL, 1), (PORTABLE, 0), (PORTABLE, 1))
"""The profiles, each twice."""

PAIRS = {
    "usual, twice": ((USUAL, 0), (USUAL, 1)),
    "portable, twice": ((PORTABLE, 0), (PORTABLE, 1)),
    "usual and portable": ((USUAL, 0), (PORTABLE, 0)),
}
"""The runs that are compared bit by bit."""

Measured = dict[str, dict[str, Any]]
"""By result (its network and dtype): gradients, expectation, sigma and z as flat arrays, and the verdict."""


class Unit(NamedTuple):
    """Every `parts`-th family, from number `part`, in one framework."""

    framework: str
    part: int
    parts: int = PARTS


def units(frameworks: Sequence[str]) -> list[Unit]:
    """The units of work for these frameworks: `PARTS` for each."""
    return [Unit(framework, part) for framework in frameworks for part in range(PARTS)]


def networks(unit: Unit) -> Iterator[tuple[str, Network]]:
    """The families' names and networks of a unit."""
    for family in FAMILIES[unit.part :: unit.parts]:
        for graph in range(GRAPHS):
            for number in range(SETS):
                yield family.name, corpus.network(family.name, graph, number)


def perform(unit: Unit) -> Json:
    """For each family and dtype, what differs between runs, and the figures of either profile."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {run: measured_in_a_process(unit, run[0], Path(folder) / f"{run[0]}-{run[1]}") for run in RUNS}
    titles: dict[str, list[str]] = {}
    for family, network in networks(unit):
        titles.setdefault(family, []).append(network.title)
    return {
        "rows": [
            {
                "family": family,
                "dtype": dtype,
                "pairs": {
                    name: different(*(some(runs[run], own, dtype) for run in pair)) for name, pair in PAIRS.items()
                },
                "figures": {name: result_figures(some(runs[name, 0], own, dtype)) for name in PROFILES},
            }
            for family, own in titles.items()
            for dtype in DTYPES
        ]
    }


def some(measured: Measured, titles: Sequence[str], dtype: str) -> list[dict[str, Any]]:
    """The measured results, in the order of `titles`, of networks in this dtype."""
    return [measured[f"{title} {dtype}"] for title in titles]


def measured_in_a_process(unit: Unit, profile: str, folder: Path) -> Measured:
    """What a new process measures under a profile. Raises GradproofError where it fails."""
    folder.mkdir()
    command = [sys.executable, "-m", __name__, json.dumps(unit), str(folder)]
    with (folder / "told").open("wb") as told:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=told, stderr=told, env=under(profile, os.environ)
        )
        code = process.wait()
    if process.stdin is not None:
        process.stdin.close()
    if code:
        last = (folder / "told").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        raise GradproofError(f"{unit.framework}, profile {profile}: the process ended with {code}: {' '.join(last)}")
    found: Measured = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz") as arrays:
        for key, result in found.items():
            result.update({name: arrays[f"{key} {name}"] for name in ("got", "expected", "sigma", "z")})
    return found


def different(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Json:
    """How many results and entries differ in their bits, and by how much their errors differ at most in sigma.

    `sides` counts the results in which rounding took another side of a kink: then the gradient differs, and rightly.
    """
    counts = {"results": len(first), "results differ": 0, "entries": 0, "entries differ": 0, "sides": 0, "largest": 0.0}
    for a, b in zip(first, second, strict=True):
        if a["got"].shape != b["got"].shape:  # one of them failed
            counts["results differ"] += 1
            continue
        unsigned = f"u{a['got'].itemsize}"
        other = a["got"].view(unsigned) != b["got"].view(unsigned)
        counts["results differ"] += int(other.any())
        counts["entries"] += other.size
        counts["entries differ"] += int(other.sum())
        with np.errstate(all="ignore"):
            moved = np.abs(a["expected"] - b["expected"]) > a["sigma"]
            gap = np.abs((a["got"] - a["expected"]) - (b["got"] - b["expected"])) / a["sigma"]
        counts["sides"] += int(moved.any())
        counts["largest"] = max(counts["largest"], float(np.max(gap, initial=0, where=np.isfinite(gap) & other)))
    return counts


def result_figures(results: Sequence[Mapping[str, Any]]) -> Json:
    """The figures that a report has of these results."""
    agreeing = [r["z"] for r in results if r["verdict"] == "agrees"]
    z = np.concatenate(agreeing) if agreeing else np.array([])
    verdicts = [r["verdict"] for r in results]
    return {
        "verdicts": {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        "entries": z.size,
        "squares": float(np.sum(np.square(z))),
        "largest": float(z.max(initial=0)),
        "zeros": int(np.sum(z == 0)),
        "z": binned(z[z > 0]),
    }


def measured(done: Mapping[Unit, Json]) -> Json:
    """The rows of all units, and what each profile sets."""
    return {
        "profiles": {name: dict(settings) for name, settings in PROFILES.items()},
        "results": [{"framework": unit.framework, **row} for unit, part in done.items() for row in part["rows"]],
    }


def measure_here(unit: Unit, folder: Path) -> None:
    """Measure in this process, into files of `folder`."""
    here, verdicts = Here(unit.framework), {}
    arrays: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for _, network in networks(unit):
            for dtype in DTYPES:
                key, case = f"{network.title} {dtype}", here.case(network, dtype, network.title)
                try:
                    _, comparisons, verdict, *_ = compared(case, here.gradients(network, dtype), here.gradients)
                except GradproofError:
                    comparisons, verdict = {}, "failed"
                verdicts[key] = {"verdict": verdict}
                parts = comparisons.values()
                arrays[f"{key} got"] = joined(c.got.ravel() for c in parts)
                arrays[f"{key} expected"] = joined(c.expected.ravel() for c in parts)
                arrays[f"{key} sigma"] = joined(c.sigma.ravel() for c in parts)
                arrays[f"{key} z"] = joined(c.z[c.resolved] for c in parts)
    (folder / "verdicts.json").write_text(json.dumps(verdicts), encoding="utf-8")
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)


def joined(arrays: Iterable[Any]) -> Any:
    """All entries as one flat array, which is empty if there are no arrays."""
    several = list(arrays)
    return np.concatenate(several) if several else np.array([])


def end_with_parent() -> None:
    """End this process as soon as the parent, which holds the other end of standard input, is gone."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    measure_here(Unit(*json.loads(sys.argv[1])), Path(sys.argv[2]))
    os._exit(0)  # not sys.exit, which would wait for the framework's threads
