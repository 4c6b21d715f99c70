"""How z is distributed over the corpus, and which fixed tolerances would do: by family, framework and dtype."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gradproof.adapters.registry import DTYPES
from gradproof.reference.errors import GradproofError
from gradproof.reference.random_networks import FAMILIES
from gradproof.reports.analysis.corpus import corpus
from gradproof.reports.analysis.corpus.histograms import Json, added, binned
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.checking.explaining.explaining import compared

RELATIVE = (*(10.0 ** (-k / 2) for k in range(33)), 0.0)
"""The relative tolerances for which the smallest absolute one is looked for."""


class Unit(NamedTuple):
    """One graph of a family in one framework: all sets of numbers, both dtypes."""

    framework: str
    family: str
    graph: int
    sets: int = corpus.SETS


def units(frameworks: Sequence[str], graphs: int = corpus.GRAPHS) -> list[Unit]:
    """The units of these frameworks, one family after the other, so that no part of a run is all of one kind."""
    return [Unit(key, family.name, number) for key in frameworks for number in range(graphs) for family in FAMILIES]


def perform(unit: Unit) -> Json:
    """The figures of a unit, with the keys of NOTHING, for each dtype."""
    here = Here(unit.framework)
    with np.errstate(all="ignore"):
        return {
            dtype: total([calibrated(here, unit, dtype, number) for number in range(unit.sets)]) for dtype in DTYPES
        }


def calibrated(here: Here, unit: Unit, dtype: str, number: int) -> Json:
    """The figures, with the keys of NOTHING, of one network of the corpus in one dtype."""
    network = corpus.network(unit.family, unit.graph, number)
    case = here.case(network, dtype, network.title)
    try:
        _, comparisons, verdict, message, _ = compared(case, here.gradients(network, dtype), here.gradients)
    except GradproofError as problem:
        return {**NOTHING, "verdicts": {"failed": 1}, "told": [[network.title, "failed", str(problem)]]}
    compared_to = list(comparisons.values())
    if any(c.nonfinite.any() for c in compared_to):
        verdict = "nonfinite"
    figures = {
        **NOTHING,
        "verdicts": {verdict: 1},
        "entries": sum(c.entries for c in compared_to),
        "draws": {str(compared_to[0].draws): 1},
    }
    if verdict != "agrees":
        return {**figures, "told": [[network.title, verdict, message]]}
    z = np.concatenate([c.z[c.resolved] for c in compared_to])
    largest, name = max((c.largest, name) for name, c in comparisons.items())
    return {
        **figures,
        "agreeing": figures["entries"],
        "exact": figures["entries"] - z.size,
        "blind": sum(c.blind for c in compared_to),
        "zeros": int(np.sum(z == 0)),
        "squares": float(np.sum(z**2)),
        "z": binned(z[z > 0]),
        "largest": [largest, network.title, name],
        "tightness": binned(np.array([compared_to[0].limit / largest] if largest else [])),
        "absolute": [max(c.smallest_absolute(relative) for c in compared_to) for relative in RELATIVE],
        "sizes": binned(np.concatenate([nonzero(c.expected) for c in compared_to]), 1, 150),
    }


def nonzero(array: Any) -> Any:
    """The absolute values of the entries that are finite and not 0, flat."""
    sizes = np.abs(array)
    return sizes[(sizes > 0) & np.isfinite(sizes)]


EMPTY = binned(np.array([]))

NOTHING: Json = {
    "verdicts": {},
    "draws": {},
    "entries": 0,
    "agreeing": 0,
    "exact": 0,
    "blind": 0,
    "zeros": 0,
    "squares": 0.0,
    "z": EMPTY,
    "tightness": EMPTY,
    "sizes": EMPTY,
    "largest": [0.0, "", ""],
    "absolute": [0.0] * len(RELATIVE),
    "told": [],
}
"""The figures of no result at all.

`verdicts` counts results, `draws` counts them by how many draws their tolerance took (0: the table sufficed). The rest
is of results that agree: `exact` entries have no tolerance, `blind` ones one as large as they are, `zeros` of the
others are exactly right. `z` is the distribution of the others, `squares` their sum of squares, `tightness` that of
lambda over the largest z of a result, `sizes` that of the gradients, `absolute` the smallest absolute tolerance that
goes with each of `RELATIVE`. `told` says what did not agree.
"""


COMBINED: Mapping[str, Callable[[list[Any]], Any]] = {
    **dict.fromkeys(("verdicts", "draws"), lambda counts: dict(sorted(sum(map(Counter, counts), Counter()).items()))),
    **dict.fromkeys(("entries", "agreeing", "exact", "blind", "zeros", "squares"), sum),
    **dict.fromkeys(("z", "tightness", "sizes"), added),
    "largest": max,
    "absolute": lambda rows: [max(column) for column in zip(*rows, strict=True)],
    "told": lambda rows: [row for some in rows for row in some],
}
"""How each of the figures combines."""


def total(parts: Sequence[Json]) -> Json:
    """The figures of several units as one, each combined as COMBINED says."""
    return {key: combine([part[key] for part in parts]) for key, combine in COMBINED.items()}


def measured(done: Mapping[Unit, Json]) -> Json:
    """All units, added up by family, framework and dtype."""
    groups: dict[tuple[str, str, str], list[Json]] = {}
    for unit, figures in done.items():
        for dtype, part in figures.items():
            groups.setdefault((unit.family, unit.framework, dtype), []).append(part)
    return {
        "relative": RELATIVE,
        "results": [
            {"family": family, "framework": framework, "dtype": dtype, **total(parts)}
            for (family, framework, dtype), parts in sorted(groups.items())
        ],
    }
