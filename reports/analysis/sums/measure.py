"""Sums, matrix products and convolutions: the error of each entry against u |A||B| and against the model.

Each entry is a sum of products of an entry of A and one of B, |A||B| the sum of their absolute values, and the error is
measured against the exact sum.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.programs.script import rounded
from gradproof.adapters.registry import DTYPES, FRAMEWORKS
from gradproof.reference.admitted import ALL_DRAWS, FIRST_DRAWS
from gradproof.reference.readings.plain import WIDER
from gradproof.reference.sweep import gradients
from gradproof.reports.analysis.corpus.histograms import Json
from gradproof.reports.analysis.corpus.running import Here
from gradproof.reports.analysis.sums import exact
from gradproof.reports.analysis.sums.summed import KINDS, OPERATIONS, network
from gradproof.reports.checking.tolerance.case import Case
from gradproof.reports.checking.tolerance.comparison import compare
from gradproof.reports.checking.tolerance.tolerance import Sampled, agree

Array = NDArray[Any]

LENGTHS = (2, 3, 4, 7, 8, 16, 32, 33, 64, 100, 128, 256, 512, 1000, 1024, 2048, 4096, 8192, 10000, 16384)
"""The numbers of terms of the sums that are measured."""


class Unit(NamedTuple):
    """One operation and length in one framework: all its paths, both dtypes, all kinds of data."""

    framework: str
    operation: str
    length: int


def units(frameworks: Sequence[str], lengths: Sequence[int] = LENGTHS) -> list[Unit]:
    """The units of these frameworks, the longest first, so that no process ends long after the others."""
    return [
        Unit(key, operation, length)
        for key in frameworks
        for length in sorted(lengths, reverse=True)
        for operation in OPERATIONS
    ]


def perform(unit: Unit) -> Json:
    """A row of figures for each dtype, kind of data and path."""
    return {"results": [row for dtype in DTYPES for kind in KINDS for row in path_rows(unit, dtype, kind)]}


def path_rows(unit: Unit, dtype: str, kind: str) -> Iterator[Json]:
    """The figures of one network, from its Subject and the PathJudge, on each of the framework's paths."""
    subject = Subject(unit, dtype, kind)
    paths = [Here(unit.framework, mode) for mode in FRAMEWORKS[unit.framework].measured_modes]
    judge = PathJudge(paths[0].case(subject.network, dtype), subject)
    for here in paths:
        got = here.gradients(subject.network, dtype)[subject.operation.parameter]
        yield {**unit._asdict(), "mode": here.mode, "dtype": dtype, "data": kind, **subject.figures(got), **judge(got)}


class Subject:
    """One network with its exact sums; arrays have the gradient's shape."""

    def __init__(self, unit: Unit, dtype: str, kind: str) -> None:
        self.operation, self.dtype, self.unit = OPERATIONS[unit.operation], np.dtype(dtype), np.finfo(dtype).eps / 2
        self.network = network(unit.operation, unit.length, kind)
        read = rounded(self.network, dtype)
        self.shape = read[self.operation.parameter].shape
        self.left, self.right = self.operation.matrices(read)
        self.parts = exact.product(self.left, self.right)
        self.sizes = self.shaped(np.abs(self.left).astype(float) @ np.abs(self.right).astype(float))

    def shaped(self, array: Array) -> Array:
        """An array of the product's shape in the gradient's."""
        return array.reshape(self.shape)

    @cached_property
    def truth(self) -> Array:
        """The exact sums, rounded once to the dtype that tolerances are computed in."""
        return self.shaped(exact.wide(self.parts, WIDER[self.dtype]))

    def errors(self, got: Array) -> Array:
        """The error |got - A @ B| of each entry in units of u |A||B|; `got` has the gradient's shape."""
        off = exact.total([*self.parts, -got.reshape(self.parts[0].shape)])
        errors: Array = np.abs(self.shaped(off)) / (self.unit * self.sizes)
        return errors

    @cached_property
    def sequential(self) -> float:
        """The root mean square error of a sequential sum in the dtype, product after product, in u |A||B|."""
        left, right = self.left.astype(self.dtype), self.right.astype(self.dtype)
        added = np.add.accumulate(left[..., :, None] * right[..., None, :, :], axis=-2)[..., -1, :]
        return rms(self.errors(self.shaped(added)))

    def figures(self, got: Array) -> Json:
        """The largest error and the root mean square, beside that of a sequential sum of the same terms."""
        errors = self.errors(got)
        return {"largest": short(np.max(errors)), "rms": short(rms(errors)), "sequential": short(self.sequential)}


class PathJudge:
    """The tolerance of a network, for as many results as there are paths: they share the model."""

    def __init__(self, case: Case, subject: Subject) -> None:
        self.name, self.scale = subject.operation.parameter, subject.unit * subject.sizes
        (rounding,) = case.table().values()
        self.expected = {self.name: type(rounding)(subject.truth, rounding.variance)}
        self.reference = float(np.max(np.abs(rounding.value - subject.truth) / self.scale))
        self.drawn = cache(Sampled(case, lambda reading: gradients(case.network, reading)).spread)

    def __call__(self, got: Array) -> Json:
        """z under the table, and as gradproof judges: under the draws where the table alone would flag."""
        table = judged = compare({self.name: got}, self.expected)
        for count in (FIRST_DRAWS, ALL_DRAWS):
            if not agree(judged):
                judged = compare({self.name: got}, self.expected, self.drawn(count), count)
        last = judged[self.name]
        return {
            "table": short(table[self.name].largest),
            "z": short(last.largest),
            "z rms": short(rms(last.z[last.resolved])),
            "draws": last.draws,
            "flagged": int(last.flagged.sum()),
            "predicted": short(rms(np.asarray(table[self.name].sigma / self.scale, float))),
            "reference": short(self.reference),
        }


def rms(values: Array) -> float:
    """The root mean square of `values`; 0 if there are none."""
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def short(x: float) -> float:
    """A figure in five digits: more say nothing, and there are many."""
    return float(f"{x:.5g}")


def measured(done: Mapping[Unit, Json]) -> Json:
    """The rows of all units, in order, as JSON."""
    return {"results": [row for unit in sorted(done) for row in done[unit]["results"]]}
