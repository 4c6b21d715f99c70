"""The frameworks' own gradient checkers, as programs: they are timed beside gradproof, and given mistakes to find."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.adapters.programs.script import arguments, identifiers, rounded, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reports.analysis.benchmark.timing import chain
from gradproof.reports.checking.choosing import all_cases
from gradproof.reports.checking.dispatch import judged

DTYPE = "float64"
"""Difference quotients have too few digits in float32: all of these checkers ask for float64."""

CUT, FAILED = "cut off", "failed"

PROGRAM = """{source}

from time import perf_counter

{imports}


def gradients({inputs}):
    def function({parameters}):
        return {value}

    begin = perf_counter()
    try:
        {call}
        passed = True
    except {complaint}:
        passed = False
    return [perf_counter() - begin, passed]
"""
"""A program like any other, but that its `gradients` gives the seconds that a checker took, and whether it passed."""

PLANTED = {
    "torch": "(({p} - {p}.detach()) * {change}).sum()",
    "tensorflow": "tf.reduce_sum(({p} - tf.stop_gradient({p})) * {change})",
    "jax": "jnp.sum(({p} - jax.lax.stop_gradient({p})) * {change})",
}
"""What is always 0, but has the gradient `change`: added to a loss, it makes a mistake of the gradient alone."""


@dataclass(frozen=True)
class Checker:
    """`call` checks `function` at the parameters, with the framework's own defaults; none for gradproof.

    It raises `complaint` where it takes the gradient for wrong.
    """

    title: str
    framework: str
    call: str = ""
    imports: str = ""
    complaint: str = "AssertionError"


GRADCHECK = "torch.autograd.gradcheck(function, [p.requires_grad_() for p in [{parameters}]], fast_mode={fast})"
GRADCHECK_ERROR = ("from torch.autograd.gradcheck import GradcheckError", "GradcheckError")

CHECKERS = (
    *(Checker(f"gradproof check, {framework.title}", key) for key, framework in FRAMEWORKS.items()),
    Checker("torch.autograd.gradcheck", "torch", GRADCHECK.replace("{fast}", "False"), *GRADCHECK_ERROR),
    Checker("torch.autograd.gradcheck, fast mode", "torch", GRADCHECK.replace("{fast}", "True"), *GRADCHECK_ERROR),
    Checker(
        "jax.test_util.check_grads, reverse mode",
        "jax",
        "check_grads(function, ({parameters},), order=1, modes=['rev'])",
        "from jax.test_util import check_grads",
    ),
    Checker(  # as in the example of its documentation
        "tf.test.compute_gradient",
        "tensorflow",
        "assert_close(*tf.test.compute_gradient(function, [{parameters}]))",
        "assert_close = tf.test.TestCase().assertAllClose",
    ),
)


def program(checker: Checker, network: Network, planted: bool = False) -> str:
    """The text of a checker's program for `network`; `planted` takes what to change in each gradient as well."""
    framework = FRAMEWORKS[checker.framework]
    names = identifiers(network, framework)
    parameters = [names[name] for name in network.parameters]
    changes = {p: f"change_of_{p}" for p in parameters} if planted else {}
    inputs = [names[name] for name in arguments(network)]
    terms = (PLANTED[checker.framework].format(p=p, change=change) for p, change in changes.items())
    return PROGRAM.format(
        source=source(network, framework, framework.default_mode),
        imports=checker.imports,
        inputs=", ".join([*inputs, *changes.values()]),
        parameters=", ".join(parameters),
        value=" + ".join([f"loss({', '.join(inputs)})", *terms]),
        call=checker.call.format(parameters=", ".join(parameters)),
        complaint=checker.complaint,
    )


@dataclass
class Timing:
    """A checker's seconds for each size: one for each repetition, or why there are none."""

    checker: Checker
    seconds: dict[int, list[float]] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The measurement and its medians."""
        return {
            "checker": self.checker.title,
            "seconds": {str(size): found for size, found in self.seconds.items() if size not in self.ended},
            "medians": {str(size): self.outcome(size) for size in self.seconds},
        }

    def outcome(self, size: int) -> float | str:
        """The median of the seconds, or why there is none."""
        return self.ended.get(size) or statistics.median(self.seconds[size])


def timings(frameworks: Sequence[str], sizes: Sequence[int], repeats: int, limit: float) -> Iterator[Timing]:
    """Every checker on the chain of each size, smallest first; a checker is cut off after `limit` seconds."""
    for checker in CHECKERS:
        if checker.framework in frameworks:
            found = Timing(checker, {size: [] for size in sorted(sizes)})
            for _ in range(repeats):
                repetition(found, limit)
            yield found


def repetition(found: Timing, limit: float) -> None:
    """All sizes once, in a new worker: nothing is compiled yet."""
    with Workers([found.checker.framework], limit) as workers:
        checked(found.checker, chain(1), workers)  # so that the framework has been imported and set up
        for size, seconds in found.seconds.items():
            if any(smaller <= size for smaller in found.ended):
                found.ended.setdefault(size, CUT)  # what was too much before is not tried again, nor anything larger
                continue
            begin = time.perf_counter()
            outcome = checked(found.checker, chain(size), workers)
            if isinstance(outcome, float):
                seconds.append(outcome)
            else:
                found.ended[size] = CUT if time.perf_counter() - begin >= limit else f"{FAILED}: {outcome.message}"


def checked(checker: Checker, network: Network, workers: Workers) -> float | Failed:
    """The seconds that a check of `network` takes."""
    framework = FRAMEWORKS[checker.framework]
    if not checker.call:
        begin = time.perf_counter()
        for result in judged(all_cases({"chain": network}, [framework], None, [DTYPE]), workers):
            if result.verdict != "agrees":
                return Failed(result.message or result.verdict)
        return time.perf_counter() - begin
    fed = tuple(rounded(network, DTYPE).values())
    outcome = workers.submit(checker.framework, program(checker, network), [fed], DTYPE).result()
    if isinstance(outcome, Failed):
        return outcome
    seconds, passed = outcome[0]
    return float(seconds) if passed else Failed("complains of a right gradient")
