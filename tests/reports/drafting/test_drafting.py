"""Drafts of lessons: what is found in small documents, and that every draft is a lesson that can be verified."""

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gradproof.reference.errors import FileError
from gradproof.reports.drafting.drafting import suggest
from gradproof.reports.drafting.meaning.interpretation import Meaning
from gradproof.reports.teaching.documents.documents import read_document
from gradproof.reports.teaching.verifying import verify
from tests.reports.drafting.unmarked import DOCTEST, NEURONS, RECORDED, WORKED


def drafted(folder: Path, text: str, name: str = "document.md") -> dict[str, Any]:
    """The draft for a document, which the reader of lessons takes."""
    (folder / name).write_text(text, encoding="utf-8")
    draft = suggest(folder / name)
    (folder / "draft.toml").write_text(draft, encoding="utf-8")
    read_document(folder / "draft.toml")
    return tomllib.loads(draft)


def claims(draft: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Line, quantity, and what is claimed of it."""
    return [(claim["line"], claim["quantity"], claim.get("printed") or claim["formula"]) for claim in draft["claim"]]


def test_what_is_computed_is_written_out_once_however_many_numbers_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    text = Meaning.text

    def counted(self: Meaning, tree: Any) -> str:
        written.append(text(self, tree))
        return written[-1]

    monkeypatch.setattr(Meaning, "text", counted)
    counts = []
    for count in (10, 100):
        written.clear()
        outputs = "\n".join(f">>> {0.1234 + k / 1000:.4f}" for k in range(count))
        drafted(tmp_path, f"{WORKED}\n```python\n{outputs}\n```\n")
        counts.append(len(written))
    assert counts[0] == counts[1] > 0


def test_equations_and_a_table(tmp_path: Path) -> None:
    """Statements from displayed equations, inputs from code, claims from all of them and from a table."""
    draft = drafted(tmp_path, NEURONS)
    assert draft["title"] == "Two neurons"
    assert draft["network"]["statements"].split("\n") == [
        "z1 = w1 * x + b1",
        "a1 = sigmoid(z1)",
        "z2 = w2 * a1 + b2",
        "a2 = sigmoid(z2)",
        "L = 1 / 2 * (y - a2) ** 2",
        "",
    ]
    assert draft["network"]["loss"] == "L"
    assert draft["network"]["parameters"] == ["w1", "b1", "w2", "b2"]
    assert draft["network"]["learning_rate"] == 0.05
    assert draft["inputs"] == {"x": 0.05, "y": 0.01, "w1": 0.1, "b1": -0.1, "w2": 0.3, "b2": 0.3}
    found = claims(draft)
    assert set(found) >= {
        (5, "x", "0.05"),
        (7, "b1", "-0.1"),
        (17, "a1", "sigmoid(z1)"),
        (17, "a1", "1 / (1 + exp(-z1))"),
        (20, "L", "1 / 2 * (y - a2) ** 2"),
        (23, "a1", "0.476"),
        (23, "a2", "0.609"),
        (25, "dL/da2", "a2 - y"),
        (25, "dL/da2", "0.599"),
        (26, "w2_new", "w2 - 0.05 * dL/dw2"),
        (26, "w2_new", "0.297"),
        (30, "dL/da2", "a2 - y"),
        (32, "dz2/dw2", "a2"),
        (36, "da2/dz2", "0.238"),
        (36, "w2_new", "0.296"),
    }
    arithmetic = [claim["expression"] for claim in draft["claim"] if "expression" in claim]
    assert arithmetic == ["0.609 - 0.01"]


def test_wrong_formula_of_a_derivative_is_found_by_the_draft(tmp_path: Path) -> None:
    """A name that says what it is the derivative of is believed, so its wrong formula is a finding."""
    drafted(tmp_path, NEURONS)
    result = verify([tmp_path / "draft.toml"]).documents[0].claims
    statuses = {(one.claim.line, one.claim.quantity): one.status for one in result}
    assert statuses[32, "dz2/dw2"] == "wrong"
    assert statuses[31, "da2/dz2"] == "ok"


def test_code_with_outputs(tmp_path: Path) -> None:
    """What code prints is placed by what it prints, gradients by the loss that gives their value."""
    draft = drafted(tmp_path, WORKED)
    found = claims(draft)
    assert (16, "Y", "[[0.73194171 0.12303186]]") in found
    assert (23, "L", "[[0.08699208]]") in found
    assert (26, "dL_total/dV", "H.T @ grad_Y_in") in found  # Y_in has no name of its own here
    assert any(line == 28 and quantity == "dL_total/dV" for line, quantity, _ in found)
    assert all(claim.status == "ok" for claim in verify([tmp_path / "draft.toml"]).documents[0].claims)


def test_what_does_not_fit_is_listed_and_not_claimed(tmp_path: Path) -> None:
    """A machine's number that the draft does not compute belongs to something else."""
    draft = drafted(tmp_path, WORKED)
    assert not [claim for claim in draft["claim"] if claim["line"] > 31]
    listed = [line for line in suggest(tmp_path / "document.md").splitlines() if line.startswith("# line")]
    assert any("[[0.01234567]]" in line for line in listed)
    assert any("loops and branches are not followed" in line for line in listed)
    assert any("z_3" in line for line in suggest_text(tmp_path, NEURONS).splitlines() if line.startswith("# line 27"))


def suggest_text(folder: Path, text: str) -> str:
    """The draft as text."""
    (folder / "other.md").write_text(text, encoding="utf-8")
    return suggest(folder / "other.md")


def test_prompts(tmp_path: Path) -> None:
    """A session at Python's prompt."""
    draft = drafted(tmp_path, DOCTEST)
    assert set(claims(draft)) >= {(7, "y", "6.0"), (10, "L", "25.0"), (5, "y", "w * x")}


def test_nodes_of_a_graph_are_numbers(tmp_path: Path) -> None:
    """A class that adds or multiplies, and one of a float, hold the number; operations are known by their names."""
    draft = drafted(tmp_path, RECORDED)
    assert draft["inputs"] == {"w": 2.0, "b": -1.0, "x": 3.0}
    assert draft["network"]["statements"].split("\n") == ["z = w * x + b", "loss = square(z)", ""]
    assert (20, "dloss/dw", "30.0") in claims(draft)


def test_notebook(tmp_path: Path) -> None:
    """Cells and outputs of a notebook; lines are those of the cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "$$y = w x$$"]},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": ["w, x = 2.0, 3.0\n", "y = w * x\n", "loss = y**2\n", "y, loss"],
            "outputs": [{"output_type": "execute_result", "data": {"text/plain": ["(6.0, 36.0)"]}, "metadata": {}}],
        },
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 2,
            "source": ["print(f'loss {loss}')"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["loss 36.0\n"]}],
        },
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    draft = drafted(tmp_path, json.dumps(notebook), "document.ipynb")
    where = {(claim["where"], claim["quantity"], claim.get("printed")) for claim in draft["claim"]}
    assert ("cell 3", "loss", "36.0") in where
    assert ("cell 2", "w", "2.0") in where


def test_inputs_that_are_not_printed(tmp_path: Path) -> None:
    """Formulas alone are drafted with made-up inputs, which are said to be so."""
    draft = drafted(tmp_path, "$$u = wx$$\n\n$$\\ell = (u - y^{*})^2$$\n\n$$\\frac{\\partial u}{\\partial w} = x$$\n")
    assert claims(draft)[-1] == (5, "du/dw", "x")
    assert "not printed in the document" in suggest(tmp_path / "document.md")
    assert all(claim.status == "ok" for claim in verify([tmp_path / "draft.toml"]).documents[0].claims)


@pytest.mark.parametrize("text", ["", "Only words.\n", "```python\nprint('hello')\n```\n", "$$x$$"])
def test_nothing_recognised(tmp_path: Path, text: str) -> None:
    """A document without a computation gives a skeleton that can be read, without claims."""
    draft = drafted(tmp_path, text)
    assert "claim" not in draft
    assert "No computation was recognised" in suggest(tmp_path / "document.md")


HOSTILE = {
    "fences": "```python\n" * 3000,
    "math": "$$ \\begin{align} \\[ \\( $ " * 5000,
    "brackets": "```\n" + "(" * 50_000 + "\n```",
    "sum": "```\ny = " + "1+" * 30_000 + "1\n```",
    "assignments": "```\n" + "".join(f"x{i} = {i} * 2.0\n" for i in range(3000)) + "```",
    "chain": "```\nx = 1.5\n" + "x = x * x + x\n" * 2000 + "```",
    "calls": "```\ndef f(x):\n    return f(x) + f(x)\ny = f(2.0)\n```",
    "equations": "$$a = b = c$$\n\n" * 3000,
    "tables": "|a|b|\n|-|-|\n" + "|1|2|\n" * 3000,
    "spaces": "# " + " #" * 50_000 + "\n\n" + "$a = " + " &" * 50_000 + "1$",
    "comments": "<!-- gradproof " * 5000,
    "numbers": "x = " + "9" * 20_000,
    "huge": "```\nx = 1e999\ny = 10**400\nz = x * " + "9" * 500 + "\n```",
    "printed": "$a_1 = " + "1" * 400 + "$",
    "digits": "| z₁ | x |\n| --- | --- |\n| w₂ = 0.3 | 2 |\n|",
    "sample": "```\n"
    + "".join(f"x{i} = {i} * 2.0\n" for i in range(1100))
    + "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\ny = sigmoid(x1)\n```",
    "slices": "```\nx = 1.0\ny = x[:, n : 2 * n]\nz = y * t.grad\n```",
    "escapes": "```\nx = 1.0\nL = x**2\n```\n\n$a\x1b[31m = \\foo\x07$",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(60)
def test_hostile(tmp_path: Path, name: str) -> None:
    """Whatever a text holds, there is a draft that can be read."""
    drafted(tmp_path, HOSTILE[name])
    draft = suggest(tmp_path / "document.md")
    assert all(c.isprintable() or c == "\n" for c in draft)


def test_a_thousand_equations_are_looked_at_and_no_more(tmp_path: Path) -> None:
    drafted(tmp_path, NEURONS * 1500)
    before = time.process_time()
    draft = suggest(tmp_path / "document.md")
    assert time.process_time() - before < 10  # each takes milliseconds
    assert draft.count("[[claim]]") <= 1000


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("document.pdf", b"%PDF", "is no text to draft a lesson from"),
        ("document.md", b"\xff\xfe", "is not UTF-8 text"),
        ("document.md", b"a\0b", "NUL"),
        ("document.ipynb", b"{}", "is not a notebook"),
    ],
)
def test_unreadable(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """What cannot be read is said in one line that begins with the path."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=said) as problem:
        suggest(tmp_path / name)
    assert str(problem.value).startswith(str(tmp_path / name))


def test_nothing_is_executed(tmp_path: Path) -> None:
    """Code is read, never run."""
    target = tmp_path / "made"
    drafted(
        tmp_path, f"```python\nx = open({str(target)!r}, 'w')\n__import__('os').mkdir({str(target)!r})\ny = 1.0\n```\n"
    )
    assert not target.exists()


def notebook(*cells: tuple[str, str, str]) -> str:
    """A notebook of cells: kind, source, printed output."""
    made: list[dict[str, Any]] = []
    for kind, source, printed in cells:
        cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
        if kind == "code":
            output = {"output_type": "stream", "name": "stdout", "text": printed}
            cell |= {"execution_count": 1, "outputs": [output] if printed else []}
        made.append(cell)
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


def test_cells_of_a_notebook_are_in_their_order(tmp_path: Path) -> None:
    """What comes later is later, though lines are counted within each cell; the title is the first heading."""
    text = notebook(
        ("markdown", "# A neuron\n\nand more\n\n$$p = w^\\top x, \\qquad L = (p - y)^2$$", ""),
        ("code", "w = np.array([1.5, -0.5])\nx = np.array([2.0, 3.0])\ny = 1.0", ""),
        ("code", "p = w @ x\nL = (p - y)**2\nprint(L)", "0.25"),
        ("code", "dp = 2 * (p - y)\ndw = dp * x\nprint(dw)", "[2. 3.]"),
        (
            "markdown",
            "| what | it is |\n| --- | --- |\n| $\\partial L/\\partial p$ | 1.0 |\n\n$\\frac{1}{2} k = 3$",
            "",
        ),
    )
    draft = drafted(tmp_path, text, "neuron.ipynb")
    assert draft["title"] == "A neuron"
    assert draft["network"]["statements"].split("\n") == ["p = w.T @ x", "L = (p - y) ** 2", ""]
    found = [(claim["where"], *rest) for claim, rest in zip(draft["claim"], claims(draft), strict=True)]
    assert [one for one in found if one[0] != "cell 2"] == [
        ("cell 1", 5, "p", "w.T @ x"),
        ("cell 1", 5, "L", "(p - y) ** 2"),
        ("cell 3", 1, "p", "w @ x"),
        ("cell 3", 1, "L", "0.25"),
        ("cell 3", 2, "L", "(p - y) ** 2"),
        ("cell 4", 1, "dL/dp", "2 * (p - y)"),
        ("cell 4", 1, "dL/dw", "[2. 3.]"),
        ("cell 4", 2, "dL/dw", "dL/dp * x"),
        ("cell 5, table", 3, "dL/dp", "1.0"),
    ]
    last = (tmp_path / "draft.toml").read_text(encoding="utf-8").splitlines()[-2:]
    assert last[0].startswith(f"# {len(draft['claim'])} claims drafted; 1 ")
    assert last[1].startswith("# cell 5, line 5: ")


def test_a_subscript_is_an_entry_where_the_name_is_a_vector(tmp_path: Path) -> None:
    """`x_2` is x[1] where x is a vector and x2 is given nowhere else; derivatives and updates as well."""
    text = notebook(
        ("code", "w = np.array([1.5, -0.5])\nx = np.array([2.0, 3.0])\nx1 = 7.0\neta = 0.5", ""),
        ("code", "L = (w @ x + x1)**2\nw_new = w - eta * 2 * (w @ x + x1) * x", ""),
        ("markdown", "$x_1 = 7$, $x_2 = 3$, $x_3 = 4$, $w_2 = -0.5$, $w_2^{new} = -26.0$,\n", ""),
        ("markdown", "$\\partial L/\\partial w_2 = 51$, $\\partial L/\\partial x_2 = -8.5$", ""),
    )
    found = {(quantity, said) for line, quantity, said in claims(drafted(tmp_path, text, "neuron.ipynb"))}
    assert found >= {
        ("x1", "7"),
        ("x[1]", "3"),
        ("w[1]", "-0.5"),
        ("w_new[1]", "-26.0"),
        ("dL/dw[1]", "51"),
        ("dL/dx[1]", "-8.5"),
    }


def test_spaces_are_shapes(tmp_path: Path) -> None:
    """`W \\in \\mathbb{R}^{m \\times n}` is a shape claim, and says how many axes an input has that is not printed."""
    text = r"""# A layer
Weights $W \in \mathbb{R}^{N^{(1)} \times N^{(0)}}$, biases $b \in \mathbb R^{N^{(1)}}$, an index $k \in \{1, 2\}$.

$$f = W x + b \in \mathbb{R}^{N^{(1)}}, \qquad L = \text{sum}((f - y)^2)$$

$\frac{\partial L}{\partial W} \in \mathbb{R}^{N^{(1)} \times N^{(0)}}$, $x_i \in \mathbb{R}^3$, $L \in \mathbb{R}^{2}$
"""
    draft = drafted(tmp_path, text)
    assert [(c["line"], c["quantity"], c["shape"]) for c in draft["claim"] if "shape" in c] == [
        (2, "W", "(N^(1), N^(0))"),
        (2, "b", "(N^(1))"),
        (4, "f", "(N^(1))"),
        (6, "dL/dW", "(N^(1), N^(0))"),
    ]
    assert [len(draft["inputs"]["W"]), len(draft["inputs"]["W"][0]), len(draft["inputs"]["b"])] == [2, 2, 2]
    verification = verify([tmp_path / "draft.toml"])
    assert not verification.failed(strict=False)
    last = (tmp_path / "draft.toml").read_text(encoding="utf-8").splitlines()[-1]
    assert last == "# line 6: (2): it has 0 axes in the draft"
