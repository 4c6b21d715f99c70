"""A unit of work, which any process can do: one kernel of one framework on one block of inputs, or on a sample."""

import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.measuring.binades import EXPONENTS, PROBES, Binades, sample
from gradproof.adapters.measuring.catalogue import KERNELS, Kernel, ends, powers_of_two
from gradproof.adapters.measuring.formats import EXHAUSTIVE, FORMATS, numbers, special_numbers, ulps
from gradproof.adapters.measuring.programs import ROW, SHAPES, runner
from gradproof.adapters.measuring.tally import Data, Tally
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.running.messages import exception_line

Array = NDArray[Any]

BLOCK = 2**26
"""Inputs of one unit: what a killed run loses."""

CHUNK = 2**16
"""Inputs that are evaluated at a time: few enough for the cache, and all of one exponent in float32."""

SAMPLE = {"long": 2**20, "short": ROW * 2**12, "strided": 2**18}
"""Inputs of a sample, by shape."""

SAMPLE_OF_BINADE = {"long": 2**12, "short": ROW * 2**6, "strided": 2**10}
"""Inputs of a sample of one binade."""

ROUNDS = 4
"""How often a search goes on from the worst inputs it has found."""

WIDER: dict[str, np.dtype[Any]] = {"float32": np.dtype(np.float64), "float64": np.dtype(np.longdouble)}

THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
"""One thread for each process: the work is spread over processes."""


class Unit(NamedTuple):
    """A unit of work: `size` inputs from the one whose bits are `start`, or a searched sample if `size` is 0.

    With `binades`, it is a sample of each binade.
    """

    framework: str
    version: str
    kernel: str
    dtype: str
    start: int = 0
    size: int = 0
    binades: bool = False


def units(frameworks: list[str], kernels: list[str], block: int = BLOCK) -> list[Unit]:
    """The units for these frameworks (keys) and kernels (names), kernel by kernel; `block` inputs at most in each."""
    result = []
    for kernel in kernels:
        for key in frameworks:
            installed = version(FRAMEWORKS[key]) or "none"
            if KERNELS[kernel].quick:
                for dtype in EXHAUSTIVE:
                    total = 2 ** FORMATS[dtype].bits
                    step = min(block, total)
                    result += [Unit(key, installed, kernel, dtype, start, step) for start in range(0, total, step)]
                result += [Unit(key, installed, kernel, dtype, binades=True) for dtype in WIDER]
            result += [Unit(key, installed, kernel, dtype) for dtype in WIDER]
    return result


def about_binades(unit: Unit) -> bool:
    """Whether a unit adds to the figures by binade: it samples them, or its block begins in one."""
    x = numbers(unit.dtype, unit.start, 1)[0] if unit.size and unit.dtype == "float32" else np.inf
    return unit.binades or 2.0**EXPONENTS.start <= abs(x) < 2.0**EXPONENTS.stop


def perform(unit: Unit) -> Data:
    """The tallies by path, `{"failed": message}` in place of one that the framework does not support.

    What it gives is as `Tally.data` and `Binades.data` say, besides `special`, the results at `SPECIAL` as texts.
    """
    framework = FRAMEWORKS[unit.framework]
    if framework.module not in sys.modules:
        os.environ.update(framework.environment)
        os.environ.update({name: value for name, value in THREADS.items() if name not in os.environ})
    with np.errstate(all="ignore"):
        return every_number(unit) if unit.size else searched(unit)


def paths(unit: Unit) -> Iterator[str]:
    """The paths ("MODE SHAPE") that a sample is taken on: all but those that see every number."""
    for mode in FRAMEWORKS[unit.framework].measured_modes:
        for shape in SHAPES:
            if shape != "long" or not KERNELS[unit.kernel].quick or unit.dtype not in EXHAUSTIVE:
                yield f"{mode} {shape}"


def every_number(unit: Unit) -> Data:
    """All inputs of a block, and with the first block the special ones; the truth serves all paths.

    Raises ValueError for a kernel without a quick truth.
    """
    framework, kernel = FRAMEWORKS[unit.framework], KERNELS[unit.kernel]
    if kernel.quick is None:
        raise ValueError(f"{unit.kernel} has no quick truth")
    result: Data = {}
    running = {}
    probes = np.array(PROBES, np.float32)
    for mode in FRAMEWORKS[unit.framework].measured_modes:
        path = f"{mode} long"
        try:
            run = runner(framework, path, kernel.statement, unit.dtype)
            specials = special_results(run, unit.dtype)
        except BaseException as problem:  # whatever a framework raises for a dtype that it does not support
            result[path] = {"failed": exception_line(problem)}
            continue
        binades = Binades(unit.kernel, unit.dtype) if unit.dtype in WIDER else None
        if binades:
            binades.add(probes, run(probes), kernel.quick(probes.astype(np.float64)))
        running[path] = run, Tally(unit.dtype), binades, specials
    step = min(CHUNK, unit.size)
    for start in range(unit.start, unit.start + unit.size, step):
        x = numbers(unit.dtype, start, step)
        truth = kernel.quick(x.astype(np.float64))
        near = truth.astype(np.float32)
        ordinary = unit.dtype == "float32" and strictly_normal(x) and strictly_normal(near)
        for run, tally, binades, _ in running.values():
            got = run(x)
            if ordinary:
                tally.screen(x, got, truth, near)
            elif not settled(got, near):
                tally.add(x, got, truth)
            else:
                continue
            if binades:
                (binades.screen if ordinary else binades.add)(x, got, truth, near)
    for path, (_, tally, binades, specials) in running.items():
        result[path] = tally.data | ({"special": specials} if unit.start == 0 else {})
        result[path] |= binades.data if binades else {}
    return result


def strictly_normal(x: Array) -> bool:
    """Whether all float32 numbers are normal, and neither the smallest nor the largest such."""
    bits = x.view(np.uint32) & np.uint32(0x7FFFFFFF)
    return bool(bits.min() > 0x00800000 and bits.max() < 0x7F7FFFFF)


def settled(got: Array, near: Array) -> bool:
    """Whether all truth is beyond the numbers (0, infinity or NaN to float32), and all results say so."""
    if np.isnan(near[0]):
        return bool(np.isnan(near).all() and np.isnan(got).all())
    return bool((near[0] == 0 or np.isinf(near[0])) and (near == near[0]).all() and (got == near[0]).all())


def special_results(run: Any, dtype: str) -> list[str]:
    """The results at the special inputs, of which one long array holds 64 copies each."""
    fed = np.repeat(np.array(special_numbers(dtype), "float64" if dtype == "float64" else "float32"), 64)
    got = run(fed).reshape(-1, 64)
    return [f"{row[0]:.9g}" if len({f"{y:.9g}" for y in row}) == 1 else "varies" for row in got]


def searched(unit: Unit) -> Data:
    """A sample on each path but those that see every number; then again and again near the worst inputs."""
    framework, kernel = FRAMEWORKS[unit.framework], KERNELS[unit.kernel]
    result: Data = {}
    for path in paths(unit):
        shape = path.split()[1]
        try:
            run = runner(framework, path, kernel.statement, unit.dtype)
            if unit.binades:
                result[path] = search_binades(run, unit.kernel, unit.dtype, SAMPLE_OF_BINADE[shape]).data
                continue
            tally = search(run, kernel, unit.dtype, SAMPLE[shape])
            special = {"special": special_results(run, unit.dtype)} if shape == "long" else {}
        except BaseException as problem:  # as in `every_number`
            result[path] = {"failed": exception_line(problem)}
            continue
        result[path] = tally.data | special
    return result


def search(run: Any, kernel: Kernel, dtype: str, count: int, seed: int = 0) -> Tally:
    """The errors on a seeded sample of `count` inputs, and near the worst of them."""
    random = np.random.default_rng(seed)
    tally = Tally(dtype)
    first = kernel.inputs(random, ends(dtype), count).astype(dtype)
    low, high = float(np.abs(first).min()), float(np.abs(first).max())
    x = first
    for _ in range(ROUNDS):
        wide = x.astype(WIDER[dtype])
        truth = kernel.truth(wide)
        raw = run(x)
        got = kernel.inside(raw.astype(wide.dtype), wide)
        tally.add(x, got, truth, raw)
        errors = ulps(got, truth, dtype)
        worst = x[np.argsort(errors)[-64:]]
        x = neighbours(worst, random, len(first) // 4 // ROW * ROW, dtype)
        x = np.copysign(np.clip(np.abs(x), low, high), x)
    return tally


def search_binades(run: Any, name: str, dtype: str, count: int, seed: int = 0) -> Binades:
    """The errors on a seeded sample of `count` inputs in each binade, and near the worst of each."""
    random = np.random.default_rng(seed)
    binades = Binades(name, dtype)

    def tried(x: Array) -> Array:
        wide = x.astype(WIDER[dtype])
        got, truth = run(x).astype(wide.dtype), KERNELS[name].truth(wide)
        binades.add(x, got, truth)
        return ulps(got, truth, dtype)

    tried(np.array(PROBES, dtype))
    x = sample(random, count, dtype)
    for _ in range(ROUNDS):
        rows = x.reshape(-1, count)
        worst = np.argsort(tried(x).reshape(rows.shape), axis=1)[:, -8:]
        x = nudged(np.ravel(np.take_along_axis(rows, np.resize(worst.T, rows.T.shape).T, axis=1)), random, dtype)
    return binades


def neighbours(x: Array, random: np.random.Generator, count: int, dtype: str) -> Array:
    """`count` numbers near those of `x`, each from one that is drawn of them."""
    return nudged(random.choice(x, count), random, dtype)


def nudged(x: Array, random: np.random.Generator, dtype: str) -> Array:
    """Numbers near `x`: as many steps away as a random power of two, up to an eighth of `x`."""
    integer = np.int32 if dtype == "float32" else np.int64
    steps = powers_of_two(random, 0, FORMATS[dtype].mantissa - 3, len(x)) * random.choice([-1, 1], len(x))
    near: Array = (x.view(integer) + steps.astype(integer)).view(x.dtype)
    return near
