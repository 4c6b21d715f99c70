"""How errors grow with a network's depth and width: the first layer's gradient in dense chains.

Each chain has layers of one width, tanh or relu, and weights of such a size that neither values nor gradients grow or
shrink much from layer to layer (Glorot and Bengio 2010, eq. 12; He et al. 2015, eq. 10).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gradproof.adapters.registry import DTYPES
from gradproof.reference.language.build import build
from gradproof.reference.network import Network
from gradproof.reference.random_networks import Seeded
from gradproof.reference.random_networks.families import single
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.analysis.corpus.trajectories import norm
from gradproof.reports.checking.explaining.explaining import compared

SEED = 7

ACTIVATIONS: Mapping[str, float] = {"tanh": 3.0, "relu": 6.0}
"""Weights are uniform within the root of this over the number of inputs: of variance 1 or 2 over that number."""

DEPTHS = tuple(2**i for i in range(6))
WIDTHS = tuple(2**i for i in range(2, 11))

DEPTH, WIDTH, BATCH = 3, 64, 16
"""The depth at which the width is varied, the width at which the depth is, and the samples."""

SETS = 3
"""Sets of numbers of each chain."""


class Unit(NamedTuple):
    """One chain in one framework: all sets of numbers, both dtypes."""

    framework: str
    activation: str
    depth: int
    width: int
    sets: int = SETS


def shapes(largest: int = WIDTHS[-1]) -> list[tuple[int, int]]:
    """Pairs (depth, width) of the chains, as far as WIDTHS go to `largest`."""
    along_width = ((DEPTH, width) for width in WIDTHS if width <= largest)
    return sorted({*((depth, WIDTH) for depth in DEPTHS), *along_width})


def units(frameworks: Sequence[str], largest: int = WIDTHS[-1], sets: int = SETS) -> list[Unit]:
    """The units of these frameworks, up to the `largest` width."""
    return [Unit(f, a, d, w, sets) for f in frameworks for d, w in shapes(largest) for a in ACTIVATIONS]


def chain(activation: str, depth: int, width: int, number: int) -> Network:
    """The chain of `depth` hidden layers, filled with set `number` of numbers, all of them float32's."""
    draw = Seeded(SEED, depth, width, number)
    bound = math.sqrt(ACTIVATIONS[activation] / width)
    arrays = {"x": draw.numbers((BATCH, width)), "t": draw.numbers((BATCH, width))}
    lines, value = [], "x"
    for i in range(1, depth + 2):
        arrays[f"W{i}"], arrays[f"b{i}"] = single(bound * draw.numbers((width, width))), draw.numbers((width,)) / 8
        lines.append(f"z{i} = {value} @ W{i} + b{i}")
        value = f"a{i}"
        lines.append(f"a{i} = {activation}(z{i})")
    lines[-1] = f"L = mean_over_samples(z{depth + 1}, t)"
    parameters = [name for name in arrays if name[0] in "Wb"]
    return build("\n".join(lines), arrays, parameters=parameters, title=f"{activation} {depth} x {width}, {number}")


def perform(unit: Unit) -> Json:
    """A row of figures for each set of numbers and dtype; see `chain_rows`."""
    here = Here(unit.framework)
    with np.errstate(all="ignore"):
        return {"rows": [row for number in range(unit.sets) for row in chain_rows(here, unit, number)]}


def chain_rows(here: Here, unit: Unit, number: int) -> Iterator[Json]:
    """The error of the first layer's weights' gradient in units of u, that which is predicted, and z of all."""
    network = chain(unit.activation, unit.depth, unit.width, number)
    for dtype in DTYPES:
        case = here.case(network, dtype, network.title)
        _, comparisons, verdict, *_ = compared(case, here.gradients(network, dtype), here.gradients)
        first = comparisons["W1"]
        scale = norm(first.expected) * float(np.finfo(dtype).eps) / 2
        z = np.concatenate([c.z[c.resolved] for c in comparisons.values()])
        yield {
            "dtype": dtype,
            "set": number,
            "error": norm(first.got.astype(first.expected.dtype) - first.expected) / scale,
            "predicted": norm(first.sigma) / scale,
            "largest z": float(z.max()),
            "rms z": float(np.sqrt(np.mean(np.square(z)))),
            "entries": z.size,
            "draws": first.draws,
            "verdict": verdict,
        }


def measured(done: Mapping[Unit, Json]) -> Json:
    """The rows of all units, each with its framework, activation, depth and width."""
    return {
        "results": [
            {"framework": u.framework, "activation": u.activation, "depth": u.depth, "width": u.width, **row}
            for u, part in done.items()
            for row in part["rows"]
        ]
    }
