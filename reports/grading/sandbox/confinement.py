"""What a process does to itself before it runs a stranger's code: it gives up what that code could do harm with.

Only the standard library is used, and nothing of gradproof: this runs in the process of the submission. Everything here
is one-way; the process cannot get back what it gave up. Linux only, beyond the limits of `limited`.

- The kernel's limits on processor time, memory, the size of a file, and open files.
- No capabilities, be the grader root or not, and no new ones by starting a program.
- Landlock, where the kernel has it: files are read in the folders of Python and its packages only, and written in the
  submission's own folder only. (Landlock also keeps a process from the memory and environment of those outside.)
- A seccomp filter: no new process (threads are allowed), no other program, no signal to another process, no network, no
  shared memory, no changes of owners and modes. Without Landlock nothing is opened for writing either.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence

LANDLOCK_RULESET, LANDLOCK_RULE, LANDLOCK_SELF = 444, 445, 446
WRITE, READ, LIST, REMOVE_FILE, MAKE_FILE, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 8, 1 << 14
SCRATCH = LIST | READ | WRITE | REMOVE_FILE | MAKE_FILE | TRUNCATE
"""In its own folder a submission makes and removes files, but no folders, which could be endlessly deep, nor links."""

CLONE_THREAD = 0x10000
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, ABOVE, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of the filter: load a word, jump if equal, if at least, if a bit is set; return."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def numbered(text: str) -> dict[str, int]:
    """System calls by name, as `name=number` in `text`."""
    return {name: int(number) for name, number in (word.split("=") for word in text.split())}


REFUSED = {
    "x86_64": numbered("""
        fork=57 vfork=58 execve=59 execveat=322 setsid=112 setpgid=109 kill=62 tkill=200 rt_sigqueueinfo=129
        rt_tgsigqueueinfo=297 pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438 ptrace=101 process_vm_readv=310
        process_vm_writev=311 process_madvise=440 kcmp=312 socket=41 connect=42 accept=43 bind=49 listen=50
        accept4=288 unshare=272 setns=308 mount=165 umount2=166 pivot_root=155 chroot=161 mount_setattr=442
        open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 bpf=321 perf_event_open=298
        userfaultfd=323 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 memfd_create=319 memfd_secret=447
        shmget=29 shmat=30 shmctl=31 semget=64 msgget=68 mq_open=240 keyctl=250 add_key=248 request_key=249
        setrlimit=160 setpriority=141 sched_setscheduler=144 sched_setparam=142 sched_setattr=314 ioprio_set=251
        chmod=90 fchmod=91 fchmodat=268 fchmodat2=452 chown=92 fchown=93 lchown=94 fchownat=260 setxattr=188
        lsetxattr=189 fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 utime=132 utimes=235
        futimesat=261 utimensat=280 sync=162 syncfs=306 quotactl=179 acct=163 syslog=103 fanotify_init=300
        open_by_handle_at=304 process_mrelease=448 cachestat=451
    """),
    "aarch64": numbered("""
        execve=221 execveat=281 setsid=157 setpgid=154 kill=129 tkill=130 rt_sigqueueinfo=138 rt_tgsigqueueinfo=240
        pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438 ptrace=117 process_vm_readv=270 process_vm_writev=271
        process_madvise=440 kcmp=272 socket=198 connect=203 accept=202 bind=200 listen=201 accept4=242 unshare=97
        setns=268 mount=40 umount2=39 pivot_root=41 chroot=51 mount_setattr=442 open_tree=428 move_mount=429
        fsopen=430 fsconfig=431 fsmount=432 fspick=433 bpf=280 perf_event_open=241 userfaultfd=282 io_uring_setup=425
        io_uring_enter=426 io_uring_register=427 memfd_create=279 memfd_secret=447 shmget=194 shmat=196 shmctl=195
        semget=190 msgget=186 mq_open=180 keyctl=219 add_key=217 request_key=218 setrlimit=164 setpriority=140
        sched_setscheduler=119 sched_setparam=118 sched_setattr=274 ioprio_set=30 fchmod=52 fchmodat=53 fchmodat2=452
        fchown=55 fchownat=54 setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14 lremovexattr=15 fremovexattr=16
        utimensat=88 sync=81 syncfs=267 quotactl=60 acct=89 syslog=116 fanotify_init=262 open_by_handle_at=265
        process_mrelease=448 cachestat=451
    """),
}
"""System calls that are refused, whatever their arguments."""

WRITING = {
    "x86_64": numbered("""
        creat=85 truncate=76 mkdir=83 mkdirat=258 rmdir=84 unlink=87 unlinkat=263 rename=82 renameat=264 renameat2=316
        link=86 linkat=265 symlink=88 symlinkat=266 mknod=133 mknodat=259
    """),
    "aarch64": numbered("""
        truncate=45 mkdirat=34 unlinkat=35 renameat=38 renameat2=276 linkat=37 symlinkat=36 mknodat=33
    """),
}
"""These too where there is no Landlock."""

SPECIAL = {
    "x86_64": numbered("""
        clone=56 clone3=435 prctl=157 prlimit64=302 tgkill=234 fcntl=72 sched_setaffinity=203 open=2 openat=257
        openat2=437
    """),
    "aarch64": numbered("""
        clone=220 clone3=435 prctl=167 prlimit64=261 tgkill=131 fcntl=25 sched_setaffinity=122 openat=56 openat2=437
    """),
}
"""System calls whose arguments decide."""

OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
NAME_OF_THREAD, NAMED_MEMORY = 15, 0x53564D41
"""What may be asked of prctl."""
F_SETOWN, F_SETSIG, F_SETOWN_EX = 8, 10, 15
"""Ways to have the kernel send a signal to another process."""


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


def confined(files: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give everything up. Returns by which means files, processes and the network are kept from the submission.

    What lies in the paths "read" of `files` can be read; the folders "listed" can be listed; in "folders" files can be
    written.
    """
    library = ctypes.CDLL(None, use_errno=True)
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        return {}
    without_capabilities(library)
    library.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL: the process does not outlive the grader
    library.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: without it neither of the next two is allowed
    means = {}
    if restricted_to(library, files):
        means["files"] = "landlock"
    if filtered(library, machine, writing="files" in means):
        means |= {"processes": "seccomp", "network": "seccomp"}
        means.setdefault("files", "seccomp")
    return means


def without_capabilities(library: ctypes.CDLL) -> None:
    """Drop every capability, also those that a program started later could get."""
    for capability in range(64):
        if library.prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
            break
    library.prctl(47, 4, 0, 0, 0)  # PR_CAP_AMBIENT, clear all
    header = struct.pack("Ii", 0x20080522, 0)
    library.capset(ctypes.c_char_p(header), ctypes.c_char_p(bytes(24)))


# Landlock.


def restricted_to(library: ctypes.CDLL, files: Mapping[str, Sequence[str]]) -> bool:
    """Restrict this process to some files; False where the kernel has no Landlock."""
    version = library.syscall(LANDLOCK_RULESET, None, 0, 1)
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


# Seccomp.

Step = tuple[int, int, int, int]
"""An instruction of the filter: what it does, how many to skip if so and if not, and its operand."""


def filtered(library: ctypes.CDLL, machine: str, writing: bool) -> bool:
    """Refuse system calls from now on, in all threads; False if the kernel does not let us."""
    program = list(instructions(machine, writing))
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    number = {"x86_64": 317, "aarch64": 277}[machine]
    return bool(library.syscall(number, 1, 1, ctypes.c_char_p(header)) == 0)  # SECCOMP_SET_MODE_FILTER, in all threads


def instructions(machine: str, writing: bool) -> Iterator[Step]:
    """The filter as a whole: what it does not refuse is allowed."""
    yield LOAD, 0, 0, 4
    yield EQUAL, 1, 0, ARCHITECTURES[machine]
    yield RETURN, 0, 0, KILL
    yield LOAD, 0, 0, 0
    yield ABOVE, 0, 1, 0x40000000  # a second numbering of the same calls on x86_64
    yield RETURN, 0, 0, KILL
    refused: Mapping[str, int] = REFUSED[machine] if writing else REFUSED[machine] | WRITING[machine]
    for number in refused.values():
        yield EQUAL, 0, 1, number
        yield RETURN, 0, 0, ERRNO | errno.EPERM
    own = os.getpid()
    special = SPECIAL[machine]
    # glibc asks for the newer call first, whose flags a filter cannot see, and takes the older one if it is missing.
    yield from when(special["clone3"], [(RETURN, 0, 0, ERRNO | errno.ENOSYS)])
    yield from when(special["clone"], [word(0), (BITS, 1, 0, CLONE_THREAD), refuse(), allowed()])
    yield from when(
        special["prctl"],
        [word(0), (EQUAL, 2, 0, NAME_OF_THREAD), (EQUAL, 1, 0, NAMED_MEMORY), refuse(), allowed()],
    )
    yield from when(
        special["prlimit64"],  # one may ask for limits, not set them
        [word(2), (EQUAL, 0, 2, 0), word(2, high=True), (EQUAL, 1, 0, 0), refuse(), allowed()],
    )
    yield from when(special["tgkill"], [word(0), (EQUAL, 1, 0, own), refuse(), allowed()])
    yield from when(special["sched_setaffinity"], [word(0), (EQUAL, 1, 0, 0), refuse(), allowed()])
    yield from when(
        special["fcntl"],
        [word(1), (EQUAL, 2, 0, F_SETOWN), (EQUAL, 1, 0, F_SETSIG), (EQUAL, 0, 1, F_SETOWN_EX), refuse(), allowed()],
    )
    if not writing:
        yield from when(special["openat2"], [(RETURN, 0, 0, ERRNO | errno.ENOSYS)])
        yield from when(special["openat"], [word(2), (BITS, 0, 1, OPEN_TO_WRITE), refuse(), allowed()])
        if "open" in special:
            yield from when(special["open"], [word(1), (BITS, 0, 1, OPEN_TO_WRITE), refuse(), allowed()])
    yield allowed()


def when(number: int, steps: Sequence[Step]) -> Iterator[Step]:
    """Instructions that run `steps`, which end by returning, if the call has this `number`, and else skip them."""
    yield EQUAL, 0, len(steps), number
    yield from steps


def word(argument: int, high: bool = False) -> Step:
    """The instruction that loads the low or `high` 32 bits of an argument of the call."""
    return LOAD, 0, 0, 16 + 8 * argument + 4 * high


def refuse() -> Step:
    """The instruction that lets the call fail with EPERM."""
    return RETURN, 0, 0, ERRNO | errno.EPERM


def allowed() -> Step:
    """The instruction that lets the call be made."""
    return RETURN, 0, 0, ALLOW
