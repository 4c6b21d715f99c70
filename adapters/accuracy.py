"""How accurate a framework's kernels are: the largest error in ulp, over a seeded sample of inputs.

`python -m gradproof.adapters.accuracy [framework ...]` measures the installed frameworks and prints the
figures that the adapters hold as data. They are sampled, so they are lower bounds of the true maxima: over
all float32 inputs, samples of 2^26 have missed up to 15 % of the maximum. Results below the smallest normal
number (which some frameworks flush to zero) and beyond the largest number are left out.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.framework import Framework
from gradproof.adapters.program import identifiers
from gradproof.adapters.registry import FRAMEWORKS, version
from gradproof.adapters.workers import Failed, Workers
from gradproof.reference import kernels
from gradproof.reference.build import build
from gradproof.reference.rendering import statements

Array = NDArray[Any]
Limits = Mapping[str, float]
Draw = Callable[[np.random.Generator, Limits], Array]

INPUTS = 2**20
"""Inputs of one kernel: a long array, which takes the vector path."""

SHORT = 2**12
"""How many of them are also fed three at a time: a short array or tail takes another path."""

WIDER = {"float32": np.float64, "float64": np.longdouble}

EXPONENTS = (2, 3, -1, -2, 0.5, -0.5, 1.5, 2.5, 0.1, 7)
"""The exponents that `pow` is tried with."""

DECORATORS = {"jit": "@jax.jit\n", "function": "@tf.function\n", "xla": "@tf.function(jit_compile=True)\n"}
"""How a mode compiles a function; a mode that is not listed runs it as it stands."""

MODES = {"torch": ("eager",), "tensorflow": ("eager", "xla"), "jax": ("jit",)}
"""The code paths that are measured; the figure is the worst of them."""


class Kernel(NamedTuple):
    """A kernel in the statement language, the truth in a wider dtype, and where to look.

    A kernel that is only shipped inside another function is got back out of its results by `inside(result, x)`.
    """

    statement: str
    truth: Callable[[Array], Array]
    inputs: Draw
    inside: Callable[[Array, Array], Array] = lambda result, x: result


def around_zero(largest: str) -> Draw:
    """Both signs; half of the inputs log-uniform down to tiny ones, half uniform; up to `largest`."""

    def draw(random: np.random.Generator, limits: Limits) -> Array:
        small = 2.0 ** random.uniform(limits["smallest"] / 2, np.log2(limits[largest]), INPUTS // 2)
        wide = random.uniform(0, limits[largest], INPUTS // 2)
        draws: Array = np.concatenate([small, wide]) * random.choice([-1, 1], INPUTS)
        return draws

    return draw


def beyond_half(random: np.random.Generator, limits: Limits) -> Array:
    """Both signs, from where the error function is about its size at infinity to where it is 1."""
    draws: Array = random.uniform(0.5, limits["erf"], INPUTS) * random.choice([-1, 1], INPUTS)
    return draws


def erf_of_gelu(result: Array, x: Array) -> Array:
    """erf(x / sqrt 2), got back from gelu(x) = x (1 + erf(x / sqrt 2)) / 2."""
    return result / x * 2 - 1


def positive(random: np.random.Generator, limits: Limits) -> Array:
    """Log-uniform over all normal numbers, and dense around 1."""
    everywhere = 2.0 ** random.uniform(limits["smallest"], -limits["smallest"], INPUTS // 2)
    near = 1 + random.choice([-1, 1], INPUTS // 2) * 2.0 ** random.uniform(-30, -1, INPUTS // 2)
    return np.concatenate([everywhere, near])


def above_minus_one(random: np.random.Generator, limits: Limits) -> Array:
    """Log-uniform: small with both signs, large, and just above -1."""
    end = limits["smallest"] / 2
    small = random.choice([-0.999, 1], INPUTS // 2) * 2.0 ** random.uniform(end, 0, INPUTS // 2)
    large = 2.0 ** random.uniform(0, -end, INPUTS // 4)
    edge = 2.0 ** random.uniform(-20, -1, INPUTS // 4) - 1
    return np.concatenate([small, large, edge])


def ends(dtype: str) -> Limits:
    """The exponent of the smallest normal number, and up to where a function is interesting, in `dtype`."""
    information = np.finfo(dtype)
    end = float(np.log(information.max))
    return {"smallest": float(information.minexp + 2), "exp": end, "erf": 6.0, "tanh": 25.0}


def power(exponent: float) -> Kernel:
    """x ** exponent for positive x; neither it nor its inverse, which some compute first, is subnormal."""

    def inputs(random: np.random.Generator, limits: Limits) -> Array:
        return positive(random, {"smallest": limits["smallest"] / max(1, abs(exponent))})

    def truth(x: Array) -> Array:
        # The exponent is a number of the dtype, as inputs are; only 0.1 is not one already.
        result: Array = x ** x.dtype.type(np.float32(exponent) if x.dtype == np.float64 else exponent)
        return result

    return Kernel(f"x**{exponent}", truth, inputs)


KERNELS: dict[str, tuple[Kernel, ...]] = {
    "exp": (Kernel("exp(x)", np.exp, around_zero("exp")),),
    "expm1": (Kernel("expm1(x)", np.expm1, around_zero("exp")),),
    "log": (Kernel("log(x)", np.log, positive),),
    "log1p": (Kernel("log1p(x)", np.log1p, above_minus_one),),
    "sqrt": (Kernel("sqrt(x)", np.sqrt, positive),),
    "tanh": (Kernel("tanh(x)", np.tanh, around_zero("tanh")),),
    "sigmoid": (Kernel("sigmoid(x)", kernels.sigmoid, around_zero("exp")),),
    "softplus": (Kernel("softplus(x)", kernels.softplus, around_zero("exp")),),
    "erf": (Kernel("erf(x)", kernels.erf, around_zero("erf")),),
    "erf_in_gelu": (
        Kernel("gelu(x)", lambda x: kernels.erf(x * kernels.constant(x, name="sqrt_half")), beyond_half, erf_of_gelu),
    ),
    "pow": tuple(map(power, EXPONENTS)),
}


def forward(framework: Framework, mode: str, statement: str) -> str:
    """A program whose `gradients(x)` gives not gradients but the value of `statement`."""
    network = build(f"y = {statement}\nL = sum(y)", {"x": [0.0]})
    names = identifiers(network, framework)
    (_, expression), _ = statements(network, framework.templates, names, framework.number)
    head = "\n".join([*framework.imports, *framework.setup])
    return f"{head}\n\n\n{DECORATORS.get(mode, '')}def gradients(x):\n    return [{expression}]\n"


def ulps(got: Array, truth: Array, dtype: str) -> Array:
    """The error of `got` in units in the last place of `truth`; 0 where that is no normal number."""
    information = np.finfo(dtype)
    counted = (np.abs(truth) >= information.tiny) & (np.abs(truth) <= information.max)
    _, exponent = np.frexp(np.where(counted, truth, 1))
    unit = np.ldexp(truth.dtype.type(1), exponent - information.nmant - 1)
    with np.errstate(invalid="ignore"):
        error = np.abs(got.astype(truth.dtype) - truth) / unit
    return np.where(counted, np.where(np.isnan(error), np.inf, error), 0)


def measure(workers: Workers, framework: Framework, name: str, dtype: str, seed: int = 0) -> tuple[float, float]:
    """The largest error of the kernel `name` in ulp, and the input where it occurs. Raises RuntimeError."""
    worst = (0.0, 0.0)
    for kernel in KERNELS[name]:
        x = kernel.inputs(np.random.default_rng([seed, 0]), ends(dtype)).astype(dtype)
        short = np.random.default_rng([seed, 1]).choice(x, (SHORT // 3, 3))
        fed = np.concatenate([x, short.ravel()])
        with np.errstate(over="ignore", under="ignore"):
            truth = kernel.truth(fed.astype(WIDER[dtype]))
        for mode in MODES[framework.key]:
            text = forward(framework, mode, kernel.statement)
            results = workers.submit(framework.key, text, [(x,), *((row,) for row in short)], dtype).result()
            if isinstance(results, Failed):
                raise RuntimeError(f"{framework.title}: {results.message}")
            got = np.concatenate([array for (array,) in results]).astype(truth.dtype)
            errors = ulps(kernel.inside(got, fed.astype(truth.dtype)), truth, dtype)
            where = int(np.argmax(errors))
            worst = max(worst, (float(errors[where]), float(fed[where])))
    return worst


def main(keys: list[str]) -> None:
    """Print the figures of the frameworks named `keys`, or of all that are installed."""
    chosen = [FRAMEWORKS[key] for key in keys] or [f for f in FRAMEWORKS.values() if version(f)]
    with Workers([framework.key for framework in chosen]) as workers:
        for framework in chosen:
            for dtype in WIDER:
                print(f"{framework.title} {version(framework)} {dtype}")
                for name in KERNELS:
                    error, where = measure(workers, framework, name, dtype)
                    print(f"  {name:11} {error:9.3f} ulp at {where!r}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
