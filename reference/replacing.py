"""Files are replaced, not overwritten: after a full disk, a kill or Ctrl-C one holds all of the old or all of the new.

(click's own `open_file(..., atomic=True)` puts a file in place that could not be written to the end.)
"""

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

TEMPORARY = re.compile(r"\.gradproof-[0-9a-f]{16}")
"""What temporary files are called."""

STALE = 3600
"""Seconds after which a temporary file is what a killed run left: the slowest disk takes a report in less."""

MAX_LINKS = 40
"""How many symbolic links lead from one to the next at most: as many as Linux follows."""


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files: where one cannot be written, none is changed.

    A symbolic link is followed and stays one, a file's mode, owner and access list stay, and a device or pipe is
    written to; `/dev/stdout` and `/dev/fd/N` are the open file itself, wherever it leads. A file is written in place
    where a new one could not stand for it: where it has other names (hard links), or its folder takes no file, or none
    of its owner. Room is made first, so that a full disk harms none. Raises OSError, `filename` the path as it was
    given.
    """
    with ExitStack() as cleaning:
        staged: dict[Path, str | None] = {}
        for path, data in contents.items():
            with named(path):
                staged[path] = stage(path, data, cleaning)
        for path in sorted(contents, key=lambda path: staged[path] is not None):  # first what may still fail
            with named(path):
                put(path, contents[path], staged[path])


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Errors of the system say that they are about `path`, not about a temporary file.

    Raises OSError, with that path, for any that is raised within.
    """
    try:
        yield
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror or str(problem), str(path)) from None


def stage(path: Path, data: bytes, cleaning: ExitStack) -> str | None:
    """A temporary file beside the one that `path` leads to, with `data`, on the disk; None if that has to stay.

    `cleaning` removes it.
    """
    if descriptor(path) is not None:
        return None
    place = os.path.realpath(path)
    try:
        old = os.stat(path)
    except FileNotFoundError:
        old = None
    if old is not None:
        if not stat.S_ISREG(old.st_mode):
            return None
        os.close(os.open(path, os.O_WRONLY))  # a file that may not be written is not to be replaced either
        if old.st_nlink > 1 or not os.path.exists(place) or not os.path.samestat(old, os.stat(place)):
            return None
    folder = os.path.dirname(place)
    remove_stale(folder)
    temporary = os.path.join(folder, f".gradproof-{secrets.token_hex(8)}")
    cleaning.callback(remove, temporary)
    mode = 0o600 if old else 0o666  # the umask sees to a new file's, a file's own is set when it has its owner
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            if old is not None:
                new = os.stat(temporary)
                if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
                    os.chown(temporary, old.st_uid, old.st_gid)
                shutil.copystat(place, temporary)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except PermissionError:
        if old is None:
            raise
        return None
    return temporary


def put(path: Path, data: bytes, temporary: str | None) -> None:
    """Let `temporary` stand for the file that `path` leads to, or write `data` to that itself."""
    if temporary is not None:
        with suppress(PermissionError):  # as in /tmp, where none but its owner replaces a file
            os.replace(temporary, os.path.realpath(path))
            return
    number = descriptor(path)
    handle = os.open(path, os.O_WRONLY) if number is None else os.dup(number)
    try:
        if number is None and stat.S_ISREG(os.fstat(handle).st_mode):
            overwrite(handle, data)
        else:
            write_all(handle, data)
    finally:
        os.close(handle)


def overwrite(handle: int, data: bytes) -> None:
    """Make `data` all that the open file holds: first what is longer than it was, which may not find room."""
    size = os.fstat(handle).st_size
    try:
        os.lseek(handle, size, os.SEEK_SET)
        write_all(handle, data[size:])
        os.fsync(handle)
    except BaseException:
        os.ftruncate(handle, size)
        raise
    os.lseek(handle, 0, os.SEEK_SET)
    write_all(handle, data[:size])
    os.ftruncate(handle, len(data))
    os.fsync(handle)


def write_all(handle: int, data: bytes) -> None:
    """Write `data` where the open file stands."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def descriptor(path: Path) -> int | None:
    """The number N of an open file of this process, where `path` is or leads to `/dev/fd/N`; else None."""
    place = os.path.abspath(path)
    for _ in range(MAX_LINKS):
        folder, name = os.path.split(place)
        if name.isdecimal() and os.path.realpath(folder) == os.path.realpath("/dev/fd"):
            return int(name)
        try:
            place = os.path.join(folder, os.readlink(place))
        except OSError:
            break
    return None


def remove_stale(folder: str) -> None:
    """Remove what runs that were killed as they wrote have left in `folder`, where that can be."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = TEMPORARY.fullmatch(entry.name)
            if found and time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE:
                os.unlink(entry.path)


def remove(file: str) -> None:
    """Remove a file if it is there and that can be done."""
    with suppress(OSError):
        os.unlink(file)
