"""What stands at each node of a graph: its statement, its value, and the gradient of the loss by it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.reference.language.writing import Writer
from gradproof.reference.network import INPUT, Network
from gradproof.reference.readings.plain import truth
from gradproof.reference.sweep import statement_reads
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Slope

OPERATION, LOSS = "operation", "loss"

ROWS, COLUMNS = 5, 4
"""Up to this size an array is drawn in full: more would make the picture illegible."""

LISTED = 64
"""Up to so many entries an array is written in full in the table."""


@dataclass(frozen=True)
class Box:
    """A named value. `reads` are the positions of the names in its statement; `gradient` is None without a path.

    `kind` is `INPUT`, `OPERATION` or `LOSS`, `expression` the right side of the statement, "" for an input. `value` and
    `gradient` are arrays of the value's shape; the gradient is that of the loss.
    """

    name: str
    kind: str
    expression: str
    reads: tuple[int, ...]
    value: Any
    gradient: Any

    @property
    def value_lines(self) -> list[str]:
        """The value as it is drawn, line by line."""
        return lines(self.value)

    @property
    def gradient_lines(self) -> list[str]:
        """The gradient as it is drawn, line by line: behind a sign, for those who do not see its colour."""
        if self.gradient is None:
            return []
        return [f"{'∂' if i == 0 else ' '} {line}" for i, line in enumerate(lines(self.gradient))]


def boxes(network: Network) -> list[Box]:
    """All names of the network, in an order in which every name comes after those that it is computed from.

    Values and gradients are computed in long doubles, with inputs rounded to float64.
    """
    evaluation = Evaluation(network, truth("float64"))
    lines = Writer(network).statements()
    written = {name: expression for names, expression in lines for name in names.split(", ")}
    named = [i for i, node in enumerate(network.nodes) if node.name is not None]
    position = {i: k for k, i in enumerate(named)}
    live = network.ancestors(network.loss)
    found = []
    with np.errstate(all="ignore"):
        read = evaluation.values(0)
        for i in named:
            node = network.nodes[i]
            name = node.name or ""
            kind = LOSS if name == network.loss else INPUT if node.operation == INPUT else OPERATION
            gradient = (
                evaluation.row(Slope(network.loss, name), ()) if i in live and name not in network.discrete else None
            )
            reads = tuple(sorted(position[k] for k in statement_reads(network, i)))
            arrays = [None if array is None else np.asarray(array, float) for array in (read[i], gradient)]
            found.append(Box(name, kind, written.get(name, ""), reads, *arrays))
    return found


def lines(array: Any) -> list[str]:
    """An array of any shape in few digits, a row a line; a large one by its shape and range."""
    shape = np.shape(array)
    size = int(np.prod(shape))
    if shape == ():
        return [short(array)]
    matrix = np.reshape(array, (-1, shape[-1])) if size else None
    if matrix is None or len(shape) > 2 or matrix.shape[0] > ROWS or matrix.shape[1] > COLUMNS:
        return summarised(array)
    cells = [[short(x) for x in row] for row in matrix]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [f"[{' '.join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))}]" for row in cells]


def summarised(array: Any) -> list[str]:
    """The shape and the range of an array, in two lines."""
    sizes = "×".join(map(str, np.shape(array)))
    flat = np.ravel(array)
    if not flat.size:
        return [sizes, "empty"]
    if not np.all(np.isfinite(flat)):
        return [sizes, f"{np.count_nonzero(~np.isfinite(flat))} not finite"]
    least, most = short(flat.min()), short(flat.max())
    return [sizes, f"all {least}" if least == most else f"{least} … {most}"]


def short(number: Any) -> str:
    """A number in four significant digits, as figures give it."""
    text = f"{float(number):.4g}"
    return "0" if text == "-0" else text


def in_full(array: Any) -> str:
    """An array for the table: all digits that float64 has, or its shape and range beyond `LISTED` entries."""
    if np.shape(array) == ():
        return repr(float(array))
    if np.size(array) > LISTED:
        return " ".join(summarised(array))
    if np.ndim(array) <= 2 and np.size(array):
        rows = np.reshape(array, (-1, np.shape(array)[-1]))
        text = [", ".join(repr(float(x)) for x in row) for row in rows]
        return f"[{text[0]}]" if np.ndim(array) == 1 else "[" + ",\n ".join(f"[{row}]" for row in text) + "]"
    return repr(np.asarray(array, float).tolist())
