"""What a wrong number may be: values that a mistake would have given, each with the mistake's name."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

import numpy as np

from gradproof.reference.admitted import MAX_TRAINED
from gradproof.reference.mistakes import MISTAKES, Mistake
from gradproof.reference.network import Network
from gradproof.reports.teaching.claims.evaluation import focused
from gradproof.reports.teaching.claims.quantity import Atom, Quantity, Value, atom_text
from gradproof.reports.teaching.diagnosis.candidate import FIRST, PAIR, SECOND, Candidate, valued
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.diagnosis.update_mistakes import other_steps
from gradproof.reports.teaching.right.fitting import Exact
from gradproof.reports.teaching.right.right import Asked

COMMON = (
    "another number of updates",
    "bias gradient left out",
    "gradient cut off",
    "gradients exchanged",
    "half left out",
    "half taken twice",
    "two of the square left out",
    "two of the square taken twice",
    "not squared",
    "sign",
    "sum for mean",
    "mean taken twice",
    "mean for sum",
    "mean over something else",
    "another activation",
    "activation's derivative left out",
    "activation's derivative twice",
    "derivative at a for z",
    "derivative of another activation",
    "another value in the derivative",
    "another unit or layer",
    "another parameter",
    "weight gradient transposed",
    "weight not transposed going back",
    "weight already updated",
    "path forgotten",
    "term left out",
    "softmax without exp",
)
"""The mistakes that are made most, the likelier of two equal ones first: a match of few digits says more for these."""

MAX_PAIRS = 4000
"""So many pairs of mistakes are tried for one claim: a number, not a time, so that a busy machine says the same."""


def candidates(asked: Asked, entries: list[Earlier]) -> Iterator[Candidate]:
    """All single mistakes; each also with the numbers that were printed before in place of computed ones.

    `entries` are these numbers. No two candidates have the same mistake and values.
    """
    seen: set[tuple[str, tuple[Exact, ...]]] = set()
    if not asked.traceable:
        yield from misreadings(asked)
        return
    for carried in ([], entries) if entries else ([],):
        mistakes = islice(catalogue(asked, carried), affordable(asked.quantity))
        for candidate in chain(other_steps(asked, carried), mistakes, other_quantities(asked, carried)):
            key = (candidate.mistake, candidate.values)
            if key not in seen:
                seen.add(key)
                yield candidate


def affordable(quantity: Quantity) -> int | None:
    """How many ways to compute a quantity are tried; None for any number, as long as none of them is a training."""
    return None if quantity.steps <= 1 else max(1, MAX_TRAINED // quantity.steps)


def misreadings(asked: Asked) -> Iterator[Candidate]:
    """The mistakes that are made without computing anything else: another value, another learning rate."""
    if asked.quantity.steps <= MAX_TRAINED // 10:  # each of some ten learning rates is a training of its own
        yield from other_steps(asked, [])
    yield from other_quantities(asked, [])


def other_quantities(asked: Asked, carried: list[Earlier]) -> Iterator[Candidate]:
    """Another value, weight, unit or derivative printed in place of the one meant."""
    quantity = asked.quantity
    for name, atom in quantity.atoms.items():
        for other in alike(asked.network, atom):
            changed = replace(quantity, atoms={**quantity.atoms, name: other})
            values = valued(asked, asked.network, changed, carried)
            if values is not None:
                mistake, explanation = misread(atom, other)
                formula = quantity.text.replace(atom_text(atom), atom_text(other))
                formula = atom_text(other) if formula == quantity.text else formula  # `after:w` is `w_new`
                yield Candidate(mistake, explanation, formula, values, FIRST)
    if len(quantity.shape) == 2 and 1 not in quantity.shape:
        values = valued(asked, asked.network, quantity, carried)
        if values is not None:
            turned = np.reshape(np.array(values, dtype=object), quantity.shape).T.ravel()
            formula = f"({quantity.text}).T"
            yield Candidate("transposed", "Rows and columns are exchanged.", formula, tuple(turned), FIRST)
    entry = quantity.entry
    if entry and len(entry[1]) == 2 and all(isinstance(k, int) for k in entry[1]) and entry[1][0] != entry[1][1]:
        (atom, (i, j)) = entry
        nodes = (
            *quantity.nodes[:-1],
            replace(quantity.nodes[-1], attributes={**quantity.nodes[-1].attributes, "key": (j, i)}),
        )
        values = valued(asked, asked.network, replace(quantity, nodes=nodes), carried)
        if values is not None:
            explanation = f"The indices are swapped: this is entry [{j},{i}]."
            yield Candidate("indices swapped", explanation, f"{atom_text(atom)}[{j},{i}]", values, FIRST)


def misread(atom: Atom, other: Atom) -> tuple[str, str]:
    """The mistake of printing `other` in place of `atom`, and a sentence about it."""
    if isinstance(atom, Value) and isinstance(other, Value) and atom.name == other.name:
        when = f"after {other.steps} updates, not {atom.steps}" if other.steps else "before any update"
        when = when.replace(" 1 updates,", " 1 update,")
        return "another number of updates", f"This is {atom.name} {when}."
    return "another quantity", f"{atom_text(other)} was taken in place of {atom_text(atom)}."


def alike(network: Network, atom: Atom) -> Iterator[Atom]:
    """The atoms that may be taken for `atom`: of the same kind and shape.

    For the gradient of a scalar these are also the values of that shape which it depends on.
    """

    def shaped(name: str) -> list[str]:
        shape = network.nodes[network.index(name)].shape
        others = (n for n in network.names if n != name and n not in network.discrete)
        return [n for n in others if network.nodes[network.index(n)].shape == shape]

    if isinstance(atom, Value):
        for name in shaped(atom.name):
            if not atom.steps or name in network.updated or name not in network.inputs:
                yield Value(name, atom.steps)
        if atom.steps:
            yield Value(atom.name, atom.steps - 1)
            yield Value(atom.name, atom.steps + 1)
        return
    for name in shaped(atom.to):
        if network.index(name) in network.ancestors(atom.of):
            yield replace(atom, to=name)
    for name in shaped(atom.of):
        if network.index(atom.to) in network.ancestors(name):
            yield replace(atom, of=name)
    shape = network.nodes[network.index(atom.to)].shape
    if not network.nodes[network.index(atom.of)].shape and not atom.of_key and not atom.to_key:
        for i, node in enumerate(network.nodes):
            printed = node.name is not None and node.name not in network.discrete
            if printed and node.shape == shape and i in network.ancestors(atom.of):
                yield Value(node.name or "")


def catalogue(asked: Asked, carried: list[Earlier]) -> Iterator[Candidate]:
    """Every mistake of the catalogue, at every place of the computation that the quantity is about."""
    for mistake in MISTAKES:
        if not mistake.planted:
            yield from made(asked, focused(asked.network, asked.quantity), mistake, carried)


def made(
    asked: Asked, network: Network, mistake: Mistake, carried: list[Earlier], first: Candidate | None = None
) -> Iterator[Candidate]:
    """One mistake at every place of `network`; after a `first` one, if that is given."""
    right = asked.network
    for variant in mistake.variants(network):
        mistaken = variant.for_asking(right)
        values = valued(asked, mistaken, asked.quantity, carried)
        if values is None:
            continue
        explanation, formula = f"{mistake.sentence} ({variant.where})", with_detail(asked.quantity.text, variant.detail)
        tier = FIRST if mistake.name in COMMON else SECOND
        name = mistake.name
        if first is not None:
            name, tier = f"{first.mistake}; {mistake.name}", PAIR
            explanation, formula = f"{first.explanation} {explanation}", with_detail(first.formula, variant.detail)
        yield Candidate(name, explanation, formula, values, tier, mistaken)


def with_detail(text: str, detail: str) -> str:
    """A quantity, as text, with what was taken in place of what."""
    return f"{text} with {detail}" if detail else text


def in_pairs(asked: Asked, singles: list[Candidate], carried: list[Earlier]) -> Iterator[Candidate]:
    """Two mistakes of the catalogue at once, the common ones first, `MAX_PAIRS` at most.

    The first is one of `singles`, if it is a mistake of a network.
    """
    right = focused(asked.network, asked.quantity)

    def pairs() -> Iterator[Candidate]:
        for first in sorted(singles, key=lambda candidate: candidate.tier):
            if first.network is not None:
                network = replace(first.network, loss=right.loss, parameters=right.parameters)
                for mistake in MISTAKES:
                    if not mistake.planted:
                        yield from made(asked, network, mistake, carried, first)

    return islice(pairs(), MAX_PAIRS)
