"""What a document calls by a name, one version for each time that it is given.

A name that is used before it is given means its first version (the reader is told to fill it in), and one that is never
given is an input whose number is not printed. Two versions of a name with one value are one: documents compute the same
network several times. Values are computed by the reference, from expressions of the statement language.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradproof.reference.language.parsing import check_name
from gradproof.reference.readings.balls import Balls
from gradproof.reports.drafting.meaning import exact_values
from gradproof.reports.drafting.meaning.exact_values import evaluate, same
from gradproof.reports.drafting.meaning.name_patterns import alike
from gradproof.reports.drafting.meaning.version_expressions import depth, keys, name, put

CODE, DISPLAYED, INLINE, ABSENT = "code", "displayed math", "inline math", "nowhere"
"""Where a version is given."""

MAX_VERSIONS = 1_000
"""What is given a name after so many others has no meaning in the draft."""
ENTRY = re.compile(r"(.*[A-Za-z])([1-9]\d?)\Z")
"""A name that may be that of an entry."""
MAX_DEPTH = 90
"""How deep a drafted expression may nest; the language takes a little more."""


@dataclass(eq=False)
class Version:
    """One meaning of a name.

    `tree` is an expression over the keys of versions, `number` an input's value; where both are None, what the name
    means cannot be said. `now` is the value, once it is computed, and `same` the version that takes this one's place.
    `entry` is the same as `tree` if that is an entry of a vector.
    """

    key: str
    name: str
    tree: ast.expr | None
    number: Any
    line: int
    origin: str
    now: Balls | None = None
    same: "Version | None" = None
    placeholder: bool = False
    axes: int = 0
    entry: ast.expr | None = None

    @property
    def real(self) -> "Version":
        """The version that takes this one's place in the draft, or itself if none does."""
        found = self
        while found.same is not None:
            found = found.same
        return found


class Versions:
    """All versions of all names, and which one a name means at the point that the document has been read to."""

    def __init__(self) -> None:
        self.all: dict[str, Version] = {}
        self.current: dict[str, Version] = {}
        self.first: dict[str, Version] = {}
        self.awaited: dict[str, Version] = {}
        self.computed: dict[Any, tuple[Balls | None, Mapping[str, Balls]]] = {}

    def define(self, name: str, tree: ast.expr | None, line: int, origin: str, number: Any = None) -> Version:
        """A new version of `name`, not bound to it yet; it has no meaning if it is too deep or there are too many."""
        if len(self.all) >= MAX_VERSIONS or (tree is not None and depth(tree) > MAX_DEPTH):
            tree = number = None
        version = Version(f"v{len(self.all)}", usable(name), tree, number, line, origin)
        self.all[version.key] = version
        return version

    def bind(self, name: str, version: Version) -> None:
        """From here on in the document, `name` means this version."""
        self.current[alike(name)] = version
        self.first.setdefault(alike(name), version)

    def known(self, name: str) -> Version | None:
        """The version that `name` means at this point of the document; None if it has not been given."""
        return self.current.get(alike(name))

    def named(self, name: str, line: int, origin: str = ABSENT) -> Version:
        """What `name` means here; perhaps what it will mean later. `origin` says what asks for it."""
        found = self.known(name)
        if found is None:
            found = self.awaited.get(alike(name))
        if found is None:
            found = self.awaited[alike(name)] = self.define(name, None, line, origin)
        elif found.origin == ABSENT:
            found.origin = origin
        return found

    def settle(self) -> list[Version]:
        """Tie up what was used before it was given, and compute values; returns the versions in order of use."""
        for spelled, version in self.awaited.items():
            given = self.first.get(spelled)
            if given is not None and version not in self.ancestors(given):
                version.same = given
        self.compute_all()
        self.find_entries()
        unknown = [v for name, v in self.awaited.items() if name not in self.first and v.entry is None]
        for number, version in enumerate((v for v in unknown if v.origin != ABSENT), 1):
            version.placeholder = True
            version.number = made_up(number, version.axes)
        self.compute_all()
        self.unite()
        self.unite_twins()
        self.compute_all()
        return self.ordered()

    def find_entries(self) -> None:
        """Let `z_2`, which is given nowhere but in a sentence, be the second entry of the vector `z`."""
        for spelled, version in {**self.awaited, **self.first}.items():
            found = ENTRY.match(spelled)
            whole = self.first.get(found[1]) if found else None
            value = whole.real.now if whole is not None else None
            if not found or whole is None or value is None or value.ndim != 1 or version.origin in (CODE, ABSENT):
                continue
            if not any(keys(version.tree)) and 1 <= int(found[2]) <= len(value):
                at = ast.Constant(int(found[2]) - 1)
                version.entry = version.tree = ast.Subscript(ast.Name(whole.key, ast.Load()), at, ast.Load())
                version.number = None

    def unite_twins(self) -> None:
        """Let names that are given by one expression be one: `h1 = sigmoid(h1_in)` after `h1_out = sigmoid(h1_in)`."""
        known: dict[str, Version] = {}
        for version in self.ordered():
            if version.tree is None or version.now is None or isinstance(version.tree, ast.Name):
                continue
            said = ast.unparse(put(version.tree, lambda key: name(self.all[key].real.key) if key in self.all else None))
            twin = known.setdefault(said, version)
            if twin is not version and twin.line <= version.line:
                version.same = twin
            elif twin is not version:
                twin.same = known[said] = version

    def compute_all(self) -> None:
        """Compute the value of every version, each after those that it is computed from."""
        for version in self.ordered():
            self.compute(version)

    def ancestors(self, version: Version) -> set[Version]:
        """A version and everything that it is computed from."""
        found: set[Version] = set()
        todo = [version.real]
        while todo:
            one = todo.pop()
            if one not in found:
                found.add(one)
                todo += self.reads(one.tree)
        return found

    def reads(self, tree: ast.expr | None) -> list[Version]:
        """The versions, each as it is in the draft, that the expression names."""
        return [self.all[key].real for key in keys(tree) if key in self.all]

    def ordered(self) -> list[Version]:
        """The versions that stand for themselves, each after what it is computed from."""
        done: dict[Version, None] = {}
        for version in self.all.values():
            todo = [(version.real, False)]
            while todo:
                one, ready = todo.pop()
                if ready:
                    done[one] = None
                elif one not in done:
                    todo += [(one, True), *((read, False) for read in self.reads(one.tree) if read not in done)]
        return list(done)

    def compute(self, version: Version) -> None:
        """The value of a version, if those are known that it is computed from."""
        if version.number is not None:
            version.now = exact_values.number(version.number) if version.now is None else version.now
        elif version.tree is not None:
            version.now = self.value(version.tree)

    def value(self, tree: ast.expr) -> Balls | None:
        """The value of an expression, or None where it has none."""
        operands = {key: self.all[key].real.now if key in self.all else None for key in keys(tree)}
        known = {key: value for key, value in operands.items() if value is not None}
        if len(known) < len(operands):
            return None
        text = ast.unparse(tree)
        question = text, *map(id, known.values())
        if question not in self.computed:
            self.computed[question] = evaluate(text, known), known  # these live on, so that no others get their ids
        return self.computed[question][0]

    def unite(self) -> None:
        """Let versions of one name with one value be one: the one that is computed from the most inputs.

        An equation that is displayed says what its name means, whatever code makes of it later; one in a sentence does
        not.
        """
        groups: dict[str, list[Version]] = {}
        for version in self.ordered():
            if version.now is not None:
                groups.setdefault(alike(version.name), []).append(version)
        reach = {v: self.inputs(v) for group in groups.values() if len(group) > 1 for v in group}
        for group in groups.values():
            best: list[Version] = []
            for version in sorted(group, key=lambda one: (-len(reach.get(one, ())), one.line)):
                twin = next((one for one in best if same(one.now, version.now)), None)
                if twin is None:
                    best.append(version)
                elif version not in self.ancestors(twin):
                    version.same = twin
            for version in sorted(best, key=lambda one: one.line):
                ruling = [one for one in best if self.rules(one, version) and reach[one] & reach[version]]
                if ruling and version not in self.ancestors(ruling[0]):
                    version.same = ruling[0]

    @staticmethod
    def rules(one: Version, other: Version) -> bool:
        """Whether `one` is what the name means that `other` gives another value."""
        if one is other or one.same or other.tree is None or one.now is None or other.now is None:
            return False
        if one.now.shape != other.now.shape:
            return False
        if other.origin == INLINE:
            return one.origin != INLINE or one.line < other.line
        return one.origin == DISPLAYED and one.line < other.line

    def inputs(self, version: Version) -> frozenset[Version]:
        """The inputs that a version is computed from."""
        return frozenset(one for one in self.ancestors(version) if one.tree is None)


def made_up(number: int, axes: int) -> Any:
    """A number, vector or square matrix for an input that is not printed; different ones are no two alike."""
    start = 0.4375 + 0.0625 * number
    return [start, [start, -start / 2], [[start, -0.25], [0.375, 1 - start]]][axes]


def usable(name: str) -> str:
    """The name, with an underscore at its end if it is one that the language does not take."""
    return name if check_name(name) is None and not name.startswith("__") else f"{name}_"
