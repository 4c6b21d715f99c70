"""Detection power: which mutants derived tolerances catch and which fixed ones do, and the false alarms of each.

Fixed tolerances are given the truth to compare with, which favours them: in use they compare with difference quotients,
or with another program's rounding. Derived tolerances are judged as `assess` does, and a mutant that *any* choice of
sides of the ambiguous kinks explains has escaped. One thing is taken over: draws for another choice of sides
are those of the sides that the right gradient has.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np

from gradproof.adapters.registry import DTYPES
from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.calibration.advised import Pair, by_group
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.mutants import beyond_doubt, effect, joined, mistaken, mutated, scaled
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.checking.explaining.explaining import compared, flagged
from gradproof.reports.checking.explaining.proving import Run
from gradproof.reports.checking.kinks.searching import assignments, assignments_of, with_flips
from gradproof.reports.checking.kinks.sides import opened
from gradproof.reports.checking.tolerance.case import Case, Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison
from gradproof.reports.checking.tolerance.tolerance import certain, sampled_gradients, stages

NETWORKS = 2
"""Networks of each family: the first of the corpus that are not larger than its family's median."""

SCALES = (1.0, 1e-3, 1e3)
"""What the loss is multiplied by."""

ROWS = 64
"""Mutants that are judged at a time."""

USED: Mapping[str, Mapping[str, Pair]] = {
    "gradcheck": dict.fromkeys(DTYPES, Pair(1e-5, 1e-3)),
    "allclose": dict.fromkeys(DTYPES, Pair(1e-8, 1e-5)),
    "check_grads": {"float32": Pair(2e-3, 2e-3), "float64": Pair(1e-5, 1e-5)},
    "0.1 and 0.001": dict.fromkeys(DTYPES, Pair(1e-1, 1e-3)),
    "0.001 and 0.01": dict.fromkeys(DTYPES, Pair(1e-3, 1e-2)),
}
"""Fixed tolerances that people use: the defaults of PyTorch's gradcheck, of `allclose` and of JAX's check_grads, and
two pairs from tests of gradients, absolute and relative."""

FALSE_ALARM = "disagrees"
"""The verdict that is wrong of frameworks that are right: lost accuracy, conventions and overflow are findings."""

JUDGES = ("derived", *USED, "advised")

COLUMNS = ("mutants", "equal", "above the table", "above", "escaped", *JUDGES)
"""What is counted of mutants. `equal` are those without any effect, which are counted nowhere else. `above` are those
with an entry whose effect exceeds lambda + 5 sigma, sigma being the largest that an assessment may come to;
`above the table` takes sigma from the table of variances alone; `escaped` are those above that are not caught. The rest
are caught, which takes that the right gradient is not flagged: else nothing is told apart."""


class Unit(NamedTuple):
    """One network of the corpus in one framework and dtype, at every scale of the loss; and the advised tolerances."""

    framework: str
    family: str
    graph: int
    dtype: str
    absolute: float
    relative: float


def units(frameworks: Sequence[str], calibration: Json, networks: int = NETWORKS) -> list[Unit]:
    """The units of these frameworks. Raises GradproofError where the calibration lacks one."""
    advice = by_group(calibration)
    graphs = {family.name: list(islice(small(family.name), networks)) for family in FAMILIES}
    try:
        return [
            Unit(key, family, graph, dtype, *advice[family, key, dtype])
            for key in frameworks
            for number in range(networks)
            for family, found in graphs.items()
            for graph in found[number : number + 1]
            for dtype in DTYPES
        ]
    except KeyError as missing:
        raise GradproofError(f"the calibration has no {', '.join(missing.args[0])}; measure it first") from None


def small(family: str) -> Iterator[int]:
    """The graphs of the corpus that have no more numbers than half of their family's have."""
    sizes = [sum(int(np.prod(s.shape)) for s in corpus.graph(family, i).slots.values()) for i in range(corpus.GRAPHS)]
    return (i for i, size in enumerate(sizes) if size <= np.median(sizes))


def scaled_loss(network: Network, factor: float) -> Network:
    """The network with its loss multiplied by `factor`, so that its gradients are as well."""
    if factor == 1:
        return network
    text = f"{language_text(network)}\nscaled_loss = {network.loss} * {factor!r}"
    return build(text, network.inputs, parameters=network.parameters, title=network.title)


Mutant = tuple[str, str, Any]
"""The name of the mistake or the size of the scale error, where it is made, and what it changes, flat."""


def perform(unit: Unit) -> Json:
    """The figures of the unit's network for each scale of the loss."""
    here, network = Here(unit.framework), corpus.network(unit.family, unit.graph, 0)
    fixed = {name: pairs[unit.dtype] for name, pairs in USED.items()} | {"advised": Pair(unit.absolute, unit.relative)}
    with np.errstate(all="ignore"):
        wrong = [(name, variant.where, change) for name, variant, change in mistaken(network, unit.dtype)]
        return {f"{factor:g}": power_figures(here, network, unit.dtype, factor, wrong, fixed) for factor in SCALES}


def power_figures(
    here: Here, network: Network, dtype: str, factor: float, wrong: Sequence[Mutant], fixed: Mapping[str, Pair]
) -> Json:
    """The figures of one network in one dtype, its loss multiplied by `factor`: right gradient and mutants."""
    network = scaled_loss(network, factor)
    case, run = here.case(network, dtype, network.title), here.gradients
    try:
        got = run(network, dtype)
        sided, comparisons, verdict, *_ = compared(case, got, run)
    except GradproofError:
        return {**empty_figures(), "verdicts": {"failed": 1}}
    if verdict != "agrees":
        if any(c.nonfinite.any() for c in comparisons.values()):
            verdict = "nonfinite"
        alarms = {"derived": [1, flagged(comparisons)]} if verdict == FALSE_ALARM else {}
        return {**empty_figures(), "verdicts": {verdict: 1}, "alarms": alarms}
    found = walls(case, sided, got, run)
    if not found:
        return {**empty_figures(), "verdicts": {"ambiguous": 1}}
    right = found[0][0]
    judges = {name: with_fixed(right, pair) for name, pair in fixed.items()}
    at_dtype = np.longdouble(np.dtype(dtype).type(factor))
    mistakes = ((name, where, change * at_dtype) for name, where, change in wrong)
    errors = ((f"{e:g}", where, change) for e, where, change in scaled(got))
    figures = {"mistakes": mistake_counts(mistakes, found, judges), "errors": mistake_counts(errors, found, judges)}
    return {
        "verdicts": {verdict: 1},
        "entries": right.entries,
        "alarms": {
            "derived": [0, 0],
            **{name: [int(not c.agrees), int(c.flagged.sum())] for name, c in judges.items()},
        },
        **{name: counts for name, (counts, _) in figures.items()},
        "told": [[network.title, *escape] for _, (_, told) in figures.items() for escape in told],
    }


def empty_figures() -> Json:
    """The figures of a result that no mutants are made of."""
    return {"verdicts": {}, "entries": 0, "alarms": {}, "mistakes": {}, "errors": {}, "told": []}


Wall = list[Comparison]
"""The comparisons that all have to flag a mutant, from the table to the certified truth; entries flat."""


def walls(case: Case, sided: Case, got: Gradients, run: Run) -> list[Wall]:
    """A wall for each choice of sides of kinks, first of the right gradient's own; none if there are too many."""
    here = opened(case, lambda probe: run(probe, case.dtype))
    if assignments_of(here.units) > EVALUATIONS:
        return []
    sampled = sampled_gradients(sided)
    others = [with_flips(here.case, flips) for flips in assignments(here.units)] if here.units else []
    return [[joined(certain(stage)) for stage in stages(each, got, sampled)] for each in (sided, *others)]


def with_fixed(right: Comparison, pair: Pair) -> Comparison:
    """The same comparison, judged by a fixed tolerance in place of lambda sigma."""
    return replace(right, sigma=pair.absolute + pair.relative * np.abs(right.expected), limit=1.0)


def caught(judge: Comparison, wrong: Comparison) -> Any:
    """Which of the mutants, as rows of `wrong.got`, the tolerance of `judge` flags: a boolean for each row."""
    return replace(judge, got=wrong.got).flagged.any(axis=-1)


def derived(found: Sequence[Wall], wrong: Comparison) -> Any:
    """Which of the mutants, as rows of `wrong.got`, an assessment flags, whatever sides it chooses: a boolean each."""
    return np.all([caught(stage, wrong) for wall in found for stage in wall], axis=0)


def widest(found: Sequence[Wall]) -> Comparison:
    """The right gradient under the largest sigma of each entry that an assessment may come to."""
    return replace(found[0][0], sigma=np.max([stage.sigma for wall in found for stage in wall], axis=0))


def mistake_counts(
    mutants: Iterable[Mutant], found: Sequence[Wall], judges: Mapping[str, Comparison]
) -> tuple[dict[str, list[int]], list[list[str]]]:
    """`COLUMNS` by mistake, and which mistakes escape where."""
    right, loosest = found[0][0], widest(found)
    counts: dict[str, Any] = {}
    told = []
    for kind, group in groupby(mutants, lambda mutant: mutant[0]):
        while batch := list(islice(group, ROWS)):
            wrong = mutated(right, np.stack([change for _, _, change in batch]))
            size = effect(right, wrong)
            real = (size != 0).any(axis=-1)
            above = beyond_doubt(loosest, size).any(axis=-1)
            seen = derived(found, wrong)
            columns = [real, ~real, beyond_doubt(right, size).any(axis=-1), above, above & ~seen]
            told_apart = (caught(judge, wrong) & judge.agrees for judge in judges.values())
            columns += [real & each for each in (seen, *told_apart)]
            counts[kind] = counts.get(kind, 0) + np.sum(columns, axis=1)
            told += [[kind, where] for (_, where, _), lost in zip(batch, above & ~seen, strict=True) if lost]
    return {kind: row.tolist() for kind, row in counts.items()}, told


def measured(done: Mapping[Unit, Json]) -> Json:
    """All units, added up by family, framework, dtype and scale of the loss."""
    groups: dict[tuple[str, str, str, str], list[Json]] = {}
    advice = {}
    for unit, figures in done.items():
        advice[unit.family, unit.framework, unit.dtype] = [unit.absolute, unit.relative]
        for scale, part in figures.items():
            groups.setdefault((unit.family, unit.framework, unit.dtype, scale), []).append(part)
    return {
        "judges": JUDGES,
        "columns": COLUMNS,
        "used": USED,
        "results": [
            {
                **dict(zip(("family", "framework", "dtype", "scale"), key, strict=True)),
                "advised": advice[key[:3]],
                **total(parts),
            }
            for key, parts in sorted(groups.items())
        ],
    }


def total(parts: Sequence[Json]) -> Json:
    """Counts of several units added up, and their lists of escaped mutants as one."""
    return {
        "verdicts": dict(sorted(sum((Counter(part["verdicts"]) for part in parts), Counter()).items())),
        "entries": sum(part["entries"] for part in parts),
        **{key: summed(part[key] for part in parts) for key in ("alarms", "mistakes", "errors")},
        "told": [row for part in parts for row in part["told"]],
    }


def summed(parts: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    """Rows of counts, added up by name; rows of one name are of one length."""
    result: dict[str, list[int]] = {}
    for part in parts:
        for name, row in part.items():
            result[name] = [a + b for a, b in zip(result.get(name, [0] * len(row)), row, strict=True)]
    return result
