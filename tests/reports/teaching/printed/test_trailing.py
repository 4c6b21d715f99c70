"""The number a text ends with, the arithmetic before it, and the numbers of an output."""

import time

import pytest

from gradproof.reports.teaching.documents.outputs import printed_items, row_ends
from gradproof.reports.teaching.printed.beside import expression_before
from gradproof.reports.teaching.printed.trailing import find, number_before

PRINTED = {
    "we get 0.0083": "0.0083",
    r"$\frac{\partial L}{\partial w_1} = 0.48 \times 0.24 = 0.1152$": "0.1152",
    "**0.5**": "0.5",
    "a is *0.5*": "0.5",
    "`0.5`": "0.5",
    "tensor(-5.6607e-08)": "-5.6607e-08",
    "1.6×10⁻³": "1.6×10⁻³",
    r"$1.6 \times 10^{-3}$": r"1.6 \times 10^{-3}",
    r"$= -1.6 \cdot 10^{-3}.$": r"-1.6 \cdot 10^{-3}",
    "1.6×10^-3^": "1.6×10^-3^",
    r"$$ W = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} $$": r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
    r"$\left[\begin{array}{cc} 1 & 2\end{array}\right]^T$": r"\left[\begin{array}{cc} 1 & 2\end{array}\right]^T",
    r"$\boxed{0.1152}$": "0.1152",
    "Loss - 0.25": "0.25",
    "Loss: -0.25": "-0.25",
    "the loss (0.25)": "0.25",
    "the loss (-0.25).": "-0.25",
    "[0.1, 0.2]": "[0.1, 0.2]",
    "x = [[1. 2.] [3. 4.]]": "[[1. 2.] [3. 4.]]",
    "array([1., 2.], dtype=float32)": "[1., 2.]",
    "tensor([[0.1], [0.2]], grad_fn=<MulBackward0>)": "[[0.1], [0.2]]",
    "tensor(0.5, grad_fn=<MulBackward0>)": "0.5",
    "tf.Tensor(0.5, shape=(), dtype=float32)": "0.5",
    "<tf.Tensor: shape=(), dtype=float32, numpy=0.5>": "0.5",
    "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([0.1, 0.2], dtype=float32)>": "[0.1, 0.2]",
    "Array(0.25, dtype=float32)": "0.25",
    "(tensor([0.1]),)": "[0.1]",
    "np.float64(-0.5)": "-0.5",
    "Array([0.1, 0.2, 0.3], dtype=float32)": "[0.1, 0.2, 0.3]",
    "(0.1, 0.2)": "(0.1, 0.2)",
    "$(0.1, 0.2)$": "(0.1, 0.2)",
    "0.3333...": "0.3333",
    "0.3333…": "0.3333",
    "it is 5.": "5.",
    "1,234.5": "1,234.5",
    "0,0083": "0,0083",
    "0{,}0083": "0{,}0083",
    "0.1, 0.2": "0.2",
    "0.1,0.2": "0.2",
    "1,2,3": "3",
    "0.5 -0.1": "-0.1",
    "$z = - 0.5$": "-0.5",
    r"$\approx0.1152$": "0.1152",
    r"$\approx -0.1152$": "-0.1152",
    "12%": "12%",
    r"$12\%$": r"12\%",
    "nan": "nan",
    "-inf": "-inf",
    r"$-\infty$": r"-\infty",
    r"$$\begin{aligned} a &= 0.1 \\ b &= -0.2 \end{aligned}$$": "-0.2",
    "<td>0.5</td>": "0.5",
    "1.6×10<sup>−3</sup>": "1.6×10<sup>−3</sup>",
    "[0.5](http://x.y)": "0.5",
    "0.5[^1]": "0.5",
    r"\(0.5\)": "0.5",
    r"$\left[0.1, 0.2\right]$": "[0.1, 0.2]",
    r"\text{loss} = \mathbf{0.5}": "0.5",
    r"$0.5 \tag{3}$": "0.5",
    r"$\color{red}{0.5}$": "0.5",
    "10^{-3}": "10^{-3}",
    "1e-5": "1e-5",
    ".5": ".5",
    "−0.5": "−0.5",
    "+0.5": "+0.5",
    "$$ x = 0.5 $$ (eq:1)": "0.5",
    "W.grad = tensor([0.5])": "[0.5]",
    "**Loss = 0.5**.": "0.5",
    "step 3: **-0.5**": "-0.5",
    "*−0.5*": "−0.5",
    '"0.5"': "0.5",
    "| 0.5 |": "0.5",
    r"$\hat{y} = 0.5\\$": "0.5",
    r"$w \to 0.5$": "0.5",
    "0.5\\": "0.5",
    "tf.Tensor(\n[[0.1 0.2]\n [0.3 0.4]], shape=(2, 2), dtype=float32)": "[[0.1 0.2]\n [0.3 0.4]]",
}

NONE = [
    "$x_{12}$",
    r"$\frac{1}{2}$",
    "= 1/2",
    "0.48 * 0.24",
    "w1",
    "x_1",
    "sigmoid(0.5)",
    "w[0]",
    "0.3-0.5",
    "0.3–0.5",
    r"$\times0.5$",
    "grinf",
    r"$(0.1,\ 0.2)^T$",
    "0.5 ms",
    "$e^{-2}$",
    "$x^2$",
    "$a+0.5$",
    "$1-0.5$",
    "1 - 0.5",
    "$[1, 2]^T$",
    "Version 1.2.3",
    "float32",
    "",
    "no number",
]


@pytest.mark.parametrize("text", PRINTED)
def test_printed(text: str) -> None:
    assert number_before(text) == PRINTED[text]


@pytest.mark.parametrize("text", NONE)
def test_no_number_or_only_a_part_of_one(text: str) -> None:
    assert number_before(text) == ""


def test_where_it_stands() -> None:
    text = "x = " * 100_000 + "**0.25**."
    found = find(text)
    assert found
    assert text[found.start : found.end] == "0.25"


EXPRESSIONS = {
    r"$\frac{\partial L}{\partial w_1} = 0.48 \times 0.24 = 0.1152$": "0.48 * 0.24",
    "0.48 * 0.24 = 0.1": "0.48 * 0.24",
    r"0.48 \* 0.24 = 0.1": "0.48 * 0.24",
    "= (0.5 - 0.1)(1-0.5) ≈ **0.2**": "(0.5 - 0.1) * (1-0.5)",
    r"= 0.5^{2} = \boxed{0.25}": "0.5**(2)",
    r"=\frac{1}{2}\cdot 3 = 1.5": "(1 / 2) * 3",
    r"= \frac{1}{1 + 2^{2}} = 0.2": None,  # braces in a fraction
    "= 0.1152 = 0.1152": None,
    "so 0.48 * 0.24 = 0.1": None,
    "a = b + 0.5 = 3": None,
    "= 0.1 * (2 = 3": None,
    "= 0.5 2 = 1": None,
    "= 1.2.3 + 1 = 4": None,
    "= 3 + = 4": None,
    "= ()*3 = 4": None,
    "= 007*1 = 7": None,
    "= 1 * 2 = about 3": None,
    "(" * 150 + "1 + 1" + ")" * 150 + " = 2": "(" * 150 + "1 + 1" + ")" * 150,
    "(" * 190 + "1 + 1" + ")" * 190 + " = 2": "(" * 190 + "1 + 1" + ")" * 190,
    "(" * 250 + "1 + 1" + ")" * 250 + " = 2": None,
    r"&= -0.5 \times −0.2 = 0.1": "-0.5 * -0.2",
    r"= 0.5 \left(1 - 0.5\right) = 0.25": "0.5 * (1 - 0.5 )",
    "12": None,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_arithmetic(text: str) -> None:
    found = find(text)
    assert found
    assert expression_before(text, found.start) == EXPRESSIONS[text]


OUTPUTS = {
    "0.0083": [("0.0083", 0)],
    ">>> x.grad\ntensor([[0.1, 0.2],\n        [0.3, 0.4]])\n": [("[[0.1, 0.2],\n        [0.3, 0.4]]", 1)],
    "print(x)\n>>> tensor(0.5)": [("0.5", 1)],
    "loss: 0.25\ndw1 = 0.0083\n": [("0.25", 0), ("0.0083", 1)],
    "0.1\n0.2\n": [("0.1", 0), ("0.2", 1)],
    "0.1 0.2\n0.3 0.4\n\ndone": [("0.1 0.2\n0.3 0.4", 0)],
    "a b\n0.1 0.2\n0.3 0.4\n0.5": [("0.1 0.2\n0.3 0.4", 1), ("0.5", 3)],
    "## [1] 0.5": [("0.5", 0)],
    "[1] 0.1 0.2 0.3": [("0.1 0.2 0.3", 0)],
    "Out[3]: array([1.,\n2.])": [("[1.,\n2.]", 0)],
    "x = (\n0.1\n>>> 0.2": [("0.1", 1), ("0.2", 2)],
    "| 0.1 | 0.2 |\n|-----|-----|\n| 0.3 | 0.4 |": [("0.1   0.2\n0.3   0.4", 0)],
    "Epoch 100, loss 0.25\ndone": [("0.25", 0)],
    "\x1b[31m0.5\x1b[0m": [("0.5", 0)],
    "<tf.Tensor: shape=(1, 2), dtype=float32, numpy=\narray([[0.1, 0.2]], dtype=float32)>": [("[[0.1, 0.2]]", 1)],
    "no number": [],
    "": [],
}


@pytest.mark.parametrize("text", OUTPUTS)
def test_outputs(text: str) -> None:
    assert [(item.text, item.line) for item in printed_items(text)] == OUTPUTS[text]


def test_rows_of_math() -> None:
    math = r"""\begin{aligned}
a &= 1 \cdot 2 = 2 \\[2pt]
W &= \begin{pmatrix} 1 \\ 2 \end{pmatrix} \\
x &= y \\
b &= -3
\end{aligned}"""
    assert [(item.text, item.line, item.expression) for item in row_ends(math)] == [
        ("2", 1, "1 * 2"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", 2, None),
        ("-3", 4, None),
    ]


@pytest.mark.parametrize("junk", ["[", "(", "{", "]", "}", "*", "0,", "1,111", "\\", "<", " ", "0]", "[0,", "-", "(0"])
def test_a_megabyte_of_anything_is_soon_done(junk: str) -> None:
    begin = time.perf_counter()
    text = junk * (1_000_000 // len(junk))
    for case in (text, f"[{text}]", "{" * 60 + text[:50_000] + "}" * 60):
        find(case)
    assert time.perf_counter() - begin < 10  # it takes tenths of a second; a quadratic search would take hours
