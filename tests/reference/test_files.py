"""Network files: what is read, what is written, and one line for each thing that can be wrong."""

from pathlib import Path

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.architectures import random_network
from gradproof.reference.build import build
from gradproof.reference.errors import GradproofError
from gradproof.reference.files import save
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network

GOOD = """
title = "A neuron"
[network]
statements = '''
z = w*x + b   # pre-activation
L = (sigmoid(z) - y)**2
'''
[inputs]
x = 2
w = 0.5
b = -1.0
y = 1
"""


def same(a: Network, b: Network) -> bool:
    """Whether two networks are the same graph fed the same numbers."""
    return (
        a.nodes == b.nodes
        and (a.loss, a.parameters, a.updated, a.learning_rate) == (b.loss, b.parameters, b.updated, b.learning_rate)
        and (a.title, a.source) == (b.title, b.source)
        and a.inputs.keys() == b.inputs.keys()
        and all(np.array_equal(a.inputs[name], b.inputs[name]) for name in a.inputs)
    )


def test_defaults(tmp_path: Path) -> None:
    path = tmp_path / "neuron.toml"
    path.write_text(GOOD, encoding="utf-8")
    network = load(path)
    assert (network.title, network.loss, network.parameters) == ("A neuron", "L", ("x", "w", "b", "y"))
    assert network.inputs["x"].dtype == np.float64


@pytest.mark.parametrize("name", lessons())
def test_a_lesson_survives_a_round_trip(name: str, tmp_path: Path) -> None:
    network = load(lessons()[name])
    assert same(load(save(network, tmp_path / "again.toml")), network)


@pytest.mark.parametrize("index", range(30))
def test_a_random_network_survives_a_round_trip(index: int, tmp_path: Path) -> None:
    network = random_network(1, index)
    path = save(network, tmp_path / "again.toml")
    assert same(load(path), network)
    many = sum(array.size for array in network.inputs.values()) > 1000
    assert path.with_suffix(".npz").exists() == many


def test_arrays_beside_the_file(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([1, 2], dtype=np.int16))
    np.savez(tmp_path / "all.npz", w=np.ones((2, 2)))
    path = tmp_path / "net.toml"
    path.write_text("network.statements = 'L = sum(w @ x)'\n[inputs]\nx = 'x.npy'\nw = 'all.npz'", encoding="utf-8")
    assert load(path).inputs["w"].shape == (2, 2)


def test_any_name_can_be_saved(tmp_path: Path) -> None:
    network = build("L = sum(file * allow_pickle)", {"file": np.ones(1001), "allow_pickle": 2.0})
    assert same(load(save(network, tmp_path / "names.toml")), network)


REFUSED = {
    "x = [[": "is not valid TOML: Invalid value (at end of document)",
    "[inputs]\nx = 1": "network: is missing",
    "[network]": "network.statements: is missing",
    "network.statements = 1": "network.statements: input should be a valid string",
    "network.statements = 'L = x'\nnetwork.los = 'L'": "network.los: is not a key of a network file",
    "network.statements = 'L = x'\n[inputs]\nx = true": "input 'x' holds True, which is not a number",
    "network.statements = 'L = x'\n[inputs]\nx = 1979-05-27": (
        "input 'x' holds datetime.date(1979, 5, 27), which is not a number"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = [[1, 2], [3]]": "input x[1] has shape (1,), but x[0] has shape (2,)",
    "network.statements = 'L = x'\n[inputs]\nx = [1, [2]]": "input x[1] has shape (1,), but x[0] has shape ()",
    "network.statements = 'L = x'\n[inputs]\nx = nan": "input x is nan; inputs must be finite numbers",
    "network.statements = 'L = x'\n[inputs]\nx = [1.0, inf]": "input x[1] is inf; inputs must be finite numbers",
    f"network.statements = 'L = x'\n[inputs]\nx = 1{'0' * 400}": (
        "input 'x' holds an integer beyond the range of float64"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = 'data'": (
        "input 'x' is 'data'; a text must name an .npy or .npz file beside this one"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = '../x.npy'": (
        "input 'x' is '../x.npy'; a text must name an .npy or .npz file beside this one"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = 'x.npy'": "input 'x': there is no x.npy beside this file",
    "network.statements = 'L = x'\n[inputs]\nx = 'text.npy'": (
        "input 'x': text.npy is not a NumPy file: This file contains pickled (object) data. If you trust the file "
        "you can load it unsafely using the `allow_pickle=` keyword argument or `pickle.load()`."
    ),
    "network.statements = 'L = x'\n[inputs]\nx = 'objects.npy'": (
        "input 'x': objects.npy is not a NumPy file: Object arrays cannot be loaded when allow_pickle=False"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = 'other.npz'": (
        "input 'x': other.npz has no array of that name; it has y"
    ),
    "network.statements = 'L = x'\nnetwork.loss = 'M'\n[inputs]\nx = 1": (
        "the loss 'M' is not assigned by any statement"
    ),
    "network.statements = 'L = x'\nnetwork.parameters = ['w']\n[inputs]\nx = 1": (
        "parameters names 'w', which is not under [inputs]"
    ),
    "network.statements = 'L = x'\nnetwork.parameters = ['x', 'x']\n[inputs]\nx = 1": "parameters names 'x' twice",
    "network.statements = 'L = x'\nnetwork.parameters = []\n[inputs]\nx = 1": (
        "parameters is an empty list; leave it out to mean the default"
    ),
    "network.statements = 'L = 1 + 2'": "the loss 'L' depends on no input, so there is no gradient to check",
    "network.statements = 'L = w * x'\n[inputs]\nx = 1": (
        "statement 1 (L = w * x): undefined name 'w'; give it under [inputs]"
    ),
    f"x = {'[' * 20_000}": "is not valid TOML: brackets nest too deep",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:60])
def test_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("not an array", encoding="utf-8")
    np.save(tmp_path / "objects.npy", np.array([None]), allow_pickle=True)
    np.savez(tmp_path / "other.npz", y=1.0)
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GradproofError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: {REFUSED[text]}"


def test_unreadable(tmp_path: Path) -> None:
    for name, problem in (("none.toml", "no such file"), (".", "is a folder; name a network file in it")):
        with pytest.raises(GradproofError) as caught:
            load(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {problem}"
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GradproofError, match=r"is not UTF-8 text, so it is not a TOML file$"):
        load(tmp_path / "binary.toml")


def test_a_file_of_50_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(GradproofError, match=r"48 MB is too large for a network file \(the limit is 16 MB\)"):
        load(path)
