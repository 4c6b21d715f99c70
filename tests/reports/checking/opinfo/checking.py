"""Every sample of PyTorch's OpInfos, checked: `python -m tests.reports.checking.opinfo.checking [-k PART ...]`.

`--framework`, `--dtype` and `--mode` narrow it as they do for `gradproof check`. Whatever is found is printed with the
statements and numbers that show it, and fails; but for samples outside an operation's domain, where nothing is to be
expected and the formula is blamed.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterable

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.results.results import FINDINGS, Result
from tests.reports.checking.opinfo.samples import Unsaid, networks
from tests.reports.checking.opinfo.table import TABLE


def outside_the_domain(result: Result) -> bool:
    """Whether it is not finite because the equations are not, as sqrt(-1) or exp(1000): that is no false alarm."""
    outside = result.worst is not None and math.isnan(result.worst.expected)
    return result.verdict == "nonfinite" and (outside or "the formula is" in result.message)


def alarms(results: Iterable[Result]) -> list[Result]:
    """What is found of frameworks that are taken to be right."""
    return [result for result in results if result.verdict in FINDINGS and not outside_the_domain(result)]


def shown(result: Result, network: Network) -> str:
    """A finding with all that replays it."""
    lines = [
        f"{result.network} {result.framework} {result.mode} {result.dtype} {result.verdict}: {result.message}",
        f"  worst: {result.worst}",
        *(f"  {line}" for line in language_text(network).splitlines()),
        *(f"  {name} = {array.tolist()}" for name, array in network.inputs.items()),
    ]
    return "\n".join(lines)


def main() -> int:
    """Check them and count what became of them; 1 if anything is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", nargs="+", default=[""], help="operations whose names contain one of these")
    parser.add_argument("--framework", nargs="+", choices=FRAMEWORKS, default=None)
    parser.add_argument("--dtype", nargs="+", choices=DTYPES, default=None)
    parser.add_argument("--mode", nargs="+", default=None)
    asked = parser.parse_args()
    unsaid = Unsaid()
    chosen = {name: each for name, each in networks(unsaid) if any(part in name for part in asked.k)}

    def progress(result: Result) -> None:
        if alarms([result]):
            print(shown(result, chosen[result.network]), flush=True)

    report = check(chosen, frameworks=asked.framework, dtypes=asked.dtype, modes=asked.mode, progress=progress)
    verdicts = Counter(result.verdict for result in report.results)
    entries, unjudged = (sum(getattr(r, key) for r in report.results) for key in ("entries", "unjudged"))
    print(f"{len(TABLE)} operations, {len(chosen)} networks, {len(report.results)} results, {entries} entries,")
    print(f"{unjudged} of them not judged: they hang on NaN inputs; {dict(verdicts)}")
    outside, found = sum(map(outside_the_domain, report.results)), len(alarms(report.results))
    print(f"{outside} results outside an operation's domain, {found} alarms")
    print(f"samples that cannot be said: {dict(Counter(reason for _, reason in unsaid.elements()))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
