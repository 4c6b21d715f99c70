"""Families outside the corpus, checked: `python -m tests.reports.checking.families.checking [--networks N] ...`.

Frameworks are taken to be right, but for what is known of them (`adapters/data/known.toml`): whatever else is found is
printed, with the command that replays it, and fails.
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.interrupts import run
from gradproof.reference.admitted import FITTING_RMS
from gradproof.reference.language.network_files import save
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.results.results import Result
from tests.reports.checking.families.members import MEMBERS, networks

KNOWN = Path(__file__).parents[4] / "adapters/data/known.toml"

FOLDER = Path("build/alarms")
"""Where networks with findings are saved."""


def told(family: str, results: Sequence[Result]) -> str:
    """One line for a family: how much was checked, how far errors are from sigma, and what became of it."""
    entries = sum(result.entries for result in results)
    verdicts = Counter(result.verdict for result in results)
    rms = root_mean_square(results)
    aside = "" if rms is None or FITTING_RMS[0] <= rms <= FITTING_RMS[1] else " (tolerances do not fit)"
    z = "     no z" if rms is None else f"rms z {rms:4.2f}{aside}"
    return f"{family:26}{len(results):6} results {entries:10} entries  {z}  {dict(verdicts)}"


def root_mean_square(results: Sequence[Result]) -> float | None:
    """Of z, over the entries of results that agree that have one; None if none has."""
    agreeing = [result for result in results if result.verdict == "agrees"]
    resolved = sum(result.resolved for result in agreeing)
    return math.sqrt(sum(result.squares for result in agreeing) / resolved) if resolved else None


def saved(result: Result, network: Network, folder: Path) -> str:
    """A finding in one line, its network saved."""
    folder.mkdir(parents=True, exist_ok=True)
    path = save(network, folder / f"{result.network.replace(' ', '-')}.toml").as_posix()
    replay = f"gradproof check {path} --framework {result.framework} --mode {result.mode} --dtype {result.dtype}"
    return f"  {result.verdict}: {replay}\n    {result.message}\n    {result.worst}"


def main() -> int:
    """Check every family, or those asked for; 1 if anything is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", nargs="+", choices=MEMBERS, default=list(MEMBERS))
    parser.add_argument("--networks", type=int, default=200, help="how many of each family")
    parser.add_argument("--alike", type=int, default=1, help="how many in a row differ in numbers only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--framework", nargs="+", choices=FRAMEWORKS, default=None)
    parser.add_argument("--dtype", nargs="+", choices=DTYPES, default=None)
    parser.add_argument("--mode", nargs="+", default=None)
    asked = parser.parse_args()
    drawn = {family: networks(family, asked.seed, asked.networks, asked.alike) for family in asked.family}
    every = {name: network for each in drawn.values() for name, network in each.items()}
    family_of = {name: family for family, each in drawn.items() for name in each}
    done: dict[str, list[Result]] = {}
    began = time.monotonic()

    def tell(family: str) -> None:
        print(told(family, done[family]), f"at {time.monotonic() - began:.0f} s", flush=True)

    def progress(result: Result) -> None:
        family = family_of[result.network]
        if done and family not in done:
            tell(list(done)[-1])  # results come family by family
        done.setdefault(family, []).append(result)

    report = check(
        every, frameworks=asked.framework, modes=asked.mode, dtypes=asked.dtype, progress=progress, known=KNOWN
    )
    tell(asked.family[-1])
    known = {i for finding in report.findings if finding.known for i in finding.results}
    new = {i for finding in report.findings if not finding.known for i in finding.results}
    for i in sorted(new):
        print(saved(report.results[i], every[report.results[i].network], FOLDER))
    print(told(f"{len(drawn)} families", report.results), f"{len(new)} results found, {len(known - new)} known")
    return 1 if new else 0


if __name__ == "__main__":
    run(main)
