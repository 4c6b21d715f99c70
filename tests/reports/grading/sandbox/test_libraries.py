"""What can be read are libraries, wherever the course lies that is graded; what cannot be hidden is refused."""

import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradproof.reference.errors import GradproofError
from gradproof.reports.grading.grading import graded_file
from gradproof.reports.grading.sandbox import libraries
from gradproof.reports.grading.sandbox.libraries import inside, readable
from gradproof.reports.grading.sandbox.watch import Limits
from tests.reports.grading.sandbox.hostile import ANSWER
from tests.reports.grading.sandbox.test_sandbox import LESSON

SNOOP = """
import os
def tried(action, path):
    try:
        print("READ", action(path))
    except PermissionError:
        print("denied")
for folder, _, names in [("{course}", 0, {names})]:
    tried(os.listdir, folder)
    for name in names:
        tried(lambda path: open(path).read(), os.path.join(folder, name))
        tried(os.listdir, os.path.dirname(os.path.join(folder, name)))
import scipy.special
import importlib
importlib.invalidate_caches()
"""
FILES = ("lessons/lesson.toml", "submissions/ben.py", "solutions/solution.py", "reports/ben.json", "here/notes.txt")


@pytest.fixture(params=["the environment", "its packages", "its data", "a folder with an environment"])
def course(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    packages = sysconfig.get_path("purelib")
    place = {"the environment": sys.prefix, "its packages": packages, "its data": f"{sys.prefix}/share"}
    if request.param in place:
        os.makedirs(place[request.param], exist_ok=True)
        if not os.access(place[request.param], os.W_OK):
            pytest.skip("Python is not the tester's own")
        made = tempfile.TemporaryDirectory(prefix="gradproof-test-", dir=place[request.param])
    else:
        made = tempfile.TemporaryDirectory(prefix="gradproof-test-", dir=tmp_path)
        library = Path(made.name, "lib", "site-packages")
        library.mkdir(parents=True)
        monkeypatch.setattr(sys, "path", [*sys.path, str(library)])
    with made as folder:
        for name in FILES:
            Path(folder, name).parent.mkdir()
            Path(folder, name).write_text(LESSON if name.startswith("lessons") else ANSWER)
        monkeypatch.chdir(Path(folder, "here"))
        yield Path(folder)


def test_nothing_of_a_course_is_read_wherever_it_lies(course: Path) -> None:
    source = SNOOP.replace("{course}", str(course)).replace("{names}", repr(FILES)) + ANSWER
    submission = course / "submissions" / "anna.py"
    submission.write_text(source)
    report = course / "reports" / "anna.json"
    graded = graded_file(submission, course / FILES[0], (), Limits(30.0), report)
    assert graded.problem == ""
    assert graded.score == 1
    assert graded.output.split() == ["denied"] * (1 + 2 * len(FILES))


def test_gradproof_is_not_read_whatever_a_submission_undoes(tmp_path: Path) -> None:
    (tmp_path / "lesson.toml").write_text(LESSON)
    (tmp_path / "s.py").write_text(
        "import sys, site, glob, os\nsys.meta_path.pop(0)\nfor p in list(sys.path):\n    site.addsitedir(p)\n"
        "import importlib\n"
        "for p in sys.path:\n    for n in glob.glob(p + '/__editable__*'):\n"
        "        try: importlib.import_module(os.path.basename(n)[:-3]).install()\n        except Exception: pass\n"
        "try:\n    import gradproof.reference.network as n\n    print('READ', n)\nexcept Exception: print('denied')\n"
        + ANSWER
    )
    graded = graded_file(tmp_path / "s.py", tmp_path / "lesson.toml", (), Limits(30.0))
    assert graded.output == "denied\n"
    assert graded.score == 1


def test_what_lies_among_packages_themselves_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "package_folders", lambda: [str(tmp_path)])
    with pytest.raises(GradproofError, match=rf"{tmp_path}: holds Python's packages"):
        readable([tmp_path])


def test_a_folder_of_packages_is_read_but_for_what_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("numpy/core", "course/lessons", "course/solutions"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "course")
    (tmp_path / "module.py").touch()
    monkeypatch.setattr(libraries, "package_folders", lambda: [str(tmp_path)])
    found = readable([tmp_path / "course" / "lessons"])
    assert [path for path in found.read if inside(path, str(tmp_path))] == [
        f"{tmp_path}/module.py",
        f"{tmp_path}/numpy",
    ]
    assert found.listed == []
    assert str(tmp_path) in readable([tmp_path.parent]).read  # a private folder around packages hides nothing of them


def test_of_the_system_nothing_but_libraries_is_read() -> None:
    packages = libraries.package_folders()
    for path in readable([]).read:
        of_packages = path in packages or any(inside(path, folder) for folder in packages)
        assert (
            of_packages
            or path.startswith(("/proc", "/sys", "/dev", "/etc", "/usr/share/zoneinfo", "/usr/lib/locale"))
            or (".so" in path and Path(path).is_file())
        )
