"""Every quantity computed by the frameworks as well.

A framework gives gradients of a scalar by inputs. So the value of `a` is asked for as the gradient of sum(a * probe) by
`probe`, and the derivative by a computed value `a` as that by a probe added to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradproof.adapters.running.workers import Workers
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.readings.plain import value
from gradproof.reports.checking.choosing import Names, all_cases, chosen_frameworks
from gradproof.reports.checking.dispatch import judged
from gradproof.reports.checking.results.results import FINDINGS, VERDICTS, Result
from gradproof.reports.teaching.claims.evaluation import Evaluation
from gradproof.reports.teaching.claims.quantity import Atom, Value, atom_text
from gradproof.reports.teaching.claims.statuses import Verification
from gradproof.reports.teaching.right.preparing import Prepared

MAX_ROWS = 64
"""Derivatives of an array with more entries are left to the reference: each row is a program's run."""


def with_frameworks(
    verification: Verification, claims: Sequence[Sequence[Prepared]], frameworks: Names
) -> Verification:
    """The verification with each framework's verdict on each claim's quantity; `claims` are each document's.

    The verdict on a claim is the worst of those on its atoms. Raises GradproofError for frameworks that are not known
    or not installed, and where a derivative cannot be asked of one.
    """
    chosen = chosen_frameworks(frameworks)
    asked: dict[str, list[str]] = {}
    networks: dict[str, dict[str, Network]] = {"float32": {}, "float64": {}}
    for number, document in enumerate(claims):
        for position, made in enumerate(document):
            for name, network in probes(made):
                full = f"{number} {made.asked.at!r} {name}"
                networks[made.asked.dtype].setdefault(full, network)
                asked.setdefault(f"{number} {position}", []).append(full)
    verdicts: dict[tuple[str, str, str], Result] = {}
    with Workers([framework.key for framework in chosen]) as workers:
        for dtype, named in networks.items():
            for checked in judged(all_cases(named, chosen, None, [dtype]), workers):
                verdicts[checked.network, dtype, checked.framework] = checked
    documents = []
    for number, (found, document) in enumerate(zip(verification.documents, claims, strict=True)):
        results = []
        for position, (result, made) in enumerate(zip(found.claims, document, strict=True)):
            names = asked.get(f"{number} {position}", [])
            worst = {
                framework.key: max(
                    (verdicts[n, made.asked.dtype, framework.key] for n in names),
                    key=lambda r: VERDICTS.index(r.verdict),
                )
                for framework in chosen
                if names
            }
            said = {key: found.verdict for key, found in worst.items()}
            why = {key: found.message for key, found in worst.items() if found.verdict in FINDINGS}
            results.append(replace(result, frameworks=said, unconfirmed=why))
        documents.append(replace(found, claims=tuple(results)))
    return Verification(documents)


def probes(made: Prepared) -> Iterator[tuple[str, Network]]:
    """For each atom of a claim's quantity, networks whose gradients are its value, with names.

    There are none for the claim of a shape or of a difference quotient. Raises GradproofError where a derivative cannot
    be asked of a framework.
    """
    if made.shape is not None or made.asked.step is not None:
        return
    for atom in made.asked.quantity.atoms.values():
        yield from probed(made.asked.network, atom)


def probed(network: Network, atom: Atom) -> Iterator[tuple[str, Network]]:
    """Networks whose gradients are the value of an atom, with names; none where that would be too many.

    A value takes one, a derivative one for each entry of `of[of_key]`. Raises GradproofError where a derivative cannot
    be asked of a framework.
    """
    if isinstance(atom, Value):
        inputs = {k: np.asarray(v, float) for k, v in Evaluation(network, value("float64")).state(atom.steps).items()}
        shape = network.nodes[network.index(atom.name)].shape
        yield atom_text(atom), probing(network.with_inputs(inputs), atom.name, None, np.zeros(shape))
        return
    shape = network.nodes[network.index(atom.of)].shape
    if network.index(atom.to) not in network.ancestors(atom.of):
        return
    places = np.ravel(np.reshape(np.arange(int(np.prod(shape))), shape)[atom.of_key])
    if len(places) > MAX_ROWS:
        return
    for place in places:
        seed = np.zeros(shape)
        seed.flat[place] = 1
        yield f"{atom_text(atom)} {place}", probing(network, atom.of, atom.to, seed)


def probing(network: Network, of: str, to: str | None, seed: Any) -> Network:
    """The network of sum(of * seed), asked for its gradient by `to`, or by the seed where that is None.

    `seed` has the shape of `of`: it is the cotangent of that. Where `to` is computed, the gradient is that by a probe
    of zeros added to it. Raises GradproofError where the statements with a probe make no network.
    """
    names = set(network.names)
    loss, weight, probe, before = (fresh(names, base) for base in ("probed", "seed", "probe", "before"))
    lines = language_text(network).splitlines()
    inputs: dict[str, Any] = {**network.inputs, weight: seed}
    parameter = weight if to is None else to
    if to is not None and to not in network.inputs:
        i = next(i for i, line in enumerate(lines) if line.split(" = ", 1)[0] == to)
        lines[i : i + 1] = [f"{before} = {lines[i].split(' = ', 1)[1]}", f"{to} = {before} + {probe}"]
        inputs[probe] = np.zeros(network.nodes[network.index(to)].shape)
        parameter = probe
    try:
        return build("\n".join([*lines, f"{loss} = sum({of} * {weight})"]), inputs, loss=loss, parameters=[parameter])
    except GradproofError as problem:
        raise GradproofError(f"d{of}/d{to or of} cannot be asked of a framework: {problem}") from None


def fresh(names: Iterable[str], base: str) -> str:
    """The name `base`, with underscores behind it until it is none of `names`."""
    while base in names:
        base += "_"
    return base
