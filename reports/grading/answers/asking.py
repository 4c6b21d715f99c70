"""What a lesson asks for, and what a submission has of it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.reference.network import Network
from gradproof.reports.grading.answers.answers import (
    Answer,
    abridged,
    answer,
    changed,
    is_free,
    lies_like,
    place_in_order,
)
from gradproof.reports.grading.answers.names import Named, Names
from gradproof.reports.grading.sandbox.left_behind import Outcome
from gradproof.reports.teaching.claims.claim import SHAPE as SHAPE_CLAIM
from gradproof.reports.teaching.claims.claim import Lesson
from gradproof.reports.teaching.claims.quantity import Atom, Quantity, Slope, Value, atom_text, read_quantity


def asked_for(lesson: Lesson) -> list[str]:
    """The quantities that are graded: those of the lesson's claims, else the gradients of all parameters.

    Of the claims' quantities those that a name can mean: computed values, updated parameters, derivatives of a number;
    entries of these, if the whole is not claimed anywhere.
    """
    network = lesson.network
    found: dict[str, str] = {}
    for claim in lesson.claims:
        if not claim.at and claim.step is None and claim.kind != SHAPE_CLAIM:
            part = base(read_quantity(claim.quantity, network))
            if part is not None and can_be_named(part[0], network):
                found[atom_text(part[0]) if not part[1] else claim.quantity] = atom_text(part[0])
    asked = [text for text, whole in found.items() if text == whole or whole not in found]
    return asked or [f"d{network.loss}/d{name}" for name in network.parameters]


def can_be_named(atom: Atom, network: Network) -> bool:
    """Whether a student may have a name for it: a computed value, an updated parameter, a number's derivative."""
    if isinstance(atom, Value):
        return atom.name in network.updated if atom.steps == 1 else not atom.steps and atom.name not in network.inputs
    of = network.nodes[network.index(atom.of)]
    return math.prod(of.shape) == 1 and atom.of != atom.to and network.index(atom.to) in network.ancestors(atom.of)


def base(quantity: Quantity) -> tuple[Atom, Any] | None:
    """The whole atom that a quantity is, or is entries of, and the index of these; None for anything else."""
    entry = quantity.entry
    if entry is None:
        return None
    atom, key = entry
    if isinstance(atom, Slope) and (atom.of_key or atom.to_key):
        return Slope(atom.of, atom.to), (*atom.of_key, *atom.to_key)
    return atom, key


def answers(lesson: Lesson, outcome: Outcome, wanted: Sequence[str]) -> tuple[dict[str, Answer], list[str]]:
    """By quantity, in the order of computing, what the submission has, `wanted` or not; and notes on its inputs."""
    network = lesson.network
    turned, others = changed(network, outcome.variables)
    read = {text: read_quantity(text, network) for text in wanted}
    bases = {text: atom_text(found[0]) for text, quantity in read.items() if (found := base(quantity)) is not None}
    names = Names(network, list(bases.values()))
    assigned = names.assigned(outcome.variables, outcome.returned)
    notes = list(dict.fromkeys(names.notes))
    for name, named in others.items():
        if name in network.updated and network.learning_rate is not None:  # updated in place
            assigned.setdefault(f"{name}_new", named)
        else:
            notes.append(f"{named.name} is not what the lesson gives: {abridged(named.value['array'])}")
    in_parts = {text for text in wanted if bases[text] != written_whole(read[text])}
    partial = {bases[text] for text in in_parts}
    made: dict[str, Answer] = {}
    for name, named in assigned.items():
        if name in partial or (name in network.inputs and name not in others):
            continue
        if name in network.inputs and name in network.updated and network.learning_rate is not None:
            continue
        named = others.get(name, named)
        quantity = read_quantity(name, network)
        key = next((each for each in wanted if bases[each] == name), name)
        made[key] = whole(lesson, quantity, named, turned)
    for each in in_parts:
        if bases[each] in assigned:
            made[each] = part(lesson, read[each], assigned[bases[each]], turned)
    order = sorted(made, key=lambda key: place_in_order(network, made[key].quantity))
    return {key: made[key] for key in order}, notes


def written_whole(quantity: Quantity) -> str:
    """The text of a quantity that is one whole atom; empty for one that is entries of it."""
    return atom_text(quantity.atom) if quantity.atom is not None else ""


def whole(lesson: Lesson, quantity: Quantity, named: Named, turned: set[str]) -> Answer:
    """The answer for a whole atom, from the submission's value `named`; `turned` are the inputs that are transposed."""
    free = is_free(lesson.network, quantity)
    return answer(quantity, quantity.shape, named, lies_like(quantity) in turned, free)


def part(lesson: Lesson, quantity: Quantity, named: Named, turned: set[str]) -> Answer:
    """The answer for some entries of an atom, taken from the submission's value `named` of the whole atom."""
    found = base(quantity)
    assert found is not None
    of = whole(lesson, read_quantity(atom_text(found[0]), lesson.network), named, turned)
    if of.array is None:
        return replace(of, quantity=quantity)
    arrays = [np.asarray(array[found[1]]).reshape(quantity.shape) for array in (of.array, *of.others)]
    return replace(of, quantity=quantity, array=arrays[0], others=tuple(arrays[1:]), raw=arrays[0])
