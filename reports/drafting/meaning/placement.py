"""Which quantity of the drafted computation each printed number and formula is said of.

What a person writes of a name is claimed of it, right or wrong. What a machine printed is right where it stands: if it
is not what the draft computes there, the document changed something that the draft does not know, and the number is
placed by its value instead (of enough digits, and where one quantity alone has it), or not at all.
"""

import ast
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from gradproof.reference.admitted import PLACED_DIGITS
from gradproof.reference.errors import GradproofError
from gradproof.reference.readings.balls import Balls
from gradproof.reports.drafting.meaning.exact_values import number, same
from gradproof.reports.drafting.meaning.interpretation import Meaning, slope
from gradproof.reports.drafting.meaning.name_patterns import WEIGHT, alike
from gradproof.reports.drafting.meaning.said import Dtype, Said
from gradproof.reports.drafting.meaning.version_expressions import SLOPE, STEP, call, calls, keys, name, written
from gradproof.reports.drafting.meaning.versions import Version
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.printed.printed import Printed, read_printed
from gradproof.reports.teaching.right.fitting import Placed, aligned
from gradproof.reports.teaching.right.formulas import Points, counterexample
from gradproof.reports.teaching.right.right import Asked, Right

MAX_CLAIMS = 1_000


@dataclass(frozen=True)
class DraftClaim:
    """A claim of the draft about the quantity `about`: `printed`, `formula` or `shape` is what is claimed.

    Expressions are over the keys of versions. `by_value`: the quantity was found by its value, not by its name.
    """

    line: int
    where: str
    about: ast.expr
    printed: str | None = None
    formula: ast.expr | None = None
    shape: str | None = None
    expression: str | None = None
    dtype: Dtype = None
    by_value: bool = False


class Placing:
    """Finds the quantity of the drafted computation that each thing is said of, by its name or else by its value."""

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.table: list[tuple[Balls, ast.expr, str]] | None = None
        self.elsewhere: str | None = None
        self.evaluations: dict[Any, list[Evaluation]] = {}
        self.known: dict[tuple[str, Dtype], Right] = {}
        self.tried: dict[tuple[str, str], bool] = {}
        if meaning.network is not None:
            self.network, self.points = meaning.network, Points(meaning.network)
        self.many = self.ambiguous()

    def ambiguous(self) -> frozenset[str]:
        """Names that mean several things, so that a formula that does not hold may be of another."""
        counts: dict[str, set[Version]] = {}
        for version in self.meaning.order:
            if version.now is not None and version not in self.meaning.slopes:
                counts.setdefault(alike(version.name), set()).add(version.real)
        return frozenset(one for one, found in counts.items() if len(found) > 1)

    def place(self, said: list[Said]) -> tuple[list[DraftClaim], list[tuple[int, str, str]]]:
        """The claims, and what could not be placed: line, text, why."""
        placed: list[DraftClaim] = []
        unplaced: list[tuple[int, str, str]] = []
        seen: set[tuple[object, ...]] = set()
        for one in said:
            if len(placed) >= MAX_CLAIMS:
                unplaced.append((one.line, self.shown(one), f"more than {MAX_CLAIMS} claims"))
                break
            found = self.number(one) if one.printed is not None else self.shape(one) if one.shape else self.formula(one)
            if isinstance(found, str):
                if found:
                    unplaced.append((one.line, self.shown(one), found))
                continue
            identity = (
                found.line,
                ast.dump(found.about),
                found.printed or found.shape,
                found.formula and ast.dump(found.formula),
            )
            if (one.formula is None and not one.machine) or identity not in seen:
                placed.append(found)
            seen.add(identity)
        return sorted(placed, key=lambda claim: claim.line), unplaced

    @cached_property
    def names(self) -> dict[str, str]:
        """What the document calls each version, by its key."""
        return {key: version.name for key, version in self.meaning.versions.all.items()}

    def shown(self, one: Said) -> str:
        """What is said, as it is listed where it cannot be placed."""
        if one.printed or one.shape:
            return one.printed or one.shape or ""
        try:
            sides = [written(tree, self.names) for tree in (one.about, one.formula) if tree]
            return " = ".join(sides) if len(sides) > 1 else ""
        except GradproofError:
            return "a formula"

    def number(self, one: Said) -> DraftClaim | str:
        """The claim of a printed number, or why there is none."""
        try:
            printed = read_printed(one.printed or "")
        except GradproofError:
            return "its digits cannot be read"
        about = self.learning(one.about) if one.about is not None else None
        value = self.meaning.value(about) if about is not None else None
        fits = value is not None and about is not None and self.agrees(printed, self.meaning.text(about), one.dtype)
        if value is not None and aligned(printed, value.shape) is None:
            value = None
        if value is not None and about is not None and (fits or not one.machine):
            if self.is_input(one.about) and not fits and not one.table:
                self.elsewhere = one.where
                return "another number is given for this input above"
            if not fits and self.elsewhere == one.where and not calls(about, SLOPE):
                return "it may be said at the other inputs named here"
            return DraftClaim(one.line, one.where, about, one.printed, expression=one.expression, dtype=one.dtype)
        found = self.by_value(printed)
        if found is not None:
            placed = DraftClaim(one.line, one.where, found, one.printed, expression=one.expression, dtype=one.dtype)
            return replace(placed, by_value=True)
        if about is not None and value is not None:
            return "the draft computes another number there; the document may have changed something before"
        if one.reason:
            return one.reason
        return "what it is said of is not computed in the draft"

    def shape(self, one: Said) -> DraftClaim | str:
        """The claim of a shape, where the draft's quantity has as many axes, or why there is none."""
        value = self.meaning.value(one.about) if one.about is not None and one.shape else None
        if value is None or one.about is None or one.shape is None:
            return "what it is said of is not computed in the draft"
        if value.ndim != one.shape.count(",") + 1:
            return f"it has {value.ndim} axes in the draft"
        return DraftClaim(one.line, one.where, one.about, shape=one.shape)

    def agrees(self, printed: Printed, text: str, dtype: Dtype) -> bool:
        """Whether a quantity is printed like this, be it by a program that rounds in this dtype."""
        right = self.right(text, dtype)
        places = aligned(printed, right.shape)
        return places is not None and Placed(printed, places, right.slack).matches(right.values)

    def right(self, text: str, dtype: Dtype) -> Right:
        """What a quantity is, and how far off a program may be."""
        if (text, dtype) not in self.known:
            quantity = self.meaning.quantity(text)
            self.known[text, dtype] = Asked(quantity, self.network, dtype or "float64", self.evaluations).right
        return self.known[text, dtype]

    def learning(self, about: ast.expr) -> ast.expr:
        """What says the learning rate: what an update takes off for each unit of the gradient."""
        meaning = self.meaning
        if not (isinstance(about, ast.Name) and meaning.rate is not None):
            return about
        version = meaning.versions.all.get(about.id)
        if version is None or version.real is not meaning.rate or meaning.loss is None:
            return about
        zero = number(0)
        slopes = {v: meaning.value(slope(meaning.loss, v)) for v in parameters(meaning)}
        weights = [v for v, value in slopes.items() if value is not None and not value.shape and not same(value, zero)]
        if not weights:
            return about
        first = weights[0]
        fresh = call(STEP, name(first.key))
        return ast.BinOp(ast.BinOp(name(first.key), ast.Sub(), fresh), ast.Div(), slope(meaning.loss, first))

    def is_input(self, about: ast.expr | None) -> bool:
        """Whether a number is said of an input."""
        if not isinstance(about, ast.Name) or about.id not in self.meaning.versions.all:
            return False
        return self.meaning.versions.all[about.id].real.tree is None

    def formula(self, one: Said) -> DraftClaim | str:
        """The claim of a formula, or why there is none; empty if nothing needs to be said."""
        meaning = self.meaning
        if one.about is None or one.formula is None:
            return "it is said of nothing"
        if self.is_input(one.about):
            return ""
        left, right = meaning.value(one.about), meaning.value(one.formula)
        if left is None or right is None:
            return self.lacking(one)
        if left.shape != right.shape:
            return "the two sides differ in shape in the draft"
        if trivial(meaning, one):
            return ""
        names = {
            alike(meaning.versions.all[key].name)
            for tree in (one.about, one.formula)
            for key in keys(tree)
            if key in meaning.versions.all
        }
        if not same(left, right):
            if names & self.many:
                return "it does not hold in the draft, where its names mean several things"
            if self.beside(one):
                return "it does not hold, and is about something that the loss does not depend on"
        elif not self.holds_elsewhere(one.about, one.formula):
            return "it holds at these numbers only"
        return DraftClaim(one.line, one.where, one.about, formula=one.formula)

    def beside(self, one: Said) -> bool:
        """Whether a formula is about an input without a number that has no part in the computation."""
        meaning = self.meaning
        main = meaning.versions.ancestors(meaning.loss) if meaning.loss is not None else set()
        trees = [tree for tree in (one.about, one.formula) if tree is not None]
        used = {version for tree in trees for version in meaning.versions.reads(tree)}
        return any(version.placeholder and version not in main for version in used)

    def lacking(self, one: Said) -> str:
        """Why a formula has no value."""
        versions = self.meaning.versions.all
        for tree in (one.about, one.formula):
            for key in keys(tree):
                version = versions[key].real if key in versions else None
                if version is not None and version.now is None and version.tree is None:
                    return f"{version.name} is not known"
        return "it does not fit the computation that is drafted"

    def holds_elsewhere(self, about: ast.expr, formula: ast.expr) -> bool:
        """Whether a formula that holds at the document's numbers does so at random ones, so that it is a right one."""
        said = self.meaning.text(about), self.meaning.text(formula)
        if said not in self.tried:
            sides = [self.meaning.quantity(text) for text in said]
            try:
                self.tried[said] = counterexample(self.points, *sides)[0] is None
            except GradproofError:
                self.tried[said] = False
        return self.tried[said]

    def by_value(self, printed: Printed) -> ast.expr | None:
        """The one quantity of the computation that is printed like this."""
        numbers = [number for number in printed.numbers if number is not None]
        if len(numbers) < len(printed.numbers) or max((n.digits for n in numbers), default=0) < PLACED_DIGITS:
            return None
        if printed.shape == () and isinstance(numbers[0].value, Fraction) and numbers[0].value == 0:
            return None
        found = [(value, tree) for value, tree, text in self.quantities() if self.agrees(printed, text, None)]
        return found[0][1] if found and all(same(found[0][0], value) for value, _ in found) else None

    def quantities(self) -> list[tuple[Balls, ast.expr, str]]:
        """Everything that a number may be: values first, then derivatives of the loss, each with its text."""
        if self.table is None:
            meaning = self.meaning
            computed = [v for v in meaning.order if v.now is not None and v.tree is not None]
            trees: list[ast.expr] = [name(v.key) for v in computed if v not in meaning.slopes]
            loss = meaning.loss
            ancestors = meaning.versions.ancestors(loss) if loss is not None else set()
            for version in meaning.order:
                if loss is not None and version in ancestors and version is not loss and version.now is not None:
                    trees.append(slope(loss, version))
            self.table = [
                (value, tree, meaning.text(tree)) for tree in trees if (value := meaning.value(tree)) is not None
            ]
        return self.table


def parameters(meaning: Meaning) -> list[Version]:
    """The inputs that are trained: those that are called like weights, or else that the loss is differentiated by."""
    if meaning.loss is None:
        return []
    trees = [*meaning.slopes.values(), *(said.about for said in meaning.said)]
    by = [node.args[1] for tree in trees for node in calls(tree, SLOPE) if isinstance(node.args[1], ast.Name)]
    real = {version for tree in by for version in meaning.versions.reads(tree)}
    inputs = [
        v
        for v in meaning.order
        if v.tree is None and v.now is not None and v in meaning.versions.ancestors(meaning.loss)
    ]
    weights = [v for v in inputs if WEIGHT.match(v.name)]
    return weights or [v for v in inputs if v in real]


def trivial(meaning: Meaning, one: Said) -> bool:
    """Whether both sides are one thing in the draft, written in one way."""
    return one.about is not None and one.formula is not None and meaning.text(one.about) == meaning.text(one.formula)
