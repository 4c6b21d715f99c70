"""Operations with several results: `y, h = gru(...)`, each result a name, `_` for one that is not needed."""

from dataclasses import replace

import numpy as np
import pytest

from gradproof.reference.errors import GradproofError, StatementError
from gradproof.reference.language.build import build
from gradproof.reference.language.network_files import load, save
from gradproof.reference.language.writing import language_text, only_loss
from gradproof.reference.network import Network
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.readings.plain import truth, value
from gradproof.reference.sweep import gradients, values

SHAPES = {"x": (3, 2), "s": (2,), "r": (2,), "W": (8, 2), "b": (8,)}
INPUTS = {name: np.cos(np.arange(np.prod(shape)) + k).reshape(shape) for k, (name, shape) in enumerate(SHAPES.items())}
CALL = "lstm(x, s, r, W, W, b, b)"


def network(names: str, loss: str) -> Network:
    return build(f"{names} = {CALL}\nL = {loss}", INPUTS)


def test_each_name_is_a_part_of_one_array() -> None:
    found = network("y, h, c", "sum(y) + sum(h * c)")
    read = values(found, truth("float64"))
    y, h, c = (read[found.index(name)] for name in ("y", "h", "c"))
    assert (y.shape, h.shape, c.shape) == ((3, 2), (2,), (2,))
    assert (y[-1] == h).all()
    assert not (h == c).any()


@pytest.mark.parametrize(
    ("names", "loss", "needed"),
    [
        ("y, h, c", "sum(y) + sum(h) + sum(c)", "y, h, c"),
        ("y, h, c", "sum(c)", "_, _, c"),
        ("_, h, _", "sum(h)", "_, h, _"),
        ("a, _, y", "sum(a * 2) + sum(y)", "a, _, y"),
    ],
)
def test_text_parses_back_to_the_same_graph(names: str, loss: str, needed: str) -> None:
    found = network(names, loss)
    assert language_text(found).startswith(f"{names} = {CALL}\n")
    assert build(language_text(found), INPUTS).nodes == found.nodes
    assert language_text(only_loss(found)).startswith(f"{needed} = {CALL}\n")


def test_a_file_keeps_them(tmp_path: object) -> None:
    found = network("y, _, c", "sum(y) + sum(c)")
    assert load(save(found, f"{tmp_path}/network.toml")).nodes == found.nodes


def test_what_has_a_name_as_a_whole_is_put_together_again() -> None:
    """As where a run is observed, whose statements then name the array."""
    found = network("y, h, c", "sum(y) + sum(h * h) + sum(c)")
    whole = next(i for i, node in enumerate(found.nodes) if node.operation == "lstm")
    named = replace(
        found, nodes=tuple(replace(n, name="whole") if i == whole else n for i, n in enumerate(found.nodes))
    )
    text = language_text(named)
    assert text.startswith(f"y_, h_, c_ = {CALL}\nwhole = concatenate(y_, stack(h_), stack(c_))\ny = whole[:-2]\n")
    again = build(text.replace("[:-2]", "[:3]").replace("[-2]", "[3]").replace("[-1]", "[4]"), INPUTS)
    for name, expected in gradients(found, truth("float64")).items():
        assert (gradients(again, truth("float64"), [name])[name] == expected).all()


WRITTEN = "lstm has 3 results (y, h, c): write y, h, c = lstm(x, h0, c0, W_ih, W_hh, b_ih, b_hh)"
REFUSED = {
    f"L = {CALL}": f"{WRITTEN}; _ stands for a result without a name",
    f"y, h = {CALL}": f"{WRITTEN}; _ stands for a result without a name",
    f"_, _, _ = {CALL}": f"{WRITTEN}; _ stands for a result without a name",
    f"L = sum({CALL})": f"{WRITTEN} in a statement of its own",
    f"L = {CALL}[0]": f"{WRITTEN} in a statement of its own",
    f"y, h, h = {CALL}": "'h' is assigned twice in it",
    f"y, x, c = {CALL}": "'x' is assigned a second time; it was first given as an input",
    f"y, sum, c = {CALL}": "'sum' is the name of an operation; choose another name",
    f"y, h, c = {CALL.replace('x', 'h')}": "'h' is used in its own definition",
    "y, h = sum(x)": "2 names for one result",
    "y, h = x": "2 names for one result",
    "y, h = x, s": "a tuple (use stack(...)) is not in the language",
    "y[0], h = sum(x)": "a statement assigns one name, or several to the results of one operation",
    "() = sum(x)": "a statement assigns one name, or several to the results of one operation",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(StatementError) as caught:
        build(text, INPUTS)
    assert str(caught.value) == f"statement 1 ({text}): {REFUSED[text]}"


def test_a_name_for_nothing_is_no_value() -> None:
    with pytest.raises(StatementError, match="undefined name '_'"):
        build(f"y, _, _ = {CALL}\nL = sum(y * _)", INPUTS)


def test_every_operation_with_several_results_holds_them_whole() -> None:
    for name, operation in OPERATIONS.items():
        if operation.results:
            for scenario in operation.scenarios:
                held = np.arange(operation.size(*scenario.shapes.values()))
                shape = build(
                    f"{', '.join(operation.results)} = {scenario.expression}\nL = sum({[*operation.results][-1]})",
                    {key: np.ones(shape) for key, shape in scenario.shapes.items()},
                ).nodes[len(scenario.shapes)]
                parts = [held.reshape(shape.shape)[key].ravel() for key in operation.results.values()]
                assert (np.concatenate(parts) == held).all(), name


def test_as_many_results_as_an_attribute_says() -> None:
    inputs = {"x": np.arange(12.0).reshape(2, 6)}
    network = build("q, k, v = split(x, sections=3, axis=-1)\nL = sum(q * k) + sum(v)", inputs)
    read = values(network, value("float64"))
    assert read[network.index("k")].tolist() == [[2, 3], [8, 9]]
    assert gradients(network, value("float64"), ["x"])["x"].tolist() == [[2, 3, 0, 1, 1, 1], [8, 9, 6, 7, 1, 1]]
    assert language_text(network).startswith("q, k, v = split(x, sections=3, axis=-1)\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a, b = split(x, sections=3)",
            "split has 3 results (y0, y1, y2): write y0, y1, y2 = split(x, sections=3, axis=0)",
        ),
        (
            "y = split(x, sections=2) * 2",
            "split has 2 results (y0, y1): write y0, y1 = split(x, sections=2, axis=0) in a",
        ),
        ("a, b, c, d = split(x, sections=4)", "an axis 6 long has no 4 equal sections"),
        ("a, b = split(x, sections=2000000000)", "at most 1,000 sections can be named, not 2,000,000,000"),
        ("a, b = split(x, sections=0)", "split's sections must be at least 1"),
        ("a, b = split(x, 2)", "split takes 1 operand (x), 2 given"),
    ],
)
def test_other_sections_are_refused(text: str, said: str) -> None:
    with pytest.raises(GradproofError) as refused:
        build(f"{text}\nL = sum(x)", {"x": np.ones(6)})
    assert said in str(refused.value)
