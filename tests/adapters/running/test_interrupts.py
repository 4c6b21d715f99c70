"""An interrupt is one line and one exit code, whenever it comes and whatever hangs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradproof.adapters.running import interrupts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")

READY = "print('ready', flush=True)\n"

ASLEEP = "def main():\n    " + READY + "    import time\n    time.sleep(1000)\n"

HANGS = (
    "import time\ndef main():\n    try:\n        "
    + READY
    + ("        time.sleep(1000)\n    finally:\n        time.sleep(1000)\n")
)
"""What tidies up hangs: the process is ended all the same."""

IMPORTS = READY + "import time\ntime.sleep(1000)\n"

DROPS = (
    "import time\nclass Dropped:\n    def __del__(self):\n        "
    + READY
    + ("        time.sleep(1000)\ndef main():\n    Dropped()\n    time.sleep(1000)\n")
)
"""An interrupt in a destructor is dropped by Python, with a traceback."""

TURNS = (
    "import time\nclass Odd:\n    def __set_name__(self, owner, name):\n        "
    + READY
    + ("        time.sleep(1000)\nclass Class:\n    odd = Odd()\n")
)
"""An interrupt where a class is made becomes a RuntimeError."""

STARTS = """
import subprocess, sys, time
def main():
    code = "import time; time.sleep(1000)"
    try:
        child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        print("ready", child.pid, flush=True)
        time.sleep(1000)
    finally:
        time.sleep(1000)
"""

PROGRAMS = {"asleep": ASLEEP, "hangs": HANGS, "imports": IMPORTS, "drops": DROPS, "turns": TURNS}

PREPARE = {
    "default": (
        "signal.signal(signal.SIGINT, signal.default_int_handler)\nsignal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    ),
    "ignored": "for each in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM): signal.signal(each, signal.SIG_IGN)\n",
}
"""What a process begins with."""


def started(program: str, folder: Path, before: str = "default") -> tuple[subprocess.Popen[str], str]:
    """A process that runs `main` of `program`, and its first line; what is ignored or not was so before it began."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    code = "from gradproof.adapters.running.interrupts import run\nrun('program')"
    handing_on = f"import os, signal, sys\n{PREPARE[before]}os.execv(sys.executable, [sys.executable, '-c', {code!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", handing_on],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    return process, process.stdout.readline()


@pytest.mark.parametrize("number", interrupts.ENDING)
@pytest.mark.parametrize(
    "program", [ASLEEP, HANGS, IMPORTS, DROPS, TURNS], ids=["asleep", "hangs", "imports", "drops", "turns"]
)
def test_each_signal_is_one_line_and_one_exit_code(program: str, number: signal.Signals, tmp_path: Path) -> None:
    process, _ = started(program, tmp_path)
    process.send_signal(number)
    process.send_signal(number)  # whoever is impatient
    assert process.communicate(timeout=60) == ("", interrupts.LINE)
    assert process.returncode == interrupts.CODE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_at_the_start_stays_ignored_but_for_sigterm(number: signal.Signals, tmp_path: Path) -> None:
    process, _ = started(ASLEEP, tmp_path, "ignored")
    process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.terminate()
    assert process.communicate(timeout=60) == ("", interrupts.LINE)
    assert process.returncode == interrupts.CODE


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="nothing tells whose child a process is")
def test_what_hangs_takes_the_processes_along_that_it_started(tmp_path: Path) -> None:
    process, line = started(STARTS, tmp_path)
    process.terminate()
    assert process.communicate(timeout=60)[1] == interrupts.LINE
    child = Path("/proc", line.split()[1], "stat")
    while child.exists() and child.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)  # a zombie is whoever's took it over


def test_a_report_is_waited_for(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom gradproof.adapters.running import interrupts\ndef main():\n    try:\n        "
        f"{READY}        time.sleep(1000)\n    except KeyboardInterrupt:\n        interrupts.report_first()\n"
        "        time.sleep(1.2 * interrupts.GRACE)\n        print('the report')\n        sys.exit(7)\n"
    )
    process, _ = started(program, tmp_path)
    process.terminate()
    assert process.communicate(timeout=60) == ("the report\n", "")
    assert process.returncode == 7


def test_what_hangs_after_the_report_is_not_waited_for(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom gradproof.adapters.running import interrupts\ndef main():\n    try:\n        "
        f"{READY}        time.sleep(1000)\n    except KeyboardInterrupt:\n        interrupts.report_first()\n"
        "        time.sleep(1.2 * interrupts.GRACE)\n        print('the report')\n        interrupts.reported()\n"
        "        time.sleep(1000)\n"
    )
    process, _ = started(program, tmp_path)
    process.terminate()
    assert process.communicate(timeout=60) == ("the report\n", interrupts.LINE)
    assert process.returncode == interrupts.CODE


def test_a_block_has_the_handlers_and_gives_them_back() -> None:
    before = [signal.getsignal(number) for number in interrupts.ENDING]
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt), interrupts.installed(), interrupts.installed():
            signal.raise_signal(signal.SIGTERM)
        assert [signal.getsignal(number) for number in interrupts.ENDING] == before


def test_a_signal_at_the_very_end_changes_nothing(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\nclass Last:\n    def __del__(self, kill=os.kill, pid=os.getpid()):\n"
        f"        kill(pid, {signal.SIGTERM:d})\nsys.last = Last()\ndef main():\n    {READY}    sys.exit(7)\n"
    )
    process, _ = started(program, tmp_path)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 7
