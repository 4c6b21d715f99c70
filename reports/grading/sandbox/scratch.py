"""What a submission gets and must not keep: processes that are ended, a folder that is removed whatever is in it."""

import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_AGAIN = 0.01
"""Seconds between two searches for processes that got away."""


def kill(child: subprocess.Popen[bytes]) -> None:
    """End the process and its group; wait until it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream:
            with suppress(OSError):
                stream.close()


def kill_escaped(token: str) -> None:
    """End processes that left the group, where nothing kept them from it: they still have the variable `token`."""
    mark, proc = f"GRADPROOF_SUBMISSION={token}".encode(), Path("/proc")
    for _ in range(100 if proc.is_dir() else 0):
        found = False
        for entry in os.scandir(proc):
            with suppress(OSError, ValueError):
                if entry.name.isdigit() and mark in (proc / entry.name / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(LOOK_AGAIN)


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder that is removed with everything in it, whatever that is."""
    folder = Path(tempfile.mkdtemp(prefix="gradproof-"))
    try:
        (folder / "config").mkdir()
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, however deep, with whatever rights: what lies deeper is moved up first. Follows no link."""
    moved = 0
    left = [folder]
    while left:
        here = left.pop()
        with suppress(OSError):
            os.chmod(here, 0o700)
        with suppress(OSError):
            for entry in list(os.scandir(here)):
                if entry.is_dir(follow_symlinks=False):
                    place = Path(entry.path)
                    if here != folder:
                        moved += 1
                        place = folder / f".removed-{moved}-{uuid.uuid4().hex}"
                        with suppress(OSError):
                            os.chmod(entry.path, 0o700)
                        os.rename(entry.path, place)
                    left.append(place)
                else:
                    os.unlink(entry.path)
        if here != folder:
            with suppress(OSError):
                os.rmdir(here)
    with suppress(OSError):
        os.rmdir(folder)
