"""Files that somebody broke: every command says in one line what is wrong, soon, and in little memory.

`python -m tests.chaos.mutating SEED NUMBER FOLDER` writes the files of one trial, to try it again by hand.
"""

import io
import json
import random
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from gradproof.adapters.figures import DATA
from gradproof.reference.language.network_files import save
from gradproof.reference.lessons import lessons
from gradproof.reference.random_networks import random_networks
from tests.chaos.trying import Tried, Trying, as_process
from tests.reports.drafting.unmarked import NEURONS, WORKED

ROOT = Path(__file__).parents[2]

LARGEST = 1_000_000
"""Bytes of a mutated file: what is said of the cost of files is said of those below a megabyte."""

OWN_PROCESS = 100
"""Of so many files one goes through a command in a process of its own as well."""

Files = Mapping[str, bytes]
"""Files by name; the first is given to the commands, others lie beside it."""

MARKED = """# A lesson

<!-- gradproof
[network]
statements = \"\"\"
z = W @ x + b
a = sigmoid(z)
L = sum((a - y)**2) / 2
\"\"\"
updated = ["W", "b"]
learning_rate = 0.1
[inputs]
W = [[0.1, -0.2], [0.3, 0.4]]
x = [1.0, 2.0]
b = [0.0, 0.1]
y = [0.0, 1.0]
-->

The loss is $0.25$ <!-- = L -->, and 0.4256 <!-- = a[0]; where = "there" -->.

```
tensor([[0.1040, 0.2081],
        [-0.0583, -0.1167]])
```
<!-- = dL/dW -->

| $b_1$ | 0.10 <!-- = b_new[1] --> |
|-------|------|
| $W_11$ | 0.1 |

$$ z_1 = 0.1 \\cdot 1 - 0.2 \\cdot 2 = -0.3 $$ <!-- = z[0] -->
"""

EXTREME = (
    *("0", "-0.0", "1e308", "-1e308", "1e-320", "1e309", "nan", "-inf", "1e-999999999", "1e999999999", "0.1"),
    *("9" * 4000, "9" * 5000, "0." + "3" * 900, "2147483647", "-2147483648", "2**1000000", "10**10**6", "0xffffffff"),
    *("1/3", "1_000", "1e", "100000", "4096", "1.0000000000000002", "[1, 2]", '"1"', "true", "1979-05-27"),
)
TOKENS = (
    *('"', "'", '"""', "'''", "[[", "]]", "((((", "))", "{", "}", "#", "\\", "\0", "\r", "\u202e", "\ud7ff", "é", "ﬁ"),
    *(
        "<!--",
        "-->",
        "<!-- gradproof",
        "<!-- = L -->",
        "<!-- = dL/dw; at={w=1} -->",
        "$$",
        "\\[",
        "```",
        "|",
        "> ",
        "- ",
    ),
    *(
        "outer(x, x)",
        "x @ x",
        "conv2d(x, x, padding=2000)",
        "**2147483647",
        "stack(x, x)",
        "sum(x, axis=99)",
        ".T",
        "[0:]",
    ),
    *(
        "after[100000]:",
        "after[9999999999999]:",
        "dL/d",
        "_new",
        "relu(x - x)",
        "exp(exp(exp(x)))",
        "log(0*x)",
        "1/(x - x)",
    ),
    *("::error::x", "[network]", "[inputs]", "[[claim]]", "printed = ", "formula = ", "for t in 1..3:", "lambda: 0"),
    *(
        "\\frac{1}{2}",
        "\\begin{pmatrix}",
        "\\\\",
        "np.array([",
        "def f(x):",
        "import os",
        "a.a.a.a.a",
        "=" * 50,
        "In [1]:",
    ),
)


def flipped(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(draw.randint(1, 5)):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def cut(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """The end is missing."""
    return data[: draw.randrange(len(data))]


def lines_moved(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Lines are left out, doubled or exchanged."""
    lines = data.splitlines(keepends=True)
    for _ in range(draw.randint(1, 3)):
        i, k = draw.randrange(len(lines)), draw.randrange(len(lines))
        lines[i], lines[k] = lines[k], draw.choice([lines[i], lines[k], b""])
    return b"".join(lines)


def token(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """A word is another one, or one is put in."""
    found = [at.span() for at in re.finditer(rb"\w+|[^\w\s]", data)] or [(0, 0)]
    (start, end), word = draw.choice(found), draw.choice(TOKENS).encode("utf-8", "surrogatepass")
    return data[:start] + word + data[draw.choice([start, end]) :]


def number(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """A number, or all that are the same, is an extreme one."""
    found = list(re.finditer(rb"\d+(?:\.\d*)?", data))
    if not found:
        return data
    at, extreme = draw.choice(found), draw.choice(EXTREME).encode()
    if draw.random() < 0.2:
        return data.replace(at[0], extreme)
    return data[: at.start()] + extreme + data[at.end() :]


def spliced(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return data[: draw.randrange(len(data))] + other[draw.randrange(len(other)) :]


def part(draw: random.Random, data: bytes) -> tuple[int, int]:
    """Where a part begins and ends: a line, some lines, or any."""
    if draw.random() < 0.5:
        i, k = sorted((draw.randrange(len(data)), draw.randrange(len(data))))
        return i, min(k, i + 2000)
    start = data.rfind(b"\n", 0, draw.randrange(len(data))) + 1
    end = data.find(b"\n", start) + 1 or len(data)
    return start, end


def repeated(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """A part stands there again and again."""
    start, end = part(draw, data)
    room = max(1, (LARGEST - len(data)) // max(1, end - start))
    return data[:start] + data[start:end] * min(room, draw.choice([2, 10, 100, 1000, 1_000_000])) + data[end:]


def nested(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """A part stands within brackets, quotations or markup, in each other."""
    start, end = part(draw, data)
    left, right = draw.choice([(b"(", b")"), (b"[", b"]"), (b"{a=", b"}"), (b"> ", b""), (b"{", b"}"), (b"-", b""),
                               (b"tanh(", b")"), (b"<!-- ", b" -->"), (b"\\frac{", b"}{1}"), (b"*", b"*")])  # fmt: skip
    times = min(draw.choice([2, 30, 99, 1000, 300_000]), (LARGEST - len(data)) // len(left + right))
    return data[:start] + left * times + data[start:end] + right * times + data[end:]


MUTATIONS: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    *(flipped, cut, lines_moved, token, token, token, number, number, number, spliced, repeated, nested),
)


@cache
def sources() -> dict[str, list[Files]]:
    """What is mutated, by kind: the lessons, networks, documents, archives and known findings of the repository."""
    networks: list[Files] = []
    archives: list[Files] = []
    with TemporaryDirectory() as folder:
        for name, network in random_networks(40, 0):
            path = save(network, Path(folder) / f"{name}.toml")
            beside = path.with_suffix(".npz")
            networks.append({"it.toml": path.read_bytes()})
            if beside.exists():
                text = path.read_bytes().replace(beside.name.encode(), b"it.npz")
                archives.append({"it.toml": text, "it.npz": beside.read_bytes()})
    own: list[Files] = [{"it.toml": path.read_bytes()} for path in lessons().values()]
    texts = [*(path.read_bytes() for path in (ROOT / "README.md", *(ROOT / "reports" / "guides").glob("*.md")))]
    texts += [text.encode() for text in (MARKED, MARKED, MARKED, NEURONS, WORKED)]
    notebooks = [*(ROOT / "reports" / "guides" / "teachers").glob("*.ipynb")]
    return {
        "toml": networks + own + own,
        "md": [{"it.md": text} for text in texts],
        "ipynb": [{"it.ipynb": path.read_bytes()} for path in notebooks],
        "npz": archives + [bomb(kind) for kind in range(6)],
        "known": [{"known.toml": (DATA / "known.toml").read_bytes()}],
    }


def bomb(kind: int) -> Files:
    """A small archive of much, or of what is none of real numbers."""
    arrays: dict[int, Any] = {
        0: np.zeros(2**27, np.int8),
        1: np.zeros((2**11, 2**11)),
        2: np.array([{}, []], object),
        3: np.zeros(3, [("a", float)]),
        4: np.zeros((0, 2**40)),
        5: np.asfortranarray(np.ones((30, 40))),
    }
    file = io.BytesIO()
    np.savez_compressed(file, x=arrays[kind])
    statements = b"network.statements = 'L = sum(tanh(x) * x)'\n[inputs]\nx = 'it.npz'\n"
    return {"it.toml": statements + b"[[claim]]\nquantity = 'L'\nprinted = '0.5'\n", "it.npz": file.getvalue()}


WEIGHTS = {"toml": 45, "md": 25, "ipynb": 12, "npz": 15, "known": 3}
"""How many of a hundred files are of each kind."""


def mutated(seed: int, number: int) -> Files:
    """The files of one trial."""
    draw = random.Random(f"{seed} {number}")
    (kind,) = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
    files = dict(draw.choice(sources()[kind]))
    name = draw.choice([*files]) if kind == "npz" else next(iter(files))
    others = [other[name] for other in sources()[kind] if name in other]
    data = files[name]
    if name.endswith(".ipynb") and draw.random() < 0.7:  # what its cells say, in a notebook that stays one
        data = with_cell(draw, data)
    else:
        for _ in range(draw.randint(1, 4)):
            data = draw.choice(MUTATIONS)(draw, data or b"\n", draw.choice(others) or b"\n")[:LARGEST]
    return {**files, name: data}


def with_cell(draw: random.Random, data: bytes) -> bytes:
    """A notebook one of whose cells or outputs is mutated."""
    notebook = json.loads(data)
    cell = draw.choice(notebook["cells"])
    outputs = [output for output in cell.get("outputs", []) if "text" in output]
    held, key = (draw.choice(outputs), "text") if outputs and draw.random() < 0.5 else (cell, "source")
    text = "".join(held[key]).encode() or b"\n"
    for _ in range(draw.randint(1, 3)):
        text = draw.choice(MUTATIONS)(draw, text or b"\n", MARKED.encode())
    held[key] = text[: LARGEST // 2].decode("utf-8", "replace")
    return json.dumps(notebook).encode()


def written(folder: Path, files: Files) -> Path:
    """The first of the files, all of them being written to `folder`."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder / next(iter(files))


def trials(count: int, seed: int) -> Iterator[str]:
    """A line for each mutated file: empty where every command did with it as it should."""
    with TemporaryDirectory() as folder, Trying() as trying:
        for number in range(count):
            path = written(Path(folder), mutated(seed, number))
            found: Tried = trying(path)
            wrong = found or (as_process(path, number) if number % OWN_PROCESS == 0 else "")
            for other in Path(folder).iterdir():
                other.unlink()
            yield f"{wrong} (again: python -m tests.chaos.mutating {seed} {number} FOLDER)" if wrong else ""


if __name__ == "__main__":
    written(Path(sys.argv[3]), mutated(int(sys.argv[1]), int(sys.argv[2])))
