"""The program that a person would write for a network in a framework.

Its text is what runs, what `gradproof show` prints and what a failure hands over, so these cannot differ.
"""

import builtins
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.adapters.framework import Applied, Differentiation, Framework
from gradproof.adapters.programs.formatting import assignment, fold, nested
from gradproof.adapters.programs.statements import ProgramWriter
from gradproof.reference.language.input_arrays import npz
from gradproof.reference.language.parsing import UNNAMED
from gradproof.reference.language.writing import only_loss
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.attributes import INTEGERS, is_discrete

MAX_INLINE = 1000
"""How many numbers are written into a script at most; more go to an .npz beside it."""

RESERVED = {
    *dir(builtins),
    *("loss", "value_and_gradients", "value", "results", "name", "gradient"),  # our own
    *("data", "np", "Path", "__file__", UNNAMED),
}
"""Names that values of a program do not get."""


def arguments(network: Network) -> tuple[str, ...]:
    """The names of the inputs that the program takes, in order: those that the loss needs, and the parameters."""
    return tuple(only_loss(network).inputs)


def identifiers(network: Network, framework: Framework) -> dict[str, str]:
    """What each name of `network` is called in the program: itself, or with a `_` behind if that is taken."""
    used = RESERVED.union(framework.imported, framework.names)
    taken = used.union(network.names)
    result = {}
    for name in network.names:
        result[name] = name
        if name in used:
            while result[name] in taken:
                result[name] += "_"
            taken.add(result[name])
    return result


def source(network: Network, framework: Framework, mode: str, dtype: str) -> str:
    """The program text in a dtype: imports, `loss`, and `value_and_gradients` of `arguments(network)` in order.

    It returns the loss, and the gradients in the order of `network.parameters`, each of its parameter's shape. Raises
    KeyError for a mode that the framework does not have.
    """
    return "\n\n\n".join(_parts(network, framework, mode, dtype)) + "\n"


def script(network: Network, framework: Framework, mode: str, dtype: str, data: str | None = None) -> str:
    """`source` as a script that prints each parameter's gradient at the network's inputs, rounded to `dtype`.

    With `data` it reads the inputs from the .npz file of that name beside it (see `data_file`). Raises KeyError as
    `source` does.
    """
    names = identifiers(network, framework)
    imports, *definitions = _parts(network, framework, mode, dtype)
    lines = ['if __name__ == "__main__":']
    if data is not None:
        first, *rest = imports.split("\n\n")
        first = "\n".join(sorted([*first.splitlines(), "import numpy as np"]))
        imports = "\n\n".join(["from pathlib import Path", first, *rest])
        lines.append(f"    data = np.load(Path(__file__).with_name({json.dumps(data)}))")
    for name, array in rounded(network, dtype).items():
        value = nested(array) if data is None else f'data["{names[name]}"]'
        lines.append(fold(f"    {names[name]} = {framework.tensor(value, array.dtype.name, dtype)}"))
    passed = ", ".join(names[name] for name in arguments(network))
    parameters = ", ".join(f'"{name}"' for name in network.parameters)
    lines += [
        fold(f"    value, results = value_and_gradients({passed})"),
        f'    print(f"{network.loss} = {{float(value)}}")',
        fold(f"    for name, gradient in zip([{parameters}], results):"),
        f'        print(f"d{network.loss}/d{{name}} = {{{framework.to_list}}}")',
    ]
    return "\n\n\n".join([imports, *definitions, "\n".join(lines)]) + "\n"


def data_file(network: Network, framework: Framework, dtype: str) -> bytes | None:
    """The .npz file that a script reads its inputs from, if they have more than `MAX_INLINE` numbers; None for few."""
    inputs = rounded(network, dtype)
    if sum(array.size for array in inputs.values()) <= MAX_INLINE:
        return None
    names = identifiers(network, framework)
    return npz({names[name]: array for name, array in inputs.items()})


def rounded(network: Network, dtype: str) -> dict[str, NDArray[Any]]:
    """The program's inputs by name, each of its shape, rounded to `dtype`; what is too large becomes infinite.

    Integers and booleans stay such.
    """
    with np.errstate(over="ignore"):
        return {name: in_dtype(network.inputs[name], dtype) for name in arguments(network)}


def in_dtype(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """An input in the dtype under check, if it is one of floats."""
    return array if is_discrete(array) else array.astype(dtype)


def gathered(network: Network) -> frozenset[str]:
    """The inputs out of which an operation takes what integers say."""
    reading = [
        node for node in network.nodes if node.operands and INTEGERS in OPERATIONS[node.operation].discrete.values()
    ]
    return frozenset(network.nodes[k].name or "" for node in reading for k in node.operands)


def connected(network: Network) -> frozenset[int]:
    """The nodes to which frameworks see a path back from the loss."""
    found, pending = set[int](), [network.index(network.loss)]
    while pending:
        i = pending.pop()
        node = network.nodes[i]
        if i not in found:
            found.add(i)
            compared = OPERATIONS[node.operation].compared if node.operands else frozenset()
            pending += (k for position, k in enumerate(node.operands) if position not in compared)
    return frozenset(found)


def _parts(network: Network, framework: Framework, mode: str, dtype: str) -> list[str]:
    """The program's parts: imports with set-up, `loss`, `value_and_gradients`."""
    names = identifiers(network, framework)
    needed = only_loss(network)
    rows_taken = gathered(needed)
    used = {needed.nodes[i].name for i in connected(needed)}
    d = Differentiation(
        arguments=tuple(names[name] for name in needed.inputs),
        parameters=tuple(names[name] for name in needed.parameters),
        unused=frozenset(names[name] for name in needed.parameters if name not in used),
        gathered=frozenset(names[name] for name in needed.parameters if name in rows_taken),
    )
    loss = [
        fold(f"def loss({d.call}):"),
        *(assignment(*line) for line in ProgramWriter(needed, framework, names).statements()),
        f"    return {names[network.loss]}",
    ]
    first, blocks = definitions(needed, framework)
    gradients = map(fold, framework.modes[mode].gradients(d).splitlines())
    return ["\n\n".join(framework.head(first, dtype)), *blocks, "\n".join(loss), "\n".join(gradients)]


def definitions(network: Network, framework: Framework) -> tuple[list[str], list[str]]:
    """The lines that import, and what the program defines for the operations of the network, and prepares for them."""
    used = {node.operation for node in network.nodes if node.operation in framework.definitions}
    defined = {name: framework.definitions[name] for name in sorted(used)}
    lines = sorted({*framework.imports, *(line for each in defined.values() for line in each.imports)})
    texts = dict.fromkeys(text for each in defined.values() for text in (*each.before, each.text))
    prepared = dict.fromkeys(
        prepare(Applied(node.attributes, tuple(network.nodes[k].shape for k in node.operands)))
        for node in network.nodes
        if node.operation in defined and (prepare := defined[node.operation].prepared) is not None
    )
    return lines, [*texts, *(["\n".join(prepared)] if prepared else [])]
