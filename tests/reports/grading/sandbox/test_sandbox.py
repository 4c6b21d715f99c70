"""No submission outlives its limits, leaves a process or a file behind, or reaches the grader's process."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradproof.reports.grading.feedback import graded_as_a_whole, weakness
from gradproof.reports.grading.grades import Graded
from gradproof.reports.grading.grading import graded_file, read_lesson, task
from gradproof.reports.grading.sandbox import sandbox
from gradproof.reports.grading.sandbox.sandbox import run_submission
from gradproof.reports.grading.sandbox.scratch import scratch
from gradproof.reports.grading.sandbox.watch import Limits
from tests.reports.grading.sandbox.hostile import ANSWER, ANY, HOSTILE, LIMIT

LESSON = """
[network]
statements = "L = (w*x - t)**2"
parameters = ["w"]
[inputs]
w = 3.1
x = 4.2
t = 8.3
"""

LIMITS = Limits(seconds=2.0, memory=400 << 20)
OWN = Limits(seconds=10.0, memory=400 << 20)
"""Those of what ends by itself, on a busy machine too."""
LONGEST = 20.0
"""Seconds that a submission may take on a busy machine, its start and all looking into it among them."""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious").write_text("keep")
    (folder / "lesson.toml").write_text(LESSON)
    scratches = tmp_path / "scratches"
    scratches.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratches))
    monkeypatch.setenv("GRADER_SECRET", "secret")
    return folder


@pytest.fixture
def port() -> Iterator[tuple[int, list[object]]]:
    """A port on which the grader listens, and who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    came.append(server.accept())
                except TimeoutError:
                    continue

        listening = threading.Thread(target=listen)
        listening.start()
        yield server.getsockname()[1], came
        done.set()
        listening.join()


def processes() -> set[int]:
    """Processes whose environment names a folder of this test's submissions: others may run beside it."""
    mark = f"HOME={tempfile.gettempdir()}/".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def told(name: str, outside: Path, port: int) -> Graded:
    """The grades of a hostile submission."""
    source = HOSTILE[name].source.replace("{parent}", str(os.getpid())).replace("{outside}", str(outside))
    (outside / "submission.py").write_text(source.replace("{port}", str(port)).replace("{{", "{").replace("}}", "}"))
    return graded_file(outside / "submission.py", outside / "lesson.toml", (), limits_of(name))


def limits_of(name: str) -> Limits:
    """The limits of a hostile submission: short ones for what may run into them."""
    each = HOSTILE[name]
    return OWN if each.counts or each.told not in (ANY, LIMIT) else LIMITS


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, outside: Path, port: tuple[int, list[object]]) -> None:
    each = HOSTILE[name]
    number, came = port
    (outside / "submission.py").touch()
    before = sorted(path.name for path in outside.iterdir())
    started = time.monotonic()
    graded = told(name, outside, number)
    assert time.monotonic() - started < LONGEST
    (grade,) = graded
    text = "\n".join([*graded_as_a_whole(graded), grade.message])
    assert "\n" not in graded.problem
    assert each.told in text, text
    assert weakness(graded) == ""
    assert (graded.score == 1) == each.counts
    assert processes() == set()
    assert os.listdir(tempfile.gettempdir()) == []
    assert sorted(path.name for path in outside.iterdir()) == before
    assert (outside / "precious").read_text() == "keep"
    assert (outside / "precious").stat().st_mode & 0o400
    assert not came
    assert not Path("/dev/shm/gradproof-test").exists()
    assert "secret" not in graded.output


@pytest.mark.parametrize(
    "name", ["endless loop", "memory bomb", "flood of output", "fork", "daemon", "overwrites", "connects"]
)
def test_where_the_kernel_has_no_means(name: str, outside: Path, port: tuple[int, list[object]]) -> None:
    each = HOSTILE[name]
    source = each.source.replace("{outside}", str(outside)).replace("{port}", str(port[0]))
    lesson = read_lesson(outside / "lesson.toml")
    outcome = run_submission(task(lesson, [("submission", source)], [outside]), LIMITS, weak=True)
    assert each.told in outcome.problem
    assert outcome.isolation == {}
    assert processes() == set()
    assert os.listdir(tempfile.gettempdir()) == []
    assert (outside / "precious").read_text() == "keep"
    assert not port[1]


WAYS_OUT = (
    *(name for name in HOSTILE if name.startswith(("owner", "kills"))),
    *("a signal for itself", "datagrams", "traces the grader", "limits the grader", "connects", "files in flight"),
    *("overwrites", "deletes", "moves", "takes rights", "files in memory", "fork", "another program"),
)


@pytest.mark.parametrize("landlock", [0, 5])
@pytest.mark.parametrize("name", WAYS_OUT)
def test_on_older_kernels(
    name: str, landlock: int, outside: Path, port: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "LANDLOCK", landlock)
    graded = told(name, outside, port[0])
    assert HOSTILE[name].told in graded.problem
    assert graded.isolation["files"] == ("landlock" if landlock else "seccomp")
    assert ("can read the lesson" in weakness(graded)) == (landlock == 0)
    assert processes() == set()
    assert (outside / "precious").read_text() == "keep"
    assert not port[1]


def test_the_environment_is_the_submissions_own(outside: Path) -> None:
    (outside / "s.py").write_text("import os\nprint(dict(os.environ))\n" + ANSWER)
    graded = graded_file(outside / "s.py", outside / "lesson.toml", (), LIMITS)
    assert graded.score == 1
    assert "GRADER_SECRET" not in graded.output
    assert str(Path.home()) not in graded.output


def test_files_in_its_own_folder_are_the_submissions(outside: Path) -> None:
    (outside / "s.py").write_text("np.save('a.npy', np.ones(3))\nassert np.load('a.npy').sum() == 3\n" + ANSWER)
    graded = graded_file(outside / "s.py", outside / "lesson.toml", (), LIMITS)
    assert (graded.score, graded.problem) == (1, "")


def test_a_folder_is_removed_whatever_is_in_it(outside: Path) -> None:
    with scratch() as folder:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(1000):
            os.mkdir("deep", 0o700, dir_fd=here)
            below = os.open("deep", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        (folder / "link").symlink_to(outside)
        (folder / "closed").mkdir()
        (folder / "closed" / "file").touch()
        (folder / "closed").chmod(0)
    assert not folder.exists()
    assert (outside / "precious").exists()
