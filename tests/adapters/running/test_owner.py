import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradproof.adapters.running.owner import OwnedError, owned
from gradproof.reference.errors import GradproofError

HOLDS = """
import sys, time
from pathlib import Path
from gradproof.adapters.running.owner import owned
with owned(Path(sys.argv[1]), "it"):
    print("owned", flush=True)
    sys.stdin.read()
"""


def test_what_another_process_owns_is_refused_with_its_name_until_it_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "owned\n"
        with pytest.raises(OwnedError, match=rf"^the folder is in use by process {other.pid} on "):
            owned(lock, "the folder").__enter__()
        other.kill()
        other.communicate()
    assert lock.exists()  # it was killed
    with owned(lock, "the folder"):
        assert lock.read_text().startswith(f"process {os.getpid()} on ")
    assert not lock.exists()


def test_nothing_is_written_where_a_link_leads_and_a_pipe_is_refused(tmp_path: Path) -> None:
    precious, lock = tmp_path / "precious", tmp_path / "lock"
    precious.write_text("keep")
    lock.symlink_to(precious)
    with pytest.raises(GradproofError, match=r"lock is no file, but where gradproof keeps one; remove it$"):
        owned(lock, "it").__enter__()
    assert precious.read_text() == "keep"
    lock.unlink()
    os.mkfifo(lock)
    with pytest.raises(GradproofError, match=r"lock is no file"):
        owned(lock, "it").__enter__()


def test_a_lock_is_let_go_when_the_block_fails(tmp_path: Path) -> None:
    def fails() -> None:
        with owned(tmp_path / "lock", "it"):
            raise ValueError("planted")

    for _ in range(2):
        with pytest.raises(ValueError, match="planted"):
            fails()
