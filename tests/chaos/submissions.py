"""Every hostile submission, graded beside a harmless one: no mark without work, and nothing of it left.

Other ones are tried beside: each alone in the tests, here one after the other in one folder, as a grader has them.
"""

import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradproof.reports.grading.feedback import graded_as_a_whole
from gradproof.reports.grading.grading import graded_file
from tests.reports.grading.sandbox.hostile import ANSWER, HOSTILE
from tests.reports.grading.sandbox.test_sandbox import LESSON, LONGEST, OWN, limits_of, processes

PORT = 9
"""Where nobody listens: whether somebody is reached is tried in the tests."""


def trials(count: int, seed: int) -> Iterator[str]:
    """So many hostile submissions, each once before any comes again, in a random order."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", place)  # no other's submissions, which may run beside these
        folder = Path(place) / "course"
        folder.mkdir()
        (folder / "lesson.toml").write_text(LESSON)
        (folder / "precious").write_text("keep")
        (folder / "good.py").write_text(ANSWER)
        names: list[str] = []
        for _ in range(count):
            names = names or draw.sample(sorted(HOSTILE), len(HOSTILE))
            name = names.pop()
            if wrong := "; ".join(graded(name, folder)):
                yield f"{name}: {wrong}"
            else:
                yield ""


def graded(name: str, folder: Path) -> Iterator[str]:
    """What goes wrong as the submission is graded, and a harmless one after it."""
    each = HOSTILE[name]
    source = each.source.replace("{parent}", str(os.getpid())).replace("{outside}", str(folder))
    (folder / "bad.py").write_text(source.replace("{port}", str(PORT)).replace("{{", "{").replace("}}", "}"))
    before = sorted(path.name for path in folder.iterdir())
    began = time.monotonic()
    bad = graded_file(folder / "bad.py", folder / "lesson.toml", (), limits_of(name))
    if (took := time.monotonic() - began) > LONGEST:
        yield f"takes {took:.0f} s"
    if (bad.score == 1) != each.counts:
        yield f"has {bad.score:g} of 1"
    said = "\n".join([*graded_as_a_whole(bad), *(grade.message for grade in bad)])
    if each.told not in said:
        yield f"is told {said!r}"
    if left := processes():
        yield f"leaves processes {left}"
    if sorted(path.name for path in folder.iterdir()) != before or (folder / "precious").read_text() != "keep":
        yield "changes the folder"
    if graded_file(folder / "good.py", folder / "lesson.toml", (), OWN).score != 1:
        yield "takes the mark of the next one"
