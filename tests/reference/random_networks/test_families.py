"""Random networks: the same everywhere, and of every kind."""

import hashlib
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from gradproof.reference.language.writing import language_text
from gradproof.reference.network import Network
from gradproof.reference.operations.products import TRANSPOSED
from gradproof.reference.random_networks import (
    ACTIVATIONS,
    FAMILIES,
    LOSSES,
    SETS,
    Family,
    Seeded,
    family_of,
    member,
    random_network,
)
from gradproof.reference.readings.plain import value
from gradproof.reference.sweep import gradients, values

NAMES = [family.name for family in FAMILIES]


def test_a_random_network_is_a_function_of_seed_and_index_alone() -> None:
    """The digest is part of the interface: a report names networks that a reader must be able to rebuild."""
    assert digest(random_network(0, i) for i in range(SETS * len(FAMILIES))) == RANDOM_DIGEST
    assert digest(member(family, 0, i) for family in FAMILIES for i in range(2 * SETS)) == FAMILIES_DIGEST


def digest(networks: object) -> str:
    """A digest of all that makes up the networks: title, statements, parameters, every bit of every number."""
    found = hashlib.sha256()
    for network in networks:  # type: ignore[attr-defined]
        found.update(f"{network.title}\n{language_text(network)}\n{network.parameters}".encode())
        for name, array in network.inputs.items():
            found.update(f"{name} {array.shape}".encode() + array.astype("<f8").tobytes())
    return found.hexdigest()


RANDOM_DIGEST = "f23acb7a462830180a8938a50af3aacbdb8e4b8b3dcda13a8b4b3eb024cb430d"
FAMILIES_DIGEST = "eeb0efc34edce50f61008222ee11b43ab19a6d6edae74021d55038d2afc93946"


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


def test_the_title_names_the_family() -> None:
    for i in range(0, 100, 7):
        assert random_network(4, i).title == f"random-4-{i}: {family_of(4, i).name}"


def test_families_take_turns() -> None:
    for seed in range(3):
        assert {family_of(seed, SETS * i).name for i in range(len(FAMILIES))} == {f.name for f in FAMILIES}
    assert len(set(NAMES)) == len(NAMES)


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
    networks = [random_network(0, SETS * i) for i in range(400)]
    used = Counter(node.operation for network in networks for node in network.nodes)
    assert {*ACTIVATIONS, *LOSSES, "linear", "matmul", "conv2d", "layer_norm", "softmax", "subtract"} <= set(used)
    assert len({layout(n) for n in networks}) == 4
    depths = Counter(sum(node.operation in ("linear", "matmul") for node in network.nodes) - 1 for network in networks)
    assert set(range(9)) <= set(depths)
    widths = {n for network in networks for name in network.parameters for n in network.inputs[name].shape}
    assert {1, 2, 3, 64} <= widths
    batches = {network.inputs["x"].shape[0] for network in networks if layout(network) == "X @ W"}
    assert {1, 2, 3} <= batches
    assert batches & {30, 31, 32}
    assert max(batches) >= 1000


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
    assert 5 <= sum(shows(random_network(0, SETS * i)) for i in range(200)) <= 195


def readers(network: Network, name: str) -> list[int]:
    """The operands that are the value called `name`."""
    return [k for node in network.nodes for k in node.operands if network.nodes[k].name == name]


def test_seeded_numbers_are_exact_and_between_minus_one_and_one() -> None:
    numbers = Seeded(5).numbers((1000,))
    assert (np.abs(numbers) < 1).all()
    assert (numbers * 2.0**21 % 2 == 1).all(), "odd multiples of 2^-21: never 0"
    assert Seeded(5).numbers((1000,)).tobytes() == numbers.tobytes()
