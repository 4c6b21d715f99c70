"""The values of quantities in any reading, with numbers that an author printed put in place of computed ones."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import check_indices
from gradproof.reference.language.discrete import held_by
from gradproof.reference.network import Network
from gradproof.reference.operations.kernels import Array
from gradproof.reference.reading import Reading
from gradproof.reference.sweep import Replaced, as_written, cotangents, statement_reads, values
from gradproof.reports.teaching.claims.quantity import Atom, Key, Quantity, Slope, Value
from gradproof.reports.teaching.claims.work import CLAIM, seek, size

MAX_ENTRIES = 10_000
"""The most entries of a derivative of one array by another: each takes numbers, and each row a reverse sweep."""


@dataclass(frozen=True)
class Pins:
    """Printed numbers, by the atom (without a key) that they are entries of.

    Each is an array of the atom's shape and one that says which entries were printed.
    """

    printed: Mapping[Atom, tuple[Any, Any]] = field(default_factory=dict)

    def with_entry(self, atom: Atom, key: Key, shape: tuple[int, ...], numbers: Any) -> "Pins":
        """These and the numbers printed for `atom[key]`; `shape` is that of the atom without the key.

        `numbers` are as many as `atom[key]` has entries, in any shape. These pins come back unchanged for numbers that
        do not fit, for entries of the derivative of an array, and for `dL/dw[i]` where nothing is pinned of dL/dw.
        """
        if isinstance(atom, Slope) and (atom.of_key or atom.to_key):
            whole, shape = Slope(atom.of, atom.to), ()
            if atom.of_key or key:  # an entry of a derivative by or of an array; only gradients can be pinned in part
                return self
            atom, key = whole, atom.to_key
        array, mask = self.printed.get(atom, (np.zeros(shape), np.zeros(shape, bool)))
        if np.shape(array) != shape and not isinstance(atom, Slope):
            return self
        array, mask = array.copy(), mask.copy()
        try:
            array[key], mask[key] = np.reshape(numbers, np.shape(array[key])), True
        except (ValueError, IndexError):
            return self
        return Pins({**self.printed, atom: (array, mask)})

    def after(self, steps: int, reading: Reading) -> Replaced | None:
        """What the sweep puts in place of computed numbers after so many steps of training; None without any pins."""
        return _Pinned(self, steps, reading) if self.printed else None


class _Pinned:
    """Pins as the sweep asks for them, after so many steps of training."""

    def __init__(self, pins: Pins, steps: int, reading: Reading) -> None:
        self.pins, self.steps, self.reading = pins.printed, steps, reading

    def put(self, atom: Atom, computed: Array) -> Array:
        """`computed`, with the printed entries of `atom` in place of its own; unchanged where the shapes differ."""
        if atom not in self.pins:
            return computed
        array, mask = self.pins[atom]
        if np.shape(mask) != np.shape(computed):
            return computed
        return np.where(mask, self.reading.lift(array), computed)

    def value(self, name: str, computed: Array) -> Array:
        return self.put(Value(name, self.steps), computed)

    def cotangent(self, root: str, name: str, computed: Array) -> Array:
        return computed if self.steps else self.put(Slope(root, name), computed)

    def partial(self, of: str, to: str) -> Array | None:
        found = None if self.steps else self.pins.get(Slope(of, to))
        if found is None or np.ndim(found[0]):
            return None
        return self.reading.lift(found[0])


@dataclass(frozen=True)
class Rounding:
    """Every computed number rounded to so many decimals before it is used, as on paper; those of `kept` names are not.

    These are the inputs, which are as they were given, and what is asked for, which is printed to its own digits. Like
    `Pins`, it gives the sweep a `Replaced`, and is one itself.
    """

    decimals: int
    kept: frozenset[str]

    def after(self, steps: int, reading: Reading) -> Replaced:
        """What the sweep puts in place of computed numbers: at all steps the same."""
        return self

    def value(self, name: str, computed: Array) -> Array:
        """The value of the node `name`, rounded to `decimals`; as it was computed for a name that is kept."""
        return computed if name in self.kept else np.round(computed, self.decimals)

    def cotangent(self, root: str, name: str, computed: Array) -> Array:
        """The cotangent d root / d name, rounded to `decimals`; as it was computed for a name that is kept."""
        return computed if name in self.kept else np.round(computed, self.decimals)

    def partial(self, of: str, to: str) -> Array | None:
        """Nothing takes the place of the derivatives inside a statement."""
        return None


class Evaluation:
    """A network at its numbers, or at those in `lifted`, read in `reading`; everything is computed once.

    `lifted` are the inputs in the reading's number system, if that is to be more than `reading.lift` makes of them;
    `put` are numbers in place of computed ones (rounded ones only where a reading carries plain arrays), with which the
    equations go on that are `as_written`. Steps are those of training, 0 before the first. Within a search each sweep
    takes from its work, and so does the constructor: all raise Exhausted where none is left.
    """

    def __init__(
        self,
        network: Network,
        reading: Reading,
        put: Pins | Rounding | None = None,
        lifted: Mapping[str, Array] | None = None,
    ) -> None:
        self.network, self.reading, self.put = network if put is None else as_written(network), reading, put
        first = dict(lifted) if lifted is not None else {k: reading.lift(v) for k, v in network.inputs.items()}
        self.size = size(self.network)
        seek(self.size + CLAIM)
        self.inputs = [first]
        self.read: dict[int, list[Array]] = {}
        self.swept: dict[tuple[int, int], dict[str, Array]] = {}

    def replaced(self, steps: int) -> Replaced | None:
        """What takes the place of computed numbers in the sweep after so many steps; None without `put`."""
        return None if self.put is None else self.put.after(steps, self.reading)

    def values(self, steps: int) -> list[Array]:
        """The values of all nodes after so many steps, in the order of `network.nodes`, each of its node's shape."""
        if steps not in self.read:
            seek(self.size)
            self.read[steps] = values(self.network, self.reading, self.state(steps), self.replaced(steps))
            if steps > 1:
                self.read.pop(steps - 1, None)  # a long training would keep every state
        return self.read[steps]

    def state(self, steps: int) -> dict[str, Array]:
        """The inputs after so many update steps, by name.

        Each step is plain gradient descent, p - learning_rate * dL/dp for all updated inputs p at once. The network
        must have a learning rate if `steps` is not 0, which `read_quantity` sees to.
        """
        while len(self.inputs) <= steps:
            done = len(self.inputs) - 1
            network = self.network
            indices = {name: network.index(name) for name in network.updated}
            read = self.values(done)
            seek(self.size)
            found = cotangents(network, read, self.reading, indices.values(), replaced=self.replaced(done))
            rate = self.reading.lift(network.learning_rate)
            after = dict(self.inputs[done])
            for name, i in indices.items():
                if i in found:
                    after[name] = read[i] - rate * found[i]
            self.inputs.append(after)
        return self.inputs[steps]

    def atom(self, atom: Atom) -> Array:
        """The value of an atom, of the shape that it has in a quantity.

        A derivative has the shape of `of[of_key]` followed by that of `to[to_key]`. Raises GradproofError for a
        derivative with more than `MAX_ENTRIES` entries.
        """
        if isinstance(atom, Value):
            return self.values(atom.steps)[self.network.index(atom.name)]
        entries = math.prod(self.shape(atom.of, atom.of_key)) * math.prod(self.shape(atom.to, ()))
        if entries > MAX_ENTRIES:
            raise GradproofError(f"d{atom.of}/d{atom.to} has {entries:,} entries; at most {MAX_ENTRIES:,} are computed")
        rows = [self.row(atom, place) for place in np.ndindex(self.shape(atom.of, atom.of_key))]
        if self.shape(atom.of, atom.of_key) == ():
            return rows[0]
        stacked = np.stack(rows)
        return np.reshape(stacked, self.shape(atom.of, atom.of_key) + self.shape(atom.to, atom.to_key))

    def shape(self, name: str, key: Key) -> tuple[int, ...]:
        """The shape of the value of `name[key]`, before any training or after it."""
        shape = self.network.nodes[self.network.index(name)].shape
        return np.broadcast_to(np.float32(0), shape)[key].shape if key else shape

    def row(self, atom: Slope, place: tuple[int, ...]) -> Array:
        """The derivative of one entry of `of[of_key]` by `to[to_key]`, in the shape of that: one reverse sweep.

        `place` is the index of the entry in `of[of_key]`, () for a scalar. It is zero where there is no path.
        """
        root = self.network.index(atom.of)
        seed = np.zeros(self.network.nodes[root].shape)
        entry = int(np.asarray(np.reshape(np.arange(seed.size), seed.shape)[atom.of_key])[place])
        if (root, entry) not in self.swept:
            seed.flat[entry] = 1
            read = self.values(0)
            replaced = self.replaced(0)
            seek(self.size)
            wanted = {i: node.name for i, node in enumerate(self.network.nodes) if node.name is not None and i <= root}
            found = cotangents(
                self.network, read, self.reading, wanted, root, self.reading.lift(seed), replaced=replaced
            )
            self.swept[root, entry] = {wanted[i] or "": g for i, g in found.items()}
        found_by_name = self.swept[root, entry]
        if atom.to not in found_by_name:
            return self.reading.lift(np.zeros(self.shape(atom.to, atom.to_key)))
        gradient = found_by_name[atom.to]
        return gradient[atom.to_key] if atom.to_key else gradient

    def quantity(self, quantity: Quantity, given: Mapping[str, Array] | None = None) -> Array:
        """The value of a quantity, of its shape; `given` are values of some of its atoms, by their names in it.

        Raises GradproofError for a derivative with more than `MAX_ENTRIES` entries.
        """
        known = given or {}
        lifted = {name: known[name] if name in known else self.atom(atom) for name, atom in quantity.atoms.items()}
        expression = Network(quantity.nodes, quantity.nodes[-1].name or "", (), {})
        seek(size(expression) + CLAIM)  # it is compared with what is printed, digit by digit
        return values(expression, self.reading, lifted)[-1]


def at_point(network: Network, at: Mapping[str, Any]) -> Network:
    """The network with the inputs in `at` replaced, by arrays of the same shapes.

    Raises GradproofError for a name that is no input, an array of another shape, one that an input of integers or
    booleans cannot hold, and an index past the end.
    """
    for name, array in at.items():
        if name not in network.inputs:
            raise GradproofError(f"at: {name!r} is not under [inputs]")
        if np.shape(array) != network.inputs[name].shape:
            raise GradproofError(
                f"at: {name!r} has shape {np.shape(array)} where the input has {network.inputs[name].shape}"
            )
        if name in network.discrete and not np.array_equal(np.asarray(array).astype(network.inputs[name].dtype), array):
            raise GradproofError(f"at: {name!r} is read as {held_by(network.inputs[name])}")
    if not at:
        return network
    moved = network.with_inputs(dict(at))
    check_indices(moved)
    return moved


def hand_derivatives(network: Network) -> list[Slope]:
    """The derivatives that people multiply by hand.

    First those of each scalar by the names that its statement reads, then those of the loss by all other names; each
    once, and none by integers or booleans.
    """
    local = [
        Slope(node.name, network.nodes[k].name or "")
        for i, node in enumerate(network.nodes)
        if node.name is not None and node.shape == () and node.operands
        for k in sorted(statement_reads(network, i))
        if network.nodes[k].name not in network.discrete
    ]
    others = (name for name in network.names if name != network.loss and name not in network.discrete)
    return list(dict.fromkeys([*local, *(Slope(network.loss, name) for name in others)]))


def focused(network: Network, quantity: Quantity) -> Network:
    """The network as the mistakes of the catalogue are to see it: its loss is what the quantity differentiates.

    Without a derivative it is the first value in the quantity; the loss stays where the quantity asks for updated
    values, and where that name is an input. Its parameters are those that the new loss depends on, and the inputs by
    which the quantity differentiates.
    """
    slopes = [atom for atom in quantity.atoms.values() if isinstance(atom, Slope)]
    plain = [atom for atom in quantity.atoms.values() if isinstance(atom, Value)]
    root = slopes[0].of if slopes else network.loss if any(v.steps for v in plain) or not plain else plain[0].name
    if root in network.inputs:
        return network
    inputs = tuple(name for name in network.inputs if network.index(name) in network.ancestors(root))
    asked = tuple(atom.to for atom in slopes if atom.to in network.inputs)
    parameters = tuple(name for name in network.parameters if name in inputs)
    return replace(network, loss=root, parameters=tuple(dict.fromkeys((*parameters, *asked))) or inputs)
