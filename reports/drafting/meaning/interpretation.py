"""What names mean as derivatives and updates: `dLdw2`, `grad_V`, `w2new`, and which loss is meant.

A name that says both of what and by what is believed. One that leaves the loss open (`grad_V`) is a derivative of the
loss that gives its value; so is `w = w - lr*g` an update only if it takes off the gradient. A wrong formula for a
derivative is thus still found where it is unmistakable what it is for.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from gradproof.reference.errors import GradproofError
from gradproof.reference.network import Network
from gradproof.reference.readings.balls import Balls
from gradproof.reports.drafting.meaning.exact_values import EXACT, same, size, stepped, value_of
from gradproof.reports.drafting.meaning.name_patterns import EXPLICIT, IMPLICIT, RATES, UPDATED, alike, is_loss, splits
from gradproof.reports.drafting.meaning.said import Said
from gradproof.reports.drafting.meaning.version_expressions import (
    SLOPE,
    STEP,
    Put,
    call,
    calls,
    copied,
    is_of,
    keys,
    name,
    put,
    written,
)
from gradproof.reports.drafting.meaning.versions import CODE, Version, Versions
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Quantity, read_quantity

MAX_PUT_IN = 100
"""Expressions that are put into one."""


def slope(of: Version, by: Version) -> ast.expr:
    """The derivative of one version by another, as an expression D(of, by)."""
    return call(SLOPE, name(of.key), name(by.key))


@dataclass
class Meaning:
    """The computation of a document, and what its names mean in it, as far as it is known: slopes, rate, loss."""

    versions: Versions
    said: list[Said]
    differentiated: ast.expr | None
    slopes: dict[Version, ast.expr] = field(default_factory=dict)
    rate: Version | None = None
    loss: Version | None = None
    network: Network | None = None
    order: list[Version] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.order = self.versions.settle()
        self.totals: dict[Version, Version] = {}
        self.named: dict[str, list[Version]] = {}
        for version in self.versions.all.values():
            self.named.setdefault(alike(version.name), []).append(version)
        self.known: dict[str, Balls | None] = {}
        self.texts: dict[int, tuple[ast.expr, str]] = {}
        self.read: dict[str, Quantity] = {}
        self.put_in = 0
        self.losses = self.candidates()
        rates = [v for v in self.order if alike(v.name).lower() in RATES and isinstance(v.number, int | float)]
        self.rate = next((v for v in rates if v.number > 0), None)
        self.build()
        if self.network is None:
            return
        self.point = Evaluation(self.network, EXACT)
        for version in [v for v in self.order if v.origin == CODE]:
            self.interpret(version)
        self.texts.clear()  # what names mean is settled from here on
        self.loss = self.main_loss()
        if self.loss is not None:
            self.network = replace(self.network, loss=self.loss.key)
            self.point = Evaluation(self.network, EXACT)

    def candidates(self) -> list[Version]:
        """What may be the loss: a single number that depends on something, most likely first."""
        asked = self.derivative_counts()
        order = {v: i for i, v in enumerate(self.order)}
        fit = [
            v
            for v in self.order
            if v.tree is not None and v.now is not None and size(v.now) == 1 and self.versions.inputs(v)
        ]
        named = [v for v in fit if is_loss(v.name) or asked.get(v)]
        last = self.differentiated
        final = self.versions.all[last.id].real if isinstance(last, ast.Name) else None
        found = sorted(named, key=lambda v: (-asked.get(v, 0), v is not final, -order[v]))
        return [self.scalar(v) for v in found or fit[-1:]] or [
            self.scalar(v) for v in self.order if v.tree is not None and v.now is not None and self.versions.inputs(v)
        ][-1:]

    def derivative_counts(self) -> dict[Version, int]:
        """How often each version that is called like a loss is differentiated in the document's formulas."""
        counts: dict[Version, int] = {}
        for said in self.said:
            for one in (*self.derived(said.about), *self.derived(said.formula)):
                if is_loss(one.name):
                    counts[one.real] = counts.get(one.real, 0) + 1
        return counts

    def derived(self, tree: ast.expr | None) -> Iterator[Version]:
        """The versions whose derivatives an expression takes, as often as it does."""
        for node in calls(tree, SLOPE):
            one = self.versions.all.get(node.args[0].id) if isinstance(node.args[0], ast.Name) else None
            if one is not None:
                yield one

    def scalar(self, version: Version) -> Version:
        """The version itself if it is a single number, else a new one: the sum of its entries."""
        if version.now is None or version.now.shape == ():
            return version
        if version not in self.totals:
            tree = call("sum", name(version.key))
            total = self.versions.define(f"{version.name}_total", tree, version.line, CODE)
            total.now = self.versions.value(tree)
            self.totals[version] = total
            self.order.append(total)
        return self.totals[version]

    def build(self) -> None:
        """The network of everything that has a value; names are the keys of versions."""
        from gradproof.reference.language.build import build

        known = [v for v in self.order if v.now is not None]
        inputs = {v.key: v.number for v in known if v.tree is None}
        lines = [f"{v.key} = {ast.unparse(self.real(v.tree))}" for v in known if v.tree is not None]
        if not lines or not self.losses:
            return
        try:
            rate = float(self.rate.number) if self.rate is not None else None
            network = build("\n".join(lines), inputs, loss=self.losses[0].key, learning_rate=rate)
            self.network = replace(network, updated=network.parameters)
        except GradproofError:
            self.network = None

    def real(self, tree: ast.expr) -> ast.expr:
        """The expression with every version in place of those that it stands for."""
        every = self.versions.all
        return put(tree, lambda key: self.named_or_rate(every[key].real) if key in every else None)

    def named_or_rate(self, version: Version) -> ast.expr:
        """A version in an expression of the draft; the learning rate is a number."""
        return ast.Constant(float(version.number)) if version is self.rate else name(version.key)

    def interpret(self, version: Version) -> None:
        """Whether what code gives a name to is a derivative or an updated value."""
        spelled = version.name
        explicit = EXPLICIT.match(spelled)
        if explicit:
            for of, by in splits(spelled):
                first, second = self.meant(of, version), self.meant(by, version)
                if (
                    first is not None
                    and second is not None
                    and second in self.versions.ancestors(first)
                    and first is not second
                ):
                    self.slopes[version] = slope(self.totals.get(first, first), second)
                    return
        if version.tree is None:
            return
        updated = UPDATED.match(spelled)
        base = self.meant(next(filter(None, updated.groups())), version) if updated else self.itself(version)
        weight = base is not None and base.number is not None and base is not version and self.rate is not None
        if base is not None and weight and (updated or self.takes_gradient(version, base)):
            self.slopes[version] = call(STEP, name(base.key))
            return
        implicit = IMPLICIT.match(spelled)
        by_version = self.meant(next(filter(None, implicit.groups())), version) if implicit else None
        if by_version is None or by_version.now is None or version.now is None:
            return
        if version.now.shape != by_version.now.shape:
            return
        fit = [one for one in self.losses if by_version in self.versions.ancestors(one) and one is not by_version]
        giving = [one for one in fit if same(self.value(slope(one, by_version)), version.now)]
        if giving or len(fit) == 1:
            self.slopes[version] = slope((giving or fit)[0], by_version)

    def meant(self, spelled: str, user: Version) -> Version | None:
        """The version that a part of a name means: the last one given before, or else the first one."""
        found = [v for v in self.named.get(alike(spelled), ()) if v.real.now is not None and v is not user]
        if not found and is_loss(spelled):
            found = [v for v in self.losses if v.name.lower() == spelled.lower()]  # `dl` of a loss called L
        if not found:
            return None
        before = [v for v in found if v.line <= user.line]
        return (max(before, key=lambda v: v.line) if before else found[0]).real

    def itself(self, version: Version) -> Version | None:
        """The input that `w = w - lr*g` replaces."""
        match version.tree:
            case ast.BinOp(op=ast.Sub(), left=ast.Name(id=key)) if alike(self.versions.all[key].name) == alike(
                version.name
            ):
                return self.versions.all[key].real
        return None

    def takes_gradient(self, version: Version, base: Version) -> bool:
        """Whether an update takes the learning rate times the gradient off."""
        if self.rate is None or self.rate.now is None or base.now is None:
            return False
        for one in self.losses:
            gradient = self.value(slope(one, base)) if base in self.versions.ancestors(one) else None
            if gradient is not None and same(stepped(base.now, self.rate.now, gradient), version.now):
                return True
        return False

    def value(self, tree: ast.expr) -> Balls | None:
        """The value of an expression over versions, derivatives among them; None where it has none."""
        if self.network is None:
            return None
        try:
            if any(one.tree is not None for one in self.updates(tree)):
                return None  # an accent that looks like an update, of something that is computed
            text = self.text(tree)
            if text not in self.known:
                self.known[text] = value_of(self.point, self.quantity(text))
        except (GradproofError, ArithmeticError, KeyError):
            return None
        return self.known[text]

    def updates(self, tree: ast.expr) -> list[Version]:
        """The versions whose updated values an expression names."""
        real = [one for node in calls(tree, STEP) for one in self.versions.reads(node.args[0])]
        return [self.versions.reads(v.entry)[0] if v.entry is not None else v for v in real]

    def text(self, tree: ast.expr) -> str:
        """An expression as the text of a quantity, with the keys of versions as names."""
        if id(tree) not in self.texts:
            self.texts[id(tree)] = tree, written(self.inlined(tree), {})
        return self.texts[id(tree)][1]

    def quantity(self, text: str) -> Quantity:
        """What a text means in the network, read once. Raises GradproofError where it means nothing there."""
        if text not in self.read:
            self.read[text] = read_quantity(text, self.point.network)
        return self.read[text]

    def inlined(self, tree: ast.expr, level: int = 0) -> ast.expr:
        """The expression over what is in the network: derivatives and what is computed from them are put in.

        `level` is how deep in that it is. Raises GradproofError where more than `MAX_PUT_IN` expressions would be put
        in.
        """
        self.put_in = self.put_in + 1 if level else 0
        if self.put_in > MAX_PUT_IN:
            raise GradproofError("it is computed from too much")
        found: dict[str, ast.expr] = {}
        for key in keys(tree):
            version = self.versions.all.get(key)
            if version is None:  # the loss that a framework differentiated
                if self.losses:
                    found[key] = name(self.losses[0].key)
                continue
            real = version.real
            inner = self.slopes.get(real) or real.entry or (real.tree if real.now is None else None)
            found[key] = self.inlined(inner, level + 1) if inner is not None else self.named_or_rate(real)
        return PutSums(found.get, self).visit(copied(tree))  # type: ignore[no-any-return]

    def main_loss(self) -> Version | None:
        """The loss of the draft: the one that derivatives are most often taken of."""
        counts = dict.fromkeys(self.losses, 0)
        for tree in [*self.slopes.values(), *(said.about for said in self.said), *(said.formula for said in self.said)]:
            for one in self.derived(tree):
                if one.real in counts:
                    counts[one.real] += 1
        return max(self.losses, key=lambda one: counts[one], default=None)


class PutSums(Put):
    """Puts expressions in place of names, as `Put` does; a loss with axes is differentiated as its sum."""

    def __init__(self, found: Callable[[str], ast.expr | None], meaning: Meaning) -> None:
        super().__init__(found)
        self.meaning = meaning

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A derivative of a loss with axes as one of its sum; any other call as it is."""
        arguments = [self.visit(argument) for argument in node.args]
        if is_of(node, SLOPE) and isinstance(arguments[0], ast.Name):
            of = self.meaning.versions.all.get(arguments[0].id)
            total = self.meaning.totals.get(of) if of is not None else None
            arguments[0] = name(total.key) if total is not None else arguments[0]
        return ast.Call(node.func, arguments, node.keywords)
