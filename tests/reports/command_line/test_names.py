"""What a file or a text in it is called gives no command to who reads the output: a build's log, a table, XML."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

COMMAND = (sys.executable, "-c", "from gradproof.reports.command_line.main import main; main()")

HOSTILE = [
    "::error::x", " ::error::y", "##[error]z", "a ##vso[task.complete]", "a|b`c``d", "<b>&amp;[x](y)", "# q",
    "e\x1b[31mf", "a\n::error::b", "\u202eg", "]]>", "\udcff",
]  # fmt: skip
"""Beginnings of files' names."""

DOCUMENT = """title = "::error::title ##[error]"
source = "::error::source ##[error]"
[network]
statements = "L = w * x"
[inputs]
x = 2.0
w = 1.0
[[claim]]
quantity = "L"
printed = "3.0"
where = "::error::where ##[error]"
"""


def ran(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, cwd=cwd, check=False, timeout=300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("names")
    for name in HOSTILE:
        (path / f"{name}.toml").write_text(DOCUMENT, encoding="utf-8")
    (path / "::error::s.py").write_text("L = w * x\n", encoding="utf-8")
    return path


def commands(output: bytes) -> list[str]:
    """The lines that a build's log takes for commands."""
    return [
        line for line in output.decode().splitlines() if line.lstrip().startswith("::") or re.search(r"##\w*\[", line)
    ]


FILES = [f"{name}.toml" for name in HOSTILE]
CHECK = ["check", *FILES, "--framework", "torch", "--dtype", "float32"]


@pytest.mark.parametrize(
    "arguments",
    [
        [*CHECK, "--output", "out"],
        [*CHECK, "--format", "json"],
        [*CHECK, "--format", "junit"],
        ["verify", *FILES],
        ["verify", *FILES, "--verbose", "--format", "json"],
        ["verify", *FILES, "--format", "junit"],
        ["grade", "::error::s.py", "--lesson", "::error::x.toml"],
        ["grade", "::error::s.py", "--lesson", "::error::x.toml", "--format", "gradescope"],
        ["check", "::error::none.toml"],
        ["check", "##[error]none.toml"],
        ["verify", "::error::x.toml", "--output", "::error::none/file"],
        ["show", "::error::x.toml", "--framework", "torch"],
    ],
    ids=lambda arguments: " ".join(a for a in arguments if a not in FILES),
)  # fmt: skip
def test_no_command_reaches_a_build(arguments: list[str], folder: Path) -> None:
    done = ran(*arguments, cwd=folder)
    assert b"Traceback" not in done.stderr
    assert commands(done.stdout + b"\n" + done.stderr) == []
    assert b"\x1b" not in done.stdout + done.stderr
    assert "\u202e" not in done.stdout.decode() + done.stderr.decode()
    if "junit" in arguments:
        ET.fromstring(done.stdout)
    if "json" in arguments or "gradescope" in arguments:
        json.loads(done.stdout)


def test_a_workflow_command_is_one_of_ours(folder: Path) -> None:
    out = (
        ran("verify", *FILES, "--format", "github", cwd=folder).stdout
        + ran(*CHECK, "--format", "github", cwd=folder).stdout
    )
    assert commands(out)
    assert [line for line in commands(out) if not re.match(r"::(error|warning) file=", line)] == []


def test_a_name_stays_in_its_cell(folder: Path) -> None:
    ran(*CHECK, "--output", "out", cwd=folder)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(
        (folder / "out/crosscheck.md").read_text(encoding="utf-8")
    )
    inside = [token for before, token in pairwise(tokens) if before.type == "td_open"]
    found = [child for token in inside for child in token.children or [] if child.content]
    assert {child.type for child in found} == {"code_inline", "text"}
    assert sum(token.type == "tr_open" for token in tokens) == 2 + 1 + len(HOSTILE)
    cells = [child.content for child in found if child.type == "code_inline"]
    assert {"a|b`c``d.toml", "<b>&amp;[x](y).toml", "# q.toml", r"\x3a:error::x.toml"} <= set(cells)
