"""LaTeX formulas as expressions of the statement language; what is unclear is refused."""

import ast

import pytest

from gradproof.reports.drafting.formulas.equation_chains import chains
from gradproof.reports.drafting.formulas.latex_formulas import Unclear, read_formula

READ = {
    r"\frac{1}{2}\left(y-\hat{y}\right)^2": "1 / 2 * (y - y_hat) ** 2",
    r"\sigma(z_1)": "sigmoid(z1)",
    r"\frac{1}{1+e^{-z_1}}": "1 / (1 + exp(-z1))",
    r"w_1 i_1 + b_1": "w1 * i1 + b1",
    r"wx": "w * x",
    r"w_{1,1} \times w_{12}": "w11 * w12",
    r"L(w,b|x)": "L",
    r"a_2(1-a_2)": "a2 * (1 - a2)",
    r"(y - y^{*})^{2}": "(y - y_star) ** 2",
    r"y_1^{(\mathit{in})}": "y1_in",
    r"W^{(1)}\bar{x} + \bar{b}^{(1)}": "W1 @ x_bar + b_bar1",
    r"H^T \delta": "H.T @ delta",
    r"\frac{\partial L(w,b|x)}{\partial w_2}": "D(L, w2)",
    r"\frac{d L}{d w}": "D(L, w)",
    r"\partial L / \partial w_1": "D(L, w1)",
    r"\color{green}{\frac{\partial a_2}{\partial w_1}} \times \frac{\partial L}{\partial a_2}": "D(a2, w1) * D(L, a2)",
    r"w'_2": "NEW(w2)",
    r"w_2^{new} + w_{\text{new}}": "NEW(w2) + NEW(w)",
    r"w_{win}": "wwin",
    r"w - \eta \frac{\partial L}{\partial w}": "w - eta * D(L, w)",
    r"\underbrace{2 \cdot e_1}_{\text{the error}} + 1": "2 * e1 + 1",
    r"-\ln(a) - \log b": "-log(a) - log(b)",
    r"(1 + e^{-z})^{-1}": "(1 + exp(-z)) ** (-1)",
    r"\sqrt{v} \cdot \tanh(x)": "sqrt(v) * tanh(x)",
    r"\text{mean}[(y - t)^2]": "mean((y - t) ** 2)",
    r"(\ell - 1)^2": "(l - 1) ** 2",
    r"w_{1,1}^H a_1^{(out)}": "w11_H * a1_out",
    r"2 B_2^{pred}": "2 * B2_pred",
    r"A^{[1]} b": "A1 @ b",
    r"x^\dagger + \tilde{x} \vec{x}": "x_dagger + x_tilde * x_vec",
    r"\text{ReLU}(z)": "relu(z)",
}

UNCLEAR = (
    r"\sum_i x_i",
    r"w_{i,j}",
    r"w_{1j}",
    r"a^{(\ell)}",
    r"a^{[L]}",
    r"\beta^t",
    r"L(3)",
    r"f'(x)",
    r"h(f(x))",
    r"\sigma",
    r"\frac{\partial}{\partial w} x",
    r"\nabla f",
    r"\frac{a}{}",
    r"(a + b",
    r"\mathbf{x + y}",
    r"a \\ b",
    "",
    "{" * 100,
    "(" * 100 + "a" + ")" * 100,
    "a+" * 5000 + "a",
)


@pytest.mark.parametrize(("latex", "expression"), READ.items())
def test_formula(latex: str, expression: str) -> None:
    """What a formula means."""
    assert ast.unparse(read_formula(latex)) == expression


@pytest.mark.parametrize("latex", UNCLEAR, ids=lambda text: text[:20])
def test_unclear(latex: str) -> None:
    """What is not understood, or could be read in two ways, is refused."""
    with pytest.raises(Unclear):
        read_formula(latex)


CHAINS = {
    "a &=& b = c": [("a", "b", "c")],
    "\\begin{align}\na &= b \\\\\n&= c\n\\end{align}": [("a", "b"), ("", "c")],
    r"\frac{a}{b} = 1, \quad \frac{c}{d} = 2.": [(r"\frac{a}{b}", "1"), (r"\frac{c}{d}", "2")],
    r"L(a, b) = a": [("L(a, b)", "a")],
    r"f = Wx \in \mathbb{R}^N": [("f", "Wx", r"\mathbb{R}^N")],
    r"\text{Let } g = h": [("g", "h")],
    r"\text{By the chain rule: } g = h \text{ and so on, } a = b": [("g", "h"), ("a", "b")],
    r"\text{loss} = a": [(r"\text{loss}", "a")],
    "% a = b\nc = d": [("c", "d")],
    r"A = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}": [("A", r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}")],
    "x": [],
    "= ": [],
}


@pytest.mark.parametrize(("latex", "parts"), CHAINS.items())
def test_chains(latex: str, parts: list[tuple[str, ...]]) -> None:
    """Where equations begin and end."""
    assert [tuple(part.text for part in chain) for chain in chains(latex, 1)] == parts


def test_lines_of_equals_signs() -> None:
    """A claim stands on the line of its equals sign."""
    found = [[part.line for part in chain[1:]] for chain in chains("a\n&= b\n\\\\\n&=\nc = d", 10)]
    assert found == [[11], [13, 14]]
