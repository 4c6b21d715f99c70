"""Every command that writes, on a disk that is full: old reports stay byte for byte, one line says why, exit code 2."""

import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOM = 16 * 2**20
"""Bytes of the disk: more than all reports here."""

PAGE = 4096
"""Bytes in which a disk in memory counts."""

SEMAPHORE = 64
"""Bytes of the largest file that is needed though none is written: a semaphore, a trial of the temporary folder."""

OLD = b"an older report\n" * 300
"""What stands in each file beforehand: more than a page."""

PROGRAM = """
import sys
from dataclasses import replace
from gradproof.adapters.registry import FRAMEWORKS
from gradproof.reports.command_line.main import main

if __name__ == "__main__":
    torch = FRAMEWORKS["torch"]
    FRAMEWORKS["torch"] = replace(torch, templates={**torch.templates, "tanh": "torch.tanh(x) * 1.01"})
    main()
"""
"""The command line, with a mistake in PyTorch's tanh, so that networks with findings are saved."""

NETWORK = """title = "A neuron of many numbers"
[network]
statements = "L = sum(tanh(w * x))"
parameters = ["w"]
[inputs]
x = 0.5
w = [{numbers}]
[[claim]]
quantity = "L"
printed = "1.00"
"""


@dataclass(frozen=True)
class Command:
    """A command that writes into the folder `out`; `together` are files of which none is new where one cannot be.

    `prints` says that its report is printed though it cannot be written.
    """

    name: str
    arguments: str
    prints: bool
    together: Sequence[str] = ()


COMMANDS = [
    Command("verify", "verify n.toml --format json --output out/v.json --html out/v.html", True),
    Command("verify --suggest", "verify --suggest page.md --output out/draft.toml", False),
    Command("grade", "grade s.py --lesson n.toml --format json --output out/g.json", True),
    Command("show", "show n.toml --framework torch --output out/p.py", False, ("p.py", "p.torch.float64.npz")),
    Command(
        "check",
        "check n.toml --framework torch --dtype float32 --output out --tolerances out/t.npz",
        True,
        ("crosscheck.json", "crosscheck.md"),
    ),
]


def trials(count: int, seed: int) -> Iterator[str]:
    """Each command in turn, with a random part of the room that its reports need."""
    draw = random.Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        with disk(folder / "out") as mounted:
            needed: dict[str, dict[str, bytes]] = {}
            for i in range(count):
                command = COMMANDS[i % len(COMMANDS)]
                if command.name not in needed:
                    needed[command.name] = with_room(command, folder)
                fresh = needed[command.name]
                pages = max(-(-len(data) // PAGE) for data in fresh.values())
                room = draw.randrange(max(1, pages - len(fresh))) * PAGE  # each old one that goes gives a page back
                said = with_too_little(command, folder, fresh, room, mounted)
                yield said and f"{command.name} with {room} bytes left: {said}"


def prepare(folder: Path) -> None:
    """The files that commands read."""
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    numbers = ", ".join(f"{i / 1000}" for i in range(1200))
    (folder / "n.toml").write_text(NETWORK.format(numbers=numbers), encoding="utf-8")
    (folder / "page.md").write_text("# A page\n\n$$z = w \\cdot x = 0.5 \\cdot 2 = 1$$\n", encoding="utf-8")
    (folder / "s.py").write_text("import numpy as np\nL = np.sum(np.tanh(w * x))\n", encoding="utf-8")


@contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """Make `folder` a small disk of its own, if this process may mount one; whether it is."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)]
    mounted = bool(shutil.which("mount")) and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def ran(command: Command, folder: Path, most: int | None = None) -> subprocess.CompletedProcess[bytes]:
    """The command, run in `folder`; with `most`, no file that it writes can have more bytes."""

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, "program.py", *command.arguments.split()],
        cwd=folder, capture_output=True, check=False, preexec_fn=limit, timeout=300,
    )  # fmt: skip


def with_room(command: Command, folder: Path) -> dict[str, bytes]:
    """What a command writes where there is room, by file: saved networks as well."""
    for left in (folder / "out").iterdir():
        left.unlink()
    done = ran(command, folder)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command.name} fails with room: {done.stderr.decode()}")
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def with_too_little(command: Command, folder: Path, fresh: dict[str, bytes], room: int, mounted: bool) -> str:
    """What goes wrong where there are `room` bytes, less than the command needs; an empty string if nothing does."""
    out = folder / "out"
    for path in out.iterdir():
        path.unlink()
    for name in fresh:
        (out / name).write_bytes(OLD)
    if mounted:
        left = os.statvfs(out).f_bavail * PAGE - room
        (out / "filling").write_bytes(bytes(left))
    done = ran(command, folder, None if mounted else max(room, SEMAPHORE))
    (out / "filling").unlink(missing_ok=True)
    said = done.stderr.decode()
    if done.returncode != 2:
        return f"exit code {done.returncode}, {said[-300:]!r}"
    if said.count("\n") != 1 or not said.startswith("gradproof: cannot write to out"):
        return f"standard error {said[-300:]!r}"
    # What is done of a run is kept first: where there is no room for that, nothing has run.
    if command.prints and not done.stdout and "out/unfinished.jsonl: " not in said:
        return "the report is not printed"
    (out / "unfinished.jsonl").unlink(missing_ok=True)  # it is kept, to go on with
    found = {path.name: path.read_bytes() for path in out.iterdir()}
    if found.keys() != fresh.keys():
        return f"left behind or lost: {', '.join(sorted(found.keys() ^ fresh.keys()))}"
    for name, data in found.items():
        # A report names no file of a network that could not be saved.
        if data not in (OLD, fresh[name]) and ends(data) != ends(fresh[name]):
            return f"{name} is neither the old nor the new one"
    if len({found[name] == OLD for name in command.together}) > 1:
        return f"of {', '.join(command.together)} one is new and one is old"
    return "" if OLD in found.values() else "there was room for all"


def ends(data: bytes) -> list[bytes]:
    """The first and the last line."""
    lines = data.splitlines()
    return [lines[0], lines[-1]]
