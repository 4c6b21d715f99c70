"""No word that stands in the drafting code is one only because one of the five documents uses it.

What the documents call things is known from their lessons and from their programs in the reference. Where such a name
stands in a literal of the drafting code (a list of names, a pattern), it must be a word of Python, of NumPy or of the
statement language, or stand here with the reason why people at large write it. A notation that is no word, a command of
LaTeX or a layout of lines, is not found this way: that needs a reader.
"""

import ast
import builtins
import keyword
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from gradproof.reference.documents import __file__ as documents
from gradproof.reference.lessons import lessons
from gradproof.reference.operations import OPERATIONS

ROOMS = ("reports/drafting", "reports/analysis/drafts")
ROOT = Path(__file__).parents[3]
WORD = re.compile(r"[A-Za-z]\w*")
SYNTAX = re.compile(r"\\+[A-Za-z]+|\(\?P<\w+>|\[[^\[\]]+\]|\{\w+\}")
"""What is no word: a command of LaTeX, the name of a group, a set of characters, what is filled in."""
PROSE = re.compile(r"[a-z]:? [a-z]")

REASONS = {
    "alpha": "the learning rate in many textbooks; Greek",
    "backward": "PyTorch's method",
    "constant": "TensorFlow's function",
    "cost": "the loss, to Nielsen and Ng",
    "delta": "the derivative, to Rumelhart; Greek",
    "eta": "the learning rate in many textbooks; Greek",
    "grad": "PyTorch's attribute",
    "l": "a letter for a loss, and for an index",
    "loss": "the word itself",
    "sigma": "the sign of the sigmoid",
    "total": "the word itself",
    "updated": "the word itself",
    "value": "JAX's and Keras' attribute",
    "weights": "the word itself",
    **dict.fromkeys(("axis", "keepdims", "layout"), "a keyword of the statement language"),
    **dict.fromkeys(("f", "k", "np", "numpy", "tensor", "torch"), "a library or its function, as its manual writes it"),
    **dict.fromkeys(("left", "right"), "a command of LaTeX"),
    **dict.fromkeys(
        ("network", "outputs", "parameters", "row", "source", "table"), "of the format of lessons and notebooks"
    ),
    **dict.fromkeys(("b", "v"), "a letter that this code puts into names itself"),
}
"""Words that documents use and the drafting code knows, and why it may."""


def names_of_the_documents() -> frozenset[str]:
    """What the five documents call things, in small letters."""
    found: set[str] = set()
    for path in lessons().values():
        toml = tomllib.loads(path.read_text(encoding="utf-8"))
        texts = [toml["network"]["statements"], *toml["inputs"]]
        for claim in toml.get("claim", ()):
            texts += [str(claim.get(key, "")) for key in ("quantity", "formula", "expression", "printed")]
        found.update(WORD.findall("\n".join(texts)))
    for program in Path(documents).parent.glob("*.py"):
        for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
            found.update(v for v in (getattr(node, key, None) for key in ("id", "attr", "name", "arg")) if v)
    return frozenset(word.lower() for word in found)


def literals(code: str) -> Iterable[str]:
    """The text literals of some code that are neither docstrings nor messages."""
    tree = ast.parse(code)
    documented = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in documented and not PROSE.search(text):
            yield text


KNOWN = frozenset(
    word.lower() for word in (*keyword.kwlist, *dir(builtins), *dir(np), *dir(np.ndarray), *OPERATIONS, *REASONS)
)
NAMES = names_of_the_documents()


def unexplained(code: str) -> list[str]:
    """The documents' names in the literals of some code that are nobody else's."""
    words = (word.lower() for text in literals(code) for word in WORD.findall(SYNTAX.sub(" ", text)))
    return [word for word in words if word in NAMES and word not in KNOWN]


@pytest.mark.parametrize("path", sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py")), ids=lambda p: p.stem)
def test_no_word_is_known_from_the_five_documents_alone(path: Path) -> None:
    """Every name in the code that a document has is one that people at large use."""
    assert unexplained(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        'NODES = {"ConstantNode", "add"}',
        'if name.startswith("Tape"): pass',
        'LOSSES = ("loss", "sse")',
        'spelled = re.compile(r"(?:\\w+)_(?:h1_in|dLda2)")',
        'above = "_star" if text == "*" else "y_star"',
        'if text in ("H", "O"): pass',
    ],
)
def test_a_word_of_a_document_is_found(planted: str) -> None:
    """The search finds names that a document alone has."""
    assert unexplained(planted)


def test_no_reason_is_idle() -> None:
    """Each reason explains a word of the documents that stands in the code."""
    codes = [p.read_text(encoding="utf-8") for room in ROOMS for p in (ROOT / room).rglob("*.py")]
    texts = [SYNTAX.sub(" ", text) for code in codes for text in literals(code)]
    words = {word.lower() for text in texts for word in WORD.findall(text)}
    assert sorted(set(REASONS) - (words & NAMES)) == []
