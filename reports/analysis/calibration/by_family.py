"""How well the tolerance fits: z by family, framework and dtype, over fresh random networks.

`python -m gradproof.reports.analysis.calibration.by_family --random 600 --seed 1` prints a table. An honest model has
no alarm, a largest z below lambda (about 7 to 8), and a root mean square of z not far from 1: much less and it hides
mistakes.
"""

import math
from collections.abc import Iterable

import click

from gradproof.reference.random_networks import family_of, random_network
from gradproof.reports.checking.crosscheck import check
from gradproof.reports.checking.results import Result

HEAD = ("family", "framework", "dtype", "results", "not agreeing", "entries", "largest z", "rms z")


@click.command()
@click.option("--random", "count", type=click.IntRange(1), default=156, show_default=True, help="How many networks.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--mode", "modes", multiple=True, help="Modes other than each framework's first.")
def main(count: int, seed: int, modes: tuple[str, ...]) -> None:
    """Measure z over random networks and print it by family, framework and dtype."""
    networks = {f"random-{seed}-{i}": random_network(seed, i) for i in range(count)}
    report = check(networks, modes=modes or None)
    family = {f"random-{seed}-{i}": family_of(seed, i).name for i in range(count)}
    rows = [HEAD, *grouped_results(report.results, family)]
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(HEAD))]
    for row in rows:
        click.echo("  ".join(str(entry).ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip())
    for result in report.results:
        if result.verdict != "agrees":
            click.echo(
                f"{result.network} ({family[result.network]}) {result.framework} {result.dtype}: {result.verdict}"
            )
            click.echo(f"  {result.message}")


def grouped_results(results: Iterable[Result], family: dict[str, str]) -> list[tuple[str, ...]]:
    """A row for each family, framework and dtype, and one for each framework and dtype over all families."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for result in results:
        for name in (family[result.network], "all"):
            groups.setdefault((name, f"{result.framework} {result.mode}", result.dtype), []).append(result)
    return [
        (*key, *fit_figures(group))
        for key, group in sorted(groups.items(), key=lambda pair: (pair[0][0] == "all", pair[0]))
    ]


def fit_figures(results: list[Result]) -> tuple[str, ...]:
    """How many results, how many do not agree, entries, the largest z of those that agree, and the rms of all."""
    agreeing = [result for result in results if result.verdict == "agrees"]
    largest = max((r.worst.z or 0.0 for r in agreeing if r.worst), default=0.0)
    resolved = sum(result.resolved for result in agreeing)
    rms = math.sqrt(sum(result.squares for result in agreeing) / resolved) if resolved else 0.0
    counts = (len(results), len(results) - len(agreeing), sum(result.entries for result in results))
    return (*map(str, counts), f"{largest:.2f}", f"{rms:.2f}")


if __name__ == "__main__":
    main()
