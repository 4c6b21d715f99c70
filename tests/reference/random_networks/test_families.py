"""Random networks: the same everywhere, and of every kind."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference import random_networks as package
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.products import TRANSPOSED
from gradproof.reference.random_networks import (
    ACTIVATIONS,
    FAMILIES,
    LOSSES,
    SETS,
    Draw,
    Family,
    Seeded,
    family_of,
    member,
    named_network,
    random_network,
    random_networks,
)
from gradproof.reference.random_networks.bodies import BODIES, Body
from gradproof.reference.random_networks.graph import BOUNDED, Graph, Limits, Loss
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values

NAMES = [family.name for family in FAMILIES]

NOXFILE = Path(__file__).parents[3] / "noxfile.py"


def test_a_random_network_is_a_function_of_seed_and_index_alone() -> None:
    """The digests are part of the interface: a report names networks that readers must be able to rebuild, for good."""
    assert list(PINNED) == NAMES, "a new family stands at the end, here too"
    assert renumbered() == []


def renumbered() -> list[str]:
    """The families of which networks with known digests are others now, or gone."""
    return [name for place, name in enumerate(PINNED) if digest_at(place) != PINNED[name]]


def digest_at(place: int) -> str:
    """The digest of ten networks of the family at a place, each of another graph; empty without a family."""
    try:
        return digest(random_network(0, 1000 * turn + 2 * place + turn % 2) for turn in range(10))
    except GradproofError:
        return ""


def digest(networks: object) -> str:
    """A digest of all that makes up the networks: title, statements, parameters, every bit of every number."""
    found = hashlib.sha256()
    for network in networks:  # type: ignore[attr-defined]
        found.update(f"{network.title}\n{language_text(network)}\n{network.parameters}".encode())
        for name, array in network.inputs.items():
            found.update(f"{name} {array.shape}".encode() + array.astype("<f8").tobytes())
    return found.hexdigest()[:16]


PINNED = {
    "ordinary": "c49784aa9bd31405",
    "small weights": "04efeed73d7bedb7",
    "large weights": "52797349d76063a1",
    "exact zeros": "78e80107551db67e",
    "equal weights": "c8603a8d7cee11dc",
    "all numbers equal": "90d00cdba7a6d6c6",
    "powers of two": "bebf11b6b9e89975",
    "integers": "c1dbe6241a3a2d40",
    "repeated rows": "51011715e115b646",
    "near-equal rows": "3853ab7e8ce99a0e",
    "one-hot inputs": "b52a30622c5a9053",
    "saturated units": "d204038f112f2843",
    "huge logits": "c46faab1e470bb36",
    "near-tied logits": "306edacdf75bb0ab",
    "one sample": "c0e86127ad33e842",
    "one unit": "b472c43f4d9fbcfa",
    "thousands of samples": "a129f12726a458d1",
    "thousands of near-equal rows": "ab395ce5abaf460d",
    "thousands of repeated rows": "a90a0f2b5b187fb2",
    "inputs at 1e-20": "638db505440a3af6",
    "inputs at 1e20": "0150c0448d81f91c",
    "cancellation": "f7dbc556067f4c9e",
    "a block many times": "0b92dfcd8fd2ee6b",
    "repeated squaring": "4261872c017ba84b",
    "next to kinks": "33cdfd1d08e84e23",
    "numbers beyond float32": "7752f324024a513c",
    "convolutions": "f1f346c77e7a83fb",
    "convolutions of equal numbers": "34fe987ecbba548a",
    "normalised layers": "6bc11a5f2e988f07",
    "attention": "f9bbcec7e8cf0343",
    "losses by entry": "0f1d120ebdd54573",
    "transformers": "8d82852122ecaa0a",
    "more activations": "1ebcb2956b389ac4",
    "pooled images": "3377b10803104141",
    "hard activations": "bcf3863aa3850161",
    "hard activations at their bounds": "70e263feaf9d893c",
    "reduced layers": "e1c55486491d3ca6",
    "reduced layers of integers": "71dcbee6c6b3a43f",
    "moved layers": "4cddd3a4e1eaece8",
    "words and labels": "5d768ffdc4b7fbe4",
    "equal words and labels": "2fd835dcc79513be",
    "recurrent layers": "86bea885da8049ec",
    "recurrent layers with saturated gates": "d04ae6351b63dd34",
    "recurrent cells": "a0c4499bd93b795e",
    "convolutional stacks": "176069a5d952faca",
    "convolutional stacks of small weights": "4595be1b9a93d544",
    "metric learning": "334e9cfce0029475",
    "attention by several heads": "fbffd5da1113ad99",
    "metric learning with small weights": "a36d68ba92ed7498",
    "compared and ordered layers": "994046d46a2cf56d",
    "compared and ordered layers of integers": "eb4d96630ec3378f",
    "a medley of functions": "21e54e585eb6b6d1",
    "a medley of layers": "5497bdea4a55b700",
    "a medley of arrays": "5e306e74e1686f66",
    "a medley of reductions and choices": "efa767b20f8f0d38",
    "a medley of losses": "d88e6093414564dc",
    "a medley of recurrent layers": "273bf51a51573d5b",
    "a medley of contractions": "3d9b8198e9139939",
}
"""`digest_at` the place of each family."""


def test_the_default_run_draws_every_operation() -> None:
    """That of `nox`, in which each stands in many networks, of numbers of their own and behind other operations."""
    (number,) = re.findall(r'"--random", "(\d+)", "--seed", "0"', NOXFILE.read_text(encoding="utf-8"))
    drawn = random_networks(int(number), 0)
    found = Counter(name for _, network in drawn for name in {node.operation for node in network.nodes})
    assert set(OPERATIONS) <= set(found)
    assert min(found[name] for name in set(OPERATIONS) - {"identity"}) >= 50


# What is new shows, and leaves the rest as it is.


def gated(graph: Graph, draw: Draw, limits: Limits, width: int) -> tuple[str, int]:
    """A body of one gate."""
    return graph.assign("g", f"x * sigmoid(x) * {graph.slot('w', 'weight', width)}"), width


NEW = {
    "a family": (Family("new", scales=(0.75,)), "linear"),
    "an activation": (Family("new", limits=Limits(activations=("another_tanh", *BOUNDED))), "another_tanh"),
    "a loss": (Family("new", limits=Limits(losses=("another_loss",))), "another_loss"),
    "a body": (Family("new", limits=Limits("gated")), "sigmoid"),
}


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One more operation, loss and body; no family draws them yet."""
    for name, like in (("another_tanh", "tanh"), ("another_loss", "half_squared_error")):
        monkeypatch.setitem(OPERATIONS, name, replace(OPERATIONS[like], name=name))
    monkeypatch.setitem(LOSSES, "another_loss", Loss())
    monkeypatch.setitem(BODIES, "gated", Body(gated, ("rows", "vector")))
    return monkeypatch


@pytest.mark.parametrize(("family", "operation"), NEW.values(), ids=NEW)
def test_what_is_new_shows_and_renumbers_nothing(family: Family, operation: str, grown: pytest.MonkeyPatch) -> None:
    first = len(FAMILIES) * SETS
    with pytest.raises(GradproofError, match=f"there is no random-4-{first}: of each 200 indices, "):
        random_network(4, first)
    grown.setattr(package, "FAMILIES", (*FAMILIES, family))
    assert renumbered() == []
    drawn = dict(random_networks(10 * (first + SETS), 4, SETS))
    new = [name for name, network in drawn.items() if network.title.endswith(": new")]
    assert new == [f"random-4-{1000 * turn + first + k}" for turn in range(10) for k in range(SETS)]
    assert operation in {node.operation for name in new for node in drawn[name].nodes}


def in_all(**more: tuple[str, ...]) -> tuple[Family, ...]:
    """The families, each drawing from more."""
    limits = [replace(f.limits, **{k: getattr(f.limits, k) + v for k, v in more.items()}) for f in FAMILIES]
    return tuple(replace(family, limits=new) for family, new in zip(FAMILIES, limits, strict=True))


PLAIN = ("squares", "recurrent", "cells", "medley")
"""Bodies without activations."""

ACTIVATED = [family.name for family in FAMILIES if family.limits.body not in PLAIN]

RENUMBERED = {
    "a family in the middle": ((*FAMILIES[:7], Family("new"), *FAMILIES[7:]), NAMES[7:]),
    "a family less": (FAMILIES[:-1], NAMES[-1:]),
    "an activation for all": (
        in_all(activations=("square",)),
        [f.name for f in FAMILIES if f.limits.body not in PLAIN],
    ),
    "a loss for all": (in_all(losses=("half_squared_error",)), NAMES),
}


@pytest.mark.parametrize(("families", "names"), RENUMBERED.values(), ids=RENUMBERED)
def test_what_renumbers_is_found(
    families: tuple[Family, ...], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "FAMILIES", families)
    assert renumbered() == names


def test_another_function_before_a_loss_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOSSES, "mean_over_samples", Loss((*LOSSES["mean_over_samples"].functions, "erf")))
    assert renumbered()


def test_any_number_makes_a_difference_to_the_digest() -> None:
    network = random_network(0, 0)
    name, array = next(iter(network.inputs.items()))
    moved = array.copy()
    moved.flat[-1] = np.nextafter(moved.flat[-1], np.inf)
    assert digest([network.with_inputs({name: moved})]) != digest([network])


def test_the_order_in_which_networks_are_made_does_not_matter() -> None:
    backwards = [random_network(3, i) for i in reversed(range(12))]
    assert digest(reversed(backwards)) == digest(random_network(3, i) for i in range(12))


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_consecutive_networks_share_a_graph_and_differ_in_numbers(family: Family) -> None:
    sets = [member(family, 7, i) for i in range(SETS)]
    assert len({(language_text(n), *((k, a.shape) for k, a in n.inputs.items())) for n in sets}) == 1
    assert len({digest([n]) for n in sets}) == SETS


def test_further_networks_of_a_graph_are_of_indices_that_no_family_begins_with() -> None:
    names = [f"random-0-{1000 + 200 * part + 2 * at + k}" for at in (0, 57) for part in range(5) for k in range(2)]
    for first in (0, 10):
        alike = [named_network(name) for name in names[first : first + 10]]
        assert len({(language_text(n), *((k, a.shape) for k, a in n.inputs.items())) for n in alike}) == 1
        assert len({digest([n]) for n in alike}) == 10
    drawn = [name for name, _ in random_networks(1000, 0) if family_of(name) is FAMILIES[51]]
    assert drawn[:10] == [f"random-0-{200 * part + 102 + k}" for part in range(5) for k in range(2)]
    assert len({*drawn}) == len(drawn)


def test_the_title_names_the_family() -> None:
    for name, network in random_networks(100, 4):
        family = family_of(name)
        assert family
        assert network.title == f"{name}: {family.name}"
    assert family_of(f"random-4-{SETS * len(FAMILIES)}") is family_of("random-4.toml") is None


def test_families_take_turns() -> None:
    for seed in (0, 7, 2**64):
        families = [family_of(name) for name, _ in random_networks(2 * SETS * len(FAMILIES), seed, SETS)]
        assert families[::SETS] == families[1::SETS]
        assert families[:SETS] == [FAMILIES[seed % len(FAMILIES)]] * SETS
        assert sorted(family.name for family in families if family) == sorted(NAMES * 2 * SETS)
    assert len(set(NAMES)) == len(NAMES) <= 200 // SETS


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_every_number_is_one_of_float32(family: Family) -> None:
    fits = [
        bool((array.astype(np.float32) == array).all())
        for i in range(0, 30, SETS)
        for array in member(family, 1, i).inputs.values()
    ]
    assert all(fits) == (family.name != "numbers beyond float32")


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_loss_and_gradients_are_finite_in_float32(family: Family) -> None:
    """So that nothing but a framework's own doing can make them otherwise."""
    for i in range(0, 90, SETS):
        network = member(family, 2, i)
        reading = value(np.float32)
        assert np.isfinite(values(network, reading)[network.index(network.loss)]), (i, language_text(network))
        assert all(np.isfinite(g).all() for g in gradients(network, reading).values()), i


def test_they_are_of_every_kind() -> None:
    networks = graphs(12 * len(FAMILIES))
    used = Counter(node.operation for network in networks for node in network.nodes)
    assert {
        *ACTIVATIONS,
        *LOSSES,
        "linear",
        "matmul",
        "conv2d",
        "layer_norm",
        "softmax",
        "subtract",
        "lstm",
        "gru",
        "rnn",
    } <= set(used)
    assert len({layout(n) for n in networks}) == 4
    depths = Counter(sum(node.operation in ("linear", "matmul") for node in network.nodes) - 1 for network in networks)
    assert set(range(9)) <= set(depths)
    widths = {n for network in networks for name in network.parameters for n in network.inputs[name].shape}
    assert {1, 2, 3, 64} <= widths
    batches = {network.inputs["x"].shape[0] for network in networks if layout(network) == "X @ W"}
    assert {1, 2, 3} <= batches
    assert batches & {30, 31, 32}
    assert max(batches) >= 1000


@cache
def graphs(number: int) -> list[Network]:
    """Networks of so many graphs, as `gradproof check --random` has them."""
    return [network for _, network in random_networks(number, 0, sets=1)]


def layout(network: Network) -> object:
    """The layout of the first `linear`, or nothing."""
    return next((n.attributes["layout"] for n in network.nodes if n.operation == "linear"), "X @ W")


@pytest.mark.parametrize(
    "shows",
    [
        lambda network: any(len(readers(network, name)) > 1 for name in network.parameters if name != "x"),
        lambda network: any(len(readers(network, name)) > 1 for name in network.names if name.startswith("a")),
        lambda network: any(name.startswith("h") for name in network.names),
        lambda network: any(name.startswith("z") and len(readers(network, name)) > 1 for name in network.names),
        lambda network: not any(name.startswith("b") for name in network.parameters),
        lambda network: "x" in network.parameters,
        lambda network: (
            len({n.attributes["layout"] in TRANSPOSED for n in network.nodes if n.operation == "linear"}) == 2
        ),
    ],
    ids=["a parameter used twice", "fan-out", "skips", "gates", "no biases", "input gradients", "transposed weights"],
)
def test_some_show(shows: Callable[[Network], bool]) -> None:
    assert 5 <= sum(map(shows, graphs(400))) <= 395


def readers(network: Network, name: str) -> list[int]:
    """The operands that are the value called `name`."""
    return [k for node in network.nodes for k in node.operands if network.nodes[k].name == name]


def test_seeded_numbers_are_exact_and_between_minus_one_and_one() -> None:
    numbers = Seeded(5).numbers((1000,))
    assert (np.abs(numbers) < 1).all()
    assert (numbers * 2.0**21 % 2 == 1).all(), "odd multiples of 2^-21: never 0"
    assert Seeded(5).numbers((1000,)).tobytes() == numbers.tobytes()
