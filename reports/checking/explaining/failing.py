"""Which operation makes a framework raise, or its process die: each one run by itself until one does."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from gradproof.adapters.programs.script import in_dtype
from gradproof.reference.admitted import EVALUATIONS
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import values
from gradproof.reports.checking.explaining.localising import VALUE, alone
from gradproof.reports.checking.explaining.proving import RerunError, Run
from gradproof.reports.checking.explaining.sentences import statement
from gradproof.reports.checking.results.results import Cause
from gradproof.reports.checking.tolerance.case import Case


def fails(network: Network, dtype: str, run: Run) -> str:
    """What is said where `run` fails on a network; "" if it does not."""
    try:
        run(network, dtype)
    except RerunError as problem:
        return str(problem)
    return ""


def failing(case: Case, run: Run) -> tuple[Cause, ...]:
    """The first operation of a network on which `run` fails that makes it fail alone too; none if each one runs.

    It is given the reference's values as its operands, and 1 as the cotangent of each entry. Where what it is alone in
    fails without it as well, nothing is known of it, and none is named.
    """
    for i, network in islice(operations_alone(case), EVALUATIONS):
        if said := fails(network, case.dtype, run):
            if fails(without_operation(network), case.dtype, run):
                return ()
            forward = fails(replace(network, parameters=(VALUE,)), case.dtype, run)
            operation, direction = case.network.nodes[i].operation, "forward" if forward else "backward"
            told = f"{operation} alone fails as well: {said}"
            return (Cause(operation, direction, "failed", "", None, network, statement(case.network, i), told),)
    return ()


def without_operation(network: Network) -> Network:
    """What an operation is alone in, without it: L = sum(y * c), where its value y is an input, of ones."""
    node = network.nodes[network.index("y")]
    ones = np.ones(node.shape)
    return build("L = sum(y * c)" if node.shape else "L = y * c", {"y": ones, "c": ones})


def operations_alone(case: Case) -> Iterator[tuple[int, Network]]:
    """The operations of a network alone, with their nodes: of those that are one program on the same shapes, one."""
    with np.errstate(all="ignore"):
        read = values(case.network, truth(case.dtype))
    tried = set()
    for i, node in enumerate(case.network.nodes):
        if node.operands:
            given = [in_dtype(np.asarray(read[k]), case.dtype) for k in node.operands]
            discrete = OPERATIONS[node.operation].discrete
            passed = [k for k in range(len(given)) if k not in discrete]
            network = alone(node, given, np.ones(node.shape), passed)
            text = language_text(network) + str([each.shape for each in network.nodes])
            if text not in tried:
                tried.add(text)
                yield i, network
