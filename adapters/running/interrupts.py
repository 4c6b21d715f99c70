"""Ctrl-C, SIGTERM and SIGHUP end a run alike: a KeyboardInterrupt in the main thread, one line, exit code 130.

It is raised once, whatever comes after, so that what tidies up is not interrupted itself. What still runs `GRACE`
seconds later is ended as it is, with all processes that it has started.
"""

import atexit
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

CODE = 130
"""The exit code of what was interrupted, as shells have it."""

LINE = "gradproof: interrupted\n"

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals that end a run; Windows has no SIGHUP."""

STAY_IGNORED = tuple(number for number in ENDING if number != signal.SIGTERM)
"""Those that are left ignored where they were as the process began: by a shell's `&`, and by `nohup`."""

GRACE = 1.5
"""Seconds from the signal to the end of a process in which something hangs: with what is then done, less than two."""

AGAIN = 0.05
"""Seconds until an interrupt that Python dropped is raised again."""


class _State:
    """What this process knows of interrupts: whether handlers are installed, one has come, none is wanted any more.

    A report of it may be in work; and it may have been told.
    """

    installed = False
    come = False
    settled = False
    reporting = False
    told = False


def run(main: str | Callable[[], Any]) -> NoReturn:
    """Call `main`, or import the module of that name and call its `main`, and end the process with the exit code."""
    atexit.register(_deafen)  # the first of all, which runs last
    install()
    code: Any = 0
    try:
        try:
            code = importlib.import_module(main).main() if isinstance(main, str) else main()
        except SystemExit as end:
            code = end.code
        finally:
            _State.settled = True  # what comes now, as Python ends, changes nothing
    except BaseException:  # Python and libraries make other errors of an interrupt, as where a class is made
        if not _State.come:
            raise
        end_now(said())
    if _State.come:  # reported by whoever caught it; what Python does at its end may take long
        end_now(code if isinstance(code, int) else CODE)
    sys.exit(code)


def _deafen() -> None:
    """Ignore the signals: Python is about to take its handlers away, and one would end the process by its number."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def said() -> int:
    """Say that the run was interrupted, past Python's streams, which may be locked; the exit code."""
    told, _State.told = _State.told, _State.come  # once, whoever comes first
    with suppress(OSError):
        os.write(2, b"" if told else LINE.encode())
    return CODE


@contextmanager
def in_one_line() -> Iterator[None]:
    """End what is interrupted in this block, or in a function that this decorates, with one line and its exit code.

    Libraries that parse command lines print a line of their own.
    """
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(said())


@contextmanager
def installed() -> Iterator[None]:
    """Install the handlers for a block, unless they are; for what does not own the process that it runs in."""
    if _State.installed or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    hook = sys.unraisablehook
    install(backstop=False)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
        _State.installed = _State.come = _State.told = False


def install(backstop: bool = True) -> None:
    """Turn the signals into KeyboardInterrupt; with `backstop`, the process ends soon after whatever hangs."""
    if backstop:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # written to even while the main thread is in C
        threading.Thread(target=_end_in_time, args=(reader,), daemon=True).start()
    sys.unraisablehook = _unraisable
    for number in ENDING:
        if number not in STAY_IGNORED or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupted)
    _State.installed = True


def shielded(numbers: Collection[int] = ENDING) -> None:
    """Keep the signals from this thread and from the processes that it starts, from their first moment on.

    A worker lets them through again when it has left the group that a terminal sends them to.
    """
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
        resource_tracker.ensure_running()  # which lets some through again as it is started
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


@contextmanager
def mask_restored() -> Iterator[None]:
    """A block in which signals may be kept from this thread, and from the threads and processes that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def report_first() -> None:
    """Have the process wait for a report that is being written: it ends when that is `reported`, not before."""
    _State.reporting = True


def reported() -> None:
    """Let the process end, whatever is still being tidied up."""
    _State.reporting = False


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Raise, for the first signal only."""
    if not (_State.come or _State.settled):
        _State.come = True
        raise KeyboardInterrupt


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """An interrupt that fell into a destructor or a callback, where Python drops it, is raised again a moment later."""
    if not (isinstance(lost.exc_value, KeyboardInterrupt) and _State.come):
        sys.__unraisablehook__(lost)
        return

    def again() -> None:
        time.sleep(AGAIN)
        _State.come = False
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=again, daemon=True).start()


def _end_in_time(reader: int) -> None:
    """Wait for a signal, and for the process to end; end it if it does not."""
    while os.read(reader, 1)[0] not in ENDING:
        pass
    time.sleep(GRACE)
    while _State.reporting:
        time.sleep(AGAIN)
    end_now(said())


def end_now(code: int) -> NoReturn:
    """End this process without whatever Python does at its end, and the processes that it has started."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    for pid in descendants(os.getpid()):
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(code)


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, theirs included; empty where there is no /proc to tell."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found[1:]
