"""Malformed documents of every kind: one line, never a traceback, never a long wait.

`GRADPROOF_FUZZ=10000 pytest tests/reports/teaching/documents/test_malformed.py` tries as many.
"""

import json
import os
import random
import time
from pathlib import Path

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reports.printing.stable_json import stable_json
from gradproof.reports.teaching.rendering.github import github
from gradproof.reports.teaching.rendering.junit import junit
from gradproof.reports.teaching.rendering.text import report_text
from gradproof.reports.teaching.verifying import verify

COUNT = int(os.environ.get("GRADPROOF_FUZZ", "200"))
SEED = int(os.environ.get("GRADPROOF_FUZZ_SEED", "1"))

LESSON = '''title = "Two"
[network]
statements = """
z1 = w1*x + b1
a1 = sigmoid(z1)
h = W @ v
L = (y - a1)**2 / 2 + sum(h)
"""
parameters = ["w1", "b1", "W"]
learning_rate = 0.05
[inputs]
x = 0.05
y = 0.01
w1 = 0.1
b1 = -0.1
W = [[1.0, 2.0], [3.0, 4.0]]
v = [0.5, -1.0]
[[claim]]
quantity = "dL/dw1"
printed = "0.0083"
expression = "0.48 * 0.24"
dtype = "float32"
at = {w1 = 0.2}
where = "Task"
line = 120
[[claim]]
quantity = "dL/dW"
printed = "[[0.5 -1.0]\\n [0.5 -1.0]]"
[[claim]]
quantity = "dL/dw1"
formula = "(a1 - y)*a1*(1 - a1)*x"
[[claim]]
quantity = "W"
shape = "(N, M)"
[[claim]]
quantity = "w1_new"
printed = "0.0999"
[[claim]]
quantity = "dL/dw1"
printed = "0.0070"
step = "0.01"
'''

MARKDOWN = f"""# T

<!-- gradproof
{LESSON}-->

We get $a_1 = 0.476$<!-- = a1 --> and **0.5**<!-- = dL/dw1; where = "x" -->.

| a | b |
|---|---|
| 0.47 <!-- = a1 --> | 2 |

```
>>> 0.476
```
<!-- = a1 -->

$$\\begin{{bmatrix}} 1 & 2\\\\ 3 & 4\\end{{bmatrix}}$$<!-- = W -->
"""

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": f"<!-- gradproof\n{LESSON}-->\n"},
            {
                "cell_type": "code",
                "metadata": {},
                "execution_count": 1,
                "source": "print(a1)",
                "outputs": [{"output_type": "stream", "name": "stdout", "text": ["0.476\n"]}],
            },
            {"cell_type": "markdown", "metadata": {}, "source": "<!-- = a1 -->"},
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
)

DOCUMENTS = {".toml": LESSON, ".md": MARKDOWN, ".ipynb": NOTEBOOK}

PIECES = (
    *(
        "<!--",
        "-->",
        "[[claim]]",
        "=",
        '"""',
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "\n",
        "\0",
        "\ufeff",
        "\u2028",
        "%",
    ),
    *(
        "<<<<<<< HEAD\n",
        "=======\n",
        ">>>>>>> x\n",
        "1e999",
        "-1",
        "nan",
        "9" * 400,
        "dL/dq",
        "a1_new",
        "after[9]:a1",
        "**",
    ),
    *("@", "$", "$$", "`", "```", "|", "\\", "é", "__import__('os')", "W[0,1]", "...", "1/0", "x" * 3000, "(" * 300),
    *("[[" * 200, 'step = "0"', "at = {q=1}", "line = -5", 'dtype = "float16"', "∂", "−", "×10⁻³", "after[99999]:W"),
)

WORDS = ("0", "1", "a1", "w1", "L", "sigmoid", "=", "]")
OTHERS = ("", "0", "1e308", "L", "a1", "W", "sum", " ")


def mutated(random: random.Random, text: str) -> bytes:
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        i = random.randrange(len(text) + 1)
        j = min(len(text), i + random.choice((0, 0, 1, 2, 5, 20, 200)))
        match random.randrange(7):
            case 0:
                text = text[:i] + text[j:]
            case 1 | 2:
                text = text[:i] + random.choice(PIECES) + text[j:]
            case 3:
                text = text[:i]
            case 4:
                text = text[:i] + chr(random.choice((random.randrange(32, 127), random.randrange(0xD800)))) + text[j:]
            case 5:
                a = random.randrange(len(text) + 1)
                text = text[:i] + text[a : a + random.randrange(1, 80)] + text[i:]
            case _:
                text = text.replace(random.choice(WORDS), random.choice(OTHERS), 1)
    data = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.05:
        cut = random.randrange(len(data) + 1)
        data = data[:cut] + random.randbytes(random.randrange(1, 50))
    return data


@pytest.mark.timeout(0)
def test_nothing_but_one_line_comes_out(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    seen = {"verified": 0, "refused": 0}
    for number in range(COUNT):
        suffix = draw.choice(sorted(DOCUMENTS))
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(mutated(draw, DOCUMENTS[suffix]))
        began = time.perf_counter()
        problem = None
        try:
            found = verify(path)
        except GradproofError as refused:
            problem = str(refused)
        if problem is not None:
            assert "\n" not in problem
            assert problem.startswith(str(path))
            seen["refused"] += 1
        else:
            stable_json(found.as_json())
            report_text(found, verbose=True)
            junit(found, strict=True)
            github(found, strict=True)
            seen["verified"] += 1
        assert time.perf_counter() - began < 60, path.read_bytes()
        path.unlink()
    assert min(seen.values()) >= COUNT // 50, seen
