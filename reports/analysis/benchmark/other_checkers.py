"""The frameworks' own gradient checkers, as programs: they are timed beside gradproof, and given mistakes to find."""

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.adapters.framework import Checker, Framework
from gradproof.adapters.programs.script import arguments, identifiers, rounded, source
from gradproof.adapters.programs.statements import expression
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
{planted}

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

PLANTED = """

def planted(p, held, change):
    return {sum}
"""
"""What is always 0, but has the gradient `change`: added to a loss, it makes a mistake of the gradient alone."""

CHECKERS = (
    *((framework, Checker(f"gradproof check, {framework.title}", "")) for framework in FRAMEWORKS.values()),
    *((framework, checker) for framework in FRAMEWORKS.values() for checker in framework.checkers),
)
"""gradproof, which is no program, in each framework; and the frameworks' own."""


def program(framework: Framework, checker: Checker, network: Network, planted: bool = False) -> str:
    """The text of a checker's program for `network`; `planted` takes what to change in each gradient as well."""
    names = identifiers(network, framework)
    parameters = [names[name] for name in network.parameters]
    changes = {p: f"change_of_{p}" for p in parameters} if planted else {}
    inputs = [names[name] for name in arguments(network)]
    terms = (f"planted({p}, {framework.detached.format(tensor=p)}, {change})" for p, change in changes.items())
    total = expression("sum((p - held) * change)", framework, dict.fromkeys(("p", "held", "change"), (1,)))
    return PROGRAM.format(
        source=source(network, framework, framework.default_mode, DTYPE),
        imports=checker.imports,
        planted=PLANTED.format(sum=total) if planted else "",
        inputs=", ".join([*inputs, *changes.values()]),
        parameters=", ".join(parameters),
        value=" + ".join([f"loss({', '.join(inputs)})", *terms]),
        call=checker.call.format(parameters=", ".join(parameters)),
        complaint=checker.complaint,
    )


@dataclass
class Timing:
    """A checker's seconds for each size: one for each repetition, or why there are none."""

    framework: Framework
    checker: Checker
    seconds: dict[int, list[float]] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The measurement in JSON form: by size, all seconds, and their median or why there is none."""
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
    for framework, checker in CHECKERS:
        if framework.key in frameworks:
            found = Timing(framework, checker, {size: [] for size in sorted(sizes)})
            for _ in range(repeats):
                repetition(found, limit)
            yield found


def repetition(found: Timing, limit: float) -> None:
    """All sizes once, in a new worker: nothing is compiled yet."""
    with Workers([found.framework.key], limit) as workers:
        checked(found.framework, found.checker, chain(1), workers)  # so that the framework has been imported and set up
        for size, seconds in found.seconds.items():
            if any(smaller <= size for smaller in found.ended):
                found.ended.setdefault(size, CUT)  # what was too much before is not tried again, nor anything larger
                continue
            begin = time.perf_counter()
            outcome = checked(found.framework, found.checker, chain(size), workers)
            if isinstance(outcome, float):
                seconds.append(outcome)
            else:
                found.ended[size] = CUT if time.perf_counter() - begin >= limit else f"{FAILED}: {outcome.message}"


def checked(framework: Framework, checker: Checker, network: Network, workers: Workers) -> float | Failed:
    """The seconds that a check of `network` takes."""
    if not checker.call:
        begin = time.perf_counter()
        for result in judged(all_cases({"chain": network}, [framework], None, [DTYPE]), workers):
            if result.verdict != "agrees":
                return Failed(result.message or result.verdict)
        return time.perf_counter() - begin
    fed = tuple(rounded(network, DTYPE).values())
    outcome = workers.submit(framework.key, program(framework, checker, network), [fed], DTYPE).result()
    if isinstance(outcome, Failed):
        return outcome
    seconds, passed = outcome[0]
    return float(seconds) if passed else Failed("complains of a right gradient")
