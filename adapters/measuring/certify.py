"""The errors that are reported, recomputed in ball arithmetic, so that no float64 truth decides about them."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gradproof.adapters.figures import Figure, place
from gradproof.adapters.measuring.binades import merged
from gradproof.adapters.measuring.catalogue import KERNELS
from gradproof.adapters.measuring.formats import FORMATS, SPECIAL
from gradproof.adapters.measuring.tally import KEPT, Data, added
from gradproof.adapters.measuring.work_units import Unit
from gradproof.reference.admitted import HALF_ULP, OFF_IN_FLOAT64, OFF_IN_LONG_DOUBLE
from gradproof.reference.errors import GradproofError
from gradproof.reference.readings.balls import Balls, certified, flint

SLACK = OFF_IN_FLOAT64 * float(np.finfo(np.float64).eps) / float(np.finfo(np.float32).eps)
"""What the screening truth may be off by, in ulp of float32; the tests compare it with balls."""

SLACK_OF_LONG_DOUBLE = OFF_IN_LONG_DOUBLE * float(np.finfo(np.longdouble).eps / np.finfo(np.float64).eps)
"""What a truth in long double may be off by, in ulp of float64."""

DIGITS = 4
"""Figures are rounded up to so many decimals, which covers the slack."""


def certified_ulps(kernel: str, dtype: str, x: float, got: float) -> float:
    """The error of `got` at `x` in ulp, not less than it is. Raises GradproofError without python-flint."""
    k = KERNELS[kernel]

    def error() -> Any:
        here = Balls.exact(np.array([x]))
        (truth,) = k.truth(here).value
        (result,) = k.inside(Balls.exact(np.array([got])), here).value
        _, exponent = math.frexp(float(truth.mid()))
        if abs(truth) < flint().arb(2) ** (exponent - 1):  # rounding made it a power of two
            exponent -= 1
        return float((abs(result - truth) * flint().arb(2) ** (FORMATS[dtype].mantissa + 1 - exponent)).upper())

    return float(certified(error))


def worst(kernel: str, dtype: str, candidates: Sequence[Sequence[float]]) -> tuple[float, float | None, float | None]:
    """The largest error in ulp, rounded up, with its input and result; half an ulp, which many have, has none.

    Raises GradproofError where the candidates are so many, and so much better than the screen took them for, that
    others could be worse.
    """
    errors = [(certified_ulps(kernel, dtype, x, got), x, got) for _, x, got in candidates]
    largest, x, got = max(errors, default=(HALF_ULP, 0.0, 0.0), key=lambda row: row[0])
    slack = SLACK_OF_LONG_DOUBLE if dtype == "float64" else SLACK
    if len(candidates) == KEPT and largest < candidates[-1][0] - slack:
        raise GradproofError(f"{kernel} in {dtype}: screened at {candidates[-1][0]} ulp, but at most {largest}")
    return (rounded_up(largest), x, got) if largest > HALF_ULP else (HALF_ULP, None, None)


def rounded_up(error: float) -> float:
    """`error` in ulp and the slack, rounded up to `DIGITS` decimals, so that the figure is never too small."""
    return float(math.ceil((error + SLACK) * 10**DIGITS) / 10**DIGITS)


def figures(done: Iterable[tuple[Unit, Data]]) -> list[Figure]:
    """The figures of all units together: those of the blocks of one kernel, dtype and path make one."""
    done = list(done)
    tallies: dict[tuple[str, str, str, str], list[Data]] = {}
    for unit, result in done:
        for path, tally in result.items():
            if not unit.binades:
                which = unit.kernel, unit.dtype, path, "all" if unit.size else "searched"
                tallies.setdefault(which, []).append(tally)
    tables = {place(table): table for table in by_binade(done)}
    found = [figure(*which, parts) for which, parts in tallies.items()]
    return [one | tables.get(place(one), {}) for one in found]


def by_binade(done: Iterable[tuple[Unit, Data]]) -> list[Figure]:
    """What figures say by binade, alone: errors with the slack, rounded up, and where a function is at its limit."""
    tables: dict[tuple[str, str, str], list[Data]] = {}
    for unit, result in done:
        for path, table in result.items():
            if "binades" in table:
                tables.setdefault((unit.kernel, unit.dtype, path), []).append(table)
    found = []
    for (kernel, dtype, path), parts in tables.items():
        slack = SLACK_OF_LONG_DOUBLE if dtype == "float64" else 0
        table = merged(parts)
        binades = {
            key: rounded_up(ulp + slack) if ulp > HALF_ULP else HALF_ULP for key, ulp in table["binades"].items()
        }
        limit = {} if table["limit"] is None else {"limit": table["limit"]}
        found.append({**about(kernel, dtype, path), "binades": binades, **limit})
    return found


def about(kernel: str, dtype: str, path: str) -> Figure:
    """The keys of a figure that say what it is of: kernel, statement, dtype and path; `pow` without its exponent."""
    return {"kernel": kernel.split()[0], "statement": KERNELS[kernel].statement, "dtype": dtype, "path": path}


def figure(kernel: str, dtype: str, path: str, inputs: str, tallies: Sequence[Data]) -> Figure:
    """One figure, as the adapters' data have it: what is as it should be is left out."""
    here = about(kernel, dtype, path)
    for tally in tallies:
        if "failed" in tally:
            return {**here, "failed": tally["failed"]}
    tally = added(tallies)
    ulp, x, got = worst(kernel, dtype, tally["worst"]["normal"])
    found: Figure = {**here, "inputs": inputs, "ulp": ulp}
    if x is not None and got is not None:
        found |= {"x": x.hex(), "result": got.hex()}
    if tally["worst"]["subnormal"]:
        found["ulp_of_subnormal_inputs"] = worst(kernel, dtype, tally["worst"]["subnormal"])[0]
    below = tally["subnormal"]
    if below["results"]:
        some = f"{below['flushed']} of {below['results']} flushed"
        found["subnormal_results"] = {0: "kept", below["results"]: "flushed"}.get(below["flushed"], some)
        if not below["flushed"]:
            found["subnormal_units"] = rounded_up(below["units"]) if below["units"] else 0.0
    for kind, name in (("normal", "unexpected"), ("subnormal", "unexpected_of_subnormal_inputs")):
        wrong = {f"not {expected}": pair for expected, pair in tally["unexpected"][kind].items() if pair[0]}
        if wrong:
            found[name] = wrong
    for special in (t["special"] for t in tallies if "special" in t):
        found["special"] = dict(zip(SPECIAL, special, strict=True))
    return found


def line(figure: Figure) -> str:
    """A figure as a line of text for the terminal, its error in ulp."""
    head = f"{figure['statement']:14} {figure['dtype']:9} {figure['path']:14}"
    if "failed" in figure:
        return f"{head} {figure['failed']}"
    if "ulp" not in figure:
        return (
            f"{head}    {min(figure['binades'].values()):9.4f} to {max(figure['binades'].values()):.4f} ulp by binade"
        )
    bound = "  " if figure["inputs"] == "all" else ">="
    return f"{head} {bound} {figure['ulp']:9.4f} ulp" + (f" at {figure['x']}" if "x" in figure else "")
