"""What the trials of mutated files are to notice is noticed."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos import trying
from tests.chaos.mutating import LARGEST, mutated, sources
from tests.chaos.trying import complaint, tried


@pytest.mark.parametrize(
    ("code", "error", "wrong"),
    [
        (0, "", False),
        (1, "gradproof: there are no claims in it\n", False),
        (2, "gradproof: it.toml: no such file\n", False),
        (2, "", True),
        (2, "gradproof: it.toml: one\ntwo\n", True),
        (2, "one\n", True),
        (1, "Traceback (most recent call last):\n", True),
        (0, "it.py:3: RuntimeWarning: overflow\n", True),
        (3, "", True),
        (-9, "", True),
    ],
)
def test_what_a_command_says_is_one_line(code: int, error: str, wrong: bool) -> None:
    assert bool(complaint(code, error)) == wrong


def slow() -> tuple[int, str]:
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    return 0, ""


def broken() -> tuple[int, str]:
    raise RecursionError("planted")


@pytest.mark.parametrize(("run", "said"), [(slow, "it: took 0 s"), (broken, "it: RecursionError in test_mutating.py:")])
def test_what_is_slow_or_raises_is_noticed(
    run: Callable[[], tuple[int, str]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "SECONDS", 0.05)
    monkeypatch.setattr(trying, "commands", lambda path: {"it": run})
    assert tried("it.toml").startswith(said)


def test_what_takes_memory_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "MEGABYTES", 1)
    monkeypatch.setattr(trying, "commands", lambda path: {"it": lambda: (0, "")})
    assert tried("it.toml").startswith("it: took ")


def test_a_process_that_dies_is_a_finding_and_replaced(tmp_path: Path) -> None:
    good = tmp_path / "it.toml"
    good.write_text("network.statements = 'L = x**2'\ninputs.x = 1.0\n", encoding="utf-8")
    with trying.Trying() as run:
        assert run(good) == ""
        assert run.process
        run.process.kill()
        run.process.wait()
        assert run(good) == "the process died with -9"
        assert run(good) == ""


def test_a_seed_gives_the_same_files_again() -> None:
    first = [mutated(0, number) for number in range(200)]
    assert first == [mutated(0, number) for number in range(200)]
    assert first != [mutated(1, number) for number in range(200)]
    assert {Path(name).suffix for files in first for name in files} == {".toml", ".md", ".ipynb", ".npz"}
    assert max(len(data) for files in first for data in files.values()) <= LARGEST + 10_000


def test_what_is_mutated_is_right_before(tmp_path: Path) -> None:
    for kind in ("toml", "md", "ipynb"):
        for files in sources()[kind][:5]:
            for name, data in files.items():
                (tmp_path / name).write_bytes(data)
            assert tried(str(tmp_path / next(iter(files)))) == ""
