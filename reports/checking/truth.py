"""What a gradient should be: in the wider dtype where that can be believed, certified otherwise, or a limit.

The wider dtype computes as the dtype under check does, with roundings that are u_wide / u times as large. So its own
lambda sigma is that much smaller than the tolerance, 2^-29 or 2^-11 of it, and moves no verdict as long as the model
holds, which is one of first order. It does not hold where a number is lost in the wider dtype too, so that not even its
sign is known, and says nothing where the equations have no value, or where numbers that are compared are equal.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import INPUT, Network, Node
from gradproof.reference.operations import SIDES
from gradproof.reference.readings.plain import truth as reading_of_truth
from gradproof.reference.readings.rounded import Rounded
from gradproof.reference.sweep import algorithm, between, cotangents, gradients, values
from gradproof.reports.checking.case import Case
from gradproof.reports.checking.certifying import CERTIFIED_SECONDS, exact_gradients, midpoints, seconds
from gradproof.reports.checking.directions import DIRECTIONS, Winners, is_kinked, winners
from gradproof.reports.checking.limits import DISTANCES, Tended, other, tend

WIDE, CERTIFIED, LIMIT = "wide", "certified", "limit"
TRUTHS = (WIDE, CERTIFIED, LIMIT)
"""What a truth rests on; a limit is evidence, not a certificate."""


@dataclass(frozen=True)
class Truth:
    """By parameter, the expected gradient with the variance of its error; NaN where there is no truth to expect.

    `rests_on` is `WIDE`, `CERTIFIED` or `LIMIT`. `nowhere` is True where the equations themselves have no value, so
    that draws have none either. `unjudged` is True where the gradient depends on a NaN among the inputs. `tended` is
    what was found where equations have no value or ties matter, None where neither is so.
    """

    table: Mapping[str, Rounded]
    rests_on: str = WIDE
    nowhere: Mapping[str, Any] = field(default_factory=dict)
    unjudged: Mapping[str, Any] = field(default_factory=dict)
    tended: Tended | None = None


def first_truth(case: Case) -> Truth:
    """The truth of a case, with no more work than it takes to believe it."""
    with np.errstate(all="ignore"):
        read = values(case.network, case.reading)
        indices = {name: case.network.index(name) for name in case.network.parameters}
        live = between(case.network, case.network.index(case.network.loss), set(indices.values()))
        tied = tied_nodes(case.network, read, live)
        found = cotangents(case.network, read, case.reading, {*indices.values(), *tied})
        zeros = {name: case.reading.lift(np.zeros(case.network.nodes[i].shape)) for name, i in indices.items()}
    table = {name: found.get(i, zeros[name]) for name, i in indices.items()}
    tied = {i: mask for i, mask in tied.items() if matters(mask, found.get(i), case.network.nodes[i].shape)}
    nowhere = {name: ~np.isfinite(x.value) for name, x in table.items()}
    if not tied and not strange(case, read, live) and not any(mask.any() for mask in nowhere.values()):
        return Truth(table, nowhere=nowhere)
    # An infinity may be due to a dtype that is not wide enough, or have another sign on the other side of a pole.
    table = {name: type(x)(np.where(nowhere[name], np.nan, x.value), x.variance) for name, x in table.items()}
    truth = certified_truth(case, Truth(table, nowhere=nowhere, unjudged=hanging_on_nan(case)))
    moved = {name for name, x in truth.table.items() if (np.isnan(x.value) & ~unjudged(truth, name)).any()}
    for i in tied:
        above = ancestors(case.network, i)
        moved |= {name for name, k in indices.items() if k in above}
    return with_limits(case, truth, moved, tied) if moved else truth


def tied_nodes(network: Network, read: list[Any], live: Iterable[int]) -> dict[int, Any]:
    """The kinked nodes among `live` that have exact ties, and which of their candidates are the largest.

    Those whose sides are given have none.
    """
    kinked = [i for i in sorted(live) if is_kinked(network, i) and network.nodes[i].attributes[SIDES] is None]
    found = winners(network, [x.value for x in read], kinked)
    return {i: mask for i, mask in found.items() if (np.sum(mask, axis=-1) > 1).any()}


def matters(mask: Any, cotangent: Rounded | None, shape: tuple[int, ...]) -> bool:
    """Whether anything comes back to a node where it is tied.

    If nothing does at any tie, no tie matters: the last of them passes nothing on whatever its side, so that what comes
    back to the one before does not depend on it, and so on.
    """
    tied = np.reshape(np.sum(mask, axis=-1) > 1, shape)
    return cotangent is not None and bool((tied & (cotangent.value != 0)).any())


def ancestors(network: Network, node: int) -> set[int]:
    """The nodes that a node is computed from, itself among them."""
    found, pending = set(), [node]
    while pending:
        i = pending.pop()
        if i not in found:
            found.add(i)
            pending.extend(network.nodes[i].operands)
    return found


def strange(case: Case, read: list[Any], live: Iterable[int]) -> bool:
    """Whether the wider dtype is not to be believed: some number is lost there, or not finite.

    One is lost where nothing tells it from 0, its own errors being as large: then it says nothing what a quotient, a
    root, a logarithm or a comparison makes of it. That does not hold for a 0 without error, nor where errors stay below
    the smallest number of the dtype. Of infinities only those are believed that are among the inputs.
    """
    kind = type(case.reading.lift(0))
    ratio = case.limit * np.finfo(kind.wide).eps / np.finfo(kind.dtype).eps
    finite = all(np.isfinite(array).all() for array in case.network.inputs.values())
    for i in live:
        node = case.network.nodes[i]
        if finite and not np.isfinite(read[i].value).all():
            return True
        for position, k in enumerate(node.operands):
            if case.network.nodes[k].operation != INPUT and turns_at_0(node, position):
                value, variance = read[k].parts
                if (variance * (ratio * ratio) > np.maximum(value * value, kind.eta * kind.eta)).any():
                    return True
    return any(np.isnan(array).any() for array in case.network.inputs.values())


def turns_at_0(node: Node, position: int) -> bool:
    """Whether an operation has a pole, a root or a kink where an operand is 0, its others being 1."""
    operation = algorithm(node)
    if operation.kink is not None or not operation.is_elementwise:
        return operation.kink is not None
    operands = [np.float64(k != position) for k in range(len(node.operands))]
    with np.errstate(all="ignore"):
        result = operation.forward(*operands, **node.attributes)
        slope = operation.rule(position)(np.float64(1), result, *operands, **node.attributes)
    return not np.isfinite(slope)


def hanging_on_nan(case: Case) -> dict[str, Any]:
    """By parameter, where its gradient depends on an input that is NaN.

    True where it changes as that takes numbers, or is no number's: NaN is neither larger nor smaller than any other.
    """
    inputs = case.network.inputs
    if not any(np.isnan(array).any() for array in inputs.values()):
        return {}
    found = []
    with np.errstate(all="ignore"):
        for number in (-2.0, 0.5, 3.0):  # of either sign, and far from equal, as two in one run are
            filled = {
                name: np.where(np.isnan(array), number * (k + np.arange(1, array.size + 1).reshape(array.shape)), array)
                for k, (name, array) in enumerate(inputs.items())
            }
            found.append(gradients(case.network.with_inputs(filled), reading_of_truth(case.dtype)))
        own = gradients(case.network, reading_of_truth(case.dtype))
    first, *others = found
    return {
        name: np.any([each[name] != x for each in others], axis=0) | (own[name] != x) & ~np.isnan(x)
        for name, x in first.items()
    }


def unjudged(truth: Truth, name: str) -> Any:
    """Where a parameter's gradient hangs on a NaN input; just False if nothing does."""
    return truth.unjudged.get(name, np.False_)


def certified_truth(case: Case, truth: Truth) -> Truth:
    """The same tolerance around a truth from ball arithmetic, where that has one and is affordable.

    Where balls have no value the truth stays what it was.
    """
    if seconds(case.network) > CERTIFIED_SECONDS:
        return truth
    try:
        exact = exact_gradients(case, truth.table, case.network.parameters)
    except GradproofError:
        return truth
    table = {}
    for name, x in truth.table.items():
        middle = midpoints(exact[name], case.dtype)
        keep = np.isnan(middle)
        table[name] = type(x)(np.where(keep, x.value, middle), x.variance)
    return replace(truth, table=table, rests_on=CERTIFIED)


def with_limits(case: Case, truth: Truth, moved: Iterable[str], tied: Winners) -> Truth:
    """The truth with limits in place of what has no value, or depends on the sides of the nodes that are `tied`."""
    moved = [name for name in case.network.parameters if name in set(moved)]
    each = seconds(case.network) * len(DISTANCES)
    affordable = [count for count in range(1, DIRECTIONS + 1) if count * each <= CERTIFIED_SECONDS]
    if len(affordable) < 2:  # there and back
        return truth
    known = {name: truth.table[name].value for name in moved}
    tended = remembered(case, tuple(moved), lambda: tend(case, known, tied, len(affordable)))
    nearby = nearby_variance(case, tended)
    table, rests_on = {}, truth.rests_on
    for name, x in truth.table.items():
        value = x.value
        if name in moved:
            limit = tended.truth(name)
            elsewhere = other(tended, name, value)
            value = np.where(elsewhere, limit, value)
            rests_on = LIMIT if (elsewhere | np.isnan(value)).any() else rests_on
        table[name] = type(x)(value, np.where(np.isfinite(x.variance), x.variance, nearby[name]))
    return replace(truth, table=table, rests_on=rests_on, tended=tended)


REMEMBERED: deque[tuple[Case, tuple[str, ...], Tended]] = deque(maxlen=8)
"""The last limits: they are the same in all frameworks and modes, which ask for one network in turn."""


def remembered(case: Case, moved: tuple[str, ...], found: Callable[[], Tended]) -> Tended:
    """What gradients tend to, as it was `found` for the same network and dtype before, or is now."""
    for known, names, tended in REMEMBERED:
        if (known.network is case.network, known.dtype, names) == (True, case.dtype, moved):
            return tended
    REMEMBERED.append((case, moved, tended := found()))
    return tended


def nearby_variance(case: Case, tended: Tended) -> dict[str, Any]:
    """The variance of each gradient's error a little away, for what has none where the equations have no value."""
    found = [case.table(tended.point.nearby(way, case.reading)) for way in tended.ways]
    with np.errstate(invalid="ignore"):
        return {
            name: np.max([np.nan_to_num(table[name].variance, posinf=0) for table in found], axis=0, initial=0)
            for name in case.network.parameters
        }
