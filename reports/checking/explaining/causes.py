"""Operations to blame for a result: each one shrunk to the smallest network that shows it, and confirmed."""

from collections.abc import Sequence
from dataclasses import replace

from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.explaining.confirming import contradicted
from gradproof.reports.checking.explaining.localising import MOST, VALUE, Fault, Settle, wrong_of
from gradproof.reports.checking.explaining.proving import Proof, Run, many, proof
from gradproof.reports.checking.explaining.sentences import at_operands, statement
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import SPECIAL, Cause


def causes_of(network: Network, found: Sequence[Fault], run: Run, settle: Settle) -> tuple[Cause, ...]:
    """What is to be said of each fault of an observed network, in its order.

    Where a value is wrong, nothing is said of what that operation passes back: a derivative may be made of its value,
    and is `behind` it. A value that has lost accuracy excuses nothing.
    """
    causes: dict[int, list[Cause]] = {}
    for fault in found:
        before, where = causes.setdefault(fault.node, []), statement(network, fault.node)
        if all(each.verdict == "precision" for each in before):
            before.append(cause(fault, where, proof(fault, run, settle), run, settle))
        else:
            before[-1] = replace(before[-1], behind=cause(fault, where, unproved(fault), run, settle))
    return tuple(each for those in causes.values() for each in those)


def unproved(fault: Fault) -> Proof:
    """What is said of what an operation passes back whose value is wrong."""
    verdict = "nonfinite" if fault.comparison.nonfinite.any() else "disagrees"
    return Proof(verdict, "its value is wrong as well", SPECIAL)


def cause(fault: Fault, where: str, proved: Proof, run: Run, settle: Settle) -> Cause:
    """One fault, of which something is proved, shrunk and confirmed; `where` is the statement that it is part of."""
    c, at = fault.comparison, fault.where
    smallest = shrunk(fault, run, settle)
    worst, z = entry(fault.of, at, c), float(c.z[at])
    does = "gives" if fault.key == VALUE else f"passes back to {fault.of}"
    operands = at_operands(fault.applied, fault.operands, at)
    said = (
        f"{fault.operation} alone {does} {worst.got!r} instead of {worst.expected!r}{operands}, z {z:.3g}; {proved.why}"
    )
    if not smallest:
        said += "; run by itself it is right"
    if doubt := contradicted(fault.case.network, fault.key, c, fault.case.dtype):
        said += f"; {doubt}"
    own = wrong_of(fault.case.network, fault.key, c.got, c.expected, c.flagged)
    found = (own, proved.ordinary) if proved.ordinary else (own,)
    wrong = () if any(numbers(each.network) > MOST for each in found) else found
    return Cause(
        fault.operation, fault.direction, proved.verdict, proved.condition, worst, smallest, where, said, wrong=wrong
    )


def numbers(network: Network) -> int:
    """How many numbers a network is fed."""
    return sum(x.size for x in network.inputs.values())


def shrunk(fault: Fault, run: Run, settle: Settle) -> Network | None:
    """The operation alone, at one entry if that is enough, where it is wrong when it is run by itself."""
    candidates = [fault.case.network]
    if OPERATIONS[fault.operation].is_elementwise and fault.applied.shape:
        candidates.insert(0, many(fault, 1))
    for network in candidates:
        case = replace(fault.case, network=network)
        if not settle(case, run(network, case.dtype))[fault.key].agrees:
            return network
    return None
