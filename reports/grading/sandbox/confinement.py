"""What a process does to itself before it runs a stranger's code: it gives up what that code could do harm with.

Only the standard library is used, and nothing of gradproof: this runs in the process of the submission. Everything here
is one-way; the process cannot get back what it gave up. Linux only, beyond the limits of `limited`. Calls that do harm
beyond files are refused in `system_calls`.

- The kernel's limits on processor time, memory, the size of a file, and open files.
- No capabilities, be the grader root or not, and no new ones by starting a program.
- Landlock, where the kernel has it: files are read in the folders of Python and its packages only, and written in the
  submission's own folder only. (Landlock also keeps a process from the memory and environment of those outside.)
"""

import ctypes
import os
import resource
import struct
from collections.abc import Mapping, Sequence

LANDLOCK_RULESET, LANDLOCK_RULE, LANDLOCK_SELF = 444, 445, 446
WRITE, READ, LIST, REMOVE_FILE, MAKE_FILE, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
SCRATCH = LIST | READ | WRITE | REMOVE_FILE | MAKE_FILE | TRUNCATE
"""In its own folder a submission makes and removes files, but no folders, which could be endlessly deep, nor links."""


def limited(seconds: int, memory: int, file_size: int, open_files: int) -> None:
    """Set the kernel's limits: processor time, address space, the size of a file, open files; no core dumps."""
    wanted = {
        "RLIMIT_CPU": seconds,
        "RLIMIT_AS": memory,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_NOFILE": open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_SIGPENDING": open_files,
        "RLIMIT_STACK": 8 << 20,
    }
    for name, most in wanted.items():
        if hasattr(resource, name):
            kind = getattr(resource, name)
            _, hard = resource.getrlimit(kind)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            try:
                resource.setrlimit(kind, (allowed, allowed))
            except (ValueError, OSError):  # macOS knows RLIMIT_AS and refuses it
                continue


def without_rights(library: ctypes.CDLL) -> None:
    """Drop every capability, also those that a program started later could get, and end with the grader's process."""
    for capability in range(64):
        if library.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            break
    library.prctl(47, 4, 0, 0, 0)  # PR_CAP_AMBIENT, clear all
    header = struct.pack("Ii", 0x20080522, 0)
    library.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))
    library.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    library.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: without it neither Landlock nor seccomp is allowed


def restricted_to(library: ctypes.CDLL, newest: int, files: Mapping[str, Sequence[str]]) -> bool:
    """Restrict this process to some files; False where the kernel has no Landlock, of which versions to `newest` count.

    What lies in the paths "read" of `files` can be read; the folders "listed" can be listed; in "folders" files can be
    written.
    """
    version = min(newest, library.syscall(LANDLOCK_RULESET, None, 0, 1))
    if version < 3:  # earlier ones did not see files being truncated
        return False
    handled = (1 << (16 if version >= 5 else 15)) - 1
    tcp, scoped = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = struct.pack("QQQ", handled, tcp, scoped)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = library.syscall(LANDLOCK_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
    if rules < 0:
        return False
    for path, rights in (("/proc/self", READ | LIST), ("/dev/null", READ | WRITE)):
        allow(library, rules, path, rights)
    for key, rights in (("read", READ | LIST), ("listed", LIST), ("folders", SCRATCH)):
        for path in files[key]:
            allow(library, rules, path, rights)
    done = library.syscall(LANDLOCK_SELF, rules, 0)
    os.close(rules)
    return bool(done == 0)


def allow(library: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    """Add a rule for one path; one that is not there needs none."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        rights &= READ | WRITE | TRUNCATE
    rule = struct.pack("=Qi", rights, handle)
    library.syscall(LANDLOCK_RULE, rules, 1, ctypes.c_char_p(rule), 0)
    os.close(handle)
