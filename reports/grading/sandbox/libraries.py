"""What a submission can read: Python, its packages and shared libraries, and nothing that lies beside them.

Landlock only allows. So a folder of libraries is allowed as a whole where nothing in it is to be hidden, and else entry
by entry, all but those that hold it.
"""

import os
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import gradproof.reference
from gradproof.reference.errors import GradproofError

DATA = (
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/usr/share/zoneinfo", "/usr/lib/locale"),
    *("/dev/urandom", "/dev/random", "/dev/zero", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version"),
    *("/proc/sys/vm", "/sys/devices/system"),
)
"""What packages look up in the system."""
SYSTEM = tuple(
    f"{place}/{name}" for place in ("", "/usr", "/usr/local") for name in ("lib", "lib32", "lib64", "libx32")
)
"""Where a system has its shared libraries, and everything else that was ever installed: only the former can be read."""
DEPTH = 3
"""Folders below one another in which shared libraries lie: /usr/lib, one for the processor, one for each BLAS."""


@dataclass
class Readable:
    """Real paths of what can be read with all that is in it, and of folders whose names alone can be listed."""

    read: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)


def readable(private: Iterable[Path]) -> Readable:
    """What a submission can read, with nothing of the folders `private`, of the current one, and of gradproof among it.

    What lies in a folder of packages is hidden from there on: site-packages/course, if site-packages/course/lessons is
    private. A private folder around a folder of packages hides nothing of that. Raises GradproofError for one that is a
    folder of packages itself.
    """
    roots = package_folders()
    own = os.path.realpath(Path(gradproof.reference.__file__).parents[1])
    hidden = {path for path in map(os.path.realpath, private) if not inside(path, own)}
    with suppress(FileNotFoundError):
        hidden |= {os.path.realpath(os.curdir)} - {*roots}
    found = Readable([os.path.realpath(path) for path in DATA])
    found.read += shared_libraries({*roots, *hidden, own})
    for root in roots:
        if root in hidden:
            raise GradproofError(
                f"{root}: holds Python's packages, which every submission can read: keep the lesson, submissions and "
                "reports elsewhere"
            )
        inner = {first(root, folder) for folder in hidden if inside(folder, root)}
        apart = inner | ({first(root, own)} if inside(own, root) else set())
        if not apart:
            found.read.append(root)
            continue
        with os.scandir(root) as entries:
            found.read += sorted(entry.path for entry in entries if entry.path not in apart and not entry.is_symlink())
        if not inner:  # else what is listed would be the names in the private folder, too
            found.listed.append(root)
    return found


def package_folders() -> list[str]:
    """The real paths of the standard library and of the folders with installed packages."""
    folders = [sysconfig.get_path("stdlib"), *installed()]
    return sorted({os.path.realpath(folder) for folder in folders if os.path.isdir(folder)})


def installed() -> list[str]:
    """The folders on Python's path that hold packages, and nothing else of its user's."""
    own = (sysconfig.get_path(key) for key in ("purelib", "platlib"))
    found = [folder for folder in sys.path if Path(folder).name in ("site-packages", "dist-packages")]
    return list(dict.fromkeys([*found, *own, str(Path(np.__file__).parents[1])]))


def shared_libraries(apart: Collection[str]) -> Iterator[str]:
    """The shared libraries of the system and of the environment, one by one, but for those in the folders `apart`."""
    own = (f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix))
    for folder in sorted({os.path.realpath(folder) for folder in (*SYSTEM, *own)}):
        yield from shared_libraries_in(folder, apart, DEPTH)


def shared_libraries_in(folder: str, apart: Collection[str], depth: int) -> Iterator[str]:
    """The shared libraries in a folder, and in those within, `depth` folders deep; no symbolic link is followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1 and entry.path not in apart:
                yield from shared_libraries_in(entry.path, apart, depth - 1)
        elif (entry.name.endswith(".so") or ".so." in entry.name) and entry.is_file(follow_symlinks=False):
            yield entry.path


def inside(path: str, folder: str) -> bool:
    """Whether `path` lies in `folder`."""
    return path.startswith(folder.rstrip("/") + "/")


def first(folder: str, path: str) -> str:
    """The entry of `folder` that holds `path`."""
    return os.path.join(folder, Path(path).relative_to(folder).parts[0])
