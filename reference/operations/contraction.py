"""`einsum`: sums of products of one or two arrays, the axes of which are named by letters.

A label that an operand repeats takes a diagonal; one that no result has is summed over. A product of two is one matrix
product: labels that both and the result have are those of a stack of matrices, labels that only both have are summed
over in it, and one that is only in one operand and not in the result is summed over before. Frameworks do it so
(jax/_src/numpy/einsum.py, _einsum; aten/src/ATen/native/Linear.cpp, sumproduct_pair; tensorflow/core/kernels/linalg/
einsum_op_impl.h). Of three operands they do not agree which two come first, so that it is for a statement to say.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np

from gradproof.reference.operations.axes import Shape
from gradproof.reference.operations.gathering import added, gathered, places
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.table import Rule, Scenario, define

Labels = tuple[str, ...]
"""The name of each axis: a letter, or for one of an ellipsis its place from the end, as "-1"."""


class Contraction(NamedTuple):
    """What is summed: the labels of each operand and of the result, and by label how long its axis is."""

    operands: tuple[Labels, ...]
    result: Labels
    lengths: dict[str, int]


def contraction(subscripts: str, shapes: Sequence[Shape]) -> Contraction:
    """The subscripts of `einsum`, read for operands of these shapes.

    Without "->" the result has the axes of an ellipsis, and then the labels that stand once, in alphabetical order.
    Raises ValueError for subscripts that cannot be read, or do not fit the operands.
    """
    text = subscripts.replace(" ", "")
    read = re.fullmatch(r"([A-Za-z.,]*)(?:->([A-Za-z.]*))?", text)
    if not read:
        raise ValueError(f"einsum's subscripts are letters, ',', '->' and '...', as in 'ij,jk->ik', not {subscripts!r}")
    terms = read[1].split(",")
    if len(terms) != len(shapes):
        raise ValueError(
            f"einsum's {subscripts!r} names the axes of {len(terms)}, and there are {len(shapes)} operands"
        )
    operands = tuple(labels_of(term, len(shape), subscripts) for term, shape in zip(terms, shapes, strict=True))
    lengths = lengths_of(operands, shapes)
    spread = tuple(sorted((label for label in lengths if not label.isalpha()), key=int))
    return Contraction(operands, result_of(read[2], spread, operands, subscripts), lengths)


def lengths_of(operands: Sequence[Labels], shapes: Sequence[Shape]) -> dict[str, int]:
    """How long the axis of each label is. Raises ValueError where it is not the same; an ellipsis may broadcast."""
    lengths: dict[str, int] = {}
    for labels, shape in zip(operands, shapes, strict=True):
        for label, length in zip(labels, shape, strict=True):
            known = lengths.setdefault(label, length)
            if label.isalpha() and known != length:
                raise ValueError(f"einsum's {label!r} is {known} long in one place and {length} in another")
            if known != length and 1 not in (known, length):
                raise ValueError(f"einsum's ellipsis has axes {known} and {length} long, which do not broadcast")
            lengths[label] = length if known == 1 else known
    return lengths


def result_of(term: str | None, spread: Labels, operands: Sequence[Labels], subscripts: str) -> Labels:
    """The labels of the result, `spread` being those of an ellipsis; `term` is what stands behind "->", if it is there.

    Raises ValueError for a label that is in no operand or stands twice, and without the ellipsis of an operand.
    """
    count = Counter(label for labels in operands for label in labels)
    if term is None:
        return (*spread, *sorted(label for label, n in count.items() if n == 1 and label.isalpha()))
    before, dots, after = term.partition("...")
    result = labels_of(term, len(before) + len(after) + (len(spread) if dots else 0), subscripts)
    for label, n in Counter(result).items():
        if n > 1 or label not in count:
            wrong = "stands twice in its result" if n > 1 else "is in none of its operands"
            raise ValueError(f"einsum's {label!r} {wrong}: {subscripts!r}")
    if not {*spread} <= {*result}:
        raise ValueError(f"einsum's result must have the ellipsis of its operands: {subscripts!r}")
    return result


def labels_of(term: str, rank: int, subscripts: str) -> Labels:
    """The labels of an operand, or of the result, of this rank. Raises ValueError for others than it has axes."""
    before, dots, after = term.partition("...")
    count = rank - len(before) - len(after)
    if "." in before + after or count < 0 or (count and not dots):
        raise ValueError(f"einsum's {term!r} of {subscripts!r} is not that of an array with {rank} axes")
    return (*before, *(str(k) for k in range(-count, 0)), *after)


def diagonal(x: Array, labels: Labels) -> tuple[Array, Labels, Array | None]:
    """x with one axis for each label, these labels, and where its entries are in x if some were repeated."""
    own = tuple(dict.fromkeys(labels))
    if own == labels:
        return x, labels, None
    places_of = np.einsum(places(np.shape(x)), [own.index(label) for label in labels], [*range(len(own))])
    return gathered(x, places_of), own, places_of


def summed(x: Array, labels: Labels, kept: Sequence[str]) -> tuple[Array, Labels]:
    """x summed over the axes whose labels are not among those `kept`, and the labels of the others."""
    axes = tuple(i for i, label in enumerate(labels) if label not in kept)
    return (np.sum(x, axis=axes) if axes else x), tuple(label for label in labels if label in kept)


def arranged(x: Array, labels: Labels, *groups: Sequence[str]) -> Array:
    """x with its axes in the order of the groups; those of the first stay, those of each other are joined as one."""
    order = [label for group in groups for label in group]
    moved = np.transpose(x, tuple(labels.index(label) for label in order))
    lengths = dict(zip(order, np.shape(moved), strict=True))
    joined = (math.prod(lengths[label] for label in group) for group in groups[1:])
    return np.reshape(moved, (*(lengths[label] for label in groups[0]), *joined))


def product(a: Array, in_a: Labels, b: Array, in_b: Labels, wanted: Labels) -> Array:
    """The sum of products of a and b, the labels of either being different, as one matrix product."""
    a, in_a = summed(a, in_a, (*in_b, *wanted))
    b, in_b = summed(b, in_b, (*in_a, *wanted))
    lengths = dict(zip((*in_a, *in_b), (*np.shape(a), *np.shape(b)), strict=True))
    stack = [label for label in in_a if label in in_b and label in wanted]
    inner = [label for label in in_a if label in in_b and label not in wanted]
    rows = [label for label in in_a if label not in in_b]
    columns = [label for label in in_b if label not in in_a]
    found = arranged(a, in_a, stack, rows, inner) @ arranged(b, in_b, stack, inner, columns)
    order = (*stack, *rows, *columns)
    found = np.reshape(found, tuple(lengths[label] for label in order))
    return np.transpose(found, tuple(order.index(label) for label in wanted))


def without_ones(x: Array, labels: Labels, known: Contraction) -> tuple[Array, Labels]:
    """x without the axes of an ellipsis that are stretched, and the labels of the others."""
    left = tuple(
        label for label, n in zip(labels, np.shape(x), strict=True) if label.isalpha() or n == known.lengths[label]
    )
    return np.reshape(x, tuple(known.lengths[label] for label in left)), left


def einsum(a: Array, b: Array = None, *, subscripts: Annotated[str, ["ij,jk->ik"]]) -> Array:
    """The sum of products of the entries of one or two arrays, over the labels that the result lacks.

    The shapes are those that `subscripts` say, as in NumPy: "ij,jk->ik" is a matrix product. An ellipsis broadcasts,
    other labels do not. Raises ValueError for subscripts that cannot be read or do not fit.
    """
    arrays = [a] if b is None else [a, b]
    known = contraction(subscripts, [np.shape(x) for x in arrays])
    parts = []
    for x, labels in zip(arrays, known.operands, strict=True):
        x, labels, _ = diagonal(x, labels)
        parts.append(without_ones(x, labels, known))
    if len(parts) == 1:
        ((x, labels),) = parts
        x, labels = summed(x, labels, known.result)
        return np.transpose(x, tuple(labels.index(label) for label in known.result))
    (a, in_a), (b, in_b) = parts
    return product(a, in_a, b, in_b, known.result)


def einsum_rule(operand: int) -> Rule:
    """The vjp for an operand: the cotangent's products with the other, summed over what that operand lacks.

    What was summed over in it alone is stretched, and a diagonal put back in its place (NumPy's `einsum` is linear in
    each operand, so that its derivative is `einsum` with the cotangent in the place of the operand).
    """

    def rule(g: Array, y: Array, a: Array, b: Array = None, *, subscripts: str) -> Array:
        arrays = [a] if b is None else [a, b]
        known = contraction(subscripts, [np.shape(x) for x in arrays])
        x, labels, places_of = diagonal(arrays[operand], known.operands[operand])
        shape = np.shape(x)
        x, own = without_ones(x, labels, known)
        if b is None:
            reached = tuple(label for label in own if label in known.result)
            found = np.transpose(g, tuple(known.result.index(label) for label in reached))
        else:
            other, in_other, _ = diagonal(arrays[1 - operand], known.operands[1 - operand])
            other, in_other = without_ones(other, in_other, known)
            reached = tuple(label for label in own if label in known.result or label in in_other)
            found = product(g, known.result, other, in_other, reached)
        found = np.reshape(found, tuple(known.lengths[label] if label in reached else 1 for label in own))
        found = np.reshape(np.broadcast_to(found, np.shape(x)), shape)
        return found if places_of is None else added(found, places_of, np.shape(arrays[operand]))

    return rule


def result_size(*shapes: Shape, subscripts: str) -> int:
    """How many entries the result has, given the shapes of the operands. Raises ValueError as `einsum` does."""
    known = contraction(subscripts, shapes)
    return math.prod(known.lengths[label] for label in known.result)


def multiplied(*shapes: Shape, subscripts: str) -> int:
    """How many products are added up: one for each entry of the axes that are not summed over in one operand alone.

    Raises ValueError as `einsum` does.
    """
    if len(shapes) == 1:
        return 0
    operands, result, lengths = contraction(subscripts, shapes)
    return math.prod(n for label, n in lengths.items() if label in result or all(label in each for each in operands))


define("einsum", einsum,
       einsum_rule(0),
       einsum_rule(1),
       notation="einsum(subscripts, a, b)", example="einsum('ij,jk->ik', a, b)",
       size=result_size, products=multiplied, scenarios=[
           Scenario(f"einsum('{subscripts}', {', '.join(shapes)})", shapes)
           for subscripts, shapes in (
               ("ij,jk->ik", {"a": (2, 3), "b": (3, 2)}),
               ("bij,bkj->bik", {"a": (2, 2, 3), "b": (2, 2, 3)}),
               ("i,j", {"a": (2,), "b": (3,)}),
               ("ij,kl->jl", {"a": (2, 3), "b": (2, 2)}),
               ("...ij,...j->...i", {"a": (2, 1, 2, 3), "b": (3, 3)}),
               ("ii,ij->j", {"a": (3, 3), "b": (3, 2)}),
               ("i,i", {"a": (3,), "b": (3,)}),
               ("ij->ji", {"a": (2, 3)}),
               ("iji->j", {"a": (2, 3, 2)}),
               ("...i->...", {"a": (2, 2, 3)}),
               (",ij->ji", {"a": (), "b": (2, 3)}),
           )
       ])  # fmt: skip
