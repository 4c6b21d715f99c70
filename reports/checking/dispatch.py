"""Cases in the workers, ahead of the verdicts on what they give back."""

import os
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.adapters.running.messages import exception_line
from gradproof.adapters.running.workers import Failed, Workers
from gradproof.reference.network import Network
from gradproof.reports.checking.explaining.explaining import judge, judge_failed
from gradproof.reports.checking.explaining.proving import RerunError
from gradproof.reports.checking.results.entries import failed
from gradproof.reports.checking.results.results import Result
from gradproof.reports.checking.tolerance.case import Case, Gradients

TRACEBACK = "GRADPROOF_TRACEBACK"
"""The environment variable that, set to 1, shows where gradproof itself failed."""

LOOKAHEAD, HELD = 240, 2**24
"""How many cases are under way in the workers while one is judged here, and how many numbers they may have in all.

Judging one result can take seconds; a worker whose queue runs dry meanwhile stands idle.
"""


def judged(cases: Iterable[Case], workers: Workers) -> Iterator[Result]:
    """The result of each case, in order, while the workers run ahead."""
    for case, outcome in outcomes(cases, workers):

        def rerun(network: Network, dtype: str, case: Case = case) -> Gradients | Failed:
            return only_outcome(started(replace(case, network=network, dtype=dtype), workers))

        yield result_of(case, outcome, rerun)


def outcomes(cases: Iterable[Case], workers: Workers) -> Iterator[tuple[Case, Gradients | Failed]]:
    """Each case with what its worker gives back, in order: gradients by parameter, or Failed with the reason.

    The workers run ahead of whoever takes the outcomes.
    """
    waiting, under_way, held = iter(cases), deque[tuple[Case, Future[Any]]](), 0
    more = True
    while more or under_way:
        while more and (not under_way or (len(under_way) < LOOKAHEAD and held < HELD)):
            if more := (case := next(waiting, None)) is not None:
                under_way.append((case, started(case, workers)))
                held += input_count(case)
        if under_way:
            case, future = under_way.popleft()
            held -= input_count(case)
            yield case, only_outcome(future)


def input_count(case: Case) -> int:
    """How many numbers a case hands to its worker."""
    return sum(array.size for array in case.network.inputs.values())


def started(case: Case, workers: Workers) -> Future[Any]:
    """Hand the case to its worker at once; the future's result is that of `Workers.gradients`."""
    return workers.gradients(case.network, case.framework.key, case.mode, case.dtype)


def only_outcome(future: Future[Any]) -> Gradients | Failed:
    """The gradients that a worker gives back for the only set of inputs."""
    outcome = future.result()
    return outcome if isinstance(outcome, Failed) else outcome[0]


def result_of(case: Case, outcome: Gradients | Failed, rerun: Callable[[Network, str], Gradients | Failed]) -> Result:
    """The result for what a worker gave back; failures, gradproof's own among them, are results as well.

    `rerun` runs a network in a dtype, in the case's framework and mode, to explain a difference. No failure is raised.
    """

    def run(network: Network, dtype: str) -> Gradients:
        """What the framework gives when it is run again. Raises RerunError where that fails."""
        again = rerun(network, dtype)
        if isinstance(again, Failed):
            raise RerunError(again.message)
        return again

    if isinstance(outcome, Failed) and not (outcome.raised or outcome.died):
        return failed(case, outcome.message)
    try:
        with np.errstate(all="ignore"):  # what is not finite, in a framework's numbers or ours, is judged as such
            if isinstance(outcome, Failed):
                return judge_failed(case, outcome.message, run, outcome.died)
            return judge(case, outcome, run)
    except RerunError as problem:
        return failed(case, f"when run again to explain a difference: {problem}")
    except MemoryError:
        return failed(case, "there is not enough memory to check it")
    except Exception as problem:  # a mistake of ours, and no reason to lose the other results
        if os.environ.get(TRACEBACK) == "1":
            traceback.print_exc()
        text = exception_line(problem, whole=True)
        return failed(case, f"gradproof itself failed: {text}; please report it with the file")
