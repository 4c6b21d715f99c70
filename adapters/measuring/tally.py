"""What a kernel did: its worst errors, and what became of numbers that are not normal.

A tally is plain data, so that it can be stored and added to another.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.measuring.formats import FORMATS, unit_in_last_place
from gradproof.reference.admitted import HALF_ULP

Array = NDArray[Any]
Data = dict[str, Any]

KEPT = 16
"""How many of the worst errors are kept, to be certified."""

EXPECTED = {
    "nan": "the function is undefined there",
    "infinite": "the result is too large, or infinite",
    "zero": "the result is zero",
    "finite": "the result is a number other than zero",
}
"""What results are expected to be; those that are not are counted, with an example."""

INPUTS = ("normal", "subnormal")
"""Kinds of inputs that are told apart: some frameworks read subnormal numbers as 0. Zero, infinity and NaN go with
normal numbers.
"""

SUBNORMAL: dict[str, Callable[..., Any]] = {"units": max, "results": sum, "flushed": sum}
"""Of results below the smallest normal number: the largest error in units of the smallest subnormal, how many are not
less than that, and how many of these became 0; and how two tallies combine.
"""

CAUTION = 4
"""How many roundings of its own a truth is made smaller by before its exponent is taken: it may be a power of two only
because it was rounded up, so that its units are those of the exponent below. Errors are then never too small.
"""


class Tally:
    """What one kernel did on one path in one dtype: worst errors in ulp, unexpected results, subnormal results."""

    def __init__(self, dtype: str) -> None:
        self.dtype, self.format = dtype, FORMATS[dtype]
        self.worst: dict[str, list[list[float]]] = {inputs: [] for inputs in INPUTS}
        self.unexpected: dict[str, dict[str, list[Any]]] = {i: {e: [0, None] for e in EXPECTED} for i in INPUTS}
        self.subnormal: dict[str, Any] = dict.fromkeys(SUBNORMAL, 0)
        self.floor = HALF_ULP  # of the errors that are kept: those below it are as good as it gets

    @property
    def data(self) -> Data:
        """The tally as dicts and lists of numbers and texts, which JSON can hold."""
        return {"worst": self.worst, "unexpected": self.unexpected, "subnormal": self.subnormal}

    def screen(self, x: Array, got: Array, truth: Array, near: Array) -> None:
        """Add results whose inputs and truth are normal float32 numbers; `near` is the truth in float32."""
        candidates = suspects(got, near, self.floor)
        if candidates.any():
            where = np.flatnonzero(candidates)
            self.normal(x[where], got[where], truth[where], got[where], "normal")

    def add(self, x: Array, got: Array, truth: Array, raw: Array | None = None) -> None:
        """Add results of any kind; `raw` are those that are kept, if they are not `got`."""
        raw = got if raw is None else raw
        f = self.format
        size = np.abs(truth)
        tiny = (np.abs(x) < f.smallest_normal) & (x != 0)
        low = (size > 0) & (size < f.smallest_normal)
        between = (size >= f.smallest_normal) & (size <= f.largest)
        for inputs, these in zip(INPUTS, (~tiny, tiny), strict=True):
            if these.any():
                self.expect(inputs, "nan", x, these & np.isnan(truth), np.isnan(got))
                self.expect(inputs, "infinite", x, these & (size >= f.overflow), got == np.copysign(np.inf, truth))
                self.expect(inputs, "zero", x, these & (size == 0), got == 0)
                chosen = these & between
                if chosen.any():
                    self.normal(x[chosen], got[chosen], truth[chosen], raw[chosen], inputs)
        self.expect("normal", "finite", x, low, np.isfinite(got))
        low &= np.isfinite(got)
        if low.any():
            worst = float(np.max(np.abs(got[low] - truth[low]) / truth.dtype.type(f.smallest_subnormal)))
            representable = size[low] >= f.smallest_subnormal
            self.subnormal["units"] = max(self.subnormal["units"], worst)
            self.subnormal["results"] += int(np.sum(representable))
            self.subnormal["flushed"] += int(np.sum(representable & (got[low] == 0)))

    def expect(self, inputs: str, kind: str, x: Array, asked: Array, answered: Array) -> None:
        """Count the results `asked` to be of a kind (see `EXPECTED`) that were not, and keep the first such input."""
        wrong = asked & ~answered
        if wrong.any():
            count, example = self.unexpected[inputs][kind]
            example = float(x[np.argmax(wrong)]).hex() if example is None else example
            self.unexpected[inputs][kind] = [count + int(np.sum(wrong)), example]

    def normal(self, x: Array, got: Array, truth: Array, raw: Array, inputs: str) -> None:
        """Add results whose truth is a normal number: those not finite are unexpected, of others the worst are kept."""
        finite = np.isfinite(got)
        if not finite.all():
            self.expect(inputs, "finite", x, ~finite, finite)
            x, got, truth, raw = x[finite], got[finite], truth[finite], raw[finite]
        error = errors(got, truth, self.dtype)
        known = self.worst[inputs]
        better = np.flatnonzero(error > (known[-1][0] if len(known) == KEPT else HALF_ULP))
        if len(better) > KEPT:
            better = better[np.argpartition(error[better], -KEPT)[-KEPT:]]
        if len(better):
            known += [[float(error[i]), float(x[i]), float(raw[i])] for i in better]
            self.worst[inputs] = known = worst_first(known)
            if inputs == "normal" and len(known) == KEPT:
                self.floor = known[-1][0]


def suspects(got: Array, near: Array, floor: float) -> Array:
    """Where float32 results may be off by more than `floor` ulp, if `near` is the truth in float32.

    A result is k numbers away from `near`, so its error is k - 1/2 to k + 1/2 ulp where result and truth have one
    exponent. Those that have two are always suspects.
    """
    bits, right = got.view(np.uint32), near.view(np.uint32)
    k = np.uint32(max(1, int(np.ceil(floor - HALF_ULP))))
    candidates: Array = bits - right + (k - np.uint32(1)) > 2 * k - np.uint32(2)
    candidates |= (bits ^ right) > np.uint32(0x7FFFFF)
    if k > 1:  # a power of two may be the truth rounded up, which then has the exponent below
        candidates |= (right & np.uint32(0x7FFFFF) == 0) & (bits != right)
    return candidates


def errors(got: Array, truth: Array, dtype: str) -> Array:
    """The errors of `got` in ulp of `truth`, entry by entry, never too small; all of `truth` must be normal."""
    cautious = truth * (1 - CAUTION * np.finfo(truth.dtype).eps)
    error: Array = np.abs(got - truth) / unit_in_last_place(cautious, dtype)
    return error


def worst_first(rows: Iterable[list[float]]) -> list[list[float]]:
    """The worst of the rows [error, input, result]; of equal errors, the smaller input first, and none twice."""
    once = {row[1]: row for row in rows}
    return sorted(once.values(), key=lambda row: (-row[0], abs(row[1]), row[1]))[:KEPT]


def added(tallies: Sequence[Data]) -> Data:
    """The sum of the tallies of several parts of one work, as `Tally.data` gives each."""
    first = [
        (i, e, [t["unexpected"][i][e] for t in tallies if t["unexpected"][i][e][0]]) for i in INPUTS for e in EXPECTED
    ]
    unexpected: Data = {i: {} for i in INPUTS}
    for i, e, found in first:
        unexpected[i][e] = [sum(count for count, _ in found), found[0][1] if found else None]
    subnormal = {key: combine(t["subnormal"][key] for t in tallies) for key, combine in SUBNORMAL.items()}
    worst = {i: worst_first(row for t in tallies for row in t["worst"][i]) for i in INPUTS}
    return {"worst": worst, "unexpected": unexpected, "subnormal": subnormal}
