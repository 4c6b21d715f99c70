"""Random networks: the same everywhere, and of every kind."""

import hashlib
from collections import Counter

from gradproof.reference.architectures import ACTIVATIONS, LOSSES, random_network
from gradproof.reference.rendering import language_text


def test_a_random_network_is_a_function_of_seed_and_index_alone() -> None:
    """The digest is part of the interface: a report names networks that a reader must be able to rebuild."""
    digest = hashlib.sha256()
    for network in (random_network(0, i) for i in range(20)):
        digest.update(language_text(network).encode())
        for name, array in network.inputs.items():
            digest.update(f"{name} {array.shape}".encode() + array.astype("<f8").tobytes())
    assert digest.hexdigest() == DIGEST


DIGEST = "09dcf97ba5d20f10e8de6153f17218ba321fb07afc924dd08d1ae6a9c08784b1"


def test_the_first_hundred_hold_every_activation_loss_and_layout() -> None:
    networks = [random_network(0, i) for i in range(100)]
    used = Counter(node.operation for network in networks for node in network.nodes)
    assert set(ACTIVATIONS) | set(LOSSES) | {"linear", "matmul"} <= set(used)
    layouts = {node.attributes["layout"] for n in networks for node in n.nodes if node.operation == "linear"}
    assert len(layouts) == 4
    assert len({language_text(network) for network in networks}) > 90
