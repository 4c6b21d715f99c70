"""One run at a time: a lock on what a run writes, which ends with its process and says whose it is."""

import os
import platform
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gradproof.reference.errors import GradproofError

fcntl: Any
try:
    import fcntl
except ImportError:  # not a POSIX system, where nothing is locked
    fcntl = None

LOCK = ".gradproof-lock"
"""The file in an output folder that is locked."""


class OwnedError(GradproofError):
    """Another run owns what this one would write."""


@contextmanager
def owned(path: Path, what: object) -> Iterator[None]:
    """Own `what` while in the block, by a lock on the file at `path`, which is gone afterwards.

    Raises OwnedError, which says whose it is, where another process owns it; GradproofError where something else than a
    file is there, a symbolic link included; OSError where the file cannot be made.
    """
    if fcntl is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = locked(path, what)
    try:
        os.ftruncate(file, 0)
        with suppress(OSError):  # on a full disk the lock holds all the same, and says no name
            os.write(file, this_run().encode("utf-8", "backslashreplace"))
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is locked: whoever opened it meanwhile notices that it is another file
        os.close(file)


def locked(path: Path, what: object) -> int:
    """The descriptor of the file at `path`, locked, which is made if it is not there.

    Raises OwnedError, which says whose `what` is, where another process has the lock; GradproofError and OSError as
    `owned` does.
    """
    while True:
        require_file(path)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            whose = os.read(file, 2**12).decode("utf-8", "replace") or "another run"
            os.close(file)
            raise OwnedError(f"{what} is in use by {whose}") from None
        except OSError:  # a file system without locks
            return file
        with suppress(FileNotFoundError):  # whoever had it may have removed it
            if os.path.samestat(os.fstat(file), path.lstat()):
                return file
        os.close(file)


def require_file(path: Path) -> None:
    """Raise GradproofError where there is something at `path` that is no file of its own: a link, a pipe, a folder."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            raise GradproofError(f"{path} is no file, but where gradproof keeps one; remove it")


def this_run() -> str:
    """What this process is: number, machine, since when it has the lock, and its command."""
    command = " ".join((Path(sys.argv[0]).name, *sys.argv[1:]))[:200]
    return f"process {os.getpid()} on {platform.node()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}: {command}"
