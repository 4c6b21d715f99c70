"""Mistakes in an update step: its sign, its learning rate, the value and the gradient that it takes."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.reference.network import INPUT
from gradproof.reports.teaching.claims.quantity import Slope, Value
from gradproof.reports.teaching.diagnosis.candidate import FIRST, RATE, Candidate, valued
from gradproof.reports.teaching.diagnosis.carried import pinned
from gradproof.reports.teaching.diagnosis.earlier import Earlier
from gradproof.reports.teaching.right.fitting import flat
from gradproof.reports.teaching.right.right import Asked

FACTORS = (10.0, 0.1, 2.0, 0.5)

RATES = tuple(sorted({float(f"{n}e{k}") for n in range(1, 100) for k in range(-6, 1)}))
"""Learning rates that people choose: those of at most two digits."""

MAX_ENTRIES = 64
"""Arrays with more entries are not tried with every learning rate."""


def other_steps(asked: Asked, carried: list[Earlier]) -> Iterator[Candidate]:
    """An update step with another sign, another learning rate, or from another value.

    There are none for a quantity without updated values.
    """
    network, quantity = asked.network, asked.quantity
    rate = network.learning_rate
    if not quantity.steps or rate is None:
        return
    along = "sign", "The update went along the gradient; it goes against it: w - eta dL/dw."
    none = "learning rate left out", "The learning rate was left out of the update."
    another = "another learning rate", "Another learning rate was taken."
    constant = "another constant", "Another constant was taken in place of the learning rate."
    rates = {-rate: along, 1.0: none, **dict.fromkeys((rate * factor for factor in FACTORS), another)}
    for node in network.nodes:
        if node.operation == INPUT and node.name and node.name not in network.updated and not node.shape:
            rates.setdefault(float(network.inputs[node.name]), constant)
    for other, (mistake, explanation) in rates.items():
        if other == rate:
            continue
        changed = replace(network, learning_rate=other)
        values = valued(asked, changed, quantity, carried)
        if values is not None:
            formula = f"{quantity.text} with learning rate {other:g} for {rate:g}"
            yield Candidate(mistake, explanation, formula, values, FIRST, changed)
    atom = quantity.atom
    if isinstance(atom, Value) and atom.name in network.updated and atom.steps == 1:
        yield from mixed_updates(asked, atom, rate, carried)


def other_rates(asked: Asked) -> Iterator[Candidate]:
    """One update step with a learning rate that is not the one given, nor a simple multiple of it."""
    network, entry = asked.network, asked.quantity.entry
    if entry is None or network.learning_rate is None or math.prod(asked.quantity.shape) > MAX_ENTRIES:
        return
    atom, key = entry
    if not isinstance(atom, Value) or atom.steps != 1 or atom.name not in network.updated:
        return
    evaluation = asked.plain
    start = evaluation.atom(Value(atom.name))[key]
    slope = evaluation.atom(Slope(network.loss, atom.name))[key]
    for rate in RATES:
        explanation = f"Another learning rate was taken: {rate:g} for {network.learning_rate:g}."
        formula = f"{asked.quantity.text} with learning rate {rate:g} for {network.learning_rate:g}"
        values = tuple(flat(start - np.longdouble(rate) * slope))
        changed = replace(network, learning_rate=rate)
        yield Candidate("another learning rate", explanation, formula, values, RATE, changed)


def mixed_updates(asked: Asked, atom: Value, rate: float, carried: list[Earlier]) -> Iterator[Candidate]:
    """w - eta dL/dw with one of the two belonging to another parameter, and parts of the update alone.

    `atom` is the parameter after one step, `rate` the learning rate eta.
    """
    network = asked.network
    evaluation = pinned(asked, carried)
    shape = network.nodes[network.index(atom.name)].shape
    peers = [n for n in network.updated if network.nodes[network.index(n)].shape == shape]
    slope = {n: evaluation.atom(Slope(network.loss, n)) for n in peers}
    value = {n: evaluation.atom(Value(n)) for n in peers}
    own, loss = atom.name, network.loss

    def mixed(start: str, of: str) -> tuple[str, Any]:
        return f"{start} - {rate:g}*d{loss}/d{of}", value[start] - rate * slope[of]

    others = [n for n in peers if n != own]
    made = [("another weight", f"The step was taken from {n}.", *mixed(n, own)) for n in others]
    made += [("another gradient", f"The gradient of {n} was taken.", *mixed(own, n)) for n in others]
    made += [
        ("gradient for update", "This is the gradient, not the updated value.", f"d{loss}/d{own}", slope[own]),
        ("step for update", "This is the step alone.", f"{rate:g}*d{loss}/d{own}", rate * slope[own]),
    ]
    for mistake, explanation, formula, array in made:
        yield Candidate(mistake, explanation, formula, tuple(flat(array)), FIRST)
