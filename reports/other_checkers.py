"""The frameworks' own gradient checkers, timed on the same networks beside gradproof."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.adapters.program import arguments, rounded, source
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.adapters.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reports.checking import all_cases, judged
from gradproof.reports.timing import chain

DTYPE = "float64"
"""Difference quotients have too few digits in float32: all of these checkers ask for float64."""

CUT, FAILED = "cut off", "failed"

PROGRAM = """{source}

from time import perf_counter

{imports}


def gradients({inputs}):
    def function({parameters}):
        return loss({inputs})

    begin = perf_counter()
    {call}
    return [perf_counter() - begin]
"""
"""A program like any other, but that its `gradients` gives the seconds that a checker took."""


@dataclass(frozen=True)
class Checker:
    """`call` checks `function` at the parameters, with the framework's own defaults; none for gradproof."""

    title: str
    framework: str
    call: str = ""
    imports: str = ""


GRADCHECK = "torch.autograd.gradcheck(function, [p.requires_grad_() for p in [{parameters}]], fast_mode={fast})"

CHECKERS = (
    *(Checker(f"gradproof check, {framework.title}", key) for key, framework in FRAMEWORKS.items()),
    Checker("torch.autograd.gradcheck", "torch", GRADCHECK.replace("{fast}", "False")),
    Checker("torch.autograd.gradcheck, fast mode", "torch", GRADCHECK.replace("{fast}", "True")),
    Checker(
        "jax.test_util.check_grads, reverse mode",
        "jax",
        "check_grads(function, ({parameters}), order=1, modes=['rev'])",
        "from jax.test_util import check_grads",
    ),
    Checker("tf.test.compute_gradient", "tensorflow", "tf.test.compute_gradient(function, [{parameters}])"),
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
    parameters = ", ".join(network.parameters)
    text = PROGRAM.format(
        source=source(network, framework, framework.default_mode),
        imports=checker.imports,
        inputs=", ".join(arguments(network)),
        parameters=parameters,
        call=checker.call.format(parameters=parameters),
    )
    fed = tuple(rounded(network, DTYPE).values())
    outcome = workers.submit(checker.framework, text, [fed], DTYPE).result()
    return outcome if isinstance(outcome, Failed) else float(outcome[0][0])
