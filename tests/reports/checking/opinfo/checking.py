"""Every sample of PyTorch's OpInfos, checked: `python -m tests.reports.checking.opinfo.checking [-k PART ...]`.

`--framework`, `--dtype` and `--mode` narrow it as they do for `gradproof check`. Whatever is found is printed with the
statements and numbers that show it, and fails; but for what is known (`adapters/data/known.toml`), and for samples
outside an operation's domain, where nothing is to be expected: these are checked once more with the rest of their
numbers.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.adapters.running.interrupts import run
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.results.results import FINDINGS, Result
from gradproof.reports.checking.results.summary import Report
from tests.reports.checking.opinfo.samples import Unsaid, networks
from tests.reports.checking.opinfo.table import TABLE

KNOWN = Path(__file__).parents[4] / "adapters/data/known.toml"

TOGETHER = 2**24
"""How many numbers the networks of one check have: some samples have a million, for kernels that run in threads."""


def outside_the_domain(result: Result) -> bool:
    """Whether it is not finite because the equations are not, as sqrt(-1): what is `inside` is checked again."""
    return result.verdict == "nonfinite" and "the formula is to blame" in result.message


def inside(network: Network, dtype: str) -> Network:
    """The network with 1 in place of each number whose derivative has no finite value in `dtype`, and of infinities."""
    with np.errstate(all="ignore"):
        plain = gradients(network, value(dtype))
    given = {name: network.inputs[name] for name in network.parameters}
    kept = {name: np.isfinite(plain[name]) & np.isfinite(x) for name, x in given.items()}
    return network.with_inputs({**network.inputs, **{name: np.where(kept[name], x, 1.0) for name, x in given.items()}})


def alarms(report: Report) -> list[Result]:
    """What is found of frameworks that are taken to be right, but for what is known, and samples outside a domain."""
    known = {i for finding in report.findings if finding.known for i in finding.results}
    new = {i for finding in report.findings if not finding.known for i in finding.results}
    return [
        result
        for i, result in enumerate(report.results)
        if result.verdict in FINDINGS and not outside_the_domain(result) and (i in new or i not in known)
    ]


def checked(chosen: Mapping[str, Network], **how: Any) -> Iterator[tuple[Report, Mapping[str, Network]]]:
    """The report on each batch of networks, with these; then that on what is inside a domain."""
    for batch in batches(chosen):
        report = check(batch, known=KNOWN, **how)
        yield report, batch
        for dtype in DTYPES:
            outside = {r.network for r in report.results if r.dtype == dtype and outside_the_domain(r)}
            rest = {f"{name}-inside": inside(batch[name], dtype) for name in sorted(outside)}
            if rest:
                yield check(rest, known=KNOWN, **{**how, "dtypes": [dtype]}), rest


def batches(chosen: Mapping[str, Network]) -> Iterator[dict[str, Network]]:
    """The networks, so many together as have `TOGETHER` numbers."""
    batch, size = dict[str, Network](), 0
    for name, network in chosen.items():
        batch[name] = network
        size += sum(x.size for x in network.inputs.values())
        if size >= TOGETHER:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def shown(result: Result, network: Network) -> str:
    """A finding with all that replays it."""
    lines = [
        f"{result.network} {result.framework} {result.mode} {result.dtype} {result.verdict}: {result.message}",
        f"  worst: {result.worst}",
        *(f"  {line}" for line in language_text(network).splitlines()),
        *(f"  {name} = {array.tolist() if array.size < 100 else array}" for name, array in network.inputs.items()),
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

    how = {"frameworks": asked.framework, "dtypes": asked.dtype, "modes": asked.mode}
    results, found, remarks = list[Result](), 0, set[str]()
    for report, batch in checked(chosen, **how):
        results += report.results
        for alarm in alarms(report):
            found += 1
            print(shown(alarm, batch[alarm.network]), flush=True)
        remarks |= {finding.known for finding in report.findings if finding.known}
    verdicts = Counter(result.verdict for result in results)
    entries, unjudged = (sum(getattr(r, key) for r in results) for key in ("entries", "unjudged"))
    print(f"{len(TABLE)} operations, {len(chosen)} networks, {len(results)} results, {entries} entries,")
    print(f"{unjudged} of them not judged: they hang on NaN inputs; {dict(verdicts)}")
    outside = sum(map(outside_the_domain, results))
    print(
        f"{outside} results outside an operation's domain, checked again inside it; known findings: {sorted(remarks)}"
    )
    print(f"samples that cannot be said: {dict(Counter(reason for _, reason in unsaid.elements()))}")
    print(f"{found} alarms")
    return 1 if found else 0


if __name__ == "__main__":
    run(main)
