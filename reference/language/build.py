"""A network from statements and numbers: parse, infer shapes, check that the loss is a scalar."""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError, MisfitError, StatementError
from gradproof.reference.language.discrete import as_read, held_by
from gradproof.reference.language.parsing import parse, split
from gradproof.reference.language.sizes import FEW, MAX_AXES, MAX_NUMBERS, MAX_PRODUCTS, MAX_STATEMENTS, MAX_STEPS
from gradproof.reference.network import INPUT, LITERAL, Network, Node, Shape, frozen
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.attributes import is_discrete
from gradproof.reference.operations.kernels import Array
from gradproof.reference.operations.steps import steps
from gradproof.reference.operations.table import Sizes, dummies


def build(
    statements: str,
    inputs: Mapping[str, Any],
    *,
    loss: str | None = None,
    parameters: Iterable[str] | None = None,
    updated: Iterable[str] | None = None,
    learning_rate: float | None = None,
    title: str = "",
    source: str = "",
) -> Network:
    """The network of `statements` (README, "The statement language") fed the numbers in `inputs` (arrays of any shape).

    `loss` defaults to the last statement's name, `parameters` to every input that the loss depends on,
    `updated` to `parameters` if given. Raises StatementError or GradproofError with one line that says what
    is wrong and where.
    """
    if learning_rate is not None and not 0 < learning_rate < math.inf:
        raise GradproofError(f"learning_rate is {learning_rate!r}; it must be a finite number above 0")
    if len(inputs) > MAX_STATEMENTS:
        raise GradproofError(
            f"there are {len(inputs):,} inputs; at most {MAX_STATEMENTS:,} are taken: join some in arrays"
        )
    nodes = parse(statements, inputs)
    arrays = frozen(as_read(nodes, inputs, split(statements)))
    for name, array in arrays.items():
        check_numbers(name, array)
    last = [node.name for node in nodes if node.statement and node.name is not None]
    if not last:
        raise GradproofError("there is no statement; write at least one, such as L = x**2")
    shapes = {name: array.shape for name, array in arrays.items()}
    discrete = {name: array for name, array in arrays.items() if is_discrete(array)}
    nodes = with_shapes(nodes, shapes, split(statements), discrete)
    network = Network(nodes, last[-1] if loss is None else loss, (), arrays, title, source, (), learning_rate)
    check_loss(network)
    if parameters is None:
        chosen = default_parameters(network)
        if not chosen:
            raise GradproofError(f"the loss {network.loss!r} depends on no input, so there is no gradient to check")
    else:
        chosen = check_inputs("parameters", parameters, arrays)
    given = () if parameters is None else chosen
    return replace(
        network,
        parameters=chosen,
        updated=given if updated is None else check_inputs("updated", updated, arrays),
    )


def default_parameters(network: Network) -> tuple[str, ...]:
    """The names of the inputs of floats that the loss depends on, in order."""
    ancestors = network.ancestors(network.loss)
    names = (node.name or "" for i, node in enumerate(network.nodes) if node.operation == INPUT and i in ancestors)
    return tuple(name for name in names if name not in network.discrete)


def check_numbers(name: str, array: Any) -> None:
    """Refuse an input that is empty, has too many axes, or holds NaN or infinity."""
    if array.size == 0:
        raise GradproofError(f"input {name!r} is empty; its shape is {array.shape}")
    if array.ndim > MAX_AXES:
        raise GradproofError(f"input {name!r} has {array.ndim} axes; at most {MAX_AXES} are taken")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        index = "".join(f"[{i}]" for i in bad[0])
        raise GradproofError(f"input {name}{index} is {array[tuple(bad[0])]}; inputs must be finite numbers")


def check_loss(network: Network) -> None:
    """Raise GradproofError unless the loss is the name of a statement, and a scalar."""
    assigned = [name for name in network.names if name not in network.inputs]
    if network.loss not in assigned:
        near = difflib.get_close_matches(network.loss, assigned, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise GradproofError(f"the loss {network.loss!r} is not assigned by any statement{hint}")
    node = network.nodes[network.index(network.loss)]
    if node.shape != ():
        raise GradproofError(
            f"the loss {network.loss!r} (statement {node.statement}) must be a scalar, but has shape {node.shape}; "
            f"reduce it, as in sum({network.loss})"
        )


def check_inputs(what: str, names: Iterable[str], inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """`names` as a tuple. Raises GradproofError unless they are inputs, each once; messages call the list `what`."""
    names = tuple(names)
    if not names:
        raise GradproofError(f"{what} is an empty list; leave it out to mean the default")
    counted = Counter(names)
    for name in names:
        if name not in inputs:
            raise GradproofError(f"{what} names {name!r}, which is not under [inputs]")
        if is_discrete(inputs[name]):
            raise GradproofError(f"{what} names {name!r}, which is read as {held_by(inputs[name])}: it has no gradient")
        if counted[name] > 1:
            raise GradproofError(f"{what} names {name!r} twice")
    return names


def with_shapes(
    nodes: Iterable[Node],
    inputs: Mapping[str, Shape],
    statements: list[str],
    discrete: Mapping[str, Array] = MappingProxyType({}),
) -> tuple[Node, ...]:
    """The nodes, in order, with their shapes; `inputs` are the shapes of the inputs, `statements` texts for messages.

    `discrete` are the inputs of integers and booleans, so that an index past the end is found. Raises StatementError
    where operands do not fit each other, or results have more than `MAX_NUMBERS` numbers.
    """
    result: list[Node] = []
    nodes = [*nodes]
    numbers = products = taken = 0
    known: dict[tuple[str, tuple[Shape, ...], str], int] = {}
    for node in nodes:
        if node.operation == INPUT:
            shape = inputs[node.name or ""]
        elif node.operation == LITERAL:
            shape = ()
        else:
            operands, operation = [result[i].shape for i in node.operands], OPERATIONS[node.operation]
            try:
                check_size(node, told(operation.size, operands, node.attributes), numbers)
                check_size(node, told(operation.patches, operands, node.attributes), numbers, "lays out")
                products += told(operation.products, operands, node.attributes)
                check_products(node, products)
                given = {k: discrete.get(result[i].name or "") for k, i in enumerate(node.operands)}
                shape = result_shape(node, operands, {k: array for k, array in given.items() if array is not None})
                check_size(node, math.prod(shape), numbers)
                if len(nodes) > FEW or operation.is_sequential:
                    kind = (node.operation, tuple(operands), repr(node.attributes))
                    taken += known.get(kind) or known.setdefault(kind, steps(node.operation, operands, node.attributes))
                    check_steps(node, taken)
            except GradproofError as problem:
                text, misfit = statements[node.statement - 1], isinstance(problem, MisfitError)
                raise StatementError(node.statement, text, str(problem), misfit) from None
        numbers += math.prod(shape)
        result.append(replace(node, shape=shape))
    return tuple(result)


def check_indices(network: Network) -> None:
    """Refuse inputs of integers, given to a network in the place of its own, that are no indices of what they index.

    Raises MisfitError for an index below 0 or past the end, and for a label that there is not.
    """
    for node in network.nodes:
        named = {k: network.nodes[i].name or "" for k, i in enumerate(node.operands)}
        given = {k: network.inputs[name] for k, name in named.items() if name in network.discrete}
        if given:
            result_shape(node, [network.nodes[i].shape for i in node.operands], given)


def told(size: Sizes, operands: list[Shape], attributes: Mapping[str, Any]) -> int:
    """An operation's `size` or `patches` for these shapes; 0 for operands that do not fit, which cost little to try."""
    try:
        return size(*operands, **attributes)
    except (ValueError, IndexError):
        return 0


def check_size(node: Node, numbers: int, before: int, gives: str = "gives") -> None:
    """Refuse an operation that `gives` so many numbers if these are too many, or too many with those of `before`."""
    if numbers > MAX_NUMBERS:
        raise GradproofError(f"the {node.operation} {gives} {numbers:,} numbers; at most {MAX_NUMBERS:,} are computed")
    if before + numbers > MAX_NUMBERS:
        raise GradproofError(
            f"the {node.operation} brings the network to {before + numbers:,} numbers; "
            f"at most {MAX_NUMBERS:,} are computed"
        )


def check_products(node: Node, products: int) -> None:
    """Refuse an operation with which the network adds up too many products."""
    if products > MAX_PRODUCTS:
        raise GradproofError(
            f"the {node.operation} brings the network to {products:,} products of numbers; "
            f"at most {MAX_PRODUCTS:,} are computed"
        )


def check_steps(node: Node, taken: int) -> None:
    """Refuse an operation with which the network takes too many steps."""
    if taken > MAX_STEPS:
        raise GradproofError(
            f"the {node.operation} brings the network to {taken:,} steps of computing; at most {MAX_STEPS:,} are made"
        )


def result_shape(node: Node, operands: list[Shape], given: Mapping[int, Array] = MappingProxyType({})) -> Shape:
    """The shape of the result of `node`: it is tried on ones, so the shape rules are NumPy's own.

    Operands of integers or booleans are those that are `given`, by position.

    Raises MisfitError where the operands do not fit, or the result has no entries.
    """
    try:
        with np.errstate(all="ignore"):
            operation = OPERATIONS[node.operation]
            tried = [given.get(k, one) for k, one in enumerate(dummies(operation, operands))]
            shape: Shape = np.shape(operation.forward(*tried, **node.attributes))
    except (ValueError, IndexError, TypeError) as problem:
        of = " and ".join(map(str, operands))
        detail = f": {problem}" if str(problem) else ""
        raise MisfitError(f"{node.operation} does not fit operands of shape {of}{detail}") from None
    if 0 in shape:
        raise MisfitError(f"the {node.operation} gives an empty array, {shape}")
    return shape
