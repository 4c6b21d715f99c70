"""What a running submission uses of what the kernel does not limit by itself: the disk, files, threads.

The limits of the kernel are on one file, and on threads of one user, of whom there are others; so the grader looks.
What it has to see is kept few: one table of open files, and no folders, by `system_calls` and `confinement`.
"""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from gradproof.reference.admitted import THREADS, THREADS_EACH

FILE_SIZE = 8 << 20
FOLDER_SIZE, FOLDER_FILES = 64 << 20, 1000
MOST_THREADS = THREADS + THREADS_EACH * (os.cpu_count() or 1)


def too_full(process: int, folder: Path) -> str:
    """What to say if a submission has more in its folder, or more threads, than it may."""
    if threads(process) > MOST_THREADS:
        return f"started more than {MOST_THREADS} threads and was stopped"
    sizes = [*held(process, folder)]
    for place in (folder, folder / "config"):
        with suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                with suppress(OSError):
                    sizes.append(entry.stat(follow_symlinks=False).st_blocks * 512)
                if len(sizes) > FOLDER_FILES:
                    break
    if len(sizes) > FOLDER_FILES or sum(sizes) > FOLDER_SIZE:
        return f"wrote more than {FOLDER_FILES} files or {readable_size(FOLDER_SIZE)} and was stopped"
    return ""


def threads(process: int) -> int:
    """The threads of a process; 0 if nobody says."""
    try:
        return os.stat(f"/proc/{process}/task").st_nlink - 2
    except OSError:
        return 0


def held(process: int, folder: Path) -> list[int]:
    """Bytes of each file that was removed from `folder` and stays on the disk, as the process has it open or mapped.

    Of a mapped one only what is mapped could be seen: it counts as the largest that there can be.
    """
    found: dict[int, int] = {}
    with suppress(OSError):
        for entry in os.scandir(f"/proc/{process}/fd"):
            with suppress(OSError):
                file = entry.stat()
                if stat.S_ISREG(file.st_mode) and not file.st_nlink:
                    found[file.st_ino] = file.st_blocks * 512
    with suppress(OSError):
        maps = Path(f"/proc/{process}/maps").read_bytes()
        removed = rb"(?m) (\d+) +" + re.escape(os.fsencode(os.path.realpath(folder))) + rb"/.* \(deleted\)$"
        for inode in re.findall(removed, maps):
            found.setdefault(int(inode), FILE_SIZE)
    return list(found.values())


def readable_size(count: int) -> str:
    """A number of bytes for a reader."""
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count >> 10} kB"
