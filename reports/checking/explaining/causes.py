"""Operations to blame for a result: each one shrunk to the smallest network that shows it, and confirmed."""

from collections.abc import Sequence
from dataclasses import replace

from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reports.checking.explaining.confirming import contradicted
from gradproof.reports.checking.explaining.localising import VALUE, Fault, Settle
from gradproof.reports.checking.explaining.proving import Run, many, proof
from gradproof.reports.checking.explaining.sentences import at_operands, statement
from gradproof.reports.checking.results.entries import entry
from gradproof.reports.checking.results.results import Cause


def causes_of(network: Network, found: Sequence[Fault], run: Run, settle: Settle) -> tuple[Cause, ...]:
    """What is to be said of each fault of an observed network, in its order.

    Where a value is wrong, nothing is said of what that operation passes back: a derivative may be made of its value,
    and is `behind` it. A value that has lost accuracy excuses nothing.
    """
    causes: dict[int, list[Cause]] = {}
    for fault in found:
        before, where = causes.setdefault(fault.node, []), statement(network, fault.node)
        if all(each.verdict == "precision" for each in before):
            before.append(cause(fault, where, run, settle))
        else:
            before[-1] = replace(before[-1], behind=unproved(fault, where, run, settle))
    return tuple(each for those in causes.values() for each in those)


def unproved(fault: Fault, where: str, run: Run, settle: Settle) -> Cause:
    """One fault as it is seen: shrunk, and nothing proved of it."""
    worst = entry(fault.of, fault.where, fault.comparison)
    verdict = "nonfinite" if fault.comparison.nonfinite.any() else "disagrees"
    return Cause(fault.operation, fault.direction, verdict, "", worst, shrunk(fault, run, settle), where, "")


def cause(fault: Fault, where: str, run: Run, settle: Settle) -> Cause:
    """One fault, proved, shrunk and confirmed; `where` is the statement that the operation is part of."""
    c, at = fault.comparison, fault.where
    proved = proof(fault, run, settle)
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
    return Cause(fault.operation, fault.direction, proved.verdict, proved.condition, worst, smallest, where, said)


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
