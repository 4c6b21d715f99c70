"""Quantities: expressions of the statement language whose atoms may be derivatives and updated values.

README, "Verify a lesson": `NAME[i,j]`, `dA[i]/dB[j]`, `NAME_new`, `after:NAME`, `after[200]:NAME`. Atoms are recognised
before parsing, so `lr*dL/dw` is lr times dL/dw.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gradproof.reference.errors import GradproofError, MisfitError, StatementError
from gradproof.reference.language.build import with_shapes
from gradproof.reference.language.discrete import uses
from gradproof.reference.language.parsing import parse
from gradproof.reference.network import Network, Node, Shape

MAX_STEPS = 100_000
"""The most steps of training that a claim may ask for."""

LONGEST = 30
"""Digits of a number of steps that are read, and shown: Python converts no more than some thousands."""

NAME = r"[^\W\d]\w*"
WORD = re.compile(NAME)
INDEX = r"(?:\[[^\[\]]*\])?"
DERIVATIVE = re.compile(rf"(?<![\w.])[d∂]({NAME})({INDEX})\s*/\s*[d∂]({NAME})({INDEX})(?!\w)")
AFTER = re.compile(rf"(?<![\w.])after\s*(?:\[\s*(\d+)\s*\])?\s*:\s*({NAME})")
UPDATED = re.compile(rf"(?<![\w.])({NAME})_new(?!\w)")

Key = tuple[int | slice, ...]


@dataclass(frozen=True)
class Value:
    """The value of `name` after so many steps of training; with 0 steps, its value at the given inputs."""

    name: str
    steps: int = 0


@dataclass(frozen=True)
class Slope:
    """The derivative of `of[of_key]` by `to[to_key]`; its shape is that of the one followed by that of the other.

    A key is what an index of the array would be, () for the whole array.
    """

    of: str
    to: str
    of_key: Key = ()
    to_key: Key = ()

    def __hash__(self) -> int:
        return hash((self.of, self.to, repr(self.of_key), repr(self.to_key)))  # slices have no hash of their own


Atom = Value | Slope


@dataclass(frozen=True)
class Quantity:
    """An expression over atoms. `nodes` is its graph: inputs called as the keys of `atoms` first, the result last.

    `text` is the expression as the document has it. The nodes are those of a network without a loss: each has its
    shape.
    """

    text: str
    nodes: tuple[Node, ...]
    atoms: Mapping[str, Atom]

    @property
    def shape(self) -> Shape:
        """The shape of the expression's value; () for a scalar."""
        return self.nodes[-1].shape

    @property
    def atom(self) -> Atom | None:
        """The atom, if the quantity is nothing else."""
        last = self.nodes[-1]
        if last.operation == "identity" and len(self.atoms) == 1:
            return next(iter(self.atoms.values()))
        return None

    @property
    def entry(self) -> tuple[Atom, Key] | None:
        """The atom and the key, if the quantity is an atom (with the key ()) or an indexed one; else None."""
        if self.atom is not None:
            return self.atom, ()
        last = self.nodes[-1]
        inner = self.nodes[last.operands[0]] if last.operands else last
        if (
            last.operation == "index"
            and inner.name
            and inner.name in self.atoms
            and len(self.nodes) == len(self.atoms) + 1 == 2
        ):
            return self.atoms[inner.name], last.attributes["key"]
        return None

    @property
    def steps(self) -> int:
        """The most steps of training that an atom asks for; 0 if it takes none."""
        return max((atom.steps for atom in self.atoms.values() if isinstance(atom, Value)), default=0)


def read_quantity(text: str, network: Network) -> Quantity:
    """The quantity that `text` means in `network`. Raises GradproofError, one line that begins with the text.

    Refused are texts outside the statement language, unknown names, derivatives by integers or booleans, names with two
    meanings, updated values of a network without `learning_rate` or `updated`, and more than `MAX_STEPS` steps. It is a
    MisfitError where only the shapes or an index are wrong.
    """
    try:
        return _Reader(network).read(text)
    except StatementError as problem:
        kind = MisfitError if problem.misfit else GradproofError
        raise kind(f"{quoted(text)}: {problem.message}") from None
    except GradproofError as problem:
        raise type(problem)(f"{quoted(text)}: {problem}") from None


def quoted(text: str) -> str:
    """A text in quotes for a message, cut off after 60 characters."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


class _Reader:
    """The atoms found so far in one expression."""

    def __init__(self, network: Network) -> None:
        self.network, self.names = network, network.places
        self.atoms: dict[str, Atom] = {}

    def read(self, text: str) -> Quantity:
        """The quantity that one line of text says: derivatives and updated values become names, and the rest is parsed.

        Raises GradproofError for several lines, a comment or an atom that the network does not have, StatementError for
        what is outside the language.
        """
        if not text.strip() or "\n" in text.strip() or "#" in text:
            raise GradproofError("write one expression, on one line and without a comment")
        bare = AFTER.sub(self.after, text)
        bare = DERIVATIVE.sub(self.derivative, bare)
        bare = UPDATED.sub(self.updated, bare)
        statement = f"{self.fresh('result')} = {bare}"
        words = {word for word in WORD.findall(bare) if word in self.names and word not in self.atoms}
        try:
            nodes = parse(statement, [*self.atoms, *sorted(words, key=self.network.index)])
        except StatementError:  # an error that knows all names
            nodes = parse(statement, [*self.atoms, *(each for each in self.network.names if each not in self.atoms)])
        return self.trimmed(text, bare, nodes)

    def trimmed(self, text: str, bare: str, nodes: tuple[Node, ...]) -> Quantity:
        """The quantity without the names that it does not use.

        `text` is the expression as printed, `bare` the same with a name for each atom, `nodes` what `bare` was parsed
        into. Raises GradproofError for floats where an operation takes integers or booleans, or these where it takes
        floats; StatementError for shapes that do not fit.
        """
        used = {k for node in nodes for k in node.operands}
        kept = [i for i, node in enumerate(nodes) if i in used or i == len(nodes) - 1]
        position = {old: new for new, old in enumerate(kept)}
        small = [replace(nodes[i], operands=tuple(position[k] for k in nodes[i].operands)) for i in kept]
        atoms = {
            node.name: self.atoms.get(node.name, Value(node.name))
            for node in small[:-1]
            if node.operation == "input" and node.name is not None
        }
        for use in uses(small):
            if bool(use.kind) != (small[use.node].name in self.network.discrete):
                raise GradproofError(f"{use.operation} takes {use.kind or 'floats'} for {use.operand}")
        shapes = {name: self.shape(atom) for name, atom in atoms.items()}
        return Quantity(text, with_shapes(small, shapes, [bare]), atoms)

    def shape(self, atom: Atom) -> Shape:
        """The shape of an atom's value. Raises MisfitError for an index that does not fit, or leaves no entries."""
        if isinstance(atom, Value):
            return self.network.nodes[self.network.index(atom.name)].shape
        return self.entry_shape(atom.of, atom.of_key) + self.entry_shape(atom.to, atom.to_key)

    def entry_shape(self, name: str, key: Key) -> Shape:
        """The shape of `name[key]`. Raises MisfitError for an index that does not fit, or leaves no entries."""
        shape = self.network.nodes[self.network.index(name)].shape
        try:
            found = np.broadcast_to(np.float32(0), shape)[key].shape
        except IndexError:
            raise MisfitError(f"the index of {name} does not fit its shape {shape}") from None
        if 0 in found:
            raise MisfitError(f"the index of {name} leaves nothing of its shape {shape}")
        return found

    def fresh(self, base: str) -> str:
        """A name that nothing has yet."""
        while base in self.names or base in self.atoms:
            base += "_"
        return base

    def put(self, atom: Atom) -> str:
        """The name that stands for an atom in the expression: the same for equal atoms, a new one for a new atom."""
        for name, known in self.atoms.items():
            if known == atom:
                return name
        name = self.fresh("atom_" + "_".join(str(v) for v in vars(atom).values() if isinstance(v, str | int)))
        self.atoms[name] = atom
        return name

    def after(self, match: re.Match[str]) -> str:
        """The name for `after[STEPS]:NAME`. Raises GradproofError for too many steps, or what cannot be updated."""
        said, name = match[1] or "1", match[2]
        steps = int(said) if len(said) <= LONGEST else MAX_STEPS + 1
        if steps > MAX_STEPS:
            shown = said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
            raise GradproofError(f"{shown} steps are too many; at most {MAX_STEPS:,} are taken")
        self.known(name)
        return self.put(self.stepped(name, steps))

    def updated(self, match: re.Match[str]) -> str:
        """The name for `NAME_new`, which is left as it is where the network itself has a name like that.

        Raises GradproofError where both readings are possible, and for a name that does not exist or cannot be updated.
        """
        name = match[1]
        if match[0] in self.names:
            if name in self.names:
                raise GradproofError(f"{match[0]} is a name of the network, and {name} after an update; rename it")
            return match[0]
        self.known(name)
        return self.put(self.stepped(name, 1))

    def stepped(self, name: str, steps: int) -> Value:
        """An updated value. Raises GradproofError where the network has no learning rate, or updates no input."""
        if steps and self.network.learning_rate is None:
            raise GradproofError("an updated value needs learning_rate under [network]")
        if steps and not self.network.updated:
            raise GradproofError("an updated value needs `updated` under [network]: what an update step replaces")
        return Value(name, steps)

    def derivative(self, match: re.Match[str]) -> str:
        """The name for `dA/dB`; the text itself where `dA` and `dB` are names of the network, and this is a quotient.

        Raises GradproofError where both readings are possible, for unknown names, and for integers or booleans as `B`.
        """
        of, of_index, to, to_index = match.groups()
        real = [name for name in (f"d{of}", f"d{to}") if name in self.names]
        if of in self.names and to in self.names:
            if real:
                raise GradproofError(f"{real[0]} is a name of the network, so {match[0]} has two meanings; rename it")
            if to in self.network.discrete:
                raise GradproofError(f"{to} is read as integers or booleans, so that nothing has a derivative by it")
            return self.put(Slope(of, to, self.key(of_index), self.key(to_index)))
        if len(real) == 2:
            return match[0]
        self.known(of if of not in self.names else to)
        return match[0]

    def known(self, name: str) -> None:
        """Raises GradproofError for a name that the network does not have, with one that is nearly the same."""
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1)
            raise GradproofError(
                f"there is no {name!r} in the network" + (f" (did you mean {near[0]!r}?)" if near else "")
            )

    @staticmethod
    def key(index: str) -> Key:
        """The key that `[i,j]` or nothing says. Raises StatementError for an index that is none."""
        if not index:
            return ()
        nodes = parse(f"result = array{index}", ["array"])
        key: Key = nodes[-1].attributes["key"]
        return key


def atom_text(atom: Atom) -> str:
    """An atom as people write it: `w`, `w_new`, `after[200]:w`, `dL/dw[0,1]`."""
    if isinstance(atom, Value):
        return (
            atom.name
            if not atom.steps
            else f"{atom.name}_new"
            if atom.steps == 1
            else f"after[{atom.steps}]:{atom.name}"
        )
    return f"d{atom.of}{brackets(atom.of_key)}/d{atom.to}{brackets(atom.to_key)}"


def brackets(key: Key) -> str:
    """A key as it is written behind a name: `[0,1]`, `[:,2]`; nothing for ()."""
    if not key:
        return ""
    parts = [
        str(k) if isinstance(k, int) else ":".join("" if b is None else str(b) for b in (k.start, k.stop)) for k in key
    ]
    return f"[{','.join(parts)}]"
