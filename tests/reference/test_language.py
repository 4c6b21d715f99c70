"""The statement language: what it reads, and the one line it gives for everything else."""

import sys

import pytest

from gradproof.reference.build import build
from gradproof.reference.errors import GradproofError
from gradproof.reference.language import parse, split
from gradproof.reference.rendering import language_text

INPUTS = {"x": [[1.0, 2.0], [3.0, 4.0]], "v": [1.0, 2.0], "s": 0.5}


def test_statements_are_lines_without_comments() -> None:
    text = "a = s # the first\n\n  # nothing\nb = mean(\n  a,  # half\n)\nc = linear(x, x, layout='# no comment')"
    assert split(text) == ["a = s", "b = mean( a, )", "c = linear(x, x, layout='# no comment')"]


@pytest.mark.parametrize(
    "text",
    [
        "L = s",
        "L = -s ** 2 + 3 * (s - 1) / 2",
        "y = x @ v\nL = sum(y[0:2] * v) + y[1]",
        "L = mean(maximum(x.T, 0), axis=(0, 1))",
        "z = linear(v, x, v, layout='W.T @ a')\nL = logsumexp(leaky_relu(z, negative_slope=0.25))",
        "L = sum(stack(v, v + 1, axis=-1)[:, 1])",
        "L = s ** -0.5",
        "c = 2\nL = c * s",
    ],
)
def test_text_written_from_a_graph_parses_back_to_it(text: str) -> None:
    network = build(text, INPUTS)
    again = build(language_text(network), INPUTS)
    assert [(n.operation, n.operands, dict(n.attributes), n.name, n.shape) for n in again.nodes] == [
        (n.operation, n.operands, dict(n.attributes), n.name, n.shape) for n in network.nodes
    ]


REFUSED = {
    "L = sigmod(s)": "statement 1 (L = sigmod(s)): unknown operation 'sigmod' (did you mean 'sigmoid'?)",
    "L = sigmoid(s, s)": "statement 1 (L = sigmoid(s, s)): sigmoid takes 1 operand (x), 2 given",
    "L = sigmoid()": "statement 1 (L = sigmoid()): sigmoid takes 1 operand (x), 0 given",
    "L = linear(x)": "statement 1 (L = linear(x)): linear takes 2 to 3 operands (x, W, b), 1 given",
    "L = stack()": "statement 1 (L = stack()): stack takes at least 1 operand, 0 given",
    "L = mean(x, dim=0)": "statement 1 (L = mean(x, dim=0)): mean has no attribute 'dim'; it has axis, keepdims",
    "L = exp(s, axis=0)": "statement 1 (L = exp(s, axis=0)): exp has no attribute 'axis'; it has none",
    "L = relu(s, at_kink=1)": "statement 1 (L = relu(s, at_kink=1)): relu has no attribute 'at_kink'; it has none",
    "L = mean(x, axis=s)": "statement 1 (L = mean(x, axis=s)): mean's axis must be a literal number",
    "L = mean(x, axis=0.5)": "statement 1 (L = mean(x, axis=0.5)): mean's axis must be an integer",
    "L = sum(x, axis=())": "statement 1 (L = sum(x, axis=())): sum's axis must be a literal number",
    "L = sum(x, keepdims=1)": "statement 1 (L = sum(x, keepdims=1)): sum's keepdims must be True or False",
    "y = s\nL = sum(x @ v.T @ x @ [1])": (
        "statement 2 (L = sum(x @ v.T @ x @ [1])): a list (use stack(...)) is not in the language"
    ),
    "L = sum(x + stack(v, v, v))": (
        "statement 1 (L = sum(x + stack(v, v, v))): add does not fit operands of shape (2, 2) and (3, 2): "
        "operands could not be broadcast together with shapes (2,2) (3,2) "
    ),
    "L = sum(x @ stack(s, s, s))": (
        "statement 1 (L = sum(x @ stack(s, s, s))): matmul does not fit operands of shape (2, 2) and (3,)"
    ),
    "L = sum(linear(v, x, layout='x W'))": (
        "statement 1 (L = sum(linear(v, x, layout='x W'))): linear does not fit operands of shape (2,) and (2, 2): "
        "linear has no layout 'x W'; it has 'W @ x', '(W @ X.T).T', 'X @ W', 'W.T @ a'"
    ),
    "L = sum(x, axis=2)": (
        "statement 1 (L = sum(x, axis=2)): sum does not fit operands of shape (2, 2): "
        "axis 2 is out of bounds for array of dimension 2"
    ),
    "L = x[0, 5]": (
        "statement 1 (L = x[0, 5]): index does not fit operands of shape (2, 2): "
        "index 5 is out of bounds for axis 1 with size 2"
    ),
    "L = v[-1]": "statement 1 (L = v[-1]): an index counts from 0; negative ones are not in the language",
    "L = sum(v[5:])": "statement 1 (L = sum(v[5:])): the index gives an empty array, (0,)",
    "L = s + w": "statement 1 (L = s + w): undefined name 'w'; give it under [inputs]",
    "L = sum(sigmoid)": "statement 1 (L = sum(sigmoid)): 'sigmoid' is an operation: call it, as in sigmoid(...)",
    "a = b\nb = s\nL = a": "statement 1 (a = b): 'b' is used before statement 2 assigns it",
    "L = L + 1": "statement 1 (L = L + 1): 'L' is used in its own definition",
    "a = s\na = s": "statement 2 (a = s): 'a' is assigned a second time; it was first given in statement 1",
    "s = 1": "statement 1 (s = 1): 's' is assigned a second time; it was first given as an input",
    "a = s\nL = x": "the loss 'L' (statement 2) must be a scalar, but has shape (2, 2); reduce it, as in sum(L)",
    "sum = s": "statement 1 (sum = s): 'sum' is the name of an operation; choose another name",
    "lambda = s": "statement 1 (lambda = s): not an assignment of an expression: invalid syntax",
    "L = s if s else s": "statement 1 (L = s if s else s): a conditional expression is not in the language",
    "L = s < 1": "statement 1 (L = s < 1): a Python compare is not in the language",
    "L = s % 2": "statement 1 (L = s % 2): the operator 'mod' is not in the language (+ - * / ** @ are)",
    "L = s ** s": "statement 1 (L = s ** s): an exponent must be a literal number",
    "L = s ** 1e300": "statement 1 (L = s ** 1e300): an exponent must be at most 2**31 in size",
    "L = s * 1e999": "statement 1 (L = s * 1e999): a number beyond the range of float64",
    "L = s * True": "statement 1 (L = s * True): True is not a number",
    "L = s * 'a'": "statement 1 (L = s * 'a'): 'a' is not a number",
    "L = s * 2j": "statement 1 (L = s * 2j): 2j is not a number",
    "L = __import__('os')": "statement 1 (L = __import__('os')): unknown operation '__import__'",
    "L = s.__class__": (
        "statement 1 (L = s.__class__): attribute access .__class__ is not in the language; only .T (transpose) is"
    ),
    "L = x.sum()": "statement 1 (L = x.sum()): only an operation can be called, by its name",
    "L = sum([s for s in v])": "statement 1 (L = sum([s for s in v])): a comprehension is not in the language",
    "L = (lambda: s)()": "statement 1 (L = (lambda: s)()): only an operation can be called, by its name",
    "L = lambda: s": "statement 1 (L = lambda: s): a lambda is not in the language",
    "L = f'{s}'": "statement 1 (L = f'{s}'): an f-string is not in the language",
    "L = (y := s)": "statement 1 (L = (y := s)): an assignment inside an expression is not in the language",
    "import os": "statement 1 (import os): a statement has the form `name = expression`; this is a Python import",
    "s + 1": "statement 1 (s + 1): a statement has the form `name = expression`; this is an expression",
    "L += s": "statement 1 (L += s): a statement has the form `name = expression`; this is an augmented assignment",
    "a = L = s": "statement 1 (a = L = s): a statement assigns exactly one name",
    "a, L = v": "statement 1 (a, L = v): a statement assigns exactly one name",
    "L = s; M = s": "statement 1 (L = s; M = s): one statement a line, please",
    "L = (s": "statement 1 (L = (s): not an assignment of an expression: '(' was never closed",
    "L = sum(*v)": "statement 1 (L = sum(*v)): a starred argument is not in the language",
    "L = s\x00": (
        "statement 1 (L = s\x00): not an assignment of an expression: source code string cannot contain null bytes"
    ),
    "": "there is no statement; write at least one, such as L = x**2",
}


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_refused(text: str) -> None:
    with pytest.raises(GradproofError) as caught:
        build(text, INPUTS)
    assert str(caught.value) == REFUSED[text]


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 10_000 + "s" + ")" * 10_000,
        "-" * 5_000 + "s",
        "s" + "+s" * 5_000,
        "exp(" * 150 + "s" + ")" * 150,
        "s" + ".T" * 5_000,
        "s" + "+s" * 20_000,
    ],
    ids=lambda text: f"{text[:6]} x {len(text)}",
)
def test_deep_nesting_is_one_line_not_a_crash(expression: str) -> None:
    with pytest.raises(GradproofError, match=r"^statement 1 \(L = .{0,60}\): [^\n]*(nest|parentheses|split)"):
        parse(f"L = {expression}", ["s"])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("2x", "'2x' is not a name: use letters, digits and _, not starting with a digit"),
        ("a-b", "'a-b' is not a name: use letters, digits and _, not starting with a digit"),
        ("", "'' is not a name: use letters, digits and _, not starting with a digit"),
        ("class", "'class' is a reserved word"),
        ("exp", "'exp' is the name of an operation; choose another name"),
        ("ﬁ", "'ﬁ' is not in normal form: write 'fi'"),
    ],
)
def test_names(name: str, problem: str) -> None:
    with pytest.raises(GradproofError) as caught:
        build("L = s", {"s": 1.0, name: 1.0})
    assert str(caught.value) == f"input {problem}"


def test_nothing_is_executed() -> None:
    marker = "gradproof_was_here"
    with pytest.raises(GradproofError):
        build(f"L = __import__('sys').modules.setdefault('{marker}', 1)", INPUTS)
    assert marker not in sys.modules


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({"s": float("nan")}, "input s is nan; inputs must be finite numbers"),
        ({"s": [[1, 2], [3, float("inf")]]}, "input s[1][1] is inf; inputs must be finite numbers"),
        ({"s": []}, "input 's' is empty; its shape is (0,)"),
    ],
)
def test_inputs_are_finite_numbers(inputs: dict[str, object], problem: str) -> None:
    with pytest.raises(GradproofError) as caught:
        build("L = sum(s)", inputs)
    assert str(caught.value) == problem


def test_a_network_cannot_be_changed() -> None:
    network = build("L = sum(x)", INPUTS)
    with pytest.raises(ValueError, match="read-only"):
        network.inputs["x"][0, 0] = 7
    with pytest.raises(TypeError):
        network.inputs["x"] = 7  # type: ignore[index]
    with pytest.raises(AttributeError):
        network.loss = "x"  # type: ignore[misc]
