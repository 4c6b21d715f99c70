"""What Python itself refuses a submission: modules, and where the kernel cannot be asked, files, processes and sockets.

Read by its path in the submission's process, as `confinement` is. A fence, not a wall: a program can get around it.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any


class Absent:
    """Modules that a submission cannot import, though they may be installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Refuse these; leave all others to the finders after this one."""
        if name.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


STARTS = ("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.kill", "subprocess.", "pty.")
CHANGES = ("os.setxattr", "os.chmod", "os.chown", "os.mkdir", "os.symlink", "os.link")
EVENTS = (*STARTS, *CHANGES, "socket.", "ctypes.", "signal.pthread_kill")
"""What Python tells its audit hooks of and the hook refuses; begins of names."""
MOVES = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.rmtree")


def watched(folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that refuses, in Python only, what the kernel could not be asked to refuse.

    The hook raises PermissionError for events that are not allowed, and for what would be written outside `folder`.
    """
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(EVENTS):
            raise PermissionError(f"{event} is not allowed here")
        if event == "open" and type(arguments[2]) is int and arguments[2] & writing and type(arguments[0]) is not int:
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith(folder + os.sep) and path != os.devnull:
                raise PermissionError(f"{path} cannot be written here")
        if event in MOVES:
            for each in arguments[:2]:
                if isinstance(each, str | bytes) and not os.path.realpath(os.fsdecode(each)).startswith(
                    folder + os.sep
                ):
                    raise PermissionError(f"{event} is not allowed here")

    return hook
