"""The statement language: what it reads, and the one line it gives for everything else."""

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reference.language.build import build
from gradproof.reference.language.parsing import parse, split
from gradproof.reference.language.writing import language_text
from gradproof.reference.operations import OPERATIONS
from gradproof.reference.operations.products import LAYOUTS

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
        "y = conv2d(x, x[0:1, :], stride=2, padding=1)\nL = sum(layer_norm(y, eps=0.25)) + sum(layer_norm(x, v, v))",
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
    **{
        f"L = {call}": f"statement 1 (L = {call}): {name} does not fit operands of shape (): a scalar has no axes"
        for name, call in [
            *((name, f"{name}(s, axis=0)") for name in ("sum", "mean", "var", "max", "logsumexp")),
            *((name, f"{name}(s, axis=-1)") for name in ("sum", "softmax", "log_softmax")),
            *((name, f"{name}(s)") for name in ("softmax", "log_softmax")),
        ]
    },
    "L = softmax_cross_entropy(s, s)": (
        "statement 1 (L = softmax_cross_entropy(s, s)): softmax_cross_entropy does not fit operands of shape () "
        "and (): a scalar has no axes"
    ),
    "L = sum(linear(v, x, stack(v, axis=-1), layout='W @ x'))": (
        "statement 1 (L = sum(linear(v, x, stack(v, axis=-1), layout='W @ x'))): linear does not fit operands of "
        "shape (2,) and (2, 2) and (2, 1): a bias of shape (2, 1) cannot be added to a result of shape (2,)"
    ),
    "L = sum(conv2d(x, v))": (
        "statement 1 (L = sum(conv2d(x, v))): conv2d does not fit operands of shape (2, 2) and (2,): "
        "it takes x (N, C, H, W) and w (O, C, Kh, Kw), or one image (H, W) and one kernel (Kh, Kw)"
    ),
    "L = sum(conv2d(x, stack(v, v, v)))": (
        "statement 1 (L = sum(conv2d(x, stack(v, v, v)))): conv2d does not fit operands of shape (2, 2) and (3, 2): "
        "a kernel (3, 2) does not fit into an image (2, 2) with padding 0"
    ),
    "L = sum(conv2d(x, x, s))": (
        "statement 1 (L = sum(conv2d(x, x, s))): conv2d does not fit operands of shape (2, 2) and (2, 2) and (): "
        "a bias is for images with channels; add it to the result"
    ),
    "q = stack(stack(x))\nL = sum(conv2d(stack(stack(x, x)), q))": (
        "statement 2 (L = sum(conv2d(stack(stack(x, x)), q))): conv2d does not fit operands of shape (1, 2, 2, 2) and "
        "(1, 1, 2, 2): x has 2 channels, and w is for 1"
    ),
    "q = stack(stack(x))\nL = sum(conv2d(q, q, v))": (
        "statement 2 (L = sum(conv2d(q, q, v))): conv2d does not fit operands of shape (1, 1, 2, 2) and (1, 1, 2, 2) "
        "and (2,): the bias must have shape (1,), one entry for each output channel"
    ),
    "L = sum(conv2d(x, x, stride=0))": (
        "statement 1 (L = sum(conv2d(x, x, stride=0))): conv2d's stride must be at least 1"
    ),
    "L = sum(conv2d(x, x, padding=-1))": (
        "statement 1 (L = sum(conv2d(x, x, padding=-1))): conv2d's padding must be at least 0"
    ),
    "L = sum(conv2d(x, x, stride=1.5))": (
        "statement 1 (L = sum(conv2d(x, x, stride=1.5))): conv2d's stride must be an integer"
    ),
    "L = sum(layer_norm(x, eps=-1))": (
        "statement 1 (L = sum(layer_norm(x, eps=-1))): layer_norm's eps must be at least 0"
    ),
    "L = layer_norm(s)": (
        "statement 1 (L = layer_norm(s)): layer_norm does not fit operands of shape (): a scalar has no axes"
    ),
    "L = sum(layer_norm(x, v, s))": (
        "statement 1 (L = sum(layer_norm(x, v, s))): layer_norm does not fit operands of shape (2, 2) and (2,) and (): "
        "beta must have shape (2,), one entry for each of the last axis of x"
    ),
    "L = sum(x, axis=0, axis=0)": "statement 1 (L = sum(x, axis=0, axis=0)): sum is given 'axis' twice",
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
    "L = s < 1": (
        "statement 1 (L = s < 1): a comparison of two numbers stands in where(a > b, u, v), and nowhere else"
    ),
    "L = where(s < s < 1, s, s)": (
        "statement 1 (L = where(s < s < 1, s, s)): a comparison of two numbers stands in where(a > b, u, v), and "
        "nowhere else"
    ),
    "L = s % 2": "statement 1 (L = s % 2): the operator 'mod' is not in the language (+ - * / ** @ are)",
    "L = s ** 'a'": "statement 1 (L = s ** 'a'): an exponent must be a literal number",
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
    "a = L = s": "statement 1 (a = L = s): a statement assigns one name, or several to the results of one operation",
    "a, L = v": "statement 1 (a, L = v): 2 names for one result",
    "(a, (b, L)) = v": (
        "statement 1 ((a, (b, L)) = v): a statement assigns one name, or several to the results of one operation"
    ),
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


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bias", ["stack(v, v)", "stack(x, x)", "stack(v, axis=-1)", "stack(s, s, s)", "stack(v)"])
def test_a_bias_never_changes_the_shape_of_the_result(layout: str, bias: str) -> None:
    """Of these, a matrix may be added to a matrix; nothing but a vector to a vector."""
    with pytest.raises(GradproofError, match=r": a bias of shape \(.*\) cannot be added to a result of shape \(2,\)$"):
        build(f"L = sum(linear(v, x, {bias}, layout='{layout}'))", INPUTS)


def test_nested_brackets_are_named_also_where_they_are_long() -> None:
    with pytest.raises(GradproofError, match=r"expressions may nest 100 deep at most"):
        parse("L = " + "(" * 10_000 + "s" + ")" * 10_000, ["s"])
    with pytest.raises(GradproofError, match=r"longer than 20000 characters"):
        parse("L = s" + "+(s)" * 10_000, ["s"])


def test_an_open_bracket_costs_no_more_than_its_lines() -> None:
    before = time.perf_counter()
    with pytest.raises(GradproofError, match=r"^statement 1 \(L = \(.*longer than 20000 characters"):
        parse("L = (\n" + "s\n" * 400_000, ["s"])
    assert time.perf_counter() - before < 5  # it took 20 s and more when the lines were joined again for each


LARGE = {
    "L = sum(outer(v, v))": (
        "statement 1 (L = sum(outer(v, v))): the outer gives 1,000,000,000,000 numbers; at most 8,388,608 are computed"
    ),
    "r = stack(v)\nL = sum(r.T + r)": (
        "statement 2 (L = sum(r.T + r)): the add gives 1,000,000,000,000 numbers; at most 8,388,608 are computed"
    ),
    "r = stack(v)\nL = sum(r.T @ r)": (
        "statement 2 (L = sum(r.T @ r)): the matmul gives 1,000,000,000,000 numbers; at most 8,388,608 are computed"
    ),
    "r = stack(v)\nL = sum(linear(r, r, layout='W.T @ a'))": (
        "statement 2 (L = sum(linear(r, r, layout='W.T @ a'))): "
        "the linear gives 1,000,000,000,000 numbers; at most 8,388,608 are computed"
    ),
    "w = stack(v)\nL = sum(conv2d(w, w[:, 0:500000]))": (
        "statement 2 (L = sum(conv2d(w, w[:, 0:500000]))): "
        "the conv2d lays out 500,000,000,000 numbers; at most 8,388,608 are computed"
    ),
    "w = stack(v)\nL = sum(conv2d(w, w[:, 0:1], padding=50))": (
        "statement 2 (L = sum(conv2d(w, w[:, 0:1], padding=50))): "
        "the conv2d gives 101,010,100 numbers; at most 8,388,608 are computed"
    ),
    "w = stack(v)\nL = sum(conv2d(w, w[:, 0:1], stride=1000000, padding=50))": (
        "statement 2 (L = sum(conv2d(w, w[:, 0:1], stride=1000000, padding=50))): "
        "the conv2d lays out 101,010,100 numbers; at most 8,388,608 are computed"
    ),
    "a0 = stack(v, v)\n" + "\n".join(f"a{i + 1} = stack(a{i}, a{i})" for i in range(25)) + "\nL = sum(a25)": (
        "statement 3 (a2 = stack(a1, a1)): the stack brings the network to 15,000,000 numbers; "
        "at most 8,388,608 are computed"
    ),
}


@pytest.mark.parametrize("text", LARGE, ids=lambda text: text[:30])
def test_results_too_large_are_refused_before_they_are_computed(text: str) -> None:
    with pytest.raises(GradproofError) as caught:
        build(text, {"v": np.ones(1_000_000)})
    assert str(caught.value) == LARGE[text]


def test_what_multiplies_too_much_is_refused_before_it_does() -> None:
    inputs = {"v": np.ones(1000)}
    with pytest.raises(
        GradproofError, match=r"^statement 2 \(B = A @ A\): the matmul brings the network to 1,000,000,000 "
    ):
        build("A = outer(v, v)\nB = A @ A\nL = sum(B)", inputs)
    with pytest.raises(GradproofError, match=r"the linear brings the network to 1,000,000,000 products"):
        build("A = outer(v, v)\nL = sum(linear(A, A))", inputs)


@pytest.mark.parametrize("text", ["L = sum(conv2d(x, w))", "L = sum(conv2d(w, x, padding=63))"])
def test_what_a_convolution_copies_out_counts_there_and_back(text: str) -> None:
    with pytest.raises(GradproofError, match=r"the conv2d lays out [0-9,]+ numbers; at most 8,388,608 are computed$"):
        build(text, {"x": np.ones((128, 128)), "w": np.ones((64, 64))})


def test_statements_and_inputs_are_counted_before_they_are_read() -> None:
    with pytest.raises(GradproofError, match=r"^there are 4,001 statements; at most 4,000 are read$"):
        build("\n".join(f"a{i} = x" for i in range(4_001)), {"x": 1.0})
    with pytest.raises(GradproofError, match=r"^there are 4,001 inputs; at most 4,000 are taken: join some in arrays$"):
        build("L = x0", {f"x{i}": 1.0 for i in range(4_001)})


def test_operations_are_counted_in_all_statements() -> None:
    sum_of_many = f"({'+'.join('x' * 60)})"
    text = "\n".join(f"a{i} = {'+'.join([sum_of_many] * 20)}" for i in range(9))
    with pytest.raises(GradproofError, match=r"^statement 4 \(a3 .*\): with it, there are more than 4,000 operations"):
        build(text, {"x": 1.0})


def test_a_thousand_inputs_cost_no_more_than_each() -> None:
    count = 4000
    before = time.perf_counter()
    network = build("\n".join(f"a{i} = x{i}" for i in range(count)), {f"x{i}": 1.0 for i in range(count)}, loss="a7")
    for name in network.names:
        network.index(name)
    assert time.perf_counter() - before < 5  # each was sought among all others


def test_large_inputs_may_be_reduced() -> None:
    v = np.ones(2**22)
    assert build("L = sum(v) + logsumexp(v) + v @ v", {"v": v}).loss == "L"


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


def test_the_readme_names_every_operation() -> None:
    text = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text[text.index("### The statement language") : text.index("## Verify a lesson")]))
    assert {name for name, operation in OPERATIONS.items() if operation.notation is None} <= words
