"""Network files: what is read, what is written, and one line for each thing that can be wrong."""

import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference import load
from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.network_files import read_toml, save
from gradproof.reference.lessons import lessons
from gradproof.reference.network import Network
from gradproof.reference.random_networks import random_networks

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


@pytest.mark.parametrize("network", dict(random_networks(60, 1)).values(), ids=lambda network: network.title)
def test_a_random_network_survives_a_round_trip(network: Network, tmp_path: Path) -> None:
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
    "": "the table [network] is missing",
    "network = 1": "the table [network] must be a table",
    "[inputs]\nx = 1": "the table [network] is missing",
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
        "input 'x': text.npy is not a NumPy file; write it with numpy.save"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = 'objects.npy'": (
        "input 'x': objects.npy holds object, not real numbers"
    ),
    f"network.statements = 'L = x'\n[inputs]\nx = {'9' * 5000}": (
        "holds an integer of more than 4300 digits, beyond the range of float64"
    ),
    f"network.statements = 'L = sum(x)'\n[inputs]\nx = {'[' * 33}1{']' * 33}": (
        "input 'x' nests deeper than 32 lists, the most axes of an array"
    ),
    "network.statements = 'L = x'\n[inputs]\nx = {a = 1}": "input 'x' holds a table, which is not a number",
    "network.statements = 'L = x'\nnetwork.loss = 'x'\n[inputs]\nx = 1": (
        "the loss 'x' is not assigned by any statement"
    ),
    "network.statements = 'L = x'\nnetwork.loss = ''\n[inputs]\nx = 1": "the loss '' is not assigned by any statement",
    **{
        f"network.statements = 'L = x'\nnetwork.learning_rate = {rate}\n[inputs]\nx = 1": (
            f"learning_rate is {rate}; it must be a finite number above 0"
        )
        for rate in ("0.0", "-0.5", "nan", "inf")
    },
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


def damaged(folder: Path) -> None:
    """NumPy files with something wrong in each, all but the last named for what it is."""
    np.save(folder / "good.npy", np.arange(1000.0))
    np.savez_compressed(folder / "good.npz", x=np.random.default_rng(0).normal(size=1000))
    archive = (folder / "good.npz").read_bytes()
    changes = {
        "garbage.npz": b"garbage",
        "empty.npz": b"",
        "short.npz": archive[: len(archive) // 2],
        "flipped.npz": archive[:2000] + bytes(b ^ 255 for b in archive[2000:2100]) + archive[2100:],
        "short.npy": (folder / "good.npy").read_bytes()[:1000],
        "header.npy": b"\x93NUMPY\1\0\4\0{[]:",
        "future.npy": b"\x93NUMPY\7\0",
        "many.npy": (folder / "good.npy").read_bytes().replace(b"(1000,), }         ", b"(1000000000000,), }"),
    }
    for name, data in changes.items():
        (folder / name).write_bytes(data)
    # The method stands in the local header and in the directory at the end; flag bits likewise.
    directory = archive.index(b"PK\1\2")
    method = bytearray(archive)
    method[8] = method[directory + 10] = 99
    (folder / "method.npz").write_bytes(method)
    method = bytearray(archive)
    method[6] |= 1
    method[directory + 8] |= 1
    (folder / "encrypted.npz").write_bytes(method)
    with zipfile.ZipFile(folder / "member.npz", "w") as file:
        file.writestr("x.npy", "text")
        file.writestr("x", "text")
    with zipfile.ZipFile(folder / "nomember.npz", "w") as file:
        file.writestr("x", "text")
    np.save(folder / "wide.npy", np.array([np.longdouble("1e400")]))
    np.save(folder / "axes.npy", np.zeros((1,) * 33))
    os.mkfifo(folder / "pipe.npy")


DAMAGED = {
    "garbage.npz": "is not a NumPy file; write it with numpy.savez",
    "empty.npz": "is not a NumPy file; write it with numpy.savez",
    "short.npz": "is not a NumPy file; write it with numpy.savez",
    "flipped.npz": "is damaged: ",
    "encrypted.npz": "is damaged: File 'x.npy' is encrypted, password required for extraction",
    "method.npz": "is damaged: That compression method is not supported",
    "member.npz": "is not a NumPy file; write it with numpy.save",
    "nomember.npz": "has no array of that name; it has x",
    "short.npy": "is damaged: ",
    "header.npy": "is damaged: ",
    "future.npy": "does not hold real numbers",
    "many.npy": "holds 1,000,000,000,000 numbers; at most 8,388,608 are read",
    "axes.npy": "holds an array of 33 axes; at most 32 are read",
    "pipe.npy": "is not a regular file",
    f"{'x' * 300}.npy": "cannot be read: File name too long",
}


@pytest.mark.parametrize("file", DAMAGED, ids=lambda name: name[:20])
def test_damaged_arrays(file: str, tmp_path: Path) -> None:
    damaged(tmp_path)
    path = tmp_path / "net.toml"
    path.write_text(f"network.statements = 'L = sum(x)'\n[inputs]\nx = '{file}'", encoding="utf-8")
    with pytest.raises(GradproofError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: input 'x': {file} {DAMAGED[file]}")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="long double is double here")
def test_what_float64_cannot_hold_is_infinite_and_refused_without_a_warning(tmp_path: Path) -> None:
    damaged(tmp_path)
    path = tmp_path / "net.toml"
    path.write_text("network.statements = 'L = sum(x)'\n[inputs]\nx = 'wide.npy'", encoding="utf-8")
    with pytest.raises(GradproofError, match=r"input x\[0\] is inf; inputs must be finite numbers$"):
        load(path)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(GradproofError, match=r"is not a regular file; save the network to one first$"):
            load(path)
    with pytest.raises(GradproofError, match=r"cannot be read: File name too long$"):
        load(tmp_path / ("x" * 300))


@pytest.mark.parametrize("text", ["a{}=1", "[a{}]", "x = {{a{}=1}}", "'a b'{} = 1", "a{} = 'a.b'"])
@pytest.mark.parametrize("part", [".a", " . a", '."a"', ".'a.b'"])
def test_dotted_keys_are_counted_before_tomllib_takes_the_square(text: str, part: str) -> None:
    before = time.perf_counter()
    with pytest.raises(GradproofError, match=r"^has a dotted key of more than 20 parts$"):
        read_toml(text.format(part * 100_000))
    assert time.perf_counter() - before < 5


def test_dots_in_strings_and_comments_are_no_keys() -> None:
    dots = ".".join("a" * 100)
    text = f'# {dots}\na = \'{dots}\'\nb = "{dots}"\nc = """\n{dots} \\" {dots}"""\nd = \'\'\'{dots}\'\'\'\n'
    assert set(read_toml(text)) == set("abcd")


def test_the_arrays_of_all_inputs_count_together(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "zeros.npz", **{f"x{i}": np.zeros(2**22, np.int8) for i in range(3)})  # type: ignore[arg-type]
    inputs = "\n".join(f"x{i} = 'zeros.npz'" for i in range(3))
    (tmp_path / "net.toml").write_text(f"network.statements = 'L = sum(x0)'\n[inputs]\n{inputs}", encoding="utf-8")
    with pytest.raises(
        GradproofError,
        match=r"input 'x2': zeros.npz holds 4,194,304 numbers; at most 8,388,608 are read, 8,388,608 of them for other "
        "inputs$",
    ):
        load(tmp_path / "net.toml")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "neuron.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert load(path).title == "A neuron"
