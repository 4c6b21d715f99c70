"""Runs the commands that a document shows, as a reader would, and compares what they print with what it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

MARK = "--- next ---"
BLOCK = re.compile(r"(?ms)^```console\n(.*?)^```$")


class Command(NamedTuple):
    """A command, and what it should print; the line `...` stands for any lines."""

    text: str
    shown: str


def commands(document: str) -> list[Command]:
    """The commands in the console blocks of a document."""
    found: list[Command] = []
    for block in BLOCK.findall(document):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            lines = part.split("\n")
            count = 1 + next(i for i, line in enumerate(lines[1:]) if not line.startswith("> "))
            text = "\n".join([lines[0], *(line[2:] for line in lines[1:count])])
            found.append(Command(text, "\n".join(lines[count:])))
    return found


def programs(folder: Path) -> Path:
    """A folder with `gradproof` and `python`, as they are in an environment that is active."""
    place = folder / "bin"
    place.mkdir()
    program = place / "gradproof"
    start = "from gradproof.reports.command_line.main import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
    program.chmod(0o755)
    (place / "python").symlink_to(sys.executable)
    return place


def run(document: Path, files: Path, folder: Path) -> list[tuple[Command, str]]:
    """Every command of a document and what it printed, run one after the other in a copy of `files` in `folder`."""
    found = commands(document.read_text(encoding="utf-8"))
    shutil.copytree(files, folder / "here")
    script = "".join(f"{each.text}\nstatus=$?; echo '{MARK}'; (exit $status)\n" for each in found)
    done = subprocess.run(
        ["bash"],
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        cwd=folder / "here",
        env={**os.environ, "PATH": f"{programs(folder)}:{os.environ['PATH']}"},
        check=False,
        timeout=300,
    )
    outputs = done.stdout.split(f"{MARK}\n")[:-1]
    assert len(outputs) == len(found), done.stdout
    return list(zip(found, outputs, strict=True))


def says(shown: str, printed: str) -> bool:
    """Whether what was printed is what is shown."""
    parts = [re.escape(part) for part in re.split(r"(?m)^\.\.\.\n", shown)]
    return re.fullmatch("(?s:.*)".join(parts), printed) is not None
