"""The system calls that are refused a submission, for this process and its threads, from here on: seccomp.

Read by its path in the submission's process, as `confinement` is. It lists what is refused, since packages need too
many calls to list what is allowed. Of calls that do many things it lists the things that are allowed; calls that are
newer than these lists are told to be unknown, which programs are prepared for.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Collection, Iterator, Mapping

KILL, ERRNO, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
LOAD, EQUAL, ABOVE, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of the filter: load a word, jump if equal, if at least, if a bit is set; return."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}


def numbered(text: str) -> dict[str, int]:
    """System calls by name, as `name=number` in `text`."""
    return {name: int(number) for name, number in (word.split("=") for word in text.split())}


REFUSED = {
    "x86_64": numbered("""
        fork=57 vfork=58 execve=59 execveat=322 setsid=112 setpgid=109 kill=62 tkill=200 rt_sigqueueinfo=129
        rt_tgsigqueueinfo=297 pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438 ptrace=101 process_vm_readv=310
        process_vm_writev=311 process_madvise=440 process_mrelease=448 move_pages=279 migrate_pages=256 kcmp=312
        socket=41 connect=42 accept=43 bind=49 listen=50 accept4=288 sendmsg=46 sendmmsg=307
        unshare=272 setns=308 mount=165 umount2=166 pivot_root=155 chroot=161 mount_setattr=442 open_tree=428
        move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433
        bpf=321 perf_event_open=298 userfaultfd=323 io_uring_setup=425 io_uring_enter=426 io_uring_register=427
        io_setup=206 memfd_create=319 memfd_secret=447 shmget=29 shmat=30 shmctl=31 semget=64 semop=65 semctl=66
        semtimedop=220 msgget=68 msgsnd=69 msgrcv=70 msgctl=71 mq_open=240 mq_unlink=241 keyctl=250 add_key=248
        request_key=249 setrlimit=160 setpriority=141 sched_setscheduler=144 sched_setparam=142 sched_setattr=314
        ioprio_set=251 chmod=90 fchmod=91 fchmodat=268 fchmodat2=452 chown=92 fchown=93 lchown=94 fchownat=260
        setxattr=188 lsetxattr=189 fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 utime=132
        utimes=235 futimesat=261 utimensat=280 sync=162 syncfs=306 quotactl=179 quotactl_fd=443 acct=163 syslog=103
        inotify_init=253 inotify_init1=294 fanotify_init=300 open_by_handle_at=304 cachestat=451
    """),
    "aarch64": numbered("""
        execve=221 execveat=281 setsid=157 setpgid=154 kill=129 tkill=130 rt_sigqueueinfo=138 rt_tgsigqueueinfo=240
        pidfd_send_signal=424 pidfd_open=434 pidfd_getfd=438 ptrace=117 process_vm_readv=270 process_vm_writev=271
        process_madvise=440 process_mrelease=448 move_pages=239 migrate_pages=238 kcmp=272
        socket=198 connect=203 accept=202 bind=200 listen=201 accept4=242 sendmsg=211 sendmmsg=269
        unshare=97 setns=268 mount=40 umount2=39 pivot_root=41 chroot=51 mount_setattr=442 open_tree=428
        move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433
        bpf=280 perf_event_open=241 userfaultfd=282 io_uring_setup=425 io_uring_enter=426 io_uring_register=427
        io_setup=0 memfd_create=279 memfd_secret=447 shmget=194 shmat=196 shmctl=195 semget=190 semop=193 semctl=191
        semtimedop=192 msgget=186 msgsnd=189 msgrcv=188 msgctl=187 mq_open=180 mq_unlink=181 keyctl=219 add_key=217
        request_key=218 setrlimit=164 setpriority=140 sched_setscheduler=119 sched_setparam=118 sched_setattr=274
        ioprio_set=30 fchmod=52 fchmodat=53 fchmodat2=452 fchown=55 fchownat=54 setxattr=5 lsetxattr=6 fsetxattr=7
        removexattr=14 lremovexattr=15 fremovexattr=16 utimensat=88 sync=81 syncfs=267 quotactl=60 quotactl_fd=443
        acct=89 syslog=116 inotify_init1=26 fanotify_init=262 open_by_handle_at=265 cachestat=451
    """),
}
"""System calls that are refused, whatever their arguments."""

NEWER = 453
"""The first number that these lists do not know, on all processors alike."""

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
        clone=56 clone3=435 fallocate=285 prctl=157 prlimit64=302 tgkill=234 fcntl=72 ioctl=16 socketpair=53
        sched_setaffinity=203 open=2 openat=257 openat2=437
    """),
    "aarch64": numbered("""
        clone=220 clone3=435 fallocate=47 prctl=167 prlimit64=261 tgkill=131 fcntl=25 ioctl=29 socketpair=199
        sched_setaffinity=122 openat=56 openat2=437
    """),
}
"""System calls of which some things are allowed."""

MISSING = {"clone3": errno.ENOSYS, "fallocate": errno.EOPNOTSUPP}
"""Calls that the C library does without if they are said to be missing. Of `clone3` a filter cannot see what is asked;
`fallocate` takes any amount of the disk at once, beyond the limit on a file's size, too."""

OWN = -1
"""Stands for the number of this process."""

THINGS: Mapping[str, Mapping[int, Collection[int]]] = {
    # Threads as the C libraries make them: one table of open files for all, which the grader looks at.
    "clone": {0: (0x3D0F00, 0x7D0F00)},
    # Names of threads and of memory.
    "prctl": {0: (15, 0x53564D41)},
    "tgkill": {0: (OWN,)},
    "sched_setaffinity": {0: (0, OWN)},
    # Copies, flags and locks; no owner, who would be sent signals, no larger pipes, no leases.
    "fcntl": {1: (*range(8), 36, 37, 38, 1030, 1032)},
    # Is it a terminal, and how wide; does it block, how much is there, is it kept by a new program.
    "ioctl": {1: (0x5401, 0x5413, 0x5421, 0x541B, 0x5450, 0x5451)},
    # Streams of Unix: with others one writes to any socket that has a name. Their type may not block, or not be kept.
    "socketpair": {0: (1,), 1: (1, 0x801, 0x80001, 0x80801)},
}
"""By call and argument, which are allowed. All have 32 bits to the kernel, or no more that it looks at."""

OPEN_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

Step = tuple[int, int, int, int]
"""An instruction of the filter: what it does, how many to skip if so and if not, and its operand."""


def filtered(library: ctypes.CDLL, machine: str, writing: bool) -> bool:
    """Refuse system calls from now on, in all threads; False if the kernel does not let us.

    Without `writing`, nothing is opened for writing either.
    """
    if machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        return False
    program = list(instructions(machine, writing))
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    return bool(library.syscall(SECCOMP[machine], 1, 1, ctypes.c_char_p(header)) == 0)  # a filter, in all threads


def instructions(machine: str, writing: bool) -> Iterator[Step]:
    """The filter as a whole: what it does not refuse is allowed."""
    yield LOAD, 0, 0, 4
    yield EQUAL, 1, 0, ARCHITECTURES[machine]
    yield RETURN, 0, 0, KILL
    yield LOAD, 0, 0, 0
    yield ABOVE, 0, 1, 0x40000000  # a second numbering of the same calls on x86_64
    yield RETURN, 0, 0, KILL
    yield ABOVE, 0, 1, NEWER
    yield refused(errno.ENOSYS)
    for number in (REFUSED[machine] if writing else REFUSED[machine] | WRITING[machine]).values():
        yield from when(number, [refused()])
    special = SPECIAL[machine]
    for name, problem in MISSING.items():
        yield from when(special[name], [refused(problem)])
    for name, arguments in THINGS.items():
        yield from when(special[name], [*among(arguments), (RETURN, 0, 0, ALLOW)])
    yield from when(  # one may ask for limits, not set them
        special["prlimit64"],
        [word(2), (EQUAL, 0, 2, 0), word(2, high=True), (EQUAL, 1, 0, 0), refused(), (RETURN, 0, 0, ALLOW)],
    )
    if not writing:
        yield from when(special["openat2"], [refused(errno.ENOSYS)])
        for name, argument in (("openat", 2), ("open", 1)):
            if name in special:
                yield from when(
                    special[name],
                    [word(argument), (BITS, 0, 1, OPEN_TO_WRITE), refused(), (RETURN, 0, 0, ALLOW)],
                )
    yield RETURN, 0, 0, ALLOW


def among(arguments: Mapping[int, Collection[int]]) -> Iterator[Step]:
    """Instructions that refuse a call unless each of these arguments is one of the values that it may have."""
    for argument, values in arguments.items():
        yield word(argument)
        for at, value in enumerate(values):
            yield EQUAL, len(values) - at, 0, os.getpid() if value == OWN else value
        yield refused()


def when(number: int, steps: list[Step]) -> Iterator[Step]:
    """Instructions that run `steps`, which end by returning, if the call has this `number`, and else skip them."""
    yield EQUAL, 0, len(steps), number
    yield from steps


def word(argument: int, high: bool = False) -> Step:
    """The instruction that loads the low or `high` 32 bits of an argument of the call."""
    return LOAD, 0, 0, 16 + 8 * argument + 4 * high


def refused(problem: int = errno.EPERM) -> Step:
    """The instruction that lets the call fail with an error."""
    return RETURN, 0, 0, ERRNO | problem
