"""Whether a wrong operation loses accuracy as rounding loses it, or is another function: nothing acquits by assumption.

`precision` takes a proof: another algorithm of the operation's entry, a range that is left on the way, or errors that
are alike in both dtypes, each in its own u. And at ordinary operands the operation has to agree.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradproof.reference.admitted import ALIKE
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import AROUND_0
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients
from gradproof.reports.checking.explaining.localising import VALUE, Fault, Settle, alone, wrong_of
from gradproof.reports.checking.explaining.sentences import entry_reached, to_blame
from gradproof.reports.checking.results.results import ABOVE_0, BELOW_0, EVERYWHERE, SPECIAL, Wrong
from gradproof.reports.checking.tolerance.case import Gradients
from gradproof.reports.checking.tolerance.comparison import Comparison

Run = Callable[[Network, str], Gradients]
"""Runs a network in the framework and mode of a case, in the given dtype. Raises RerunError where that fails."""


class RerunError(Exception):
    """A framework failed while a difference was being explained."""


NEIGHBOURS = 256
"""How many results at neighbouring operands tell how an operation loses: their root mean square scatters little."""


@dataclass(frozen=True)
class Proof:
    """What is proved of a wrong operation: `precision` or `disagrees`, why, and the operands at which it is wrong.

    `ordinary` is what is wrong of it at ordinary operands, None if nothing is.
    """

    verdict: str
    why: str
    condition: str
    ordinary: Wrong | None = None


def proof(fault: Fault, run: Run, settle: Settle) -> Proof:
    """Whether the operation loses accuracy as rounding does, with the reason."""
    if fault.comparison.nonfinite.any():
        return Proof("nonfinite", to_blame(fault.case.network, fault.case.dtype, [fault.key]), SPECIAL)
    name = as_listed(fault, settle)
    condition, ordinary = at_ordinary_operands(fault, name, run, settle)
    if ordinary:
        wrong, said = ordinary
        return Proof("disagrees", f"at ordinary operands it is wrong as well: {said}", condition, wrong)
    if name:
        return Proof("precision", f"it loses what {name} loses", condition)
    if out_of_range(fault):
        return Proof("precision", f"a number on the way is beyond the range of {fault.case.dtype}", condition)
    problem, said = unlike_rounding(fault, run)
    if problem:
        return Proof("disagrees", f"{said}: {problem}", condition)
    return Proof("precision", f"it loses as rounding does: {said}", condition)


def at_ordinary_operands(fault: Fault, name: str, run: Run, settle: Settle) -> tuple[str, tuple[Wrong, str] | None]:
    """At which operands of its entry's own domain the operation is wrong, and what is wrong there, if anything is.

    `name` is the algorithm that it is judged as, "" the stable form. Ordinary operands are those of the outer half of
    the domain: near 0 a function that vanishes there may cancel. An operation that works entry by entry is tried at
    `NEIGHBOURS` of them.
    """
    draw = np.random.default_rng(fault.node)
    operation = OPERATIONS[fault.operation]
    low, high = operation.scenarios[0].domain if operation.scenarios else AROUND_0
    case = replace(fault.case, network=many(fault) if operation.is_elementwise else fault.case.network)
    floats = {key: array for key, array in case.network.inputs.items() if key not in case.network.discrete}
    drawn = {key: ordinary(low, high, array.shape, draw) for key, array in floats.items()}
    case = replace(case, network=computed_by(name, case.network.with_inputs(drawn)))
    comparison = settle(case, run(case.network, case.dtype))[fault.key]
    if comparison.agrees:
        return SPECIAL, None
    condition = EVERYWHERE
    if operation.is_elementwise and len(operation.operands) == 1:
        x, wrong = np.broadcast_to(drawn["x0"], np.shape(comparison.z)), comparison.flagged
        for side, words in ((x < 0, BELOW_0), (x > 0, ABOVE_0)):
            condition = words if (wrong <= side).all() and not side.all() else condition
    return condition, (
        wrong_of(case.network, fault.key, comparison.got, comparison.expected, comparison.flagged),
        said(comparison),
    )


def ordinary(low: float, high: float, shape: tuple[int, ...], draw: np.random.Generator) -> Array:
    """Numbers that float32 has, of the given shape, of either sign if the domain has both."""
    size = draw.uniform(max(low, high / 2), high, shape).astype(np.float32).astype(float)
    return size * draw.choice([-1.0, 1.0], shape) if low < 0 else size


def computed_by(name: str, network: Network) -> Network:
    """The operation of `alone` by the algorithm `name` of its entry; "" leaves it as it is."""
    if not name:
        return network
    nodes = (replace(node, algorithm=name) if node.name == "y" else node for node in network.nodes)
    return replace(network, nodes=tuple(nodes))


def said(comparison: Comparison) -> str:
    """What is got, and what is expected, at the worst entry."""
    at = comparison.worst(comparison.flagged)
    return (
        f"{float(comparison.got[at])!r} instead of {float(comparison.expected[at])!r}, z {float(comparison.z[at]):.3g}"
    )


def as_listed(fault: Fault, settle: Settle) -> str:
    """The name of the entry's algorithm that all the operation gave is within the tolerance of; "" if there is none."""
    for name in OPERATIONS[fault.operation].algorithms_in(fault.case.dtype):
        listed = settle(replace(fault.case, network=computed_by(name, fault.case.network)), fault.found)
        if all(c.agrees for c in listed.values()):
            return name
    return ""


def out_of_range(fault: Fault) -> bool:
    """Whether the equations, computed in the dtype itself, leave its range on the way and give what was got.

    By what is declared, or by another algorithm of the operation's entry.
    """
    c = fault.comparison
    left: list[str] = []
    for name in ("", *OPERATIONS[fault.operation].algorithms_in(fault.case.dtype)):
        left.clear()
        network = computed_by(name, fault.case.network) if name else fault.case.declared
        with np.errstate(all="ignore", over="call", under="call"), np.errstate(call=lambda kind, _: left.append(kind)):
            plain = gradients(network, value(fault.case.dtype))[fault.key]
        computed = np.asarray(plain).astype(fault.case.dtype).astype(c.expected.dtype)
        if left and Comparison(c.got, computed, c.sigma, c.limit, c.draws).agrees:
            return True
    return False


def unlike_rounding(fault: Fault, run: Run) -> tuple[str, str]:
    """Why what an operation loses is no loss by rounding, "" if it is one; and the figures.

    It is run alone at neighbours of its operands, float32 numbers all of them, in both dtypes, and the root mean
    squares of its errors are compared, each in its own u. Rounding loses alike many in both; an error that only float32
    has is a defect of float32, and one that is as large in float64 makes another function. What it loses there is no
    proof of an error that is larger still, by more than chance makes one of its size.
    """
    root: dict[str, float] = {}
    for farthest in (9 / 8, 1):  # where some are beyond the domain, they are sought on the side of 0
        try:
            near = neighbours(fault, farthest)
            root = {dtype: missed(fault, near, dtype, run) for dtype in ("float32", "float64")}
        except RerunError as problem:
            refused = str(problem)
            continue
        if np.isfinite([*root.values()]).all():
            break
    if not root:
        return "the framework refuses to compute there", f"neighbouring operands give no figures ({refused})"
    narrow, wide = root["float32"], root["float64"]
    figures = f"at neighbouring operands it misses by {narrow:.3g} u in float32 and by {wide:.3g} u in float64"
    if not np.isfinite(narrow) or not np.isfinite(wide):
        return "not finite", figures
    if narrow == wide == 0:
        return "no rounding, which would be seen there", figures
    if narrow > ALIKE * wide:
        return "a defect of float32", figures
    if wide > ALIKE * narrow:
        return "another function", figures
    c, usual = fault.comparison, root[fault.case.dtype] * float(np.finfo(fault.case.dtype).eps) / 2
    if abs(c.got[fault.where] - c.expected[fault.where]) > c.limit * usual:
        return "it misses by far more in the network", figures
    return "", figures


def missed(fault: Fault, networks: Sequence[Network], dtype: str, run: Run) -> float:
    """The root mean square of the errors of the operation of a fault alone, in u of the dtype."""
    squares, u = [], float(np.finfo(dtype).eps) / 2
    for network in networks:
        with np.errstate(all="ignore"):
            expected = gradients(network, truth(dtype), [fault.key])[fault.key]
            error = (np.asarray(run(network, dtype)[fault.key]) - expected).astype(float) / u
        squares.append(np.ravel(error) ** 2)
    return float(np.sqrt(np.mean(np.concatenate(squares))))


def neighbours(fault: Fault, farthest: float) -> Sequence[Network]:
    """The operation of a fault alone at operands around its own, with `NEIGHBOURS` results in all.

    They are up to an eighth nearer to 0, and up to `farthest` times as large.
    """
    elementwise = OPERATIONS[fault.operation].is_elementwise
    template, draw = many(fault) if elementwise else fault.case.network, np.random.default_rng(fault.node)
    kept = {VALUE, *template.discrete}
    count = 1 if elementwise else -(-NEIGHBOURS // max(math.prod(np.shape(fault.comparison.z)), 1))
    return [
        template.with_inputs(
            {name: stepped(x, farthest, draw) for name, x in template.inputs.items() if name not in kept}
        )
        for _ in range(count)
    ]


def many(fault: Fault, count: int = NEIGHBOURS) -> Network:
    """An operation that works entry by entry alone, at the operands of its worst entry, `count` times."""
    inputs, shape = fault.case.network.inputs, fault.applied.shape
    at = entry_reached(shape, fault.where)
    repeated = {name: np.full(count, np.broadcast_to(array, shape)[at]) for name, array in inputs.items()}
    cotangent = repeated.pop(VALUE)
    passed = [int(name[1:]) for name in fault.case.network.parameters if name != VALUE]
    return alone(replace(fault.applied, shape=(count,)), [*repeated.values()], cotangent, passed)


def stepped(x: Array, farthest: float, draw: np.random.Generator) -> Array:
    """Float32 numbers around x, up to an eighth of it away: far enough that each result is rounded otherwise."""
    return (x * draw.uniform(7 / 8, farthest, np.shape(x))).astype(np.float32).astype(np.float64)
