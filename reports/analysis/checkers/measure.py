"""The frameworks' own gradient checkers, and gradproof, on the same gradients and mutants, in float64."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradproof.adapters.framework import Checker
from gradproof.adapters.programs.script import rounded
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.benchmark.other_checkers import CHECKERS, DTYPE, program
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.mutants import beyond_doubt, effect, mistaken, mutated, scaled
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.analysis.power.measure import SCALES, Mutant, derived, scaled_loss, summed, walls, widest
from gradproof.reports.checking.explaining.explaining import with_sides
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.tolerance import agree, assess

ENTRIES = 40
"""The most gradient entries of a network: a checker that takes difference quotients of each runs it twice for each."""

LOOKED_AT = 40
"""Graphs of each family that a small one is looked for among."""

MISTAKES, TIMED = 8, 2
"""How many mistakes of the catalogue are made in a network, at equal distances in its order, and how many mutants
gradproof is timed on: it has judged the others too, all at once."""

CATALOGUE = "catalogue"

COLUMNS = ("mutants", "above", "caught")
"""What is counted of mutants; `above` are those whose effect exceeds lambda + 5 sigma, `caught` those that a checker
complains of that passes the right gradient."""


class Unit(NamedTuple):
    """One small network in one framework."""

    framework: str
    family: str
    graph: int


def units(frameworks: Sequence[str]) -> list[Unit]:
    """The first small graph of each family that has one."""
    return [
        Unit(key, family.name, graph) for key in frameworks for family in FAMILIES for graph in smallest(family.name)
    ]


def smallest(family: str) -> Iterator[int]:
    """The number of the first graph with few parameters, if there is one."""
    for number in range(LOOKED_AT):
        graph = corpus.graph(family, number)
        if sum(int(np.prod(graph.slots[name].shape)) for name in graph.parameters) <= ENTRIES:
            yield number
            return


def perform(unit: Unit) -> Json:
    """The figures of each checker at each scale of the loss."""
    here, network = Here(unit.framework), corpus.network(unit.family, unit.graph, 0)
    with np.errstate(all="ignore"):
        wrong = [(CATALOGUE, variant.where, change) for _, variant, change in mistaken(network, DTYPE)]
        return {f"{factor:g}": checker_figures(here, scaled_loss(network, factor), factor, wrong) for factor in SCALES}


def checker_figures(here: Here, network: Network, factor: float, wrong: Sequence[Mutant]) -> Json:
    """The figures of each checker on one network; none where gradproof itself does not agree with the framework."""
    case = here.case(network, DTYPE, network.title)
    begin = time.perf_counter()
    got = here.gradients(network, DTYPE)
    sided, comparisons, _ = with_sides(case, got, here.gradients)
    seconds = time.perf_counter() - begin
    found = walls(case, sided, got, here.gradients) if agree(comparisons) else []
    if not found:
        return {}
    errors = [(f"{e:g}", name, change) for e, name, change in scaled(got) if name == "all"]
    made = [*real(found[0][0], [(kind, where, change * factor) for kind, where, change in wrong])]
    made = [*made[:: -(-len(made) // MISTAKES) or 1], *real(found[0][0], errors)]
    kinds = [kind for kind, _, _ in made]
    rows = np.array([change for _, _, change in made], np.longdouble).reshape(-1, found[0][0].entries)
    mutants = mutated(found[0][0], rows)
    above = beyond_doubt(widest(found), effect(found[0][0], mutants)).any(axis=-1)
    figures = {}
    for framework, checker in CHECKERS:
        if framework.key == here.framework.key:
            if checker.call:
                checked = own_verdicts(here, checker, network, rows)
            else:
                checked = [(seconds, True), *zip(timed(case, got, mutants), ~derived(found, mutants), strict=True)]
            figures[checker.title] = outcome(checked, kinds, above)
    return figures


def real(right: Comparison, mutants: Sequence[Mutant]) -> Iterator[Mutant]:
    """The mutants that have an effect, and a finite one: a program can show no other."""
    for mutant in mutants:
        size = effect(right, mutated(right, mutant[2]))
        if size.any() and np.isfinite(size).all():
            yield mutant


Checked = tuple[float | None, bool]
"""How long a check took, where it was timed, and whether it passed."""


def timed(case: Case, got: Gradients, mutants: Comparison) -> Iterator[float | None]:
    """The seconds that gradproof takes for the first mutants."""
    for number, row in enumerate(mutants.got):
        begin = time.perf_counter()
        if number < TIMED:
            assess(case, arranged(got, row))
        yield time.perf_counter() - begin if number < TIMED else None


def own_verdicts(here: Here, checker: Checker, network: Network, changes: Any) -> list[Checked]:
    """What a framework's checker says of the right gradient, and of each mutant."""
    text, shaped = (
        program(here.framework, checker, network, planted=True),
        {name: network.inputs[name] for name in network.parameters},
    )
    found: list[Checked] = []
    for change in (np.zeros(changes.shape[1]), *changes):
        planted = arranged(shaped, change.astype(DTYPE)).values()
        seconds, passed = here.run(text, DTYPE, (*rounded(network, DTYPE).values(), *planted))
        found.append((float(seconds), bool(passed)))
    return found


def arranged(like: Mapping[str, Any], row: Any) -> dict[str, Any]:
    """A flat row of all entries as arrays by name, of the shapes that the arrays of `like` have."""
    ends = np.cumsum([np.size(array) for array in like.values()])[:-1]
    return {
        name: part.reshape(np.shape(array))
        for (name, array), part in zip(like.items(), np.split(row, ends), strict=True)
    }


def outcome(checked: Sequence[Checked], kinds: Sequence[str], above: Any) -> Json:
    """The figures of one checker: of the right gradient, which comes first and has all compiled, and of the mutants."""
    (first, passed), *rest = checked
    times = [seconds for seconds, _ in rest if seconds is not None]
    return {
        "right": [1, int(not passed)],
        "mutants": summed(
            {kind: [1, int(large), int(passed and not fine)]}
            for kind, large, (_, fine) in zip(kinds, above, rest, strict=True)
        ),
        "timed": len(times),
        "right_seconds": first,
        "wrong_seconds": sum(times),
    }


def measured(done: Mapping[Unit, Json]) -> Json:
    """All units, added up by framework, checker and scale of the loss."""
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for unit, figures in done.items():
        for scale, checkers in figures.items():
            for title, part in checkers.items():
                groups.setdefault((unit.framework, title, scale), []).append(part)
    return {
        "columns": COLUMNS,
        "results": [
            {"framework": framework, "checker": title, "scale": scale, **total(parts)}
            for (framework, title, scale), parts in sorted(groups.items())
        ],
    }


def total(parts: Sequence[Json]) -> Json:
    """Counts and seconds of several units added up."""
    return {
        "right": [sum(column) for column in zip(*(part["right"] for part in parts), strict=True)],
        "mutants": summed(part["mutants"] for part in parts),
        **{key: sum(part[key] for part in parts) for key in ("timed", "right_seconds", "wrong_seconds")},
    }
