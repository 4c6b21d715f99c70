"""Whatever goes wrong, a file holds all of the old or all of the new."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradproof.reference.replacing import STALE, write_files

OLD, NEW = b"what was there\n" * 100, b"what is new\n" * 1000
ROOM = 2000
"""Bytes that a file may have where the disk is full: more than OLD, less than NEW."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(OLD)
    return path


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow beyond `ROOM`: but for the error's number, a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def inside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_and_keeps_its_mode(file: Path) -> None:
    file.chmod(0o640)
    before = file.stat()
    with file.open("rb") as reader:
        write_files({file: NEW})
        assert reader.read() == OLD  # who reads it meanwhile reads all of one
    assert file.read_bytes() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_ino != before.st_ino
    assert inside(file.parent) == ["report.json"]


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_files({tmp_path / "new": NEW})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file away, as root alone can")
def test_a_file_keeps_its_owner(file: Path) -> None:
    os.chown(file, 12345, 54321)
    file.chmod(0o2755)
    write_files({file: NEW})
    found = file.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 54321, 0o2755)


def test_a_full_disk_leaves_every_file_as_it_was(file: Path, tmp_path: Path) -> None:
    other, small = tmp_path / "other", tmp_path / "small"
    other.write_bytes(OLD)
    with full_disk(), pytest.raises(OSError, match="File too large") as problem:
        write_files({other: b"short", small: b"short", file: NEW})
    assert problem.value.filename == str(file)
    assert (file.read_bytes(), other.read_bytes()) == (OLD, OLD)
    assert inside(tmp_path) == ["other", "report.json"]


def hard_link(file: Path) -> Path:
    link = file.with_name("link")
    link.hardlink_to(file)
    return link


def test_both_names_of_a_file_show_what_is_new(file: Path) -> None:
    link = hard_link(file)
    for data in (NEW, OLD, b""):  # longer, shorter, none
        write_files({file: data})
        assert file.read_bytes() == link.read_bytes() == data
    assert inside(file.parent) == ["link", "report.json"]


def test_a_full_disk_leaves_a_file_that_is_written_in_place_as_it_was(file: Path) -> None:
    link = hard_link(file)
    with full_disk(), pytest.raises(OSError, match="File too large"):
        write_files({file: NEW})
    assert file.read_bytes() == link.read_bytes() == OLD


def test_where_a_file_cannot_be_replaced_it_is_written_in_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another's file in /tmp; in the second case, as in a folder that takes no new one."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    number = file.stat().st_ino
    monkeypatch.setattr(os, "replace", refuse)
    write_files({file: NEW})
    assert (file.read_bytes(), file.stat().st_ino) == (NEW, number)
    monkeypatch.setattr(shutil, "copystat", refuse)
    write_files({file: OLD})
    assert (file.read_bytes(), file.stat().st_ino) == (OLD, number)
    assert inside(file.parent) == ["report.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is refused to root")
def test_a_file_that_may_not_be_written_is_not_replaced(file: Path) -> None:
    file.chmod(0o444)
    with pytest.raises(PermissionError):
        write_files({file: NEW})
    file.chmod(0o644)
    file.parent.chmod(0o555)
    write_files({file: NEW})  # the folder takes no file: in place
    file.parent.chmod(0o755)
    assert file.read_bytes() == NEW


def test_a_symbolic_link_stays_one(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    first, second, dangling = folder / "first", folder / "second", folder / "dangling"
    first.symlink_to("../report.json")
    second.symlink_to(first)
    dangling.symlink_to("new")
    write_files({second: NEW, dangling: NEW})
    assert second.is_symlink()
    assert file.read_bytes() == (folder / "new").read_bytes() == NEW
    assert (os.readlink(first), os.readlink(dangling)) == ("../report.json", "new")
    assert inside(folder) == ["dangling", "first", "new", "second"]
    assert not file.is_symlink()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write_files({pipe: NEW, Path("/dev/null"): NEW})
        assert reader.communicate(timeout=60)[0] == NEW
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("where", ["a file", "a pipe"])
def test_what_goes_to_standard_output_stands_among_what_is_printed(name: str, where: str, tmp_path: Path) -> None:
    """A file that a shell writes to is neither emptied, nor replaced under its hands."""
    (tmp_path / "link").symlink_to("/dev/stdout")
    code = (
        "import sys; from pathlib import Path; from gradproof.reference.replacing import write_files; "
        "print('before', flush=True); write_files({Path(sys.argv[1]): b'REPORT\\n'}); print('after')"
    )
    command = [sys.executable, "-c", code, name]
    if where == "a pipe":
        out = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=True).stdout
    else:
        with (tmp_path / "out").open("wb") as target:
            subprocess.run(command, cwd=tmp_path, stdout=target, check=True)
        out = (tmp_path / "out").read_bytes()
    assert out == b"before\nREPORT\nafter\n"


def test_a_device_that_takes_nothing_is_named() -> None:
    with pytest.raises(OSError, match="No space left on device") as problem:
        write_files({Path("/dev/full"): NEW})
    assert problem.value.filename == "/dev/full"


def test_an_interrupt_leaves_nothing_behind(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_files({file: NEW})
    assert file.read_bytes() == OLD
    assert inside(file.parent) == ["report.json"]


def test_what_a_killed_run_left_goes_in_time(file: Path) -> None:
    left, fresh, others = (file.with_name(f".gradproof-{name}") for name in ("0" * 16, "1" * 16, "notes"))
    for path in (left, fresh, others):
        path.touch()
    for path in (left, others):
        os.utime(path, (time.time() - 2 * STALE,) * 2)
    write_files({file: NEW})
    assert inside(file.parent) == sorted([fresh.name, others.name, file.name])


def test_killed_at_any_moment_a_file_is_whole(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from gradproof.reference.replacing import write_files\n"
        "print(flush=True)\n"
        "while True:\n"
        "    for data in (b'a' * 300_000, b'b' * 500_000): write_files({Path(sys.argv[1]): data})"
    )
    whole = {b"a" * 300_000, b"b" * 500_000, OLD}
    for moment in range(5):
        with subprocess.Popen([sys.executable, "-c", code, file], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.01 * moment)
            process.send_signal(signal.SIGKILL)
        assert file.read_bytes() in whole
